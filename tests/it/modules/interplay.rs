//! ECMAScript modules, `CommonJS` and built-ins together.

use super::Program;

#[test]
fn common_js_imported() {
    let program = Program::new(&[
        (
            "main.mjs",
            "import whole, { a, b, reexported, 'dash-ed' as dashed } from './c.cjs'; import * as all from './c.cjs';
console.log(whole === all['module.exports'], a, b, reexported, dashed, Object.keys(all));
import fn from './fn.cjs'; console.log(fn());
import compiled, { x, __esModule } from './compiled.cjs'; console.log(compiled, x, __esModule);",
        ),
        (
            "c.cjs",
            "exports.a = 1; exports['dash-ed'] = 2; if (true) module.exports.b = 3; exports.dynamic = exports[['dyn'].join()] = 4;
__exportStar(require('./r.cjs'), exports); function __exportStar(from, to) { Object.assign(to, from) }",
        ),
        ("r.cjs", "module.exports = { reexported: 'r' }; exports.reexported = 1; module.exports.reexported = 'r'"),
        ("fn.cjs", "module.exports = () => require.main === undefined && module.parent === undefined"),
        ("compiled.cjs", "Object.defineProperty(exports, '__esModule', { value: true }); exports.default = 1; exports.x = 2"),
    ]);
    program.prints(
        &["main.mjs"],
        &[
            "true 1 3 r 2 [",
            "  'a',",
            "  'b',",
            "  'dash-ed',",
            "  'default',",
            "  'dynamic',",
            "  'module.exports',",
            "  'reexported'",
            "]",
            "true",
            "{ default: 1, x: 2 } 2 true",
        ],
    );
}

