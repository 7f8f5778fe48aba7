//! V8's heap snapshot with a stream of our own.
//!
//! The `v8` crate's `take_heap_snapshot` asks for chunks of 1 KiB, passes no
//! options and reports no progress, so this module calls V8's public C++ API
//! (`v8-profiler.h`) itself. The functions are declared under their mangled
//! names, which the Itanium C++ ABI fixes for every compiler of this target;
//! the two interfaces that V8 calls back, `v8::OutputStream` and
//! `v8::ActivityControl`, are objects whose first word points to a table of
//! functions laid out as that ABI lays out a vtable.
//!
//! Why this is sound:
//! - The crate is pinned (`=152.2.0`) and brings the header and the archive, so
//!   declaration and definition cannot drift apart; a changed signature has
//!   another mangled name and does not link.
//! - A vtable is: offset to top, type information, then a slot for each virtual
//!   function in the order of declaration, a virtual destructor having two
//!   (complete, deleting). V8 is built without RTTI and calls these objects
//!   through their table only; it neither copies nor deletes them.
//! - None of the functions throws, nor unwinds: V8 is built without exceptions,
//!   and an `extern "C"` function of ours that panicked would abort.
#![expect(unsafe_code, reason = "V8's C++ API by its symbols")]

use super::arena::Entered;
use super::generator;
use super::progress::{Phase, Progress};
use super::sink::{Failure, Sink, Step};
use crate::sys::Errno;
use std::ffi::{c_char, c_int, c_void};
use std::marker::{PhantomData, PhantomPinned};

/// Bytes that V8 hands over at a time, and allocates a buffer for. From 64 KiB to
/// 8 MiB the serialisation of 150 MB took the same time (0.7 s).
const CHUNK: c_int = 64 << 10;

/// `OutputStream::WriteResult` and `ActivityControl::ControlOption` alike.
const CONTINUE: c_int = 0;
const ABORT: c_int = 1;

/// An object of V8's that is known by its address only.
#[repr(C)]
pub(super) struct Opaque {
    _bytes: [u8; 0],
    _not_ours: PhantomData<(*mut u8, PhantomPinned)>,
}

unsafe extern "C" {
    #[link_name = "_ZN2v87Isolate15GetHeapProfilerEv"]
    fn get_heap_profiler(isolate: *mut Opaque) -> *mut Opaque;

    #[link_name = "_ZN2v812HeapProfiler16TakeHeapSnapshotEPNS_15ActivityControlEPNS0_19ContextNameResolverEbb"]
    fn take_heap_snapshot(
        profiler: *mut Opaque,
        control: *mut Opaque,
        resolver: *mut Opaque,
        hide_internals: bool,
        capture_numeric_value: bool,
    ) -> *const Opaque;

    #[link_name = "_ZNK2v812HeapSnapshot9SerializeEPNS_12OutputStreamENS0_19SerializationFormatE"]
    fn serialize(snapshot: *const Opaque, stream: *mut Opaque, format: c_int);

    #[link_name = "_ZN2v812HeapSnapshot6DeleteEv"]
    fn delete(snapshot: *mut Opaque);

    #[link_name = "_ZN2v87Isolate36AutomaticallyRestoreInitialHeapLimitEd"]
    fn restore_initial_heap_limit(isolate: *mut Opaque, threshold: f64);
}

/// Lets V8 go back to its initial heap limit once `threshold` (a fraction) of
/// it suffices: `Isolate::AutomaticallyRestoreInitialHeapLimit`.
pub fn automatically_restore_initial_heap_limit(isolate: &mut v8::Isolate, threshold: f64) {
    // SAFETY: `pointer_to` gives the live isolate that the reference stands for.
    unsafe { restore_initial_heap_limit(pointer_to(isolate), threshold) };
}

/// The isolate's `v8::HeapProfiler`, which lives as long as it.
pub(super) fn heap_profiler(isolate: &mut v8::Isolate) -> *mut Opaque {
    // SAFETY: the isolate is live.
    unsafe { get_heap_profiler(pointer_to(isolate)) }
}

