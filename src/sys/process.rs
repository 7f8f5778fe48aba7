//! What the process knows about itself.
#![expect(unsafe_code, reason = "talks to libc")]

use super::file;
use super::fixed::{Fixed, FixedPath, Lossy, PATH_CAPACITY};
use super::mem::PAGE;
use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

/// `/proc/self/statm`, held open.
#[derive(Debug)]
pub struct Statm(Option<OwnedFd>);

impl Statm {
    /// Opens it; without `/proc` it answers nothing later.
    #[must_use]
    pub fn open() -> Self {
        Self(file::open(c"/proc/self/statm", libc::O_RDONLY, 0).ok())
    }

    /// Resident set size in bytes. Allocates nothing.
    #[must_use]
    pub fn rss(&self) -> Option<u64> {
        let mut buffer = [0; 128];
        let text = file::read_start(self.0.as_ref()?.as_fd(), &mut buffer);
        let field = text.split(|&byte| byte == b' ').nth(1)?;
        Some(parse_u64(field)? * PAGE as u64)
    }

    /// The same, but pages of files count only as far as the program's own code
    /// reaches: those of other files (a capture's scratch file stays mapped) the
    /// kernel takes back when it needs them. Allocates nothing.
    #[must_use]
    pub fn rss_of_program(&self) -> Option<u64> {
        let mut buffer = [0; 128];
        let text = file::read_start(self.0.as_ref()?.as_fd(), &mut buffer);
        let mut fields = text.split(|&byte| byte == b' ').skip(1).map(parse_u64);
        let (resident, of_files, code) = (fields.next()??, fields.next()??, fields.next()??);
        let pages = resident.saturating_sub(of_files) + of_files.min(code);
        Some(pages * PAGE as u64)
    }
}

/// `/proc/meminfo`, held open.
#[derive(Debug)]
pub struct Meminfo(Option<OwnedFd>);

impl Meminfo {
    /// Opens it; without `/proc` it answers nothing later.
    #[must_use]
    pub fn open() -> Self {
        Self(file::open(c"/proc/meminfo", libc::O_RDONLY, 0).ok())
    }

    /// Bytes that the machine can still give without swapping, by the kernel's own
    /// estimate (`MemAvailable`). Allocates nothing.
    #[must_use]
    pub fn available(&self) -> Option<u64> {
        // It is one of the first lines.
        let mut buffer = [0; 512];
        let text = file::read_start(self.0.as_ref()?.as_fd(), &mut buffer);
        let value = text
            .split(|&byte| byte == b'\n')
            .find_map(|line| line.strip_prefix(b"MemAvailable:"))?;
        Some(parse_u64(value.trim_ascii_start())?.saturating_mul(1024))
    }
}

/// Makes the calling thread run soon after it wakes, beside threads that compute: it
/// asks for short turns, which come earlier (Linux 6.12, no privilege needed). Nothing
/// where the kernel does not know that.
pub fn run_promptly() {
    /// Nanoseconds: the least that the kernel takes.
    const TURN: u64 = 100_000;
    /// `linux/sched.h`.
    const SCHED_FLAG_KEEP_POLICY: u64 = 0x08;
    // SAFETY: all-zero bytes are valid.
    let mut wanted = unsafe { MaybeUninit::<libc::sched_attr>::zeroed().assume_init() };
    wanted.size = 48;
    wanted.sched_flags = SCHED_FLAG_KEEP_POLICY;
    // SAFETY: a question about the calling thread.
    wanted.sched_nice = unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
    wanted.sched_runtime = TURN;
    // SAFETY: the kernel reads `size` bytes of `wanted`, which has as many.
    unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const wanted, 0) };
}

/// Parses decimal digits up to the first other byte.
#[must_use]
pub fn parse_u64(text: &[u8]) -> Option<u64> {
    let mut value = None;
    for byte in text {
        match byte {
            b'0'..=b'9' => {
                let digit = u64::from(byte - b'0');
                value = Some(value.unwrap_or(0u64).checked_mul(10)?.checked_add(digit)?);
            }
            _ => break,
        }
    }
    value
}

/// The process id.
#[must_use]
pub fn id() -> u32 {
    std::process::id()
}

/// Whose resources to count.
#[derive(Clone, Copy, Debug)]
pub enum Who {
    /// All threads of the process.
    Process,
    /// The calling thread.
    Thread,
}

