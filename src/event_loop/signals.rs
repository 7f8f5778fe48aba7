//! Signals that a script listens to: the handler writes the number to a pipe, a thread hands it to
//! the loop. The default action comes back when the last listener goes.

#![expect(unsafe_code, reason = "sigaction, pipe and write through libc")]

use std::io::{Error, Result};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, Ordering};
use std::{mem, ptr, thread};

use crossbeam_channel::Sender;

use super::Event;

static PIPE_WRITE_END: AtomicI32 = AtomicI32::new(-1);

extern "C" fn on_signal(number: i32) {
    let byte = u8::try_from(number).unwrap_or(0);
    // SAFETY: errno is the interrupted code's and is put back below.
    let saved = unsafe { *libc::__errno_location() };
    // SAFETY: write is async-signal-safe and the buffer is one byte of this frame. A full pipe
    // loses the signal, as a pending one would be merged anyway.
    unsafe {
        libc::write(
            PIPE_WRITE_END.load(Ordering::Relaxed),
            ptr::from_ref(&byte).cast(),
            1,
        )
    };
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = saved };
}

/// Delivers signal `number` to the loop from now on.
///
/// # Errors
/// `EINVAL` for SIGKILL, SIGSTOP and numbers that are no signal; what `pipe2` says.
pub fn listen(number: i32, events: &Sender<Event>) -> Result<()> {
    start_thread(events)?;
    set_action(
        number,
        on_signal as extern "C" fn(i32) as libc::sighandler_t,
    )
}

/// Gives signal `number` back its default action.
///
/// # Errors
/// As [`listen`].
pub fn ignore(number: i32) -> Result<()> {
    set_action(number, libc::SIG_DFL)
}

/// Gives every signal that the parent process ignored its default action, as Node does at start
/// (`PlatformInit` in its `src/node.cc`): under `nohup`, or in the background of a shell, a script
/// would else not end by a signal. SIGPIPE and SIGXFSZ stay or become ignored, so that a closed pipe
/// and a file-size limit are errors of the write and not the end of the process.
pub fn restore_defaults() {
    for number in 1..32 {
        let wanted = match number {
            libc::SIGKILL | libc::SIGSTOP => continue,
            libc::SIGPIPE | libc::SIGXFSZ => libc::SIG_IGN,
            _ if is_ignored(number) => libc::SIG_DFL,
            _ => continue,
        };
        // Nothing is lost where the system refuses: the signal keeps what it had.
        let _ = set_action(number, wanted);
    }
}

fn is_ignored(number: i32) -> bool {
    let mut action = mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: fills the struct; a null new action changes nothing.
    unsafe { libc::sigaction(number, ptr::null(), action.as_mut_ptr()) };
    // SAFETY: filled above (and zero is valid).
    unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN
}

fn set_action(number: i32, handler: libc::sighandler_t) -> Result<()> {
    // SAFETY: an all-zero sigaction is a valid value: no flags, an empty mask.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    action.sa_sigaction = handler;
    action.sa_flags = libc::SA_RESTART;
    // SAFETY: the pointers are to a live sigaction, or null where the old one is not wanted.
    if unsafe { libc::sigaction(number, &raw const action, ptr::null_mut()) } == 0 {
        Ok(())
    } else {
        Err(Error::last_os_error())
    }
}

fn start_thread(events: &Sender<Event>) -> Result<()> {
    static STARTED: OnceLock<()> = OnceLock::new();
    if STARTED.get().is_some() {
        return Ok(());
    }
    let mut ends = [0; 2];
    // SAFETY: the array has room for the two descriptors.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } != 0 {
        return Err(Error::last_os_error());
    }
    PIPE_WRITE_END.store(ends[1], Ordering::Relaxed);
    let events = events.clone();
    thread::Builder::new()
        .name("oomhost-signals".into())
        .spawn(move || {
            let mut byte = 0_u8;
            loop {
                // SAFETY: one byte of this frame.
                let count = unsafe { libc::read(ends[0], (&raw mut byte).cast(), 1) };
                if count == 1 && events.send(Event::Signal(i32::from(byte))).is_err() {
                    return;
                }
            }
        })?;
    STARTED.get_or_init(|| ());
    Ok(())
}
