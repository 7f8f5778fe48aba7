//! Standard error for a process that may not block or allocate.
#![expect(unsafe_code, reason = "talks to libc")]

use super::clock;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

/// A pipe takes a write of this length whole once it reports room (`PIPE_BUF`).
const PIECE: usize = 4096;

/// How long a reader that does not read may hold the process up.
const PATIENCE_MS: u64 = 5_000;

/// Set once nobody reads: everything after it is dropped.
static STUCK: AtomicBool = AtomicBool::new(false);

/// Writes bytes to standard error.
///
/// What cannot be written (closed, broken pipe, a reader that has not read for
/// five seconds) is dropped: the account on disk matters more than the text.
pub fn write(mut bytes: &[u8]) {
    while !bytes.is_empty() && wait_for_room() {
        let piece = bytes.get(..bytes.len().min(PIECE)).unwrap_or_default();
        // SAFETY: `piece` is valid for its length; the descriptor need not be open.
        let written =
            unsafe { libc::write(libc::STDERR_FILENO, piece.as_ptr().cast(), piece.len()) };
        match usize::try_from(written) {
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(_) => match super::Errno::last().0 {
                libc::EINTR | libc::EAGAIN => {}
                _ => return,
            },
        }
    }
}

/// Waits until standard error takes a piece; gives up for good, with `false`,
/// after [`PATIENCE_MS`].
fn wait_for_room() -> bool {
    if STUCK.load(Ordering::Relaxed) {
        return false;
    }
    let end = clock::monotonic_ns() + PATIENCE_MS * 1_000_000;
    loop {
        let mut request = libc::pollfd {
            fd: libc::STDERR_FILENO,
            events: libc::POLLOUT,
            revents: 0,
        };
        // SAFETY: one valid `pollfd`.
        let ready = unsafe { libc::poll(&raw mut request, 1, 100) };
        if ready > 0 {
            return true;
        }
        if clock::monotonic_ns() >= end {
            STUCK.store(true, Ordering::Relaxed);
            return false;
        }
    }
}

/// Whether standard error was given up because nobody reads it.
#[must_use]
pub fn is_stuck() -> bool {
    STUCK.load(Ordering::Relaxed)
}

/// Whether standard error is a terminal.
#[must_use]
pub fn is_terminal() -> bool {
    // SAFETY: asks about a descriptor, which need not be open.
    unsafe { libc::isatty(libc::STDERR_FILENO) == 1 }
}

/// Formats to standard error through a small buffer on the stack.
pub fn print(text: fmt::Arguments<'_>) {
    let mut buffer = super::fixed::Fixed::<2048>::new();
    // A `Fixed` cuts what does not fit and never fails.
    let _ = fmt::write(&mut buffer, text);
    write(buffer.as_bytes());
}
