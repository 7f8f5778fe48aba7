//! How long leak tests take: `oomhost test` over a folder of them, on all cores.

use std::process::{Command, ExitCode};

use serde_json::Value;

fn main() -> ExitCode {
    let folder = std::env::args()
        .skip(1)
        .find(|word| !word.starts_with("--"))
        .unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/suite").to_owned());
    println!("| | tests | as stated | confirmed | median, ms | slowest, ms | all, s |");
    println!("|---|---:|---:|---:|---:|---:|---:|");
    let mut is_well = true;
    for (name, more) in [
        ("oomhost test", None),
        ("oomhost test --prove", Some("--prove")),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_oomhost"))
            .args(["test", &folder, "--reporter=json"])
            .args(more)
            .output()
            .expect("oomhost starts");
        let Ok(run) = serde_json::from_slice::<Value>(&output.stdout) else {
            eprintln!("{}", String::from_utf8_lossy(&output.stderr));
            return ExitCode::FAILURE;
        };
        let tests = run["tests"].as_array().cloned().unwrap_or_default();
        let mut times: Vec<f64> = tests
            .iter()
            .filter_map(|test| test["duration"].as_f64())
            .collect();
        times.sort_by(f64::total_cmp);
        let totals = &run["totals"];
        println!(
            "| {name} | {} | {} | {} of {} | {:.0} | {:.0} | {:.1} |",
            totals["tests"],
            totals["passed"],
            totals["confirmed"],
            totals["proofs"],
            times.get(times.len() / 2).copied().unwrap_or(0.0),
            times.last().copied().unwrap_or(0.0),
            run["duration"].as_f64().unwrap_or(0.0) / 1000.0
        );
        for test in &tests {
            if test["outcome"] == "failed" {
                eprintln!("{}: {}", test["file"], test["message"]);
                is_well = false;
            }
        }
    }
    if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
