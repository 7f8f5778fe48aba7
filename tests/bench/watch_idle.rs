//! What `--capture-at-rss` costs a program that loses nothing: `cargo bench --bench watch_idle`.
//!
//! Prints a Markdown table. Each program runs for some seconds without the flag, with it far from
//! its threshold (as a size and as a share: of the container that the benchmark runs in, else of
//! the machine), and with it a few MB away; the variants take turns, and medians are shown. The
//! watching thread's processor time and its wake-ups are the kernel's own figures.

use std::fs;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Turns that medians are taken of.
const ROUNDS: usize = 5;

/// How long each program is watched, once it has started.
const WATCHED: Duration = Duration::from_secs(4);
const STARTED: Duration = Duration::from_millis(500);

/// How near "near" is.
const NEAR: u64 = 6 << 20;

const PROGRAMS: [(&str, &str); 2] = [
    ("sleeps", "setInterval(() => {}, 1000)"),
    (
        "computes",
        "const text = JSON.stringify(Object.keys(globalThis)); \
         for (;;) JSON.parse(text);",
    ),
];

/// One run's figures.
#[derive(Clone, Copy, Default)]
struct Cost {
    /// Of the watching thread, as a share of the time.
    processor: f64,
    /// A second.
    looks: f64,
    /// Of the process, in bytes.
    rss: u64,
    anonymous: u64,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("watch_idle: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    println!(
        "| program | --capture-at-rss | watcher's processor time | looks a second | RSS | of it \
         anonymous |\n|---|---|---:|---:|---:|---:|"
    );
    for (name, script) in PROGRAMS {
        let rss = measure(None, script)?.rss;
        let near = format!("--capture-at-rss={}", rss + NEAR);
        let variants = [
            ("off", None),
            ("=2gb, far", Some("--capture-at-rss=2gb")),
            ("=95%, far", Some("--capture-at-rss")),
            ("=SIZE, 6 MB away", Some(&*near)),
        ];
        let mut costs = [const { Vec::new() }; 4];
        for _ in 0..ROUNDS {
            for ((_, flag), costs) in variants.iter().zip(&mut costs) {
                costs.push(measure(*flag, script)?);
            }
        }
        for ((label, _), costs) in variants.iter().zip(&costs) {
            println!(
                "| {name} | {label} | {:.3} % | {:.0} | {:.1} MB | {:.1} MB |",
                100.0 * median(costs, |cost| cost.processor),
                median(costs, |cost| cost.looks),
                megabytes(median(costs, |cost| cost.rss)),
                megabytes(median(costs, |cost| cost.anonymous)),
            );
        }
    }
    Ok(())
}

fn measure(flag: Option<&str>, script: &str) -> Result<Cost, String> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_oomhost"))
        .args(flag)
        .args(["-e", script])
        .env_remove("NODE_OPTIONS")
        .stdin(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    thread::sleep(STARTED);
    let cost = watch(&child);
    child.kill().map_err(|error| error.to_string())?;
    child.wait().map_err(|error| error.to_string())?;
    cost
}

fn watch(child: &Child) -> Result<Cost, String> {
    let pid = child.id();
    let before = watcher(pid);
    let start = Instant::now();
    thread::sleep(WATCHED);
    let seconds = start.elapsed().as_secs_f64();
    let after = watcher(pid);
    let status = read(&format!("/proc/{pid}/status")).ok_or("the program ended")?;
    let kilobytes = |name| figure(&status, name).ok_or(format!("no {name}"));
    Ok(Cost {
        processor: (after.0 - before.0) / 1e9 / seconds,
        looks: (after.1 - before.1) / seconds,
        rss: kilobytes("VmRSS")? * 1024,
        anonymous: kilobytes("RssAnon")? * 1024,
    })
}

/// Nanoseconds of processor time and number of waits of the watching thread; zeros without one.
#[expect(clippy::cast_precision_loss, reason = "figures of a few seconds")]
fn watcher(pid: u32) -> (f64, f64) {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return (0.0, 0.0);
    };
    threads
        .flatten()
        .map(|entry| entry.path().display().to_string())
        .find(|path| {
            read(&format!("{path}/comm")).is_some_and(|name| name.trim() == "oomhost-watch")
        })
        .and_then(|path| {
            let times = read(&format!("{path}/schedstat"))?;
            let spent: u64 = times.split(' ').next()?.parse().ok()?;
            let waits = figure(&read(&format!("{path}/status"))?, "voluntary_ctxt_switches")?;
            Some((spent as f64, waits as f64))
        })
        .unwrap_or_default()
}

/// The number behind `NAME:` in lines of a file of `/proc`.
fn figure(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let (known, value) = line.split_once(':')?;
        (known == name).then_some(())?;
        value.split_whitespace().next()?.parse().ok()
    })
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

fn median<T: Copy + PartialOrd>(costs: &[Cost], of: impl Fn(&Cost) -> T) -> T {
    let mut values: Vec<T> = costs.iter().map(of).collect();
    values.sort_by(|left, right| left.partial_cmp(right).expect("no figure is NaN"));
    values[values.len() / 2]
}

#[expect(clippy::cast_precision_loss, reason = "for display")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
