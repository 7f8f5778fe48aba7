//! The command line, end to end: what `src/cli/` understands is also what happens.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::child::{Ended, oomhost};

/// Runs `oomhost` with these arguments and nothing on stdin, in an empty directory.
fn run(args: &[&str]) -> Ended {
    Ended::of(oomhost().args(args))
}

fn with_node_options(value: &str, args: &[&str]) -> Ended {
    Ended::of(oomhost().env("NODE_OPTIONS", value).args(args))
}

fn piped(mut command: Command, input: &str) -> Ended {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("oomhost starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("oomhost reads");
    drop(stdin);
    child.wait_with_output().expect("oomhost ends").into()
}

fn prints(args: &[&str], expected: &str) {
    let ended = run(args);
    assert_eq!(
        (ended.stdout.as_str(), ended.code),
        (expected, Some(0)),
        "{args:?}: {ended:?}"
    );
}

fn refused(ended: &Ended, stderr: &str) {
    let program = env!("CARGO_BIN_EXE_oomhost");
    assert_eq!(ended.stderr, format!("{program}: {stderr}\n"));
    assert_eq!((ended.stdout.as_str(), ended.code), ("", Some(9)));
}

#[test]
fn a_bad_option_starts_nothing() {
    refused(&run(&["--foo", "-p", "1"]), "bad option: --foo");
    refused(&run(&["-p", "1", "--foo"]), "bad option: --foo");
    refused(
        &run(&["--expos-gc", "-p", "1"]),
        "bad option: --expos-gc\ndid you mean --expose-gc?",
    );
    refused(&run(&["-e"]), "-e requires an argument");
    refused(
        &run(&["-i"]),
        "--interactive is not supported: oomhost has no prompt",
    );
}

#[test]
fn a_missing_script_is_an_error_of_the_run() {
    let ended = run(&["/no-such-file.js"]);
    assert_eq!(
        ended.stderr,
        "oomhost: Cannot find module '/no-such-file.js' (MODULE_NOT_FOUND)\n"
    );
    assert_eq!((ended.stdout.as_str(), ended.code), ("", Some(1)));
}

#[test]
fn a_heap_that_v8_does_not_fit_into_is_told() {
    for flag in [
        "--max-old-space-size=1",
        "--max-old-space-size=2",
        "--max-heap-size=2",
    ] {
        let ended = run(&[flag, "-p", "1"]);
        assert!(ended.stderr.contains("V8 could not start"), "{ended:?}");
        assert_eq!(ended.signal, Some(6), "{ended:?}");
    }
}

#[test]
fn a_working_directory_that_is_gone() {
    let mut shell = Command::new("sh");
    shell.env("oomhost", env!("CARGO_BIN_EXE_oomhost")).args([
        "-c",
        "cd \"$(mktemp -d)\" && rmdir \"$PWD\" && \"$oomhost\" -p 1+1",
    ]);
    let ended = Ended::of(&mut shell);
    assert_eq!(
        (ended.stdout.as_str(), ended.code),
        ("2\n", Some(0)),
        "{ended:?}"
    );
}

#[test]
fn v8_decides_on_its_flags() {
    for flags in [
        &["--expose-gc"][..],
        &["--expose_gc"],
        &["-expose-gc"],
        &["--no-expose-gc", "--expose-gc"],
    ] {
        let args = [flags, &["-p", "typeof gc"]].concat();
        prints(&args, "function\n");
    }
    prints(
        &["--expose-gc", "--no-expose-gc", "-p", "typeof gc"],
        "undefined\n",
    );
    let limit = "Math.round(require('v8').getHeapStatistics().heap_size_limit / 2 ** 20) < 200";
    for flags in [
        &["--max-old-space-size=100"][..],
        &["--max_old_space_size=100"],
        &["--max-old-space-size", "100"],
        &["--max_old_space_size", "100"],
    ] {
        prints(&[flags, &["-p", limit]].concat(), "true\n");
    }
    prints(&["-p", limit], "false\n");
    let ended = run(&["--max-old-space-size=abc", "-p", "1"]);
    assert_eq!((ended.stdout.as_str(), ended.code), ("", Some(9)));
    assert!(ended.stderr.contains("illegal value"), "{ended:?}");
}

#[test]
fn code_on_the_command_line() {
    prints(&["-e", "console.log(1)"], "1\n");
    prints(&["-p", "1 + 1"], "2\n");
    prints(&["-pe", "'text'"], "text\n");
    prints(
        &["-p", "process.argv.slice(1)", "a", "-b", "--foo"],
        "[ 'a', '-b', '--foo' ]\n",
    );
    prints(
        &[
            "--input-type=module",
            "-e",
            "import 'fs'; console.log(typeof require)",
        ],
        "undefined\n",
    );
    prints(
        &[
            "--input-type=commonjs-typescript",
            "-e",
            "const a: number = 3; console.log(a)",
        ],
        "3\n",
    );
}

#[test]
fn arguments_and_options_reach_the_script() {
    let dir = tempfile::tempdir().expect("a directory");
    let script = dir.path().join("args.js");
    fs::write(
        &script,
        "console.log(JSON.stringify([process.argv.slice(2), process.execArgv, process.title]))",
    )
    .expect("written");
    let script = script.to_str().expect("a plain path");
    prints(
        &["--title", "t", "--expose-gc", "--", script, "-e", "--", "x"],
        "[[\"-e\",\"--\",\"x\"],[\"--title\",\"t\",\"--expose-gc\"],\"t\"]\n",
    );
    prints(
        &["run", "--title=t", script, "run"],
        "[[\"run\"],[\"--title=t\"],\"t\"]\n",
    );
}

#[test]
fn scripts_named_like_commands() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("test.js"), "console.log('the script')").expect("written");
    for args in [&["./test"][..], &["run", "test"], &["--", "test"]] {
        let ended = Ended::of(oomhost().current_dir(dir.path()).args(args));
        assert_eq!(ended.stdout, "the script\n", "{args:?}: {ended:?}");
    }
    let ended = Ended::of(oomhost().current_dir(dir.path()).arg("test"));
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("there is no test in this folder"));
}

