'use strict';

// Errors as `util.inspect` shows them: the stack, with a head line that names the class, without
// frames that are told already, and coloured by where a frame's code comes from.

const {
  ArrayIsArray, ArrayPrototypeIncludes, ArrayPrototypeIndexOf, ArrayPrototypeJoin,
  ArrayPrototypePop, ArrayPrototypePush, ArrayPrototypeSplice, ErrorPrototypeToString, ObjectHasOwn,
  ObjectPrototypeToString, RegExpPrototypeExec, SafeMap, StringPrototypeEndsWith,
  StringPrototypeIncludes, StringPrototypeIndexOf, StringPrototypeRepeat, StringPrototypeReplace,
  StringPrototypeReplaceAll, StringPrototypeSlice, StringPrototypeSplit, StringPrototypeStartsWith,
} = require('internal/primordials');
const { isError } = require('internal/util');
const { getPrefix } = require('internal/util/inspect_names');

const coreFrame = /^ {4}at (?:[^/\\(]+ \(|)node:(.+):\d+:\d+\)?$/;

/** Reads a property that may be a throwing getter. */
function read(object, key) {
  try {
    return { value: object[key], threw: false };
  } catch {
    return { value: undefined, threw: true };
  }
}

function stackText(ctx, error, formatValue) {
  const stack = read(error, 'stack').value;
  if (!stack) return ErrorPrototypeToString(error);
  if (typeof stack === 'string') return stack;
  // Error.prepareStackTrace may return anything.
  ArrayPrototypePush(ctx.seen, error);
  ctx.indentationLvl += 4;
  const text = formatValue(ctx, stack);
  ctx.indentationLvl -= 4;
  ArrayPrototypePop(ctx.seen);
  return `${ErrorPrototypeToString(error)}\n    ${text}`;
}

// ---- Frames ---------------------------------------------------------------------------------

/** `{ start, length }` of the first run of more than three lines of `a` that `b` has too, or null. */
function commonRun(a, b) {
  for (let start = 0; start + 3 < a.length; start++) {
    const other = ArrayPrototypeIndexOf(b, a[start]);
    if (other === -1) continue;
    let length = 1;
    while (start + length < a.length && other + length < b.length &&
           a[start + length] === b[other + length]) length++;
    if (length > 3) return { start, length };
  }
  return null;
}

/** How many times the `period` lines at `start` come again right after themselves. */
function countRepeats(lines, start, period) {
  let repeats = 0;
  for (let at = start + period; at + period <= lines.length; at += period) {
    for (let i = 0; i < period; i++) {
      if (lines[start + i] !== lines[at + i]) return repeats;
    }
    repeats++;
  }
  return repeats;
}

/** Runs of lines that repeat what stands before them, as in recursion: `{ start, period, repeats }`. */
function findRepeats(lines) {
  const positions = new SafeMap();
  for (let i = 0; i < lines.length; i++) {
    const list = positions.get(lines[i]);
    if (list === undefined) positions.set(lines[i], [i]);
    else list[list.length] = i;
  }
  const found = [];
  for (let i = 0; i < lines.length; i++) {
    const list = positions.get(lines[i]);
    let best = { start: 0, period: 0, repeats: 0 };
    for (let at = ArrayPrototypeIndexOf(list, i) + 1; at < list.length; at++) {
      const period = list[at] - i;
      // Further ones hide no more than this.
      if (best.period * best.repeats >= lines.length - i - period) break;
      const repeats = countRepeats(lines, i, period);
      if (period * repeats > best.period * best.repeats) best = { start: i + period, period, repeats };
    }
    if (best.period * best.repeats < 3) continue;
    found[found.length] = best;
    i += best.period * (best.repeats + 1) - 1;
  }
  return found;
}

function frameLines(ctx, error, text, formatValue) {
  const lines = StringPrototypeSplit(text, '\n');
  const cause = read(error, 'cause').value;
  if (cause !== undefined && cause !== null && isError(cause)) {
    const causeStack = stackText(ctx, cause, formatValue);
    const causeFrames = StringPrototypeIndexOf(causeStack, '\n    at');
    const run = causeFrames === -1 ? null
      : commonRun(lines, StringPrototypeSplit(StringPrototypeSlice(causeStack, causeFrames + 1), '\n'));
    if (run !== null) {
      // The first and the last of the run stay for orientation.
      const skipped = run.length - 2;
      ArrayPrototypeSplice(lines, run.start + 1, skipped, ctx.stylize(
        `    ... ${skipped} lines matching cause stack trace ...`, 'undefined'));
    }
  }
  if (lines.length > 10) {
    const found = findRepeats(lines);
    for (let i = found.length - 1; i >= 0; i--) {
      const { start, period, repeats } = found[i];
      const times = repeats > 1 ? `${period} lines ${repeats} times...` : 'lines ...';
      ArrayPrototypeSplice(lines, start, period * repeats, ctx.stylize(
        `    ... collapsed ${period * repeats} duplicate lines matching above ${times}`, 'undefined'));
    }
  }
  return lines;
}

// ---- Colours --------------------------------------------------------------------------------

/** Underlines the package's name after each /node_modules/. */
function markPackages(ctx, line) {
  let marked = '';
  let done = 0;
  for (let at = 0; ;) {
    const found = StringPrototypeIndexOf(line, 'node_modules', at);
    if (found === -1) break;
    const start = found + 'node_modules'.length + 1;
    const separator = line[found - 1];
    if ((separator !== '/' && separator !== '\\') || (line[start - 1] !== '/' && line[start - 1] !== '\\')) {
      at = found + 1;
      continue;
    }
    let end = StringPrototypeIndexOf(line, separator, start);
    if (end !== -1 && line[start] === '@') end = StringPrototypeIndexOf(line, separator, end + 1);
    if (end === -1) end = line.length;
    marked += StringPrototypeSlice(line, done, start) +
      ctx.stylize(StringPrototypeSlice(line, start, end), 'module');
    done = end;
    at = end;
  }
  return `${marked}${StringPrototypeSlice(line, done)}`;
}

/** Greys the working directory, so that the rest of the path stands out. */
function markDirectory(ctx, line, directory) {
  let at = StringPrototypeIndexOf(line, directory);
  if (at === -1) return line;
  let length = directory.length;
  if (StringPrototypeSlice(line, at - 7, at) === 'file://') {
    at -= 7;
    length += 7;
  }
  const inParentheses = line[at - 1] === '(';
  const start = inParentheses ? at - 1 : at;
  const closes = inParentheses && StringPrototypeEndsWith(line, ')');
  const end = at + length + 1;
  return StringPrototypeSlice(line, 0, start) +
    ctx.stylize(StringPrototypeSlice(line, start, end), 'undefined') +
    StringPrototypeSlice(line, end, closes ? -1 : line.length) +
    (closes ? ctx.stylize(')', 'undefined') : '');
}

function workingDirectories() {
  try {
    const directory = process.cwd();
    return [directory, require('url').pathToFileURL(directory).href];
  } catch {
    return [];
  }
}

function colourFrames(ctx, lines) {
  const directories = workingDirectories();
  let text = '';
  for (let i = 0; i < lines.length; i++) {
    let line = lines[i];
    if (RegExpPrototypeExec(coreFrame, line) !== null) {
      line = ctx.stylize(line, 'undefined');
    } else {
      line = markPackages(ctx, line);
      for (let d = 0; d < directories.length; d++) {
        const marked = markDirectory(ctx, line, directories[d]);
        if (marked !== line) {
          line = marked;
          break;
        }
      }
    }
    text += `\n${line}`;
  }
  return text;
}

// ---- The whole ------------------------------------------------------------------------------

/** Makes the head line name the class, where `name` or the stack say something else. */
function improveHead(stack, constructor, name, tag) {
  let text = stack;
  if (typeof name !== 'string') {
    const prefix = StringPrototypeSlice(getPrefix(constructor, tag, 'Error'), 0, -1);
    text = StringPrototypeReplace(text, `${name}`, `${name} [${prefix}]`);
  }
  let length = name.length;
  const regular = () => StringPrototypeEndsWith(name, 'Error') && StringPrototypeStartsWith(text, name) &&
    (text.length === length || text[length] === ':' || text[length] === '\n');
  if (constructor !== null && !regular()) return text;
  let fallback = 'Error';
  if (constructor === null) {
    const start = RegExpPrototypeExec(/^([A-Z][a-z_ A-Z0-9[\]()-]+)(?::|\n {4}at)/, text) ??
      RegExpPrototypeExec(/^([a-z_A-Z0-9-]*Error)$/, text);
    const found = start?.[1] ?? '';
    length = found.length;
    fallback = found === '' ? 'Error' : found;
  }
  const prefix = StringPrototypeSlice(getPrefix(constructor, tag, fallback), 0, -1);
  if (name === prefix) return text;
  if (!StringPrototypeIncludes(prefix, name)) {
    return `${prefix} [${name}]${StringPrototypeSlice(text, length)}`;
  }
  return length === 0 ? `${prefix}: ${text}` : `${prefix}${StringPrototypeSlice(text, length)}`;
}

/** Takes out of `keys` what the stack tells already, and adds what is worth telling. */
function adjustKeys(ctx, error, keys, stack, name, message) {
  if (!ctx.showHidden && keys.length > 0) {
    const drop = (key, { value, threw }) => {
      const index = threw ? -1 : ArrayPrototypeIndexOf(keys, key);
      if (index !== -1 && (typeof value !== 'string' || StringPrototypeIncludes(stack, value))) {
        ArrayPrototypeSplice(keys, index, 1);
      }
    };
    drop('stack', { value: '', threw: false });
    drop('message', message);
    drop('name', name);
  }
  if (ObjectHasOwn(error, 'cause') && !ArrayPrototypeIncludes(keys, 'cause')) {
    ArrayPrototypePush(keys, 'cause');
  }
  if (ArrayIsArray(read(error, 'errors').value) && ObjectHasOwn(error, 'errors') &&
      !ArrayPrototypeIncludes(keys, 'errors')) {
    ArrayPrototypePush(keys, 'errors');
  }
}

function formatError(ctx, error, constructor, tag, keys, formatValue) {
  let stack;
  try {
    stack = stackText(ctx, error, formatValue);
  } catch {
    return ObjectPrototypeToString(error);
  }
  const message = read(error, 'message');
  const name = read(error, 'name');
  adjustKeys(ctx, error, keys, stack, name, message);
  stack = improveHead(stack, constructor, name.value ?? 'Error', tag);

  // A message may look like frames: they start behind it.
  const messageAt = message.value ? StringPrototypeIndexOf(stack, message.value) : -1;
  const from = messageAt > 0 ? messageAt + message.value.length : -1;
  const framesAt = StringPrototypeIndexOf(stack, '\n    at', from);
  if (framesAt === -1) {
    stack = `[${stack}]`;
  } else {
    const lines = frameLines(ctx, error, StringPrototypeSlice(stack, framesAt + 1), formatValue);
    stack = StringPrototypeSlice(stack, 0, framesAt) +
      (ctx.colors ? colourFrames(ctx, lines) : `\n${ArrayPrototypeJoin(lines, '\n')}`);
  }
  if (ctx.indentationLvl !== 0) {
    stack = StringPrototypeReplaceAll(stack, '\n', `\n${StringPrototypeRepeat(' ', ctx.indentationLvl)}`);
  }
  return stack;
}

/** As `[length, start]`, for the assertion errors' diff. */
function identicalSequenceRange(a, b) {
  const run = commonRun(a, b);
  return run === null ? [0, 0] : [run.length, run.start];
}

module.exports = { formatError, identicalSequenceRange };
