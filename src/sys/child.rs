//! Child processes for scripts: started as libuv starts them, without copying this process.
//!
//! The child borrows the parent's memory (`CLONE_VM | CLONE_VFORK`, as `posix_spawn` does) until it
//! runs its own program, so a heap of gigabytes costs nothing; what it runs until then allocates
//! nothing, takes no lock and calls the kernel alone.
#![expect(unsafe_code, reason = "talks to libc")]

pub mod waited;

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::os::fd::RawFd;
use std::ptr;

use super::errno::Errno;

/// Stack of the child until it runs its program. Nothing below calls deep.
const STACK: usize = 256 * 1024;

/// Where `execvp` looks without a `PATH`.
const DEFAULT_PATH: &[u8] = b"/bin:/usr/bin";

/// What is to be started.
#[derive(Debug, Default)]
pub struct Command {
    /// A path, or a name that is looked for in `PATH` of `environment`.
    pub file: CString,
    /// All arguments, the program's name first.
    pub arguments: Vec<CString>,
    /// `NAME=value` each.
    pub environment: Vec<CString>,
    /// The folder to start in.
    pub folder: Option<CString>,
    /// The child's descriptors from 0 on; -1 is `/dev/null` for the first three and closed beyond.
    pub stdio: Vec<RawFd>,
    /// In a session of its own.
    pub detached: bool,
    /// As this user.
    pub user: Option<u32>,
    /// As this group.
    pub group: Option<u32>,
}

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The exit code; 0 after a signal.
    pub status: i32,
    /// The signal that ended it, or 0.
    pub signal: i32,
}

/// What the child reads, all of it made by the parent.
struct Plan {
    /// What to try to run, in this order; null-terminated.
    paths: Vec<*const c_char>,
    arguments: Vec<*const c_char>,
    /// `/bin/sh path arguments…`, for a script without `#!`; the path is put in at place 1.
    shell_arguments: Vec<*const c_char>,
    environment: Vec<*const c_char>,
    folder: *const c_char,
    stdio: Vec<RawFd>,
    detached: bool,
    user: Option<u32>,
    group: Option<u32>,
    /// The errno of what failed, from the child.
    failure: c_int,
}

fn pointers(texts: &[CString]) -> Vec<*const c_char> {
    let ends = std::iter::once(ptr::null());
    texts.iter().map(|text| text.as_ptr()).chain(ends).collect()
}

/// The paths at which a program of this name may lie.
fn candidates(file: &CStr, environment: &[CString]) -> Vec<CString> {
    if file.to_bytes().contains(&b'/') || file.is_empty() {
        return vec![file.to_owned()];
    }
    let path = environment
        .iter()
        .rev()
        .find_map(|pair| pair.to_bytes().strip_prefix(b"PATH="))
        .unwrap_or(DEFAULT_PATH);
    path.split(|&byte| byte == b':')
        .map(|folder| {
            let mut full = folder.to_vec();
            if !full.is_empty() {
                full.push(b'/');
            }
            full.extend_from_slice(file.to_bytes());
            CString::new(full).expect("both parts were C strings")
        })
        .collect()
}

/// Starts a child; returns its process id.
///
/// # Errors
/// The errno of the step that failed: in the child too, which then has gone.
pub fn start(command: &Command) -> Result<libc::pid_t, Errno> {
    let paths = candidates(&command.file, &command.environment);
    let arguments = pointers(&command.arguments);
    let mut shell_arguments = vec![c"/bin/sh".as_ptr(), ptr::null()];
    shell_arguments.extend(arguments.iter().skip(1));
    if arguments.len() < 2 {
        shell_arguments.push(ptr::null());
    }
    let mut plan = Plan {
        paths: paths.iter().map(|path| path.as_ptr()).collect(),
        arguments,
        shell_arguments,
        environment: pointers(&command.environment),
        folder: command
            .folder
            .as_ref()
            .map_or(ptr::null(), |folder| folder.as_ptr()),
        stdio: command.stdio.clone(),
        detached: command.detached,
        user: command.user,
        group: command.group,
        failure: 0,
    };
    let stack = Stack::new()?;
    let mask = block_signals();
    // SAFETY: the stack is ours until the child has left it, which `CLONE_VFORK` waits for; `plan`
    // outlives the call for the same reason, and this thread does not touch it meanwhile.
    let child = unsafe {
        libc::clone(
            run,
            stack.top(),
            libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD,
            (&raw mut plan).cast(),
        )
    };
    let failed = Errno::last();
    // SAFETY: the mask that this thread had.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const mask, ptr::null_mut()) };
    if child == -1 {
        return Err(failed);
    }
    // SAFETY: `plan` is alive; the child wrote to it behind the compiler's back.
    let failure = unsafe { ptr::read_volatile(&raw const plan.failure) };
    if failure == 0 {
        return Ok(child);
    }
    reap(child, 0);
    Err(Errno(failure))
}

