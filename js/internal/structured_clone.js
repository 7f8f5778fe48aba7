'use strict';

const { codes: { ERR_INVALID_ARG_TYPE, ERR_MISSING_ARGS } } = require('internal/errors');
const { validateDictionary } = require('internal/validators');
const { kMode, listOf, plan, withPlan } = require('internal/worker/transfer');

const messagingBinding = binding.messaging;

function transferList(transfer) {
  if (transfer === undefined) return [];
  const list = listOf(transfer);
  if (list === undefined) throw new ERR_INVALID_ARG_TYPE('options.transfer', 'Iterable', transfer);
  return list;
}

function structuredClone(value, options = undefined) {
  if (arguments.length === 0) throw new ERR_MISSING_ARGS('value');
  validateDictionary(options, 'options');
  const transfer = plan(transferList(options?.transfer));
  return withPlan(transfer, () => {
    const copy = messagingBinding.structuredClone(value, transfer.buffers, transfer.ids, kMode);
    if (transfer.ports.length > 0) require('internal/worker/message_port').detach(transfer.ports);
    return copy;
  });
}

module.exports = { structuredClone };
