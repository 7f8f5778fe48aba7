//! `--capture-at-rss`: memory that no limit of V8's holds for, in real containers and without.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::child::{Ended, oomhost};
use crate::faults::{Group, folder, is_whole, names, reports, skip, snapshots};

const SIGABRT: i32 = 6;
const SIGKILL: i32 = 9;

const MB: u64 = 1 << 20;

/// The container's size.
const CONTAINER: u64 = 256 * MB;

/// A capture is wanted at 208 MB, which leaves room for it.
const NEAR: &str = "--capture-at-rss";

/// At 153 MB: for a program that fills 2 GB/s while the other tests keep the processors busy.
const EARLY: &str = "--capture-at-rss=60%";

/// A capture that takes longer does not end.
const PATIENCE: Duration = Duration::from_mins(2);

/// What oomhost says last of a capture here.
const GOES_ON: &str = "oomhost: the program goes on\n";

/// 1 GB/s and more of Buffers, in one loop that never returns.
const FAST: &str = "
    const kept = globalThis.kept = [];
    for (;;) kept.push(Buffer.allocUnsafeSlow(1 << 20).fill(1));
";

/// A program in a container, its stderr in a file of the folder beside its own.
struct Contained {
    child: Child,
    output: tempfile::TempDir,
}

impl Contained {
    fn start(group: &Group, place: &Path, flags: &[&str], script: &str) -> Self {
        let output = folder();
        let stderr = File::create(output.path().join("stderr")).expect("a file for stderr");
        let stdout = File::create(output.path().join("stdout")).expect("a file for stdout");
        let child = Command::new("sh")
            .current_dir(place)
            .env_remove("NODE_OPTIONS")
            .args(["-c", "echo $$ > \"$0/cgroup.procs\" && exec \"$@\""])
            .arg(group.path())
            .arg(env!("CARGO_BIN_EXE_oomhost"))
            .args(flags)
            .args(["-e", script])
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .expect("sh starts");
        Self { child, output }
    }

    fn read(&self, name: &str) -> String {
        let bytes = fs::read(self.output.path().join(name)).expect("the output is readable");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until `done` says so of stderr, or for the end; then makes an end of it.
    fn until(mut self, done: impl Fn(&str) -> bool) -> Ended {
        use std::os::unix::process::ExitStatusExt as _;

        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("waiting for the child") {
                break status;
            }
            if done(&self.read("stderr")) || start.elapsed() > PATIENCE {
                self.child.kill().expect("killing the child");
                break self.child.wait().expect("waiting for a killed child");
            }
            thread::sleep(Duration::from_millis(5));
        };
        Ended {
            stdout: self.read("stdout"),
            stderr: self.read("stderr"),
            code: status.code(),
            signal: status.signal(),
        }
    }
}

/// The one snapshot of a folder is whole; the one report is returned.
fn one_of_each(place: &Path, ended: &Ended) -> Value {
    let files = names(place);
    assert_eq!(files.len(), 2, "{files:?}, {}", ended.stderr);
    let [snapshot] = &snapshots(place)[..] else {
        panic!("{files:?}, {}", ended.stderr);
    };
    is_whole(&place.join(snapshot));
    let [report] = &reports(place)[..] else {
        panic!("{files:?}, {}", ended.stderr);
    };
    let text = fs::read(place.join(report)).expect("the report is readable");
    let report: Value = serde_json::from_slice(&text).expect("the report is JSON");
    assert_eq!(report["header"]["trigger"], "NearMemoryLimit");
    report
}

