//! What is loaded before and instead of a main script's file.

use super::Program;

#[test]
fn required_and_imported_first() {
    let program = Program::new(&[
        (
            "a.js",
            "console.log('a', module.parent.id, require.main === undefined)",
        ),
        (
            "b.mjs",
            "await new Promise((r) => setTimeout(r, 5)); console.log('b')",
        ),
        ("node_modules/c/index.js", "console.log('c')"),
        ("main.js", "console.log('main', require.main === module)"),
        ("main.mjs", "console.log('main', import.meta.main)"),
    ]);
    program.prints(
        &["-r", "./a.js", "--require", "c", "main.js"],
        &["a internal/preload true", "c", "main true"],
    );
    program.prints(
        &["--import", "./b.mjs", "--import=c", "main.js"],
        &["b", "c", "main true"],
    );
    program.prints(&["--import", "./b.mjs", "main.mjs"], &["b", "main true"]);
    program.fails(
        &["-r", "./none", "main.js"],
        &["Error: Cannot find module './none'"],
    );
    program.fails(
        &["--import", "./none.mjs", "main.js"],
        &["[ERR_MODULE_NOT_FOUND]: Cannot find module '$DIR/none.mjs'"],
    );
}

#[test]
fn a_main_script_without_its_extension() {
    let program = Program::new(&[
        (
            "main.js",
            "console.log(process.argv[1] === __filename, process.argv[1])",
        ),
        ("folder/index.js", "console.log(__filename)"),
        ("shebang", "#!/usr/bin/env node\nconsole.log(typeof module)"),
    ]);
    program.prints(&["./main"], &["false $DIR/main"]);
    program.prints(&["folder"], &["$DIR/folder/index.js"]);
    program.prints(&["shebang"], &["object"]);
}

#[test]
fn a_missing_main_script_is_one_line() {
    let program = Program::new(&[]);
    let ended = program.run(&["nope.js"]);
    assert_eq!(
        ended.stderr,
        "oomhost: Cannot find module '$DIR/nope.js' (MODULE_NOT_FOUND)\n"
    );
    assert_eq!(ended.code, Some(1));
}

#[test]
fn one_liners() {
    let program = Program::new(&[("m.mjs", "export const m = 1"), ("c.js", "exports.c = 1")]);
    program.prints(
        &["-e", "console.log(__filename, __dirname, module.filename, require('./c'), this === globalThis)"],
        &["[eval] . $DIR/[eval] { c: 1 } true"],
    );
    program.prints(
        &[
            "--input-type=module",
            "-e",
            "import { m } from './m.mjs'; console.log(m, import.meta.url)",
        ],
        &["1 file://$DIR/[eval1]"],
    );
    program.prints(
        &["-e", "import('./m.mjs').then((n) => console.log(n.m))"],
        &["1"],
    );
    program.prints(&["-p", "path.sep"], &["/"]);
}

#[test]
fn a_check_runs_nothing() {
    let program = Program::new(&[
        ("good.js", "console.log('ran')"),
        ("good.mjs", "import './gone.mjs'; console.log('ran')"),
        ("bad.mjs", "export let x = ;"),
    ]);
    program.prints(&["--check", "good.js"], &[]);
    program.prints(&["-c", "good.mjs"], &[]);
    program.fails(
        &["-c", "bad.mjs"],
        &["bad.mjs:1\nexport let x = ;\n               ^\n\nSyntaxError: Unexpected token ';'"],
    );
}
