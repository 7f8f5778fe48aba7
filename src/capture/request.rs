//! What other threads ask of the isolate's: it is done at the next safe point, in a loop that never
//! returns as well as asleep in the event loop.

use super::snapshot::Contents;
use super::tiers::{State, say};
use super::watch::on_interrupt;
use super::{profile, trigger};
use crate::sys::fixed::Lossy;
use crate::sys::{process, signal_names};
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

/// The signal that shall end the process; 0 is none.
static END: AtomicI32 = AtomicI32::new(0);

/// The signal that a report was asked for by; 0 is none.
static REPORT: AtomicI32 = AtomicI32::new(0);

/// Heap snapshots that were asked for: one for each signal.
static SNAPSHOTS: AtomicU32 = AtomicU32::new(0);

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// The end of the process by this signal, once the profiles of the run are written.
    EndBy(i32),
    /// A report, by this signal.
    Report(i32),
    /// A heap snapshot.
    Snapshot,
}

/// Asks the main isolate, from any thread. The event loop has to be woken, too, to call
/// [`super::at_safe_point`].
pub fn request(isolate: &v8::IsolateHandle, request: Request) {
    match request {
        Request::EndBy(signal) => END.store(signal, Ordering::Release),
        Request::Report(signal) => REPORT.store(signal, Ordering::Release),
        Request::Snapshot => {
            SNAPSHOTS.fetch_add(1, Ordering::AcqRel);
        }
    }
    isolate.request_interrupt(on_interrupt, std::ptr::null_mut());
}

/// Does what was asked for.
pub(super) fn serve(state: &State) {
    let signal = REPORT.swap(0, Ordering::AcqRel);
    if signal != 0 {
        let name = signal_names::name(signal).unwrap_or("");
        state.report_for_signal(&mut state.isolate(), name);
    }
    for _ in 0..SNAPSHOTS.swap(0, Ordering::AcqRel) {
        match trigger::take_snapshot(&mut state.isolate(), None, Contents::default()) {
            Ok(path) => say!("Wrote snapshot to {}\n", Lossy(&path)),
            Err(error) => say!(
                "oomhost: no heap snapshot: {}, {} '{}'\n",
                error.errno,
                error.step,
                Lossy(&error.path)
            ),
        }
    }
    let signal = END.swap(0, Ordering::AcqRel);
    if signal != 0 {
        profile::finish(&mut state.isolate());
        process::end_by_signal(signal);
    }
}
