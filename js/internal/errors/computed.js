'use strict';

// Messages that depend on their arguments, as functions of `(error, ...args)`; some also set
// properties of the error. Listed by code with the classes that carry it. Wording: Node 24.

const {
  ArrayIsArray, ArrayPrototypeJoin, ArrayPrototypeMap, JSONStringify, MathAbs, NumberIsInteger,
  ObjectDefineProperty, RegExpPrototypeExec, StringPrototypeEndsWith, StringPrototypeIncludes,
  StringPrototypeLastIndexOf, StringPrototypeSlice, StringPrototypeStartsWith,
  StringPrototypeToLowerCase,
} = require('internal/primordials');

const lazyInspect = (value, options) => require('internal/util/inspect').inspect(value, options);

/** 'A', 'A and B', 'A, B, and C'. */
function formatList(list, word = 'and') {
  if (list.length < 2) return ArrayPrototypeJoin(list, '');
  if (list.length === 2) return `${list[0]} ${word} ${list[1]}`;
  let text = '';
  for (let i = 0; i < list.length - 1; i++) text += `${list[i]}, `;
  return `${text}${word} ${list[list.length - 1]}`;
}

function quoteShort(text) {
  const short = text.length > 28 ? `${StringPrototypeSlice(text, 0, 25)}...` : text;
  return StringPrototypeIncludes(short, "'") ? JSONStringify(short) : `'${short}'`;
}

/** What a message says after "Received": `undefined`, `type number (5)`, `an instance of Foo`. */
function determineSpecificType(value) {
  if (value === null || value === undefined) return `${value}`;
  switch (typeof value) {
    case 'function':
      return `function ${value.name}`;
    case 'object':
      if (value.constructor && 'name' in value.constructor) {
        return `an instance of ${value.constructor.name}`;
      }
      return lazyInspect(value, { depth: -1 });
    case 'string':
      return `type string (${quoteShort(value)})`;
    case 'bigint':
      return `type bigint (${value}n)`;
    case 'number':
      return `type number (${value === 0 && 1 / value < 0 ? '-0' : value})`;
    default:
      return `type ${typeof value} (${String(value)})`;
  }
}

/** Thousands marked with `_`; `digits` is a whole number's text. */
function separateThousands(digits) {
  const sign = digits[0] === '-' ? '-' : '';
  let rest = StringPrototypeSlice(digits, sign.length);
  let text = '';
  while (rest.length > 3) {
    text = `_${StringPrototypeSlice(rest, -3)}${text}`;
    rest = StringPrototypeSlice(rest, 0, -3);
  }
  return `${sign}${rest}${text}`;
}

const argumentOrProperty = (name) => (StringPrototypeIncludes(name, '.') ? 'property' : 'argument');

const primitiveTypes = {
  __proto__: null,
  string: true, function: true, number: true, object: true, Function: true, Object: true,
  boolean: true, bigint: true, symbol: true,
};
const classNamePattern = /^[A-Z][a-zA-Z0-9]*$/;

/** 'of type string or an instance of Buffer or URL', from names of types, classes and others. */
function describeExpected(expected) {
  const types = [];
  const classes = [];
  const others = [];
  for (let i = 0; i < expected.length; i++) {
    const name = expected[i];
    if (primitiveTypes[name]) types[types.length] = StringPrototypeToLowerCase(name);
    else if (RegExpPrototypeExec(classNamePattern, name) !== null) classes[classes.length] = name;
    else others[others.length] = name;
  }
  // "an instance of Buffer or Object" reads better than "of type object or an instance of Buffer".
  if (classes.length > 0) {
    const kept = [];
    let hadObject = false;
    for (let i = 0; i < types.length; i++) {
      if (types[i] === 'object' && !hadObject) hadObject = true;
      else kept[kept.length] = types[i];
    }
    if (hadObject) {
      types.length = 0;
      for (let i = 0; i < kept.length; i++) types[i] = kept[i];
      classes[classes.length] = 'Object';
    }
  }
  const parts = [];
  if (types.length > 0) {
    parts[0] = `${types.length > 1 ? 'one of type' : 'of type'} ${formatList(types, 'or')}`;
  }
  if (classes.length > 0) parts[parts.length] = `an instance of ${formatList(classes, 'or')}`;
  if (others.length > 1) {
    parts[parts.length] = `one of ${formatList(others, 'or')}`;
  } else if (others.length === 1) {
    const article = StringPrototypeToLowerCase(others[0]) === others[0] ? '' : 'an ';
    parts[parts.length] = `${article}${others[0]}`;
  }
  return ArrayPrototypeJoin(parts, ' or ');
}

