//! The end of a process that crashes while it is dying anyway.
//!
//! A snapshot that is taken after V8 has run out of memory may find V8 in a
//! state that it cannot handle, and V8 crashes without a word where its own
//! start does not fit into the heap. While a [`LastStand`] exists, such a crash
//! removes an unfinished file, prints the last words and ends the process as
//! it would have ended without the snapshot: by SIGABRT.
//!
//! A signal that ends the process, Ctrl-C for one, may come while a file is
//! being written. While a [`Tidy`] exists, an unfinished file in which nothing
//! is written yet goes with it, and the name of one that can be recovered is told.
#![expect(unsafe_code, reason = "a signal handler")]

use super::errno::Errno;
use super::fixed::PATH_CAPACITY;
use super::{process, stderr};
use std::ffi::{CStr, c_char};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, Ordering};

/// A null pointer, a failed check of V8's, an impossible instruction.
const SIGNALS: [libc::c_int; 3] = [libc::SIGSEGV, libc::SIGTRAP, libc::SIGILL];

/// What ends a process by default and is sent by somebody: a terminal, `kill`,
/// a container's end, a batch system, a timer.
const ENDING: [libc::c_int; 10] = [
    libc::SIGINT,
    libc::SIGTERM,
    libc::SIGHUP,
    libc::SIGQUIT,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGALRM,
    libc::SIGVTALRM,
    libc::SIGPROF,
    libc::SIGXCPU,
];

/// The path of the unfinished file, NUL-terminated; empty where there is none.
static UNFINISHED: [AtomicU8; PATH_CAPACITY] = [const { AtomicU8::new(0) }; PATH_CAPACITY];

/// Whether something is written in the unfinished file.
static RECOVERABLE: AtomicBool = AtomicBool::new(false);

/// What a crash means, and how the process ends then.
static REASON: AtomicPtr<c_char> = AtomicPtr::new(null_mut());
static WORDS: AtomicPtr<c_char> = AtomicPtr::new(null_mut());

/// Tells which file to remove; the empty path for none.
pub fn set_unfinished(path: &CStr) {
    RECOVERABLE.store(false, Ordering::Release);
    let bytes = path.to_bytes_with_nul();
    // The end first, so that a crash in between finds no path that is cut.
    for (place, &byte) in UNFINISHED.iter().take(PATH_CAPACITY - 1).zip(bytes).rev() {
        place.store(byte, Ordering::Relaxed);
    }
}

/// Tells that something is written in the unfinished file.
pub fn set_recoverable() {
    RECOVERABLE.store(true, Ordering::Release);
}

/// In place until it is dropped.
pub struct LastStand<'a> {
    previous: [libc::sigaction; SIGNALS.len()],
    _borrowed: PhantomData<&'a CStr>,
}

impl<'a> LastStand<'a> {
    /// Takes the signals; a crash prints `reason`, then `words`.
    #[must_use]
    pub fn begin(reason: &'a CStr, words: &'a CStr) -> Self {
        REASON.store(reason.as_ptr().cast_mut(), Ordering::Release);
        WORDS.store(words.as_ptr().cast_mut(), Ordering::Release);
        let previous = SIGNALS.map(|signal| {
            let mut previous = MaybeUninit::<libc::sigaction>::zeroed();
            // SAFETY: all-zero bytes are a valid `sigaction`; both pointers are
            // valid; the handler only does what a signal handler may.
            unsafe {
                let mut action = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
                action.sa_sigaction = on_crash as extern "C" fn(_) as *const () as usize;
                action.sa_flags = libc::SA_ONSTACK | libc::SA_RESETHAND;
                libc::sigaction(signal, &raw const action, previous.as_mut_ptr());
                previous.assume_init()
            }
        });
        Self {
            previous,
            _borrowed: PhantomData,
        }
    }
}

