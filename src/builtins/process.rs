//! `binding.process`: what `process` needs from the system.

#![expect(unsafe_code, reason = "plain libc calls")]

use std::env;
use std::mem::MaybeUninit;
use std::time::Instant;

use super::{constant, method, string_arg, string_array};
use crate::cli::ExitCode;
use crate::engine::{array_buffers, host, string, v8_version};
use crate::event_loop::signals;
use crate::sys::cgroup::MemoryGroup;
use crate::sys::process::Statm;
use crate::sys::process::machine_memory;

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "write", write);
    method(scope, target, "isatty", isatty);
    method(scope, target, "windowSize", window_size);
    method(scope, target, "reallyExit", really_exit);
    method(scope, target, "setExitCode", set_exit_code);
    method(scope, target, "reportUncaught", report_uncaught);
    method(scope, target, "detailString", detail_string);
    method(scope, target, "markPromiseAsHandled", mark_handled);
    method(scope, target, "runMicrotasks", run_microtasks);
    method(scope, target, "enqueueMicrotask", enqueue_microtask);
    method(scope, target, "cwd", cwd);
    method(scope, target, "chdir", chdir);
    method(scope, target, "hrtime", hrtime);
    method(scope, target, "uptime", uptime);
    method(scope, target, "memoryUsage", memory_usage);
    method(scope, target, "rss", rss);
    method(scope, target, "constrainedMemory", constrained_memory);
    method(scope, target, "availableMemory", available_memory);
    method(scope, target, "groups", groups);
    method(scope, target, "umask", umask);
    method(scope, target, "ids", ids);
    method(scope, target, "kill", kill);
    method(scope, target, "abort", abort);
    method(scope, target, "setCaptured", set_captured);
    method(scope, target, "setTimeZone", set_time_zone);
    method(scope, target, "resourceUsage", resource_usage);
    method(scope, target, "threadCpuUsage", thread_cpu_usage);
    method(scope, target, "startSignal", start_signal);
    method(scope, target, "stopSignal", stop_signal);
    method(scope, target, "info", info);
    method(scope, target, "environmentFlags", environment_flags);
    super::identity::fill(scope, target);
}

/// Microseconds-exact moment of the process's start as this program saw it.
pub fn process_start() -> Instant {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    *START.get_or_init(Instant::now)
}

/// Writes all of `bytes`, waiting where a non-blocking descriptor is full. Returns 0 or a negative
/// errno.
pub fn write_all(fd: i32, mut bytes: &[u8]) -> i32 {
    while !bytes.is_empty() {
        // SAFETY: the slice is readable for its length.
        let count = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
        if let Ok(count) = usize::try_from(count) {
            bytes = &bytes[count..];
            continue;
        }
        match last_errno() {
            libc::EINTR => {}
            libc::EAGAIN => {
                let mut wait = libc::pollfd {
                    fd,
                    events: libc::POLLOUT,
                    revents: 0,
                };
                // SAFETY: one pollfd of this frame.
                unsafe { libc::poll(&raw mut wait, 1, -1) };
            }
            errno => return -errno,
        }
    }
    0
}

fn last_errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// `write(fd, stringOrBytes)` → 0 or a negative errno. Synchronous on every kind of descriptor.
fn write(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let fd = args.get(0).int32_value(scope).unwrap_or(-1);
    let data = args.get(1);
    let outcome = if let Ok(view) = v8::Local::<v8::ArrayBufferView>::try_from(data) {
        let mut bytes = vec![0; view.byte_length()];
        view.copy_contents(&mut bytes);
        write_all(fd, &bytes)
    } else {
        write_all(fd, data.to_rust_string_lossy(scope).as_bytes())
    };
    result.set_int32(outcome);
}

fn isatty(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let fd = args.get(0).int32_value(scope).unwrap_or(-1);
    // SAFETY: isatty takes any number.
    result.set_bool(unsafe { libc::isatty(fd) } == 1);
}

