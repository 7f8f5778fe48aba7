//! Sampling heap profiles: who allocated what is still alive, as Node's `.heapprofile`.
//!
//! V8's C++ API by its symbols, as in `cpu`. An `AllocationProfile` is read in place: its two
//! accessors are virtual (slots 0 and 1 of its table, the destructors behind them), its structures
//! are declared here as `v8-profiler.h` has them, and a `std::vector` of V8's libc++ is three
//! pointers.
#![expect(unsafe_code, reason = "V8's C++ API by its symbols")]

use super::text::string;
use crate::capture::snapshot::{Opaque, heap_profiler};
use std::ffi::c_int;
use std::io::{self, Write};

/// The tree is at most this deep: V8's stack depth and its root.
const DEPTH: usize = 256;

/// Bytes of a function's or script's name that are kept.
const NAME: usize = 1024;

unsafe extern "C" {
    #[link_name = "_ZN2v812HeapProfiler25StartSamplingHeapProfilerEmiNS0_13SamplingFlagsE"]
    fn start_sampling(profiler: *mut Opaque, interval: u64, depth: c_int, flags: c_int) -> bool;

    #[link_name = "_ZN2v812HeapProfiler24StopSamplingHeapProfilerEv"]
    fn stop_sampling(profiler: *mut Opaque);

    #[link_name = "_ZN2v812HeapProfiler20GetAllocationProfileEv"]
    fn allocation_profile(profiler: *mut Opaque) -> *mut AllocationProfile;
}

/// `std::vector<T>`: begin, end, end of the capacity.
#[repr(C)]
struct Vector<T> {
    begin: *const T,
    end: *const T,
    _capacity: *const T,
}

impl<T> Vector<T> {
    fn as_slice(&self) -> &[T] {
        if self.begin.is_null() {
            return &[];
        }
        // SAFETY: both pointers are of the vector's one buffer.
        let length = unsafe { self.end.offset_from_unsigned(self.begin) };
        // SAFETY: the vector's elements, which live and stay as they are while it is borrowed.
        unsafe { std::slice::from_raw_parts(self.begin, length) }
    }
}

/// `v8::AllocationProfile`.
#[repr(C)]
struct AllocationProfile {
    table: *const Table,
}

#[repr(C)]
struct Table {
    root_node: unsafe extern "C" fn(*mut AllocationProfile) -> *const Node,
    samples: unsafe extern "C" fn(*mut AllocationProfile) -> *const Vector<Sample>,
    _destroy: unsafe extern "C" fn(*mut AllocationProfile),
    destroy_and_free: unsafe extern "C" fn(*mut AllocationProfile),
}

/// `v8::AllocationProfile::Node`. The names are `Local`s: null, or of the scope that was open when
/// the profile was made.
#[repr(C)]
struct Node {
    name: Option<v8::Local<'static, v8::String>>,
    script_name: Option<v8::Local<'static, v8::String>>,
    script_id: c_int,
    _start_position: c_int,
    line_number: c_int,
    column_number: c_int,
    id: u32,
    children: Vector<*const Node>,
    allocations: Vector<Allocation>,
}

/// `v8::AllocationProfile::Allocation`.
#[repr(C)]
struct Allocation {
    size: usize,
    count: u32,
}

/// `v8::AllocationProfile::Sample`.
#[repr(C)]
struct Sample {
    node_id: u32,
    size: usize,
    count: u32,
    id: u64,
    _is_live: bool,
}

/// How a heap is sampled, under the names of Node's `v8.startHeapProfile`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// Bytes between two samples, on average.
    pub interval: u64,
    /// Frames of a stack.
    pub depth: i32,
    /// V8's `SamplingFlags`.
    pub flags: i32,
}

impl Default for Sampling {
    /// Node's defaults.
    fn default() -> Self {
        Self {
            interval: super::HEAP_INTERVAL,
            depth: 16,
            flags: 0,
        }
    }
}

/// Starts to sample allocations; `false` where that is under way already.
pub fn start(isolate: &mut v8::Isolate, sampling: Sampling) -> bool {
    let profiler = heap_profiler(isolate);
    let Sampling {
        interval,
        depth,
        flags,
    } = sampling;
    // V8's random generator divides by it.
    let interval = interval.max(1);
    let depth = depth.clamp(1, c_int::try_from(DEPTH - 1).unwrap_or(c_int::MAX));
    // SAFETY: the profiler lives as long as the isolate.
    unsafe { start_sampling(profiler, interval, depth, flags) }
}

