//! `require`, the `Module` class and what programs replace of it.

use super::Program;

#[test]
fn a_module_has_its_five_names_and_is_loaded_once() {
    let program = Program::new(&[
        (
            "main.js",
            "console.log(this === exports, exports === module.exports, arguments.length);
console.log(__filename, __dirname, require.main === module, module.id, module.parent);
const a = require('./a'); a.n++;
console.log(require('./a.js').n, require('./a') === a, module.children.map((m) => m.id));
console.log(Object.keys(require.cache), Object.keys(require.extensions));
return; never;",
        ),
        ("a.js", "exports.n = 1; exports.parent = module.parent.id;"),
    ]);
    program.prints(
        &["main.js"],
        &[
            "true true 5",
            "$DIR/main.js $DIR true . null",
            "2 true [ '$DIR/a.js' ]",
            "[ '$DIR/main.js', '$DIR/a.js' ] [ '.js', '.json', '.node' ]",
        ],
    );
}

#[test]
fn files_are_found_by_extension_folder_and_real_path() {
    let program = Program::new(&[
        (
            "main.js",
            "console.log(require('./data'), require('./folder'), require('./with-main'), require('./only.json').x);
require('fs').symlinkSync('folder/index.js', 'link.js');
console.log(require.resolve('./link'), require('./link') === require('./folder'));
console.log(require('.') === module.exports, require('./folder/..') === module.exports);",
        ),
        ("index.js", "module.exports = require('./main.js');"),
        ("data.json", "\u{feff}{\"json\": true}"),
        ("only.json", "{\"x\": 1}"),
        ("folder/index.js", "module.exports = {folder: true}"),
        ("with-main/package.json", "{\"main\": \"./lib\"}"),
        ("with-main/lib/index.js", "module.exports = 'main'"),
    ]);
    program.prints(
        &["main.js"],
        &[
            "{ json: true } { folder: true } main 1",
            "$DIR/folder/index.js true",
            "true true",
        ],
    );
}

#[test]
fn a_cycle_sees_what_is_exported_so_far() {
    let program = Program::new(&[
        ("main.js", "console.log(require('./a'))"),
        (
            "a.js",
            "exports.early = 1; const b = require('./b'); exports.late = b.saw;",
        ),
        (
            "b.js",
            "const a = require('./a'); exports.saw = [a.early, a.late];",
        ),
    ]);
    let ended = program.run(&["main.js"]);
    assert_eq!(ended.stdout, "{ early: 1, late: [ 1, undefined ] }\n");
    let warning = "Warning: Accessing non-existent property 'late' of module exports inside \
                   circular dependency";
    assert!(ended.stderr.contains(warning), "{}", ended.stderr);
}

#[test]
fn what_is_missing_is_told_with_the_stack_of_requires() {
    let program = Program::new(&[
        (
            "main.js",
            "const show = (request) => { try { require(request) } catch (e) { console.log(e.code, e.message, e.requireStack) } };
show('./nope'); show('nope'); show('./a'); show('node:nope'); show(''); show('./broken'); show('./addon.node');
show('./bad.json'); show(5);",
        ),
        ("a.js", "require('./b')"),
        ("broken/package.json", "{\"main\": \"gone.js\"}"),
        ("addon.node", ""),
        ("bad.json", "{x"),
    ]);
    program.prints(
        &["main.js"],
        &[
            "MODULE_NOT_FOUND Cannot find module './nope'",
            "Require stack:",
            "- $DIR/main.js [ '$DIR/main.js' ]",
            "MODULE_NOT_FOUND Cannot find module 'nope'",
            "Require stack:",
            "- $DIR/main.js [ '$DIR/main.js' ]",
            "MODULE_NOT_FOUND Cannot find module './b'",
            "Require stack:",
            "- $DIR/a.js",
            "- $DIR/main.js [ '$DIR/a.js', '$DIR/main.js' ]",
            "ERR_UNKNOWN_BUILTIN_MODULE No such built-in module: node:nope undefined",
            "ERR_INVALID_ARG_VALUE The argument 'id' must be a non-empty string. Received '' undefined",
            "MODULE_NOT_FOUND Cannot find module '$DIR/broken/gone.js'. Please verify that the package.json has a valid \"main\" entry undefined",
            // Ours: no native addon is loaded.
            "ERR_DLOPEN_FAILED oomhost loads no native addons: '$DIR/addon.node' undefined",
            "undefined $DIR/bad.json: Expected property name or '}' in JSON at position 1 (line 1 column 2) undefined",
            "ERR_INVALID_ARG_TYPE The \"id\" argument must be of type string. Received type number (5) undefined",
        ],
    );
}

