'use strict';

const { refusing } = require('internal/next_stage');
const { codes, constants } = require('internal/zlib_constants');

const classes = 'Deflate Inflate Gzip Gunzip DeflateRaw InflateRaw Unzip BrotliCompress ' +
  'BrotliDecompress ZstdCompress ZstdDecompress';
const functions = ['crc32'];
for (const name of classes.split(' ')) {
  const whole = name[0].toLowerCase() + name.slice(1);
  functions.push(`create${name}`, whole, `${whole}Sync`);
}

module.exports = refusing('zlib', {
  classes,
  functions: functions.join(' '),
  values: { codes, constants },
});
