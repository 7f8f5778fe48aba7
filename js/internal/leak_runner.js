'use strict';

// The side of `oomhost test` that is in the process of a test: repeats its scenario in rounds, looks
// at the heap between them and writes what has grown in every round, as JSON, to the file that the
// runner named. With `prove` it cuts the references that are to blame and looks whether the objects
// are gone.

const {
  ArrayIsArray, ArrayPrototypeJoin, ArrayPrototypeMap, ArrayPrototypePush, ArrayPrototypeSome, JSONParse,
  JSONStringify, MapPrototypeClear, MathFloor, MathMax, MathMin, ObjectGetOwnPropertySymbols, Promise, ReflectApply,
  ReflectDeleteProperty, ReflectOwnKeys, ReflectSet, SafeSet, SetPrototypeClear,
} = require('internal/primordials');
const { getOptionValue } = require('internal/options');
const { isMap, isSet } = require('internal/util/types');
const { UVException, codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');

const runnerBinding = binding.leakRunner;
const performanceBinding = binding.performance;

// Repetitions before the first look: what is made once is there then.
const WARMUP = 4;
// Repetitions of the first round, unless one takes long. Each round doubles what there was before, so
// that a table which takes every entry has to grow in each.
const ROUND = 32;
const LEAST = 4;
// Milliseconds that a round may take where it can be shorter.
const ROUND_TIME = 25;
// What only seems to leak, such as a cache that is not full yet, has so many times the first round to
// show it, of which one lasts some 100 ms.
const LAST_ROUND = 8;
const LAST_ROUND_LEAST = 4;
// Where all rounds together have fewer repetitions, what is faint needs another round: a handful of
// objects, or of bytes, may come by chance.
const ENOUGH = 96;
const FAINT_OBJECTS = 0.5;
const FAINT_BYTES = 64;
// References that are cut for one proof, at most, and milliseconds after which none is for any: what was
// found is not to be lost to the test's time.
const CUTS = 8;
const PROOF_TIME = 10_000;

// The function that a module exports to be repeated.
exports.scenarioOf = function scenarioOf(exported) {
  if (typeof exported === 'function') return exported;
  if (exported === null || typeof exported !== 'object') return undefined;
  const { scenario } = exported;
  if (typeof scenario === 'function') return scenario;
  if (scenario !== undefined) throw new ERR_INVALID_ARG_TYPE('exports.scenario', 'Function', scenario);
  return typeof exported.default === 'function' ? exported.default : undefined;
};

function isThenable(value) {
  return value !== null && (typeof value === 'object' || typeof value === 'function') && typeof value.then === 'function';
}

async function repeat(scenario, times) {
  for (let i = 0; i < times; i++) {
    const result = ReflectApply(scenario, undefined, []);
    if (isThenable(result)) await result;
  }
}

function turn() {
  const { setImmediate } = require('timers');
  return new Promise((resolve) => { setImmediate(resolve); });
}

// Lets go what is about to go: callbacks that are due, garbage, and what finalizers let go of.
async function settle() {
  await turn();
  runnerBinding.collect();
  await turn();
  await turn();
}

function parse(answer) {
  if (typeof answer === 'string') return JSONParse(answer);
  const { 0: errno, 1: what, 2: path } = answer;
  if (errno === undefined) throw new Error(`the heap snapshot could not be read: ${what}`);
  throw new UVException({ errno, syscall: what, path });
}

// Whether it is little for each repetition.
function isFaint({ kinds, bytesEach }) {
  return kinds.length === 0 ? bytesEach < FAINT_BYTES : kinds[0].each < FAINT_OBJECTS;
}

// Measures `scenario`: what has grown in every round, as `heap/rounds` tells it.
async function measure(scenario, settings) {
  const { snapshot } = settings;
  const warmup = settings.warmup ?? WARMUP;
  runnerBinding.begin();
  const start = performanceBinding.now();
  await repeat(scenario, warmup);
  const each = (performanceBinding.now() - start) / warmup;
  await settle();
  parse(runnerBinding.look(snapshot, 0));
  const first = settings.iterations ?? MathMin(ROUND, MathMax(LEAST, MathFloor(ROUND_TIME / each)));
  const last = MathMax(LAST_ROUND_LEAST * first, MathMin(LAST_ROUND * first, MathFloor(4 * ROUND_TIME / each)));
  const rounds = settings.iterations ? [first, first, first] : [first, 2 * first, last];
  let leaks = [];
  let total = 0;
  const done = [];
  for (let i = 0; i < rounds.length; i++) {
    await repeat(scenario, rounds[i]);
    await settle();
    ArrayPrototypePush(done, rounds[i]);
    total += rounds[i];
    leaks = parse(runnerBinding.look(snapshot, rounds[i]));
    if (leaks.length === 0) break;
    const isLast = i === rounds.length - 1;
    if (isLast && !settings.iterations && total < ENOUGH && ArrayPrototypeSome(leaks, isFaint)) {
      ArrayPrototypePush(rounds, 2 * last);
    }
  }
  return { warmup, rounds: done, leaks };
}

function clear(object) {
  if (isMap(object)) MapPrototypeClear(object);
  else if (isSet(object)) SetPrototypeClear(object);
  else if (ArrayIsArray(object)) ReflectSet(object, 'length', 0);
  else {
    const keys = ReflectOwnKeys(object);
    for (let i = 0; i < keys.length; i++) ReflectDeleteProperty(object, keys[i]);
  }
  return true;
}

function removeProperty(object, { name, symbol }) {
  if (!symbol) return ReflectDeleteProperty(object, name) || ReflectSet(object, name, undefined);
  const symbols = ObjectGetOwnPropertySymbols(object);
  let done = false;
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i].description === name) done = ReflectDeleteProperty(object, symbols[i]) || done;
  }
  return done;
}

