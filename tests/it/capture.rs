//! Captures end to end: names, places, budgets, and faults that are injected for real.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::child::{Ended, oomhost};
use crate::faults::{Disk, Group, folder, is_whole, names, reports, skip, snapshots, succeed};

const SIGABRT: i32 = 6;
const SIGKILL: i32 = 9;

/// Fills the heap with objects that are easy to name.
const LEAK: &str = "
    class Leaked { constructor(i) { this.i = i; } }
    const all = [];
    for (;;) all.push(new Leaked(all.length));
";

/// A small heap: the capture of it takes a second in a build without optimisation.
const SMALL: &str = "--max-old-space-size=16";

/// Runs `script` in `place` with these flags.
fn run(place: &Path, flags: &[&str], script: &str) -> Ended {
    Ended::of(
        oomhost()
            .current_dir(place)
            .args(flags)
            .args(["-e", script]),
    )
}

fn aborted(ended: &Ended) {
    assert_eq!(ended.signal, Some(SIGABRT), "{}", ended.stderr);
    let last = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory";
    assert!(ended.stderr.contains(last), "{}", ended.stderr);
}

fn says(ended: &Ended, text: &str) {
    assert!(
        ended.stderr.contains(text),
        "no {text:?} in {}",
        ended.stderr
    );
}

#[test]
fn the_default_is_one_snapshot_a_report_and_the_end() {
    let place = folder();
    let ended = run(place.path(), &[SMALL], LEAK);
    aborted(&ended);
    assert_eq!(names(place.path()).len(), 2, "{:?}", names(place.path()));
    let [snapshot] = &snapshots(place.path())[..] else {
        panic!("{}", ended.stderr);
    };
    is_whole(&place.path().join(snapshot));
    says(&ended, &format!("{snapshot}\n"));
    says(&ended, "Leaked");
}

#[test]
fn the_account_has_the_stack_the_spaces_and_its_own_time() {
    let place = folder();
    let script = format!("function outer() {{ {LEAK} }}\nouter();");
    let ended = run(place.path(), &[SMALL], &script);
    aborted(&ended);
    says(&ended, "at outer (");
    says(&ended, "old_space");
    says(&ended, "RSS");
    let [report] = &reports(place.path())[..] else {
        panic!("{}", ended.stderr);
    };
    let text = fs::read(place.path().join(report)).expect("the report is readable");
    let report: serde_json::Value = serde_json::from_slice(&text).expect("the report is JSON");
    assert_eq!(report["header"]["trigger"], "OOMError");
    let stack = report["javascriptStack"]["stack"].as_array().unwrap();
    assert!(
        stack
            .iter()
            .any(|frame| frame.as_str().is_some_and(|text| text.contains("outer"))),
        "{stack:?}"
    );
    let spaces = &report["javascriptHeap"]["heapSpaces"];
    assert!(spaces["old_space"]["used"].as_u64() > Some(1 << 20));
    eprintln!("tier 0 took {} us", report["oomhost"]["tier0Microseconds"]);
}

#[test]
fn diagnostic_dir_takes_all_files() {
    let (place, diagnostics) = (folder(), folder());
    let flag = format!("--diagnostic-dir={}", diagnostics.path().display());
    aborted(&run(place.path(), &[SMALL, &flag], LEAK));
    assert_eq!(names(place.path()), [""; 0]);
    assert_eq!(snapshots(diagnostics.path()).len(), 1);
    assert_eq!(reports(diagnostics.path()).len(), 1);
}

