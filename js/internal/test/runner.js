'use strict';

// `node:test`, as far as a file of tests needs it: tests and suites run one after the other, and what
// became of them is printed as TAP.

const { codes: { ERR_TEST_FAILURE } } = require('internal/errors');
const { validateFunction } = require('internal/validators');
const { inspect } = require('internal/util/inspect');
const { MockTracker } = require('internal/test/mock');

const HOOKS = ['before', 'after', 'beforeEach', 'afterEach'];

// A test or a suite, and what belongs to it.
class Node {
  constructor(parent, name, options, fn, isSuite) {
    this.parent = parent;
    this.name = name;
    this.options = options;
    this.fn = fn;
    this.isSuite = isSuite;
    this.children = [];
    this.hooks = { before: [], after: [], beforeEach: [], afterEach: [] };
    this.started = 0;
    this.failed = 0;
    this.passed = !isSuite;
    this.depth = parent === null ? 0 : parent.depth + 1;
    this.done = new Promise((resolve) => { this.finish = resolve; });
  }
}

const root = new Node(null, '<root>', {}, null, true);
let current = root;
let isRunning = false;

function print(node, text) {
  const indent = '    '.repeat(node.depth - 1);
  process.stdout.write(`${indent}${text.replaceAll('\n', `\n${indent}`)}\n`);
}

function argumentsOf(name, options, fn) {
  if (typeof name === 'function') {
    fn = name;
    name = undefined;
    options = undefined;
  } else if (name !== null && typeof name === 'object') {
    fn = options;
    options = name;
    name = undefined;
  } else if (typeof options === 'function') {
    fn = options;
    options = undefined;
  }
  if (fn !== undefined) validateFunction(fn, 'fn');
  return { name: name || fn?.name || '<anonymous>', options: options ?? {}, fn: fn ?? (() => {}) };
}

function add(parent, isSuite, more, args) {
  const { name, options, fn } = argumentsOf(...args);
  const node = new Node(parent, name, { ...options, ...more }, fn, isSuite);
  parent.children.push(node);
  if (isSuite && !node.options.skip) {
    // Its tests are known at once.
    const outer = current;
    current = node;
    try {
      node.collected = fn.call(node, { name });
    } catch (error) {
      node.broken = error;
    } finally {
      current = outer;
    }
  }
  if (parent === root && !isRunning) {
    isRunning = true;
    setImmediate(runRoot);
  }
  return isSuite ? undefined : node.done;
}

async function runRoot() {
  process.on('beforeExit', leftOver);
  process.stdout.write('TAP version 13\n');
  await runHooks(root, 'before');
  for (let i = 0; i < root.children.length; i++) {
    await run(root.children[i], i + 1);
    // Some are added late.
    if (i === root.children.length - 1) await new Promise((resolve) => { setImmediate(resolve); });
  }
  await runHooks(root, 'after');
  process.removeListener('beforeExit', leftOver);
  const all = root.children.length;
  process.stdout.write(`1..${all}\n# tests ${all}\n# pass ${all - root.failed}\n# fail ${root.failed}\n`);
  isRunning = false;
}

// The loop has ended, and a test has not.
function leftOver() {
  process.stdout.write('not ok - a test waits for what never comes\n');
  process.exitCode = 1;
}

async function runHooks(node, kind, context) {
  for (const hook of node.hooks[kind]) await call(hook, context);
}

function chain(node) {
  const all = [];
  for (let each = node; each !== null; each = each.parent) all.unshift(each);
  return all;
}

// Calls a test or a hook, which may want a callback.
function call(fn, context) {
  if (fn.length < 2) return Promise.resolve().then(() => fn.call(context, context));
  return new Promise((resolve, reject) => {
    const result = fn.call(context, context, (error) => { if (error) reject(error); else resolve(); });
    if (typeof result?.then === 'function') {
      reject(new ERR_TEST_FAILURE('passed a callback but also returned a Promise', 'callbackAndPromisePresent'));
    }
  });
}

async function run(node, number) {
  const context = new TestContext(node);
  node.context = context;
  const { options } = node;
  let failure;
  let hasFailed = false;
  if (!options.skip) {
    try {
      if (node.isSuite) await runSuite(node);
      else await runTest(node, context);
      if (node.failed > 0) throw new ERR_TEST_FAILURE(`${node.failed} subtest${node.failed > 1 ? 's' : ''} failed`, 'subtestsFailed');
    } catch (error) {
      failure = error;
      hasFailed = true;
    }
  }
  const skip = context.skipped ?? options.skip;
  const todo = context.isTodo ?? options.todo;
  const counts = hasFailed && !todo && !context.skipped;
  if (counts) {
    node.parent.failed++;
    process.exitCode = 1;
  }
  node.passed = !hasFailed;
  let line = `${hasFailed && !context.skipped ? 'not ok' : 'ok'} ${number} - ${node.name}`;
  if (skip) line += ` # SKIP${typeof skip === 'string' ? ` ${skip}` : ''}`;
  else if (todo) line += ` # TODO${typeof todo === 'string' ? ` ${todo}` : ''}`;
  print(node, line);
  if (hasFailed && !context.skipped) print(node, `  ---\n  error: ${inspect(failure).replaceAll('\n', '\n  ')}\n  ...`);
  for (const text of context.diagnostics) print(node, `# ${text}`);
  node.finish();
}

