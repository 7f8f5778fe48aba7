'use strict';

const { refusing } = require('internal/next_stage');

module.exports = refusing('sea', {
  functions: 'getAsset getAssetAsBlob getAssetKeys getRawAsset', values: { isSea: () => false },
});
