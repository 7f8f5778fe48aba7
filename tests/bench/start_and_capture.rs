//! How fast oomhost starts and what a capture at the heap's limit costs, beside Node in the same
//! run: `cargo bench --bench start_and_capture -- --node PATH`. Captures are measured with an
//! unpatched V8 as well: this benchmark links the library alone, which is oomhost without the
//! patches of `third_party/v8`, and starts itself as that.
//!
//! Prints two Markdown tables. Start-up is wall time from fork to exit, the programs taking
//! turns. A capture starts with the first line on stderr (oomhost's account; Node's note that it
//! is near the limit, which `NODE_DEBUG_NATIVE=diagnostics` makes it print) and ends when the
//! whole file stands under its final name (oomhost: its rename; Node: `Wrote snapshot to`).

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Starts of each program that the median is taken of.
const STARTS: usize = 31;

/// The script, and the heap in MB that it fills.
const CAPTURES: [(&str, u32); 6] = [
    ("fast-growth", 100),
    ("closures", 100),
    ("giant-array", 100),
    ("linked-list", 100),
    ("map-growth", 32),
    ("weak-map", 32),
];

/// Set for a child that is to be oomhost with stock V8.
const BE_STOCK: &str = "OOMHOST_BENCH_STOCK";

/// How often memory and the folder are looked at during a capture.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// A program under test.
struct Program {
    name: String,
    path: PathBuf,
    /// What it takes to have one snapshot at the heap's limit.
    capture_flags: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
    /// How its stderr says that the file is there; `None` means the file's name does.
    written: Option<&'static str>,
}

/// What one capture took.
struct Capture {
    until_limit: Duration,
    until_file: Duration,
    peak_rss: u64,
    peak_anonymous: u64,
    snapshot: u64,
}

fn main() -> ExitCode {
    if std::env::var_os(BE_STOCK).is_some() {
        return oomhost::run(oomhost::V8::Stock);
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("start_and_capture: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let mut programs = vec![Program {
        name: "oomhost".to_owned(),
        path: env!("CARGO_BIN_EXE_oomhost").into(),
        capture_flags: &[],
        environment: &[],
        written: None,
    }];
    if let Some(path) = node()? {
        programs.push(Program {
            name: format!("Node {}", version(&path)?),
            path,
            capture_flags: &["--heapsnapshot-near-heap-limit=1"],
            environment: &[("NODE_DEBUG_NATIVE", "diagnostics")],
            written: Some("Wrote snapshot to "),
        });
    } else {
        println!("Node is not measured: give --node PATH or set NODE26.\n");
    }
    starts(&programs)?;
    // Not above: this benchmark is linked in another way than the program, and starts slower.
    programs.insert(
        1,
        Program {
            name: "oomhost, stock V8".to_owned(),
            path: std::env::current_exe().map_err(|error| error.to_string())?,
            capture_flags: &[],
            environment: &[(BE_STOCK, "1")],
            written: None,
        },
    );
    captures(&programs);
    Ok(())
}

/// The Node to compare with: `--node PATH`, or the environment's NODE26.
fn node() -> Result<Option<PathBuf>, String> {
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--node" => {
                let path = args.next().ok_or("--node takes a path")?;
                return Ok(Some(path.into()));
            }
            // Cargo adds it for every benchmark.
            "--bench" => {}
            other => return Err(format!("unknown argument {other}; known is --node PATH")),
        }
    }
    Ok(std::env::var_os("NODE26").map(PathBuf::from))
}

fn version(node: &Path) -> Result<String, String> {
    let output = Command::new(node)
        .arg("--version")
        .output()
        .map_err(|error| format!("{}: {error}", node.display()))?;
    Ok(String::from_utf8_lossy(&output.stdout)
        .trim()
        .trim_start_matches('v')
        .to_owned())
}

fn starts(programs: &[Program]) -> Result<(), String> {
    let folder = scratch()?;
    let script = folder.path().join("hello.js");
    std::fs::write(&script, "console.log('hello');\n").map_err(|error| error.to_string())?;
    let mut times = vec![Vec::with_capacity(STARTS); programs.len()];
    // The first round only fills the caches.
    for round in 0..=STARTS {
        for (program, times) in programs.iter().zip(&mut times) {
            let start = Instant::now();
            let output = Command::new(&program.path)
                .arg(&script)
                .output()
                .map_err(|error| format!("{}: {error}", program.path.display()))?;
            let time = start.elapsed();
            if output.stdout != b"hello\n" {
                return Err(format!("{} does not print hello", program.name));
            }
            if round > 0 {
                times.push(time);
            }
        }
    }
    println!("| start-up | median of {STARTS} | fastest |\n|---|---:|---:|");
    for (program, times) in programs.iter().zip(&mut times) {
        times.sort();
        println!(
            "| {} | {} ms | {} ms |",
            program.name,
            milliseconds(times[STARTS / 2]),
            milliseconds(times[0])
        );
    }
    println!();
    Ok(())
}

