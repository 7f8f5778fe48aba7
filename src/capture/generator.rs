//! Our own generator of heap snapshots (`third_party/v8/generator`), where the program has it.
//!
//! It is C++ against V8's internal headers, compiled ahead of time and linked to the program alone:
//! `main` hands it over, and the library without it takes V8's own (see [`super::snapshot`]).
#![expect(unsafe_code, reason = "C++ functions and their data pointers")]

use super::arena::Entered;
use super::progress::{Phase, Progress};
use super::sink::{Failure, Sink, Step};
use super::snapshot::check;
use crate::sys::Errno;
use std::cell::{Cell, UnsafeCell};
use std::ffi::{c_char, c_int, c_void};
use std::sync::OnceLock;

/// `OomhostStream` of `generator.h`.
#[repr(C)]
#[derive(Debug)]
pub struct Stream {
    context: *mut c_void,
    /// On any thread, one call after the other.
    write: extern "C" fn(*mut c_void, *const c_char, usize) -> bool,
    progress: extern "C" fn(*mut c_void, u64, u64) -> bool,
}

/// The functions of `generator.h`: isolate, whether ids last, stream; an `OomhostOutcome` back.
pub type WriteSnapshot = unsafe extern "C" fn(*mut c_void, bool, *const Stream) -> c_int;

/// What `generator.h` declares.
#[derive(Clone, Copy, Debug)]
pub struct Generator {
    /// `oomhost_write_heap_snapshot`.
    pub write: WriteSnapshot,
    /// `oomhost_write_heap_snapshot_by_v8`.
    pub write_by_v8: WriteSnapshot,
}

/// `OomhostOutcome`.
const WRITTEN: c_int = 0;
const UNSUPPORTED: c_int = 2;

static GENERATOR: OnceLock<Generator> = OnceLock::new();

/// Makes captures use `generator`. For the start of the process.
pub fn install(generator: Generator) {
    // A second call would bring the same functions.
    let _ = GENERATOR.set(generator);
}

/// The generator, where there is one.
pub fn installed() -> Option<Generator> {
    GENERATOR.get().copied()
}

/// What the C++ side lends back to us: to `on_write`, which is called on any thread, the first two,
/// to `on_progress`, on the capturing one, the others.
struct Lent<'a, 'r> {
    sink: UnsafeCell<&'a mut Sink<'r>>,
    written: UnsafeCell<Result<(), Failure>>,
    progress: UnsafeCell<&'a mut Progress>,
    scratch: Option<&'a Entered<'a>>,
    checked: Cell<Result<(), Failure>>,
}

/// Writes a snapshot with `function`, one of the generator's; `Ok(false)` if V8's own has to do it,
/// with nothing written.
///
/// `isolate` is live, on its thread, and not in the middle of a garbage collection. Garbage is
/// collected, which may call the near-heap-limit callback.
///
/// # Errors
/// The sink's failure, [`Step::Scratch`] if the scratch file's disk is full, or
/// [`Step::Generate`] if the generator gave up.
pub fn write(
    function: WriteSnapshot,
    isolate: *mut c_void,
    lasting_ids: bool,
    sink: &mut Sink<'_>,
    progress: &mut Progress,
    scratch: Option<&Entered<'_>>,
) -> Result<bool, Failure> {
    progress.enter(Phase::Collecting);
    let lent = Lent {
        sink: UnsafeCell::new(sink),
        written: UnsafeCell::new(Ok(())),
        progress: UnsafeCell::new(progress),
        scratch,
        checked: Cell::new(Ok(())),
    };
    let stream = Stream {
        context: (&raw const lent).cast_mut().cast(),
        write: on_write,
        progress: on_progress,
    };
    // SAFETY: `isolate` is as the caller promises; `stream` and what it lends outlive the call.
    let outcome = unsafe { function(isolate, lasting_ids, &raw const stream) };
    lent.checked.get()?;
    lent.written.into_inner()?;
    match outcome {
        WRITTEN => Ok(true),
        UNSUPPORTED => Ok(false),
        _ => Err(Failure {
            step: Step::Generate,
            errno: Errno(libc::ENOMEM),
        }),
    }
}

extern "C" fn on_write(context: *mut c_void, bytes: *const c_char, length: usize) -> bool {
    // SAFETY: the generator passes on what `write` lent, for as long as that runs.
    let lent = unsafe { &*context.cast::<Lent<'_, '_>>() };
    // SAFETY: the generator passes `length` bytes, valid for this call.
    let bytes = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), length) };
    // SAFETY: these calls follow each other (`generator.h`), and nothing else uses the sink, which
    // has no part that is bound to a thread.
    let sink = unsafe { &mut **lent.sink.get() };
    let written = sink.write(bytes);
    // SAFETY: likewise.
    unsafe { *lent.written.get() = written };
    written.is_ok()
}

extern "C" fn on_progress(context: *mut c_void, done: u64, total: u64) -> bool {
    // SAFETY: as above.
    let lent = unsafe { &*context.cast::<Lent<'_, '_>>() };
    // SAFETY: the generator reports on the capturing thread alone, and does not come back from here.
    let progress = unsafe { &mut **lent.progress.get() };
    let fits = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    progress.walked(fits(done), fits(total));
    if lent.checked.get().is_ok() {
        lent.checked.set(check(lent.scratch, progress));
    }
    lent.checked.get().is_ok()
}
