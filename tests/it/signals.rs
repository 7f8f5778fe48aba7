//! Snapshots and reports that a signal or an option asks for, and what goes with captures.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::child::{Ended, oomhost};
use crate::faults::{folder, is_whole, names, reports, snapshots};

/// Neither returns to the event loop nor sleeps in it.
const SPINS: &str = "function spin() { for (;;); } console.log(1); spin();";
const SLEEPS: &str = "console.log(1); setInterval(() => {}, 1e6);";

const LEAK: &str = "
    class Leaked {}
    function leaky() { globalThis.all = []; for (;;) all.push(new Leaked()); }
    leaky();
";

/// Starts a script that writes a line, and waits for that.
fn started(place: &Path, flags: &[&str], script: &str) -> Child {
    use std::io::Read as _;

    let mut child = oomhost()
        .current_dir(place)
        .args(flags)
        .args(["-e", script])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let output = child.stdout.as_mut().expect("piped");
    output.read_exact(&mut [0; 2]).expect("the script speaks");
    thread::sleep(Duration::from_millis(100));
    child
}

fn kill(child: &Child, signal: &str) {
    let mut kill = Command::new("kill");
    let status = kill
        .args([format!("-{signal}"), child.id().to_string()])
        .status();
    assert!(status.expect("kill starts").success());
}

fn ended(mut child: Child) -> Ended {
    child.kill().expect("it is there");
    child.wait_with_output().expect("it ends").into()
}

/// Waits until `done`, a minute at most.
fn wait(done: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_mins(1);
    while !done() && Instant::now() < end {
        thread::sleep(Duration::from_millis(20));
    }
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("it is readable")).expect("it is JSON")
}

/// The function in which a report found the script.
fn top_frame(report: &Value) -> &str {
    let frame = &report["javascriptStack"]["stack"][0];
    frame.as_str().expect("a frame")
}

#[test]
fn a_signal_writes_a_snapshot_and_the_script_goes_on() {
    for script in [SPINS, SLEEPS] {
        let place = folder();
        let child = started(place.path(), &["--heapsnapshot-signal=SIGUSR2"], script);
        for count in 1..=2 {
            kill(&child, "USR2");
            wait(|| snapshots(place.path()).len() == count);
            thread::sleep(Duration::from_millis(50));
        }
        let ended = ended(child);
        let all = names(place.path());
        assert_eq!(
            (all.len(), ended.signal),
            (2, Some(9)),
            "{all:?} {}",
            ended.stderr
        );
        for name in &all {
            assert!(ended.stderr.contains(name), "{}", ended.stderr);
            is_whole(&place.path().join(name));
        }
    }
}

#[test]
fn a_signal_writes_a_report_and_the_script_goes_on() {
    for (flags, signal, script) in [
        (&["--report-on-signal"][..], "USR2", SPINS),
        (
            &["--report-on-signal", "--report-signal", "SIGUSR1"],
            "USR1",
            SLEEPS,
        ),
    ] {
        let place = folder();
        let child = started(place.path(), flags, script);
        kill(&child, signal);
        wait(|| !reports(place.path()).is_empty());
        thread::sleep(Duration::from_millis(50));
        let ended = ended(child);
        let [name] = &names(place.path())[..] else {
            panic!("{:?} {}", names(place.path()), ended.stderr);
        };
        assert!(
            ended.stderr.contains("Node.js report completed"),
            "{}",
            ended.stderr
        );
        let report = json(&place.path().join(name));
        assert_eq!(report["header"]["event"], format!("SIG{signal}"));
        assert_eq!(report["header"]["trigger"], "Signal");
        if script == SPINS {
            let stack = top_frame(&report);
            assert!(stack.starts_with("at spin ("), "{stack}");
        }
    }
}

#[test]
fn a_script_may_switch_the_signal_on_and_off() {
    let place = folder();
    let script = "
        process.report.reportOnSignal = true;
        const send = (signal) => process.kill(process.pid, signal);
        const after = (ms, fn) => new Promise((resolve) => setTimeout(() => resolve(fn()), ms));
        (async () => {
          send('SIGUSR2');
          await after(300, () => { process.report.signal = 'SIGUSR1'; send('SIGUSR1'); send('SIGUSR2'); });
          await after(300, () => { process.report.reportOnSignal = false; send('SIGUSR1'); });
          await after(300, () => console.log('done'));
        })();
    ";
    let ended = Ended::of(oomhost().current_dir(place.path()).args(["-e", script]));
    assert_eq!(ended.stdout, "done\n", "{}", ended.stderr);
    let mut events: Vec<String> = reports(place.path())
        .iter()
        .map(|name| json(&place.path().join(name))["header"]["event"].to_string())
        .collect();
    events.sort();
    assert_eq!(events, ["\"SIGUSR1\"", "\"SIGUSR2\""]);
}

