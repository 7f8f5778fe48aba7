//! `oomhost recover`: what it makes of a capture that was killed, and of everything else.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use oomhost::heap::{Census, Checked, Snapshot, check};
use tempfile::TempDir;

use crate::child::{Ended, oomhost};

const SCRIPT: &str = "class Kept {}
    globalThis.kept = Array.from({ length: 1234 }, () => new Kept());
    heapSnapshot(process.argv[1]);";

/// A folder, and the text of a snapshot that the program under test took of itself.
fn snapshot() -> (TempDir, Vec<u8>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("source");
    let ended = Ended::of(oomhost().args(["-e", SCRIPT]).arg(&path));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let bytes = fs::read(&path).expect("the snapshot is readable");
    fs::remove_file(&path).expect("the snapshot can go");
    (folder, bytes)
}

fn recover(path: &Path) -> Ended {
    Ended::of(oomhost().arg("recover").arg(path))
}

/// Recovers `path` as it should be done, and returns the lines on stdout.
fn recovered(path: &Path) -> (Vec<String>, PathBuf, Checked) {
    let ended = recover(path);
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (Some(0), ""),
        "{ended:?}"
    );
    let output = path.with_extension("");
    let lines: Vec<String> = ended.stdout.lines().map(str::to_owned).collect();
    assert!(lines[0].starts_with(&format!("{} holds ", path.display())));
    let last = lines.last().expect("lines");
    assert!(last.starts_with("Wrote snapshot of "), "{ended:?}");
    assert!(last.ends_with(&output.display().to_string()), "{ended:?}");
    let bytes = fs::read(&output).expect("the snapshot is there");
    let snapshot = Snapshot::parse(&bytes).unwrap_or_else(|error| panic!("{error}"));
    let checked = check(&snapshot).unwrap_or_else(|error| panic!("{error}"));
    (lines, output, checked)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("the folder is readable")
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Nothing is made of `path`, and stderr gives these reasons.
fn refused(path: &Path, reasons: &[&str]) {
    let folder = path.parent().expect("a folder");
    let before = names(folder);
    let ended = recover(path);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(1), ""),
        "{ended:?}"
    );
    assert!(ended.stderr.starts_with("oomhost: "), "{ended:?}");
    for reason in reasons {
        assert!(ended.stderr.contains(reason), "no {reason} in {ended:?}");
    }
    assert_eq!(names(folder), before);
}

#[test]
fn a_capture_killed_in_the_middle_is_saved() {
    let folder = tempfile::tempdir().expect("a folder");
    let leak = "class Leaked { constructor(i) { this.i = i; } }
        const all = [];
        for (;;) all.push(new Leaked(all.length));";
    let mut child = oomhost()
        .current_dir(folder.path())
        .args(["--max-old-space-size=64", "-e", leak])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("oomhost starts");
    // The file grows in steps of 4, 8, 16 MB ahead of what is written: behind the second, 12 MB
    // of nodes and edges are there.
    let end = Instant::now() + Duration::from_mins(2);
    let path = loop {
        assert!(Instant::now() < end, "no capture within two minutes");
        assert_eq!(child.try_wait().expect("a child"), None, "it ended");
        let grown = names(folder.path())
            .into_iter()
            .map(|name| folder.path().join(name))
            .filter(|path| path.extension().is_some_and(|end| end == "partial"))
            .find(|path| fs::metadata(path).is_ok_and(|file| file.len() > 12 << 20));
        if let Some(path) = grown {
            break path;
        }
        thread::sleep(Duration::from_millis(1));
    };
    child.kill().expect("it is alive");
    child.wait().expect("it ends");
    assert!(path.exists(), "the capture was too fast");

    let before = fs::read(&path).expect("the partial is readable");
    let (lines, output, checked) = recovered(&path);
    assert!(lines[1].starts_with("Lost: "), "{lines:?}");
    assert!(checked.nodes > 100_000, "{lines:?}");
    assert!(before == fs::read(&path).expect("the partial is there still"));
    let mode = fs::metadata(&output).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let analyzed = Ended::of(oomhost().arg("analyze").arg(&output));
    assert_eq!(analyzed.code, Some(0), "{analyzed:?}");
    eprintln!("{}", lines.join("\n"));
}

