//! CPU profiles: V8's sampling `CpuProfiler`, and its result as Node's `.cpuprofile`.
//!
//! The `v8` crate binds none of it, so V8's public C++ API (`v8-profiler.h`) is called by its
//! symbols, for which what `snapshot` says holds: the header is that of the pinned crate, and
//! nothing unwinds. `Local<T>` is a pointer that is passed as one.
#![expect(unsafe_code, reason = "V8's C++ API by its symbols")]

use super::text::{string, url};
use crate::capture::snapshot::{Opaque, pointer_to};
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_uint};
use std::io::{self, Write};
use std::marker::PhantomData;
use std::thread;

/// `CpuProfilingNamingMode::kDebugNaming`, V8's default.
const DEBUG_NAMING: c_int = 1;
/// `CpuProfilingLoggingMode::kLazyLogging`, V8's default.
const LAZY_LOGGING: c_int = 0;
/// `CpuProfilingMode::kLeafNodeLineNumbers`, V8's default.
const LEAF_NODE_LINE_NUMBERS: c_int = 0;
/// `CpuProfilingStatus::kStarted`.
const STARTED: c_int = 0;

/// `v8::CpuProfilingResult`.
#[repr(C)]
struct StartResult {
    id: u32,
    status: c_int,
}

/// `v8::CpuProfileNode::LineTick`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct LineTick {
    line: c_int,
    column: c_int,
    hit_count: c_uint,
}

unsafe extern "C" {
    #[link_name = "_ZN2v811CpuProfiler3NewEPNS_7IsolateENS_22CpuProfilingNamingModeENS_23CpuProfilingLoggingModeE"]
    fn new_profiler(isolate: *mut Opaque, naming: c_int, logging: c_int) -> *mut Opaque;

    #[link_name = "_ZN2v811CpuProfiler19SetSamplingIntervalEi"]
    fn set_sampling_interval(profiler: *mut Opaque, microseconds: c_int);

    #[link_name = "_ZN2v811CpuProfiler5StartENS_5LocalINS_6StringEEENS_16CpuProfilingModeEbj"]
    fn start(
        profiler: *mut Opaque,
        title: *const v8::String,
        mode: c_int,
        record_samples: bool,
        max_samples: c_uint,
    ) -> StartResult;

    #[link_name = "_ZN2v811CpuProfiler4StopEj"]
    fn stop(profiler: *mut Opaque, id: u32) -> *mut Opaque;

    #[link_name = "_ZN2v811CpuProfiler7DisposeEv"]
    fn dispose(profiler: *mut Opaque);

    #[link_name = "_ZN2v810CpuProfile6DeleteEv"]
    fn delete(profile: *mut Opaque);

    #[link_name = "_ZNK2v810CpuProfile14GetTopDownRootEv"]
    fn top_down_root(profile: *const Opaque) -> *const Opaque;

    #[link_name = "_ZNK2v810CpuProfile15GetSamplesCountEv"]
    fn samples_count(profile: *const Opaque) -> c_int;

    #[link_name = "_ZNK2v810CpuProfile9GetSampleEi"]
    fn sample(profile: *const Opaque, index: c_int) -> *const Opaque;

    #[link_name = "_ZNK2v810CpuProfile18GetSampleTimestampEi"]
    fn sample_timestamp(profile: *const Opaque, index: c_int) -> i64;

    #[link_name = "_ZNK2v810CpuProfile12GetStartTimeEv"]
    fn start_time(profile: *const Opaque) -> i64;

    #[link_name = "_ZNK2v810CpuProfile10GetEndTimeEv"]
    fn end_time(profile: *const Opaque) -> i64;

    #[link_name = "_ZNK2v814CpuProfileNode9GetNodeIdEv"]
    fn node_id(node: *const Opaque) -> c_uint;

    #[link_name = "_ZNK2v814CpuProfileNode11GetHitCountEv"]
    fn hit_count(node: *const Opaque) -> c_uint;

    #[link_name = "_ZNK2v814CpuProfileNode11GetScriptIdEv"]
    fn script_id(node: *const Opaque) -> c_int;

    #[link_name = "_ZNK2v814CpuProfileNode13GetLineNumberEv"]
    fn line_number(node: *const Opaque) -> c_int;

    #[link_name = "_ZNK2v814CpuProfileNode15GetColumnNumberEv"]
    fn column_number(node: *const Opaque) -> c_int;

    #[link_name = "_ZNK2v814CpuProfileNode18GetFunctionNameStrEv"]
    fn function_name(node: *const Opaque) -> *const c_char;

    #[link_name = "_ZNK2v814CpuProfileNode24GetScriptResourceNameStrEv"]
    fn script_resource_name(node: *const Opaque) -> *const c_char;

    #[link_name = "_ZNK2v814CpuProfileNode16GetBailoutReasonEv"]
    fn bailout_reason(node: *const Opaque) -> *const c_char;

    #[link_name = "_ZNK2v814CpuProfileNode15GetHitLineCountEv"]
    fn hit_line_count(node: *const Opaque) -> c_uint;

    #[link_name = "_ZNK2v814CpuProfileNode12GetLineTicksEPNS0_8LineTickEj"]
    fn line_ticks(node: *const Opaque, entries: *mut LineTick, length: c_uint) -> bool;

    #[link_name = "_ZNK2v814CpuProfileNode16GetChildrenCountEv"]
    fn children_count(node: *const Opaque) -> c_int;

    #[link_name = "_ZNK2v814CpuProfileNode8GetChildEi"]
    fn child(node: *const Opaque, index: c_int) -> *const Opaque;
}