function describeOutOfRange(input) {
  if (typeof input === 'bigint') {
    const big = input > 2n ** 32n || input < -(2n ** 32n);
    return `${big ? separateThousands(`${input}`) : input}n`;
  }
  if (NumberIsInteger(input) && MathAbs(input) > 2 ** 32) return separateThousands(`${input}`);
  return lazyInspect(input);
}

const importedFrom = (base) => (base ? ` imported from ${base}` : '');

const basename = (path) => StringPrototypeSlice(path, StringPrototypeLastIndexOf(path, '/') + 1);

function setHidden(error, key, value) {
  ObjectDefineProperty(error, key, {
    __proto__: null, value, configurable: true, enumerable: false, writable: true,
  });
}

function setOwn(error, key, value) {
  ObjectDefineProperty(error, key, {
    __proto__: null, value, configurable: true, enumerable: true, writable: true,
  });
}

function requireEsmMessage(error, filename, hasEsmSyntax, parentPath = null, packageJsonPath = null) {
  const from = parentPath ? ` from ${parentPath}` : '';
  const message = `require() of ES Module ${filename}${from} not supported.`;
  if (!packageJsonPath) {
    if (!StringPrototypeEndsWith(filename, '.mjs')) return message;
    return `${message}\nInstead change the require of ${filename} to a dynamic import() which is ` +
      'available in all CommonJS modules.';
  }
  const name = parentPath && basename(filename) === basename(parentPath) ? filename : basename(filename);
  if (hasEsmSyntax) {
    return `${message}\nInstead change the require of ${name} in ${parentPath} to a dynamic ` +
      'import() which is available in all CommonJS modules.';
  }
  return `${message}\n${name} is treated as an ES module file as it is a .js file whose nearest ` +
    'parent package.json contains "type": "module" which declares all .js files in that package ' +
    `scope as ES modules.\nInstead either rename ${name} to end in .cjs, change the requiring code ` +
    'to use dynamic import() which is available in all CommonJS modules, or change ' +
    `"type": "module" to "type": "commonjs" in ${packageJsonPath} to treat all .js files as ` +
    'CommonJS (using .mjs for all ES modules instead).\n';
}