#[test]
fn report_options_have_their_say() {
    let (place, directory) = (folder(), folder());
    let flag = format!("--report-directory={}", directory.path().display());
    let flags = [
        SMALL,
        &flag,
        "--report-filename=r.json",
        "--report-compact",
        "--heapsnapshot-near-heap-limit=0",
    ];
    aborted(&run(place.path(), &flags, LEAK));
    assert_eq!(names(directory.path()), ["r.json"]);
    assert_eq!(names(place.path()), [""; 0]);
    let text = fs::read_to_string(directory.path().join("r.json")).unwrap();
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn the_pattern_names_the_snapshot() {
    let place = folder();
    let flag = "--oom-snapshot=app-%p-%n-100%%.heapsnapshot";
    let child = oomhost()
        .current_dir(place.path())
        .args([SMALL, flag, "-e", LEAK])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("oomhost starts");
    let id = child.id();
    let ended = Ended::from(child.wait_with_output().expect("it ends"));
    aborted(&ended);
    let [snapshot] = &snapshots(place.path())[..] else {
        panic!("{}", ended.stderr);
    };
    let number = snapshot
        .strip_prefix(&format!("app-{id}-"))
        .and_then(|rest| rest.strip_suffix("-100%.heapsnapshot"));
    assert!(number.is_some_and(|number| number.len() == 3), "{snapshot}");
}

#[test]
fn a_path_that_exists_is_left_alone() {
    let place = folder();
    let old = place.path().join("x.heapsnapshot");
    fs::write(&old, "old").unwrap();
    let ended = run(
        place.path(),
        &[SMALL, "--oom-snapshot=x.heapsnapshot"],
        LEAK,
    );
    aborted(&ended);
    says(&ended, "nothing was overwritten");
    says(&ended, "Wrote snapshot to x.1.heapsnapshot");
    assert_eq!(fs::read(&old).unwrap(), b"old");
    is_whole(&place.path().join("x.1.heapsnapshot"));
}

#[test]
fn a_budget_of_two_takes_two_and_then_aborts() {
    let place = folder();
    let flags = [
        SMALL,
        "--max-semi-space-size=1",
        "--heapsnapshot-near-heap-limit=2",
    ];
    let ended = run(place.path(), &flags, LEAK);
    assert_eq!(ended.signal, Some(SIGABRT), "{}", ended.stderr);
    let taken = snapshots(place.path());
    assert_eq!(taken.len(), 2, "{}", ended.stderr);
    for name in taken {
        is_whole(&place.path().join(name));
    }
    says(&ended, "FATAL ERROR: ");
}

#[test]
fn memory_that_runs_out_while_v8_makes_a_context_is_captured_when_the_context_is_complete() {
    // Nearly all that is allocated is of contexts; half made ones cannot be walked.
    let script = "
        class Tenant { constructor() { this.context = require('vm').createContext({}); } }
        const all = [];
        for (;;) all.push(new Tenant());
    ";
    for (budget, count) in [(None, 1), (Some("--heapsnapshot-near-heap-limit=2"), 2)] {
        let place = folder();
        let flags = ["--max-old-space-size=10", "--max-semi-space-size=1"];
        let flags: Vec<_> = flags.into_iter().chain(budget).collect();
        let ended = run(place.path(), &flags, script);
        assert_eq!(ended.signal, Some(SIGABRT), "{}", ended.stderr);
        says(&ended, "near its limit of 10.0 MB");
        says(&ended, "FATAL ERROR: ");
        let taken = snapshots(place.path());
        assert_eq!(taken.len(), count, "{}", ended.stderr);
        for name in taken {
            is_whole(&place.path().join(name));
        }
    }
}

#[test]
fn with_a_budget_the_program_goes_on() {
    let place = folder();
    let script = "
        const fs = require('fs');
        let all = [];
        while (!fs.readdirSync('.').some((name) => name.endsWith('.heapsnapshot'))) {
          for (let i = 0; i < 2000; i++) all.push({ i });
        }
        all = null;
        console.log('went on');
    ";
    let flags = [SMALL, "--heapsnapshot-near-heap-limit=1"];
    let ended = run(place.path(), &flags, script);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stdout, "went on\n");
    assert_eq!(snapshots(place.path()).len(), 1);
    assert!(!ended.stderr.contains("FATAL ERROR"), "{}", ended.stderr);
}

