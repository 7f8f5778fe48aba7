//! Node's own tests, run from outside: `cargo test --release --test node_conformance -- FOLDER`.
//!
//! FOLDER is the `test` folder of Node's repository or a copy of it. Each file runs in a process of
//! its own, with the flags and environment that it names, and a temporary folder of its own; several
//! run at a time. Prints a table of passes for each area (`areas.rs`) and, with `--out`, a sorted list
//! of files and what came of them, which `--compare` holds against an earlier one.

mod areas;

use areas::AREAS;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const USAGE: &str = "usage: node_conformance FOLDER [--area NAME] [--filter TEXT] [--jobs N] \
                     [--seconds N] [--out FILE] [--compare FILE] [--program PATH]";

struct Options {
    folder: PathBuf,
    area: Option<String>,
    filter: Option<String>,
    jobs: usize,
    /// What a file may take.
    limit: Duration,
    out: Option<PathBuf>,
    compare: Option<PathBuf>,
    /// What runs the tests.
    program: PathBuf,
}

struct Test {
    /// `parallel/test-x.js`
    name: String,
    area: &'static str,
}

/// What came of a test, in the words of the list.
type Outcome = (&'static str, String);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.is_empty() {
        println!("skipped: Node's own tests want the folder that they are in as an argument");
        return ExitCode::SUCCESS;
    }
    match options(&arguments).and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("node_conformance: {error}");
            ExitCode::FAILURE
        }
    }
}

fn options(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options {
        folder: PathBuf::new(),
        area: None,
        filter: None,
        jobs: thread::available_parallelism().map_or(1, usize::from),
        limit: Duration::from_secs(30),
        out: None,
        compare: None,
        program: env!("CARGO_BIN_EXE_oomhost").into(),
    };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if !argument.starts_with('-') {
            options.folder = argument.into();
            continue;
        }
        let value = arguments.next().ok_or(USAGE)?;
        let number = || value.parse().map_err(|_| USAGE);
        match &**argument {
            "--area" => options.area = Some(value.clone()),
            "--filter" => options.filter = Some(value.clone()),
            "--jobs" => options.jobs = number()?,
            "--seconds" => options.limit = Duration::from_secs(number()? as u64),
            "--out" => options.out = Some(value.into()),
            "--compare" => options.compare = Some(value.into()),
            "--program" => options.program = value.into(),
            _ => return Err(USAGE.to_owned()),
        }
    }
    if !options.folder.join("common").is_dir() {
        let folder = options.folder.display();
        return Err(format!(
            "{folder} is not the test folder of Node: it has no common/\n{USAGE}"
        ));
    }
    options.folder = fs::canonicalize(&options.folder).map_err(|error| error.to_string())?;
    Ok(options)
}

fn run(options: &Options) -> Result<(), String> {
    let tests = find(options)?;
    let next = AtomicUsize::new(0);
    let results: Mutex<BTreeMap<&str, (&'static str, Outcome)>> = Mutex::default();
    thread::scope(|scope| {
        for job in 0..options.jobs.max(1) {
            let (next, results, tests) = (&next, &results, &tests);
            scope.spawn(move || {
                while let Some(test) = tests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = run_one(options, &test.name, job)
                        .unwrap_or_else(|error| ("fail", error.to_string()));
                    let mut results = results.lock().expect("no thread panics");
                    results.insert(&test.name, (test.area, outcome));
                }
            });
        }
    });
    let results = results.into_inner().expect("no thread panics");
    print_table(&results);
    let list: Vec<String> = results
        .iter()
        .map(|(name, (_, (word, reason)))| format!("{word}\t{name}\t{reason}"))
        .collect();
    if let Some(compare) = &options.compare {
        let before = fs::read_to_string(compare)
            .map_err(|error| format!("{}: {error}", compare.display()))?;
        print_changes(&before, &list);
    }
    if let Some(out) = &options.out {
        fs::write(out, list.join("\n") + "\n")
            .map_err(|error| format!("{}: {error}", out.display()))?;
    }
    Ok(())
}

