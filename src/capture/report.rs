//! Tier 0 as a file: a diagnostic report in the shape of Node's.
//!
//! The keys and their order are those of Node's `reportVersion` 5; what cannot
//! be had without allocating or locking is empty (`nativeStack`, `libuv`,
//! `workers`, `cpus`). What Node has no key for stands under `oomhost`.

use super::account::{Account, Cause, Heap, frames};
use super::json::Json;
use crate::NODE_VERSION;
use crate::sys::fixed::{FixedPath, Lossy};
use crate::sys::process::{self, System, Usage, Who};
use crate::sys::{Errno, clock, file};
use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};

/// What the report says about this program.
pub struct Program<'a> {
    /// The command line.
    pub command_line: &'a [Vec<u8>],
    /// V8's version.
    pub v8_version: &'static str,
    /// Seconds that local time is ahead of UTC.
    pub local_offset: i64,
    /// Nanoseconds since the start.
    pub uptime_ns: u64,
    /// Leave the environment out.
    pub exclude_env: bool,
}

/// A standard stream that takes the report instead of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

/// Writes the report to a new file at `path`; a path that exists is an error.
/// Needs `buffer` and the stack, nothing else.
///
/// # Errors
/// The `errno` of `open` or `write`; nothing is left behind then.
pub fn write(
    path: &FixedPath,
    buffer: &mut [u8],
    compact: bool,
    account: &Account<'_>,
    program: &Program<'_>,
) -> Result<(), Errno> {
    let report = file::create_new(path.as_c_str(), 0o600)?;
    write_to(report.as_fd(), path, buffer, compact, account, program).inspect_err(|_| {
        // A report that is cut is none. What cannot be removed stays.
        let _ = file::unlink(path.as_c_str());
    })
}

/// Writes the report to one of the standard streams, whose name is `name`.
///
/// # Errors
/// The `errno` of `write`.
pub fn write_to_stream(
    stream: Stream,
    name: &FixedPath,
    buffer: &mut [u8],
    compact: bool,
    account: &Account<'_>,
    program: &Program<'_>,
) -> Result<(), Errno> {
    match stream {
        Stream::Output => write_to(
            std::io::stdout().as_fd(),
            name,
            buffer,
            compact,
            account,
            program,
        ),
        Stream::Error => write_to(
            std::io::stderr().as_fd(),
            name,
            buffer,
            compact,
            account,
            program,
        ),
    }
}

/// Writes the report to an open file; `path` is what it says of its name.
///
/// # Errors
/// The `errno` of `write`.
pub fn write_to(
    report: BorrowedFd<'_>,
    path: &FixedPath,
    buffer: &mut [u8],
    compact: bool,
    account: &Account<'_>,
    program: &Program<'_>,
) -> Result<(), Errno> {
    let mut json = Json::new(report, buffer, compact);
    header(&mut json, path, account, program);
    javascript_stack(&mut json, account);
    json.object("javascriptHeap");
    if let Some(heap) = account.heap {
        javascript_heap(&mut json, heap);
    }
    json.end();
    json.array("nativeStack");
    json.end();
    resources(&mut json, account, program);
    for key in ["libuv", "workers"] {
        json.array(key);
        json.end();
    }
    environment(&mut json, program.exclude_env);
    json.object("oomhost");
    json.text("version", env!("CARGO_PKG_VERSION"));
    json.object("cgroup");
    if let Some(memory) = account.cgroup {
        json.number("usage", memory.usage);
        if let Some(limit) = memory.limit {
            json.number("limit", limit);
        }
    }
    json.end();
    json.number("arrayBuffers", account.array_buffers);
    if let Cause::NearResidentLimit(found) = account.cause {
        json.object("captureAtRss");
        json.text("of", found.whose.name());
        json.number("used", found.reach.used);
        json.number("threshold", found.reach.threshold);
        json.number("limit", found.limit);
        json.end();
    }
    let elapsed = clock::monotonic_ns().saturating_sub(account.began);
    json.number("tier0Microseconds", elapsed / 1000);
    json.end();
    json.finish()
}

