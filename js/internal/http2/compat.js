'use strict';

// Streams as requests and responses, for programs that know `http`.

const { constants } = require('internal/http2_constants');

const { HTTP_STATUS_EXPECTATION_FAILED, HTTP_STATUS_METHOD_NOT_ALLOWED } = constants;

/** A server's listener of 'stream', bound to it and to the classes that it is to use. */
function onServerStream(ServerRequest, ServerResponse, stream, headers, flags, rawHeaders) {
  const request = new ServerRequest(stream, headers, undefined, rawHeaders);
  const response = new ServerResponse(stream);
  const refuse = (status) => {
    response.statusCode = status;
    response.end();
  };
  if (headers[':method'] === 'CONNECT') {
    if (!this.emit('connect', request, response)) refuse(HTTP_STATUS_METHOD_NOT_ALLOWED);
  } else if (headers.expect === undefined) {
    this.emit('request', request, response);
  } else if (headers.expect === '100-continue') {
    if (this.listenerCount('checkContinue') > 0) {
      this.emit('checkContinue', request, response);
    } else {
      response.writeContinue();
      this.emit('request', request, response);
    }
  } else if (this.listenerCount('checkExpectation') > 0) {
    this.emit('checkExpectation', request, response);
  } else {
    refuse(HTTP_STATUS_EXPECTATION_FAILED);
  }
}

module.exports = { onServerStream };
