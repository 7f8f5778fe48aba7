//! `oomhost:test`, as scripts use it.

use std::path::Path;

use crate::child::{Ended, oomhost};

/// Runs a script of `tests/fixtures/leak_api`. Its snapshots are gone when it ends.
fn run(name: &str) -> Ended {
    let temporary = tempfile::tempdir().expect("a folder for temporary files");
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/leak_api")
        .join(name);
    let ended = Ended::of(
        oomhost()
            .arg(script)
            .env("TMPDIR", temporary.path())
            .current_dir(temporary.path()),
    );
    let mut left = std::fs::read_dir(temporary.path()).expect("the folder is readable");
    assert!(left.next().is_none(), "files are left: {ended:#?}");
    ended
}

/// What a script says, without how long it took.
fn results(ended: &Ended) -> Vec<&str> {
    let lines = ended.stdout.lines();
    lines
        .filter(|line| line.starts_with("ok - ") || line.starts_with("not ok - "))
        .map(|line| line.split_once(" (").map_or(line, |(head, _)| head))
        .collect()
}

#[test]
fn its_functions_keep_their_promises() {
    let ended = run("promises.js");
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert_eq!(ended.stdout, "done\n", "{ended:#?}");
}

#[test]
fn a_script_alone_says_what_leaks() {
    let ended = run("alone.js");
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert_eq!(
        results(&ended),
        [
            "ok - lets go",
            "not ok - keeps",
            "not ok - throws",
            "ok - lets go again"
        ],
        "{ended:#?}"
    );
    for part in [
        "Ticket: +1 an iteration",
        "tickets",
        "alone.js:7:",
        "SyntaxError",
    ] {
        assert!(ended.stdout.contains(part), "no {part} in {ended:#?}");
    }
}

#[test]
fn it_can_be_imported() {
    let ended = run("imported.mjs");
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert_eq!(
        results(&ended),
        ["ok - lets go", "not ok - keeps"],
        "{ended:#?}"
    );
}
