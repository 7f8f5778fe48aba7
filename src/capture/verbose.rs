//! `--verbose`: what a capture decides, and from which figures, a line each.

use super::account::{duration, megabytes};
use super::policy::{AtLimit, Pressure};
use super::room::{Memory, Room};
use super::tiers::{State, say};
use crate::sys::fixed::{FixedPath, Lossy};

impl State {
    /// What the near-heap-limit callback does.
    pub(super) fn tell_limit(&self, pressure: Pressure, decision: AtLimit) {
        if !self.is_verbose() {
            return;
        }
        let used = megabytes(pressure.used as u64);
        let limit = megabytes(pressure.limit as u64);
        match decision {
            AtLimit::Capture => {
                say!("oomhost: capture: {used} of the limit {limit} in use: a snapshot\n");
            }
            // It says where it was written.
            AtLimit::Profile => {}
            AtLimit::Return(same) if same == pressure.limit => say!(
                "oomhost: capture: {used} of the limit {limit} in use: no snapshot, V8 decides\n"
            ),
            AtLimit::Return(raised) => say!(
                "oomhost: capture: {used} of the limit {limit} in use: a limit of {} until the capture is over\n",
                megabytes(raised as u64)
            ),
        }
    }

    /// Where a capture writes.
    pub(super) fn tell_output(&self, partial: &FixedPath) {
        if self.is_verbose() {
            let partial = Lossy(partial.as_bytes());
            match self.deadline() {
                Some(time) => {
                    let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
                    say!(
                        "oomhost: capture: writes {partial}, in {} at most\n",
                        duration(time)
                    );
                }
                None => say!("oomhost: capture: writes {partial}, without a deadline\n"),
            }
        }
    }

    /// Where a capture's memory comes from.
    pub(super) fn tell_memory(&self, room: Room, choice: Memory, directory: &FixedPath) {
        if self.is_verbose() {
            let directory = Lossy(directory.as_bytes());
            let used = megabytes(room.used);
            let need = megabytes(room.need());
            let disk = megabytes(room.disk);
            let memory = megabytes(room.memory);
            let place = match choice {
                Memory::Arena => "a scratch file",
                Memory::Plain => "plain memory",
            };
            say!(
                "oomhost: capture: {place}: {used} of heap need up to {need}; \
                 {disk} left in {directory}, {memory} of memory\n"
            );
        }
    }
}
