//! What profiles cost a program that computes: `cargo bench --bench profiles [-- --rounds N]`.
//!
//! Prints a Markdown table. A script works through JSON, regular expressions and arrays, always the
//! same amount; the variants take turns, and ratios are taken within a round, so that a machine
//! that slows down slows all of them. It prints how long the whole program took, and processor times:
//! of the script's thread (signal handlers are in it) and of the process (the profiler's thread, and
//! the end that writes the file, are in it).

use std::process::{Command, ExitCode};
use std::time::Instant;

/// Rounds that medians are taken of, unless `--rounds` says otherwise.
const ROUNDS: usize = 15;

/// What is measured of a run.
const FIGURES: usize = 3;

const SCRIPT: &str = "
    function json(n) {
      const rows = [];
      for (let i = 0; i < n; i++) rows.push({ id: i, name: 'row ' + i, tags: ['a', 'b', String(i)], at: { x: i / 3 } });
      let length = 0;
      for (let i = 0; i < 6; i++) length += JSON.stringify(JSON.parse(JSON.stringify(rows))).length;
      return length;
    }
    function regex(n) {
      const pattern = /(\\w+)@(\\w+)\\.(com|org)\\s+(\\d{4})-(\\d\\d)-(\\d\\d)/g;
      const text = 'some words, then name@example.org 2024-05-06 and more of it; '.repeat(n);
      let found = 0;
      for (const match of text.matchAll(pattern)) found += match[1].length + Number(match[4]);
      return found + text.replace(pattern, '$2 at $1').length;
    }
    function arrays(n) {
      const list = Array.from({ length: n }, (_, i) => (i * 7919) % n);
      return list.map((x) => ({ x })).filter((o) => o.x % 3).sort((a, b) => a.x - b.x).reduce((s, o) => s + o.x, 0);
    }
    const before = process.threadCpuUsage();
    let sum = 0;
    for (let i = 0; i < 25; i++) sum += json(3000) + regex(4000) + arrays(60000);
    const { user, system } = process.threadCpuUsage(before);
    process.on('exit', () => console.log(user + system));
";

const VARIANTS: [(&str, &[&str]); 4] = [
    ("none", &[]),
    ("`--cpu-prof`, 1 ms", &["--cpu-prof", "--cpu-prof-name=p"]),
    (
        "`--heap-prof`, 512 KiB",
        &["--heap-prof", "--heap-prof-name=h"],
    ),
    ("`--heap-prof-on-oom`", &["--heap-prof-on-oom"]),
];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("profiles: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let words: Vec<String> = std::env::args().collect();
    let rounds = words.iter().position(|word| word == "--rounds");
    let rounds = rounds
        .and_then(|at| words.get(at + 1)?.parse().ok())
        .unwrap_or(ROUNDS);
    let mut seen = [const { [const { Vec::new() }; FIGURES] }; VARIANTS.len()];
    for _ in 0..rounds {
        let mut base = [0.0; FIGURES];
        for (index, (_, flags)) in VARIANTS.iter().enumerate() {
            let now = measure(flags)?;
            if index == 0 {
                base = now;
            }
            for (figure, seen) in seen[index].iter_mut().enumerate() {
                seen.push(match index {
                    0 => now[figure],
                    _ => 100.0 * (now[figure] / base[figure] - 1.0),
                });
            }
        }
    }
    println!("| profile | took | script's thread | process |\n|---|---:|---:|---:|");
    for (index, (label, _)) in VARIANTS.iter().enumerate() {
        let [took, thread, process] = seen[index].each_mut().map(|values| median(values));
        if index == 0 {
            println!(
                "| {label} | {:.2} s | {:.2} s | {:.2} s |",
                took / 1e6,
                thread / 1e6,
                process / 1e6
            );
        } else {
            println!("| {label} | {took:+.1} % | {thread:+.1} % | {process:+.1} % |");
        }
    }
    Ok(())
}

/// Microseconds: from start to end, and of processor time of the script's thread and of the process.
fn measure(flags: &[&str]) -> Result<[f64; FIGURES], String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let before = children_us();
    let start = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_oomhost"))
        .args(flags)
        .args(["-e", SCRIPT])
        .current_dir(folder.path())
        .env_remove("NODE_OPTIONS")
        .output()
        .map_err(|error| error.to_string())?;
    let took = start.elapsed().as_secs_f64() * 1e6;
    let process = children_us() - before;
    let text = String::from_utf8_lossy(&output.stdout);
    let thread = text.trim().parse().map_err(|_| {
        format!(
            "{flags:?}: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        )
    })?;
    Ok([took, thread, process])
}

/// Processor time of all children that have ended, from `/proc/self/stat`.
fn children_us() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    // cutime and cstime are fields 16 and 17; the state, behind the name, is 3. In 10 ms.
    [13, 14]
        .into_iter()
        .filter_map(|at| fields.get(at)?.parse::<f64>().ok())
        .sum::<f64>()
        * 10_000.0
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