#[test]
fn a_name_that_common_js_lacks() {
    let program = Program::new(&[
        ("main.mjs", "import { y as z } from './c.cjs'"),
        ("c.cjs", "exports.x = 1"),
    ]);
    program.fails(
        &["main.mjs"],
        &["SyntaxError: Named export 'y' not found. The requested module './c.cjs' is a CommonJS module, which may not support all module.exports as named exports.
CommonJS modules can always be imported via the default export, for example using:

import pkg from './c.cjs';
const { y: z } = pkg;
"],
    );
}

#[test]
fn built_ins_imported() {
    let program = Program::new(&[(
        "main.mjs",
        "import fs, { readFileSync } from 'fs'; import * as path from 'node:path'; import EventEmitter, { once } from 'events'; import process, { env } from 'process';
console.log(fs.readFileSync === readFileSync, path.default.sep === path.sep, EventEmitter.once === once, process === globalThis.process, env === process.env);",
    )]);
    program.prints(&["main.mjs"], &["true true true true true"]);
}

#[test]
fn dynamic_import_from_everywhere() {
    let program = Program::new(&[
        (
            "sub/main.cjs",
            "const same = require('./m.mjs');
Promise.all([import('./m.mjs'), eval(\"import('./m.mjs')\"), new Function(\"return import('./m.mjs')\")(), (0, eval)(\"import('./m.mjs')\")]).then((all) => console.log(all.every((n) => n === all[0]), all[0].m));
import('./none.mjs').catch((e) => console.log(e.code));
import('./m.mjs', { with: { type: 'json' } }).catch((e) => console.log(e.code));",
        ),
        ("sub/m.mjs", "export const m = 'm'"),
    ]);
    let ended = program.run(&["sub/main.cjs"]);
    let mut lines: Vec<&str> = ended.stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE",
            "ERR_MODULE_NOT_FOUND",
            "true m",
        ],
        "{}",
        ended.stderr
    );
}

#[test]
fn require_of_an_ecmascript_module() {
    let program = Program::new(&[
        (
            "main.cjs",
            "const n = require('./named.mjs'); console.log(n, n === require('./named.mjs'));
const d = require('./default.mjs'); console.log(d.default.name, d.x, d.__esModule, Object.keys(d));
console.log(require('./whole.mjs'), require('./marked.mjs').__esModule, require('./typed'));
try { require('./throws.mjs') } catch (e) { console.log(e.message) }
try { require('./async.mjs') } catch (e) { console.log(e.code, e.message) }
import('./named.mjs').then((m) => console.log(m === n));",
        ),
        ("named.mjs", "export const a = 1"),
        (
            "default.mjs",
            "export default class A {} export const x = 2",
        ),
        (
            "whole.mjs",
            "const it = 'it'; export { it as 'module.exports' }; export default 1",
        ),
        (
            "marked.mjs",
            "export const __esModule = 'own'; export default 1",
        ),
        (
            "typed/package.json",
            r#"{"type": "module", "main": "i.js"}"#,
        ),
        ("typed/i.js", "export const typed = typeof module"),
        ("throws.mjs", "throw new Error('thrown')"),
        ("async.mjs", "import './awaits.mjs'"),
        ("awaits.mjs", "await 1"),
    ]);
    program.prints(
        &["main.cjs"],
        &[
            "[Module: null prototype] { a: 1 } true",
            "A 2 true [ '__esModule', 'default', 'x' ]",
            "it own [Module: null prototype] { typed: 'undefined' }",
            "thrown",
            "ERR_REQUIRE_ASYNC_MODULE require() cannot be used on an ESM graph with top-level await. Use import() instead. To see where the top-level await comes from, use --experimental-print-required-tla.",
            "  From $DIR/main.cjs ",
            "  Requiring $DIR/async.mjs ",
            "true",
        ],
    );
}

#[test]
fn a_cycle_through_require_is_refused() {
    let program = Program::new(&[
        ("main.mjs", "import './back.cjs'"),
        (
            "back.cjs",
            "try { require('./main.mjs') } catch (e) { console.log(e.code, e.message) }",
        ),
    ]);
    program.prints(
        &["main.mjs"],
        &["ERR_REQUIRE_CYCLE_MODULE Cannot require() ES Module $DIR/main.mjs in a cycle. (from $DIR/back.cjs) A cycle involving require(esm) is not allowed to maintain invariants mandated by the ECMAScript specification. Try making at least part of the dependency in the graph lazily loaded."],
    );
}

#[test]
fn a_cycle_further_up_is_refused() {
    let program = Program::new(&[
        (
            "main.mjs",
            "import './c.cjs'; export const m = 1; console.log('done')",
        ),
        (
            "c.cjs",
            "try { require('./x.mjs') } catch (e) { console.log(e.code, e.message) }",
        ),
        (
            "x.mjs",
            "import { m } from './main.mjs'; console.log('never')",
        ),
        (
            "own.cjs",
            "try { require('./y.mjs') } catch (e) { console.log(e.message) }",
        ),
        ("y.mjs", "import './own.cjs'"),
    ]);
    program.prints(
        &["main.mjs"],
        &[
            "ERR_REQUIRE_CYCLE_MODULE Cannot import Module ./main.mjs in a cycle. (from $DIR/x.mjs)",
            "done",
        ],
    );
    program.prints(
        &["own.cjs"],
        &["Cannot import CommonJS Module ./own.cjs in a cycle. (from $DIR/y.mjs)"],
    );
}

#[test]
fn an_import_runs_after_what_imports() {
    let program = Program::new(&[
        (
            "self.mjs",
            "import('./self.mjs').then((n) => console.log(n.a)); export const a = 'self'; console.log('end')",
        ),
        (
            "order.cjs",
            "import('./side.mjs').then((n) => console.log('loaded', n.s)); console.log('main');
process.nextTick(() => console.log('tick')); Promise.resolve().then(() => console.log('micro')); setImmediate(() => console.log('immediate'));",
        ),
        ("side.mjs", "export const s = 1; console.log('side')"),
        ("up.mjs", "import './up.cjs'; export const z = 1;"),
        ("up.cjs", "import('./up.mjs').then((n) => console.log(n.z)); require('./side.mjs');"),
    ]);
    program.prints(&["self.mjs"], &["end", "self"]);
    program.prints(
        &["order.cjs"],
        &["main", "tick", "micro", "side", "loaded 1", "immediate"],
    );
    program.prints(&["up.mjs"], &["side", "1"]);
}

#[test]
fn module_syntax_makes_a_module() {
    let program = Program::new(&[
        (
            "imports.js",
            "import fs from 'fs'; console.log(typeof fs, typeof require)",
        ),
        (
            "exports.js",
            "export const x = 1; console.log(import.meta.main)",
        ),
        ("awaits.js", "console.log(await 'awaited')"),
        (
            "redeclares.js",
            "const require = 1, module = 2; console.log(await require, module)",
        ),
        ("extensionless", "import.meta.url; console.log('module')"),
        (
            "uses.cjs",
            "console.log(require('./exports.js').x); import('./imports.js')",
        ),
        (
            "uses.mjs",
            "import { x } from './exports.js'; import c from './plain.js'; console.log(x, c)",
        ),
        ("plain.js", "module.exports = 'plain'"),
        ("explicit.cjs", "export const x = 1"),
        ("wrong.js", "function f() { await 1 }"),
    ]);
    program.prints(&["imports.js"], &["object undefined"]);
    program.prints(&["exports.js"], &["true"]);
    program.prints(&["awaits.js"], &["awaited"]);
    program.prints(&["redeclares.js"], &["1 2"]);
    program.prints(&["extensionless"], &["module"]);
    program.prints(&["uses.cjs"], &["false", "1", "object undefined"]);
    program.prints(&["uses.mjs"], &["false", "1 plain"]);
    program.fails(
        &["explicit.cjs"],
        &["SyntaxError: Unexpected token 'export'"],
    );
    program.fails(&["wrong.js"], &["wrong.js:1\nfunction f() { await 1 }\n"]);
}