/// Resources used so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Microseconds of CPU in user mode.
    pub user_us: u64,
    /// Microseconds of CPU in the kernel.
    pub system_us: u64,
    /// Largest resident set so far, in bytes.
    pub max_rss: u64,
    /// Page faults that read from a device.
    pub major_faults: u64,
    /// Page faults that did not.
    pub minor_faults: u64,
    /// Reads of 512 bytes from devices.
    pub reads: u64,
    /// Writes of 512 bytes to devices.
    pub writes: u64,
}

/// Asks `getrusage`; zeros where it fails.
#[must_use]
pub fn usage(who: Who) -> Usage {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    let target = match who {
        Who::Process => libc::RUSAGE_SELF,
        Who::Thread => libc::RUSAGE_THREAD,
    };
    // SAFETY: a valid place for one `rusage`; all-zero bytes are valid, too.
    let usage = unsafe {
        libc::getrusage(target, usage.as_mut_ptr());
        usage.assume_init()
    };
    let count = |value: i64| u64::try_from(value).unwrap_or(0);
    let microseconds = |time: libc::timeval| count(time.tv_sec) * 1_000_000 + count(time.tv_usec);
    Usage {
        user_us: microseconds(usage.ru_utime),
        system_us: microseconds(usage.ru_stime),
        max_rss: count(usage.ru_maxrss) * 1024,
        major_faults: count(usage.ru_majflt),
        minor_faults: count(usage.ru_minflt),
        reads: count(usage.ru_inblock),
        writes: count(usage.ru_oublock),
    }
}

/// A soft and a hard limit; `None` is unlimited.
pub type Limit = (Option<u64>, Option<u64>);

/// The limits in the order and under the names of Node's reports.
pub const LIMIT_NAMES: [&str; 10] = [
    "core_file_size_blocks",
    "data_seg_size_bytes",
    "file_size_blocks",
    "max_locked_memory_bytes",
    "max_memory_size_bytes",
    "open_files",
    "stack_size_bytes",
    "cpu_time_seconds",
    "max_user_processes",
    "virtual_memory_bytes",
];

/// The process's resource limits, in the order of [`LIMIT_NAMES`].
#[must_use]
pub fn limits() -> [Limit; 10] {
    [
        libc::RLIMIT_CORE,
        libc::RLIMIT_DATA,
        libc::RLIMIT_FSIZE,
        libc::RLIMIT_MEMLOCK,
        libc::RLIMIT_RSS,
        libc::RLIMIT_NOFILE,
        libc::RLIMIT_STACK,
        libc::RLIMIT_CPU,
        libc::RLIMIT_NPROC,
        libc::RLIMIT_AS,
    ]
    .map(|resource| {
        let mut limit = libc::rlimit {
            rlim_cur: libc::RLIM_INFINITY,
            rlim_max: libc::RLIM_INFINITY,
        };
        // SAFETY: a valid place for one `rlimit`.
        unsafe { libc::getrlimit(resource, &raw mut limit) };
        let finite = |value| (value != libc::RLIM_INFINITY).then_some(value);
        (finite(limit.rlim_cur), finite(limit.rlim_max))
    })
}

/// Total and free memory of the machine, in bytes.
#[must_use]
pub fn machine_memory() -> (u64, u64) {
    let mut information = MaybeUninit::<libc::sysinfo>::zeroed();
    // SAFETY: a valid place for one `sysinfo`; all-zero bytes are valid, too.
    let information = unsafe {
        libc::sysinfo(information.as_mut_ptr());
        information.assume_init()
    };
    let unit = u64::from(information.mem_unit);
    (information.totalram * unit, information.freeram * unit)
}

/// The machine's names, as `uname` has them.
pub struct System(libc::utsname);

impl System {
    /// Asks.
    #[must_use]
    pub fn ask() -> Self {
        let mut names = MaybeUninit::<libc::utsname>::zeroed();
        // SAFETY: a valid place for one `utsname`; all-zero bytes are valid, too.
        Self(unsafe {
            libc::uname(names.as_mut_ptr());
            names.assume_init()
        })
    }