thread_local! {
    /// How many are being recorded.
    static RECORDINGS: Cell<u32> = const { Cell::new(0) };
}

/// Whether a CPU profile is being recorded.
pub fn is_recording() -> bool {
    RECORDINGS.get() > 0
}

/// Why no CPU profile can be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// V8 has too many under way.
    #[error("there are too many")]
    TooMany,
    /// There is no thread to be had that samples.
    #[error("no thread is to be had (ulimit -u)")]
    NoThread,
}

/// A CPU profile being recorded, by a profiler of its own. V8 holds it until [`Recording::stop`].
#[derive(Debug)]
pub struct Recording {
    profiler: *mut Opaque,
    id: u32,
}

impl Recording {
    /// Starts to sample the isolate's stack every `interval` microseconds, keeping at most
    /// `max_samples`.
    ///
    /// # Errors
    /// Why V8 cannot.
    pub fn start(
        isolate: &mut v8::Isolate,
        interval: i32,
        max_samples: u32,
    ) -> Result<Self, Refused> {
        // V8 takes the thread that samples for granted, and ends the process where there is none.
        thread::Builder::new()
            .spawn(|| {})
            .and_then(|probe| probe.join().map_err(|_| io::ErrorKind::Other.into()))
            .map_err(|_| Refused::NoThread)?;
        v8::scope!(let scope, isolate);
        let title = v8::String::empty(scope);
        // SAFETY: the isolate is live and on its thread.
        let profiler = unsafe { new_profiler(pointer_to(scope), DEBUG_NAMING, LAZY_LOGGING) };
        // SAFETY: a profiler that was just made, with nothing being recorded.
        unsafe { set_sampling_interval(profiler, interval.max(1)) };
        // SAFETY: the profiler is live, and the handle is of an open scope.
        let result = unsafe {
            start(
                profiler,
                std::ptr::from_ref(&*title),
                LEAF_NODE_LINE_NUMBERS,
                true,
                max_samples,
            )
        };
        if result.status != STARTED {
            // SAFETY: nothing is being recorded, and it is not used again.
            unsafe { dispose(profiler) };
            return Err(Refused::TooMany);
        }
        RECORDINGS.set(RECORDINGS.get() + 1);
        Ok(Self {
            profiler,
            id: result.id,
        })
    }

    /// Ends the recording. On the isolate's thread, while it lives.
    pub fn stop(self) -> Profile {
        RECORDINGS.set(RECORDINGS.get().saturating_sub(1));
        // SAFETY: the profiler is live, and records under this id.
        let profile = unsafe { stop(self.profiler, self.id) };
        Profile {
            profiler: self.profiler,
            profile,
        }
    }
}

/// A recorded CPU profile.
#[derive(Debug)]
pub struct Profile {
    profiler: *mut Opaque,
    /// Null where V8 has none under that id.
    profile: *mut Opaque,
}

