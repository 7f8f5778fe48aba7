//! One cell: a program fills its heap in a cgroup, and is watched while it captures.
//!
//! The limit is set at the moment the capture begins, so that it is exact and the same for every
//! program, however differently they fill their heaps: the first line of the account on stderr
//! (Node's: `NODE_DEBUG_NATIVE=diagnostics`) stops the process by SIGSTOP; when all of its
//! threads stand still, what the cgroup is charged with is "what the program used just before";
//! that and the cell's megabytes become the limit, and SIGCONT starts the clock. Neither program
//! has asked for memory of its capture by then. The clock ends with the line that the program
//! prints after the file is complete; then oomhost is left to end, with its summary, and Node,
//! which would go on to fill its heap, is ended.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use super::cell::{Cell, Program, WRITTEN};
use super::group::Group;
use super::signal;
use super::snapshots;

/// How often memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// How long the heap may take to fill.
const UNTIL_LIMIT: Duration = Duration::from_mins(5);

/// How long the end of a program may take after its file is there.
const UNTIL_END: Duration = Duration::from_mins(1);

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, or by us after its file was complete.
    Done,
    /// By the kernel, for memory.
    Killed,
    /// By us, for the time it took.
    TimedOut,
    /// By a signal that is neither.
    Signal(i32),
    /// By us: it did not fill its heap.
    NoLimit,
}

/// What became of a cell. Sizes in bytes.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub end: End,
    /// It said that the file is complete.
    pub complete: bool,
    /// Files under a final name that are whole and valid snapshots.
    pub valid: usize,
    /// Files under a final name that are not.
    pub bad: usize,
    /// Processes of the group that the kernel killed.
    pub kills: u64,
    /// Most anonymous memory of the group beyond what it was just before, until the file is
    /// complete. The summary, a process of its own, comes after it.
    pub more_anonymous: u64,
    /// Most memory of any kind that the group was charged with, beyond the same.
    pub more: u64,
    /// The most it was charged with altogether.
    pub peak: u64,
    /// From the limit to the complete file.
    pub time: Option<Duration>,
    /// Length of the valid file.
    pub snapshot: u64,
    /// The end of what it printed.
    pub stderr: String,
}

impl Outcome {
    pub fn survived(&self) -> bool {
        matches!(self.end, End::Done | End::TimedOut)
    }
}

/// Runs one cell. A capture may take as long as `patience`.
///
/// An error means that nothing could be measured.
pub fn run(cell: &Cell, program: &Program, patience: Duration) -> Result<Outcome, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let group = Group::unlimited()?;
    let mut child = start(cell, program, &group, folder.path())?;
    let id = u64::from(child.id());
    let lines = read_lines(&mut child, program.at_limit, id)?;
    let mut watch = Watch::new(&group);
    let mut stderr = Vec::new();
    let status = watch.follow(cell, program, &mut child, &lines, patience, &mut stderr);
    if status.is_err() {
        signal::kill(id);
        let _ = child.wait();
    }
    let (end, status) = status?;
    // What was still in the pipe at the end.
    stderr.extend(lines.try_iter().map(|line| line.text));
    let mut outcome = Outcome {
        end: end.unwrap_or_else(|| ended_by(status, &group)),
        complete: watch.written.is_some(),
        valid: 0,
        bad: 0,
        kills: group.kills(),
        more_anonymous: watch.anonymous.saturating_sub(watch.anonymous_before),
        more: watch.peak.saturating_sub(watch.before),
        peak: watch.peak,
        time: watch
            .began
            .zip(watch.written)
            .map(|(began, written)| written - began),
        snapshot: 0,
        stderr: tail(&stderr),
    };
    for path in snapshots::find(folder.path())? {
        match snapshots::check(&path) {
            Ok(length) => {
                outcome.valid += 1;
                outcome.snapshot = length;
            }
            Err(error) => {
                outcome.bad += 1;
                outcome.stderr.push_str(&error);
            }
        }
    }
    Ok(outcome)
}

fn start(cell: &Cell, program: &Program, group: &Group, folder: &Path) -> Result<Child, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/container/shapes.js");
    // The program replaces a shell that has gone into the group.
    Command::new("sh")
        .args(["-c", "echo $$ > \"$0/cgroup.procs\" && exec \"$@\""])
        .arg(group.path())
        .arg(&program.path)
        .arg(format!("--max-old-space-size={}", cell.heap))
        .args(program.flags)
        .arg(script)
        .args([cell.shape, cell.growth])
        .env_remove("NODE_OPTIONS")
        .envs(program.environment.iter().copied())
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {error}", program.path.display()))
}

/// A line of stderr.
struct Line {
    text: String,
    at: Instant,
    /// The process was stopped upon it.
    is_limit: bool,
}