module.exports = {
  determineSpecificType,
  formatList,
  /** code -> [classes, message] */
  computed: {
    __proto__: null,
    ERR_ACCESS_DENIED: [['Error'], (error, message, permission = '', resource = '') => {
      error.permission = permission;
      error.resource = resource;
      return message;
    }],
    ERR_BUFFER_OUT_OF_BOUNDS: [['RangeError'], (error, name) => (
      name ? `"${name}" is outside of buffer bounds` : 'Attempt to access memory outside buffer bounds'
    )],
    ERR_CRYPTO_INVALID_SCRYPT_PARAMS: [['RangeError'], (error, reason = undefined) => (
      reason === undefined ? 'Invalid scrypt params' : `Invalid scrypt params: ${reason}`
    )],
    ERR_ENCODING_INVALID_ENCODED_DATA: [['TypeError'], (error, encoding, errno) => {
      error.errno = errno;
      return `The encoded data was not valid for encoding ${encoding}`;
    }],
    ERR_FALSY_VALUE_REJECTION: [['Error'], (error, reason) => {
      error.reason = reason;
      return 'Promise was rejected with falsy value';
    }],
    ERR_IMPORT_ATTRIBUTE_UNSUPPORTED: [['TypeError'], (error, attribute, value, url) => (
      `Import attribute "${attribute}" with value "${value}" is not supported${
        url === undefined ? '' : ` in ${url}`}`
    )],
    ERR_INTERNAL_ASSERTION: [['Error'], (error, message) => (
      `${message === undefined ? '' : `${message}\n`}This is a bug in oomhost, or its internals ` +
      'were used in a way they are not meant for.\n'
    )],
    ERR_INVALID_ADDRESS_FAMILY: [['RangeError'], (error, addressType, host, port) => {
      error.host = host;
      error.port = port;
      return `Invalid address family: ${addressType} ${host}:${port}`;
    }],
    ERR_INVALID_ARG_TYPE: [['TypeError'], (error, name, expected, actual) => {
      const subject = StringPrototypeEndsWith(name, ' argument') ? name
        : `"${name}" ${argumentOrProperty(name)}`;
      const list = ArrayIsArray(expected) ? expected : [expected];
      return `The ${subject} must be ${describeExpected(list)}. Received ${determineSpecificType(actual)}`;
    }],
    ERR_INVALID_ARG_VALUE: [['TypeError', 'RangeError'], (error, name, value, reason = 'is invalid') => {
      let text = lazyInspect(value);
      if (text.length > 128) text = `${StringPrototypeSlice(text, 0, 128)}...`;
      return `The ${argumentOrProperty(name)} '${name}' ${reason}. Received ${text}`;
    }],
    ERR_INVALID_CHAR: [['TypeError'], (error, name, field) => (
      `Invalid character in ${name}${field === undefined ? '' : ` ["${field}"]`}`
    )],
    ERR_INVALID_FILE_URL_PATH: [['TypeError'], (error, reason, input) => {
      error.input = input;
      return `File URL path ${reason}`;
    }],
    ERR_INVALID_MIME_SYNTAX: [['TypeError'], (error, production, text, index) => (
      `The MIME syntax for a ${production} in "${text}" is invalid${index === -1 ? '' : ` at ${index}`}`
    )],
    ERR_INVALID_MODULE_SPECIFIER: [['TypeError'], (error, request, reason, base) => (
      `Invalid module "${request}" ${reason}${importedFrom(base)}`
    )],
    ERR_INVALID_PACKAGE_CONFIG: [['Error'], (error, path, base, message) => (
      `Invalid package config ${path}${base ? ` while importing ${base}` : ''}${
        message ? `. ${message}` : ''}`
    )],
    ERR_INVALID_PACKAGE_TARGET: [['Error'], (error, packagePath, key, target, isImport = false, base) => {
      const what = key === '.' ? '"exports" main target' : `"${isImport ? 'imports' : 'exports'}" target`;
      const where = key === '.' ? 'defined in' : `defined for '${key}' in`;
      const notRelative = typeof target === 'string' && !isImport && target.length > 0 &&
        !StringPrototypeStartsWith(target, './');
      return `Invalid ${what} ${JSONStringify(target)} ${where} the package config ${
        packagePath}package.json${importedFrom(base)}${
        notRelative ? '; targets must start with "./"' : ''}`;
    }],
    ERR_INVALID_RETURN_PROPERTY: [['TypeError'], (error, input, name, property, value) => (
      `Expected a valid ${input} to be returned for the "${property}" from the "${name}" hook but ` +
      `got ${determineSpecificType(value)}.`
    )],
    ERR_INVALID_RETURN_PROPERTY_VALUE: [['TypeError'], (error, input, name, property, value) => (
      `Expected ${input} to be returned for the "${property}" from the "${name}" hook but got ${
        determineSpecificType(value)}.`
    )],
    ERR_INVALID_RETURN_VALUE: [['TypeError', 'RangeError'], (error, input, name, value) => (
      `Expected ${input} to be returned from the "${name}" function but got ${
        determineSpecificType(value)}.`
    )],
    ERR_INVALID_URL: [['TypeError'], (error, input, base = null) => {
      error.input = input;
      if (base != null) error.base = base;
      return 'Invalid URL';
    }],
    ERR_INVALID_URL_SCHEME: [['TypeError'], (error, expected) => {
      const schemes = typeof expected === 'string' ? [expected] : expected;
      return schemes.length === 2 ? `The URL must be one of scheme ${schemes[0]} or ${schemes[1]}`
        : `The URL must be of scheme ${schemes[0]}`;
    }],
    ERR_IP_BLOCKED: [['Error'], (error, ip) => `IP(${ip}) is blocked by net.BlockList`],
    ERR_MISSING_ARGS: [['TypeError'], (error, ...names) => {
      const quoted = ArrayPrototypeMap(names, (name) => (ArrayIsArray(name) ?
        ArrayPrototypeJoin(ArrayPrototypeMap(name, (one) => `"${one}"`), ' or ') : `"${name}"`));
      return `The ${formatList(quoted)} argument${names.length > 1 ? 's' : ''} must be specified`;
    }],
    ERR_MODULE_NOT_FOUND: [['Error'], (error, path, base, exactUrl) => {
      if (exactUrl) setOwn(error, 'url', `${exactUrl}`);
      return `Cannot find ${exactUrl ? 'module' : 'package'} '${path}' imported from ${base}`;
    }],
    ERR_OUT_OF_RANGE: [['RangeError'], (error, name, range, input, nameIsMessage = false) => (
      `${nameIsMessage ? name : `The value of "${name}" is out of range.`} It must be ${
        range}. Received ${describeOutOfRange(input)}`
    )],
    ERR_PACKAGE_IMPORT_NOT_DEFINED: [['TypeError'], (error, specifier, packagePath, base) => (
      `Package import specifier "${specifier}" is not defined${
        packagePath ? ` in package ${packagePath}package.json` : ''} imported from ${base}`
    )],
    ERR_PACKAGE_PATH_NOT_EXPORTED: [['Error'], (error, packagePath, subpath, base) => (
      subpath === '.' ?
        `No "exports" main defined in ${packagePath}package.json${importedFrom(base)}` :
        `Package subpath '${subpath}' is not defined by "exports" in ${packagePath}package.json${
          importedFrom(base)}`
    )],
    ERR_PARSE_ARGS_UNKNOWN_OPTION: [['TypeError'], (error, option, allowPositionals) => (
      `Unknown option '${option}'${allowPositionals ?
        '. To specify a positional argument starting with a \'-\', place it at the end of the ' +
        `command after '--', as in '-- ${JSONStringify(option)}` : ''}`
    )],
    ERR_REQUIRE_ASYNC_MODULE: [['Error'], (error, filename, parentFilename) => (
      'require() cannot be used on an ESM graph with top-level await. Use import() instead. To see where the ' +
      `top-level await comes from, use --experimental-print-required-tla.${
        parentFilename ? `\n  From ${parentFilename} ` : ''}${filename ? `\n  Requiring ${filename} ` : ''}`
    )],
    ERR_REQUIRE_ESM: [['Error'], requireEsmMessage],
    ERR_REQUIRE_ESM_RACE_CONDITION: [['Error'], (error, filename, parentFilename, isForLoaderHooks) => (
      `Cannot require() ES Module ${filename} because it is not yet fully loaded.\n` +
      'This may be caused by a race condition if the module is simultaneously dynamically ' +
      'import()-ed via Promise.all().\n' +
      'Try await-ing the import() sequentially in a loop instead.\n' +
      ` (From ${parentFilename ? `${parentFilename} in ` : ' '}${
        isForLoaderHooks ? 'loader hook worker thread' : 'non-loader-hook thread'})`
    )],
    ERR_SOCKET_BAD_PORT: [['RangeError'], (error, name, port, allowZero = true) => (
      `${name} should be ${allowZero ? '>=' : '>'} 0 and < 65536. Received ${
        determineSpecificType(port)}.`
    )],
    ERR_TEST_FAILURE: [['Error'], (error, cause, failureType) => {
      error.failureType = failureType;
      error.cause = cause;
      const message = cause?.message ?? cause;
      return typeof message === 'string' ? message : lazyInspect(message);
    }],
    ERR_UNHANDLED_ERROR: [['Error'], (error, cause) => (
      `Unhandled error.${cause === undefined ? '' : ` (${cause})`}`
    )],
    ERR_UNSUPPORTED_DIR_IMPORT: [['Error'], (error, path, base, exactUrl) => {
      setOwn(error, 'url', exactUrl);
      return `Directory import '${path}' is not supported resolving ES modules imported from ${base}`;
    }],
    ERR_UNSUPPORTED_ESM_URL_SCHEME: [['Error'], (error, url, supported) => (
      `Only URLs with a scheme in: ${formatList(supported)} are supported by the default ESM ` +
      `loader. Received protocol '${url.protocol}'`
    )],
    ERR_VM_MODULE_LINK_FAILURE: [['Error'], (error, message, cause) => {
      error.cause = cause;
      return message;
    }],
    ERR_WORKER_INVALID_EXEC_ARGV: [['Error'], (error, errors, message = 'invalid execArgv flags') => (
      `Initiated Worker with ${message}: ${ArrayPrototypeJoin(errors, ', ')}`
    )],
    ERR_WORKER_PATH: [['TypeError'], (error, filename) => (
      'The worker script or module filename must be an absolute path or a relative path starting ' +
      `with './' or '../'.${
        StringPrototypeStartsWith(filename, 'file://') ? ' Wrap file:// URLs with `new URL`.' : ''}${
        StringPrototypeStartsWith(filename, 'data:text/javascript') ?
          ' Wrap data: URLs with `new URL`.' : ''} Received "${filename}"`
    )],
  },
};
