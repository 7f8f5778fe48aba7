//! SIGKILL at random times, and disks that are full at random sizes: under a final name there is
//! never anything but a whole snapshot, and what is left besides is tried with
//! `oomhost recover`. A few in every run; two hundred and fifty by
//! `cargo test --release --test it kills -- --ignored --nocapture`.

use std::fs;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::child::{Ended, oomhost};
use crate::faults::{Disk, Group, folder, is_whole, names, reports, skip, snapshots};

const SIGABRT: i32 = 6;

const ARGS: [&str; 3] = [
    "--max-old-space-size=24",
    "-e",
    "class Leaked { constructor(i) { this.i = i; this.name = 'leak'; } }
     const all = [];
     for (;;) all.push(new Leaked(all.length));",
];

/// A number below `end`, another one each time.
fn random(end: u64) -> u64 {
    RandomState::new().build_hasher().finish() % end.max(1)
}

fn is_partial(name: &str) -> bool {
    name.ends_with(".partial")
}

/// What was found after all trials.
#[derive(Debug, Default)]
struct Found {
    /// A whole snapshot under its final name.
    complete: u32,
    /// Partial files, of which a snapshot could be recovered and not.
    recovered: u32,
    nothing_to_recover: u32,
    /// Neither.
    no_file: u32,
}

impl Found {
    /// Holds what a trial left in `place` to what is promised. `stderr` explains a failure.
    fn add(&mut self, place: &Path, stderr: &str) {
        let whole = snapshots(place);
        for name in &whole {
            is_whole(&place.join(name));
            self.complete += 1;
        }
        let left = names(place);
        for name in left.iter().filter(|name| is_partial(name)) {
            self.recover(&place.join(name));
        }
        for name in &left {
            let is_known = whole.contains(name)
                || is_partial(name)
                || name.starts_with("report.")
                || name == "lost+found"
                || name == FILLER;
            assert!(is_known, "{name} is left; {stderr}");
        }
        if whole.is_empty() && !left.iter().any(|name| is_partial(name)) {
            self.no_file += 1;
        }
    }

    fn recover(&mut self, partial: &Path) {
        let place = folder();
        let output = place.path().join("recovered.heapsnapshot");
        let ended = Ended::of(
            Command::new(env!("CARGO_BIN_EXE_oomhost"))
                .arg("recover")
                .arg(partial)
                .arg("--output")
                .arg(&output),
        );
        match ended.code {
            Some(0) => {
                is_whole(&output);
                self.recovered += 1;
            }
            Some(1) => {
                assert!(ended.stderr.contains("nothing can be saved"), "{ended:?}");
                assert_eq!(names(place.path()), [""; 0]);
                self.nothing_to_recover += 1;
            }
            _ => panic!("{ended:?}"),
        }
    }
}

fn start(place: &Path) -> Child {
    oomhost()
        .current_dir(place)
        .args(ARGS)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("oomhost starts")
}

/// Waits for the unfinished file; without one the program has ended.
fn wait_for_capture(place: &Path, child: &mut Child) {
    while !names(place).iter().any(|name| is_partial(name))
        && child.try_wait().expect("a child").is_none()
    {
        thread::sleep(Duration::from_millis(1));
    }
}

/// How long the program takes until its capture, and from there to its end.
fn times() -> (Duration, Duration) {
    let place = folder();
    let started = Instant::now();
    let mut child = start(place.path());
    wait_for_capture(place.path(), &mut child);
    let until_capture = started.elapsed();
    let captures = Instant::now();
    let ended: Ended = child.wait_with_output().expect("it ends").into();
    assert_eq!(snapshots(place.path()).len(), 1, "{}", ended.stderr);
    (until_capture, captures.elapsed())
}

fn below(time: Duration) -> Duration {
    Duration::from_micros(random(u64::try_from(time.as_micros()).unwrap_or(u64::MAX)))
}

fn kill_at_random_times(count: u32) -> Found {
    let (until_capture, capture) = times();
    let mut found = Found::default();
    for number in 0..count {
        let place = folder();
        let mut child = start(place.path());
        if number % 5 == 0 {
            thread::sleep(below(until_capture));
        } else {
            wait_for_capture(place.path(), &mut child);
            thread::sleep(below(capture * 11 / 10));
        }
        // It may have ended by itself.
        let _ = child.kill();
        let ended: Ended = child.wait_with_output().expect("it ends").into();
        found.add(place.path(), &ended.stderr);
    }
    found
}

/// What takes the space of a disk while a capture needs it.
const FILLER: &str = "filler";

fn fill(place: &Path) {
    let Ok(mut file) = fs::File::create(place.join(FILLER)) else {
        return;
    };
    let piece = vec![0; 1 << 20];
    while file.write_all(&piece).is_ok() {}
}

/// On every third disk there is room at first, and then somebody else takes it. In every other
/// trial memory is short, so that the scratch file is on the disk too.
fn fill_disks(count: u32) -> Result<Found, String> {
    let (until_capture, capture) = times();
    let group = Group::make(512 << 20)?;
    let mut found = Found::default();
    for number in 0..count {
        let is_filled = number % 3 == 0;
        let megabytes = if is_filled { 200 } else { 4 + random(140) };
        let disk = Disk::mount(megabytes << 10)?;
        let place = disk.path();
        let mut command = if number % 2 == 0 {
            oomhost()
        } else {
            let mut shell = Command::new("sh");
            shell
                .args(["-c", "echo $$ > \"$0/cgroup.procs\" && exec \"$@\""])
                .arg(group.path())
                .arg(env!("CARGO_BIN_EXE_oomhost"));
            shell
        };
        let child = command
            .env_remove("NODE_OPTIONS")
            .current_dir(&place)
            .args(ARGS)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("oomhost starts");
        if is_filled {
            thread::sleep(below(until_capture + capture));
            fill(&place);
        }
        let ended: Ended = child.wait_with_output().expect("it ends").into();
        assert_eq!(ended.signal, Some(SIGABRT), "{}", ended.stderr);
        assert!(ended.stderr.contains("FATAL ERROR: "), "{}", ended.stderr);
        if snapshots(&place).is_empty() {
            assert!(
                ended.stderr.contains("no heap snapshot: "),
                "{}",
                ended.stderr
            );
        }
        for report in reports(&place) {
            let text = fs::read(place.join(&report)).expect("the report is readable");
            let parsed = serde_json::from_slice::<serde_json::Value>(&text);
            assert!(parsed.is_ok(), "{report} is no JSON; {}", ended.stderr);
        }
        found.add(&place, &ended.stderr);
    }
    Ok(found)
}

fn disks(count: u32) {
    match fill_disks(count) {
        Ok(found) => eprintln!("{count} full disks: {found:?}"),
        Err(reason) => skip!("no small file system or no memory cgroup can be made: {reason}"),
    }
}

#[test]
fn ten_kills_leave_no_bad_file() {
    eprintln!("10 kills: {:?}", kill_at_random_times(10));
}

#[test]
fn five_full_disks_leave_no_bad_file() {
    disks(5);
}

#[test]
#[ignore = "takes many minutes"]
fn two_hundred_kills_leave_no_bad_file() {
    eprintln!("200 kills: {:?}", kill_at_random_times(200));
}

#[test]
#[ignore = "takes many minutes"]
fn fifty_full_disks_leave_no_bad_file() {
    disks(50);
}
