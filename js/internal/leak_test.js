'use strict';

// Leak tests: a scenario is repeated, and what there is more of after every round of it has leaked.
// Objects are counted in heap snapshots (src/builtins/leak_test.rs), so that strings and closures
// count as well as what has a constructor, and so that it is known what holds them.

const { AsyncLocalStorage } = require('async_hooks');
const { RegExpPrototypeExec } = require('internal/primordials');
const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } } = require('internal/errors');
const {
  validateArray, validateFunction, validateInteger, validateObject, validateString,
} = require('internal/validators');
const { measure: measureGrowth, parse, repeat, settle } = require('internal/leak_runner');
const { addAllocations } = require('internal/leak_test/allocation');
const { LeakError, growthMessage, survivorMessage } = require('internal/leak_test/messages');
const { report } = require('internal/leak_test/report');

const testBinding = binding.leakTest;
const performanceBinding = binding.performance;
const v8Binding = binding.v8;

// Collections after which an object that is still there is held.
const PATIENCE = 3;

// Iterations in which V8 notes who allocates, where something leaks.
const TRACKED = 5;

// Where a test's snapshots are, one after the other.
async function withSnapshot(use) {
  const fs = require('fs');
  const path = require('path');
  const folder = fs.mkdtempSync(path.join(require('os').tmpdir(), 'oomhost-leak-test-'));
  try {
    return await use(path.join(folder, 'heap.heapsnapshot'));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

// One test at a time: they look at the same heap.
let last = Promise.resolve();
let inside;

function enqueue(run) {
  inside ??= new AsyncLocalStorage();
  if (inside.getStore() !== undefined) {
    return Promise.reject(new Error('A leak test cannot run inside of another one'));
  }
  const result = last.then(() => inside.run(true, run));
  last = result.then(() => {}, () => {});
  return result;
}

// Objects that are tracked together have a number: a list of them would grow with the scenario.
let lastGroup = 0;

class TestContext {
  #group;

  constructor(name, group) {
    this.name = name;
    this.iteration = 0;
    this.#group = group;
  }

  // `object` must be gone in the end.
  track(object) {
    validateCollectable(object, 'object');
    testBinding.track(this.#group, object);
    return object;
  }
}

function validateCollectable(value, name) {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') {
    throw new ERR_INVALID_ARG_TYPE(name, ['Object', 'Function'], value);
  }
}

function optionsOf(options) {
  validateObject(options, 'options');
  const { iterations, warmup, allow = [] } = options;
  if (iterations !== undefined) validateInteger(iterations, 'options.iterations', 1, 1e6);
  if (warmup !== undefined) validateInteger(warmup, 'options.warmup', 0, 1e6);
  validateArray(allow, 'options.allow');
  for (const pattern of allow) {
    if (typeof pattern !== 'string' && !(pattern instanceof RegExp)) {
      throw new ERR_INVALID_ARG_VALUE('options.allow', allow, 'must hold strings and RegExps');
    }
  }
  return { iterations, warmup, allow };
}

// By what leaks, where, or the signature.
function isAllowed({ culprit, path, signature }, allow) {
  const name = culprit.endsWith('()') ? culprit.slice(0, -2) : culprit;
  const texts = [culprit, name, path, signature];
  return allow.some((pattern) => (typeof pattern === 'string' ?
    texts.includes(pattern) :
    texts.some((text) => RegExpPrototypeExec(pattern, text) !== null)));
}

// Throws where one of the objects of `group` is still there.
function checkTracked(group, snapshot) {
  const { 0: alive, 1: tracked } = testBinding.count(group);
  if (alive > 0) throw new LeakError(survivorMessage(alive, tracked, parse(testBinding.wayTo(snapshot, group))), []);
}

// Repeats the scenario; resolves to how often.
async function measure(name, { iterations, warmup, allow }, scenario) {
  const group = ++lastGroup;
  const t = new TestContext(name, group);
  const once = () => {
    t.iteration++;
    return scenario(t);
  };
  try {
    await withSnapshot(async (snapshot) => {
      const { rounds, leaks } = await measureGrowth(once, { snapshot, warmup, iterations });
      const blamed = leaks.filter((leak) => !isAllowed(leak, allow));
      if (blamed.length > 0) {
        await addAllocations(blamed, () => repeat(once, TRACKED), snapshot);
        throw new LeakError(growthMessage(blamed, rounds), blamed.map(shown));
      }
      checkTracked(group, snapshot);
    });
  } finally {
    testBinding.forget(group);
  }
  return t.iteration;
}

// A leak as scripts see it.
function shown({ cuts, ...leak }) {
  return leak;
}

// `leakTest(name, [options], scenario)`: the promise rejects with a `LeakError` where something
// grows. The result is reported as well, and makes the exit code 1 where it is bad, so that nobody
// has to wait for it.
function leakTest(name, options, scenario) {
  validateString(name, 'name');
  if (typeof options === 'function') {
    scenario = options;
    options = {};
  }
  validateFunction(scenario, 'scenario');
  const valid = optionsOf(options);
  const result = enqueue(async () => {
    const start = performanceBinding.now();
    const milliseconds = () => performanceBinding.now() - start;
    try {
      const iterations = await measure(name, valid, scenario);
      report({ name, iterations, milliseconds: milliseconds() });
    } catch (error) {
      report({ name, error: error ?? new Error(`${error} was thrown`), milliseconds: milliseconds() });
      throw error;
    }
  });
  result.catch(() => {});
  return result;
}

// Rejects with a `LeakError` where `scenario`, repeated, leaves more and more behind.
async function assertNoGrowth(scenario, options = {}) {
  validateFunction(scenario, 'scenario');
  const valid = optionsOf(options);
  await enqueue(() => measure(scenario.name, valid, scenario));
}

// Rejects with a `LeakError` where `object` is still held. The caller's own variables count.
function assertCollected(object) {
  validateCollectable(object, 'object');
  const group = ++lastGroup;
  testBinding.track(group, object);
  // No frame of ours has the object while it is waited for.
  return collected(group);
}

async function collected(group) {
  try {
    for (let i = 0; i < PATIENCE; i++) {
      await settle();
      if (testBinding.count(group)[0] === 0) return;
    }
    await withSnapshot(async (snapshot) => checkTracked(group, snapshot));
  } finally {
    testBinding.forget(group);
  }
}

// How many objects there are with `Class.prototype` in their chain, after a collection.
function countInstances(Class) {
  validateFunction(Class, 'Class');
  const { prototype } = Class;
  if (typeof prototype !== 'object' || prototype === null) {
    throw new ERR_INVALID_ARG_VALUE('Class', Class, 'must have a prototype');
  }
  // A subclass's prototype is none of them.
  const isPrototype = (object) => {
    const constructor = Object.getOwnPropertyDescriptor(object, 'constructor')?.value;
    return typeof constructor === 'function' && constructor.prototype === object;
  };
  return v8Binding.queryObjects(prototype).filter((object) => !isPrototype(object)).length;
}

module.exports = { LeakError, assertCollected, assertNoGrowth, countInstances, leakTest };
