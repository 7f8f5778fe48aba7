//! ECMAScript modules among themselves.

use super::Program;

#[test]
fn live_bindings_cycles_and_order() {
    let program = Program::new(&[
        (
            "main.mjs",
            "import './one.mjs'; import './two.mjs'; import { count, add } from './count.mjs'; import * as all from './count.mjs';
add(); console.log(count, all.count, all);
import { fromB } from './cycle-a.mjs'; console.log(fromB);",
        ),
        ("one.mjs", "console.log('one')"),
        ("two.mjs", "console.log('two')"),
        ("count.mjs", "export let count = 0; export function add() { count++ } export default class {}"),
        ("cycle-a.mjs", "import { b } from './cycle-b.mjs'; export function a() { return 'hoisted' } export const fromB = b"),
        ("cycle-b.mjs", "import { a } from './cycle-a.mjs'; export const b = a()"),
    ]);
    program.prints(
        &["main.mjs"],
        &[
            "one",
            "two",
            "1 1 [Module: null prototype] {",
            "  add: [Function: add],",
            "  count: 1,",
            "  default: [class default]",
            "}",
            "hoisted",
        ],
    );
}

#[test]
fn import_meta() {
    let program = Program::new(&[
        (
            "main.mjs",
            "import './other.mjs';
console.log(import.meta.url, import.meta.filename, import.meta.dirname, import.meta.main);
console.log(import.meta.resolve('./x y.js?a=1'), import.meta.resolve('fs'));",
        ),
        (
            "other.mjs",
            "console.log(import.meta.main, Object.keys(import.meta))",
        ),
    ]);
    program.prints(
        &["main.mjs"],
        &[
            "false [ 'dirname', 'filename', 'main', 'resolve', 'url' ]",
            "file://$DIR/main.mjs $DIR/main.mjs $DIR true",
            "file://$DIR/x%20y.js?a=1 node:fs",
        ],
    );
}

#[test]
fn a_url_is_a_module_with_its_query() {
    let program = Program::new(&[
        (
            "main.mjs",
            "import a from './a.mjs?1'; import b from './a.mjs?2'; import c from './a.mjs?1'; import d from './a.mjs#2';
console.log(a === b, a === c, a === d);
console.log((await import(new URL('./a.mjs', import.meta.url))).default === a);
console.log((await import('data:text/javascript,export default 6 * 7')).default);
console.log((await import('data:text/javascript;base64,ZXhwb3J0IGNvbnN0IHggPSAx')).x);",
        ),
        ("a.mjs", "export default {}"),
    ]);
    program.prints(&["main.mjs"], &["false true false", "false", "42", "1"]);
}

#[test]
fn json_needs_its_attribute() {
    let program = Program::new(&[
        (
            "main.mjs",
            "import data from './data.json' with { type: 'json' }; console.log(data);
for (const [url, attributes] of [['./data.json'], ['./main.mjs', { type: 'json' }], ['./other.json', { type: 'css' }], ['./x.mjs', { lang: 'x' }]])
  try { await import(url, { with: attributes }) } catch (e) { console.log(e.name, e.code, e.message) }
console.log(await import('./data.json', { with: { type: 'json' } }));",
        ),
        ("data.json", "{\"a\": 1}"),
        ("other.json", "{}"),
        ("x.mjs", ""),
    ]);
    program.prints(
        &["main.mjs"],
        &[
            "{ a: 1 }",
            "TypeError ERR_IMPORT_ATTRIBUTE_MISSING Module \"file://$DIR/data.json\" needs an import attribute of \"type: json\"",
            "TypeError ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE Module \"file://$DIR/main.mjs\" is not of type \"json\"",
            "TypeError ERR_IMPORT_ATTRIBUTE_UNSUPPORTED Import attribute \"type\" with value \"css\" is not supported in file://$DIR/other.json",
            "TypeError ERR_IMPORT_ATTRIBUTE_UNSUPPORTED Import attribute \"lang\" with value \"x\" is not supported in file://$DIR/x.mjs",
            "[Module: null prototype] { default: { a: 1 } }",
        ],
    );
}

#[test]
fn what_cannot_be_imported() {
    let program = Program::new(&[
        (
            "main.mjs",
            "for (const x of ['./none.mjs', './folder', './a', 'none', '@x/none/y', 'node:none', 'http://a/b', './b.foo', './x%2fy', 'dep/sub'])
  try { await import(x); console.log('imported', x) } catch (e) { console.log(e.code, e.message) }",
        ),
        ("folder/index.js", ""),
        ("a.js", ""),
        ("b.foo", ""),
        ("node_modules/dep/sub.js", ""),
    ]);
    program.prints(
        &["main.mjs"],
        &[
            "ERR_MODULE_NOT_FOUND Cannot find module '$DIR/none.mjs' imported from $DIR/main.mjs",
            "ERR_UNSUPPORTED_DIR_IMPORT Directory import '$DIR/folder' is not supported resolving ES modules imported from $DIR/main.mjs",
            "Did you mean to import \"./folder/index.js\"?",
            "ERR_MODULE_NOT_FOUND Cannot find module '$DIR/a' imported from $DIR/main.mjs",
            "Did you mean to import \"./a.js\"?",
            "ERR_MODULE_NOT_FOUND Cannot find package 'none' imported from $DIR/main.mjs",
            "ERR_MODULE_NOT_FOUND Cannot find package '@x/none' imported from $DIR/main.mjs",
            "ERR_UNKNOWN_BUILTIN_MODULE No such built-in module: node:none",
            "ERR_UNSUPPORTED_ESM_URL_SCHEME Only URLs with a scheme in: file, data, and node are supported by the default ESM loader. Received protocol 'http:'",
            "ERR_UNKNOWN_FILE_EXTENSION Unknown file extension \".foo\" for $DIR/b.foo",
            "ERR_INVALID_MODULE_SPECIFIER Invalid module \"$DIR/x%2fy\" must not include encoded \"/\" or \"\\\" characters imported from $DIR/main.mjs",
            "ERR_MODULE_NOT_FOUND Cannot find module '$DIR/node_modules/dep/sub' imported from $DIR/main.mjs",
            "Did you mean to import \"dep/sub.js\"?",
        ],
    );
}

