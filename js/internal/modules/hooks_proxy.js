'use strict';

// The thread of the hooks that `module.register()` and `--experimental-loader` name, seen from the
// thread whose modules they are about. A question waits for its answer: while hooks run, this thread
// stands still.

const { AtomicsLoad, AtomicsWait, Int32Array } = require('internal/primordials');
const { cwdUrl } = require('internal/modules/resolve');

let port;
// Counts the answers.
let answers;

function start() {
  if (port !== undefined) return;
  const { Worker, kHooks } = require('internal/worker/worker');
  const { MessageChannel } = require('internal/worker/message_port');
  const { kShareEnv } = require('internal/worker/shared');
  answers = new Int32Array(new globalThis.SharedArrayBuffer(4));
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker('', {
    [kHooks]: true, env: kShareEnv, workerData: { port: port2, answers }, transferList: [port2],
  });
  worker.unref();
  worker.on('error', (error) => { throw error; });
  port = port1;
  port.unref();
  require('internal/modules/hooks').setThread({
    resolve: (specifier, parentURL, importAttributes) => ask('resolve', [specifier, parentURL, importAttributes]),
    load: (url, { format, importAttributes }) => ask('load', [url, format, importAttributes]),
  });
}

function ask(method, args, transferList) {
  const { receiveMessageOnPort } = require('internal/worker/message_port');
  const before = AtomicsLoad(answers, 0);
  port.postMessage({ method, args }, transferList);
  AtomicsWait(answers, 0, before);
  const { message: { value, error, exitCode } } = receiveMessageOnPort(port);
  // The hooks ended the process, or wait for what never comes.
  if (exitCode !== undefined) process.exit(exitCode);
  if (error !== undefined) throw error.isError ? require('internal/worker/error_serdes').deserializeError(error.value) : error.value;
  return value;
}

exports.register = function register(specifier, parentURL, options) {
  const { isURL } = require('internal/url');
  if (parentURL != null && typeof parentURL === 'object' && !isURL(parentURL)) {
    options = parentURL;
    parentURL = options.parentURL;
  }
  start();
  ask('register', [`${specifier}`, parentURL === undefined ? cwdUrl() : `${parentURL}`, options?.data], options?.transferList);
};

// `--experimental-loader`.
exports.registerLoaders = function registerLoaders(loaders) {
  let instead = '';
  for (let i = 0; i < loaders.length; i++) {
    instead += `register(${JSON.stringify(encodeURI(loaders[i]))}, pathToFileURL("./"))${i + 1 < loaders.length ? '; ' : ''}`;
  }
  process.emitWarning('`--experimental-loader` may be removed in the future; instead use `register()`:\n' +
    '--import \'data:text/javascript,import { register } from "node:module"; import { pathToFileURL } from "node:url"; ' +
    `${instead};'`, 'ExperimentalWarning');
  start();
  for (let i = 0; i < loaders.length; i++) ask('register', [loaders[i], cwdUrl(), undefined]);
};
