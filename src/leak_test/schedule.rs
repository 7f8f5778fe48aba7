//! Several tests at a time, told of in their order.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use super::artifacts::{self, Page};
use super::baseline::Baseline;
use super::find::Fixture;
use super::process::{self, Settings};
use super::verdict::{self, Suspects};
use crate::report::tests::{Outcome, TestFacts};

pub use super::baseline::update as update_baseline;

/// Of which tests the evidence is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Of those that failed or have known leaks.
    Failed,
    /// Of all.
    All,
    /// Of none.
    None,
}

/// What is to be run, and how.
pub struct Plan<'p> {
    /// The tests, in their order.
    pub tests: &'p [Fixture],
    /// How often each.
    pub repeat: u32,
    /// How many at a time.
    pub jobs: usize,
    /// Whether the first failure ends the run.
    pub bail: bool,
    /// How.
    pub settings: Settings,
    /// Known leaks.
    pub baseline: &'p Baseline,
    /// Where evidence goes.
    pub artifacts: Option<(&'p Path, Keep)>,
    /// How a snapshot at the limit of memory is read.
    pub suspects: &'p Suspects<'p>,
    /// How a page about a snapshot is written.
    pub page: &'p Page<'p>,
    /// The signal that asks for the end, as soon as there is one; 0 before.
    pub signal: &'p AtomicU8,
}

/// Who is told of tests, in their order, while they run; an error ends the run.
pub type Watched<'w> = dyn FnMut(&TestFacts) -> Result<(), RunError> + 'w;

/// Why the runner itself could not go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A process could not be started, or a folder not be made.
    #[error("{0}: {1}")]
    Start(String, std::io::Error),
    /// Evidence could not be kept.
    #[error("cannot keep what {0} has left: {1}")]
    Keep(String, std::io::Error),
    /// A report could not be written.
    #[error("cannot write the {0} report: {1}")]
    Report(String, std::io::Error),
}

/// Runs the plan. Returns the tests that were run, and whether a failure or a signal ended it before all
/// were: of those that a signal found at work nothing is said.
///
/// # Errors
/// As [`RunError`] says; no test's doing.
pub fn run(plan: &Plan<'_>, watched: &mut Watched<'_>) -> Result<(Vec<TestFacts>, bool), RunError> {
    let repeat = plan.repeat.max(1) as usize;
    let total = plan.tests.len() * repeat;
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let (sender, receiver) = channel();
    let sender = Mutex::new(sender);
    let mut facts: Vec<Option<TestFacts>> = vec![None; total];
    let mut told = 0;
    let mut outcome = Ok(());
    thread::scope(|scope| {
        for _ in 0..plan.jobs.clamp(1, total.max(1)) {
            let sender = sender.lock().map(|sender| sender.clone());
            let Ok(sender) = sender else { break };
            let (next, stop) = (&next, &stop);
            scope.spawn(move || work(plan, repeat, total, next, stop, &sender));
        }
        drop(sender);
        for (at, found) in receiver {
            match found {
                Ok(found) => {
                    facts[at] = Some(found);
                }
                Err(error) => {
                    stop.store(true, Ordering::Relaxed);
                    outcome = Err(error);
                }
            }
            while outcome.is_ok()
                && let Some(Some(ready)) = facts.get(told)
            {
                told += 1;
                if let Err(error) = watched(ready) {
                    stop.store(true, Ordering::Relaxed);
                    outcome = Err(error);
                }
            }
        }
    });
    outcome?;
    // Behind one that was not begun any more.
    for found in facts.iter().skip(told).flatten() {
        watched(found)?;
    }
    let all: Vec<TestFacts> = facts.into_iter().flatten().collect();
    let bailed = all.len() < total;
    Ok((all, bailed))
}

fn work(
    plan: &Plan<'_>,
    repeat: usize,
    total: usize,
    next: &AtomicUsize,
    stop: &AtomicBool,
    sender: &Sender<(usize, Result<TestFacts, RunError>)>,
) {
    while !stop.load(Ordering::Relaxed) && plan.signal.load(Ordering::Relaxed) == 0 {
        let at = next.fetch_add(1, Ordering::Relaxed);
        if at >= total {
            return;
        }
        // All tests once, then all once more: what differs from run to run is seen early.
        let (run, test) = (at / plan.tests.len(), at % plan.tests.len());
        let runs = (
            u32::try_from(run + 1).unwrap_or(1),
            u32::try_from(repeat).unwrap_or(1),
        );
        let Some(found) = one(plan, &plan.tests[test], runs).transpose() else {
            return;
        };
        let failed = found
            .as_ref()
            .is_ok_and(|facts| facts.outcome == Outcome::Failed);
        if plan.bail && failed {
            stop.store(true, Ordering::Relaxed);
        }
        if sender.send((at, found)).is_err() {
            return;
        }
    }
}

/// Runs one test; `None` where a signal ended it.
fn one(
    plan: &Plan<'_>,
    test: &Fixture,
    (run, runs): (u32, u32),
) -> Result<Option<TestFacts>, RunError> {
    let Fixture { file, directives } = test;
    let settings = &plan.settings;
    if let Some(why) = &directives.skip {
        let mut facts = verdict::skipped(file, directives, settings, why);
        (facts.run, facts.runs) = (run, runs);
        return Ok(Some(facts));
    }
    let name = || file.display().to_string();
    let folder = Folder::make().map_err(|error| RunError::Start(name(), error))?;
    let Some(ended) = process::run(file, directives, settings, &folder.0, plan.signal)
        .map_err(|error| RunError::Start(name(), error))?
    else {
        return Ok(None);
    };
    let mut facts = verdict::judge(
        file,
        directives,
        settings,
        plan.baseline,
        &ended,
        plan.suspects,
    );
    (facts.run, facts.runs) = (run, runs);
    let Some((kept, keep)) = plan.artifacts else {
        return Ok(Some(facts));
    };
    let is_wanted = match keep {
        Keep::All => true,
        Keep::Failed => matches!(facts.outcome, Outcome::Failed | Outcome::Known),
        Keep::None => false,
    };
    if is_wanted {
        let files = artifacts::keep(kept, &facts, &ended, plan.page)
            .map_err(|error| RunError::Keep(name(), error))?;
        facts.artifacts = files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
    }
    Ok(Some(facts))
}

/// A folder for the files of one test, gone with this value.
struct Folder(PathBuf);

impl Folder {
    fn make() -> std::io::Result<Self> {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("oomhost-test-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed stays.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
