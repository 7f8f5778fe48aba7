// Opens heap snapshots with Chrome DevTools' own parser (npm package heap-snapshot-toolkit) and
// compares what it finds with `oomhost analyze`.
//
//   node check.mjs [--oomhost=PATH] [--dump-graph=PATH] [FILE...]
//
// and each node's retained size, shallow size, distance and dominator with what our analysis says
// (`dump_graph`, an example that `cargo build --release --example dump_graph` and `cargo test` build).
//
// Without FILEs it runs every leaky fixture with oomhost first and opens what they leave; V8's own
// snapshot of the same heap, which a variable asks for, must then have the same retained sizes.
// Exits 1 when a file does not open or a figure differs.

import { spawnSync } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parse } from 'heap-snapshot-toolkit';

const root = resolve(import.meta.dirname, '../..');
const leaks = join(root, 'tests/fixtures/leaks');
const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');

function binary(given, name, option) {
  const places = given ? [given] : ['release', 'debug'].map((p) => join(target, p, name));
  const found = places.find((place) => existsSync(place));
  if (found) return resolve(found);
  console.error(`no ${basename(name)} at ${places.join(' or ')}: build it, or give ${option}PATH`);
  process.exit(2);
}

function number(text) {
  return Number(text.replaceAll(',', ''));
}

// DevTools spreads "Detached" from the objects that say so to those they hold, and makes a class of
// each scope's contexts and of each script.
function className(name) {
  return name.replace(/^Detached /, '').replace(/^(system \/ (Context|Script)) \/ .*/s, '$1');
}

// What oomhost says of a file: its facts by name, and the count of each class.
function ours(oomhost, file) {
  const words = ['analyze', file, '--format', 'json', '--top', '1000000'];
  const run = spawnSync(oomhost, words, { encoding: 'utf8', maxBuffer: 2 ** 29 });
  if (run.status !== 0) throw new Error(`oomhost analyze: ${run.stderr || run.error}`);
  const { file: facts, constructors } = JSON.parse(run.stdout);
  const classes = new Map();
  for (const { name, count } of constructors) {
    classes.set(className(name), (classes.get(className(name)) ?? 0) + count);
  }
  return { nodes: facts.nodes, edges: facts.edges, selfSize: facts.heapBytes + facts.extraNativeBytes, classes };
}

// The same from DevTools. Classes of one name are told apart there by where they are defined, and
// plain objects by their properties; both are added up.
async function theirs(file) {
  const snapshot = await parse(createReadStream(file, 'utf8'));
  const classes = new Map();
  for (const { name, count } of Object.values(snapshot.aggregatesWithFilter({}))) {
    const key = name.startsWith('{') ? 'Object' : className(name);
    classes.set(key, (classes.get(key) ?? 0) + count);
  }
  return {
    nodes: snapshot.nodeCount,
    edges: snapshot.containmentEdges.length / snapshot.edgeFieldsCount,
    selfSize: snapshot.getStatistics().total,
    classes,
    snapshot,
  };
}

// Every node's name and its retained size as DevTools computes it, in an order that does not depend
// on the nodes'. Ids within names are left out.
async function retained(file) {
  const snapshot = await parse(createReadStream(file, 'utf8'));
  const { nodes, strings, nodeFieldCount, nodeNameOffset, retainedSizes } = snapshot;
  const names = strings.map((name) => name.replace(/@\d+/g, '@'));
  const byName = new Map();
  for (let node = 0; node < retainedSizes.length; node++) {
    const name = names[nodes.getValue(node * nodeFieldCount + nodeNameOffset)];
    const sizes = byName.get(name);
    if (sizes) sizes.push(retainedSizes[node]);
    else byName.set(name, [retainedSizes[node]]);
  }
  for (const sizes of byName.values()) sizes.sort((a, b) => a - b);
  return byName;
}

// The names whose nodes do not retain the same in both files, as sentences.
async function compareRetained(file, other) {
  const [mine, theirs] = [await retained(file), await retained(other)];
  const wrong = [];
  for (const name of new Set([...mine.keys(), ...theirs.keys()])) {
    const [a, b] = [mine.get(name) ?? [], theirs.get(name) ?? []];
    const differ = a.length !== b.length || a.some((size, index) => size !== b[index]);
    if (differ) wrong.push(`retained sizes of ${JSON.stringify(name.slice(0, 80))} differ from V8's snapshot`);
  }
  return wrong.slice(0, 10);
}

