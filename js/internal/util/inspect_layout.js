'use strict';

// How `util.inspect` puts formatted entries together: on a line, in columns, or one a line.

const {
  MathFloor, MathMax, MathMin, MathRound, MathSqrt, StringPrototypeIncludes, StringPrototypePadEnd,
  StringPrototypePadStart, StringPrototypeRepeat,
} = require('internal/primordials');
const { join, removeColors } = require('internal/util');
const { getStringWidth } = require('internal/util/inspect_text');

/** What the entries are: properties, elements of an array, or an array with properties. */
const kObjectType = 0;
const kArrayType = 1;
const kArrayExtrasType = 2;

const maxColumns = 15;
const separatorWidth = 2; // ', '
/** A character is about so many times as high as wide; columns shall fill a square. */
const characterRatio = 2.5;

/** How many columns look best, 1 or less for none. */
function columnCount(ctx, count, entries, widest, total) {
  const cell = widest + separatorWidth;
  // Three must fit a line, and entries of very different widths would be mostly blanks.
  if (cell * 3 + ctx.indentationLvl >= ctx.breakLength) return 0;
  if (total / cell <= 5 && widest > 6) return 0;
  const bias = MathSqrt(cell - total / entries);
  const biasedCell = MathMax(cell - 3 - bias, 1);
  return MathMin(
    MathRound(MathSqrt(characterRatio * biasedCell * count) / biasedCell),
    MathFloor((ctx.breakLength - ctx.indentationLvl) / cell),
    ctx.compact * 4,
    maxColumns,
  );
}

function allNumbers(value, count) {
  for (let i = 0; i < count; i++) {
    if (typeof value[i] !== 'number' && typeof value[i] !== 'bigint') return false;
  }
  return true;
}

/** Joins the entries of an array to lines of equal columns; the same list when that looks bad. */
function groupInColumns(ctx, entries, value) {
  // The last one may be '... n more items', which stays on its own line.
  const hasMore = ctx.maxArrayLength < entries.length;
  const count = hasMore ? entries.length - 1 : entries.length;
  const widths = [];
  let total = 0;
  let widest = 0;
  for (let i = 0; i < count; i++) {
    const width = getStringWidth(entries[i], ctx.colors);
    widths[i] = width;
    total += width + separatorWidth;
    if (width > widest) widest = width;
  }
  const columns = columnCount(ctx, count, entries.length, widest, total);
  if (!(columns > 1)) return entries;

  const columnWidths = [];
  for (let column = 0; column < columns; column++) {
    let width = 0;
    for (let i = column; i < count; i += columns) width = MathMax(width, widths[i]);
    columnWidths[column] = width + separatorWidth;
  }
  const alignRight = value === undefined || allNumbers(value, entries.length);
  const pad = alignRight ? StringPrototypePadStart : StringPrototypePadEnd;
  const lines = [];
  for (let start = 0; start < count; start += columns) {
    const last = MathMin(start + columns, count) - 1;
    let line = '';
    for (let i = start; i < last; i++) {
      // Colors take characters, but no room.
      const invisible = entries[i].length - widths[i];
      line += pad(`${entries[i]}, `, columnWidths[i - start] + invisible, ' ');
    }
    if (alignRight) {
      const invisible = entries[last].length - widths[last];
      const width = columnWidths[last - start] + invisible - separatorWidth;
      line += StringPrototypePadStart(entries[last], width, ' ');
    } else {
      line += entries[last];
    }
    lines[lines.length] = line;
  }
  if (hasMore) lines[lines.length] = entries[count];
  return lines;
}

function anyHasLineBreak(entries) {
  for (let i = 0; i < entries.length; i++) {
    if (StringPrototypeIncludes(entries[i], '\n')) return true;
  }
  return false;
}

/** Whether the entries fit `breakLength` with `start` characters before them. */
function fitsOneLine(ctx, entries, start, base) {
  if (base !== '' && StringPrototypeIncludes(base, '\n')) return false;
  if (ctx.breakLength === Infinity) return !anyHasLineBreak(entries);
  let length = entries.length + start;
  if (length + entries.length > ctx.breakLength) return false;
  for (let i = 0; i < entries.length; i++) {
    length += ctx.colors ? removeColors(entries[i]).length : entries[i].length;
    if (length > ctx.breakLength) return false;
  }
  return true;
}

/** `base`, then the entries between `open` and `close`. `depth` is the object's own. */
function layOut(ctx, entries, base, open, close, type, depth, value) {
  const head = base === '' ? '' : `${base} `;
  const indentation = StringPrototypeRepeat(' ', ctx.indentationLvl);
  if (ctx.compact === true) {
    if (fitsOneLine(ctx, entries, 0, base)) {
      return `${open}${base === '' ? '' : ` ${base}`} ${join(entries, ', ')} ${close}`;
    }
    // A long opening, such as 'Set(1) {', puts the first entry out of line with the others.
    const gap = base === '' && open.length === 1 ? ' '
      : `${base === '' ? '' : ` ${base}`}\n${indentation}  `;
    return `${open}${gap}${join(entries, `,\n${indentation}  `)} ${close}`;
  }
  let lines = entries;
  if (typeof ctx.compact === 'number' && ctx.compact >= 1) {
    if (type === kArrayExtrasType && entries.length > 6) lines = groupInColumns(ctx, entries, value);
    // Only the innermost `compact` levels go on one line.
    if (ctx.currentDepth - depth < ctx.compact && lines.length === entries.length) {
      const start = lines.length + ctx.indentationLvl + open.length + base.length + 10;
      if (fitsOneLine(ctx, lines, start, base)) {
        const joined = join(lines, ', ');
        if (!StringPrototypeIncludes(joined, '\n')) return `${head}${open} ${joined} ${close}`;
      }
    }
  }
  return `${head}${open}\n${indentation}  ${join(lines, `,\n${indentation}  `)}\n${indentation}${close}`;
}

module.exports = { kArrayExtrasType, kArrayType, kObjectType, layOut };