    /// The kernel's name: `Linux`.
    #[must_use]
    pub fn name(&self) -> Lossy<'_> {
        text(&self.0.sysname)
    }

    /// The kernel's release.
    #[must_use]
    pub fn release(&self) -> Lossy<'_> {
        text(&self.0.release)
    }

    /// The kernel's version.
    #[must_use]
    pub fn version(&self) -> Lossy<'_> {
        text(&self.0.version)
    }

    /// The processor architecture: `x86_64`.
    #[must_use]
    pub fn machine(&self) -> Lossy<'_> {
        text(&self.0.machine)
    }

    /// The name of the host.
    #[must_use]
    pub fn host(&self) -> Lossy<'_> {
        text(&self.0.nodename)
    }
}

fn text(field: &[libc::c_char]) -> Lossy<'_> {
    // SAFETY: `c_char` and `u8` have the same size, alignment and valid values.
    let bytes = unsafe { std::slice::from_raw_parts(field.as_ptr().cast::<u8>(), field.len()) };
    let end = bytes.iter().position(|&byte| byte == 0);
    Lossy(bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default())
}

/// The version of the C library at run time, such as `2.36`.
#[must_use]
pub fn libc_version() -> &'static str {
    // SAFETY: glibc returns a static, NUL-terminated string.
    let version = unsafe { CStr::from_ptr(libc::gnu_get_libc_version()) };
    version.to_str().unwrap_or_default()
}

/// Appends the working directory; nothing where it is gone.
pub fn push_working_directory(out: &mut FixedPath) {
    let mut buffer = [0u8; PATH_CAPACITY];
    // SAFETY: the buffer is valid for its length.
    let found = unsafe { libc::getcwd(buffer.as_mut_ptr().cast(), buffer.len()) };
    if !found.is_null() {
        out.push(
            CStr::from_bytes_until_nul(&buffer)
                .unwrap_or_default()
                .to_bytes(),
        );
    }
}

/// Calls `each` with the path of every file that is mapped executable, once
/// for each run of mappings. Reads `/proc/self/maps`: the dynamic linker's own
/// list is behind a lock.
pub fn for_each_shared_object(mut each: impl FnMut(&[u8])) {
    let Ok(maps) = file::open(c"/proc/self/maps", libc::O_RDONLY, 0) else {
        return;
    };
    let mut line = Fixed::<1024>::new();
    let mut last = Fixed::<1024>::new();
    let mut buffer = [0; 4096];
    loop {
        let bytes = file::read(maps.as_fd(), &mut buffer);
        if bytes.is_empty() {
            return;
        }
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            let whole = piece.strip_suffix(b"\n");
            line.push(whole.unwrap_or(piece));
            if whole.is_none() {
                continue;
            }
            if let Some(path) = executable_file(line.as_bytes())
                && path != last.as_bytes()
            {
                last.clear();
                last.push(path);
                each(path);
            }
            line.clear();
        }
    }
}

/// The path of a line of `/proc/self/maps`, if it is mapped executable.
fn executable_file(line: &[u8]) -> Option<&[u8]> {
    let permissions = line.split(|&byte| byte == b' ').nth(1)?;
    if permissions.get(2) != Some(&b'x') {
        return None;
    }
    line.iter()
        .position(|&byte| byte == b'/')
        .and_then(|start| line.get(start..))
}

/// Calls `each` with every `NAME=value` of the environment.
///
/// Reads libc's `environ` without its lock: nobody else may be changing it.
/// Meant for the dying path on the thread that changes it, if anybody does.
pub fn for_each_variable(mut each: impl FnMut(&[u8])) {
    unsafe extern "C" {
        static environ: *const *const libc::c_char;
    }
    // SAFETY: `environ` is null or points to a null-terminated array of C
    // strings; changes to it happen on the calling thread only.
    unsafe {
        let mut entry = environ;
        while !entry.is_null() && !(*entry).is_null() {
            each(CStr::from_ptr(*entry).to_bytes());
            entry = entry.add(1);
        }
    }
}

/// Ends the process with SIGABRT (exit status 134 in a shell), as Node does.
pub fn abort() -> ! {
    // SAFETY: restoring the default action and raising is always allowed; a
    // handler of the script's must not turn the end into something else.
    unsafe { libc::signal(libc::SIGABRT, libc::SIG_DFL) };
    std::process::abort()
}

