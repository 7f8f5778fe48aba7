//! Captures of several threads, one after the other.

use crate::sys::clock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// How many captures write a snapshot now, in all threads. What a crash or a signal finds
/// (`sys/last_stand`) is one capture's, so they take turns.
static UNDER_WAY: AtomicU32 = AtomicU32::new(0);

/// Whether a thread writes a snapshot, or waits to.
pub fn is_under_way() -> bool {
    UNDER_WAY.load(Ordering::Acquire) != 0
}

/// A capture has the turn.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// This thread's capture, while the others wait.
pub(super) struct Turn;

impl Turn {
    /// Waits for the capture of another thread, as long as one may take at most. No lock: a capture
    /// that never comes back must not hold up the one that ends the process.
    pub fn take(patience: Option<Duration>) -> Self {
        UNDER_WAY.fetch_add(1, Ordering::AcqRel);
        let began = clock::monotonic_ns();
        while TAKEN.swap(true, Ordering::AcqRel) {
            let waited = Duration::from_nanos(clock::monotonic_ns().saturating_sub(began));
            if patience.is_some_and(|patience| waited >= patience) {
                break;
            }
            clock::sleep_ms(1);
        }
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        TAKEN.store(false, Ordering::Release);
        UNDER_WAY.fetch_sub(1, Ordering::AcqRel);
    }
}
