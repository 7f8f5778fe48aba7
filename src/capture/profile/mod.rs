//! Profiles on request: CPU profiles and sampling heap profiles, from a script or from the command
//! line (`--cpu-prof`, `--heap-prof`), as files that Chrome's `DevTools` opens.

mod cpu;
mod file;
mod sampling;
mod text;
mod tracking;

use super::names;
use super::tiers::say;
use super::trigger;
use crate::sys::file::Existing;
use crate::sys::fixed::{FixedPath, Lossy};
use crate::sys::{Errno, clock};
use std::cell::RefCell;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

pub use cpu::{Profile, Recording, Refused, is_recording};
pub use file::{Stream, WriteError};
pub use sampling::Sampling;
pub use tracking::{start as start_tracking, stop as stop_tracking};

/// Node's default of `--cpu-prof-interval`, in microseconds.
pub const CPU_INTERVAL: u64 = 1000;

/// Node's default of `--heap-prof-interval`, in bytes.
pub const HEAP_INTERVAL: u64 = 512 << 10;

/// Frames of a sampled stack where the inspector samples, as it does for Node's `--heap-prof`
/// (`HeapProfiler.startSampling` in V8's `v8-heap-profiler-agent-impl.cc`).
const INSPECTOR_DEPTH: i32 = 128;

/// A profile of the whole run, which the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Where the file goes; made where it is missing.
    pub directory: Option<PathBuf>,
    /// Its name; Node's where there is none. `${pid}` is the process id.
    pub name: Option<String>,
    /// Microseconds, or bytes, between two samples.
    pub interval: u64,
}

/// The profiles of the whole run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `--cpu-prof`.
    pub cpu: Option<Wanted>,
    /// `--heap-prof`.
    pub heap: Option<Wanted>,
    /// `--heap-prof-on-oom`: sample the heap for [`write_near_limit`].
    pub heap_at_oom: bool,
}

/// Where the profile of a whole run goes.
struct Target {
    path: PathBuf,
    existing: Existing,
}

#[derive(Default)]
struct Run {
    cpu: Option<(Recording, Target)>,
    heap: Option<Target>,
}

thread_local! {
    /// The profiles that the end of this thread's isolate completes.
    static RUN: RefCell<Run> = RefCell::default();
}

/// Starts the profiles of the whole run of the thread with Node's id `thread`; [`finish`] ends them.
pub fn start(isolate: &mut v8::Isolate, options: &Options, thread: u64) {
    let cpu = options.cpu.as_ref().and_then(|wanted| {
        let target = Target::of(wanted, "CPU", "cpuprofile", thread);
        let interval = i32::try_from(wanted.interval).unwrap_or(i32::MAX);
        match Recording::start(isolate, interval, u32::MAX) {
            Ok(recording) => Some((recording, target)),
            Err(refused) => {
                say!("oomhost: no CPU profile: {refused}\n");
                None
            }
        }
    });
    let heap = options.heap.as_ref().and_then(|wanted| {
        let target = Target::of(wanted, "Heap", "heapprofile", thread);
        let sampling = Sampling {
            interval: wanted.interval,
            depth: INSPECTOR_DEPTH,
            ..Sampling::default()
        };
        sampling::start(isolate, sampling).then_some(target)
    });
    if options.heap_at_oom {
        let sampling = Sampling {
            depth: INSPECTOR_DEPTH,
            ..Sampling::default()
        };
        // It may be under way already, for `--heap-prof`.
        sampling::start(isolate, sampling);
    }
    RUN.with_borrow_mut(|run| *run = Run { cpu, heap });
}

/// Writes what is alive of what was sampled, near the heap's limit, and tells where. `false` where
/// nothing is being sampled.
pub(super) fn write_near_limit(isolate: &mut v8::Isolate) -> bool {
    match write_heap(isolate, None) {
        None => return false,
        Some(Ok(path)) => say!("Wrote heap profile to {}\n", Lossy(&path)),
        Some(Err(error)) => say!(
            "oomhost: no heap profile: {} '{}'\n",
            error.failure,
            Lossy(&error.path)
        ),
    }
    true
}