impl Drop for LastStand<'_> {
    fn drop(&mut self) {
        for (signal, previous) in SIGNALS.iter().zip(&self.previous) {
            // SAFETY: an action that the kernel gave us.
            unsafe { libc::sigaction(*signal, previous, null_mut()) };
        }
        WORDS.store(null_mut(), Ordering::Release);
        REASON.store(null_mut(), Ordering::Release);
    }
}

/// While it exists, a signal that ends the process by default first removes the
/// unfinished file, or tells its name if it can be recovered. Signals that have a handler, or are ignored, are left
/// alone.
pub struct Tidy {
    taken: [bool; ENDING.len()],
}

impl Tidy {
    /// Takes the signals.
    #[must_use]
    pub fn begin() -> Self {
        Self {
            taken: ENDING.map(|signal| {
                let is_default = action_of(signal) == Some(libc::SIG_DFL);
                is_default
                    && set_action(signal, on_ending as extern "C" fn(_) as *const () as usize)
            }),
        }
    }
}

impl Drop for Tidy {
    fn drop(&mut self) {
        for (&signal, &taken) in ENDING.iter().zip(&self.taken) {
            if taken {
                set_action(signal, libc::SIG_DFL);
            }
        }
    }
}

fn action_of(signal: libc::c_int) -> Option<libc::sighandler_t> {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: all-zero bytes are a valid `sigaction`, and the kernel fills it.
    unsafe {
        let asked = libc::sigaction(signal, null(), action.as_mut_ptr());
        (asked == 0).then(|| action.assume_init().sa_sigaction)
    }
}

fn set_action(signal: libc::c_int, handler: libc::sighandler_t) -> bool {
    // SAFETY: all-zero bytes are a valid `sigaction`; the handler is SIG_DFL or
    // one that only does what a signal handler may.
    unsafe {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
        action.sa_sigaction = handler;
        action.sa_flags = libc::SA_ONSTACK | libc::SA_RESETHAND;
        libc::sigaction(signal, &raw const action, null_mut()) == 0
    }
}

extern "C" fn on_ending(signal: libc::c_int) {
    if RECOVERABLE.load(Ordering::Acquire) {
        say(c"oomhost: ended within the capture; what is there of it: oomhost recover ".as_ptr());
        say(unfinished());
        say(c"\n".as_ptr());
    } else {
        say(c"oomhost: no heap snapshot: ended before anything of it was written\n".as_ptr());
        remove_unfinished();
    }
    // SAFETY: SA_RESETHAND has brought the default action back; the signal is
    // blocked until this handler returns, and ends the process then.
    unsafe { libc::raise(signal) };
}

/// The disk of the memory that a last capture works in is full, and V8 cannot be
/// told: the end, if this is the last stand. Async-signal-safe.
pub fn end_without_scratch(errno: Errno) {
    if !WORDS.load(Ordering::Acquire).is_null() {
        stderr::print(format_args!(
            "oomhost: no heap snapshot: {errno}, fallocate of the scratch file\n"
        ));
        end();
    }
}

extern "C" fn on_crash(_signal: libc::c_int) {
    say(REASON.load(Ordering::Acquire));
    end();
}

/// Removes the unfinished file, prints the last words, and aborts.
fn end() -> ! {
    remove_unfinished();
    say(WORDS.load(Ordering::Acquire));
    process::abort();
}

/// The path of the unfinished file, NUL-terminated: where it stands, for a copy
/// of it does not fit onto the stack that a signal handler has.
fn unfinished() -> *const c_char {
    // An atomic has the layout of its value, and the last byte is never written.
    UNFINISHED.as_ptr().cast()
}

fn remove_unfinished() {
    let path = unfinished();
    // SAFETY: a C string.
    if unsafe { *path } != 0 {
        // SAFETY: as above.
        unsafe { libc::unlink(path) };
    }
}

fn say(text: *const c_char) {
    if text.is_null() {
        return;
    }
    // SAFETY: a C string, that of a guard or a literal.
    unsafe {
        let length = libc::strlen(text);
        libc::write(libc::STDERR_FILENO, text.cast(), length);
    }
}
