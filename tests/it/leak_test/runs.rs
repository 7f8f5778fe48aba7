//! How a run of `oomhost test` is ended, and begun again: signals, closed pipes, `--watch`.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{fixture, test};
use crate::child::{Ended, oomhost};

/// A test that says in a file that it runs, and never ends.
const HANGS: &str =
    "//@ expect: exit 0\nrequire('fs').writeFileSync('begun', String(process.pid));\nfor (;;);\n";

/// `oomhost test` in `here`, its temporary files in the folder `tmp` there.
fn runner(here: &Path, arguments: &[&str]) -> Command {
    let temporary = here.join("tmp");
    fs::create_dir_all(&temporary).unwrap();
    let mut command = oomhost();
    command
        .args(["test", "--timeout", "90s"])
        .args(arguments)
        .current_dir(here)
        .env("TMPDIR", temporary)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_mins(2), "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn send(child: &Child, signal: i32) {
    let kill = Command::new("kill")
        .args([format!("-{signal}"), child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
}

/// The id of the test that [`HANGS`].
fn begun(here: &Path) -> String {
    let file = here.join("begun");
    let id = || fs::read_to_string(&file).unwrap_or_default();
    until("the test is not begun", || !id().is_empty());
    id()
}

fn is_gone(id: &str) -> bool {
    let state = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    state.is_empty() || state.contains(") Z ")
}

#[test]
fn a_signal_ends_the_run_and_leaves_nothing_behind() {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("a.leak.js"), "//@ expect: exit 0\n").unwrap();
    fs::write(here.path().join("b.leak.js"), HANGS).unwrap();
    fs::write(here.path().join("c.leak.js"), "//@ expect: exit 0\n").unwrap();
    for (signal, code) in [(2, 130), (15, 143)] {
        let _ = fs::remove_file(here.path().join("begun"));
        let arguments = ["--jobs=1", "--reporter=spec", "--reporter=json=out.json"];
        let child = runner(here.path(), &arguments).spawn().unwrap();
        let id = begun(here.path());
        send(&child, signal);
        let ended = Ended::from(child.wait_with_output().unwrap());
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert!(is_gone(&id));
        assert!(
            ended.stderr.contains("2 of 3 tests were not run"),
            "{ended:?}"
        );
        assert!(ended.stdout.contains("1 passed, 0 failed"), "{ended:?}");
        let report = fs::read_to_string(here.path().join("out.json")).unwrap();
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["bailed"], true);
        let left = fs::read_dir(here.path().join("tmp")).unwrap().count();
        assert_eq!(left, 0, "files are left behind");
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("a.leak.js"), HANGS).unwrap();
    let child = runner(here.path(), &[]).spawn().unwrap();
    let id = begun(here.path());
    // Stopped, it hears of both when it goes on.
    send(&child, libc::SIGSTOP);
    send(&child, libc::SIGINT);
    send(&child, libc::SIGTERM);
    send(&child, libc::SIGCONT);
    let ended = Ended::from(child.wait_with_output().unwrap());
    assert!(
        matches!(ended.code, Some(130 | 143)),
        "it ends by one of them: {ended:?}"
    );
    until("the test lives on", || is_gone(&id));
}

#[test]
fn the_time_of_a_runner_that_is_stopped_is_no_test_s() {
    let here = tempfile::tempdir().unwrap();
    let script = "//@ expect: exit 0\n//@ timeout: 5s\n\
        process.kill(process.ppid, 'SIGSTOP');\n\
        setTimeout(() => {\n  process.kill(process.ppid, 'SIGCONT');\n  setTimeout(() => {}, 100);\n}, 7000);\n";
    fs::write(here.path().join("a.leak.js"), script).unwrap();
    let ended = test(here.path(), &[]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn who_has_read_enough_is_no_failure() {
    let here = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c"] {
        let file = here.path().join(format!("{name}.leak.js"));
        fs::write(file, "//@ expect: exit 0\n").unwrap();
    }
    fs::write(here.path().join("d.leak.js"), "process.exit(5);\n").unwrap();
    for reporter in ["spec", "tap", "json", "junit", "github"] {
        let reporter = format!("--reporter={reporter}");
        let mut child = runner(here.path(), &["--jobs=1", &reporter])
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        if reporter.ends_with("spec") || reporter.ends_with("tap") {
            stdout.read_line(&mut line).unwrap();
        }
        drop(stdout);
        let ended = Ended::from(child.wait_with_output().unwrap());
        // All tests are run all the same, and one fails.
        assert_eq!(ended.code, Some(1), "{reporter}: {ended:?}");
        assert_eq!(ended.stderr, "", "{reporter}");
    }
}

#[test]
fn a_change_begins_another_run() {
    let here = tempfile::tempdir().unwrap();
    let script = here.path().join("a.leak.js");
    fs::write(&script, "//@ expect: exit 0\n").unwrap();
    fs::write(here.path().join("notes.txt"), "").unwrap();
    let mut child = runner(here.path(), &["--watch"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut totals = || {
        let line = lines.find(|line| line.as_ref().unwrap().contains("1 tests: "));
        line.expect("another run").unwrap()
    };
    assert!(totals().contains("1 passed, 0 failed"));
    // What is no script is not looked at; what a test needs is.
    fs::write(here.path().join("notes.txt"), "more").unwrap();
    fs::write(&script, "require('./helper');\n").unwrap();
    assert!(totals().contains("0 passed, 1 failed"));
    fs::write(here.path().join("helper.js"), "").unwrap();
    assert!(totals().contains("1 passed, 0 failed"));
    // A run with a wrong directive, which is said, is not the end.
    fs::write(&script, "//@ expct: oom\n").unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    assert!(
        line.contains("a.leak.js:1:5: there is no directive"),
        "{line}"
    );
    fs::write(&script, "//@ expect: exit 0\n//\n").unwrap();
    assert!(totals().contains("1 passed, 0 failed"));
    send(&child, libc::SIGINT);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}

/// Leak tests of a script are its own; the runner tells of the first that fails.
#[test]
fn leak_tests_within_a_test_are_told_of() {
    let here = tempfile::tempdir().unwrap();
    let leaky = fixture("../leak_api/alone.js");
    let healthy = here.path().join("healthy.leak.js");
    fs::write(
        &healthy,
        "const { leakTest } = require('oomhost:test');\nleakTest('one', () => []);\nleakTest('two', () => ({}));\n",
    )
    .unwrap();
    fs::copy(leaky, here.path().join("leaky.leak.js")).unwrap();
    let (run, code) = super::json(here.path(), &[]);
    assert_eq!(code, Some(1), "{run:#}");
    let tests = &run["tests"];
    assert_eq!(tests[0]["outcome"], "passed", "{run:#}");
    assert_eq!(tests[1]["outcome"], "failed", "{run:#}");
    let message = tests[1]["message"].as_str().unwrap();
    assert!(
        message.starts_with("it should exit with 0 and ended with exit 1: not ok - keeps ("),
        "{message}"
    );
    let stdout = tests[1]["stdout"].as_str().unwrap();
    for part in [
        "ok - lets go (",
        "Ticket: +1 an iteration",
        "not ok - throws",
    ] {
        assert!(stdout.contains(part), "no {part} in {stdout}");
    }
}
