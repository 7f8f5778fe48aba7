'use strict';

const { TypeError } = require('internal/primordials');
const { codes: { ERR_MISSING_ARGS } } = require('internal/errors');
const { kMode, listOf, plan, withPlan } = require('internal/worker/transfer');

const messagingBinding = binding.messaging;

// Words that are Node's for this function alone.
function conversionError(text) {
  const error = new TypeError(`Failed to execute 'structuredClone': ${text}`);
  error.code = 'ERR_INVALID_ARG_TYPE';
  return error;
}

function transferList(transfer) {
  if (transfer === undefined) return [];
  const list = listOf(transfer);
  if (list === undefined) throw conversionError('transfer in Options can not be converted to sequence.');
  return list;
}

function structuredClone(value, options = undefined) {
  if (arguments.length === 0) throw new ERR_MISSING_ARGS('value');
  if (options !== undefined && options !== null && typeof options !== 'object' && typeof options !== 'function') {
    throw conversionError('Options cannot be converted to a dictionary');
  }
  const transfer = plan(transferList(options?.transfer));
  // A Proxy, which V8 does not clone; in Node it is none.
  if (value === process.env) value = { ...value };
  return withPlan(transfer, () => {
    const copy = messagingBinding.structuredClone(value, transfer.buffers, transfer.ids, kMode);
    if (transfer.ports.length > 0) require('internal/worker/message_port').detach(transfer.ports);
    return copy;
  });
}

module.exports = { structuredClone };