/// Waits until the child `pid` has ended, and leaves it to be reaped: its number stays its own.
pub fn wait_for_end(pid: libc::pid_t) {
    loop {
        let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
        // SAFETY: a place for what is told.
        let result = unsafe {
            libc::waitid(
                libc::P_PID,
                pid.cast_unsigned(),
                info.as_mut_ptr(),
                libc::WEXITED | libc::WNOWAIT,
            )
        };
        if result == 0 || Errno::last() != Errno(libc::EINTR) {
            return;
        }
    }
}

/// Takes the end of the child `pid`; `None` while it runs (with `WNOHANG`) or where it is not ours.
pub fn reap(pid: libc::pid_t, flags: c_int) -> Option<Ended> {
    loop {
        let mut status = 0;
        // SAFETY: a place for the status.
        let ended = unsafe { libc::waitpid(pid, &raw mut status, flags) };
        match ended {
            -1 if Errno::last() == Errno(libc::EINTR) => {}
            -1 | 0 => return None,
            _ if libc::WIFSIGNALED(status) => {
                return Some(Ended {
                    status: 0,
                    signal: libc::WTERMSIG(status),
                });
            }
            _ => {
                return Some(Ended {
                    status: libc::WEXITSTATUS(status),
                    signal: 0,
                });
            }
        }
    }
}

/// A descriptor that can be read when the child `pid` has ended.
///
/// # Errors
/// What `pidfd_open` says; `ENOSYS` before Linux 5.3.
pub fn pidfd(pid: libc::pid_t) -> Result<RawFd, Errno> {
    // SAFETY: takes two numbers.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    if fd < 0 {
        return Err(Errno::last());
    }
    Ok(RawFd::try_from(fd).unwrap_or(-1))
}

