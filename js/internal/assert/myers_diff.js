'use strict';

// The shortest edit script between two lists (Myers, "An O(ND) Difference Algorithm and Its
// Variations", 1986), for `util.diff` and the messages of failed assertions.

const {
  ArrayIsArray, ArrayPrototypePush, ArrayPrototypeReverse, Int32Array, StringPrototypeEndsWith,
  TypedArrayPrototypeSlice,
} = require('internal/primordials');
const { codes: { ERR_OUT_OF_RANGE } } = require('internal/errors');
const { validateString, validateStringArray } = require('internal/validators');

const maxItems = 2 ** 31 - 1;
const removed = -1; // only in `expected`
const kept = 0;
const added = 1; // only in `actual`

/** In a printed object the last property has no comma: that alone makes no difference. */
const areLinesEqual = (a, b, ignoreComma) => (
  a === b || (ignoreComma && (`${a},` === b || a === `${b},`))
);

/**
 * The furthest x on each diagonal k = x - y after every number of edits, up to the one that reaches
 * the end. Diagonal k is at index `k + size`.
 */
function search(actual, expected, ignoreComma) {
  const size = actual.length + expected.length;
  const furthest = new Int32Array(2 * size + 1);
  const trace = [];
  for (let edits = 0; edits <= size; edits++) {
    // Only the diagonals that can have been reached matter: keep the memory quadratic in the edits.
    const from = size - edits < 0 ? 0 : size - edits;
    trace[edits] = { from, xs: TypedArrayPrototypeSlice(furthest, from, size + edits + 1) };
    for (let k = -edits; k <= edits; k += 2) {
      const at = k + size;
      const down = k === -edits || (k !== edits && furthest[at - 1] < furthest[at + 1]);
      let x = down ? furthest[at + 1] : furthest[at - 1] + 1;
      let y = x - k;
      while (x < actual.length && y < expected.length && areLinesEqual(actual[x], expected[y], ignoreComma)) {
        x++;
        y++;
      }
      furthest[at] = x;
      if (x >= actual.length && y >= expected.length) return trace;
    }
  }
  return trace;
}

/** A list of `[-1 | 0 | 1, item]`, from the start: only in `expected`, in both, only in `actual`. */
function myersDiff(actual, expected, ignoreComma = false) {
  const total = actual.length + expected.length;
  if (total > maxItems) throw new ERR_OUT_OF_RANGE('myersDiff input size', '< 2^31', total);
  const trace = search(actual, expected, ignoreComma);
  const size = actual.length + expected.length;
  const script = [];
  let x = actual.length;
  let y = expected.length;
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const { from, xs } = trace[edits];
    const furthest = (k) => xs[k + size - from] ?? 0;
    const k = x - y;
    const down = k === -edits || (k !== edits && furthest(k - 1) < furthest(k + 1));
    const previousK = down ? k + 1 : k - 1;
    const previousX = furthest(previousK);
    const previousY = previousX - previousK;
    while (x > previousX && y > previousY) {
      const line = actual[x - 1];
      // The one with the comma is not the last of its object.
      const shown = ignoreComma && !StringPrototypeEndsWith(line, ',') ? expected[y - 1] : line;
      ArrayPrototypePush(script, [kept, shown]);
      x--;
      y--;
    }
    if (edits === 0) break;
    if (x > previousX) ArrayPrototypePush(script, [added, actual[--x]]);
    else ArrayPrototypePush(script, [removed, expected[--y]]);
  }
  return ArrayPrototypeReverse(script);
}

function validateInput(value, name) {
  if (ArrayIsArray(value)) validateStringArray(value, name);
  else validateString(value, name);
}

/** `util.diff`. */
function diff(actual, expected) {
  if (actual === expected) return [];
  validateInput(actual, 'actual');
  validateInput(expected, 'expected');
  return myersDiff(actual, expected);
}

module.exports = { added, diff, kept, myersDiff, removed };
