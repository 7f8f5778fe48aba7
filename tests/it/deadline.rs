//! `--capture-deadline`. The time passes while the process stands still, so that it does not
//! matter how fast a capture is.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::child::{Ended, oomhost};
use crate::container::signal;
use crate::faults::{folder, is_whole, names, reports, snapshots};

const SIGABRT: i32 = 6;

const LEAK: &str = "
    class Leaked { constructor(i) { this.i = i; } }
    const all = [];
    for (;;) all.push(new Leaked(all.length));
";

/// Runs a program and stops it within its first capture for longer than its deadline.
fn out_of_time(place: &Path, seconds: u64, args: &[&str]) -> Ended {
    let child = oomhost()
        .current_dir(place)
        .arg(format!("--capture-deadline={seconds}"))
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let id = u64::from(child.id());
    let started = Instant::now();
    while !names(place).iter().any(|name| name.ends_with(".partial")) {
        assert!(started.elapsed() < Duration::from_mins(1), "no capture");
        thread::sleep(Duration::from_millis(1));
    }
    signal::stop(id);
    thread::sleep(Duration::from_millis(seconds * 1000 + 100));
    signal::go_on(id);
    child.wait_with_output().expect("it ends").into()
}

#[test]
fn a_last_capture_is_ended_and_leaves_what_there_is() {
    let place = folder();
    let args = ["--max-old-space-size=64", "-e", LEAK];
    let ended = out_of_time(place.path(), 1, &args);
    assert_eq!(ended.signal, Some(SIGABRT), "{}", ended.stderr);
    let line = "--capture-deadline has passed";
    assert_eq!(ended.stderr.matches(line).count(), 1, "{}", ended.stderr);
    let last = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory";
    assert!(ended.stderr.trim_end().ends_with(last), "{}", ended.stderr);
    assert_eq!(snapshots(place.path()), [""; 0], "{}", ended.stderr);
    assert_eq!(reports(place.path()).len(), 1, "{}", ended.stderr);
    let partials = names(place.path());
    let partial = partials.iter().find(|name| name.ends_with(".partial"));
    let partial = place.path().join(partial.expect("the partial stays"));
    assert!(ended.stderr.contains(&partial.display().to_string()));

    // What it says of the file is true.
    let recovered = Ended::of(
        Command::new(env!("CARGO_BIN_EXE_oomhost"))
            .arg("recover")
            .arg(&partial),
    );
    let promised = ended
        .stderr
        .contains("what is there of the snapshot: oomhost recover");
    assert_eq!(recovered.code == Some(0), promised, "{}", recovered.stderr);
}

#[test]
fn a_capture_after_which_the_program_goes_on_fails() {
    let place = folder();
    let script = "
        globalThis.kept = [];
        for (let i = 0; i < 1e6; i++) kept.push({ i });
        try {
          heapSnapshot('x.heapsnapshot');
        } catch (error) {
          console.log(error.message);
        }
        kept.length = 0;
        console.log(heapSnapshot('y.heapsnapshot'));
    ";
    let ended = out_of_time(place.path(), 3, &["-e", script]);
    let message = "ECANCELED: operation canceled, capture-deadline 'x.heapsnapshot'";
    assert_eq!(
        ended.stdout.lines().next(),
        Some(message),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(names(place.path()), ["y.heapsnapshot"]);
    is_whole(&place.path().join("y.heapsnapshot"));
}
