'use strict';

// Labelled stopwatches of `console.time` and the texts of their times.

const {
  MathFloor, Number, NumberPrototypeToFixed, StringPrototypePadStart, StringPrototypeSplit,
} = require('internal/primordials');

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

const twoDigits = (value) => StringPrototypePadStart(`${value}`, 2, '0');

/** '1.234ms', '2.500s', '1:02.500 (m:ss.mmm)', '1:01:02.500 (h:mm:ss.mmm)'. */
function formatTime(milliseconds) {
  if (milliseconds < second) return `${Number(NumberPrototypeToFixed(milliseconds, 3))}ms`;
  if (milliseconds < minute) return `${NumberPrototypeToFixed(milliseconds / second, 3)}s`;
  const hours = MathFloor(milliseconds / hour);
  const minutes = MathFloor((milliseconds % hour) / minute);
  const parts = StringPrototypeSplit(NumberPrototypeToFixed((milliseconds % minute) / second, 3), '.');
  const rest = `${twoDigits(parts[0])}.${parts[1]}`;
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${rest} (h:mm:ss.mmm)`
    : `${minutes}:${rest} (m:ss.mmm)`;
}

/** Starts `label` in `times`; `who` is named in the warning that it runs already. */
function startTime(times, label, who) {
  if (times.has(label)) {
    process.emitWarning(`Label '${label}' already exists for ${who}`);
    return;
  }
  times.set(label, process.hrtime());
}

/** The text of the time since the start, or undefined with a warning. */
function readTime(times, label, who) {
  const start = times.get(label);
  if (start === undefined) {
    process.emitWarning(`No such label '${label}' for ${who}`);
    return undefined;
  }
  const elapsed = process.hrtime(start);
  return formatTime(elapsed[0] * 1000 + elapsed[1] / 1e6);
}

module.exports = { formatTime, readTime, startTime };
