'use strict';

// What Node's own tests ask under --expose-internals, under Node's names.

const {
  CLONEABLE, TRANSFERABLE, kClone, kDeserialize, kTransfer, kTransferList, setMode,
} = require('internal/worker/transfer');

function markTransferMode(object, isCloneable, isTransferable) {
  setMode(object, (isCloneable ? CLONEABLE : 0) | (isTransferable ? TRANSFERABLE : 0));
}

module.exports = { kClone, kDeserialize, kTransfer, kTransferList, markTransferMode };
