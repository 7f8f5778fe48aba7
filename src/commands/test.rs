//! `oomhost test`: leak tests, each in a process of its own.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::analyze;
use crate::cli::{ExitCode, TestOptions};
use crate::event_loop::signals;
use crate::leak_test::{self, Baseline, Fixture, Keep, Plan, RunError, Settings};
use crate::report::model::SuspectFacts;
use crate::report::tests::{Format, KindFacts, LeakFacts, Place, Reference, Reporter, RunFacts};
use crate::sys;

/// The baseline's name where none is given.
const BASELINE: &str = "leaks.toml";

/// How often `--watch` looks at the files.
const LOOK: Duration = Duration::from_millis(300);

/// Runs the tests and tells of them.
///
/// Returns 0 where all came to what they state, 1 where one did not, 2 where nothing was run because
/// something in options or directives is wrong, 3 where the runner itself failed, and 128 and the signal's
/// number where SIGINT, SIGTERM or SIGHUP ended the run: its tests are killed, what was found is reported,
/// and no file is left behind. A second one ends the process at once.
pub fn run(options: &TestOptions) -> ExitCode {
    sys::process::leave_no_core();
    listen();
    loop {
        // As they are before the run, and when its tests have ended.
        let before = scripts(options);
        let mut after = before.clone();
        let code = match once(options, &mut after) {
            Ok(run) if run.totals.failed > 0 => ExitCode::TEST_FAILED,
            Ok(_) => ExitCode::SUCCESS,
            Err(Failed::Usage(message)) => {
                say(&message);
                ExitCode::TEST_USAGE
            }
            Err(Failed::Runner(message)) => {
                say(&message);
                ExitCode::TEST_RUNNER
            }
        };
        if options.watch {
            wait_for_change(options, &before, &after);
        }
        match SIGNAL.load(Ordering::Relaxed) {
            0 if options.watch => {}
            0 => return code,
            signal => return ExitCode::from_signal(signal),
        }
    }
}

/// The signal that has asked for the end; 0 before.
static SIGNAL: AtomicU8 = AtomicU8::new(0);

fn listen() {
    // Nothing but what is done here comes of a signal.
    let (events, _) = crossbeam_channel::unbounded();
    for number in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let signal = u8::try_from(number).unwrap_or(u8::MAX);
        // Where it cannot be listened to, it ends the process.
        let _ = signals::watch(number, &events, move |_| {
            if SIGNAL.swap(signal, Ordering::Relaxed) != 0 {
                ExitCode::from_signal(signal).exit();
            }
        });
    }
}

fn say(message: &str) {
    // Where stderr is gone nobody is there to be told.
    let _ = writeln!(io::stderr(), "oomhost: {message}");
}

enum Failed {
    /// Nothing was run.
    Usage(String),
    /// The run could not be brought to its end.
    Runner(String),
}

impl From<RunError> for Failed {
    fn from(error: RunError) -> Self {
        Self::Runner(error.to_string())
    }
}