async function runSuite(node) {
  await node.collected;
  if (node.broken) throw node.broken;
  await runHooks(node, 'before', node.context);
  for (let i = 0; i < node.children.length; i++) await run(node.children[i], i + 1);
  await runHooks(node, 'after', node.context);
}

async function runTest(node, context) {
  const holders = chain(node.parent);
  try {
    for (const holder of holders) await runHooks(holder, 'beforeEach', context);
    await within(node.options.timeout, call(node.fn, context));
    for (; node.started < node.children.length;) {
      const number = ++node.started;
      await run(node.children[number - 1], number);
    }
    context.checkPlan();
  } finally {
    for (const holder of holders.reverse()) await runHooks(holder, 'afterEach', context);
    await runHooks(node, 'after', context);
    context.mock.restoreAll();
  }
}

function within(timeout, promise) {
  if (timeout === undefined || timeout === null || timeout === Infinity) return promise;
  let timer;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new ERR_TEST_FAILURE(`test timed out after ${timeout}ms`, 'testTimeoutFailure')), timeout);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// What a test gets as its argument.
class TestContext {
  #node;
  #mock;
  #assert;
  #planned;
  #asserted = 0;
  #controller = new AbortController();

  constructor(node) {
    this.#node = node;
    this.diagnostics = [];
  }

  get name() { return this.#node.name; }
  get fullName() { return chain(this.#node).slice(1).map((node) => node.name).join(' > '); }
  get filePath() { return process.argv[1]; }
  get signal() { return this.#controller.signal; }
  get passed() { return this.#node.passed; }
  get mock() { return this.#mock ??= new MockTracker(); }

  get assert() {
    if (this.#assert === undefined) {
      const assert = require('assert');
      this.#assert = Object.create(null);
      for (const name of Object.keys(assert)) {
        if (typeof assert[name] !== 'function' || /^[A-Z]/.test(name) || name === 'strict') continue;
        this.#assert[name] = (...args) => {
          this.#asserted++;
          return assert[name](...args);
        };
      }
    }
    return this.#assert;
  }

  plan(count) { this.#planned = count; }

  checkPlan() {
    if (this.#planned === undefined) return;
    const count = this.#asserted + this.#node.children.length;
    if (count !== this.#planned) {
      throw new ERR_TEST_FAILURE(`plan expected ${this.#planned} assertions but received ${count}`, 'testCodeFailure');
    }
  }

  diagnostic(text) { this.diagnostics.push(text); }
  skip(message = true) { this.skipped = message; }
  todo(message = true) { this.isTodo = message; }
  runOnly() {}
  before(fn) { this.#node.hooks.before.push(fn); }
  after(fn) { this.#node.hooks.after.push(fn); }
  beforeEach(fn) { this.#node.hooks.beforeEach.push(fn); }
  afterEach(fn) { this.#node.hooks.afterEach.push(fn); }

  // A subtest begins at once, so that it can be waited for.
  test(...args) {
    const node = this.#node;
    const { name, options, fn } = argumentsOf(...args);
    const child = new Node(node, name, options, fn, false);
    node.children.push(child);
    node.started = node.children.length;
    const before = this.last ?? Promise.resolve();
    this.last = before.then(() => run(child, node.children.indexOf(child) + 1));
    return this.last;
  }

  async waitFor(condition, { interval = 50, timeout = 1000 } = {}) {
    const end = Date.now() + timeout;
    for (;;) {
      try {
        return await condition();
      } catch (cause) {
        if (Date.now() > end) throw new Error('waitFor() timed out', { cause });
      }
      await new Promise((resolve) => { setTimeout(resolve, interval); });
    }
  }
}
function variants(isSuite) {
  const make = (more) => (...args) => add(current, isSuite, more, args);
  const fn = make({});
  for (const name of ['skip', 'todo', 'only']) fn[name] = make({ [name]: true });
  return fn;
}

const hooks = {};
for (const kind of HOOKS) hooks[kind] = (fn) => { current.hooks[kind].push(fn); };

module.exports = { describe: variants(true), hooks, test: variants(false) };