/// Runs a program in place of this one, on the first three descriptors of this one; comes back with
/// why it cannot be run.
#[must_use]
pub fn replace(file: &CStr, arguments: &[CString], environment: &[CString]) -> Errno {
    let arguments = pointers(arguments);
    let environment = pointers(environment);
    for fd in 0..3 {
        // SAFETY: takes numbers.
        let flags = unsafe { libc::fcntl(fd, libc::F_GETFD) };
        if flags != -1 {
            // SAFETY: as above.
            unsafe { libc::fcntl(fd, libc::F_SETFD, flags & !libc::FD_CLOEXEC) };
        }
    }
    // SAFETY: a C string and null-terminated arrays of them.
    unsafe { libc::execve(file.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
    Errno::last()
}

fn block_signals() -> libc::sigset_t {
    let mut all = MaybeUninit::uninit();
    // SAFETY: fills the set.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    let mut old = MaybeUninit::zeroed();
    // SAFETY: both sets are valid.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), old.as_mut_ptr()) };
    // SAFETY: filled above.
    unsafe { old.assume_init() }
}

struct Stack(*mut c_void);

impl Stack {
    fn new() -> Result<Self, Errno> {
        // SAFETY: a new mapping.
        let base = unsafe {
            libc::mmap(
                ptr::null_mut(),
                STACK,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK,
                -1,
                0,
            )
        };
        if base == libc::MAP_FAILED {
            Err(Errno::last())
        } else {
            Ok(Self(base))
        }
    }

    fn top(&self) -> *mut c_void {
        self.0.wrapping_byte_add(STACK)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: our own mapping, which nobody uses any more.
        unsafe { libc::munmap(self.0, STACK) };
    }
}

/// The child. Returning ends it.
extern "C" fn run(plan: *mut c_void) -> c_int {
    let plan = plan.cast::<Plan>();
    // SAFETY: `start` passes its plan and sleeps until this process has gone or runs its program.
    let plan = unsafe { &mut *plan };
    let failure = match prepare(plan) {
        Ok(()) => execute(plan),
        Err(failure) => failure,
    };
    // SAFETY: as above; volatile, because another process reads it.
    unsafe { ptr::write_volatile(&raw mut plan.failure, failure.0) };
    127
}

fn checked(result: c_int) -> Result<c_int, Errno> {
    if result == -1 {
        Err(Errno::last())
    } else {
        Ok(result)
    }
}

/// A system call with a number and nothing else: glibc's functions of the set-user-id kind change
/// every thread of the process, and those are the parent's.
fn set_id(call: libc::c_long, id: u32) -> Result<(), Errno> {
    // SAFETY: takes a number.
    if unsafe { libc::syscall(call, id) } == -1 {
        return Err(Errno::last());
    }
    Ok(())
}

fn prepare(plan: &mut Plan) -> Result<(), Errno> {
    if plan.detached {
        // SAFETY: takes nothing. A new process leads no group, so that it cannot fail.
        unsafe { libc::setsid() };
    }
    place_descriptors(&mut plan.stdio)?;
    if !plan.folder.is_null() {
        // SAFETY: a C string that the parent holds.
        checked(unsafe { libc::chdir(plan.folder) })?;
    }
    if plan.user.is_some() || plan.group.is_some() {
        // Without the parent's other groups, where that is allowed.
        // SAFETY: takes a count of zero, and no list.
        unsafe { libc::syscall(libc::SYS_setgroups, 0, ptr::null::<libc::gid_t>()) };
    }
    if let Some(group) = plan.group {
        set_id(libc::SYS_setgid, group)?;
    }
    if let Some(user) = plan.user {
        set_id(libc::SYS_setuid, user)?;
    }
    reset_signals();
    Ok(())
}

/// Puts the descriptors where the child wants them, as libuv does.
fn place_descriptors(stdio: &mut [RawFd]) -> Result<(), Errno> {
    let count = RawFd::try_from(stdio.len()).unwrap_or(RawFd::MAX);
    // First out of the way of those that come before them.
    for (wanted, from) in (0..).zip(stdio.iter_mut()) {
        if *from >= 0 && *from < wanted {
            // SAFETY: takes numbers.
            *from = checked(unsafe { libc::fcntl(*from, libc::F_DUPFD_CLOEXEC, count) })?;
        }
    }
    for (wanted, from) in (0..).zip(stdio.iter()) {
        let mut from = *from;
        let mut opened = -1;
        if from < 0 {
            if wanted >= 3 {
                continue;
            }
            let mode = if wanted == 0 {
                libc::O_RDONLY
            } else {
                libc::O_RDWR
            };
            // SAFETY: a C string.
            opened = checked(unsafe { libc::open(c"/dev/null".as_ptr(), mode | libc::O_CLOEXEC) })?;
            from = opened;
        }
        if from == wanted {
            // SAFETY: takes numbers.
            checked(unsafe { libc::fcntl(from, libc::F_SETFD, 0) })?;
        } else {
            // SAFETY: takes numbers.
            checked(unsafe { libc::dup2(from, wanted) })?;
            if opened >= 0 {
                // SAFETY: opened above.
                unsafe { libc::close(opened) };
            }
        }
        if wanted <= 2 && opened < 0 {
            set_blocking(wanted);
        }
    }
    Ok(())
}

fn set_blocking(fd: RawFd) {
    // SAFETY: takes numbers.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    if flags != -1 && flags & libc::O_NONBLOCK != 0 {
        // SAFETY: as above.
        unsafe { libc::fcntl(fd, libc::F_SETFL, flags & !libc::O_NONBLOCK) };
    }
}

/// Default actions for all signals, and none of them blocked.
fn reset_signals() {
    // SAFETY: an all-zero sigaction is a valid value: the default action, no flags, an empty mask.
    let action: libc::sigaction = unsafe { std::mem::zeroed() };
    for number in 1..=libc::SIGRTMAX() {
        if number != libc::SIGKILL && number != libc::SIGSTOP {
            // SAFETY: valid pointers. The table of actions is the child's own. The C library
            // refuses the numbers that it keeps for itself, which have no action of ours.
            unsafe { libc::sigaction(number, &raw const action, ptr::null_mut()) };
        }
    }
    let mut none = MaybeUninit::uninit();
    // SAFETY: fills the set.
    unsafe { libc::sigemptyset(none.as_mut_ptr()) };
    // SAFETY: the set was filled; the mask is this process's own.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, none.as_ptr(), ptr::null_mut()) };
}

/// `execvpe` over paths made ahead; comes back with why none of them can be run.
fn execute(plan: &mut Plan) -> Errno {
    let mut denied = false;
    let mut last = Errno(libc::ENOENT);
    for &path in &plan.paths {
        // SAFETY: C strings and null-terminated arrays of them, held by the parent.
        unsafe { libc::execve(path, plan.arguments.as_ptr(), plan.environment.as_ptr()) };
        last = Errno::last();
        match last.0 {
            libc::ENOEXEC => {
                plan.shell_arguments[1] = path;
                // SAFETY: as above.
                unsafe {
                    libc::execve(
                        c"/bin/sh".as_ptr(),
                        plan.shell_arguments.as_ptr(),
                        plan.environment.as_ptr(),
                    )
                };
                return last;
            }
            libc::EACCES => denied = true,
            libc::ENOENT | libc::ENOTDIR | libc::ESTALE | libc::ENODEV | libc::ETIMEDOUT => {}
            _ => return last,
        }
    }
    if denied { Errno(libc::EACCES) } else { last }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(file: &CStr, arguments: &[&CStr]) -> Command {
        Command {
            file: file.to_owned(),
            arguments: arguments.iter().map(|&text| text.to_owned()).collect(),
            environment: vec![c"PATH=/no/such/folder:/bin:/usr/bin".to_owned()],
            stdio: vec![-1, -1, -1],
            ..Command::default()
        }
    }

    fn ended(command: &Command) -> Ended {
        let pid = start(command).expect("the program starts");
        wait_for_end(pid);
        reap(pid, 0).expect("our own child")
    }

    #[test]
    fn finds_the_program_in_the_childs_path_and_tells_its_end() {
        let exits = command(c"sh", &[c"sh", c"-c", c"exit 7"]);
        assert_eq!(
            ended(&exits),
            Ended {
                status: 7,
                signal: 0
            }
        );
        let killed = command(c"sh", &[c"sh", c"-c", c"kill -9 $$"]);
        assert_eq!(
            ended(&killed),
            Ended {
                status: 0,
                signal: 9
            }
        );
    }

    #[test]
    fn what_fails_in_the_child_is_the_callers_error() {
        let missing = command(c"no-such-program", &[c"no-such-program"]);
        assert_eq!(start(&missing), Err(Errno(libc::ENOENT)));
        let mut nowhere = command(c"sh", &[c"sh", c"-c", c"exit 0"]);
        nowhere.folder = Some(c"/no/such/folder".to_owned());
        assert_eq!(start(&nowhere), Err(Errno(libc::ENOENT)));
        let folder = command(c"/usr", &[c"/usr"]);
        assert_eq!(start(&folder), Err(Errno(libc::EACCES)));
    }

    #[test]
    fn signals_are_neither_blocked_nor_ignored_in_the_child() {
        let script = c"grep -q '^SigBlk:\t0*$' /proc/self/status";
        assert_eq!(ended(&command(c"sh", &[c"sh", c"-c", script])).status, 0);
    }
}
