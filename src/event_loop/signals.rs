//! Signals that a script listens to, or that we do: the handler writes the number to a pipe, a
//! thread hands it to the loop, or to whom we said. The default action comes back when the last
//! listener goes.

#![expect(unsafe_code, reason = "sigaction, pipe and write through libc")]

use std::io::{Error, Result};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::{mem, ptr, thread};

use crossbeam_channel::Sender;

use super::Event;

/// Numbers of Linux's signals end here.
const COUNT: usize = 65;

static PIPE_WRITE_END: AtomicI32 = AtomicI32::new(-1);

/// Whether the script listens, by number.
static LISTENED: [AtomicBool; COUNT] = [const { AtomicBool::new(false) }; COUNT];

/// What we do at a signal; `true` says whether the script listens, too.
type Action = Box<dyn Fn(bool) + Send>;

static ACTIONS: Mutex<Vec<(i32, Action)>> = Mutex::new(Vec::new());

fn listened(number: i32) -> Option<&'static AtomicBool> {
    LISTENED.get(usize::try_from(number).ok()?)
}

/// Calls `action` on the signals' thread whenever signal `number` arrives, with whether the script
/// listens to it as well. For good.
///
/// # Errors
/// As [`listen`].
pub fn watch(
    number: i32,
    events: &Sender<Event>,
    action: impl Fn(bool) + Send + 'static,
) -> Result<()> {
    let mut actions = ACTIONS.lock().unwrap_or_else(PoisonError::into_inner);
    actions.push((number, Box::new(action)));
    drop(actions);
    start_thread(events)?;
    set_action(number, handler())
}

fn handler() -> libc::sighandler_t {
    on_signal as extern "C" fn(i32) as libc::sighandler_t
}

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
    set_action(number, handler())?;
    if let Some(listened) = listened(number) {
        listened.store(true, Ordering::Relaxed);
    }
    Ok(())
}

/// The script listens no more: gives signal `number` back its default action, unless we listen.
///
/// # Errors
/// As [`listen`].
pub fn ignore(number: i32) -> Result<()> {
    if let Some(listened) = listened(number) {
        listened.store(false, Ordering::Relaxed);
    }
    let actions = ACTIONS.lock().unwrap_or_else(PoisonError::into_inner);
    if actions.iter().any(|(watched, _)| *watched == number) {
        return Ok(());
    }
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

/// Lets a signal do nothing, until somebody listens to it.
///
/// # Errors
/// Where the system refuses.
pub fn disable(number: i32) -> Result<()> {
    set_action(number, libc::SIG_IGN)
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

/// Hands a signal on; `false` where the loop is gone.
fn arrived(number: i32, events: &Sender<Event>) -> bool {
    let listens = listened(number).is_some_and(|listened| listened.load(Ordering::Relaxed));
    let actions = ACTIONS.lock().unwrap_or_else(PoisonError::into_inner);
    for (watched, action) in actions.iter() {
        if *watched == number {
            action(listens);
        }
    }
    !listens || events.send(Event::Signal(number)).is_ok()
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
                if count == 1 && !arrived(i32::from(byte), &events) {
                    return;
                }
            }
        })?;
    STARTED.get_or_init(|| ());
    Ok(())
}