impl Profile {
    /// Writes the profile as JSON: `Profiler.Profile` of the `DevTools` protocol, which is what Node
    /// writes with `--cpu-prof`.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(b"{\"nodes\":[")?;
        if self.profile.is_null() {
            return out
                .write_all(b"],\"startTime\":0,\"endTime\":0,\"samples\":[],\"timeDeltas\":[]}");
        }
        // SAFETY: the profile is live until `drop`; so are its nodes.
        let mut open = vec![Node::of(self, unsafe { top_down_root(self.profile) })];
        let mut first = true;
        while let Some(node) = open.pop() {
            if !std::mem::replace(&mut first, false) {
                out.write_all(b",")?;
            }
            node.write(out)?;
            open.extend((0..node.children()).rev().map(|index| node.child(index)));
        }
        // SAFETY: as above.
        let (began, ended) = unsafe { (start_time(self.profile), end_time(self.profile)) };
        write!(
            out,
            "],\"startTime\":{began},\"endTime\":{ended},\"samples\":["
        )?;
        // SAFETY: as above.
        let samples = unsafe { samples_count(self.profile) };
        for index in 0..samples {
            // SAFETY: as above, and the index is in range.
            let node = Node::of(self, unsafe { sample(self.profile, index) });
            write!(out, "{}{}", separator(index), node.id())?;
        }
        out.write_all(b"],\"timeDeltas\":[")?;
        let mut last = began;
        for index in 0..samples {
            // SAFETY: as above.
            let time = unsafe { sample_timestamp(self.profile, index) };
            write!(out, "{}{}", separator(index), time - last)?;
            last = time;
        }
        out.write_all(b"]}")
    }
}

fn separator(index: c_int) -> &'static str {
    if index == 0 { "" } else { "," }
}

impl Drop for Profile {
    fn drop(&mut self) {
        if !self.profile.is_null() {
            // SAFETY: the profile is ours, and not used again.
            unsafe { delete(self.profile) };
        }
        // SAFETY: the profiler is ours, records nothing and is not used again.
        unsafe { dispose(self.profiler) };
    }
}

/// A node of a live profile's tree.
#[derive(Clone, Copy)]
struct Node<'p>(*const Opaque, PhantomData<&'p Profile>);

impl<'p> Node<'p> {
    /// `node` is of the profile that is borrowed.
    fn of(_profile: &'p Profile, node: *const Opaque) -> Self {
        Self(node, PhantomData)
    }

    fn id(self) -> c_uint {
        // SAFETY: the node is of a live profile, here and below.
        unsafe { node_id(self.0) }
    }

    fn children(self) -> c_int {
        // SAFETY: as above.
        unsafe { children_count(self.0) }
    }

    fn child(self, index: c_int) -> Self {
        // SAFETY: as above; the index is below the count.
        Self(unsafe { child(self.0, index) }, PhantomData)
    }

    /// A text of the node, which V8 keeps as long as the profile.
    fn text(self, of: unsafe extern "C" fn(*const Opaque) -> *const c_char) -> &'p [u8] {
        // SAFETY: as above; `of` is one of V8's accessors.
        let text = unsafe { of(self.0) };
        if text.is_null() {
            return b"";
        }
        // SAFETY: V8's C strings live as long as the profile.
        unsafe { CStr::from_ptr(text) }.to_bytes()
    }

    fn write(self, out: &mut impl Write) -> io::Result<()> {
        // SAFETY: as above.
        let (line, column) = unsafe { (line_number(self.0), column_number(self.0)) };
        // SAFETY: as above.
        let (script_id, hits) = unsafe { (script_id(self.0), hit_count(self.0)) };
        write!(
            out,
            "{{\"id\":{},\"callFrame\":{{\"functionName\":",
            self.id()
        )?;
        string(out, self.text(function_name))?;
        write!(out, ",\"scriptId\":\"{script_id}\",\"url\":")?;
        url(out, self.text(script_resource_name))?;
        write!(
            out,
            ",\"lineNumber\":{},\"columnNumber\":{}}},\"hitCount\":{hits}",
            line - 1,
            column - 1
        )?;
        if self.children() > 0 {
            out.write_all(b",\"children\":[")?;
            for index in 0..self.children() {
                write!(out, "{}{}", separator(index), self.child(index).id())?;
            }
            out.write_all(b"]")?;
        }
        let reason = self.text(bailout_reason);
        if !reason.is_empty() && reason != b"no reason" {
            out.write_all(b",\"deoptReason\":")?;
            string(out, reason)?;
        }
        self.write_position_ticks(out)?;
        out.write_all(b"}")
    }

    fn write_position_ticks(self, out: &mut impl Write) -> io::Result<()> {
        // SAFETY: as above.
        let length = unsafe { hit_line_count(self.0) };
        let mut ticks = vec![LineTick::default(); length as usize];
        // SAFETY: as above; the buffer has room for `length` entries.
        if length == 0 || !unsafe { line_ticks(self.0, ticks.as_mut_ptr(), length) } {
            return Ok(());
        }
        out.write_all(b",\"positionTicks\":[")?;
        for (index, tick) in ticks.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(
                out,
                "{comma}{{\"line\":{},\"ticks\":{}}}",
                tick.line, tick.hit_count
            )?;
        }
        out.write_all(b"]")
    }
}