#[test]
fn a_script_on_stdin() {
    let code = "console.log(JSON.stringify(process.argv.slice(1)))";
    assert_eq!(piped(oomhost(), code).stdout, "[]\n");
    let mut command = oomhost();
    command.args(["-", "a", "--b"]);
    assert_eq!(piped(command, code).stdout, "[\"-\",\"a\",\"--b\"]\n");
    let mut command = oomhost();
    command.arg("-p");
    assert_eq!(piped(command, "40 + 2").stdout, "42\n");
}

#[test]
fn modules_before_the_script() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("a.js"), "console.log('a')").expect("written");
    fs::write(dir.path().join("b.js"), "console.log('b')").expect("written");
    fs::write(dir.path().join("c.mjs"), "console.log('c')").expect("written");
    let args = [
        "-r",
        "./a.js",
        "--require=./b.js",
        "--import",
        "./c.mjs",
        "-e",
        "console.log('main')",
    ];
    let ended = Ended::of(oomhost().current_dir(dir.path()).args(args));
    assert_eq!(ended.stdout, "a\nb\nc\nmain\n", "{ended:?}");
}

#[test]
fn conditions_choose_exports() {
    let dir = tempfile::tempdir().expect("a directory");
    let package = dir.path().join("node_modules/pack");
    fs::create_dir_all(&package).expect("created");
    let exports = r#"{"exports": {".": {"special": "./special.js", "default": "./usual.js"}}}"#;
    fs::write(package.join("package.json"), exports).expect("written");
    fs::write(package.join("special.js"), "module.exports = 'special'").expect("written");
    fs::write(package.join("usual.js"), "module.exports = 'usual'").expect("written");
    for (flags, expected) in [
        (&[][..], "usual\n"),
        (&["-C", "special"], "special\n"),
        (&["--conditions=special"], "special\n"),
    ] {
        let args = [flags, &["-p", "require('pack')"]].concat();
        let ended = Ended::of(oomhost().current_dir(dir.path()).args(args));
        assert_eq!(ended.stdout, expected, "{ended:?}");
    }
}

#[test]
fn check_parses_and_runs_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let good = dir.path().join("good.js");
    let bad = dir.path().join("bad.js");
    fs::write(&good, "console.log('ran'); return;").expect("written");
    fs::write(&bad, "let b = ;").expect("written");
    prints(&["-c", good.to_str().expect("a plain path")], "");
    let ended = run(&["--check", bad.to_str().expect("a plain path")]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("SyntaxError: Unexpected token ';'"),
        "{ended:?}"
    );
}

#[test]
fn node_options() {
    let title = with_node_options(
        r#"--title="a b" --expose-gc"#,
        &["-p", "process.title + typeof gc"],
    );
    assert_eq!(title.stdout, "a bfunction\n", "{title:?}");
    let wins = with_node_options("--title=x", &["--title=y", "-p", "process.title"]);
    assert_eq!(wins.stdout, "y\n");
    let hidden = with_node_options("--title=x", &["-p", "process.execArgv.length"]);
    assert_eq!(hidden.stdout, "2\n");
    refused(
        &with_node_options("-e 1", &["-p", "1"]),
        "-e is not allowed in NODE_OPTIONS",
    );
    refused(
        &with_node_options("--foo", &["-p", "1"]),
        "--foo is not allowed in NODE_OPTIONS",
    );
    refused(
        &with_node_options("\"", &["-p", "1"]),
        "invalid value for NODE_OPTIONS (unterminated string)",
    );
}

