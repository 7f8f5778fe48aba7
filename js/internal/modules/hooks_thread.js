'use strict';

// The thread of asynchronous hooks, on its own side: answers `internal/modules/hooks_proxy`.

const { AtomicsAdd, AtomicsNotify } = require('internal/primordials');
const chain = require('internal/modules/hooks_chain');
const { serializeError } = require('internal/worker/error_serdes');
const { isNativeError } = require('internal/util/types');

const methods = { __proto__: null, register: chain.register, resolve: chain.resolve, load: chain.load };

// The exit code of a process whose hooks wait for what never comes, as of an unsettled top-level
// await.
const UNSETTLED = 13;

exports.start = function start({ port, answers }) {
  let asked = false;
  const answer = (message) => {
    if (!asked) return;
    asked = false;
    port.ref();
    port.postMessage(message);
    AtomicsAdd(answers, 0, 1);
    AtomicsNotify(answers, 0);
  };
  port.on('message', async ({ method, args }) => {
    asked = true;
    // Then the loop ends where nothing is left that could answer.
    port.unref();
    try {
      answer({ value: await methods[method](...args) });
    } catch (error) {
      try {
        answer({ error: isNativeError(error) ? { isError: true, value: serializeError(error) } : { value: error } });
      } catch {
        answer({ error: { isError: true, value: serializeError(new Error(`${error}`)) } });
      }
    }
  });
  process.on('beforeExit', () => answer({ exitCode: UNSETTLED }));
  process.on('exit', (code) => answer({ exitCode: code }));
};