/// The isolate itself, for V8's own functions.
pub(super) fn pointer_to(isolate: &mut v8::Isolate) -> *mut Opaque {
    // SAFETY: only the pointer is taken.
    let raw = unsafe { isolate.as_raw_isolate_ptr() };
    // SAFETY: `UnsafeRawIsolatePtr` is a transparent wrapper of a pointer.
    unsafe { std::mem::transmute::<v8::UnsafeRawIsolatePtr, *mut Opaque>(raw) }
}

/// What goes into a snapshot, under Node's names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Show V8's internals.
    pub expose_internals: bool,
    /// Show numbers as fields.
    pub expose_numeric_values: bool,
    /// Compress nothing, whatever `--snapshot-compress` says.
    pub plain: bool,
}

/// Takes a snapshot of the isolate and writes it to `sink`.
///
/// The isolate must not be in the middle of a garbage collection. Collects
/// garbage, which may call the near-heap-limit callback.
///
/// `scratch` is the arena that the memory for it comes from, where it is in use. `lasting_ids`: the
/// ids of objects hold for all snapshots of the process.
///
/// # Errors
/// The sink's failure, [`Step::Scratch`] if the scratch file's disk is full, or
/// [`Step::Generate`] if V8 gave up.
pub fn write(
    isolate: &mut v8::Isolate,
    contents: Contents,
    lasting_ids: bool,
    sink: &mut Sink<'_>,
    progress: &mut Progress,
    scratch: Option<&Entered<'_>>,
) -> Result<(), Failure> {
    if let Some(ours) = generator::installed() {
        let isolate = pointer_to(isolate).cast();
        if generator::write(ours.write, isolate, lasting_ids, sink, progress, scratch)? {
            return Ok(());
        }
    }
    progress.enter(Phase::Collecting);
    let mut control = Control {
        table: &CONTROL_TABLE.functions,
        progress,
        scratch,
    };
    let profiler = heap_profiler(isolate);
    // SAFETY: the isolate is live and on its thread; `control` outlives the
    // call; a null resolver is the default.
    let snapshot = unsafe {
        take_heap_snapshot(
            profiler,
            (&raw mut control).cast(),
            std::ptr::null_mut(),
            !contents.expose_internals,
            contents.expose_numeric_values,
        )
    };
    if snapshot.is_null() {
        check(scratch, progress)?;
        return Err(Failure {
            step: Step::Generate,
            errno: Errno(libc::ENOMEM),
        });
    }
    progress.enter(Phase::Writing);
    let mut stream = Stream {
        table: &STREAM_TABLE.functions,
        sink,
        progress,
        scratch,
        outcome: Ok(()),
        ended: false,
    };
    // SAFETY: `snapshot` is V8's and live; `stream` outlives the call.
    unsafe { serialize(snapshot, (&raw mut stream).cast(), 0) };
    let (outcome, ended) = (stream.outcome, stream.ended);
    // SAFETY: as V8's own `HeapSnapshot::Delete` is meant: once, by the owner.
    unsafe { delete(snapshot.cast_mut()) };
    outcome?;
    if ended {
        Ok(())
    } else {
        Err(Failure {
            step: Step::Generate,
            errno: Errno(libc::EIO),
        })
    }
}

/// Writes the snapshot that V8's own generator makes of the heap as it is, without a collection: after
/// [`write`](fn@write), that of the same heap. Only where there is [`generator`]; for tests.
///
/// # Errors
/// As [`write`](fn@write).
pub fn write_by_v8(
    isolate: &mut v8::Isolate,
    sink: &mut Sink<'_>,
    progress: &mut Progress,
) -> Result<(), Failure> {
    let Some(ours) = generator::installed() else {
        return Ok(());
    };
    let isolate = pointer_to(isolate).cast();
    generator::write(ours.write_by_v8, isolate, true, sink, progress, None).map(|_| ())
}

/// Whether the arena still has its disk, and the capture its time.
pub(super) fn check(scratch: Option<&Entered<'_>>, progress: &Progress) -> Result<(), Failure> {
    if progress.is_out_of_time() {
        return Err(Failure {
            step: Step::Deadline,
            errno: Errno(libc::ECANCELED),
        });
    }
    match scratch.and_then(Entered::failure) {
        Some(errno) => Err(Failure {
            step: Step::Scratch,
            errno,
        }),
        None => Ok(()),
    }
}