#[test]
fn files_of_variables() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &[u8]| {
        fs::write(folder.path().join(name), text).expect("a file");
    };
    write(
        "a.env",
        b"A=1\nB=a # c\nNODE_OPTIONS=--title=t --expose-gc\nNODE_NO_WARNINGS=1\nTZ=Asia/Tokyo\n",
    );
    write("b.env", b"B=b\nexport C=\"x\\ny\"\n");
    write("bad.env", b"NODE_OPTIONS=--foo\n");
    write("junk.env", b"\xff\x00=\x001\n=1\nA=\xff\n\x00");
    let run = |words: &str, env: &[(&str, &str)]| {
        let words = words.split(' ');
        let mut command = oomhost();
        Ended::of(
            command
                .args(words)
                .envs(env.iter().copied())
                .current_dir(folder.path()),
        )
    };
    let print =
        "-p JSON.stringify([process.env.A,process.env.B,process.env.C,process.title,typeof(gc)])";
    for (options, env, wanted) in [
        (
            "--env-file=a.env --env-file b.env",
            &[][..],
            r#"["1","b","x\ny","t","function"]"#,
        ),
        (
            "--env-file-if-exists=b.env --env-file=a.env",
            &[("A", ""), ("NODE_OPTIONS", "--title=mine")],
            r#"["","a","x\ny","mine","undefined"]"#,
        ),
        (
            "--title=typed --env-file=a.env",
            &[],
            r#"["1","a",null,"typed","function"]"#,
        ),
    ] {
        let ended = run(&format!("{options} {print}"), env);
        assert_eq!(ended.stdout.trim_end(), wanted, "{options}: {ended:?}");
        assert_eq!((ended.stderr.as_str(), ended.code), ("", Some(0)));
    }
    let ended = run(
        "--env-file=a.env -p process.emitWarning('w'),new(Date)(0).getHours()",
        &[],
    );
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("9\n", ""));
    let ended = run("--env-file-if-exists=none -p 1", &[]);
    assert_eq!(
        (ended.stdout.as_str(), ended.stderr.as_str()),
        ("1\n", "none not found. Continuing without it.\n")
    );
    let ended = run("--env-file=junk.env -p process.env.A", &[]);
    assert_eq!(ended.stdout, "\u{fffd}\n", "{ended:?}");
    refused(&run("--env-file=none -p 1", &[]), "none: not found");
    refused(
        &run("--env-file=. -p 1", &[]),
        ".: Is a directory (os error 21)",
    );
    refused(
        &run("--env-file=bad.env -p 1", &[]),
        "--foo is not allowed in NODE_OPTIONS",
    );
    refused(
        &run("-p 1", &[("NODE_OPTIONS", "--env-file=a.env")]),
        "--env-file is not allowed in NODE_OPTIONS",
    );
    // Behind the script's name it is the script's.
    write("s.js", b"console.log(process.env.A, process.argv[2])");
    assert_eq!(
        run("s.js --env-file=a.env", &[]).stdout,
        "undefined --env-file=a.env\n"
    );
}

#[test]
fn who_ends_the_process() {
    let code = "function bye() { process.exit(3) } setImmediate(bye)";
    let ended = run(&["--trace-exit", "-e", code]);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let mut lines = ended.stderr.lines();
    let first = lines.next().unwrap_or_default();
    assert!(
        first.ends_with(") WARNING: Exited the environment with code 3"),
        "{ended:?}"
    );
    assert!(
        lines.any(|line| line.contains("bye") && line.contains("([eval]:1:")),
        "{ended:?}"
    );
    let code = "new (require('worker_threads').Worker)('process.exit(4)', { eval: true })";
    let ended = run(&["--trace-exit", "-e", code]);
    assert!(ended.stderr.contains(", thread:1) WARNING: "), "{ended:?}");
    let ended = run(&["--trace-exit", "-p", "1"]);
    assert_eq!((ended.stderr.as_str(), ended.code), ("", Some(0)));
}

#[test]
fn sigusr1_does_nothing_where_that_is_asked_for() {
    let kill = "process.kill(process.pid, 'SIGUSR1'); setTimeout(() => console.log('lives'), 50)";
    let ended = run(&["-e", kill]);
    assert_eq!(ended.signal, Some(libc::SIGUSR1), "{ended:?}");
    let ended = run(&["--disable-sigusr1", "-e", kill]);
    assert_eq!(ended.stdout, "lives\n", "{ended:?}");
    let listens = format!("process.once('SIGUSR1', () => console.log('heard')); {kill}");
    let ended = run(&["--disable-sigusr1", "-e", &listens]);
    assert_eq!(ended.stdout, "heard\nlives\n", "{ended:?}");
}

#[test]
fn help_and_version() {
    let help = run(&["--help"]);
    assert_eq!(help.code, Some(0));
    assert!(
        help.stdout
            .contains("Usage: oomhost [options] script.js [arguments]"),
        "{help:?}"
    );
    let version = run(&["-v"]);
    assert!(version.stdout.starts_with("oomhost 0."), "{version:?}");
    assert!(version.stdout.contains("(V8 15.2."), "{version:?}");
}