#[test]
fn an_uncaught_error_may_leave_a_report() {
    let place = folder();
    let script = "function thrower() { throw new Error('q'); } thrower();";
    let flags = [
        "--report-uncaught-exception",
        "--report-exclude-env",
        "--report-compact",
    ];
    let ended = Ended::of(
        oomhost()
            .current_dir(place.path())
            .args(flags)
            .args(["-e", script]),
    );
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let report = json(&place.path().join(&reports(place.path())[0]));
    assert_eq!(report["header"]["trigger"], "Exception");
    assert_eq!(report["environmentVariables"], Value::Null);
    let frame = top_frame(&report);
    assert!(frame.starts_with("at thrower ("), "{frame}");
}

#[test]
fn a_heap_profile_beside_the_snapshot() {
    let place = folder();
    let flags = ["--heap-prof-on-oom", "--max-old-space-size=16"];
    let ended = Ended::of(
        oomhost()
            .current_dir(place.path())
            .args(flags)
            .args(["-e", LEAK]),
    );
    assert_eq!(ended.signal, Some(6), "{}", ended.stderr);
    assert_eq!(snapshots(place.path()).len(), 1);
    let all = names(place.path());
    let profile = all
        .iter()
        .find(|name| name.ends_with(".heapprofile"))
        .expect("a profile");
    let profile = json(&place.path().join(profile)).to_string();
    assert!(profile.contains("\"functionName\":\"leaky\""), "{profile}");
    // Without an end for want of memory there is none.
    let place = folder();
    Ended::of(
        oomhost()
            .current_dir(place.path())
            .args(["--heap-prof-on-oom", "-e", "1"]),
    );
    assert!(names(place.path()).is_empty());
}

/// `setHeapProfileNearHeapLimit`: so many profiles, the limit raised after each, and then what comes in
/// any case; a snapshot only, where nothing is sampled.
#[test]
fn heap_profiles_near_the_limit() {
    for (started, expected) in [("v8.startHeapProfile();", 2), ("", 0)] {
        let place = folder();
        let script = format!(
            "const v8 = require('v8'); {started} v8.setHeapProfileNearHeapLimit(2); \
             v8.setHeapProfileNearHeapLimit(5); {LEAK}"
        );
        let flags = ["--max-old-space-size=12", "--max-semi-space-size=1"];
        let ended = Ended::of(
            oomhost()
                .current_dir(place.path())
                .args(flags)
                .args(["-e", &script]),
        );
        assert_eq!(ended.signal, Some(6), "{}", ended.stderr);
        assert_eq!(snapshots(place.path()).len(), 1, "{}", ended.stderr);
        let mut profiles = names(place.path());
        profiles.retain(|name| name.ends_with(".heapprofile"));
        assert_eq!(profiles.len(), expected, "{}", ended.stderr);
        for profile in profiles {
            let profile = json(&place.path().join(profile)).to_string();
            assert!(profile.contains("\"functionName\":\"leaky\""), "{profile}");
        }
    }
}

#[test]
fn a_snapshot_with_allocation_stacks() {
    let place = folder();
    let flags = ["--track-allocations", "--max-old-space-size=12"];
    let ended = Ended::of(
        oomhost()
            .current_dir(place.path())
            .args(flags)
            .args(["-e", LEAK]),
    );
    assert_eq!(ended.signal, Some(6), "{}", ended.stderr);
    let snapshot = json(&place.path().join(&snapshots(place.path())[0]));
    let strings = snapshot["strings"].as_array().expect("strings");
    let functions = snapshot["trace_function_infos"]
        .as_array()
        .expect("functions");
    let width = snapshot["snapshot"]["meta"]["trace_function_info_fields"]
        .as_array()
        .unwrap()
        .len();
    let names = functions.iter().skip(1).step_by(width);
    let mut names = names.map(|name| &strings[usize::try_from(name.as_u64().unwrap()).unwrap()]);
    assert!(names.any(|name| name == "leaky"));
}

#[test]
fn what_is_no_signal_is_refused() {
    for flag in [
        "--heapsnapshot-signal=FOO",
        "--report-signal=SIGKILL",
        "--heapsnapshot-signal=12",
    ] {
        let ended = Ended::of(oomhost().args([flag, "-e", "1"]));
        assert_eq!(ended.code, Some(9), "{flag}");
        assert!(
            ended.stderr.contains("must be a signal"),
            "{}",
            ended.stderr
        );
    }
}
