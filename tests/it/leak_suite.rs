//! The suite of leaky and healthy scenarios, `tests/fixtures/suite`: each leak is found with its culprit
//! and place, and nobody else is blamed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::child::{Ended, oomhost};

/// Scenarios of each kind, at least.
const LEAST: usize = 60;

fn suite() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/suite")
}

fn names(kind: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(suite().join(kind)).expect("the suite is readable");
    entries
        .map(|entry| {
            let name = entry.expect("an entry").file_name();
            let name = name.into_string().expect("ASCII names");
            // What runs out of memory leaky ends well healthy.
            name.replacen("exit-", "oom-", 1)
        })
        .collect()
}

#[test]
fn each_leak_has_a_healthy_likeness() {
    let [leaky, healthy] = ["leaky", "healthy"].map(names);
    assert!(leaky.len() >= LEAST, "{}", leaky.len());
    assert_eq!(leaky, healthy);
}

#[test]
fn every_leak_is_found_and_nobody_else_is_blamed() {
    let ended = Ended::of(
        oomhost()
            .args(["test", "--reporter", "json", "--timeout", "120s"])
            .arg(suite()),
    );
    let run: serde_json::Value =
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error} in {ended:#?}"));
    let tests = run["tests"].as_array().expect("tests");
    for test in tests.iter().filter(|test| test["outcome"] == "skipped") {
        eprintln!("SKIPPED: {}: {}", test["file"], test["message"]);
    }
    let failed: Vec<String> = tests
        .iter()
        .filter(|test| test["outcome"] != "passed" && test["outcome"] != "skipped")
        .map(|test| format!("{}: {} {}", test["file"], test["outcome"], test["message"]))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert_eq!(tests.len(), names("leaky").len() + names("healthy").len());
    assert_eq!(ended.code, Some(0), "{ended:#?}");
}
