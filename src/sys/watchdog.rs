//! A deadline that is kept by a thread of its own, made at the start of the process.
//!
//! A thread that builds a snapshot in too little memory may not come back for hours, so it
//! cannot be asked. When the deadline passes within a [`last_stand`], the watchdog ends
//! the process as that would; otherwise it sets a flag ([`Running::has_passed`]), and the capture
//! gives up at its next chance. Nothing here allocates after [`Watchdog::start`].

use super::{clock, last_stand};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

/// The thread's stack: it waits, and prints a line.
const STACK: usize = 64 << 10;

/// Bytes of the stack that the end may need: they are there before memory is short.
const STACK_TOUCHED: usize = 16 << 10;

/// States of the deadline; anything else is monotonic nanoseconds.
const NONE: u64 = 0;
const PASSED: u64 = u64::MAX;

/// The thread.
#[derive(Debug)]
pub struct Watchdog {
    deadline: Arc<AtomicU64>,
    thread: Thread,
}

/// A deadline that is in force until this is dropped.
#[derive(Debug)]
pub struct Running {
    deadline: Arc<AtomicU64>,
}

impl Watchdog {
    /// Starts the thread, which sleeps until [`Self::begin`].
    ///
    /// # Errors
    /// What the system says where it has no thread left.
    pub fn start() -> io::Result<Self> {
        let deadline = Arc::new(AtomicU64::new(NONE));
        let kept = Arc::clone(&deadline);
        let thread = thread::Builder::new()
            .name("oomhost-watchdog".into())
            .stack_size(STACK)
            .spawn(move || keep(&kept))?;
        Ok(Self {
            deadline,
            thread: thread.thread().clone(),
        })
    }

    /// Sets the deadline, from now. One at a time.
    #[must_use]
    pub fn begin(&self, time: Duration) -> Running {
        let time = u64::try_from(time.as_nanos()).unwrap_or(PASSED);
        let at = clock::monotonic_ns().saturating_add(time).min(PASSED - 1);
        self.deadline.store(at, Ordering::Release);
        self.thread.unpark();
        Running {
            deadline: Arc::clone(&self.deadline),
        }
    }
}

impl Running {
    /// Whether the time is up. Never so within a last stand: there the process ends.
    #[must_use]
    pub fn has_passed(&self) -> bool {
        self.deadline.load(Ordering::Acquire) == PASSED && !last_stand::is_on()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.deadline.swap(NONE, Ordering::AcqRel) == PASSED {
            // The watchdog is at it: nothing else is said or removed meanwhile.
            while last_stand::is_on() {
                clock::sleep_ms(100);
            }
        }
    }
}

/// The thread's life.
fn keep(deadline: &AtomicU64) {
    touch_stack();
    loop {
        let at = deadline.load(Ordering::Acquire);
        if at == NONE || at == PASSED {
            thread::park();
            continue;
        }
        let left = at.saturating_sub(clock::monotonic_ns());
        if left > 0 {
            thread::park_timeout(Duration::from_nanos(left));
        } else if deadline
            .compare_exchange(at, PASSED, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
        {
            last_stand::end_at_deadline();
        }
    }
}

#[inline(never)]
fn touch_stack() {
    std::hint::black_box([0_u8; STACK_TOUCHED]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_passes_in_time_and_not_before() {
        let watchdog = Watchdog::start().unwrap();
        let running = watchdog.begin(Duration::from_hours(1));
        assert!(!running.has_passed());
        drop(running);
        let running = watchdog.begin(Duration::from_millis(20));
        let begun = clock::monotonic_ns();
        while !running.has_passed() {
            assert!(clock::monotonic_ns() - begun < 60_000_000_000);
            clock::sleep_ms(1);
        }
        assert!(clock::monotonic_ns() - begun >= 19_000_000);
        drop(running);
        assert!(!watchdog.begin(Duration::MAX).has_passed());
    }

    #[test]
    fn a_deadline_that_was_kept_passes_never() {
        let watchdog = Watchdog::start().unwrap();
        drop(watchdog.begin(Duration::from_millis(5)));
        clock::sleep_ms(20);
        assert_eq!(watchdog.deadline.load(Ordering::Acquire), NONE);
    }
}
