//! TypeScript by blanking types.

use super::Program;

#[test]
fn types_are_blanked_and_positions_kept() {
    let program = Program::new(&[
        (
            "main.ts",
            "import type { Gone } from './none.ts'; import { id, type Kind } from './lib.ts';
interface A { b: string }
const a: A = { b: 'x' } satisfies A;
console.log(a, id<number>(1) as any, new Error('here').stack!.split('\\n')[1].trim());",
        ),
        (
            "lib.ts",
            "export type Kind = 1; export function id<T>(x: T): T { return x }",
        ),
        (
            "main.cts",
            "const path: typeof import('path') = require('path'); console.log(path.sep, require('./other.cts').x)",
        ),
        ("other.cts", "exports.x = 1 as number"),
        (
            "main.mts",
            "let x: number = 5; console.log(x, import.meta.main)",
        ),
        (
            "plain.ts",
            "const p = require('path'); const s: string = p.sep; console.log(s)",
        ),
    ]);
    program.prints(&["main.ts"], &["{ b: 'x' } 1 at file://$DIR/main.ts:4:38"]);
    program.prints(&["main.cts"], &["/ 1"]);
    program.prints(&["main.mts"], &["5 true"]);
    program.prints(&["plain.ts"], &["/"]);
}

#[test]
fn what_has_a_meaning_at_run_time_is_refused() {
    for (text, what) in [
        (
            "enum E { A }",
            "TypeScript enum is not supported in strip-only mode",
        ),
        (
            "namespace N { export const a = 1 }",
            "TypeScript namespace declaration is not supported in strip-only mode",
        ),
        (
            "class A { constructor(private x: number) {} }",
            "TypeScript parameter property is not supported in strip-only mode",
        ),
    ] {
        let program = Program::new(&[("main.ts", &format!("const a = 1;\n{text}\n"))]);
        program.fails(
            &["main.ts"],
            &[
                "$DIR/main.ts:2\n",
                text,
                "SyntaxError [ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX]: ",
                what,
            ],
        );
    }
}

#[test]
fn a_syntax_error_is_told_as_such() {
    let program = Program::new(&[("main.ts", "let x: = 1")]);
    program.fails(
        &["main.ts"],
        &[
            "$DIR/main.ts:1\nlet x: = 1\n       ^\n",
            "SyntaxError [ERR_INVALID_TYPESCRIPT_SYNTAX]: ",
        ],
    );
}

#[test]
fn packages_bring_javascript() {
    let program = Program::new(&[
        ("node_modules/typed/index.ts", "export const x: number = 1"),
        (
            "main.mjs",
            "try { await import('typed/index.ts') } catch (e) { console.log(e.code, e.message) }",
        ),
    ]);
    program.prints(
        &["main.mjs"],
        &["ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING Stripping types is currently unsupported for files under node_modules, for \"$DIR/node_modules/typed/index.ts\""],
    );
}
