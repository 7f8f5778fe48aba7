//! How fast the JavaScript layer is, beside Node in the same run:
//! `cargo bench --bench node_layer -- --node PATH [--rounds N] [--task TEXT] [--program PATH]`.
//!
//! Prints a Markdown table with the ratio of oomhost's time to Node's. The programs take turns, and
//! both run the same script, `tasks.js`, which says itself how long a task took (wall time, without
//! the start of the program). Starts, with or without 500 modules, are wall time from fork to exit.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

/// Rounds that medians are taken of, unless `--rounds` says otherwise.
const ROUNDS: usize = 5;
/// The same for starts, which are short.
const STARTS: usize = 31;

/// Files that the tasks read.
const FILES: usize = 1000;
/// Modules that `require.js` loads.
const MODULES: usize = 500;

/// What `tasks.js` can do.
const TASKS: [&str; 29] = [
    "emit",
    "once",
    "Buffer.from utf8, short",
    "toString utf8, short",
    "Buffer.from utf8, long",
    "toString utf8, long",
    "Buffer.from latin1, short",
    "toString latin1, short",
    "Buffer.from latin1, long",
    "toString latin1, long",
    "Buffer.from base64, short",
    "toString base64, short",
    "Buffer.from base64, long",
    "toString base64, long",
    "Buffer.from hex, short",
    "toString hex, short",
    "Buffer.from hex, long",
    "toString hex, long",
    "readFileSync",
    "readFile",
    "fs.promises.readFile",
    "stat and readdir",
    "pipeline",
    "pipeline of objects",
    "setTimeout, clearTimeout",
    "setTimeout that fires",
    "setImmediate",
    "nextTick and promises",
    "worker start",
];

/// Programs that are measured from fork to exit, by their file in the folder.
const PROGRAMS: [(&str, &str); 2] = [
    ("start-up", "main.js"),
    ("`require` of 500 modules", "require.js"),
];

struct Arguments {
    node: Option<PathBuf>,
    program: PathBuf,
    rounds: Option<usize>,
    task: String,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("node_layer: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let arguments = arguments()?;
    let mut programs = vec![arguments.program];
    match arguments.node {
        Some(node) => programs.push(node),
        None => println!("Node is not measured: give --node PATH or set NODE26.\n"),
    }
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    fill(folder.path()).map_err(|error| error.to_string())?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/node_layer/tasks.js");

    println!("| | oomhost, ms | Node, ms | ratio |\n|---|---:|---:|---:|");
    for (name, file) in PROGRAMS {
        if name.contains(&arguments.task) {
            let rounds = arguments.rounds.unwrap_or(STARTS);
            row(name, &programs, rounds, |program| {
                start(program, &folder.path().join(file))
            })?;
        }
    }
    for name in TASKS {
        if name.contains(&arguments.task) {
            let rounds = arguments.rounds.unwrap_or(ROUNDS);
            row(name, &programs, rounds, |program| {
                task(program, &script, name, folder.path())
            })?;
        }
    }
    Ok(())
}

fn arguments() -> Result<Arguments, String> {
    let mut found = Arguments {
        node: std::env::var_os("NODE26").map(PathBuf::from),
        program: env!("CARGO_BIN_EXE_oomhost").into(),
        rounds: None,
        task: String::new(),
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} takes a value"));
        match arg.as_str() {
            "--node" => found.node = Some(value()?.into()),
            "--program" => found.program = value()?.into(),
            "--task" => found.task = value()?,
            "--rounds" => {
                let rounds = value()?.parse().ok().filter(|rounds| *rounds > 0);
                found.rounds = Some(rounds.ok_or("--rounds takes a number from 1 on")?);
            }
            // Cargo adds it for every benchmark.
            "--bench" => {}
            other => {
                return Err(format!(
                    "unknown argument {other}; known are --node PATH, --program PATH, \
                     --rounds N and --task TEXT"
                ));
            }
        }
    }
    Ok(found)
}

/// What the tasks find in their folder.
fn fill(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir(folder.join("files"))?;
    for file in 0..FILES {
        std::fs::write(
            folder.join(format!("files/{file}.txt")),
            "a line of text\n".repeat(1 + file % 100),
        )?;
    }
    std::fs::create_dir(folder.join("modules"))?;
    for module in 0..MODULES {
        std::fs::write(
            folder.join(format!("modules/{module}.js")),
            format!(
                "'use strict';\n\nclass Thing{module} {{\n  constructor(a) {{ this.a = a; }}\n  \
                 get twice() {{ return this.a * 2; }}\n}}\n\nfunction add(a, b) {{ return a + b; }}\n\n\
                 module.exports = {{ Thing{module}, add, number: {module} }};\n"
            ),
        )?;
    }
    std::fs::write(folder.join("main.js"), "")?;
    std::fs::write(
        folder.join("require.js"),
        format!("for (let i = 0; i < {MODULES}; i++) require(`./modules/${{i}}`);\n"),
    )
}

/// Lets the programs take turns and prints the medians. The first round only fills the caches.
fn row(
    name: &str,
    programs: &[PathBuf],
    rounds: usize,
    measure: impl Fn(&Path) -> Result<f64, String>,
) -> Result<(), String> {
    let mut times = vec![Vec::with_capacity(rounds); programs.len()];
    for round in 0..=rounds {
        for (program, times) in programs.iter().zip(&mut times) {
            let time = measure(program)
                .map_err(|error| format!("{name}, {}: {error}", program.display()))?;
            if round > 0 {
                times.push(time);
            }
        }
    }
    let medians: Vec<f64> = times
        .iter_mut()
        .map(|times| {
            times.sort_by(f64::total_cmp);
            times[rounds / 2]
        })
        .collect();
    match medians[..] {
        [ours, theirs] => println!(
            "| {name} | {ours:.1} | {theirs:.1} | {:.2} |",
            ours / theirs
        ),
        _ => println!("| {name} | {:.1} | | |", medians[0]),
    }
    Ok(())
}

/// Wall time of a program, in milliseconds.
fn start(program: &Path, script: &Path) -> Result<f64, String> {
    let start = Instant::now();
    let output = Command::new(program)
        .arg(script)
        .output()
        .map_err(|error| error.to_string())?;
    let time = start.elapsed();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(time.as_secs_f64() * 1000.0)
}

/// What `tasks.js` says that the task took, in milliseconds.
fn task(program: &Path, script: &Path, name: &str, folder: &Path) -> Result<f64, String> {
    let output = Command::new(program)
        .arg(script)
        .arg(name)
        .arg(folder)
        .output()
        .map_err(|error| error.to_string())?;
    String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())
}
