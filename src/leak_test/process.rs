//! A test in a process of its own.

use std::fs;
use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::json;

use super::directives::{Directives, Expect};
use super::output::Output;
use crate::report::tests::LeakFacts;
use crate::sys::{container::Container, process, signal_names};

/// The heap's limit where the test does not say, in bytes.
pub const HEAP: u64 = 128 << 20;

/// What a test may take beyond its heap: Buffers, code, a capture. In bytes.
const BESIDE_HEAP: u64 = 512 << 20;

/// How much later than it asked to the runner may wake up on a busy machine. What is beyond that was
/// not the test's: the machine, or the runner, was stopped.
const LATE: Duration = Duration::from_millis(100);

/// Bytes of a measurement that are read: ten leaks with their paths take some 20 kB.
const RESULT: u64 = 16 << 20;

/// How tests are run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a test may take that does not say.
    pub timeout: Duration,
    /// Whether found leaks are cut.
    pub prove: bool,
    /// This program.
    pub program: PathBuf,
}

/// What a process came to.
#[derive(Debug)]
pub struct Ended {
    /// How it ended; `None` at the timeout.
    pub status: Option<ExitStatus>,
    /// Whether the kernel killed it because its container was full.
    pub was_full: bool,
    /// How long it took.
    pub duration: Duration,
    /// What it wrote.
    pub stdout: String,
    /// The same of stderr.
    pub stderr: String,
    /// Whether there was a scenario to repeat.
    pub has_scenario: bool,
    /// What was measured of it.
    pub measured: Option<Measured>,
    /// The last heap snapshot.
    pub snapshot: Option<PathBuf>,
}

/// What the process of a test writes down (`js/internal/leak_runner.js`).
#[derive(Debug, Deserialize)]
pub struct Measured {
    /// Repetitions before the first look.
    pub warmup: u64,
    /// Those of each round.
    pub rounds: Vec<u64>,
    /// What grew in each.
    pub leaks: Vec<LeakFacts>,
}

impl Ended {
    /// In a word or two.
    pub fn how(&self) -> String {
        let Some(status) = self.status else {
            return "timeout".to_owned();
        };
        match (status.code(), status.signal()) {
            (Some(code), _) => format!("exit {code}"),
            (None, Some(signal)) => signal_name(signal),
            (None, None) => "unknown".to_owned(),
        }
    }
}

fn signal_name(signal: i32) -> String {
    // What cannot be listened to has no name there.
    let name = match signal {
        libc::SIGKILL => Some("SIGKILL"),
        libc::SIGSEGV => Some("SIGSEGV"),
        libc::SIGBUS => Some("SIGBUS"),
        libc::SIGILL => Some("SIGILL"),
        libc::SIGTRAP => Some("SIGTRAP"),
        _ => signal_names::name(signal),
    };
    name.map_or_else(|| format!("signal {signal}"), str::to_owned)
}

/// Runs the test `file` with its files in `folder`, which is empty. `None` where `signal` became another
/// number than 0: it is killed then.
///
/// # Errors
/// Where the process cannot be started.
pub fn run(
    file: &Path,
    directives: &Directives,
    settings: &Settings,
    folder: &Path,
    signal: &AtomicU8,
) -> io::Result<Option<Ended>> {
    // Is there, and empty, as soon as there is a scenario.
    let result = folder.join("result.json");
    let snapshot = folder.join("heap.heapsnapshot");
    let temporary = folder.join("tmp");
    fs::create_dir(&temporary)?;
    let heap = directives.heap.unwrap_or(HEAP);
    let repeats = !matches!(directives.expect, Some(Expect::Oom | Expect::Exit(_)));
    let told = json!({
        "scenario": repeats,
        "result": result,
        "snapshot": snapshot,
        "proofSnapshot": folder.join("proof.heapsnapshot"),
        "prove": settings.prove,
        "warmup": directives.warmup,
        "iterations": directives.iterations,
    });
    let mut command = Command::new(&settings.program);
    command
        .arg(format!("--max-old-space-size={}", heap >> 20))
        .arg(format!("--diagnostic-dir={}", folder.display()))
        .arg(format!("--capture-dir={}", folder.display()))
        .args(&directives.flags)
        .arg(format!("--leak-test={told}"))
        .arg(file)
        .env_remove("NODE_OPTIONS")
        .env("OOMHOST_TEST", file)
        .env("TMPDIR", &temporary)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let container = Container::make(heap.saturating_add(BESIDE_HEAP));
    let start = Instant::now();
    let mut child = command.spawn()?;
    let group = child.id();
    if let Some(container) = &container {
        container.take_in(group);
    }
    let stdout = Output::of(child.stdout.take());
    let stderr = Output::of(child.stderr.take());
    let timeout = directives.timeout.unwrap_or(settings.timeout);
    let mut pause = Duration::from_millis(1);
    let mut waited = Duration::ZERO;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        let is_over = signal.load(Ordering::Relaxed) != 0;
        if is_over || waited >= timeout {
            process::kill_group(group);
            child.wait()?;
            if is_over {
                return Ok(None);
            }
            break None;
        }
        let before = Instant::now();
        thread::sleep(pause);
        // While the runner itself stood still, so may the test have.
        waited += before.elapsed().min(pause + LATE);
        pause = (pause * 2).min(Duration::from_millis(8));
    };
    let duration = start.elapsed();
    // What the test has left behind.
    process::kill_group(group);
    let was_full = container.as_ref().is_some_and(Container::was_full);
    drop(container);
    Ok(Some(Ended {
        status,
        was_full,
        duration,
        stdout: stdout.text(),
        stderr: stderr.text(),
        has_scenario: fs::symlink_metadata(&result).is_ok(),
        measured: read_result(&result),
        snapshot: last_snapshot(folder, &snapshot),
    }))
}

fn read_result(path: &Path) -> Option<Measured> {
    let facts = fs::symlink_metadata(path).ok()?;
    let is_sane = facts.is_file() && facts.len() <= RESULT;
    serde_json::from_slice(&fs::read(path).ok().filter(|_| is_sane)?).ok()
}

/// The snapshot that was left when memory ran out, else that of the last round.
fn last_snapshot(folder: &Path, rounds: &Path) -> Option<PathBuf> {
    let mut at_limit: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with("Heap.") && name.contains(".heapsnapshot"))
                && path.extension().is_none_or(|end| end != "partial")
        })
        .collect();
    at_limit.sort();
    let last = at_limit.pop();
    last.or_else(|| rounds.is_file().then(|| rounds.to_owned()))
}