fn find(options: &Options) -> Result<Vec<Test>, String> {
    let mut tests = Vec::new();
    for folder in [
        "parallel",
        "sequential",
        "es-module",
        "async-hooks",
        "pummel",
    ] {
        let Ok(entries) = fs::read_dir(options.folder.join(folder)) else {
            continue;
        };
        for entry in entries.flatten() {
            let file = entry.file_name().to_string_lossy().into_owned();
            let is_script = [".js", ".mjs", ".cjs", ".mts", ".ts"]
                .iter()
                .any(|ending| file.ends_with(ending));
            let Some(area) = areas::of(folder, &file).filter(|_| is_script) else {
                continue;
            };
            let name = format!("{folder}/{file}");
            if options
                .area
                .as_deref()
                .is_none_or(|wanted| wanted == area.name)
                && options
                    .filter
                    .as_deref()
                    .is_none_or(|text| name.contains(text))
            {
                tests.push(Test {
                    name,
                    area: area.name,
                });
            }
        }
    }
    tests.sort_by(|a, b| a.name.cmp(&b.name));
    if tests.is_empty() {
        return Err("no test has that name".to_owned());
    }
    Ok(tests)
}

fn run_one(options: &Options, name: &str, job: usize) -> std::io::Result<Outcome> {
    let path = options.folder.join(name);
    let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
    let folder = tempfile::tempdir()?;
    // Flags name files from the top of Node's repository.
    std::os::unix::fs::symlink(
        fs::canonicalize(&options.folder)?,
        folder.path().join("test"),
    )?;
    let log = folder.path().join("log");
    let mut command = Command::new(&options.program);
    command
        .args(words(&text, "// Flags:"))
        .arg(&path)
        .envs(words(&text, "// Env:").filter_map(|word| word.split_once('=')))
        .env("NODE_TEST_DIR", folder.path())
        .env("TEST_THREAD_ID", job.to_string())
        .env(
            "TEST_PARALLEL",
            if name.starts_with("sequential") {
                "0"
            } else {
                "1"
            },
        )
        // Those that are alone under Node's runner use one port, and the next few.
        .env("NODE_COMMON_PORT", (12346 + 100 * job).to_string())
        .env_remove("NODE_OPTIONS")
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(File::create(&log)?)
        .stderr(File::options().append(true).open(&log)?)
        .process_group(0);
    let mut child = command.spawn()?;
    let Some(status) = wait(&mut child, options.limit)? else {
        return Ok(("timeout", String::new()));
    };
    let output = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    Ok(if !status.success() {
        ("fail", format!("{status}; {}", reason(&output)))
    } else if output.contains("1..0 # Skipped:") {
        ("skip", String::new())
    } else {
        ("pass", String::new())
    })
}

/// The words of all lines that begin so.
fn words<'a>(text: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines()
        .filter_map(move |line| line.trim().strip_prefix(start))
        .flat_map(str::split_whitespace)
}

/// The status; `None` after the time is over. Whatever the test has started ends, too.
fn wait(child: &mut Child, limit: Duration) -> std::io::Result<Option<std::process::ExitStatus>> {
    let end = Instant::now() + limit;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if Instant::now() > end {
            break None;
        }
        thread::sleep(Duration::from_millis(5));
    };
    let _ = Command::new("kill")
        .args(["-KILL", "--", &format!("-{}", child.id())])
        .stderr(Stdio::null())
        .status();
    if status.is_none() {
        child.wait()?;
    }
    Ok(status)
}

/// The line that says most: the error's.
fn reason(output: &str) -> String {
    let line = output
        .lines()
        .find(|line| {
            let word = line.split([':', ' ']).next().unwrap_or_default();
            word.ends_with("Error") || word == "Uncaught" || line.starts_with("oomhost:")
        })
        .or_else(|| output.lines().last());
    line.unwrap_or_default().chars().take(160).collect()
}

fn print_table(results: &BTreeMap<&str, (&'static str, Outcome)>) {
    println!("| area | pass | fail | skipped | of those not skipped | aimed at |");
    println!("|---|---:|---:|---:|---:|---:|");
    for area in AREAS {
        let count = |wanted: &[&str]| {
            results
                .values()
                .filter(|(name, (word, _))| *name == area.name && wanted.contains(word))
                .count()
        };
        let (pass, fail, skip) = (
            count(&["pass"]),
            count(&["fail", "timeout"]),
            count(&["skip"]),
        );
        if pass + fail + skip == 0 {
            continue;
        }
        println!(
            "| {} | {pass} | {fail} | {skip} | {} % | {} % |",
            area.name,
            100 * pass / (pass + fail).max(1),
            area.goal
        );
    }
}

fn print_changes(before: &str, list: &[String]) {
    let parts = |line: &str| {
        let mut parts = line.split('\t');
        Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
    };
    let before: BTreeMap<String, String> = before
        .lines()
        .filter_map(parts)
        .map(|(word, name)| (name, word))
        .collect();
    for (word, name) in list.iter().filter_map(|line| parts(line)) {
        if let Some(was) = before.get(&name)
            && *was != word
        {
            println!("{name}: {was} -> {word}");
        }
    }
}