#[test]
fn a_module_that_throws_is_loaded_anew() {
    let program = Program::new(&[
        (
            "main.js",
            "for (let i = 0; i < 2; i++) try { require('./t') } catch (e) { console.log(e.message) }
try { require('./gone') } catch (e) { console.log(e.code) }
require('fs').writeFileSync('gone.js', 'module.exports = \"there\"');
setTimeout(() => console.log(require('./gone')));",
        ),
        ("t.js", "globalThis.n = (globalThis.n ?? 0) + 1; throw new Error(`thrown ${n}`)"),
    ]);
    program.prints(
        &["main.js"],
        &["thrown 1", "thrown 2", "MODULE_NOT_FOUND", "there"],
    );
}

#[test]
fn a_syntax_error_shows_its_place() {
    let program = Program::new(&[
        (
            "main.js",
            "try { require('./bad') } catch (e) { console.log(e.stack.split('\\n').slice(0, 5).join('|')) }\nrequire('./bad')",
        ),
        ("bad.js", "const ok = 1;\nlet x = ;\n"),
    ]);
    let ended = program.run(&["main.js"]);
    assert_eq!(
        ended.stdout,
        "$DIR/bad.js:2|let x = ;|        ^||SyntaxError: Unexpected token ';'\n"
    );
    let head = "$DIR/bad.js:2\nlet x = ;\n        ^\n\nSyntaxError: Unexpected token ';'\n    at ";
    assert!(ended.stderr.starts_with(head), "{}", ended.stderr);
    assert_eq!(ended.code, Some(1));
}

#[test]
fn programs_may_replace_parts_of_the_loader() {
    let program = Program::new(&[
        (
            "main.js",
            "const Module = require('module');
const { _load, _resolveFilename } = Module;
Module._load = function (request) { return request === 'fake' ? 'fake' : _load.apply(this, arguments) };
Module._resolveFilename = function (request, ...rest) { return _resolveFilename.call(this, request === 'alias' ? './a' : request, ...rest) };
console.log(require('fake'), require('alias'));
require.extensions['.txt'] = (m, f) => { m.exports = require('fs').readFileSync(f, 'utf8') };
console.log(require('./note.txt'), require('./note'));
const js = Module._extensions['.js'];
Module._extensions['.js'] = (m, f) => { const c = m._compile; m._compile = (code, name) => c.call(m, code.replace(/'a'$/, '`hooked`'), name); js(m, f) };
delete require.cache[require.resolve('./a')];
console.log(require('./a'));
module.paths.unshift(__dirname + '/extra');
console.log(require('extra-package'));
require.cache[require.resolve('./b')] = { exports: 'cached', loaded: true };
console.log(require('./b'));
const virtual = new Module('/virtual.js', module);
virtual.paths = module.paths;
virtual._compile('module.exports = [__filename, require(\"extra-package\")]', '/virtual.js');
console.log(virtual.exports, Module.wrap('x'));
Module.wrap = (code) => `(function (exports, require, module) { ${code}; module.exports += '!' })`;
console.log(require('./c'));",
        ),
        ("a.js", "module.exports = 'a'"),
        ("b.js", "throw new Error('not read')"),
        ("c.js", "module.exports = 'wrapped'"),
        ("note.txt", "text"),
        ("extra/extra-package/index.js", "module.exports = 'extra'"),
    ]);
    program.prints(
        &["main.js"],
        &[
            "fake a",
            "text text",
            "hooked",
            "extra",
            "cached",
            "[ '/virtual.js', 'extra' ] (function (exports, require, module, __filename, __dirname) { x",
            "});",
            "wrapped!",
        ],
    );
}

#[test]
fn the_module_module() {
    let program = Program::new(&[
        (
            "sub/main.cjs",
            "const Module = require('node:module');
console.log(Module === Module.Module, Module.isBuiltin('fs'), Module.isBuiltin('node:fs'), Module.isBuiltin('nope'));
console.log(Module.builtinModules.includes('fs'), Module._nodeModulePaths('/a/node_modules/b').join());
console.log(Module.createRequire(__dirname + '/')('./a'), Module.createRequire(require('url').pathToFileURL(__filename))('./a'));
console.log(Module.findPackageJSON(__filename), Module.findPackageJSON('dep', __filename), Module.stripTypeScriptTypes('let a: X = 1'));
try { Module.createRequire('relative') } catch (e) { console.log(e.code) }
console.log(require.resolve.paths('x').slice(0, 2), require.resolve.paths('fs'), require.resolve('./a', { paths: [__dirname] }));",
        ),
        ("sub/a.js", "module.exports = 'a'"),
        ("package.json", "{}"),
        ("node_modules/dep/package.json", "{}"),
    ]);
    program.prints(
        &["sub/main.cjs"],
        &[
            "true true true false",
            "true /a/node_modules/b/node_modules,/a/node_modules,/node_modules",
            "a a",
            "$DIR/package.json $DIR/node_modules/dep/package.json let a    = 1",
            "ERR_INVALID_ARG_VALUE",
            "[ '$DIR/sub/node_modules', '$DIR/node_modules' ] null $DIR/sub/a.js",
        ],
    );
}