fn captures(programs: &[Program]) {
    println!(
        "| script, heap | program | until the limit | capture | peak RSS | of it anonymous \
         | snapshot |\n|---|---|---:|---:|---:|---:|---:|"
    );
    for (script, heap) in CAPTURES {
        for program in programs {
            let row = match capture(program, script, heap) {
                Ok(found) => format!(
                    "{:.2} s | {:.2} s | {} MB | {} MB | {} MB",
                    found.until_limit.as_secs_f64(),
                    found.until_file.as_secs_f64(),
                    megabytes(found.peak_rss),
                    megabytes(found.peak_anonymous),
                    megabytes(found.snapshot),
                ),
                Err(error) => format!("{error} | | | |"),
            };
            println!("| {script}, {heap} MB | {} | {row} |", program.name);
        }
    }
}

fn capture(program: &Program, script: &str, heap: u32) -> Result<Capture, String> {
    let folder = scratch()?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/leaks")
        .join(format!("{script}.js"));
    let start = Instant::now();
    let mut child = Command::new(&program.path)
        .arg(format!("--max-old-space-size={heap}"))
        .args(program.capture_flags)
        .arg(path)
        .envs(program.environment.iter().copied())
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let pid = child.id();

    // Lines with the time at which they came, from a thread of their own.
    let (sender, lines) = mpsc::channel();
    let stderr = BufReader::new(child.stderr.take().ok_or("stderr is not piped")?);
    let reader = thread::spawn(move || {
        for line in stderr.split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            if sender.send((Instant::now(), line)).is_err() {
                break;
            }
        }
    });

    let mut peak = Memory::default();
    let mut at_limit = None;
    let mut written = None;
    loop {
        for (at, line) in lines.try_iter() {
            at_limit.get_or_insert(at);
            if program.written.is_some_and(|mark| line.contains(mark)) {
                written.get_or_insert(at);
            }
        }
        if program.written.is_none() && written.is_none() && snapshot(folder.path()).is_some() {
            written = Some(Instant::now());
        }
        peak.look(pid);
        if child
            .try_wait()
            .map_err(|error| error.to_string())?
            .is_some()
        {
            break;
        }
        thread::sleep(LOOK_EVERY);
    }
    // What was still in the pipe at the end.
    let _ = reader.join();
    for (at, line) in lines.try_iter() {
        at_limit.get_or_insert(at);
        if program.written.is_some_and(|mark| line.contains(mark)) {
            written.get_or_insert(at);
        }
    }
    let (Some(at_limit), Some(written)) = (at_limit, written) else {
        return Err("no snapshot".to_owned());
    };
    Ok(Capture {
        until_limit: at_limit - start,
        until_file: written.saturating_duration_since(at_limit),
        peak_rss: peak.rss,
        peak_anonymous: peak.anonymous,
        snapshot: snapshot(folder.path()).ok_or("no snapshot")?,
    })
}

/// Bytes of the first whole snapshot in `folder`.
fn snapshot(folder: &Path) -> Option<u64> {
    std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .find(|entry| {
            entry
                .path()
                .extension()
                .is_some_and(|end| end == "heapsnapshot")
        })
        .and_then(|entry| Some(entry.metadata().ok()?.len()))
}

/// The most memory that a process was seen with, in bytes. RSS is the kernel's own high-water
/// mark; anonymous memory has none and is sampled.
#[derive(Default)]
struct Memory {
    rss: u64,
    anonymous: u64,
}

impl Memory {
    fn look(&mut self, pid: u32) {
        let Ok(status) = std::fs::read_to_string(format!("/proc/{pid}/status")) else {
            return;
        };
        for line in status.lines() {
            let highest = match line.split_once(':') {
                Some(("VmHWM", _)) => &mut self.rss,
                Some(("RssAnon", _)) => &mut self.anonymous,
                _ => continue,
            };
            let kilobytes = line
                .split_whitespace()
                .nth(1)
                .and_then(|text| text.parse().ok());
            *highest = (*highest).max(kilobytes.unwrap_or(0_u64) * 1024);
        }
    }
}

fn scratch() -> Result<tempfile::TempDir, String> {
    tempfile::tempdir().map_err(|error| error.to_string())
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

fn megabytes(bytes: u64) -> u64 {
    bytes / 1_000_000
}