#[test]
fn the_script_can_set_the_budget() {
    let place = folder();
    let script = format!("require('v8').setHeapSnapshotNearHeapLimit(1); {LEAK}");
    let ended = run(place.path(), &[SMALL, "--max-semi-space-size=1"], &script);
    assert_eq!(ended.signal, Some(SIGABRT), "{}", ended.stderr);
    assert_eq!(snapshots(place.path()).len(), 1, "{}", ended.stderr);
}

#[test]
fn a_missing_directory_is_told_at_the_start_and_at_the_capture() {
    let place = folder();
    let flag = "--diagnostic-dir=none/of/it";
    let ended = run(place.path(), &[flag], "0");
    assert_eq!(ended.code, Some(0));
    says(
        &ended,
        "no heap snapshot can be written to none/of/it: ENOENT: no such file or directory",
    );
    let ended = run(place.path(), &[SMALL, flag], LEAK);
    aborted(&ended);
    says(&ended, "oomhost: no heap snapshot: ENOENT");
    says(&ended, "old_space");
    assert_eq!(names(place.path()), [""; 0]);
}

#[test]
fn an_unwritable_directory_is_told() {
    let place = folder();
    let sealed = place.path().join("sealed");
    fs::create_dir(&sealed).unwrap();
    fs::set_permissions(&sealed, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(sealed.join("x"), "").is_ok() {
        skip!("this user may write everywhere");
    }
    let ended = run(place.path(), &[SMALL, "--diagnostic-dir=sealed"], LEAK);
    aborted(&ended);
    says(&ended, "EACCES: permission denied");
    assert_eq!(names(&sealed), [""; 0]);
}

#[test]
fn a_file_system_in_memory_is_told() {
    let Ok(place) = tempfile::tempdir_in("/dev/shm") else {
        skip!("there is no /dev/shm");
    };
    let flag = format!("--diagnostic-dir={}", place.path().display());
    let ended = run(place.path(), &[&flag], "0");
    if !ended.stderr.contains("is in memory") {
        skip!("/dev/shm is no tmpfs: {}", ended.stderr);
    }
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
}

#[test]
fn a_full_disk_leaves_the_report_and_no_bad_file() {
    let disk = match Disk::mount(4096) {
        Ok(disk) => disk,
        Err(reason) => skip!("no small file system can be mounted: {reason}"),
    };
    let place = disk.path();
    let ended = run(&place, &["--max-old-space-size=32"], LEAK);
    aborted(&ended);
    says(&ended, "oomhost: no heap snapshot: ENOSPC");
    assert_eq!(reports(&place).len(), 1, "{}", ended.stderr);
    let mut left = names(&place);
    left.retain(|name| name != "lost+found" && !name.starts_with("report."));
    assert_eq!(left, [""; 0], "the space is free again");
}

#[test]
fn a_disk_that_is_just_large_enough_is_used_to_the_end() {
    // The first step of the file does not fit, smaller ones do.
    let disk = match Disk::mount(9000) {
        Ok(disk) => disk,
        Err(reason) => skip!("no small file system can be mounted: {reason}"),
    };
    let ended = run(
        &disk.path(),
        &[],
        "console.log(heapSnapshot('x.heapsnapshot'))",
    );
    assert_eq!(ended.stdout, "x.heapsnapshot\n", "{}", ended.stderr);
    is_whole(&disk.path().join("x.heapsnapshot"));
}

#[test]
fn the_account_has_the_containers_limit() {
    let group = match Group::make(600 << 20) {
        Ok(group) => group,
        Err(reason) => skip!("no memory cgroup can be made: {reason}"),
    };
    let place = folder();
    let mut shell = Command::new("sh");
    shell
        .current_dir(place.path())
        .env_remove("NODE_OPTIONS")
        .args(["-c", "echo $$ > \"$0/cgroup.procs\" && exec \"$@\""])
        .arg(group.path())
        .arg(env!("CARGO_BIN_EXE_oomhost"))
        .args([SMALL, "-e", LEAK]);
    let ended = Ended::of(&mut shell);
    aborted(&ended);
    says(&ended, "used, limit 600.0 MB");
    let [report] = &reports(place.path())[..] else {
        panic!("{}", ended.stderr);
    };
    let text = fs::read(place.path().join(report)).expect("the report is readable");
    let report: serde_json::Value = serde_json::from_slice(&text).expect("the report is JSON");
    assert_eq!(report["resourceUsage"]["constrained_memory"], 600 << 20);
}

fn is_partial(name: &str) -> bool {
    name.ends_with(".heapsnapshot.partial")
}

/// Starts a program that fills 64 MB, and sends it `signal` in the middle of its capture.
fn signalled(place: &Path, signal: &str) -> Ended {
    let child = oomhost()
        .current_dir(place)
        .args(["--max-old-space-size=64", "-e", LEAK])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("oomhost starts");
    let end = Instant::now() + Duration::from_mins(1);
    while !names(place).iter().any(|name| is_partial(name)) {
        assert!(Instant::now() < end, "no capture within a minute");
        thread::sleep(Duration::from_millis(2));
    }
    succeed(Command::new("kill").args([signal, &child.id().to_string()])).expect("it is alive");
    Ended::from(child.wait_with_output().expect("it ends"))
}

#[test]
fn a_kill_in_the_middle_leaves_no_bad_file() {
    let place = folder();
    let ended = signalled(place.path(), "-KILL");
    assert_eq!(ended.signal, Some(SIGKILL));
    assert_eq!(snapshots(place.path()), [""; 0]);
    assert!(names(place.path()).iter().any(|name| is_partial(name)));
}

/// Depending on the moment, nothing is left, or what can be recovered and how.
#[test]
fn a_signal_that_ends_it_in_the_middle_leaves_nothing_without_a_word() {
    for (signal, number) in [("-INT", 2), ("-TERM", 15)] {
        let place = folder();
        let ended = signalled(place.path(), signal);
        assert_eq!(ended.signal, Some(number), "{}", ended.stderr);
        if names(place.path()).iter().any(|name| is_partial(name)) {
            says(&ended, "oomhost recover ");
        } else {
            says(&ended, "ended before anything of it was written");
        }
        assert_eq!(snapshots(place.path()), [""; 0]);
        assert_eq!(reports(place.path()).len(), 1);
    }
}

#[test]
fn a_crash_in_the_last_capture_ends_as_if_there_were_none() {
    let place = folder();
    let ended = signalled(place.path(), "-SEGV");
    aborted(&ended);
    says(&ended, "no heap snapshot: V8 crashed while taking it");
    assert_eq!(snapshots(place.path()), [""; 0]);
    assert!(!names(place.path()).iter().any(|name| is_partial(name)));
    assert_eq!(reports(place.path()).len(), 1);
}

#[test]
fn a_closed_stderr_does_not_matter() {
    let place = folder();
    let mut shell = Command::new("sh");
    shell
        .current_dir(place.path())
        .env_remove("NODE_OPTIONS")
        .args(["-c", "exec \"$0\" \"$@\" 2>&-"])
        .arg(env!("CARGO_BIN_EXE_oomhost"))
        .args([SMALL, "-e", LEAK]);
    let ended = Ended::of(&mut shell);
    assert_eq!(ended.signal, Some(SIGABRT));
    assert_eq!(snapshots(place.path()).len(), 1);
    assert_eq!(reports(place.path()).len(), 1);
}

#[test]
fn a_reader_that_does_not_read_does_not_hold_it_up() {
    let place = folder();
    // The script fills most of the pipe's 64 KiB; nobody ever reads it.
    let script = format!(
        "for (let i = 0; i < 1000; i++) require('fs').writeSync(2, 'x'.repeat(64)); {LEAK}"
    );
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut child = oomhost()
        .current_dir(place.path())
        .args([SMALL, "-e", &script])
        .stdout(Stdio::null())
        .stderr(writer)
        .spawn()
        .expect("oomhost starts");
    let status = child.wait().expect("it ends");
    drop(reader);
    assert_eq!(status.signal(), Some(SIGABRT), "{status}");
    assert_eq!(snapshots(place.path()).len(), 1);
    assert_eq!(reports(place.path()).len(), 1);
}

#[test]
fn a_program_without_free_descriptors_is_captured() {
    let place = folder();
    let script = format!(
        "const fs = require('fs');
         try {{ for (;;) fs.openSync('/dev/null'); }} catch {{ }}
         {LEAK}"
    );
    let mut shell = Command::new("sh");
    shell
        .current_dir(place.path())
        .env_remove("NODE_OPTIONS")
        .args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_oomhost"))
        .args([SMALL, "-e", &script]);
    let ended = Ended::of(&mut shell);
    aborted(&ended);
    assert_eq!(snapshots(place.path()).len(), 1, "{}", ended.stderr);
    assert_eq!(reports(place.path()).len(), 1, "{}", ended.stderr);
}

#[test]
fn a_script_gets_the_path_of_its_snapshot() {
    let place = folder();
    let script = "
        const v8 = require('v8');
        console.log(heapSnapshot('a.heapsnapshot'));
        console.log(v8.writeHeapSnapshot('b.heapsnapshot', { exposeNumericValues: true }));
        console.log(heapSnapshot());
    ";
    let ended = run(place.path(), &[], script);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let paths: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(paths[..2], ["a.heapsnapshot", "b.heapsnapshot"]);
    assert_eq!(names(place.path()).len(), 3);
    for path in paths {
        is_whole(&place.path().join(path));
    }
}

#[test]
fn the_largest_index_is_no_fault_of_the_snapshot() {
    let place = folder();
    let script = "globalThis.sparse = Object.assign([], { 4294967294: {} });
        heapSnapshot('a.heapsnapshot');";
    let ended = run(place.path(), &[], script);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    is_whole(&place.path().join("a.heapsnapshot"));
}

#[test]
fn a_path_that_the_script_names_is_replaced() {
    let place = folder();
    let path = place.path().join("a.heapsnapshot");
    fs::write(&path, "old").unwrap();
    let ended = run(place.path(), &[], "heapSnapshot('a.heapsnapshot')");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(names(place.path()), ["a.heapsnapshot"]);
    is_whole(&path);
}

#[test]
fn a_snapshot_that_cannot_be_written_throws() {
    let place = folder();
    let script = "
        for (const path of ['none/x', '.', 5, 'nul\\0']) {
          try { heapSnapshot(path); } catch (error) { console.log(error.code, error.syscall); }
        }
    ";
    let ended = run(place.path(), &[], script);
    assert_eq!(
        ended.stdout,
        "ENOENT open\nEISDIR open\nERR_INVALID_ARG_TYPE undefined\nERR_INVALID_ARG_VALUE undefined\n",
        "{}",
        ended.stderr
    );
    assert_eq!(names(place.path()), [""; 0]);
}

#[test]
fn the_v8_module_has_nodes_figures() {
    let place = folder();
    let script = "
        const v8 = require('node:v8');
        const heap = v8.getHeapStatistics();
        console.log(heap.used_heap_size > 1e6, heap.heap_size_limit > heap.total_heap_size);
        console.log(v8.getHeapSpaceStatistics().some((space) => space.space_name === 'old_space'));
        console.log(v8.getHeapCodeStatistics().bytecode_and_metadata_size > 0);
        console.log(typeof v8.cachedDataVersionTag());
        v8.setFlagsFromString('--expose-gc');
    ";
    let ended = run(place.path(), &[], script);
    assert_eq!(
        ended.stdout, "true true\ntrue\ntrue\nnumber\n",
        "{}",
        ended.stderr
    );
}