/// `windowSize(fd)` → `[columns, rows]` or undefined.
fn window_size(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let fd = args.get(0).int32_value(scope).unwrap_or(-1);
    let mut size = MaybeUninit::<libc::winsize>::zeroed();
    // SAFETY: TIOCGWINSZ fills a winsize.
    if unsafe { libc::ioctl(fd, libc::TIOCGWINSZ, size.as_mut_ptr()) } != 0 {
        return;
    }
    // SAFETY: filled above (and zero is valid).
    let size = unsafe { size.assume_init() };
    let columns = v8::Integer::new(scope, size.ws_col.into()).into();
    let rows = v8::Integer::new(scope, size.ws_row.into()).into();
    result.set(v8::Array::new_with_elements(scope, &[columns, rows]).into());
}

fn really_exit(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let code = args.get(0).int32_value(scope).unwrap_or(0);
    let host = host(scope);
    if let Some(inside) = &host.workers.inside {
        inside.exit(scope, code);
        return;
    }
    crate::capture::profile::finish(scope);
    crate::inspector::wait_for_disconnect(scope);
    host.workers.leave();
    ExitCode::from_script(code).exit();
}

/// `setExitCode(code | undefined)`: what an uncaught error's exit code becomes.
fn set_exit_code(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let code = args.get(0);
    let code = if code.is_undefined() {
        None
    } else {
        code.int32_value(scope)
    };
    host(scope).exit_code.set(code);
}

/// `reportUncaught(error, fromPromise)`: the uncaught-exception path for an error that JavaScript
/// caught; returns only if a handler took it.
fn report_uncaught(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let from_promise = args.get(1).boolean_value(scope);
    crate::engine::exception::report(scope, args.get(0), None, from_promise);
}

/// `markPromiseAsHandled(promise)`: V8 tells nobody of its rejection.
fn mark_handled<'s>(_scope: &mut Scope<'s, '_>, args: Args<'s>, _result: Ret<'_>) {
    if let Ok(promise) = v8::Local::<v8::Promise>::try_from(args.get(0)) {
        promise.mark_as_handled();
    }
}

/// `detailString(value)`: the value in words, without running any code of the script.
fn detail_string(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    if let Some(text) = args.get(0).to_detail_string(scope) {
        result.set(text.into());
    }
}

fn run_microtasks(scope: &mut Scope<'_, '_>, _args: Args<'_>, _result: Ret<'_>) {
    scope.perform_microtask_checkpoint();
}

fn enqueue_microtask(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    if let Ok(function) = v8::Local::<v8::Function>::try_from(args.get(0)) {
        scope.enqueue_microtask(function);
    }
}

/// `cwd()` → the folder, or a negative errno.
fn cwd(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    match env::current_dir() {
        Ok(folder) => result.set(string(scope, &folder.to_string_lossy()).into()),
        Err(error) => result.set_int32(-error.raw_os_error().unwrap_or(libc::EIO)),
    }
}

/// `chdir(path)` → 0 or a negative errno.
fn chdir(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let outcome = env::set_current_dir(string_arg(scope, &args, 0));
    result.set_int32(
        outcome
            .err()
            .map_or(0, |error| -error.raw_os_error().unwrap_or(libc::EIO)),
    );
}

/// `setCaptured(captured)`: whether the script takes uncaught errors.
fn set_captured(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    crate::engine::abort::set_captured(scope, args.get(0).is_true());
}

/// `setTimeZone(name)`: what `process.env.TZ` says from now on, undefined where it says nothing.
fn set_time_zone(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let name = args.get(0);
    let name = (!name.is_undefined()).then(|| name.to_rust_string_lossy(scope));
    crate::sys::process::set_time_zone(name.as_deref());
    scope.date_time_configuration_change_notification(v8::TimeZoneDetection::Redetect);
}

/// `hrtime()` → nanoseconds of the monotonic clock, a bigint.
fn hrtime(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: fills the timespec.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    let nanoseconds = time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned();
    result.set(v8::BigInt::new_from_u64(scope, nanoseconds).into());
}

/// `uptime()` → seconds since the process's start.
fn uptime(_scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    result.set_double(process_start().elapsed().as_secs_f64());
}

/// Resident set size in bytes; 0 without `/proc`.
fn resident_bytes() -> u64 {
    Statm::open().rss().unwrap_or(0)
}

#[expect(clippy::cast_precision_loss, reason = "below 2^53 bytes")]
fn numbers<'s>(scope: &mut Scope<'s, '_>, values: &[u64]) -> v8::Local<'s, v8::Array> {
    let values: Vec<v8::Local<v8::Value>> = values
        .iter()
        .map(|&value| v8::Number::new(scope, value as f64).into())
        .collect();
    v8::Array::new_with_elements(scope, &values)
}