/// `after` becomes the scripts as they are when the tests have ended.
fn once(options: &TestOptions, after: &mut Scripts) -> Result<RunFacts, Failed> {
    let usage = |error: &dyn std::fmt::Display| Failed::Usage(error.to_string());
    let tests = selected(
        options,
        leak_test::find(&options.paths).map_err(|error| usage(&error))?,
    );
    if tests.is_empty() {
        return Err(Failed::Usage(nothing(options)));
    }
    let path = options.baseline.as_deref().unwrap_or(Path::new(BASELINE));
    let must_be = options.baseline.is_some() && !options.update_baseline;
    let baseline = Baseline::read(path, must_be).map_err(|error| usage(&error))?;
    let program = std::env::current_exe()
        .map_err(|error| Failed::Runner(format!("cannot find this program: {error}")))?;
    let mut reports = Reports::open(options)?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let keep = match &*options.keep {
        "all" => Keep::All,
        "none" => Keep::None,
        _ => Keep::Failed,
    };
    let plan = Plan {
        tests: &tests,
        repeat: options.repeat,
        jobs: options.jobs.unwrap_or(cores),
        bail: options.bail,
        settings: Settings {
            timeout: options.timeout,
            prove: options.prove,
            program,
        },
        baseline: &baseline,
        artifacts: options.artifacts.as_deref().map(|folder| (folder, keep)),
        suspects: &suspects,
        signal: &SIGNAL,
        page: &|snapshot| analyze::page(snapshot).map_err(|error| format!("{error:#}")),
    };
    let start = Instant::now();
    let total = tests.len() * options.repeat as usize;
    reports.each(|reporter, out| reporter.begin(out, total))?;
    let (facts, bailed) = leak_test::run(&plan, &mut |test| {
        reports.each(|reporter, out| reporter.test(out, test))?;
        reports.progress(total);
        Ok(())
    })?;
    if options.update_baseline {
        let (added, gone) =
            leak_test::update_baseline(path, &facts).map_err(|error| usage(&error))?;
        say(&format!(
            "{}: {added} entries added, {gone} taken out",
            path.display()
        ));
    }
    let run = RunFacts::of(facts, start.elapsed().as_secs_f64() * 1000.0, bailed);
    *after = scripts(options);
    reports.clear_progress();
    reports.each(|reporter, out| reporter.end(out, &run))?;
    let left = total - run.tests.len();
    if SIGNAL.load(Ordering::Relaxed) != 0 && left > 0 {
        say(&format!(
            "ended by a signal; {left} of {total} tests were not run"
        ));
    }
    Ok(run)
}

/// The tests that `--filter` and `--shard` leave.
fn selected(options: &TestOptions, tests: Vec<Fixture>) -> Vec<Fixture> {
    let is_wanted = |test: &Fixture| {
        let filter = options.filter.as_ref();
        filter.is_none_or(|text| test.file.to_string_lossy().contains(text.as_str()))
    };
    let (part, parts) = options.shard.unwrap_or((1, 1));
    tests
        .into_iter()
        .filter(is_wanted)
        .enumerate()
        .filter(|(at, _)| at % parts == part - 1)
        .map(|(_, test)| test)
        .collect()
}

fn nothing(options: &TestOptions) -> String {
    if options.filter.is_some() || options.shard.is_some() {
        return "no test is left by --filter and --shard".to_owned();
    }
    format!(
        "there is no test in {}: files named *.leak.js (.mjs, .cjs, .ts), or others with //@ directives that \
         are named themselves",
        if options.paths.is_empty() {
            "this folder".to_owned()
        } else {
            options.paths.join(", ")
        }
    )
}

/// A report: its name, and what it is written to.
type Report = (String, Box<dyn Reporter>, Box<dyn Write>);

/// The reports.
struct Reports {
    all: Vec<Report>,
    told: usize,
    shows_progress: bool,
}

impl Reports {
    fn open(options: &TestOptions) -> Result<Self, Failed> {
        let is_terminal = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let mut all: Vec<Report> = Vec::new();
        for (name, file) in &options.reporters {
            let Some((_, format)) = Format::ALL.iter().find(|(known, _)| known == name) else {
                continue;
            };
            let out: Box<dyn Write> = match file {
                None => Box::new(io::stdout()),
                Some(path) => {
                    let file = File::create(path).map_err(|error| {
                        Failed::Usage(format!("cannot write {}: {error}", path.display()))
                    })?;
                    Box::new(io::BufWriter::new(file))
                }
            };
            let reporter = format.reporter(is_terminal && file.is_none());
            all.push((name.clone(), reporter, out));
        }
        Ok(Self {
            all,
            told: 0,
            shows_progress: io::stderr().is_terminal(),
        })
    }

