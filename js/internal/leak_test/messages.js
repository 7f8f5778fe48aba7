'use strict';

// What a leak test that fails has to say.

// Of a long path its beginning and its end.
const STEPS = 10;

class LeakError extends Error {
  constructor(message, leaks) {
    super(message);
    this.code = 'ERR_LEAK';
    this.leaks = leaks;
  }
}
LeakError.prototype.name = 'LeakError';

// As many in one iteration, with at most two digits behind the point.
function rate(each) {
  return `+${Number(each.toFixed(2))}`;
}

function stepText({ edge, name, object }) {
  const isNamed = edge === 'property' || edge === 'context' || edge === 'shortcut' || edge === 'internal';
  return isNamed ? `${name} = ${object}` : object;
}

function retainingPath(retainers) {
  const steps = retainers.map(stepText);
  if (steps.length > STEPS) steps.splice(STEPS / 2, steps.length - STEPS, '\u2026');
  return steps.join(' \u2192 ');
}

function leakLines({ culprit, path, kinds, bytesEach, retainers, location, allocation = [], signature }) {
  const { 0: main, length } = kinds;
  const grew = main === undefined ? '' : `: ${rate(main.each)} an iteration (${main.rounds.map((count) => `+${count}`).join(', ')})`;
  const lines = [
    `${culprit}${grew}, ${rate(bytesEach)} bytes, by ${path}`,
    `  path: ${retainingPath(retainers)}`,
  ];
  if (location !== null) {
    const { script, line, column } = location;
    lines.push(`  ${culprit.endsWith('()') ? 'defined' : 'made'} at ${script ?? '(unknown)'}:${line}:${column}`);
  }
  if (allocation.length > 0) {
    const frames = allocation.map(({ function: name, script, line, column }) => `${name || '(anonymous)'} (${script}:${line}:${column})`);
    lines.push(`  allocated in ${frames.join(' \u2190 ')}`);
  }
  if (length > 1) lines.push(`  with it: ${kinds.slice(1).map(({ name, each }) => `${name} ${rate(each)}`).join(', ')}`);
  lines.push(`  signature: ${signature}`);
  return lines;
}

// `rounds`: the iterations of each.
function growthMessage(leaks, rounds) {
  const lines = [`Each of ${rounds.length} rounds of ${rounds.join(', ')} iterations leaves more behind:`];
  for (const leak of leaks) lines.push(...leakLines(leak).map((line) => `  ${line}`));
  return lines.join('\n');
}

// `way` says what holds the first of them; null where it went in the end, or where no snapshot shows
// what holds it.
function survivorMessage(count, of, way) {
  const head = of === 1 ? 'The object was not collected' : `${count} of ${of} tracked objects were not collected`;
  return way === null ? head : `${head}: it is ${way}`;
}

module.exports = { LeakError, growthMessage, survivorMessage };