/// A script that grows beyond the container is captured before the kernel kills it.
fn is_captured(flags: &[&str], script: &str) -> Option<(Ended, Value)> {
    let group = match Group::make(CONTAINER) {
        Ok(group) => group,
        Err(reason) => {
            eprintln!("SKIPPED: no memory cgroup can be made: {reason}");
            return None;
        }
    };
    let place = folder();
    let ended = Contained::start(&group, place.path(), flags, script)
        .until(|stderr| stderr.contains(GOES_ON));
    assert!(ended.stderr.contains(GOES_ON), "{ended:?}");
    let headline = "resident memory near the container's limit of 256.0 MB";
    assert!(ended.stderr.contains(headline), "{}", ended.stderr);
    let report = one_of_each(place.path(), &ended);
    let of = &report["oomhost"]["captureAtRss"];
    assert_eq!(of["of"], "container");
    assert_eq!(of["limit"], CONTAINER);
    assert!(of["used"].as_u64() <= of["limit"].as_u64(), "{of}");
    Some((ended, report))
}

/// The same for a leak of Buffers, which text, report and summary name.
fn buffers_are_captured(flag: &str, script: &str) {
    let Some((ended, report)) = is_captured(&[flag], script) else {
        return;
    };
    let bytes = report["oomhost"]["arrayBuffers"].as_u64();
    assert!(bytes > Some(100 * MB), "{bytes:?}");
    let external = report["javascriptHeap"]["externalMemory"].as_u64();
    assert!(external > Some(100 * MB), "{external:?}");
    for text in ["array buffers (Buffers, typed arrays)", "JSArrayBufferData"] {
        assert!(ended.stderr.contains(text), "{}", ended.stderr);
    }
}

#[test]
fn buffers_in_one_loop_at_full_speed() {
    buffers_are_captured(EARLY, FAST);
}

#[test]
fn buffers_of_16_mb() {
    buffers_are_captured(
        EARLY,
        "const kept = globalThis.kept = [];
         for (;;) kept.push(Buffer.allocUnsafeSlow(16 << 20).fill(1));",
    );
}

#[test]
fn buffers_in_a_loop_that_computes() {
    buffers_are_captured(
        NEAR,
        "const kept = globalThis.kept = [];
         let sum = 0;
         for (;;) {
           kept.push(Buffer.alloc(1 << 19, 1));
           for (let i = 0; i < 1e6; i++) sum = (sum + i) | 0;
         }",
    );
}

#[test]
fn buffers_in_timers() {
    buffers_are_captured(
        NEAR,
        "const kept = globalThis.kept = [];
         setInterval(() => { kept.push(Buffer.alloc(1 << 20, 1)); }, 1);",
    );
}

#[test]
fn buffers_in_promises() {
    buffers_are_captured(
        NEAR,
        "const kept = globalThis.kept = [];
         (async () => { for (;;) kept.push(await Buffer.alloc(1 << 20, 1)); })();",
    );
}