/// Ends sampling and forgets what was sampled.
pub fn stop(isolate: &mut v8::Isolate) {
    let profiler = heap_profiler(isolate);
    // SAFETY: as above; without a sampler it does nothing.
    unsafe { stop_sampling(profiler) };
}

/// Calls `read` with what was sampled since [`start`] and is alive; `None` where nothing is being
/// sampled.
pub fn with_profile<R>(
    isolate: &mut v8::Isolate,
    read: impl FnOnce(&Profile<'_>) -> R,
) -> Option<R> {
    v8::scope!(let scope, isolate);
    let profiler = heap_profiler(scope);
    // SAFETY: as above; the names' handles belong to the scope that was just opened.
    let profile = unsafe { allocation_profile(profiler) };
    (!profile.is_null()).then(|| {
        read(&Profile {
            profile,
            isolate: scope,
        })
    })
}

/// V8's profile, with the isolate in whose open scope its names are.
pub struct Profile<'i> {
    profile: *mut AllocationProfile,
    isolate: &'i v8::Isolate,
}

impl Profile<'_> {
    /// Writes it as JSON: `HeapProfiler.SamplingHeapProfile` of the `DevTools` protocol, which is what
    /// Node writes with `--heap-prof`.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(b"{\"head\":")?;
        self.write_tree(out)?;
        out.write_all(b",\"samples\":[")?;
        for (index, sample) in self.samples().iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(
                out,
                "{comma}{{\"size\":{},\"nodeId\":{},\"ordinal\":{}}}",
                sample.size.saturating_mul(sample.count as usize),
                sample.node_id,
                sample.id
            )?;
        }
        out.write_all(b"]}")
    }

    fn table(&self) -> &Table {
        // SAFETY: V8's live object, whose first word points to its table.
        unsafe { &*(*self.profile).table }
    }

    fn root(&self) -> &Node {
        let root_node = self.table().root_node;
        // SAFETY: V8's accessor, called with its object; the nodes live as long as that.
        unsafe { &*root_node(self.profile) }
    }

    fn samples(&self) -> &[Sample] {
        let samples = self.table().samples;
        // SAFETY: as above.
        unsafe { &*samples(self.profile) }.as_slice()
    }

    /// The tree, a node's children within it; without recursion, and without memory of its own.
    fn write_tree(&self, out: &mut impl Write) -> io::Result<()> {
        let root = self.root();
        root.write_start(self.isolate, out)?;
        let mut path: [Option<(&Node, usize)>; DEPTH] = [None; DEPTH];
        path[0] = Some((root, 0));
        let mut depth = 0;
        while let Some((node, next)) = path[depth] {
            let Some(&child) = node.children.as_slice().get(next) else {
                out.write_all(b"]}")?;
                path[depth] = None;
                if depth == 0 {
                    break;
                }
                depth -= 1;
                continue;
            };
            path[depth] = Some((node, next + 1));
            if depth + 1 == DEPTH {
                continue;
            }
            if next > 0 {
                out.write_all(b",")?;
            }
            // SAFETY: a node of the live profile.
            let child = unsafe { &*child };
            child.write_start(self.isolate, out)?;
            depth += 1;
            path[depth] = Some((child, 0));
        }
        Ok(())
    }
}

impl Drop for Profile<'_> {
    fn drop(&mut self) {
        let destroy_and_free = self.table().destroy_and_free;
        // SAFETY: V8's deleting destructor; the profile is ours and not used again.
        unsafe { destroy_and_free(self.profile) };
    }
}

impl Node {
    /// Everything up to the children.
    fn write_start(&self, isolate: &v8::Isolate, out: &mut impl Write) -> io::Result<()> {
        out.write_all(b"{\"callFrame\":{\"functionName\":")?;
        name(isolate, self.name, out)?;
        write!(out, ",\"scriptId\":\"{}\",\"url\":", self.script_id)?;
        name(isolate, self.script_name, out)?;
        let own: usize = self
            .allocations
            .as_slice()
            .iter()
            .map(|allocation| allocation.size.saturating_mul(allocation.count as usize))
            .sum();
        write!(
            out,
            ",\"lineNumber\":{},\"columnNumber\":{}}},\"selfSize\":{own},\"id\":{},\"children\":[",
            self.line_number - 1,
            self.column_number - 1,
            self.id
        )
    }
}

fn name(
    isolate: &v8::Isolate,
    name: Option<v8::Local<'static, v8::String>>,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut buffer = [0; NAME];
    let length = name.map_or(0, |name| {
        name.write_utf8_v2(
            isolate,
            &mut buffer,
            v8::WriteFlags::kReplaceInvalidUtf8,
            None,
        )
    });
    string(out, buffer.get(..length).unwrap_or_default())
}
