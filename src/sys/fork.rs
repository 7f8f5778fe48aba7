//! A copy of this process that goes on with the calling thread alone.
#![expect(unsafe_code, reason = "talks to libc")]

use super::errno::Errno;
use std::fs;
use std::io::{self, PipeReader, PipeWriter, Read as _};
use std::os::fd::{AsRawFd as _, RawFd};
use std::time::Duration;

/// Which of the two processes this is.
pub enum Side {
    /// The one that was there, with the other and what that says.
    Parent(Child),
    /// The copy, with where it says something to the other.
    Child(PipeWriter),
}

/// The copy, as its parent sees it.
#[derive(Debug)]
pub struct Child {
    id: libc::pid_t,
    said: PipeReader,
}

impl Child {
    /// Waits for the end of the copy; what it has said. `None` where it did not end of itself.
    #[must_use]
    pub fn wait(mut self) -> Option<Vec<u8>> {
        let mut said = Vec::new();
        let read = self.said.read_to_end(&mut said);
        let mut status = 0;
        // SAFETY: our own child, and a valid place for its status.
        while unsafe { libc::waitpid(self.id, &raw mut status, 0) } < 0 {
            if Errno::last() != Errno(libc::EINTR) {
                return None;
            }
        }
        let ended = libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0;
        (ended && read.is_ok()).then_some(said)
    }
}

/// Whether every other thread of the process sleeps. Then none is at work within a lock, unless
/// something wakes one up.
#[must_use]
pub fn others_sleep() -> bool {
    // SAFETY: no memory is involved.
    let own = unsafe { libc::gettid() }.to_string();
    let Ok(threads) = fs::read_dir("/proc/self/task") else {
        return false;
    };
    threads.flatten().all(|thread| {
        let name = thread.file_name();
        let stat = fs::read_to_string(thread.path().join("stat"));
        // The state is the field behind the name, which may hold anything.
        let state = stat
            .as_deref()
            .ok()
            .and_then(|stat| stat.rsplit(") ").next());
        name.to_str() == Some(&own) || state.is_some_and(|state| state.starts_with('S'))
    })
}

/// Forks. The copy has all memory of this process, that which was marked `MADV_DONTFORK` as well,
/// and none of its other threads; it ends by SIGALRM after `deadline`.
///
/// # Errors
/// The `errno` of `pipe` or `fork`.
///
/// # Safety
/// The copy may use nothing that another thread could have been in the middle of changing, and no
/// memory that it shares with this process: see [`others_sleep`]. It must end by `_exit`.
pub unsafe fn fork(deadline: Duration) -> Result<Side, Errno> {
    let system = |error: io::Error| Errno(error.raw_os_error().unwrap_or(libc::EIO));
    let (said, say) = io::pipe().map_err(system)?;
    copy_everything();
    // What V8's traces have in the buffers of the C library would be written by both.
    // SAFETY: no stream is used by two threads at a time that this one does not lock.
    unsafe { libc::fflush(std::ptr::null_mut()) };
    // SAFETY: the caller's contract.
    let id = unsafe { libc::fork() };
    match id {
        -1 => Err(Errno::last()),
        0 => {
            let seconds = u32::try_from(deadline.as_secs()).unwrap_or(0);
            // SAFETY: the default action ends the process, whatever it is at.
            unsafe { libc::signal(libc::SIGALRM, libc::SIG_DFL) };
            // SAFETY: no memory is involved.
            unsafe { libc::alarm(seconds) };
            drop(said);
            close_ends(&say);
            // Where memory runs out it is this one that goes; if that cannot be said, it may be the
            // other.
            let _ = fs::write("/proc/self/oom_score_adj", "1000");
            Ok(Side::Child(say))
        }
        id => Ok(Side::Parent(Child { id, said })),
    }
}

/// Closes the copy's sockets and pipes but the standard streams and `say`: whoever is at the other end
/// of one would not learn that the process has closed it.
fn close_ends(say: &PipeWriter) {
    let Ok(descriptors) = fs::read_dir("/proc/self/fd") else {
        return;
    };
    // Closed after all were seen, for reading the folder takes a descriptor, too.
    let ends: Vec<RawFd> = descriptors
        .flatten()
        .filter(|descriptor| {
            fs::read_link(descriptor.path()).is_ok_and(|target| {
                let target = target.as_os_str().as_encoded_bytes();
                target.starts_with(b"socket:") || target.starts_with(b"pipe:")
            })
        })
        .filter_map(|descriptor| descriptor.file_name().to_str()?.parse().ok())
        .filter(|fd| *fd > libc::STDERR_FILENO && *fd != say.as_raw_fd())
        .collect();
    for fd in ends {
        // SAFETY: a number. What the copy still does uses files alone, and it ends by `_exit`: whoever
        // owns the descriptor does not close it a second time.
        unsafe { libc::close(fd) };
    }
}

/// Takes back `MADV_DONTFORK`, which V8 sets on its pages, run of mappings by run.
fn copy_everything() {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let mut run = 0..0;
    for line in maps.lines() {
        let range = line
            .split(' ')
            .next()
            .and_then(|range| range.split_once('-'));
        let parsed = range.and_then(|(start, end)| {
            let number = |text| usize::from_str_radix(text, 16).ok();
            Some(number(start)?..number(end)?)
        });
        let Some(range) = parsed else {
            continue;
        };
        if range.start == run.end {
            run.end = range.end;
        } else {
            copy(&run);
            run = range;
        }
    }
    copy(&run);
}

fn copy(run: &std::ops::Range<usize>) {
    let start = std::ptr::with_exposed_provenance_mut(run.start);
    // SAFETY: changes no memory, only whether a fork copies it. What the kernel refuses (mappings of
    // its own) stays as it is.
    unsafe { libc::madvise(start, run.len(), libc::MADV_DOFORK) };
}