#[test]
fn webassembly_memory() {
    let script = "
        const memory = globalThis.memory = new WebAssembly.Memory({ initial: 1, maximum: 32768 });
        for (;;) {
          memory.grow(16);
          const bytes = new Uint8Array(memory.buffer);
          bytes.fill(1, bytes.length - (1 << 20));
        }";
    if let Some((ended, _)) = is_captured(&[EARLY], script) {
        let figure = "others (WebAssembly, native) 1";
        assert!(ended.stderr.contains(figure), "{}", ended.stderr);
        assert!(
            ended.stderr.contains("JSArrayBufferData"),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn a_heap_larger_than_the_container() {
    let script = "
        const all = globalThis.all = [];
        for (;;) all.push(new Array(1e5).fill(0.5));";
    if let Some((_, report)) = is_captured(&[NEAR, "--max-old-space-size=4000"], script) {
        let used = report["javascriptHeap"]["usedMemory"].as_u64();
        assert!(used > Some(120 * MB), "{used:?}");
    }
}

#[test]
fn without_the_flag_the_kernel_kills() {
    let group = match Group::make(CONTAINER) {
        Ok(group) => group,
        Err(reason) => skip!("no memory cgroup can be made: {reason}"),
    };
    let place = folder();
    let ended = Contained::start(&group, place.path(), &[], FAST).until(|_| false);
    assert_eq!(ended.signal, Some(SIGKILL), "{ended:?}");
    assert_eq!((&*ended.stderr, names(place.path())), ("", Vec::new()));
}

/// Runs a script that loses nothing to its end.
fn leaves_nothing(limit: u64, flags: &[&str], script: &str) {
    let group = match Group::make(limit) {
        Ok(group) => group,
        Err(reason) => skip!("no memory cgroup can be made: {reason}"),
    };
    let place = folder();
    let ended = Contained::start(&group, place.path(), flags, script).until(|_| false);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!((&*ended.stderr, names(place.path())), ("", Vec::new()));
}

#[test]
fn garbage_is_collected_and_leaves_nothing() {
    leaves_nothing(
        CONTAINER,
        &["--capture-at-rss=40%"],
        "const recent = [];
         for (let i = 0; i < 1500; i++) recent[i % 8] = Buffer.allocUnsafeSlow(1 << 20).fill(1);",
    );
}

#[test]
fn page_cache_leaves_nothing() {
    leaves_nothing(
        CONTAINER,
        &[NEAR],
        "const fs = require('fs');
         const file = fs.openSync('file', 'w+');
         const bytes = Buffer.alloc(1 << 20, 1);
         for (let i = 0; i < 400; i++) fs.writeSync(file, bytes);
         fs.fsyncSync(file);
         for (let i = 0; i < 800; i++) fs.readSync(file, bytes, 0, bytes.length, (i % 400) << 20);
         fs.unlinkSync('file');",
    );
}

/// What another program of the container takes makes this one capture, whatever it does.
fn is_captured_beside_another(script: &str) {
    let group = match Group::make(CONTAINER) {
        Ok(group) => group,
        Err(reason) => skip!("no memory cgroup can be made: {reason}"),
    };
    let (place, elsewhere) = (folder(), folder());
    let watched = Contained::start(&group, place.path(), &[NEAR], script);
    let filler = "
        const kept = [];
        for (let i = 0; i < 200; i++) kept.push(Buffer.allocUnsafeSlow(1 << 20).fill(1));
        setTimeout(() => kept, 600_000);";
    let filler = Contained::start(&group, elsewhere.path(), &[], filler);
    let ended = watched.until(|stderr| stderr.contains(GOES_ON));
    filler.until(|_| true);
    assert!(ended.stderr.contains(GOES_ON), "{ended:?}");
    one_of_each(place.path(), &ended);
}

#[test]
fn a_loop_that_sleeps_is_woken() {
    is_captured_beside_another("setTimeout(() => {}, 600_000);");
}

#[test]
fn a_loop_without_end_is_interrupted() {
    is_captured_beside_another("for (;;);");
}

#[test]
fn a_thread_that_waits_is_woken() {
    is_captured_beside_another("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);");
}

/// Runs a script in `place` without a container, to its end.
fn run(place: &Path, flags: &[&str], script: &str) -> Ended {
    Ended::of(
        oomhost()
            .current_dir(place)
            .args(flags)
            .args(["-e", script]),
    )
}

#[test]
fn a_size_needs_no_container_and_the_program_goes_on() {
    let place = folder();
    let script = "
        const fs = require('fs');
        const kept = globalThis.kept = [];
        const done = () => fs.readdirSync('.').some((name) => name.endsWith('.heapsnapshot'));
        while (kept.length < 1000 && !done()) kept.push(Buffer.alloc(1 << 20, 1));
        console.log(kept.length);";
    let ended = run(place.path(), &["--capture-at-rss=300mb"], script);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let headline = "at --capture-at-rss=300.0 MB";
    assert!(ended.stderr.contains(headline), "{}", ended.stderr);
    let report = one_of_each(place.path(), &ended);
    assert_eq!(report["oomhost"]["captureAtRss"]["of"], "process");
    let megabytes: u64 = ended.stdout.trim().parse().expect("a number");
    assert!((200..400).contains(&megabytes), "{megabytes}");
}

#[test]
fn a_share_of_a_machine_that_has_plenty_leaves_nothing() {
    let place = folder();
    let ended = run(
        place.path(),
        &["--capture-at-rss"],
        "setTimeout(() => {}, 300)",
    );
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!((&*ended.stderr, names(place.path())), ("", Vec::new()));
}

/// Crosses 300 MB of RSS once more than captures are wanted, far below in between, and goes on only
/// when each of these is there.
const WAVES: &str = "
    const fs = require('fs');
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const wait = async (done) => { for (let i = 0; i < 1000 && !done(); i++) await pause(10); };
    const count = () => fs.readdirSync('.').filter((name) => name.endsWith('.heapsnapshot')).length;
    const grow = () => { for (let i = 0; i < 10; i++) kept.push(new Uint8Array(32 << 20).fill(1)); };
    const wanted = +process.argv[1];
    (async () => {
      for (let wave = 1; wave <= wanted + 1; wave++) {
        globalThis.kept = [];
        grow();
        await wait(() => count() >= Math.min(wave, wanted));
        // Time for a capture too many, and then for the watcher to see the fall.
        await pause(300);
        kept = null;
        await wait(() => { gc(); return process.memoryUsage().rss < 250 * 2 ** 20; });
        await pause(300);
      }
      console.log(count());
    })();";

fn waves(limit: &[&str], wanted: &str) -> String {
    let place = folder();
    let ended = Ended::of(
        oomhost()
            .current_dir(place.path())
            .args(["--expose-gc", "--capture-at-rss=300mb"])
            .args(limit)
            .args(["-e", WAVES, wanted]),
    );
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for name in snapshots(place.path()) {
        is_whole(&place.path().join(name));
    }
    ended.stdout
}

#[test]
fn one_capture_a_crossing_and_as_many_as_the_budget_has() {
    assert_eq!(waves(&[], "1"), "1\n");
    assert_eq!(waves(&["--heapsnapshot-near-heap-limit=2"], "2"), "2\n");
    assert_eq!(waves(&["--heapsnapshot-near-heap-limit=0"], "0"), "0\n");
}

#[test]
fn the_heap_s_own_limit_still_has_its_capture() {
    let place = folder();
    let script = "
        const fs = require('fs');
        globalThis.kept = new Uint8Array(150 << 20).fill(1);
        while (fs.readdirSync('.').every((name) => !name.endsWith('.heapsnapshot')));
        class Leaked { constructor(i) { this.i = i; } }
        const all = [];
        for (;;) all.push(new Leaked(all.length));";
    let flags = ["--max-old-space-size=16", "--capture-at-rss=100mb"];
    let ended = run(place.path(), &flags, script);
    assert_eq!(ended.signal, Some(SIGABRT), "{}", ended.stderr);
    let files = snapshots(place.path());
    assert_eq!(files.len(), 2, "{}", ended.stderr);
    for name in files {
        is_whole(&place.path().join(name));
    }
    assert_eq!(reports(place.path()).len(), 2);
}

#[test]
fn a_capture_under_way_is_no_reason_for_another() {
    let place = folder();
    // The scratch file of a capture is resident, too.
    let script = "
        class Small { constructor(i) { this.i = i; } }
        globalThis.all = Array.from({ length: 3e5 }, (_, i) => new Small(i));
        for (let i = 0; i < 3; i++) heapSnapshot('x.heapsnapshot');
        console.log('end');";
    let ended = run(place.path(), &["--capture-at-rss=150mb"], script);
    assert_eq!(ended.stdout, "end\n", "{}", ended.stderr);
    assert_eq!(names(place.path()), ["x.heapsnapshot"], "{}", ended.stderr);
    is_whole(&place.path().join("x.heapsnapshot"));
}

#[test]
fn a_size_that_the_container_does_not_have_is_told() {
    let group = match Group::make(CONTAINER) {
        Ok(group) => group,
        Err(reason) => skip!("no memory cgroup can be made: {reason}"),
    };
    let place = folder();
    let ended =
        Contained::start(&group, place.path(), &["--capture-at-rss=1gb"], "1").until(|_| false);
    assert_eq!(
        ended.stderr,
        "oomhost: --capture-at-rss=1024.0 MB comes too late: the container's limit is 256.0 MB\n"
    );
}
