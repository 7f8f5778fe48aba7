//! A child process whose start was prepared ahead of need.
#![expect(unsafe_code, reason = "talks to libc")]

use super::errno::Errno;
use super::fixed::Fixed;
use super::{clock, file};
use std::ffi::CStr;
use std::fmt::Write as _;
use std::mem::MaybeUninit;
use std::os::fd::AsFd;

/// Starts this program again, its standard output joined to standard error.
pub struct Again {
    actions: libc::posix_spawn_file_actions_t,
    attributes: libc::posix_spawnattr_t,
}

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By `exit` with this status.
    Exited(i32),
    /// By this signal.
    Killed(i32),
    /// It took too long and was killed.
    TimedOut,
}

impl Again {
    /// Prepares. Allocates a few hundred bytes: for the start of the process.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub fn prepare() -> Result<Self, Errno> {
        let mut actions = MaybeUninit::uninit();
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: each object is initialized before it is used; the descriptors
        // and the signal set are valid.
        unsafe {
            given(libc::posix_spawn_file_actions_init(actions.as_mut_ptr()))?;
            given(libc::posix_spawn_file_actions_adddup2(
                actions.as_mut_ptr(),
                libc::STDERR_FILENO,
                libc::STDOUT_FILENO,
            ))?;
            given(libc::posix_spawnattr_init(attributes.as_mut_ptr()))?;
            let mut none = MaybeUninit::uninit();
            libc::sigemptyset(none.as_mut_ptr());
            libc::posix_spawnattr_setsigmask(attributes.as_mut_ptr(), none.as_ptr());
            libc::posix_spawnattr_setflags(
                attributes.as_mut_ptr(),
                libc::c_short::try_from(libc::POSIX_SPAWN_SETSIGMASK).unwrap_or(0),
            );
            Ok(Self {
                actions: actions.assume_init(),
                attributes: attributes.assume_init(),
            })
        }
    }

    /// Starts the program with `arguments` (after its name) and waits for it.
    ///
    /// The kernel is told to kill the child before us when memory runs out.
    /// Allocates nothing of ours; libc maps a stack for the child's first steps.
    ///
    /// # Errors
    /// The `errno` of `posix_spawn` or `waitpid`.
    pub fn run(&self, arguments: [&CStr; 3], timeout_ms: u32) -> Result<Ended, Errno> {
        unsafe extern "C" {
            static environ: *const *mut libc::c_char;
        }
        let [first, second, third] = arguments.map(|text| text.as_ptr().cast_mut());
        let argv = [
            c"oomhost".as_ptr().cast_mut(),
            first,
            second,
            third,
            std::ptr::null_mut(),
        ];
        let mut child = 0;
        // SAFETY: the path and the null-terminated arrays are valid for the
        // call; the actions and attributes were initialized by `prepare`.
        given(unsafe {
            libc::posix_spawn(
                &raw mut child,
                c"/proc/self/exe".as_ptr(),
                &raw const self.actions,
                &raw const self.attributes,
                argv.as_ptr(),
                environ,
            )
        })?;
        offer_to_the_oom_killer(child);
        wait(child, timeout_ms)
    }
}

impl Drop for Again {
    fn drop(&mut self) {
        // SAFETY: both were initialized by `prepare` and are not used again.
        unsafe {
            libc::posix_spawn_file_actions_destroy(&raw mut self.actions);
            libc::posix_spawnattr_destroy(&raw mut self.attributes);
        }
    }
}

/// The `posix_spawn` family returns its error.
fn given(result: libc::c_int) -> Result<(), Errno> {
    if result == 0 {
        Ok(())
    } else {
        Err(Errno(result))
    }
}

fn offer_to_the_oom_killer(child: libc::pid_t) {
    let mut path = Fixed::<64>::new();
    // A `Fixed` never fails.
    let _ = write!(path, "/proc/{child}/oom_score_adj");
    if let Ok(score) = file::open(path.as_c_str(), libc::O_WRONLY, 0) {
        // A hint: without it the child competes on equal terms.
        let _ = file::write_at(score.as_fd(), b"1000", 0);
    }
}

fn wait(child: libc::pid_t, timeout_ms: u32) -> Result<Ended, Errno> {
    let end = clock::monotonic_ns() + u64::from(timeout_ms) * 1_000_000;
    loop {
        let late = clock::monotonic_ns() >= end;
        if late {
            // SAFETY: our own child, which nobody has waited for yet.
            unsafe { libc::kill(child, libc::SIGKILL) };
        }
        let mut status = 0;
        let flags = if late { 0 } else { libc::WNOHANG };
        // SAFETY: a valid place for the status.
        let ended = unsafe { libc::waitpid(child, &raw mut status, flags) };
        match ended {
            0 => clock::sleep_ms(5),
            -1 if Errno::last() == Errno(libc::EINTR) => {}
            -1 => return Err(Errno::last()),
            _ if late => return Ok(Ended::TimedOut),
            _ if libc::WIFEXITED(status) => return Ok(Ended::Exited(libc::WEXITSTATUS(status))),
            _ => return Ok(Ended::Killed(libc::WTERMSIG(status))),
        }
    }
}
