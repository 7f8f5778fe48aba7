'use strict';
// Circular lists, whose head is itself an item: `_idleNext` leads to the item
// that was appended last, `_idlePrev` to the one that was appended first.

function init(list) {
  list._idleNext = list;
  list._idlePrev = list;
  return list;
}

/** The item that was appended first, or null. */
function peek(list) {
  return list._idlePrev === list ? null : list._idlePrev;
}

/** Takes the item off its list, if it is on one. */
function remove(item) {
  if (item._idleNext) item._idleNext._idlePrev = item._idlePrev;
  if (item._idlePrev) item._idlePrev._idleNext = item._idleNext;
  item._idleNext = null;
  item._idlePrev = null;
}

/** Puts the item at the end, from whichever list it was on. */
function append(list, item) {
  if (item._idleNext) remove(item);
  item._idlePrev = list;
  item._idleNext = list._idleNext;
  list._idleNext._idlePrev = item;
  list._idleNext = item;
}

function isEmpty(list) {
  return list._idleNext === list;
}

module.exports = { append, init, isEmpty, peek, remove };
