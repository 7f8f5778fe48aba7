//! Captures: what happens when memory runs out, and when a script asks.
//!
//! [`policy`] decides and knows nothing but numbers; [`trigger`] is where V8
//! calls in, [`tiers`] what is done then; [`account`] and
//! [`report`] are tier 0 (text and JSON from memory already held), [`snapshot`]
//! and [`sink`] tier 1 (V8's generator into a file that is complete or not
//! there), its memory [`arena`]'s (a scratch file); tier 2 is this program started again on the finished file.
//! [`profile`] is for CPU and sampling heap profiles.
//! [`forked`] lets a copy of the process take a snapshot.
//! [`watch`] asks for a capture where memory beyond V8's heap runs out, when
//! [`crossing`] says so.
//!
//! Everything that runs when memory is short works in what was reserved by
//! [`install`]. Names: automatic files never replace anything (the next free
//! name is taken, and told); a path that a script names is replaced, as Node
//! replaces it, but only by a complete file.

mod account;
mod arena;
mod crossing;
mod forked;
mod generator;
mod json;
mod live;
mod names;
mod policy;
pub mod profile;
mod progress;
mod query;
mod report;
mod request;
mod requested_report;
mod room;
mod sink;
mod snapshot;
mod stack;
mod tiers;
mod trigger;
mod turn;
mod uncaught;
mod verbose;
mod watch;

use crate::compression::Format;
use std::path::PathBuf;
use std::time::Duration;

pub use forked::{Failed, Fork, Outcome, fork_snapshot};
pub use generator::{Generator, Stream, WriteSnapshot, install as install_generator};
pub use live::forget_variable;
pub use query::{object_id, objects_by_id, query_objects};
pub use request::{Request, request};
pub use requested_report::{
    next_report_name, report_json, report_on_signal, report_signal, report_uncaught,
    set_report_options,
};
pub use snapshot::Contents;
pub use trigger::{
    at_safe_point, install, making_context, set_heap_profiles_near_limit, set_near_heap_limit,
    set_oom_snapshot, stay_first_at_the_limit, take_plain_snapshot, take_snapshot,
};
pub use turn::is_under_way;
pub use uncaught::account_for_uncaught;

/// What ends where an isolate's heap is full and nothing but the end is left.
pub enum OnFull {
    /// The process, as Node's ends.
    EndProcess,
    /// This worker's thread: the function marks it as ending, from within V8, so that it must neither
    /// allocate nor wait.
    EndWorker(Box<dyn Fn()>),
}

/// Resident memory at which a capture is taken (`--capture-at-rss`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtRss {
    /// RSS of the process, in bytes.
    Bytes(u64),
    /// Percent of the memory that the process may use, 1 to 100.
    Percent(u8),
}

/// What the user may choose about captures.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--heapsnapshot-near-heap-limit`: `None` is one snapshot and then the
    /// end; `Some(n)` is n snapshots, and the program goes on after each.
    pub near_heap_limit: Option<u32>,
    /// `--capture-at-rss`; `None` is off.
    pub capture_at_rss: Option<AtRss>,
    /// `--oom-snapshot`: the path of automatic snapshots, with `%p`, `%t`,
    /// `%n`, `%%`.
    pub oom_snapshot: Option<PathBuf>,
    /// `--diagnostic-dir`: the directory of files that have none of their own.
    pub diagnostic_dir: Option<PathBuf>,
    /// `--capture-dir`: the directory of the arena's scratch file; `None` is that
    /// of automatic snapshots.
    pub capture_dir: Option<PathBuf>,
    /// `--capture-deadline`: how long a capture may take; `None` is for ever.
    pub capture_deadline: Option<Duration>,
    /// `--verbose`: tell what a capture decides.
    pub verbose: bool,
    /// `--snapshot-compress`: snapshots are compressed files.
    pub snapshot_compress: Option<Format>,
    /// `report.*.json`.
    pub report: ReportOptions,
    /// `--heap-prof-on-oom`: a sampling heap profile beside each automatic snapshot.
    pub heap_profile: bool,
}

/// What the user, and later the script, may choose about reports.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one of Node's switches, independent of the others"
)]
pub struct ReportOptions {
    /// Write one when memory runs out.
    pub on_fatal_error: bool,
    /// `--report-uncaught-exception`.
    pub on_uncaught_exception: bool,
    /// `--report-directory`: goes before `diagnostic_dir`.
    pub directory: Option<PathBuf>,
    /// `--report-filename`; `stdout` and `stderr` stand for the streams.
    pub filename: Option<String>,
    /// `--report-compact`: a report of one line.
    pub compact: bool,
    /// `--report-exclude-env`.
    pub exclude_env: bool,
}
