'use strict';

const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_TRANSFER_OBJECT, ERR_MISSING_ARGS },
} = require('internal/errors');
const { validateDictionary } = require('internal/validators');
const { DOMException } = require('internal/domexception');
const { isArrayBuffer } = require('internal/util/types');

const messagingBinding = binding.messaging;

function newDataCloneError(message) {
  return new DOMException(message, 'DataCloneError');
}

function transferList(transfer) {
  if (transfer === undefined) return [];
  if (transfer === null || typeof transfer !== 'object' ||
      typeof transfer[Symbol.iterator] !== 'function') {
    throw new ERR_INVALID_ARG_TYPE('options.transfer', 'Iterable', transfer);
  }
  const list = [...transfer];
  for (const object of list) {
    if (!isArrayBuffer(object)) throw new ERR_INVALID_TRANSFER_OBJECT();
  }
  if (new Set(list).size !== list.length) {
    throw newDataCloneError('Transfer list contains duplicate ArrayBuffer');
  }
  return list;
}

function structuredClone(value, options = undefined) {
  if (arguments.length === 0) throw new ERR_MISSING_ARGS('value');
  validateDictionary(options, 'options');
  return messagingBinding.structuredClone(
    value, transferList(options?.transfer), newDataCloneError);
}

module.exports = { structuredClone };
