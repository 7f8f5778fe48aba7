//! What compressing a snapshot costs: `cargo bench --bench compression`.
//!
//! Prints a Markdown table. A script fills its heap and takes snapshots of it; the formats take
//! turns, round by round. "Idle" is anonymous memory of a script that does nothing.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::Duration;

/// Captures of each heap and format that the median is taken of.
const ROUNDS: usize = 5;

/// What the heaps hold, and the script that fills them.
const HEAPS: [(&str, &str); 3] = [
    (
        "objects",
        "for (let i = 0; i < 400000; i++) kept.push({ id: i, next: kept[i - 1], x: i * 2 });",
    ),
    (
        "closures",
        "for (let i = 0; i < 300000; i++) { const held = { i }; kept.push(() => held); }",
    ),
    (
        "map of strings",
        "const map = new Map(); kept.push(map);
         for (let i = 0; i < 300000; i++) map.set('key' + i, 'value ' + i);",
    ),
];

/// Flags of a format, and the ending of its files.
const FORMATS: [(&str, &[&str], &str); 3] = [
    ("none", &[], ""),
    ("gzip", &["--snapshot-compress=gzip"], ".gz"),
    ("zstd", &["--snapshot-compress=zstd"], ".zst"),
];

/// How often memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// What one capture took.
struct Capture {
    milliseconds: f64,
    file: u64,
    anonymous_before: u64,
    anonymous_peak: u64,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compression: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    println!(
        "| heap of | format | capture, median of {ROUNDS} | file | anonymous, before | peak |\n\
         |---|---|---:|---:|---:|---:|"
    );
    for (name, fill) in HEAPS {
        let mut found: [Vec<Capture>; FORMATS.len()] = Default::default();
        for _ in 0..ROUNDS {
            for ((_, flags, ending), found) in FORMATS.iter().zip(&mut found) {
                found.push(capture(fill, flags, ending)?);
            }
        }
        for ((format, ..), mut captures) in FORMATS.iter().zip(found) {
            captures.sort_by(|a, b| a.milliseconds.total_cmp(&b.milliseconds));
            let median = captures.get(ROUNDS / 2).ok_or("no captures")?;
            println!(
                "| {name} | {format} | {:.2} s | {:.1} MB | {} MB | {} MB |",
                median.milliseconds / 1000.0,
                thousands(median.file) / 1000.0,
                median.anonymous_before / 1000,
                median.anonymous_peak / 1000,
            );
        }
    }
    for (format, flags, _) in FORMATS {
        println!(
            "| nothing | {format} | - | - | {} MB | - |",
            idle(flags)? / 1000
        );
    }
    Ok(())
}

fn capture(fill: &str, flags: &[&str], ending: &str) -> Result<Capture, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let script = format!(
        "const kept = [];
         {fill}
         gc();
         const status = require('fs').readFileSync('/proc/self/status', 'utf8');
         const before = performance.now();
         heapSnapshot('x');
         console.log(performance.now() - before, /RssAnon:\\s+(\\d+)/.exec(status)[1]);"
    );
    let mut child = Command::new(env!("CARGO_BIN_EXE_oomhost"))
        .arg("--expose-gc")
        .args(flags)
        .args(["-e", &script])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let pid = child.id();
    let mut peak = 0;
    while child
        .try_wait()
        .map_err(|error| error.to_string())?
        .is_none()
    {
        peak = anonymous(pid).unwrap_or(0).max(peak);
        thread::sleep(LOOK_EVERY);
    }
    let output = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut words = text.split_whitespace();
    let mut word = || words.next().ok_or("no figures");
    let milliseconds = word()?.parse().map_err(|_| "no time")?;
    let kibibytes: u64 = word()?.parse().map_err(|_| "no size")?;
    let snapshot = std::fs::metadata(Path::new(folder.path()).join(format!("x{ending}")))
        .map_err(|error| error.to_string())?;
    Ok(Capture {
        milliseconds,
        file: snapshot.len() / 1000,
        anonymous_before: kibibytes * 1024 / 1000,
        anonymous_peak: peak,
    })
}

/// Kilobytes of anonymous memory of a process.
fn anonymous(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024 / 1000)
}

fn idle(flags: &[&str]) -> Result<u64, String> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_oomhost"))
        .args(flags)
        .args(["-e", "setTimeout(() => {}, 3000)"])
        .spawn()
        .map_err(|error| error.to_string())?;
    thread::sleep(Duration::from_secs(1));
    let found = anonymous(child.id()).ok_or("no figures");
    child.kill().map_err(|error| error.to_string())?;
    child.wait().map_err(|error| error.to_string())?;
    Ok(found?)
}

#[expect(clippy::cast_precision_loss, reason = "a figure to print")]
fn thousands(count: u64) -> f64 {
    count as f64
}
