'use strict';

// Options of the command line that JavaScript asks for, by their long name.

let options;

exports.getOptionValue = function getOptionValue(name) {
  return options === undefined ? undefined : options[name];
};

exports.setOptions = function setOptions(values) {
  options = { __proto__: null, ...values };
};