#[test]
fn a_missing_export_shows_the_import() {
    let program = Program::new(&[
        ("main.mjs", "import './importer.mjs'"),
        ("importer.mjs", "// first\nimport { y } from './x.mjs';"),
        ("x.mjs", "export const x = 1"),
    ]);
    program.fails(
        &["main.mjs"],
        &[
            "file://$DIR/importer.mjs:2\nimport { y } from './x.mjs';\n         ^\n",
            "SyntaxError: The requested module './x.mjs' does not provide an export named 'y'",
        ],
    );
}

#[test]
fn an_error_is_kept() {
    let program = Program::new(&[
        (
            "main.mjs",
            "const errors = [];
for (let i = 0; i < 2; i++) for (const x of ['./throws.mjs', './imports-it.mjs']) try { await import(x) } catch (e) { errors.push(e) }
console.log(errors.map((e) => e.message), new Set(errors).size);
for (let i = 0; i < 2; i++) try { await import('./syntax.mjs') } catch (e) { console.log(e.name, e.message) }
await import('./late.mjs').catch((e) => console.log(e.code));
(await import('fs')).writeFileSync('missing.mjs', '');
console.log(await import('./late.mjs'));",
        ),
        ("throws.mjs", "globalThis.n = (globalThis.n ?? 0) + 1; throw new Error('thrown ' + n)"),
        ("imports-it.mjs", "import './throws.mjs'"),
        ("syntax.mjs", "let x = ;"),
        ("late.mjs", "import './missing.mjs'; export const late = 1"),
    ]);
    program.prints(
        &["main.mjs"],
        &[
            "[ 'thrown 1', 'thrown 1', 'thrown 1', 'thrown 1' ] 1",
            "SyntaxError Unexpected token ';'",
            "SyntaxError Unexpected token ';'",
            "ERR_MODULE_NOT_FOUND",
            // Ours: Node keeps even that error.
            "[Module: null prototype] { late: 1 }",
        ],
    );
}

#[test]
fn names_that_a_url_escapes() {
    let name = "we ird#%?[]^|\u{e9}.mjs";
    let program = Program::new(&[(name, "console.log(import.meta.url, import.meta.filename)")]);
    program.prints(
        &[name],
        &["file://$DIR/we%20ird%23%25%3F%5B%5D%5E%7C%C3%A9.mjs $DIR/we ird#%?[]^|\u{e9}.mjs"],
    );
}

#[test]
fn a_full_stack_in_an_import() {
    let program = Program::new(&[(
        "main.cjs",
        "function f() { import('./none.mjs').catch(() => {}); f() }
try { f() } catch (e) { console.log(e.name) }
setTimeout(() => console.log('alive'), 10);",
    )]);
    program.prints(&["main.cjs"], &["RangeError", "alive"]);
}

#[test]
fn top_level_await() {
    let program = Program::new(&[
        (
            "main.mjs",
            "import { v } from './slow.mjs'; console.log(v); console.log(await new Promise((r) => setTimeout(r, 5, 'timer')))",
        ),
        (
            "slow.mjs",
            "export const v = await Promise.resolve('awaited')",
        ),
        (
            "stuck.mjs",
            "process.on('exit', (c) => console.log('exit', c));\nawait new Promise(() => {});",
        ),
        (
            "stuck-with-code.mjs",
            "process.exitCode = 3; await new Promise(() => {})",
        ),
    ]);
    program.prints(&["main.mjs"], &["awaited", "timer"]);
    let ended = program.run(&["stuck.mjs"]);
    assert_eq!(ended.code, Some(13));
    assert_eq!(ended.stdout, "exit 13\n");
    let warning = "Warning: Detected unsettled top-level await at file://$DIR/stuck.mjs:2\n\
                   await new Promise(() => {});\n^\n";
    assert!(ended.stderr.starts_with(warning), "{}", ended.stderr);
    assert_eq!(program.run(&["stuck-with-code.mjs"]).code, Some(3));
}

#[test]
fn an_uncaught_error_shows_its_place() {
    let program = Program::new(&[
        ("main.mjs", "import './throws.mjs'; console.log('never')"),
        ("throws.mjs", "\n  throw new Error('top');"),
        (
            "listens.mjs",
            "process.on('uncaughtException', (e, o) => console.log(e.message, o)); await 1; throw new Error('caught')",
        ),
    ]);
    program.fails(
        &["main.mjs"],
        &["file://$DIR/throws.mjs:2\n  throw new Error('top');\n        ^\n\nError: top\n    at file://$DIR/throws.mjs:2:9"],
    );
    program.prints(&["listens.mjs"], &["caught unhandledRejection"]);
}
