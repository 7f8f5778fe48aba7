//! Heap snapshots that a copy of the process takes, while the process goes on.
//!
//! The copy has the isolate's thread and none of V8's workers. It may run V8 because every other
//! thread slept at the fork, so that no job of V8's had a worker in it and no lock was held; V8 then
//! does a job's work on the thread that waits for it. What a capture uses beside V8 is made anew in
//! the copy (files, the scratch file of the arena) or not there: a process that compresses (a
//! thread), that records a CPU profile (a thread), or that shares a scratch file with its copy takes
//! its snapshots itself.
#![expect(unsafe_code, reason = "fork, and _exit in the copy")]

use super::snapshot::Contents;
use super::trigger::{SnapshotError, current, take_snapshot_with_ids};
use super::{profile, tiers::State};
use crate::sys::fixed::FixedPath;
use crate::sys::fork::{self, Child, Side};
use crate::sys::process;
use std::io::Write as _;
use std::time::Duration;

/// How long the copy may take where captures have no deadline.
const DEADLINE: Duration = Duration::from_hours(1);

/// A snapshot that is being taken elsewhere.
#[derive(Debug)]
pub struct Forked(Child);

/// What came of [`fork_snapshot`].
#[derive(Debug)]
pub enum Fork {
    /// A copy of the process is at it.
    Begun(Forked),
    /// Another thread is at work: a moment later there may be none.
    Busy,
    /// The process has to take the snapshot itself.
    Impossible,
}

/// How it went: the file's path, or why there is none.
pub type Outcome = Result<Vec<u8>, Failed>;

/// What a [`SnapshotError`] of the copy's said.
#[derive(Debug)]
pub struct Failed {
    /// What the system said.
    pub errno: i32,
    /// The system call or step that failed.
    pub step: String,
    /// The path that the file was to have.
    pub path: Vec<u8>,
}

/// Lets a copy of the process take a snapshot and write it to `path`, or to a file with Node's name.
///
/// Objects have the ids of the process's other snapshots if it has taken one of its own, as V8 gives
/// ids to all of them then; what the copy gives ids to nobody remembers.
pub fn fork_snapshot(isolate: &mut v8::Isolate, path: Option<&[u8]>, contents: Contents) -> Fork {
    let Some(state) = current() else {
        return Fork::Impossible;
    };
    if !state.may_fork() || profile::is_recording() {
        return Fork::Impossible;
    }
    if !fork::others_sleep() {
        return Fork::Busy;
    }
    let mut name = FixedPath::new();
    match path {
        Some(path) => name.push(path),
        None => state.push_default_name(&mut name),
    }
    let deadline = state.deadline().unwrap_or(DEADLINE);
    // SAFETY: the other threads sleep; what the copy shares with us it does not touch, as the
    // module says.
    let Ok(side) = (unsafe { fork::fork(deadline) }) else {
        return Fork::Impossible;
    };
    match side {
        Side::Parent(child) => Fork::Begun(Forked(child)),
        Side::Child(mut parent) => {
            let lasting_ids = state.gave_lasting_ids.get();
            let taken =
                take_snapshot_with_ids(isolate, Some(name.as_bytes()), contents, lasting_ids);
            let said = match taken {
                Ok(path) => [b"0\0\0", &*path].concat(),
                Err(SnapshotError { errno, step, path }) => {
                    [format!("{}\0{step}\0", errno.0).as_bytes(), &path].concat()
                }
            };
            let told = parent.write_all(&said).is_ok();
            process::leave(i32::from(!told));
        }
    }
}

impl Forked {
    /// Waits for the copy, on any thread. `None` where it crashed or took too long: then there is no
    /// file.
    #[must_use]
    pub fn wait(self) -> Option<Outcome> {
        let said = self.0.wait()?;
        let mut parts = said.splitn(3, |&byte| byte == 0);
        let errno: i32 = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
        let step = String::from_utf8_lossy(parts.next()?).into_owned();
        let path = parts.next()?.to_vec();
        Some(match errno {
            0 => Ok(path),
            _ => Err(Failed { errno, step, path }),
        })
    }
}

impl State {
    /// Whether a copy of the process would share nothing that a capture changes.
    fn may_fork(&self) -> bool {
        let plain = self
            .reserve
            .try_borrow()
            .is_ok_and(|reserve| reserve.format().is_none());
        plain && !self.has_scratch()
    }
}