/// `memoryUsage()` → `[rss, heapTotal, heapUsed, external, arrayBuffers]`, bytes.
fn memory_usage(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let heap = scope.get_heap_statistics();
    let array = numbers(
        scope,
        &[
            resident_bytes(),
            heap.total_heap_size() as u64,
            heap.used_heap_size() as u64,
            heap.external_memory() as u64,
            array_buffers::allocated_bytes() as u64,
        ],
    );
    result.set(array.into());
}

#[expect(clippy::cast_precision_loss, reason = "below 2^53 bytes")]
fn rss(_scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    result.set_double(resident_bytes() as f64);
}

/// `constrainedMemory()` → bytes that the cgroup allows, 0 where it sets no limit.
#[expect(clippy::cast_precision_loss, reason = "below 2^53 bytes")]
fn constrained_memory(_scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    result.set_double(crate::sys::cgroup::memory_limit().unwrap_or(0) as f64);
}

/// `availableMemory()` → bytes that the process can still take: what its cgroup has left or, without
/// a limit, the machine.
#[expect(clippy::cast_precision_loss, reason = "below 2^53 bytes")]
fn available_memory(_scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let left = MemoryGroup::open()
        .read()
        .and_then(|memory| Some(memory.limit?.saturating_sub(memory.usage)));
    let bytes = left.map_or_else(machine_available, |left| left.min(machine_available()));
    result.set_double(bytes as f64);
}

/// The kernel's own estimate (`MemAvailable` of `/proc/meminfo`), in bytes.
fn machine_available() -> u64 {
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kibibytes = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.map_or_else(|| machine_memory().1, |kibibytes| kibibytes * 1024)
}

/// `groups()` → the supplementary group ids and the effective one, which POSIX leaves open.
fn groups(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    // SAFETY: with no room for them, only their number is told.
    let count = unsafe { libc::getgroups(0, std::ptr::null_mut()) };
    let mut ids = vec![0; usize::try_from(count).unwrap_or(0)];
    // SAFETY: `ids` has room for `count` ids.
    let count = unsafe { libc::getgroups(count, ids.as_mut_ptr()) };
    ids.truncate(usize::try_from(count).unwrap_or(0));
    // SAFETY: cannot fail.
    let effective = unsafe { libc::getegid() };
    if !ids.contains(&effective) {
        ids.push(effective);
    }
    let ids: Vec<u64> = ids.into_iter().map(u64::from).collect();
    result.set(numbers(scope, &ids).into());
}

/// `umask(mask | undefined)` → the old mask.
fn umask(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let mask = args.get(0);
    // SAFETY: umask cannot fail.
    let old = unsafe { libc::umask(mask.uint32_value(scope).unwrap_or(0)) };
    if mask.is_undefined() {
        // SAFETY: puts the old mask back.
        unsafe { libc::umask(old) };
    }
    result.set_uint32(old);
}

/// `ids()` → `[pid, ppid, uid, euid, gid, egid]`.
fn ids(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    // SAFETY: none of these can fail.
    let own = unsafe {
        [
            libc::getuid(),
            libc::geteuid(),
            libc::getgid(),
            libc::getegid(),
        ]
    };
    // SAFETY: as above.
    let parent = unsafe { libc::getppid() }.cast_unsigned();
    let mut all = vec![u64::from(std::process::id()), u64::from(parent)];
    all.extend(own.map(u64::from));
    result.set(numbers(scope, &all).into());
}

/// `kill(pid, signal)` → 0 or a negative errno.
fn kill(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let pid = args.get(0).int32_value(scope).unwrap_or(0);
    let signal = args.get(1).int32_value(scope).unwrap_or(0);
    // SAFETY: kill takes any numbers.
    let outcome = unsafe { libc::kill(pid, signal) };
    result.set_int32(if outcome == 0 { 0 } else { -last_errno() });
}

fn abort(_scope: &mut Scope<'_, '_>, _args: Args<'_>, _result: Ret<'_>) {
    std::process::abort();
}

