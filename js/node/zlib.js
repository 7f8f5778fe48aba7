'use strict';

const { missing } = require('internal/not_yet');

const constants = Object.freeze({
  Z_NO_FLUSH: 0, Z_PARTIAL_FLUSH: 1, Z_SYNC_FLUSH: 2, Z_FULL_FLUSH: 3, Z_FINISH: 4, Z_BLOCK: 5, Z_OK: 0,
  Z_STREAM_END: 1, Z_NEED_DICT: 2, Z_ERRNO: -1, Z_STREAM_ERROR: -2, Z_DATA_ERROR: -3, Z_MEM_ERROR: -4,
  Z_BUF_ERROR: -5, Z_VERSION_ERROR: -6, Z_NO_COMPRESSION: 0, Z_BEST_SPEED: 1, Z_BEST_COMPRESSION: 9,
  Z_DEFAULT_COMPRESSION: -1, Z_FILTERED: 1, Z_HUFFMAN_ONLY: 2, Z_RLE: 3, Z_FIXED: 4, Z_DEFAULT_STRATEGY: 0,
  Z_MIN_WINDOWBITS: 8, Z_MAX_WINDOWBITS: 15, Z_DEFAULT_WINDOWBITS: 15, Z_MIN_CHUNK: 64, Z_MAX_CHUNK: Infinity,
  Z_DEFAULT_CHUNK: 16384, Z_MIN_MEMLEVEL: 1, Z_MAX_MEMLEVEL: 9, Z_DEFAULT_MEMLEVEL: 8, Z_MIN_LEVEL: -1,
  Z_MAX_LEVEL: 9, Z_DEFAULT_LEVEL: -1,
});

module.exports = {
  ...missing('zlib', [
    'BrotliCompress', 'BrotliDecompress', 'Deflate', 'DeflateRaw', 'Gunzip', 'Gzip', 'Inflate', 'InflateRaw', 'Unzip',
    'ZstdCompress', 'ZstdDecompress', 'brotliCompress', 'brotliCompressSync', 'brotliDecompress',
    'brotliDecompressSync', 'crc32', 'createBrotliCompress', 'createBrotliDecompress', 'createDeflate',
    'createDeflateRaw', 'createGunzip', 'createGzip', 'createInflate', 'createInflateRaw', 'createUnzip',
    'createZstdCompress', 'createZstdDecompress', 'deflate', 'deflateRaw', 'deflateRawSync', 'deflateSync', 'gunzip',
    'gunzipSync', 'gzip', 'gzipSync', 'inflate', 'inflateRaw', 'inflateRawSync', 'inflateSync', 'unzip', 'unzipSync',
    'zstdCompress', 'zstdCompressSync', 'zstdDecompress', 'zstdDecompressSync',
  ]),
  constants,
};
