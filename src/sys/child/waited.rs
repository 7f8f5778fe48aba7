//! A child process that the caller waits for, with what it reads and writes in memory.

use std::os::fd::RawFd;
use std::time::{Duration, Instant};

use super::{Command, Ended, pidfd, reap, start};
use crate::sys::errno::Errno;

/// Bytes taken at once, as libuv does.
const CHUNK: usize = 65536;

/// How long to sleep between two looks where the kernel has no pidfd.
const LOOK: Duration = Duration::from_millis(10);

/// One descriptor of the child.
#[derive(Debug)]
pub enum Stdio {
    /// One of ours; -1 for none.
    Inherit(RawFd),
    /// What the child reads from it, and whether what it writes is wanted.
    Pipe {
        /// All that the child can read; then comes the end.
        input: Vec<u8>,
        /// Whether to keep what the child writes.
        output: bool,
    },
}

/// When the child is killed.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// After this long.
    pub timeout: Option<Duration>,
    /// When it has written more bytes than this, to all pipes together.
    pub max_output: Option<usize>,
    /// By this signal.
    pub signal: i32,
}

/// How it went.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The process id; 0 where it did not start.
    pub pid: libc::pid_t,
    /// The end; `None` where it did not start.
    pub ended: Option<Ended>,
    /// What came out of each descriptor; `None` for those that are no such pipe.
    pub outputs: Vec<Option<Vec<u8>>>,
    /// Why it did not start, or `ETIMEDOUT`, `ENOBUFS`.
    pub error: Option<Errno>,
}

/// Our end of a pipe.
struct Pipe {
    fd: RawFd,
    input: Vec<u8>,
    written: usize,
    output: Option<Vec<u8>>,
    reading: bool,
}

impl Pipe {
    fn writing(&self) -> bool {
        self.fd >= 0 && self.written < self.input.len()
    }

    fn close(&mut self) {
        if self.fd >= 0 {
            close(self.fd);
            self.fd = -1;
        }
        self.reading = false;
    }

    fn write(&mut self) {
        let rest = &self.input[self.written..];
        // SAFETY: the rest is readable for its length.
        let count = unsafe { libc::write(self.fd, rest.as_ptr().cast(), rest.len()) };
        match usize::try_from(count) {
            Ok(count) => self.written += count,
            Err(_) if matches!(Errno::last().0, libc::EAGAIN | libc::EINTR) => return,
            // The child closed it: what is left is nobody's.
            Err(_) => self.written = self.input.len(),
        }
        self.end_input();
    }

    /// The end of the input, once all of it is written.
    fn end_input(&mut self) {
        if !self.writing() && self.fd >= 0 {
            // SAFETY: takes numbers.
            unsafe { libc::shutdown(self.fd, libc::SHUT_WR) };
        }
    }

    /// Reads once; returns how many bytes came.
    fn read(&mut self) -> usize {
        let mut chunk = vec![0_u8; CHUNK];
        // SAFETY: the chunk is writable for its length.
        let count = unsafe { libc::read(self.fd, chunk.as_mut_ptr().cast(), CHUNK) };
        match usize::try_from(count) {
            Ok(0) => {
                self.reading = false;
                0
            }
            Ok(count) => {
                if let Some(output) = &mut self.output {
                    output.extend_from_slice(&chunk[..count]);
                }
                count
            }
            Err(_) => {
                self.reading = matches!(Errno::last().0, libc::EAGAIN | libc::EINTR);
                0
            }
        }
    }
}

/// A pair of connected sockets, which is what Node's pipes to children are: ours, which does not
/// wait, and the child's. Both are closed in programs that are started.
///
/// # Errors
/// What `socketpair` says.
pub fn pair() -> Result<(RawFd, RawFd), Errno> {
    let mut ends = [-1; 2];
    let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC;
    // SAFETY: room for two descriptors.
    if unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, ends.as_mut_ptr()) } == -1 {
        return Err(Errno::last());
    }
    // SAFETY: takes numbers; a new socket has no other flags.
    unsafe { libc::fcntl(ends[0], libc::F_SETFL, libc::O_NONBLOCK) };
    Ok((ends[0], ends[1]))
}