/// Ends the profiles of the whole run and writes them, for the end of the process. The second call
/// does nothing.
pub fn finish(isolate: &mut v8::Isolate) {
    let Run { cpu, heap } = RUN.with_borrow_mut(std::mem::take);
    if let Some((recording, target)) = cpu {
        let profile = recording.stop();
        target.write("CPU profile", |out| profile.write(out));
    }
    if let Some(target) = heap {
        sampling::with_profile(isolate, |profile| {
            target.write("heap profile", |out| profile.write(out));
        });
        sampling::stop(isolate);
    }
}

impl Target {
    fn of(wanted: &Wanted, prefix: &str, extension: &str, thread: u64) -> Self {
        let directory = wanted.directory.as_deref().unwrap_or(Path::new("."));
        // As in Node the folder of a relative path is that of the start.
        let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
        if let Some(name) = &wanted.name {
            return Self {
                path: directory.join(name.replace("${pid}", &std::process::id().to_string())),
                existing: Existing::Replace,
            };
        }
        let mut name = FixedPath::new();
        names::push_node_name(
            &mut name,
            prefix,
            extension,
            thread,
            clock::local_offset_s(),
        );
        Self {
            path: directory.join(Lossy(name.as_bytes()).to_string()),
            existing: Existing::Keep,
        }
    }

    fn write(&self, what: &str, write: impl FnOnce(&mut Stream<'_, '_>) -> io::Result<()>) {
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        if let Err(error) = std::fs::create_dir_all(folder) {
            let errno = Errno(error.raw_os_error().unwrap_or(libc::EIO));
            let folder = folder.display();
            say!("oomhost: no {what}: {errno}, mkdir '{folder}'\n");
            return;
        }
        let named = |attempt: u32, out: &mut FixedPath| {
            out.push(self.path.as_os_str().as_bytes());
            if attempt > 0 {
                names::insert_number(out, 0, attempt);
            }
        };
        if let Err(error) = file::write(&named, self.existing, write) {
            say!(
                "oomhost: no {what}: {} '{}'\n",
                error.failure,
                Lossy(&error.path)
            );
        }
    }
}

/// Writes a CPU profile to `path`, which is replaced, or to a file with Node's name; returns its
/// path.
///
/// # Errors
/// Why there is no file; nothing is left behind then.
pub fn write_cpu(profile: &Profile, path: Option<&[u8]>) -> Result<Vec<u8>, WriteError> {
    write(path, "CPU", "cpuprofile", |out| profile.write(out))
}

/// Writes what [`start_heap`] has sampled, as [`write_cpu`] does; `None` where nothing is being
/// sampled.
pub fn write_heap(
    isolate: &mut v8::Isolate,
    path: Option<&[u8]>,
) -> Option<Result<Vec<u8>, WriteError>> {
    sampling::with_profile(isolate, |profile| {
        write(path, "Heap", "heapprofile", |out| profile.write(out))
    })
}

fn write(
    path: Option<&[u8]>,
    prefix: &str,
    extension: &str,
    write: impl FnOnce(&mut Stream<'_, '_>) -> io::Result<()>,
) -> Result<Vec<u8>, WriteError> {
    if let Some(path) = path {
        let named = |_attempt: u32, out: &mut FixedPath| out.push(path);
        return file::write(&named, Existing::Replace, write);
    }
    let named = |_attempt: u32, out: &mut FixedPath| {
        trigger::push_diagnostic_name(out, prefix, extension);
    };
    file::write(&named, Existing::Keep, write)
}

/// Starts to sample allocations; `false` where that is under way.
pub fn start_heap(isolate: &mut v8::Isolate, sampling: Sampling) -> bool {
    sampling::start(isolate, sampling)
}

/// Ends sampling.
pub fn stop_heap(isolate: &mut v8::Isolate) {
    sampling::stop(isolate);
}

/// What was sampled, as JSON; `None` where nothing is being sampled.
pub fn heap_json(isolate: &mut v8::Isolate) -> Option<Vec<u8>> {
    sampling::with_profile(isolate, |profile| {
        let mut text = Vec::new();
        profile.write(&mut text).expect("a Vec takes everything");
        text
    })
}

/// The profile as JSON.
pub fn cpu_json(profile: &Profile) -> Vec<u8> {
    let mut text = Vec::new();
    profile.write(&mut text).expect("a Vec takes everything");
    text
}
