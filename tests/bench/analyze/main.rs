//! How fast snapshots are analysed, beside memlab and Chrome `DevTools`' own code in the same run:
//!
//! ```sh
//! npm install --prefix tests/bench/analyze --ignore-scripts   # once: the peers
//! cargo bench --bench analyze -- --node PATH-TO-NODE [--heap MB]... [FILE]...
//! ```
//!
//! Without FILEs it has oomhost write a snapshot of `fast-growth.js` for each `--heap` (52 by default,
//! which makes some 250 MB). Without `--node` (or `NODE26` in the environment) the peers are left out.
//! Prints two Markdown tables: wall time, processor time, speed and peak memory of whole programs, and
//! the stages of our reading. oomhost runs three times, of which the median counts; a peer once.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use oomhost::heap::{Graph, Release, Snapshot, SnapshotFile};

/// Runs of oomhost that the median is taken of.
const ROUNDS: usize = 3;

/// How often memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Memory in MB that Node's peers may use.
const PEER_HEAP: &str = "--max-old-space-size=16000";

struct Options {
    node: Option<PathBuf>,
    heaps: Vec<u32>,
    files: Vec<PathBuf>,
}

/// What a run took.
#[derive(Clone, Copy)]
struct Cost {
    seconds: f64,
    /// Of all its threads.
    processor: f64,
    peak: u64,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("analyze: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let mut options = options()?;
    let folder = tempfile::tempdir().map_err(|error| format!("no folder: {error}"))?;
    if options.files.is_empty() {
        for heap in &options.heaps {
            options.files.push(made(*heap, folder.path())?);
        }
    }
    println!("| snapshot | program | seconds | processor | MB/s | peak RSS | of the file |");
    println!("|---|---|---:|---:|---:|---:|---:|");
    for file in &options.files {
        let bytes = length(file)?;
        let mut ours: Vec<Cost> = Vec::new();
        for _ in 0..ROUNDS {
            let mut command = Command::new(env!("CARGO_BIN_EXE_oomhost"));
            ours.push(cost(command.arg("analyze").arg(file))?);
        }
        ours.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        let ours = ours[ROUNDS / 2];
        row(bytes, "oomhost analyze", ours, None);
        let Some(node) = &options.node else { continue };
        for (peer, name) in [
            ("devtools", "DevTools (heap-snapshot-toolkit)"),
            ("memlab", "memlab"),
        ] {
            let script = home().join("tests/bench/analyze/peer.mjs");
            let mut command = Command::new(node);
            command.arg(PEER_HEAP).arg(script).arg(peer).arg(file);
            match cost(&mut command) {
                Ok(theirs) => row(bytes, name, theirs, Some(theirs.seconds / ours.seconds)),
                Err(error) => println!("| {} | {name} | {error} | | | | |", megabytes(bytes)),
            }
        }
    }
    println!("\n| snapshot | stage | ms | MB of the file/s |");
    println!("|---|---|---:|---:|");
    for file in &options.files {
        stages(file)?;
    }
    Ok(())
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        node: std::env::var_os("NODE26").map(PathBuf::from),
        heaps: Vec::new(),
        files: Vec::new(),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            // What cargo says to every benchmark.
            "--bench" => {}
            "--node" => options.node = Some(value()?.into()),
            "--heap" => {
                let heap = value()?;
                let heap = heap
                    .parse()
                    .map_err(|_| format!("{heap} is no number of MB"))?;
                options.heaps.push(heap);
            }
            _ if word.starts_with('-') => return Err(format!("unknown option {word}")),
            _ => options.files.push(word.into()),
        }
    }
    if options.heaps.is_empty() {
        options.heaps.push(52);
    }
    Ok(options)
}

fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A snapshot of a heap of so many MB.
fn made(heap: u32, folder: &Path) -> Result<PathBuf, String> {
    let path = folder.join(format!("{heap}.heapsnapshot"));
    Command::new(env!("CARGO_BIN_EXE_oomhost"))
        .arg(format!("--max-old-space-size={heap}"))
        .arg(format!("--oom-snapshot={}", path.display()))
        .arg("--no-report-on-fatalerror")
        .arg(home().join("tests/fixtures/leaks/fast-growth.js"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|error| format!("oomhost does not start: {error}"))?;
    length(&path).map(|_| path)
}

fn length(path: &Path) -> Result<u64, String> {
    std::fs::metadata(path)
        .map(|facts| facts.len())
        .map_err(|error| format!("{}: {error}", path.display()))
}

/// Runs a program and looks at its memory meanwhile.
fn cost(command: &mut Command) -> Result<Cost, String> {
    let start = Instant::now();
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("does not start: {error}"))?;
    let (mut peak, mut processor) = (0, 0.0_f64);
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            break status;
        }
        peak = peak.max(resident_peak(child.id()));
        processor = processor.max(processor_seconds(child.id()));
        std::thread::sleep(LOOK_EVERY);
    };
    let seconds = start.elapsed().as_secs_f64();
    if !status.success() {
        let mut text = String::new();
        if let Some(mut stderr) = child.stderr.take() {
            let _ = stderr.read_to_string(&mut text);
        }
        let line = text
            .lines()
            .find(|line| line.contains("rror"))
            .unwrap_or_default();
        return Err(format!("failed, {status}: {line}"));
    }
    Ok(Cost {
        seconds,
        processor,
        peak,
    })
}

/// The most memory that a process has had resident, in bytes (`VmHWM`).
fn resident_peak(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    text.lines()
        .find_map(|line| {
            line.strip_prefix("VmHWM:")?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .map_or(0, |kilobytes: u64| kilobytes * 1024)
}

/// Processor time that a process has had, in seconds (`utime` and `stime`, in hundredths).
fn processor_seconds(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // Behind the name, which may hold blanks.
    let behind = text.rsplit_once(')').map_or("", |(_, behind)| behind);
    let fields = behind.split_whitespace().skip(11).take(2);
    fields
        .filter_map(|field| field.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn row(bytes: u64, name: &str, cost: Cost, times: Option<f64>) {
    let times = times.map_or_else(String::new, |times| format!(" ({times:.1} \u{d7})"));
    println!(
        "| {} | {name} | {:.2}{times} | {:.2} | {:.0} | {} | {:.2} |",
        megabytes(bytes),
        cost.seconds,
        cost.processor,
        bytes as f64 / 1e6 / cost.seconds,
        megabytes(cost.peak),
        cost.peak as f64 / bytes as f64
    );
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", (bytes + 500_000) / 1_000_000)
}

/// The stages of reading, in this process.
#[expect(clippy::cast_precision_loss, reason = "for people")]
fn stages(path: &Path) -> Result<(), String> {
    let text = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let start = Instant::now();
    #[expect(unsafe_code, reason = "nobody writes to the file meanwhile")]
    // SAFETY: the snapshot is left alone while it is read.
    let file = unsafe { SnapshotFile::open(path) }.map_err(|error| text(&error))?;
    let snapshot = Snapshot::parse(file.bytes()).map_err(|error| text(&error))?;
    file.release(0..file.bytes().len());
    let bytes = file.bytes().len() as u64;
    let mut stages = vec![("sections", start.elapsed())];
    let (graph, _ways) =
        Graph::build_with_routes(&snapshot, &Release::with(&|bytes| file.release(bytes)))
            .map_err(|error| text(&error))?;
    stages.extend(graph.stages().iter().copied());
    stages.push(("all of these", start.elapsed()));
    for (stage, time) in stages {
        println!(
            "| {} | {stage} | {:.0} | {:.0} |",
            megabytes(bytes),
            time.as_secs_f64() * 1000.0,
            bytes as f64 / 1e6 / time.as_secs_f64()
        );
    }
    Ok(())
}