/// Closes a descriptor that was not given to anybody else. The first three stay open, as in libuv:
/// what is opened next would get their numbers, and what is printed.
pub fn close(fd: RawFd) {
    if fd <= libc::STDERR_FILENO {
        return;
    }
    // SAFETY: takes a number; the caller owns the descriptor.
    unsafe { libc::close(fd) };
}

/// Runs `command` with `stdio` in place of its own until it has ended and its pipes are closed.
pub fn run(mut command: Command, stdio: Vec<Stdio>, limits: Limits) -> Outcome {
    let mut outcome = Outcome::default();
    let mut pipes = Vec::new();
    let mut theirs = Vec::new();
    for one in stdio {
        match one {
            Stdio::Inherit(fd) => {
                command.stdio.push(fd);
                pipes.push(None);
            }
            Stdio::Pipe { input, output } => match pair() {
                Ok((ours, child)) => {
                    command.stdio.push(child);
                    theirs.push(child);
                    let output_bytes = output.then(Vec::new);
                    pipes.push(Some(Pipe {
                        fd: ours,
                        input,
                        written: 0,
                        output: output_bytes,
                        reading: output,
                    }));
                }
                Err(error) => outcome.error = Some(error),
            },
        }
    }
    let started = match outcome.error {
        None => start(&command),
        Some(error) => Err(error),
    };
    theirs.into_iter().for_each(close);
    match started {
        Ok(pid) => {
            outcome.pid = pid;
            for pipe in pipes.iter_mut().flatten() {
                pipe.end_input();
            }
            let (ended, error) = attend(pid, &mut pipes, limits);
            outcome.ended = ended;
            outcome.error = error;
        }
        Err(error) => outcome.error = Some(error),
    }
    for pipe in pipes.iter_mut().flatten() {
        pipe.close();
    }
    outcome.outputs = pipes
        .into_iter()
        .map(|pipe| pipe.and_then(|pipe| pipe.output))
        .collect();
    outcome
}

/// Serves the pipes until the child has ended and they are closed.
fn attend(
    pid: libc::pid_t,
    pipes: &mut [Option<Pipe>],
    limits: Limits,
) -> (Option<Ended>, Option<Errno>) {
    let exit = pidfd(pid).unwrap_or(-1);
    let end = limits.timeout.map(|timeout| Instant::now() + timeout);
    let mut ended = None;
    let mut error = None;
    let mut received = 0_usize;
    let mut stop = |pipes: &mut [Option<Pipe>], running: bool, why| {
        if error.is_some() {
            return;
        }
        error = Some(Errno(why));
        for pipe in pipes.iter_mut().flatten() {
            pipe.close();
        }
        // SAFETY: takes numbers; the child was not reaped, so that the number is its own.
        if running && unsafe { libc::kill(pid, limits.signal) } == -1 {
            // SAFETY: as above.
            unsafe { libc::kill(pid, libc::SIGKILL) };
        }
    };
    while ended.is_none() || pipes.iter().flatten().any(|pipe| pipe.reading) {
        let late = end.map(|end| end.saturating_duration_since(Instant::now()));
        if late == Some(Duration::ZERO) {
            stop(pipes, ended.is_none(), libc::ETIMEDOUT);
        }
        let late = late.filter(|left| !left.is_zero());
        let looking = (exit < 0 && ended.is_none()).then_some(LOOK);
        let mut polls = poll_list(pipes, if ended.is_none() { exit } else { -1 });
        wait(&mut polls, [late, looking].into_iter().flatten().min());
        for (pipe, poll) in pipes.iter_mut().zip(&polls) {
            let Some(pipe) = pipe else { continue };
            if poll.revents != 0 && pipe.reading {
                received += pipe.read();
            }
            if poll.revents & (libc::POLLOUT | libc::POLLERR | libc::POLLHUP) != 0 && pipe.writing()
            {
                pipe.write();
            }
        }
        if limits.max_output.is_some_and(|most| received > most) {
            stop(pipes, ended.is_none(), libc::ENOBUFS);
        }
        if ended.is_none() {
            ended = reap(pid, libc::WNOHANG);
        }
    }
    if exit >= 0 {
        close(exit);
    }
    (ended, error)
}