/// Reads the child's stderr on a thread that stops the child at the mark.
fn read_lines(child: &mut Child, mark: &'static str, id: u64) -> Result<Receiver<Line>, String> {
    let (sender, lines) = mpsc::channel();
    let stderr = BufReader::new(child.stderr.take().ok_or("stderr is not piped")?);
    thread::spawn(move || {
        let mut waits = true;
        for line in stderr.split(b'\n').map_while(Result::ok) {
            let text = String::from_utf8_lossy(&line).into_owned();
            let is_limit = waits && text.contains(mark);
            if is_limit {
                signal::stop(id);
                waits = false;
            }
            let line = Line {
                text,
                at: Instant::now(),
                is_limit,
            };
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    Ok(lines)
}

/// What is seen of a group.
struct Watch<'a> {
    group: &'a Group,
    /// Usage and anonymous memory when the program stood still at its limit.
    before: u64,
    anonymous_before: u64,
    /// The most since.
    peak: u64,
    anonymous: u64,
    began: Option<Instant>,
    written: Option<Instant>,
}

impl<'a> Watch<'a> {
    fn new(group: &'a Group) -> Self {
        Self {
            group,
            before: 0,
            anonymous_before: 0,
            peak: 0,
            anonymous: 0,
            began: None,
            written: None,
        }
    }

    /// Follows the child to its end. The end is told where it was ours.
    fn follow(
        &mut self,
        cell: &Cell,
        program: &Program,
        child: &mut Child,
        lines: &Receiver<Line>,
        patience: Duration,
        stderr: &mut Vec<String>,
    ) -> Result<(Option<End>, ExitStatus), String> {
        let id = u64::from(child.id());
        let started = Instant::now();
        let mut end = None;
        loop {
            for line in lines.try_iter() {
                if line.is_limit {
                    self.limit(cell, id)?;
                } else if self.began.is_some() && line.text.contains(WRITTEN) {
                    self.written.get_or_insert(line.at);
                }
                stderr.push(line.text);
            }
            self.look();
            if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
                // The line may still be in the pipe.
                for line in lines {
                    if self.began.is_some() && line.text.contains(WRITTEN) {
                        self.written.get_or_insert(line.at);
                    }
                    stderr.push(line.text);
                }
                return Ok((end, status));
            }
            if end.is_none() {
                end = self.end_of_patience(program, started, patience);
                if end.is_some() {
                    signal::kill(id);
                }
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    /// The program is at its heap's limit and was told to stop: sets the cgroup's.
    fn limit(&mut self, cell: &Cell, id: u64) -> Result<(), String> {
        wait_until_stopped(id);
        self.before = self.group.usage();
        self.anonymous_before = self.group.anonymous();
        if let Some(megabytes) = cell.limit.0 {
            self.group.set_limit(self.before + (megabytes << 20))?;
        }
        self.began = Some(Instant::now());
        signal::go_on(id);
        Ok(())
    }

    fn look(&mut self) {
        if self.began.is_some() {
            self.peak = self.peak.max(self.group.usage());
            if self.written.is_none() {
                self.anonymous = self.anonymous.max(self.group.anonymous());
            }
        }
    }

    fn end_of_patience(
        &self,
        program: &Program,
        started: Instant,
        patience: Duration,
    ) -> Option<End> {
        match (self.began, self.written) {
            (_, Some(written)) => {
                (program.goes_on || written.elapsed() > UNTIL_END).then_some(End::Done)
            }
            (Some(began), None) => (began.elapsed() > patience).then_some(End::TimedOut),
            (None, None) => (started.elapsed() > UNTIL_LIMIT).then_some(End::NoLimit),
        }
    }
}

/// Waits until every thread of the process has stopped, a second at most.
fn wait_until_stopped(id: u64) {
    let is_stopped = |stat: String| {
        // The state follows the name, which is in parentheses and may hold any text.
        stat.rsplit_once(") ")
            .is_none_or(|(_, rest)| rest.starts_with(['T', 't', 'Z', 'X']))
    };
    for _ in 0..1000 {
        let Ok(tasks) = fs::read_dir(format!("/proc/{id}/task")) else {
            return;
        };
        if tasks
            .flatten()
            .filter_map(|task| fs::read_to_string(task.path().join("stat")).ok())
            .all(is_stopped)
        {
            return;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn ended_by(status: ExitStatus, group: &Group) -> End {
    use std::os::unix::process::ExitStatusExt as _;

    match status.signal() {
        Some(libc::SIGKILL) if group.kills() > 0 => End::Killed,
        Some(libc::SIGABRT) | None => End::Done,
        Some(signal) => End::Signal(signal),
    }
}

/// The last lines.
fn tail(lines: &[String]) -> String {
    lines[lines.len().saturating_sub(12)..].join("\n")
}
