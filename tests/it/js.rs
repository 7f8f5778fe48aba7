//! The scripts under `tests/fixtures/js`: each checks the built-in modules with our own `assert` and
//! ends with exit code 0. A name that starts with `_` is no test but what a test loads.

use std::fs;
use std::path::Path;

use crate::fixtures::Fixture;

/// Folders of scripts, relative to `tests/fixtures`, `js` and what lies below it.
fn folders(kind: &str, found: &mut Vec<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(kind);
    for entry in fs::read_dir(path).expect("a folder of fixtures") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && name != "node_modules" && !name.starts_with('_') {
            folders(&format!("{kind}/{name}"), found);
        }
    }
    found.push(kind.to_owned());
}

fn scripts(kind: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(kind);
    let mut names: Vec<String> = fs::read_dir(path)
        .expect("a folder of fixtures")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "js"))
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .filter(|name| !name.starts_with('_'))
        .collect();
    names.sort();
    names
}

#[test]
fn every_script_passes() {
    let mut kinds = Vec::new();
    folders("js", &mut kinds);
    let mut count = 0;
    let mut failures = Vec::new();
    for kind in &kinds {
        for name in scripts(kind) {
            count += 1;
            let run = Fixture::open(kind, &name).run();
            if !run.status.success() {
                failures.push(format!("{kind}/{name}.js: {}", run.account()));
            }
        }
    }
    assert!(count > 0, "no scripts under tests/fixtures/js");
    assert!(
        failures.is_empty(),
        "{} of {count} scripts failed:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