fn header(json: &mut Json<'_>, path: &FixedPath, account: &Account<'_>, program: &Program<'_>) {
    let (seconds, nanoseconds) = clock::wall();
    let local = clock::Calendar::from_seconds(seconds.saturating_add(program.local_offset));
    json.object("header");
    json.number("reportVersion", 5);
    json.text("event", account.cause.event());
    json.text("trigger", account.cause.trigger());
    json.text("filename", Lossy(path.as_bytes()));
    json.text("dumpEventTime", local.iso());
    json.text(
        "dumpEventTimeStamp",
        seconds.saturating_mul(1000) + i64::from(nanoseconds / 1_000_000),
    );
    json.number("processId", u64::from(process::id()));
    json.number("threadId", account.thread);
    let mut directory = FixedPath::new();
    process::push_working_directory(&mut directory);
    json.text("cwd", Lossy(directory.as_bytes()));
    json.array("commandLine");
    for argument in program.command_line {
        json.text_element(Lossy(argument));
    }
    json.end();
    json.text("nodejsVersion", NODE_VERSION);
    json.text("glibcVersionRuntime", process::libc_version());
    json.number("wordSize", 64);
    json.text(
        "arch",
        if cfg!(target_arch = "aarch64") {
            "arm64"
        } else {
            "x64"
        },
    );
    json.text("platform", "linux");
    json.object("componentVersions");
    json.text("node", NODE_VERSION.trim_start_matches('v'));
    json.text("oomhost", env!("CARGO_PKG_VERSION"));
    json.text("v8", program.v8_version);
    json.end();
    json.object("release");
    json.text("name", "node");
    json.end();
    let system = System::ask();
    json.text("osName", system.name());
    json.text("osRelease", system.release());
    json.text("osVersion", system.version());
    json.text("osMachine", system.machine());
    json.array("cpus");
    json.end();
    json.text("host", system.host());
    json.end();
}

fn javascript_stack(json: &mut Json<'_>, account: &Account<'_>) {
    json.object("javascriptStack");
    if account.stack.as_bytes().is_empty() {
        json.text("message", "No stack.");
        json.array("stack");
        json.text_element("Unavailable.");
    } else {
        json.text("message", account.cause.event());
        json.array("stack");
        for frame in frames(account.stack) {
            json.text_element(Lossy(frame));
        }
    }
    json.end();
    json.object("errorProperties");
    json.end();
    json.end();
}

fn javascript_heap(json: &mut Json<'_>, heap: &Heap) {
    for (key, value) in [
        ("totalMemory", heap.total),
        ("executableMemory", heap.executable),
        ("totalCommittedMemory", heap.physical),
        ("availableMemory", heap.available),
        ("totalGlobalHandlesMemory", heap.global_handles),
        ("usedGlobalHandlesMemory", heap.used_global_handles),
        ("usedMemory", heap.used),
        ("memoryLimit", heap.limit),
        ("mallocedMemory", heap.malloced),
        ("externalMemory", heap.external),
        ("peakMallocedMemory", heap.peak_malloced),
        ("nativeContextCount", heap.native_contexts),
        ("detachedContextCount", heap.detached_contexts),
        ("doesZapGarbage", usize::from(heap.zaps_garbage)),
    ] {
        json.number(key, value as u64);
    }
    json.object("heapSpaces");
    for space in heap.spaces() {
        json.object(space.name);
        json.number("memorySize", space.size as u64);
        json.number("committedMemory", space.physical as u64);
        json.number("capacity", (space.used + space.available) as u64);
        json.number("used", space.used as u64);
        json.number("available", space.available as u64);
        json.end();
    }
    json.end();
}

fn resources(json: &mut Json<'_>, account: &Account<'_>, program: &Program<'_>) {
    let (total, free) = process::machine_memory();
    let usage = process::usage(Who::Process);
    json.object("resourceUsage");
    json.number("free_memory", free);
    json.number("total_memory", total);
    json.number("rss", account.rss.unwrap_or(0));
    let limit = account.cgroup.and_then(|memory| memory.limit);
    // libuv's value for "no constraint".
    json.number("constrained_memory", limit.unwrap_or(u64::MAX));
    let left = account
        .cgroup
        .and_then(|memory| Some(memory.limit?.saturating_sub(memory.usage)));
    json.number("available_memory", left.unwrap_or(free));
    processor(json, &usage, program.uptime_ns);
    json.number("maxRss", usage.max_rss);
    json.object("pageFaults");
    json.number("IORequired", usage.major_faults);
    json.number("IONotRequired", usage.minor_faults);
    json.end();
    activity(json, &usage);
    json.end();
    let usage = process::usage(Who::Thread);
    json.object("uvthreadResourceUsage");
    processor(json, &usage, program.uptime_ns);
    activity(json, &usage);
    json.end();
}

fn processor(json: &mut Json<'_>, usage: &Usage, uptime_ns: u64) {
    // Parts per million of the time since the start, at least one second.
    let elapsed = (uptime_ns / 1000).max(1_000_000);
    let percent = |us: u64| decimal(us.saturating_mul(100_000_000) / elapsed);
    json.display("userCpuSeconds", decimal(usage.user_us));
    json.display("kernelCpuSeconds", decimal(usage.system_us));
    json.display(
        "cpuConsumptionPercent",
        percent(usage.user_us.saturating_add(usage.system_us)),
    );
    json.display("userCpuConsumptionPercent", percent(usage.user_us));
    json.display("kernelCpuConsumptionPercent", percent(usage.system_us));
}

fn activity(json: &mut Json<'_>, usage: &Usage) {
    json.object("fsActivity");
    json.number("reads", usage.reads);
    json.number("writes", usage.writes);
    json.end();
}