fn poll_list(pipes: &[Option<Pipe>], exit: RawFd) -> Vec<libc::pollfd> {
    let mut polls: Vec<_> = pipes
        .iter()
        .map(|pipe| {
            let reading = pipe.as_ref().is_some_and(|pipe| pipe.reading);
            let writing = pipe.as_ref().is_some_and(Pipe::writing);
            libc::pollfd {
                // Negative: not looked at.
                fd: pipe
                    .as_ref()
                    .filter(|_| reading || writing)
                    .map_or(-1, |pipe| pipe.fd),
                events: if reading { libc::POLLIN } else { 0 }
                    | if writing { libc::POLLOUT } else { 0 },
                revents: 0,
            }
        })
        .collect();
    polls.push(libc::pollfd {
        fd: exit,
        events: libc::POLLIN,
        revents: 0,
    });
    polls
}

fn wait(polls: &mut [libc::pollfd], timeout: Option<Duration>) {
    // Rounded up, so that it does not turn for the last fraction of a millisecond.
    let milliseconds = timeout.map_or(-1, |timeout| {
        i32::try_from(timeout.as_micros().div_ceil(1000)).unwrap_or(i32::MAX)
    });
    let count = libc::nfds_t::try_from(polls.len()).unwrap_or(0);
    // SAFETY: the list has `count` entries. An interruption is a look for nothing.
    let result = unsafe { libc::poll(polls.as_mut_ptr(), count, milliseconds) };
    if result <= 0 {
        for poll in polls {
            poll.revents = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CString;

    fn shell(script: &str, input: &str, limits: Limits) -> Outcome {
        let script = CString::new(script).expect("no NUL");
        let command = Command {
            file: c"/bin/sh".to_owned(),
            arguments: vec![c"sh".to_owned(), c"-c".to_owned(), script],
            environment: vec![c"PATH=/bin:/usr/bin".to_owned()],
            ..Command::default()
        };
        let pipe = |input: &str, output| Stdio::Pipe {
            input: input.as_bytes().to_vec(),
            output,
        };
        let stdio = vec![pipe(input, false), pipe("", true), pipe("", true)];
        run(command, stdio, limits)
    }

    const NO_LIMITS: Limits = Limits {
        timeout: None,
        max_output: None,
        signal: libc::SIGTERM,
    };

    #[test]
    fn more_than_a_pipe_holds_goes_through() {
        let input = "0123456789".repeat(100_000);
        let outcome = shell("cat; echo done >&2; exit 3", &input, NO_LIMITS);
        let ended = outcome.ended.expect("it started");
        assert_eq!((ended.status, ended.signal), (3, 0));
        assert_eq!(outcome.outputs[1].as_deref(), Some(input.as_bytes()));
        assert_eq!(outcome.outputs[2].as_deref(), Some(&b"done\n"[..]));
    }

    #[test]
    fn a_child_that_takes_too_long_or_writes_too_much_is_killed() {
        let timeout = Some(Duration::from_millis(50));
        let slow = shell(
            "exec sleep 60",
            "",
            Limits {
                timeout,
                ..NO_LIMITS
            },
        );
        assert_eq!(slow.error, Some(Errno(libc::ETIMEDOUT)));
        assert_eq!(slow.ended.expect("it started").signal, libc::SIGTERM);
        let max_output = Some(10);
        let loud = shell(
            "while :; do echo 0123456789; done",
            "",
            Limits {
                max_output,
                ..NO_LIMITS
            },
        );
        assert_eq!(loud.error, Some(Errno(libc::ENOBUFS)));
    }

    #[test]
    fn a_child_that_reads_nothing_gets_its_end() {
        let outcome = shell("exit 0", &"x".repeat(1_000_000), NO_LIMITS);
        assert_eq!(outcome.ended.expect("it started").status, 0);
    }
}
