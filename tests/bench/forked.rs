//! Snapshots on request while a timer ticks every 10 ms: `cargo bench --bench forked -- [--heap MB]...
//! [--count N]`.
//!
//! Prints a Markdown table: for each heap, snapshots by a copy of the process and in the process
//! itself, how long the program stood still at most, and what memory it had before and after.

use serde_json::Value;
use std::env;
use std::process::{Command, ExitCode};

/// Heaps in MB, and how many snapshots are taken of each, where the command line does not say.
const HEAPS: [&str; 3] = ["60", "200", "1000"];
const COUNT: &str = "20";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("forked: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let mut heaps = Vec::new();
    let mut count = COUNT.to_owned();
    let mut arguments = env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        let value = arguments
            .next()
            .ok_or_else(|| format!("{argument} needs a value"))?;
        match &*argument {
            "--heap" => heaps.push(value),
            "--count" => count = value,
            _ => return Err(format!("unknown option {argument}")),
        }
    }
    if heaps.is_empty() {
        heaps = HEAPS.map(str::to_owned).to_vec();
    }
    println!(
        "| heap | taken by | snapshots | until the file is complete, median | longest gap | 99 % of \
         gaps | anonymous memory before | after |\n|---:|---|---:|---:|---:|---:|---:|---:|"
    );
    for heap in &heaps {
        for (how, by) in [
            ("fork", "a copy"),
            ("nothing", "nobody, for comparison"),
            ("process", "the process"),
        ] {
            let count = if how == "process" { "3" } else { &*count };
            row(heap, count, how, by)?;
        }
    }
    Ok(())
}

fn row(heap: &str, count: &str, how: &str, by: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let output = Command::new(env!("CARGO_BIN_EXE_oomhost"))
        .args(["--expose-gc", "--max-old-space-size=4000"])
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/bench/forked.js"
        ))
        .args([heap, count, how])
        .arg(folder.path())
        .output()
        .map_err(|error| error.to_string())?;
    let said: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&output.stderr)))?;
    let gaps = sorted(&said["gaps"]);
    let times = sorted(&said["times"]);
    let at = |values: &[f64], share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a place in a short list"
        )]
        let place = (share * (values.len() - 1) as f64) as usize;
        values[place]
    };
    let megabytes = |name: &str| said[name].as_f64().unwrap_or(f64::NAN) / 1e6;
    println!(
        "| {heap} MB | {by} | {} | {:.2} s | {:.0} ms | {:.0} ms | {:.1} MB | {:.1} MB |",
        times.len(),
        at(&times, 0.5) / 1000.0,
        at(&gaps, 1.0),
        at(&gaps, 0.99),
        megabytes("before"),
        megabytes("after"),
    );
    Ok(())
}

fn sorted(values: &Value) -> Vec<f64> {
    let mut all: Vec<f64> = values
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_f64)
        .collect();
    all.sort_by(f64::total_cmp);
    all
}
