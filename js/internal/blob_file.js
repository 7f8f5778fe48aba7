'use strict';

// What a Blob is made of where some of it lies in files: as much of a Uint8Array's interface as a Blob
// uses. Nothing is read before somebody asks.

const {
  ArrayPrototypePush, MathMax, MathMin, TypedArrayPrototypeSet, TypedArrayPrototypeSlice, TypedArrayPrototypeSubarray,
  TypeError, Uint8Array,
} = require('internal/primordials');
const { DOMException } = require('internal/domexception');
const { isUint8Array } = require('internal/util/types');
const { operations } = require('internal/fs/operations');

const notReadable = () => new DOMException('The blob could not be read', 'NotReadableError');

/** Bytes `start` to `end` of a file as it was when `stats` were taken. */
class FileRange {
  constructor(path, stats, start, end) {
    this.path = path;
    this.stats = stats;
    this.start = start;
    this.length = end - start;
  }

  subarray(start, end) {
    return new FileRange(this.path, this.stats, this.start + start, this.start + end);
  }

  async slice() {
    const { FileHandle } = require('internal/fs/file_handle');
    const bytes = new Uint8Array(this.length);
    let handle;
    try {
      handle = new FileHandle(await operations.open.promise(this.path));
      const { mtimeNs, size } = await handle.stat({ bigint: true });
      let count = 0;
      while (count < bytes.length && mtimeNs === this.stats.mtimeNs && size === this.stats.size) {
        const { bytesRead } = await handle.read(bytes, count, bytes.length - count, this.start + count);
        if (bytesRead === 0) break;
        count += bytesRead;
      }
      if (count < bytes.length || mtimeNs !== this.stats.mtimeNs || size !== this.stats.size) throw notReadable();
    } catch {
      throw notReadable();
    } finally {
      await handle?.close();
    }
    return bytes;
  }
}

class FileBytes {
  #parts = [];
  length = 0;

  /** Of other bytes, in memory or not. */
  constructor(parts) {
    for (const part of parts) {
      if (part instanceof FileBytes) ArrayPrototypePush(this.#parts, ...part.#parts);
      else ArrayPrototypePush(this.#parts, isUint8Array(part) ? TypedArrayPrototypeSlice(part) : part);
      this.length += part.length;
    }
  }

  /** As that of a Uint8Array: from the end where it is negative. */
  subarray(start, end) {
    const { length } = this;
    const from = start < 0 ? MathMax(length + start, 0) : MathMin(start, length);
    const to = end < 0 ? MathMax(length + end, 0) : MathMin(end, length);
    const within = [];
    let offset = 0;
    for (const part of this.#parts) {
      const first = MathMax(from - offset, 0);
      const last = MathMin(to - offset, part.length);
      // Of a file that was empty too: it must be so still.
      if (first < last || (part.length === 0 && from <= offset && offset <= to)) {
        ArrayPrototypePush(
          within, isUint8Array(part) ? TypedArrayPrototypeSubarray(part, first, last) : part.subarray(first, last));
      }
      offset += part.length;
    }
    return new FileBytes(within);
  }

  async slice(start = 0, end = this.length) {
    if (start !== 0 || end < this.length) return this.subarray(start, end).slice();
    const bytes = new Uint8Array(this.length);
    let offset = 0;
    for (const part of this.#parts) {
      TypedArrayPrototypeSet(bytes, isUint8Array(part) ? part : await part.slice(), offset);
      offset += part.length;
    }
    return bytes;
  }
}

/** A Blob over the file as it is now. */
function blobOfFile(path, type) {
  const { Blob, kOfBytes } = require('internal/blob');
  const stats = operations.stat.sync(path, { bigint: true, throwIfNoEntry: false });
  if (!stats?.isFile()) {
    const error = new TypeError('Unable to open file as blob');
    error.code = 'ERR_INVALID_ARG_VALUE';
    throw error;
  }
  return Blob[kOfBytes](new FileBytes([new FileRange(path, stats, 0, Number(stats.size))]), type);
}

module.exports = { FileBytes, blobOfFile };