/// `resourceUsage()` → the sixteen numbers of `getrusage`, times in microseconds.
fn resource_usage(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: fills the rusage.
    unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) };
    // SAFETY: filled above (and zero is valid).
    let usage = unsafe { usage.assume_init() };
    let micros = |time: libc::timeval| (time.tv_sec * 1_000_000 + time.tv_usec).cast_unsigned();
    let rest = [
        usage.ru_maxrss,
        usage.ru_ixrss,
        usage.ru_idrss,
        usage.ru_isrss,
        usage.ru_minflt,
        usage.ru_majflt,
        usage.ru_nswap,
        usage.ru_inblock,
        usage.ru_oublock,
        usage.ru_msgsnd,
        usage.ru_msgrcv,
        usage.ru_nsignals,
        usage.ru_nvcsw,
        usage.ru_nivcsw,
    ];
    let mut all = vec![micros(usage.ru_utime), micros(usage.ru_stime)];
    all.extend(rest.map(i64::cast_unsigned));
    result.set(numbers(scope, &all).into());
}

/// `threadCpuUsage()` → `[user, system]` of this thread, microseconds.
fn thread_cpu_usage(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    result.set(numbers(scope, &thread_cpu_micros()).into());
}

/// User and system time of this thread, in microseconds.
pub fn thread_cpu_micros() -> [u64; 2] {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: fills the rusage.
    unsafe { libc::getrusage(libc::RUSAGE_THREAD, usage.as_mut_ptr()) };
    // SAFETY: filled above (and zero is valid).
    let usage = unsafe { usage.assume_init() };
    let micros = |time: libc::timeval| (time.tv_sec * 1_000_000 + time.tv_usec).cast_unsigned();
    [micros(usage.ru_utime), micros(usage.ru_stime)]
}

/// `startSignal(number)` → 0 or a negative errno: deliver the signal to `process`.
fn start_signal(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let number = args.get(0).int32_value(scope).unwrap_or(0);
    let outcome = signals::listen(number, &host(scope).event_loop.sender());
    result.set_int32(
        outcome
            .err()
            .map_or(0, |error| -error.raw_os_error().unwrap_or(libc::EINVAL)),
    );
}

/// `stopSignal(number)`: the default action again.
fn stop_signal(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let number = args.get(0).int32_value(scope).unwrap_or(0);
    // Only a number that startSignal took comes here.
    let _ = signals::ignore(number);
}

/// `environmentFlags()` → the flags that `NODE_OPTIONS` may hold.
fn environment_flags(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    result.set(string_array(scope, crate::cli::environment_flags()).into());
}

/// `info()` → what never changes: `{ argv0, execPath, args, execArgv, title, env, options, … }`.
fn info(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let host = host(scope);
    let target = v8::Object::new(scope);
    let argv0 = env::args().next().unwrap_or_default();
    let exec_path = env::current_exe().map_or_else(
        |_| argv0.clone(),
        |path| path.to_string_lossy().into_owned(),
    );
    let argv0 = string(scope, &argv0).into();
    constant(scope, target, "argv0", argv0);
    let exec_path = string(scope, &exec_path).into();
    constant(scope, target, "execPath", exec_path);
    if let Some(title) = &host.options.title {
        let title = string(scope, title).into();
        constant(scope, target, "title", title);
    }
    let args = string_array(scope, &host.options.args).into();
    constant(scope, target, "args", args);
    let exec_argv = string_array(scope, &host.options.exec_argv).into();
    constant(scope, target, "execArgv", exec_argv);
    let env: Vec<String> = env::vars_os()
        .flat_map(|(name, value)| {
            [
                name.to_string_lossy().into_owned(),
                value.to_string_lossy().into_owned(),
            ]
        })
        .collect();
    let env = string_array(scope, env).into();
    constant(scope, target, "env", env);
    let options = host.options.options.to_string();
    let options = string(scope, &options).into();
    constant(scope, target, "options", options);
    let v8_version = string(scope, v8_version()).into();
    constant(scope, target, "v8Version", v8_version);
    let own_version = string(scope, env!("CARGO_PKG_VERSION")).into();
    constant(scope, target, "oomhostVersion", own_version);
    let node_version = string(scope, crate::NODE_VERSION).into();
    constant(scope, target, "nodeVersion", node_version);
    result.set(target.into());
}
