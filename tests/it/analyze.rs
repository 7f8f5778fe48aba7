//! `oomhost analyze`: what it says of a good file, and of everything else.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::child::{Ended, oomhost};

/// A folder with a snapshot in it that the program under test took of itself.
fn snapshot() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.heapsnapshot");
    let script = "class Kept {}
        globalThis.kept = Array.from({ length: 1234 }, () => new Kept());
        heapSnapshot(process.argv[1]);";
    let ended = Ended::of(oomhost().args(["-e", script]).arg(&path));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    (folder, path)
}

fn analyze(path: &Path) -> Ended {
    Ended::of(oomhost().arg("analyze").arg(path))
}

fn refused(path: &Path, reason: &str) {
    let ended = analyze(path);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(1), ""),
        "{ended:?}"
    );
    let first = ended.stderr.lines().next().unwrap_or_default();
    assert!(first.starts_with("oomhost: "), "{ended:?}");
    assert!(first.contains(&path.display().to_string()), "{ended:?}");
    assert!(first.contains(reason), "{ended:?}");
}

#[test]
fn facts_and_classes() {
    let (_folder, path) = snapshot();
    let ended = analyze(&path);
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (Some(0), ""),
        "{ended:?}"
    );
    let line = |start: &str| {
        ended
            .stdout
            .lines()
            .find(|line| line.trim_start().starts_with(start))
            .unwrap_or_else(|| panic!("no {start} in {ended:?}"))
    };
    assert!(line("file").contains("MB ("));
    assert!(line("Kept").contains(" \u{d7}1,234, "));
    for fact in ["nodes", "edges", "self size", "native bytes"] {
        line(fact);
    }
}

#[test]
fn what_is_no_whole_snapshot() {
    let (folder, whole) = snapshot();
    refused(&folder.path().join("nowhere"), "No such file");
    refused(folder.path(), "not a regular file");

    let bytes = fs::read(&whole).expect("the snapshot is readable");
    let broken = folder.path().join("b.heapsnapshot.partial");
    for length in [0, 1, 500, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&broken, &bytes[..length]).expect("a file is written");
        refused(&broken, "is not a whole heap snapshot: the file");
    }
    assert!(analyze(&broken).stderr.contains("oomhost recover "));
    fs::write(&broken, "MZ\u{0}").expect("a file is written");
    refused(&broken, "'{' is missing (at byte 0)");
}

#[test]
fn a_pipe_is_refused_and_not_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    refused(&pipe, "not a regular file");
}

#[test]
fn a_name_that_is_no_utf_8() {
    let (folder, path) = snapshot();
    let odd = folder.path().join(OsStr::from_bytes(b"\xff.heapsnapshot"));
    fs::rename(path, &odd).expect("a file by any name");
    let ended = analyze(&odd);
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (Some(0), ""),
        "{ended:?}"
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let (_folder, path) = snapshot();
    let mut child = oomhost()
        .arg("analyze")
        .arg(&path)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("oomhost starts");
    drop(child.stdout.take());
    let ended: Ended = child.wait_with_output().expect("oomhost ends").into();
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (Some(0), ""),
        "{ended:?}"
    );
}