/// Ends the process with `code`, and nothing else.
pub fn leave(code: i32) -> ! {
    // SAFETY: `_exit` has no preconditions.
    unsafe { libc::_exit(code) }
}

/// Ends the process by `signal`, whose default action that is.
pub fn end_by_signal(signal: i32) -> ! {
    // SAFETY: as above.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
    // SAFETY: raising is always allowed.
    unsafe { libc::raise(signal) };
    // It is blocked, or does not end a process: with the code that a shell would show.
    leave(128 + signal)
}

/// Kills the process `id` (SIGKILL); one that is gone is no error.
pub fn kill(id: u32) {
    if let Some(id) = own_id(id) {
        // SAFETY: no memory is involved.
        unsafe { libc::kill(id, libc::SIGKILL) };
    }
}

/// Kills all processes of the group that the process `leader` leads.
pub fn kill_group(leader: u32) {
    if let Some(id) = own_id(leader) {
        // SAFETY: no memory is involved.
        unsafe { libc::kill(-id, libc::SIGKILL) };
    }
}

/// An id as the kernel takes it; 0 and 1 would mean other processes than one.
fn own_id(id: u32) -> Option<libc::pid_t> {
    libc::pid_t::try_from(id).ok().filter(|id| *id > 1)
}

/// Lets this process and those that it starts leave no core files.
pub fn leave_no_core() {
    let none = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `none` is valid for the call.
    unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const none) };
}

/// Has the kernel kill this process when the thread that started it ends.
pub fn die_with_parent() {
    // SAFETY: takes a number, no memory.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
}

/// Sets or removes `TZ` in the process's environment, where V8's ICU looks for it. A name with a zero
/// byte is none.
pub fn set_time_zone(name: Option<&str>) {
    match name.filter(|name| !name.contains('\0')) {
        // SAFETY: our own code reads the environment through std, which locks it; C code reads `TZ`
        // on the thread of the main isolate alone, which is this one.
        Some(name) => unsafe { std::env::set_var("TZ", name) },
        // SAFETY: as above.
        None => unsafe { std::env::remove_var("TZ") },
    }
}

/// Adds a variable to the process's environment, unless it is there. What no environment can hold is
/// left out. Only for while no other thread runs.
pub fn add_variable(name: &str, value: &str) {
    let is_variable = !name.is_empty() && !name.contains(['=', '\0']) && !value.contains('\0');
    if is_variable && std::env::var_os(name).is_none() {
        // SAFETY: nobody else reads the environment, by the function's contract.
        unsafe { std::env::set_var(name, value) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_plausible() {
        let rss = Statm::open().rss().unwrap();
        assert!(rss > 1 << 18 && rss < 1 << 40, "{rss}");
        let own = Statm::open().rss_of_program().unwrap();
        assert!(own > 1 << 18 && own < rss + (1 << 24), "{own} of {rss}");
        let usage = usage(Who::Process);
        assert!(usage.max_rss >= 1 << 18 && usage.minor_faults > 0);
        let (total, free) = machine_memory();
        assert!(total > free && free > 0);
        let available = Meminfo::open().available().unwrap();
        assert!(available > 1 << 20 && available < total, "{available}");
        assert!(limits()[5].0.is_none_or(|open_files| open_files > 2));
    }

    #[test]
    fn numbers() {
        assert_eq!(parse_u64(b"123\n"), Some(123));
        assert_eq!(parse_u64(b"max\n"), None);
        assert_eq!(parse_u64(b"99999999999999999999"), None);
    }

    #[test]
    fn names_of_the_system() {
        let system = System::ask();
        assert_eq!(system.name().to_string(), "Linux");
        assert!(!system.host().to_string().is_empty());
        assert!(libc_version().starts_with("2."));
        let mut path = FixedPath::new();
        push_working_directory(&mut path);
        assert!(path.as_bytes().starts_with(b"/"));
    }

    #[test]
    fn shared_objects_are_found() {
        let mut libc_seen = false;
        for_each_shared_object(|path| {
            libc_seen |= Lossy(path).to_string().contains("libc.so");
        });
        assert!(libc_seen);
    }

    #[test]
    fn the_environment_is_visited() {
        let mut seen = 0;
        for_each_variable(|entry| seen += usize::from(entry.starts_with(b"PATH=")));
        assert_eq!(seen, 1);
    }
}
