'use strict';

const {
  JSONParse, JSONStringify, MapPrototypeForEach, RegExpPrototypeExec, SafeMap, StringPrototypeStartsWith,
  SymbolDispose,
} = require('internal/primordials');
const {
  codes: {
    ERR_INSPECTOR_ALREADY_ACTIVATED, ERR_INSPECTOR_ALREADY_CONNECTED, ERR_INSPECTOR_CLOSED,
    ERR_INSPECTOR_COMMAND, ERR_INSPECTOR_NOT_ACTIVE, ERR_INSPECTOR_NOT_CONNECTED,
    ERR_INSPECTOR_NOT_WORKER,
  },
} = require('internal/errors');
const { validateFunction, validateInt32, validateObject, validateString } = require('internal/validators');
const { getOptionValue } = require('internal/options');
const { inspectorConsole } = require('internal/console');
const EventEmitter = require('events');

const inspectorBinding = binding.inspector;

const ipv4Loopback = /^127(\.\d{1,3}){3}$/;

class Session extends EventEmitter {
  /** The native session's number while there is one. */
  #id;
  #nextId = 1;
  #callbacks = new SafeMap();

  connect() {
    if (this.#id !== undefined) throw new ERR_INSPECTOR_ALREADY_CONNECTED('The inspector session');
    this.#id = inspectorBinding.connect((message) => this.#onMessage(message));
  }

  connectToMainThread() {
    throw new ERR_INSPECTOR_NOT_WORKER();
  }

  #onMessage(message) {
    const parsed = JSONParse(message);
    try {
      if (parsed.id) {
        const callback = this.#callbacks.get(parsed.id);
        this.#callbacks.delete(parsed.id);
        if (callback === undefined) return;
        if (parsed.error) callback(new ERR_INSPECTOR_COMMAND(parsed.error.code, parsed.error.message));
        else callback(null, parsed.result);
        return;
      }
      this.emit(parsed.method, parsed);
      this.emit('inspectorNotification', parsed);
    } catch (error) {
      process.emitWarning(error);
    }
  }

  post(method, params, callback) {
    validateString(method, 'method');
    if (!callback && typeof params === 'function') {
      callback = params;
      params = null;
    }
    if (params) validateObject(params, 'params');
    if (callback) validateFunction(callback, 'callback');
    if (this.#id === undefined) throw new ERR_INSPECTOR_NOT_CONNECTED();
    const id = this.#nextId++;
    const message = { id, method };
    if (params) message.params = params;
    if (callback) this.#callbacks.set(id, callback);
    inspectorBinding.dispatch(this.#id, JSONStringify(message));
  }

  disconnect() {
    if (this.#id === undefined) return;
    inspectorBinding.disconnect(this.#id);
    this.#id = undefined;
    MapPrototypeForEach(this.#callbacks, (callback) => {
      process.nextTick(callback, new ERR_INSPECTOR_CLOSED());
    });
    this.#callbacks.clear();
    this.#nextId = 1;
  }
}

function isLoopback(host) {
  const name = `${host}`.toLowerCase();
  return StringPrototypeStartsWith(name, 'localhost') || RegExpPrototypeExec(ipv4Loopback, name) !== null ||
    name === '[::1]' || name === '[0:0:0:0:0:0:0:1]' || name === '::1';
}

function inspectorOpen(port, host, wait) {
  if (url() !== undefined) throw new ERR_INSPECTOR_ALREADY_ACTIVATED();
  const configured = getOptionValue('--inspect-port');
  if (typeof port === 'number') validateInt32(port, 'port', 0, 65535);
  if (host && !isLoopback(host)) {
    process.emitWarning(
      'Binding the inspector to a public IP with an open port is insecure, as it allows external hosts to ' +
      'connect to the inspector and perform a remote code execution attack.', 'SecurityWarning');
  }
  inspectorBinding.open(
    typeof port === 'number' ? port : configured.port, host || configured.host, process.argv[1]);
  if (wait) waitForDebugger();
  return { __proto__: null, [SymbolDispose]: close };
}

function close() {
  inspectorBinding.close();
}

function url() {
  return inspectorBinding.url();
}

function waitForDebugger() {
  if (!inspectorBinding.waitForDebugger()) throw new ERR_INSPECTOR_NOT_ACTIVE();
}

module.exports = {
  open: inspectorOpen,
  close,
  url,
  waitForDebugger,
  console: inspectorConsole,
  Session,
};
