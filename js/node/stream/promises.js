'use strict';

module.exports = {
  finished: require('internal/streams/finished').finishedPromise,
  pipeline: require('internal/streams/pipeline').pipelinePromise,
};
