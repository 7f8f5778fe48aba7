'use strict';

const { missing } = require('internal/not_yet');

module.exports = {
  ...missing('sea', ['getAsset', 'getAssetAsBlob', 'getAssetKeys', 'getRawAsset']),
  isSea() { return false; },
};