#[test]
fn each_cut_of_a_real_file_is_saved() {
    let (folder, whole) = snapshot();
    let path = folder.path().join("a.heapsnapshot.partial");
    let section = |name: &str| memchr::memmem::find(&whole, name.as_bytes()).expect("a section");
    let [edges, locations, strings] =
        ["\"edges\":[", "\"locations\":[", "\"strings\":["].map(section);
    let cuts: [(usize, &[&str]); 6] = [
        (
            edges / 2,
            &[" nodes, and all edges", "Lost: all ", "scripts"],
        ),
        (
            usize::midpoint(edges, locations),
            &["Lost: edges of ", "Lost: all ", "scripts"],
        ),
        (locations, &["Lost: all ", "scripts"]),
        (strings, &["Lost: all "]),
        (
            usize::midpoint(strings, whole.len()),
            &[" names (V8 writes them last)"],
        ),
        (whole.len() - 1, &["Nothing is lost."]),
    ];
    for (length, wanted) in cuts {
        let mut cut = whole[..length].to_vec();
        cut.resize(length + 5_000_000, 0);
        fs::write(&path, cut).expect("a file is written");
        let (lines, output, _) = recovered(&path);
        let said = &lines[1..lines.len() - 1];
        assert_eq!(said.len(), wanted.len(), "{lines:?}");
        for (line, wanted) in said.iter().zip(wanted) {
            assert!(line.contains(wanted), "no {wanted} in {lines:?}");
        }
        fs::remove_file(output).expect("the snapshot can go");
    }
}

#[test]
fn the_class_that_leaks_is_there_without_its_name() {
    let (folder, whole) = snapshot();
    let path = folder.path().join("a.heapsnapshot.partial");
    let strings = memchr::memmem::find(&whole, b"\"strings\":[").expect("the strings");
    fs::write(&path, &whole[..strings]).expect("a file is written");
    let (_, output, _) = recovered(&path);
    let bytes = fs::read(output).expect("the snapshot is there");
    let snapshot = Snapshot::parse(&bytes).expect("a snapshot");
    let census = Census::take(&snapshot).expect("a census");
    let found = census
        .classes
        .iter()
        .find(|class| class.count == 1234)
        .expect("the kept ones");
    assert!(found.name.starts_with("lost#"), "{found:?}");
}

#[test]
fn a_whole_one_that_lacks_its_name_comes_out_byte_for_byte() {
    let (folder, whole) = snapshot();
    let path = folder.path().join("a.heapsnapshot.partial");
    let mut padded = whole.clone();
    padded.resize(whole.len() + 4_000_000, 0);
    fs::write(&path, padded).expect("a file is written");
    let (lines, output, _) = recovered(&path);
    assert_eq!(lines[1], "Nothing is lost.");
    assert!(fs::read(output).expect("the snapshot is there") == whole);
    assert_eq!(
        names(folder.path()),
        ["a.heapsnapshot", "a.heapsnapshot.partial"]
    );
}

#[test]
fn what_cannot_be_saved() {
    let (folder, whole) = snapshot();
    let path = folder.path().join("a.heapsnapshot.partial");
    refused(&path, &["cannot read", "No such file"]);
    for length in [0, 1, 500] {
        fs::write(&path, &whole[..length]).expect("a file is written");
        refused(&path, &["nothing can be saved of", "Take a new snapshot."]);
    }
    // xorshift64: the same noise in every run.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    })
    .take(100_000)
    .flatten()
    .collect();
    fs::write(&path, noise).expect("a file is written");
    refused(&path, &["nothing can be saved of"]);
    fs::write(&path, vec![0; 4 << 20]).expect("a file is written");
    refused(&path, &["nothing can be saved of"]);
    let pipe = folder.path().join("pipe.partial");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    refused(&pipe, &["not a regular file"]);
}

#[test]
fn nothing_is_overwritten() {
    let (folder, whole) = snapshot();
    let path = folder.path().join("a.heapsnapshot.partial");
    let output = folder.path().join("a.heapsnapshot");
    fs::write(&path, &whole[..whole.len() / 2]).expect("a file is written");
    fs::write(&output, "old").expect("a file is written");
    refused(&path, &["is not overwritten", "--output"]);
    assert_eq!(fs::read(&output).expect("the old file"), b"old");

    let other = folder.path().join("b.heapsnapshot");
    let named = Ended::of(oomhost().arg("recover").arg(&path).arg("-o").arg(&other));
    assert_eq!(named.code, Some(0), "{named:?}");
    assert!(other.exists());
    let missing = folder.path().join("none/b");
    let named = Ended::of(oomhost().arg("recover").arg(&path).arg("-o").arg(&missing));
    assert_eq!(named.code, Some(1), "{named:?}");
    assert!(named.stderr.contains("cannot write"), "{named:?}");
}

#[test]
fn a_wrong_command_line_starts_nothing() {
    for words in [
        &["recover"][..],
        &["recover", "a.heapsnapshot"],
        &["recover", "a", "--foo"],
    ] {
        let ended = Ended::of(oomhost().args(words));
        assert_eq!(ended.code, Some(9), "{ended:?}");
    }
}