/// A vtable: V8 sees the address of `functions`.
#[repr(C)]
pub(super) struct Table<F> {
    pub offset_to_top: isize,
    pub type_information: *const c_void,
    pub functions: F,
}

// SAFETY: a table holds function addresses and a null pointer; nothing changes it.
unsafe impl<F> Sync for Table<F> {}

/// `v8::ActivityControl`.
#[repr(C)]
struct Control<'t, 'p> {
    table: &'t ControlFunctions,
    progress: &'p mut Progress,
    scratch: Option<&'p Entered<'p>>,
}

#[repr(C)]
struct ControlFunctions {
    destroy: extern "C" fn(*mut c_void),
    destroy_and_free: extern "C" fn(*mut c_void),
    report_progress_value: extern "C" fn(*mut Control<'_, '_>, u32, u32) -> c_int,
}

static CONTROL_TABLE: Table<ControlFunctions> = Table {
    offset_to_top: 0,
    type_information: std::ptr::null(),
    functions: ControlFunctions {
        destroy: ignore,
        destroy_and_free: ignore,
        report_progress_value,
    },
};

/// `v8::OutputStream`.
#[repr(C)]
struct Stream<'t, 's, 'r> {
    table: &'t StreamFunctions,
    sink: &'s mut Sink<'r>,
    progress: &'s mut Progress,
    scratch: Option<&'s Entered<'s>>,
    outcome: Result<(), Failure>,
    ended: bool,
}

#[repr(C)]
struct StreamFunctions {
    destroy: extern "C" fn(*mut c_void),
    destroy_and_free: extern "C" fn(*mut c_void),
    end_of_stream: extern "C" fn(*mut Stream<'_, '_, '_>),
    get_chunk_size: extern "C" fn(*mut c_void) -> c_int,
    write_ascii_chunk: extern "C" fn(*mut Stream<'_, '_, '_>, *const c_char, c_int) -> c_int,
    write_heap_stats_chunk: extern "C" fn(*mut c_void, *const c_void, c_int) -> c_int,
}

static STREAM_TABLE: Table<StreamFunctions> = Table {
    offset_to_top: 0,
    type_information: std::ptr::null(),
    functions: StreamFunctions {
        destroy: ignore,
        destroy_and_free: ignore,
        end_of_stream,
        get_chunk_size,
        write_ascii_chunk,
        write_heap_stats_chunk,
    },
};

/// The destructors: the objects live on our stack, and V8 destroys neither.
pub(super) extern "C" fn ignore(_object: *mut c_void) {}

extern "C" fn report_progress_value(control: *mut Control<'_, '_>, done: u32, total: u32) -> c_int {
    // SAFETY: V8 passes the object that `write` lent to it.
    let control = unsafe { &mut *control };
    control.progress.walked(done, total);
    if check(control.scratch, control.progress).is_err() {
        ABORT
    } else {
        CONTINUE
    }
}

extern "C" fn end_of_stream(stream: *mut Stream<'_, '_, '_>) {
    // SAFETY: V8 passes the object that `write` lent to it.
    let stream = unsafe { &mut *stream };
    stream.ended = true;
}

extern "C" fn get_chunk_size(_stream: *mut c_void) -> c_int {
    CHUNK
}

extern "C" fn write_ascii_chunk(
    stream: *mut Stream<'_, '_, '_>,
    data: *const c_char,
    size: c_int,
) -> c_int {
    // SAFETY: V8 passes the object that `write` lent to it.
    let stream = unsafe { &mut *stream };
    // SAFETY: V8 passes `size` bytes, valid for this call.
    let bytes = unsafe {
        std::slice::from_raw_parts(data.cast::<u8>(), usize::try_from(size).unwrap_or(0))
    };
    stream.outcome = check(stream.scratch, stream.progress).and_then(|()| stream.sink.write(bytes));
    if stream.outcome.is_err() {
        return ABORT;
    }
    stream.progress.written(stream.sink.written());
    CONTINUE
}

extern "C" fn write_heap_stats_chunk(
    _stream: *mut c_void,
    _updates: *const c_void,
    _count: c_int,
) -> c_int {
    ABORT
}