function remove(object, keys) {
  let done = false;
  for (let i = 0; i < keys.length; i++) done = removeProperty(object, keys[i]) || done;
  return done;
}

// Cuts in the live heap; returns whether there was something to cut.
function operate(object, operation) {
  if (object === undefined) return false;
  if (operation.do === 'clear') return clear(object);
  if (operation.do === 'delete') return remove(object, operation.keys);
  return runnerBinding.forgetVariable(object, operation.name);
}

function cutAll(operations) {
  const objects = runnerBinding.objectsById(ArrayPrototypeMap(operations, ({ id }) => id));
  let done = false;
  for (let i = 0; i < operations.length; i++) {
    try {
      done = operate(objects[i], operations[i]) || done;
    } catch {
      // What the program has frozen, or its proxies and setters refuse, stays as it is.
    }
  }
  return done;
}

function untried(cuts, tried) {
  for (let i = 0; i < cuts.length; i++) {
    const key = JSONStringify(cuts[i].operations);
    if (tried.has(key)) continue;
    tried.add(key);
    return cuts[i];
  }
  return undefined;
}

// Cuts references until the objects of the leak are gone: the nearest one, then that by which the
// survivors are reached, or where it cannot be cut the next one above it.
function proveLeak(leak, number, snapshot, end) {
  const tried = new SafeSet();
  const done = [];
  const proof = { confirmed: false, cut: null, objects: 0, alive: 0 };
  let cuts = leak.cuts;
  for (let i = 0; i < CUTS && !proof.confirmed && performanceBinding.now() < end; i++) {
    const cut = untried(cuts, tried);
    if (cut === undefined) break;
    if (!cutAll(cut.operations)) continue;
    runnerBinding.collect();
    const survivors = parse(runnerBinding.survivors(snapshot, number));
    // What it has not parted from the objects it had no effect on.
    const isInVain = survivors.cuts.length > 0 && tried.has(JSONStringify(survivors.cuts[0].operations));
    if (!isInVain) ArrayPrototypePush(done, cut.what);
    proof.cut = isInVain && done.length === 0 ? cut.what : ArrayPrototypeJoin(done, ', ');
    proof.objects = survivors.objects;
    proof.alive = survivors.alive;
    // What the scenario has in hand in its last repetition may live on.
    proof.confirmed = survivors.alive <= MathFloor(survivors.objects / 20);
    cuts = survivors.cuts;
  }
  return proof;
}

function prove(leaks, snapshot) {
  const end = performanceBinding.now() + PROOF_TIME;
  for (let i = 0; i < leaks.length; i++) leaks[i].proof = proveLeak(leaks[i], i, snapshot, end);
}

// Runs the scenario that a test exports, and ends the process.
exports.run = async function run(scenario) {
  const settings = getOptionValue('--leak-test');
  // What a proof cuts may be what these are reached by.
  const { reallyExit } = binding.process;
  const { writeFileSync } = require('fs');
  // Says that there is a scenario, should it end the process.
  writeFileSync(settings.result, '');
  const measured = await measure(scenario, settings);
  if (settings.prove) prove(measured.leaks, settings.proofSnapshot);
  for (let i = 0; i < measured.leaks.length; i++) delete measured.leaks[i].cuts;
  writeFileSync(settings.result, JSONStringify(measured));
  reallyExit(0);
};

exports.measure = measure;
exports.parse = parse;
exports.prove = prove;
exports.repeat = repeat;
exports.settle = settle;