/// Displays millionths as a decimal number.
fn decimal(millionths: u64) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        write!(
            f,
            "{}.{:06}",
            millionths / 1_000_000,
            millionths % 1_000_000
        )
    })
}

fn environment(json: &mut Json<'_>, without_variables: bool) {
    if !without_variables {
        json.object("environmentVariables");
        process::for_each_variable(|entry| {
            let mut parts = entry.splitn(2, |&byte| byte == b'=');
            let (name, value) = (parts.next(), parts.next());
            json.bytes(name.unwrap_or_default(), value.unwrap_or_default());
        });
        json.end();
    }
    json.object("userLimits");
    for (name, (soft, hard)) in process::LIMIT_NAMES.into_iter().zip(process::limits()) {
        json.object(name);
        for (key, value) in [("soft", soft), ("hard", hard)] {
            match value {
                Some(value) => json.number(key, value),
                None => json.text(key, "unlimited"),
            }
        }
        json.end();
    }
    json.end();
    json.array("sharedObjects");
    process::for_each_shared_object(|path| json.text_element(Lossy(path)));
    json.end();
}

#[cfg(test)]
mod tests {
    use super::super::account::{Space, Stack};
    use super::*;
    use crate::sys::cgroup::Memory;
    use serde_json::Value;
    use std::os::unix::ffi::OsStrExt;

    fn report(heap: Option<&Heap>, stack: &[u8], compact: bool) -> Value {
        let directory = tempfile::tempdir().unwrap();
        let mut path = FixedPath::new();
        path.push(directory.path().join("r.json").as_os_str().as_bytes());
        let mut text = Stack::new();
        text.push(stack);
        let account = Account {
            cause: Cause::OutOfMemory {
                location: b"invalid table size",
                detail: b"",
                is_heap: true,
            },
            heap,
            stack: &text,
            array_buffers: 42,
            rss: Some(4096),
            cgroup: Some(Memory {
                limit: Some(100),
                usage: 60,
            }),
            thread: 2,
            collecting: false,
            began: clock::monotonic_ns(),
        };
        let program = Program {
            command_line: &[b"oomhost".to_vec(), b"a \"b\"\xff".to_vec()],
            v8_version: "15.2.124",
            local_offset: 0,
            uptime_ns: 5_000_000_000,
            exclude_env: false,
        };
        let mut buffer = [0; 512];
        write(&path, &mut buffer, compact, &account, &program).unwrap();
        assert_eq!(
            write(&path, &mut buffer, compact, &account, &program),
            Err(Errno(libc::EEXIST))
        );
        serde_json::from_slice(&std::fs::read(directory.path().join("r.json")).unwrap()).unwrap()
    }

    #[test]
    fn has_nodes_shape() {
        let mut heap = Heap {
            used: 7,
            ..Heap::default()
        };
        heap.add_space(Space {
            name: "old_space",
            used: 5,
            available: 3,
            ..Space::default()
        });
        for compact in [false, true] {
            let value = report(Some(&heap), b"at f (a.js:1:2)\nat b.js:3:4\n", compact);
            let keys: Vec<&str> = value
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            for key in [
                "header",
                "javascriptStack",
                "javascriptHeap",
                "nativeStack",
                "resourceUsage",
                "uvthreadResourceUsage",
                "libuv",
                "workers",
                "environmentVariables",
                "userLimits",
                "sharedObjects",
            ] {
                assert!(keys.contains(&key), "{key}");
            }
            assert_eq!(value["header"]["trigger"], "OOMError");
            assert_eq!(value["header"]["threadId"], 2);
            assert_eq!(value["header"]["commandLine"][1], "a \"b\"\u{fffd}");
            assert_eq!(value["javascriptStack"]["stack"][1], "at b.js:3:4");
            assert_eq!(value["javascriptHeap"]["usedMemory"], 7);
            assert_eq!(
                value["javascriptHeap"]["heapSpaces"]["old_space"]["capacity"],
                8
            );
            assert_eq!(value["resourceUsage"]["constrained_memory"], 100);
            assert_eq!(value["resourceUsage"]["available_memory"], 40);
            assert_eq!(value["oomhost"]["cgroup"]["usage"], 60);
            assert_eq!(value["oomhost"]["arrayBuffers"], 42);
            assert!(value["sharedObjects"].as_array().unwrap().len() > 1);
            assert!(value["environmentVariables"]["PATH"].is_string());
            assert!(value["userLimits"]["open_files"]["soft"].is_number());
        }
    }

    #[test]
    fn says_so_where_v8_may_not_be_asked() {
        let value = report(None, b"", false);
        assert_eq!(value["javascriptStack"]["message"], "No stack.");
        assert_eq!(value["javascriptHeap"], serde_json::json!({}));
    }

    #[test]
    fn decimals() {
        assert_eq!(decimal(1_500_000).to_string(), "1.500000");
        assert_eq!(decimal(42).to_string(), "0.000042");
    }
}