    /// Has each reporter write something. A closed pipe is no error: who wanted to read has had enough.
    fn each(
        &mut self,
        mut write: impl FnMut(&mut dyn Reporter, &mut dyn Write) -> io::Result<()>,
    ) -> Result<(), RunError> {
        self.clear_progress();
        for (name, reporter, out) in &mut self.all {
            let written = write(&mut **reporter, out).and_then(|()| out.flush());
            match written {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    return Err(RunError::Report(name.clone(), error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn progress(&mut self, total: usize) {
        self.told += 1;
        if self.shows_progress && self.told < total {
            let _ = write!(io::stderr(), "\r{} of {total} ", self.told);
        }
    }

    fn clear_progress(&self) {
        if self.shows_progress && self.told > 0 {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

/// What leaks in a snapshot that was left when memory ran out: its suspects.
fn suspects(snapshot: &Path) -> Result<Vec<LeakFacts>, String> {
    analyze::suspects(snapshot)
        .map(|found| found.iter().map(leak).collect())
        .map_err(|error| format!("{error:#}"))
}

fn leak(suspect: &SuspectFacts) -> LeakFacts {
    let holds = suspect.holds.iter().chain(&suspect.consists_of);
    let mut kinds: Vec<KindFacts> = Vec::new();
    let object = [(&suspect.object.class, suspect.object.shallow_bytes)];
    let groups = holds.map(|group| (&group.class, group.bytes));
    for (name, bytes) in groups.chain(object) {
        if kinds.iter().all(|known| known.name != *name) {
            kinds.push(KindFacts {
                name: name.clone(),
                rounds: Vec::new(),
                each: None,
                bytes,
            });
        }
    }
    let first = suspect.holds.first();
    let location = first
        .map_or(&suspect.object.location, |group| &group.location)
        .as_ref();
    LeakFacts {
        culprit: first
            .map_or(&suspect.object.class, |group| &group.class)
            .clone(),
        signature: suspect.signature.clone(),
        path: suspect.object.source.clone(),
        kinds,
        bytes: suspect.bytes,
        bytes_each: None,
        retainers: suspect
            .path
            .iter()
            .map(|step| Reference {
                edge: step.edge.clone(),
                name: step.name.clone(),
                object: step.class.clone(),
                id: step.id,
            })
            .collect(),
        location: location.map(|place| Place {
            script: place.script.clone(),
            line: place.line,
            column: place.column,
        }),
        proof: None,
        known: None,
    }
}

/// Scripts, and when they were changed.
type Scripts = HashMap<PathBuf, SystemTime>;

/// Waits until a script below the given paths is another one than when the tests had ended, or a signal
/// comes. Not at all where one that was there before the run was changed meanwhile; what the tests
/// themselves have made is no reason to run them again.
fn wait_for_change(options: &TestOptions, before: &Scripts, after: &Scripts) {
    if before
        .iter()
        .any(|(path, changed)| after.get(path) != Some(changed))
    {
        return;
    }
    while SIGNAL.load(Ordering::Relaxed) == 0 && scripts(options) == *after {
        thread::sleep(LOOK);
    }
}

/// The scripts in the folders that tests are in or searched in, and when they were changed.
/// Nobody asks for them without `--watch`: none then.
fn scripts(options: &TestOptions) -> Scripts {
    let mut found = HashMap::new();
    if !options.watch {
        return found;
    }
    let mut open: Vec<PathBuf> = options.paths.iter().map(PathBuf::from).collect();
    if open.is_empty() {
        open.push(PathBuf::from("."));
    }
    let reports: Vec<Option<PathBuf>> = options
        .reporters
        .iter()
        .filter_map(|(_, file)| Some(file.as_ref()?.canonicalize().ok()))
        .collect();
    let tests = leak_test::find(&options.paths).unwrap_or_default();
    open.extend(
        tests
            .iter()
            .filter_map(|test| Some(test.file.parent()?.to_owned())),
    );
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).into_iter().flatten().flatten();
            open.extend(entries.filter_map(|entry| {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
                (!is_link && !name.starts_with('.') && name != "node_modules").then(|| entry.path())
            }));
        } else if let Ok(changed) = fs::metadata(&path).and_then(|facts| facts.modified()) {
            let end = path.extension().and_then(|end| end.to_str());
            // A report is written when the tests have ended.
            let is_report = end == Some("json") && reports.contains(&path.canonicalize().ok());
            if is_report {
                continue;
            }
            if matches!(
                end,
                Some("js" | "mjs" | "cjs" | "ts" | "mts" | "cts" | "json")
            ) {
                found.insert(path, changed);
            }
        }
    }
    found
}
