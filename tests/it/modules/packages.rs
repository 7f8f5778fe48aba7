//! Packages: "exports", "imports", conditions, self-reference, package scopes.

use super::Program;

const DUAL: (&str, &str) = (
    "node_modules/dual/package.json",
    r#"{"exports": {
        ".": {"custom": "./custom.js", "import": "./m.mjs", "require": "./c.js"},
        "./feature/*": "./f/*.js",
        "./feature/private/*": null,
        "./many": ["./f/one.js", "./none.js"]
    }}"#,
);

fn dual(files: &[(&str, &str)]) -> Program {
    let program = Program::new(files);
    program.write(DUAL.0, DUAL.1);
    program.write(
        "node_modules/dual/custom.js",
        "module.exports = { kind: 'custom' }",
    );
    program.write("node_modules/dual/m.mjs", "export const kind = 'import'");
    program.write("node_modules/dual/c.js", "exports.kind = 'require'");
    program.write("node_modules/dual/f/one.js", "exports.one = 1");
    program.write("node_modules/dual/f/private/x.js", "");
    program
}

#[test]
fn conditions_and_patterns() {
    let program = dual(&[(
        "main.mjs",
        "import { createRequire } from 'module'; import { kind } from 'dual'; import { one } from 'dual/feature/one';
const require = createRequire(import.meta.url);
console.log(kind, require('dual').kind, one, require('dual/many') === require('dual/feature/one'));
for (const load of [require, (x) => import(x)]) for (const request of ['dual/feature/private/x', 'dual/f/one.js', 'dual/feature/none'])
  try { await load(request) } catch (e) { console.log(e.code, e.message.split('\\n')[0]) }",
    )]);
    program.prints(
        &["main.mjs"],
        &[
            "import require 1 true",
            "ERR_PACKAGE_PATH_NOT_EXPORTED Package subpath './feature/private/x' is not defined by \"exports\" in $DIR/node_modules/dual/package.json",
            "ERR_PACKAGE_PATH_NOT_EXPORTED Package subpath './f/one.js' is not defined by \"exports\" in $DIR/node_modules/dual/package.json",
            "MODULE_NOT_FOUND Cannot find module '$DIR/node_modules/dual/f/none.js'",
            "ERR_PACKAGE_PATH_NOT_EXPORTED Package subpath './feature/private/x' is not defined by \"exports\" in $DIR/node_modules/dual/package.json imported from $DIR/main.mjs",
            "ERR_PACKAGE_PATH_NOT_EXPORTED Package subpath './f/one.js' is not defined by \"exports\" in $DIR/node_modules/dual/package.json imported from $DIR/main.mjs",
            "ERR_MODULE_NOT_FOUND Cannot find module '$DIR/node_modules/dual/f/none.js' imported from $DIR/main.mjs",
        ],
    );
}

#[test]
fn conditions_of_the_user() {
    let program = dual(&[]);
    program.prints(
        &["--conditions=custom", "-p", "require('dual').kind"],
        &["custom"],
    );
    program.prints(&["-C", "custom", "-p", "require('dual').kind"], &["custom"]);
    program.prints(&["-p", "require('dual').kind"], &["require"]);
}

#[test]
fn imports_and_self_reference() {
    let program = dual(&[
        (
            "package.json",
            r##"{"name": "me", "exports": {"./self": "./self.js"}, "imports": {
                "#file": "./self.js", "#dep": "dual", "#builtin": "path", "#all/*": "./*.js",
                "#bad": "../up.js"
            }}"##,
        ),
        ("self.js", "exports.self = true"),
        (
            "main.mjs",
            "import { createRequire } from 'module';
const require = createRequire(import.meta.url);
const { self } = await import('me/self');
console.log(self, require('me/self'), require('#file'), (await import('#dep')).kind, require('#dep').kind, require('#all/self'));
console.log((await import('#builtin')).sep);
for (const load of [require, (x) => import(x)]) for (const request of ['#none', 'me', '#bad'])
  try { await load(request) } catch (e) { console.log(e.name, e.code, e.message) }",
        ),
    ]);
    program.prints(
        &["main.mjs"],
        &[
            "true { self: true } { self: true } import require { self: true }",
            "/",
            "TypeError ERR_PACKAGE_IMPORT_NOT_DEFINED Package import specifier \"#none\" is not defined in package $DIR/package.json imported from $DIR/main.mjs",
            "Error ERR_PACKAGE_PATH_NOT_EXPORTED No \"exports\" main defined in $DIR/package.json imported from $DIR/main.mjs",
            "Error ERR_INVALID_PACKAGE_TARGET Invalid \"imports\" target \"../up.js\" defined for '#bad' in the package config $DIR/package.json imported from $DIR/main.mjs",
            "TypeError ERR_PACKAGE_IMPORT_NOT_DEFINED Package import specifier \"#none\" is not defined in package $DIR/package.json imported from $DIR/main.mjs",
            "Error ERR_PACKAGE_PATH_NOT_EXPORTED No \"exports\" main defined in $DIR/package.json imported from $DIR/main.mjs",
            "Error ERR_INVALID_PACKAGE_TARGET Invalid \"imports\" target \"../up.js\" defined for '#bad' in the package config $DIR/package.json imported from $DIR/main.mjs",
        ],
    );
}

#[test]
fn the_nearest_package_says_what_a_js_file_is() {
    let program = Program::new(&[
        (
            "node_modules/both/package.json",
            r#"{"exports": {"import": "./esm/i.js", "default": "./i.js"}}"#,
        ),
        ("node_modules/both/i.js", "exports.n = 'cjs'"),
        (
            "node_modules/both/esm/package.json",
            r#"{"type": "module"}"#,
        ),
        (
            "node_modules/both/esm/i.js",
            "export const n = typeof require",
        ),
        ("main.mjs", "import { n } from 'both'; console.log(n)"),
        ("main.cjs", "console.log(require('both').n)"),
        ("esm/package.json", r#"{"type": "module"}"#),
        (
            "esm/main.js",
            "console.log(typeof require, import.meta.main)",
        ),
        ("cjs/package.json", r#"{"type": "commonjs"}"#),
        ("cjs/main.js", "import 'fs'"),
    ]);
    program.prints(&["main.mjs"], &["undefined"]);
    program.prints(&["main.cjs"], &["cjs"]);
    program.prints(&["esm/main.js"], &["undefined true"]);
    program.fails(
        &["cjs/main.js"],
        &["SyntaxError: Cannot use import statement outside a module"],
    );
}

#[test]
fn node_path_comes_after_all_node_modules() {
    let program = Program::new(&[
        ("node_modules/a/index.js", "module.exports = 'near'"),
        ("far/a/index.js", "module.exports = 'far'"),
        ("far/b/index.js", "module.exports = 'far b'"),
    ]);
    let mut command = crate::child::oomhost();
    command.args(["-p", "require('a') + ' ' + require('b')"]);
    command
        .current_dir(&program.path)
        .env("NODE_PATH", format!("{}/far", program.path));
    assert_eq!(crate::child::Ended::of(&mut command).stdout, "near far b\n");
}