// The nodes of which we say something else than DevTools, as sentences. It counts with 32 bits of a
// self size, so that a node of 4 GB and more, and all that retain one, are left out.
function compareNodes(file, devtools) {
  const out = join(mkdtempSync(join(tmpdir(), 'oomhost-graph-')), 'graph');
  const wrong = [];
  try {
    const run = spawnSync(dumpGraph, [file, out], { encoding: 'utf8' });
    if (run.status !== 0) return [`dump_graph: ${run.stderr || run.error}`];
    const bytes = readFileSync(out).buffer;
    const count = devtools.nodeCount;
    const { nodes, nodeFieldCount, nodeSelfSizeOffset } = devtools;
    const shallow = { at: (node) => nodes.getValue(node * nodeFieldCount + nodeSelfSizeOffset) };
    const at = (list) => ({ at: (node) => list[node] });
    const columns = [
      ['retained size', new Float64Array(bytes, 0, count), at(devtools.retainedSizes)],
      ['shallow size', new Float64Array(bytes, 8 * count, count), shallow],
      ['distance', new Int32Array(bytes, 16 * count, count), at(devtools.nodeDistances)],
      ['dominator', new Uint32Array(bytes, 20 * count, count), at(devtools.dominatorsTree)],
    ];
    for (const [what, mine, theirs] of columns) {
      let differ = 0;
      let first;
      for (let node = 0; node < count; node++) {
        if (mine[node] === theirs.at(node)) continue;
        if (what.endsWith('size') && mine[node] >= 2 ** 32) continue;
        differ++;
        first ??= `node ${node}: oomhost ${mine[node]}, DevTools ${theirs.at(node)}`;
      }
      if (differ > 0) wrong.push(`${what} of ${differ} nodes differs, the first of ${first}`);
    }
  } finally {
    rmSync(dirname(out), { recursive: true });
  }
  return wrong;
}

// Returns the differences, as sentences.
async function compare(oomhost, file, culprit, other) {
  const [mine, devtools] = [ours(oomhost, file), await theirs(file)];
  const wrong = [];
  for (const name of ['nodes', 'edges', 'selfSize']) {
    if (mine[name] !== devtools[name]) wrong.push(`${name}: oomhost ${mine[name]}, DevTools ${devtools[name]}`);
  }
  let compared = 0;
  for (const [name, count] of mine.classes) {
    compared++;
    const there = devtools.classes.get(name) ?? 0;
    if (there !== count) wrong.push(`${name}: oomhost ${count}, DevTools ${there}`);
  }
  wrong.push(...compareNodes(file, devtools.snapshot));
  if (compared === 0) wrong.push('oomhost lists no class');
  const found = culprit && (devtools.classes.get(culprit.name) ?? 0);
  if (culprit && found < culprit.least) {
    wrong.push(`${culprit.name}: DevTools finds ${found}, wanted are at least ${culprit.least}`);
  }
  if (other) wrong.push(...(await compareRetained(file, other)));
  const named = culprit ? `, ${culprit.name} \u00d7${found.toLocaleString('en')}` : '';
  console.log(
    `${wrong.length === 0 ? 'ok   ' : 'WRONG'} ${basename(file)}: ` +
      `${devtools.nodes.toLocaleString('en')} nodes, ${compared} classes${named}`,
  );
  for (const line of wrong) console.log(`        ${line}`);
  return wrong.length === 0;
}

// Runs a fixture in a folder of its own and compares what it leaves there.
async function leak(oomhost, fixture) {
  const text = readFileSync(join(leaks, fixture), 'utf8');
  const directive = (name) => text.match(new RegExp(`^//@ ${name}: (.*)$`, 'm'))?.[1];
  const folder = mkdtempSync(join(tmpdir(), 'oomhost-devtools-'));
  try {
    // Nothing compiles between the two snapshots.
    const flags = [...directive('flags').split(' '), '--single-threaded'];
    const env = { ...process.env, OOMHOST_TEST_V8_BESIDE: '1' };
    spawnSync(oomhost, [...flags, join(leaks, fixture)], { cwd: folder, env, stdio: 'ignore' });
    const file = readdirSync(folder).find((name) => name.endsWith('.heapsnapshot'));
    if (!file) {
      console.log(`WRONG ${fixture}: no snapshot`);
      return false;
    }
    console.log(`      ${fixture}`);
    const least = number(directive('count').replace('>=', ''));
    const other = join(folder, `${file}.v8`);
    const culprit = { name: directive('culprit'), least };
    return await compare(oomhost, join(folder, file), culprit, existsSync(other) ? other : undefined);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const args = process.argv.slice(2);
const options = ['--oomhost=', '--dump-graph='].map((option) => {
  const given = args.find((arg) => arg.startsWith(option));
  return given?.slice(option.length);
});
const oomhost = binary(options[0], 'oomhost', '--oomhost=');
const dumpGraph = binary(options[1], 'examples/dump_graph', '--dump-graph=');
const files = args.filter((arg) => !arg.startsWith('--'));

let failures = 0;
for (const file of files) if (!(await compare(oomhost, file))) failures++;
if (files.length === 0) {
  for (const fixture of readdirSync(leaks).sort()) if (!(await leak(oomhost, fixture))) failures++;
}
if (failures > 0) console.log(`${failures} wrong`);
process.exitCode = failures > 0 ? 1 : 0;
