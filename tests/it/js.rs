//! The scripts under `tests/fixtures/js`: each checks the built-in modules with our own `assert`,
//! ends with exit code 0 and says nothing but warnings on stderr. A name that starts with `_` is no test but what
//! a test loads.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::child::{Ended, oomhost};

/// Scripts that run at once.
const RUNS_AT_ONCE: usize = 4;

/// Adds the scripts of `folder` and of the folders in it.
fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of fixtures") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name == "node_modules" || name.starts_with('_') {
            continue;
        }
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "js") {
            found.push(path);
        }
    }
}

/// The flags that a script's first line, `//@ flags: ...`, asks for.
fn flags_of(script: &Path) -> Vec<String> {
    let text = fs::read_to_string(script).expect("the script is readable");
    let flags = text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("//@ flags: "));
    flags
        .unwrap_or_default()
        .split_whitespace()
        .map(str::to_owned)
        .collect()
}

/// What is wrong with a run of the script, if anything.
fn failure_of(script: &Path) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder to run in");
    let ended = Ended::of(
        oomhost()
            .args(flags_of(script))
            .arg(script)
            .env("NODE_NO_WARNINGS", "1")
            .current_dir(folder.path()),
    );
    let passed = ended.code == Some(0) && ended.stderr.is_empty();
    (!passed).then(|| format!("{}: {ended:#?}", script.display()))
}

#[test]
fn every_script_passes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/js");
    let mut scripts = Vec::new();
    collect(&root, &mut scripts);
    assert!(!scripts.is_empty(), "no scripts under tests/fixtures/js");
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..RUNS_AT_ONCE {
            scope.spawn(|| {
                while let Some(script) = scripts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(failure) = failure_of(script) {
                        failures.lock().expect("no panic").push(failure);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no panic");
    assert!(
        failures.is_empty(),
        "{} of {} scripts failed:\n{}",
        failures.len(),
        scripts.len(),
        failures.join("\n")
    );
}
