//! Where V8 calls in when memory runs out, and the order of what happens then.
//!
//! Each isolate has a [`State`], made by [`install`] and reached through the
//! data pointer of V8's callbacks. The out-of-memory handler gets neither data
//! nor isolate, so a thread-local pointer leads it to the state of its thread;
//! on a thread that has none (V8's workers) it only prints and ends.
#![expect(unsafe_code, reason = "V8's callbacks and their data pointers")]

use super::account::{Cause, Heap, Stack, megabytes};
use super::generator;
use super::policy::{self, AfterCapture, AtDeath, AtLimit, Budget, Policy, Pressure};
use super::sink::Failure;
use super::snapshot::{self, Contents};
use super::tiers::{Found, State, say};
use super::watch::Watcher;
use super::{OnFull, Options, profile, request, stack};
use crate::sys::file::Existing;
use crate::sys::fixed::{Fixed, FixedPath};
use crate::sys::last_stand::LastStand;
use crate::sys::{Errno, clock, process};
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_void};
use std::fmt::{self, Write as _};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// Bytes that a worker's limit is raised by while it ends (Node's `kExtraHeap` is as much).
const ENDING_ROOM: usize = 16 << 20;

/// Below this part of the initial limit V8 goes back to it. Node's is 0.95: a
/// heap that is captured at its limit is often just below that right after the
/// capture's collections, and then has no room again before it has gone on.
const RESTORE_THRESHOLD: f64 = 0.8;

thread_local! {
    /// The state of this thread's isolate. A plain pointer without destructor,
    /// so that reading it neither allocates nor registers anything.
    static CURRENT: Cell<*const State> = const { Cell::new(std::ptr::null()) };
}

/// The state of the main isolate, for threads that have none.
static MAIN: AtomicPtr<State> = AtomicPtr::new(std::ptr::null_mut());

/// Whether the process has said that it ends.
static LAST_WORDS: AtomicBool = AtomicBool::new(false);

/// Captures are on for as long as this lives; drop it before the isolate.
pub struct Installed {
    /// Dropped first: from then on nobody asks.
    _watcher: Option<Watcher>,
    state: Rc<State>,
}

/// Makes an isolate capture. Reserves what the dying path needs, checks the
/// directory that the user named, and registers V8's callbacks.
///
/// `thread` is Node's thread id (0 on the main thread). One isolate a thread. `on_full` says what ends
/// when its heap is full.
/// `wake` makes its event loop call [`at_safe_point`]; another thread calls it.
///
/// # Errors
/// `ENOMEM`, where not even 16 KiB are to be had.
pub fn install(
    isolate: &mut v8::Isolate,
    options: Options,
    thread: u64,
    on_full: OnFull,
    wake: impl Fn() + Send + 'static,
) -> Result<Installed, Errno> {
    let state = Rc::new(State::reserve(isolate, options, thread, on_full)?);
    state.check_early();
    let data = Rc::as_ptr(&state).cast_mut().cast::<c_void>();
    let collections = v8::GCType::kGCTypeScavenge
        | v8::GCType::kGCTypeMinorMarkSweep
        | v8::GCType::kGCTypeMarkSweepCompact;
    isolate.add_near_heap_limit_callback(on_near_heap_limit, data);
    isolate.set_oom_error_handler(on_out_of_memory);
    isolate.add_gc_prologue_callback(on_gc_prologue, data, collections);
    isolate.add_gc_epilogue_callback(on_gc_epilogue, data, collections);
    set_handler_without_isolate();
    CURRENT.set(Rc::as_ptr(&state));
    if thread == 0 {
        MAIN.store(Rc::as_ptr(&state).cast_mut(), Ordering::Release);
    }
    let watch = state.watch.as_ref();
    let watcher = watch.and_then(|watch| Watcher::start(watch, isolate.thread_safe_handle(), wake));
    Ok(Installed {
        _watcher: watcher,
        state,
    })
}

impl Drop for Installed {
    fn drop(&mut self) {
        let data = Rc::as_ptr(&self.state).cast_mut().cast::<c_void>();
        let mut isolate = self.state.isolate();
        isolate.remove_near_heap_limit_callback(on_near_heap_limit, 0);
        isolate.remove_gc_prologue_callback(on_gc_prologue, data);
        isolate.remove_gc_epilogue_callback(on_gc_epilogue, data);
        CURRENT.set(std::ptr::null());
        if self.state.thread == 0 {
            MAIN.store(std::ptr::null_mut(), Ordering::Release);
        }
    }
}

/// The handler of last resort, for failures that V8 cannot attribute to an
/// isolate. The `v8` crate does not bind it.
fn set_handler_without_isolate() {
    unsafe extern "C" {
        #[link_name = "_ZN2v82V827SetFatalMemoryErrorCallbackEPFvPKcRKNS_10OOMDetailsEE"]
        fn set_fatal_memory_error_callback(callback: v8::OomErrorCallback);
    }
    // SAFETY: V8 stores the function, which is valid for ever. The symbol is
    // that of the pinned crate's header (see `snapshot`).
    unsafe { set_fatal_memory_error_callback(on_out_of_memory) };
}

unsafe extern "C" fn on_near_heap_limit(
    data: *mut c_void,
    current: usize,
    _initial: usize,
) -> usize {
    // SAFETY: `data` is what `install` gave, alive until the callback is removed.
    let state = unsafe { &*data.cast::<State>() };
    state.near_limit(current)
}

unsafe extern "C" fn on_gc_prologue(
    _isolate: v8::UnsafeRawIsolatePtr,
    _type: v8::GCType,
    _flags: v8::GCCallbackFlags,
    data: *mut c_void,
) {
    // SAFETY: as above.
    unsafe { &*data.cast::<State>() }.collecting.set(true);
}

unsafe extern "C" fn on_gc_epilogue(
    _isolate: v8::UnsafeRawIsolatePtr,
    _type: v8::GCType,
    _flags: v8::GCCallbackFlags,
    data: *mut c_void,
) {
    // SAFETY: as above.
    unsafe { &*data.cast::<State>() }.collecting.set(false);
}

unsafe extern "C" fn on_out_of_memory(location: *const c_char, details: &v8::OomDetails) {
    let text = |pointer: *const c_char| {
        if pointer.is_null() {
            &[]
        } else {
            // SAFETY: V8 passes NUL-terminated strings that outlive the call.
            unsafe { CStr::from_ptr(pointer) }.to_bytes()
        }
    };
    let cause = Cause::OutOfMemory {
        location: text(location),
        detail: text(details.detail),
        is_heap: details.is_heap_oom,
    };
    // SAFETY: the pointer is null or that of a state which lives until `drop`
    // has set it to null.
    match unsafe { CURRENT.get().as_ref() } {
        Some(state) => state.out_of_memory(&cause),
        None => end_elsewhere(&cause),
    }
    end(&cause);
}

/// The last words, unless they have been said, and the end.
fn end(cause: &Cause<'_>) -> ! {
    if !LAST_WORDS.swap(true, Ordering::Relaxed) {
        say!("{}\n", cause.last_words());
    }
    process::abort()
}

/// Memory ran out on a thread of V8's, often on several at once. Nothing of V8
/// may be asked from here: what the system says goes into the account.
fn end_elsewhere(cause: &Cause<'_>) -> ! {
    static ENDING: AtomicBool = AtomicBool::new(false);
    while ENDING.swap(true, Ordering::AcqRel) {
        // Another thread is at it and will end us all.
        clock::sleep_ms(1000);
    }
    LAST_WORDS.store(true, Ordering::Relaxed);
    say!("{}\n", cause.last_words());
    // SAFETY: null, or the state of the main isolate, which sets it to null
    // before it goes. What is read of it here never changes.
    if let Some(state) = unsafe { MAIN.load(Ordering::Acquire).as_ref() } {
        let mut buffer = [0; 2048];
        let mut path = FixedPath::new();
        let found = Found {
            cause: *cause,
            heap: None,
            stack: &Stack::new(),
            began: clock::monotonic_ns(),
        };
        state.tell(&found, &mut buffer, &mut path);
    }
    process::abort()
}

/// The state of the calling thread's isolate.
pub(super) fn current() -> Option<Rc<State>> {
    let state = CURRENT.get();
    if state.is_null() {
        return None;
    }
    // SAFETY: the pointer came from an `Rc` that `Installed` still holds; the
    // count is raised for the one that is made here.
    unsafe {
        Rc::increment_strong_count(state);
        Some(Rc::from_raw(state))
    }
}

/// Appends Node's name for a diagnostic file, in the directory of those.
pub(super) fn push_diagnostic_name(out: &mut FixedPath, prefix: &str, extension: &str) {
    if let Some(state) = current() {
        state.push_diagnostic_name(out, prefix, extension);
    }
}

/// Changes how many snapshots the near-heap-limit callback takes
/// (`v8.setHeapSnapshotNearHeapLimit`).
pub fn set_near_heap_limit(times: u32) {
    if let Some(state) = current() {
        state.with_policy(|policy| policy.set_budget(Budget::Times(times)));
    }
}

/// Writes a heap profile each of the first `times` times that V8 is near its limit
/// (`v8.setHeapProfileNearHeapLimit`).
pub fn set_heap_profiles_near_limit(times: u32) {
    if let Some(state) = current() {
        state.with_policy(|policy| policy.set_profiles(times));
    }
}

/// Puts our near-heap-limit callback before all others: V8 asks the one that came last, and its own
/// debugger registers one.
pub fn stay_first_at_the_limit() {
    if let Some(state) = current() {
        let data = Rc::as_ptr(&state).cast_mut().cast::<c_void>();
        let mut isolate = state.isolate();
        isolate.remove_near_heap_limit_callback(on_near_heap_limit, 0);
        isolate.add_near_heap_limit_callback(on_near_heap_limit, data);
    }
}

/// V8 is making a context: there is more of the heap than can be walked.
#[must_use]
pub struct MakingContext(Option<Rc<State>>);

/// To be held while V8 makes a context on this thread. What it lacks of its limit meanwhile is lent, and
/// the capture comes when the context is complete.
pub fn making_context() -> MakingContext {
    let state = current();
    if let Some(state) = &state {
        state.making_context.set(true);
    }
    MakingContext(state)
}

impl Drop for MakingContext {
    fn drop(&mut self) {
        let Some(state) = &self.0 else { return };
        state.making_context.set(false);
        if let Some(limit) = state.raised_from.get() {
            state.near_limit(limit);
            state.give_limit_back(&mut state.isolate());
        }
    }
}

/// Names automatic snapshots, as `--oom-snapshot` does, unless that was given.
pub fn set_oom_snapshot(pattern: PathBuf) {
    if let Some(state) = current() {
        state.set_oom_snapshot(pattern);
    }
}

/// JavaScript of this thread's isolate stands still where V8 may be asked for
/// anything: between two turns of the event loop, or in an interrupt.
pub fn at_safe_point() {
    if let Some(state) = current() {
        state.at_safe_point();
        request::serve(&state);
    }
}

/// An uncaught error, which says so in `message`, means that memory ran out.
pub(super) fn uncaught(
    scope: &mut v8::PinScope<'_, '_>,
    error: v8::Local<'_, v8::Value>,
    message: &str,
) {
    let Some(state) = current() else {
        return;
    };
    let cause = Cause::Uncaught {
        message: message.as_bytes(),
    };
    let heap = stack::heap(scope);
    let wanted = state.with_policy(Policy::uncaught);
    state.tier_0(&cause, Some(&heap), |_, out| {
        stack::of_error(scope, error, out);
    });
    if wanted {
        state.capture(false);
        state.finished();
    }
}

/// Why a snapshot that was asked for is not there.
#[derive(Clone, Debug)]
pub struct SnapshotError {
    /// What the system said.
    pub errno: Errno,
    /// The system call or step that failed.
    pub step: &'static str,
    /// The path that the file was to have.
    pub path: Vec<u8>,
}

/// Takes a snapshot because the script asks for one, and returns its path:
/// `path`, which is replaced if it exists, or a name of Node's.
///
/// # Errors
/// Why there is none; nothing is left behind then.
pub fn take_snapshot(
    isolate: &mut v8::Isolate,
    path: Option<&[u8]>,
    contents: Contents,
) -> Result<Vec<u8>, SnapshotError> {
    take_snapshot_with_ids(isolate, path, contents, true)
}

/// As [`take_snapshot`]. `lasting_ids`: an object has the id that it has in other snapshots.
pub fn take_snapshot_with_ids(
    isolate: &mut v8::Isolate,
    path: Option<&[u8]>,
    contents: Contents,
    lasting_ids: bool,
) -> Result<Vec<u8>, SnapshotError> {
    let failed = |errno, step| SnapshotError {
        errno,
        step,
        path: path.unwrap_or_default().to_vec(),
    };
    let state = current().ok_or_else(|| failed(Errno(libc::ENODEV), "open"))?;
    if !state.with_policy(Policy::requested) {
        return Err(failed(Errno(libc::EBUSY), "open"));
    }
    let given = |_attempt: u32, out: &mut FixedPath| out.push(path.unwrap_or_default());
    let named = |_attempt: u32, out: &mut FixedPath| state.push_default_name(out);
    let taken = match path {
        Some(_) => state.write_snapshot(isolate, contents, lasting_ids, &given, Existing::Replace),
        None => state.write_snapshot(isolate, contents, lasting_ids, &named, Existing::Keep),
    };
    state.finished();
    let target = match state.reserve.try_borrow() {
        Ok(reserve) => reserve.target().as_bytes().to_vec(),
        Err(_) => Vec::new(),
    };
    match taken {
        Ok(_) => Ok(target),
        Err(Failure { step, errno }) => Err(SnapshotError {
            errno,
            step: step.name(),
            path: target,
        }),
    }
}

/// As [`take_snapshot`], under a name of Node's, by our own generator and not compressed. `None`
/// where one of these is not to be had, or the snapshot failed.
pub fn take_plain_snapshot(isolate: &mut v8::Isolate, contents: Contents) -> Option<Vec<u8>> {
    let state = current()?;
    if state.compresses() || generator::installed().is_none() {
        return None;
    }
    take_snapshot(isolate, None, contents).ok()
}

impl State {
    fn near_limit(&self, current: usize) -> usize {
        let mut isolate = self.isolate();
        let is_worker = matches!(self.on_full, OnFull::EndWorker(_));
        if is_worker && self.policy.get().is_dying() {
            // Until V8 comes to where it ends JavaScript, whatever that takes.
            return current.saturating_add(ENDING_ROOM);
        }
        let before = stack::heap(&mut isolate);
        let pressure = |heap: &Heap| Pressure {
            limit: current,
            // A worker never comes to V8's own end, which is the process's: for it, one large
            // request is a full heap.
            used: if is_worker { current } else { heap.used_old() },
            // V8's total limit is that of both generations.
            young_generation: before.limit.saturating_sub(current),
        };
        if self.making_context.get() && self.would_capture(pressure(&before)) {
            if self.raised_from.get().is_none() {
                self.raised_from.set(Some(current));
            }
            return pressure(&before).raised(0);
        }
        let mut decision = self.with_policy(|policy| policy.near_limit(pressure(&before)));
        if decision == AtLimit::Profile {
            if profile::write_near_limit(&mut isolate) {
                let after = stack::heap(&mut isolate);
                let nested = after.limit.saturating_sub(before.limit);
                self.keep_raised(&mut isolate);
                return self.with_policy(|policy| policy.profiled(pressure(&after), nested));
            }
            decision = self.with_policy(|policy| {
                policy.not_sampling();
                policy.near_limit(pressure(&before))
            });
        }
        self.tell_limit(pressure(&before), decision);
        match decision {
            AtLimit::Return(limit) if is_worker && limit <= current => {
                if self.policy.get().is_capturing() {
                    return current.saturating_add(ENDING_ROOM);
                }
                let cause = Cause::NearLimit {
                    limit: current,
                    fatal: true,
                };
                self.tier_0(&cause, Some(&before), |printer, out| {
                    stack::current(&mut isolate, printer, out);
                });
                return self.end_worker(&isolate, current);
            }
            AtLimit::Return(limit) => {
                if limit > current && self.raised_from.get().is_none() {
                    self.raised_from.set(Some(current));
                }
                return limit;
            }
            AtLimit::Capture | AtLimit::Profile => {}
        }
        let cause = Cause::NearLimit {
            limit: current,
            fatal: self.policy.get().ends_with_capture(),
        };
        self.tier_0(&cause, Some(&before), |printer, out| {
            stack::current(&mut isolate, printer, out);
        });
        if is_worker {
            // The process goes on, but this heap's objects need no lasting ids.
            self.capture(!self.policy.get().ends_with_capture());
        } else if self.policy.get().ends_with_capture() {
            self.last_capture(&cause);
        } else {
            self.capture(true);
        }
        let after = stack::heap(&mut isolate);
        let raised = after.limit.saturating_sub(before.limit);
        let decision = self.with_policy(|policy| policy.captured(pressure(&after), raised));
        match decision {
            AfterCapture::Abort if is_worker => {
                self.end_worker(&isolate, current.saturating_add(raised))
            }
            AfterCapture::Abort => end(&cause),
            AfterCapture::Return(limit) => {
                if limit > current {
                    self.keep_raised(&mut isolate);
                } else {
                    self.give_limit_back(&mut isolate);
                    say!(
                        "oomhost: the collection freed {}; the program goes on\n",
                        megabytes(before.used.saturating_sub(after.used) as u64)
                    );
                }
                limit
            }
        }
    }

    /// Whether the policy would have a snapshot or a profile now.
    fn would_capture(&self, pressure: Pressure) -> bool {
        let mut policy = self.policy.get();
        matches!(
            policy.near_limit(pressure),
            AtLimit::Capture | AtLimit::Profile
        )
    }

    /// The limit stays raised until little is in use.
    fn keep_raised(&self, isolate: &mut v8::Isolate) {
        self.raised_from.set(None);
        snapshot::automatically_restore_initial_heap_limit(isolate, RESTORE_THRESHOLD);
    }

    /// Ends this worker's JavaScript and returns a limit that lets V8 come to the place where it ends.
    fn end_worker(&self, isolate: &v8::Isolate, limit: usize) -> usize {
        if let OnFull::EndWorker(mark) = &self.on_full {
            mark();
        }
        self.with_policy(Policy::ends);
        isolate.terminate_execution();
        say!(
            "oomhost: worker {} ends (ERR_WORKER_OUT_OF_MEMORY); the process goes on\n",
            self.thread
        );
        limit.saturating_add(ENDING_ROOM)
    }

    /// A capture that was no matter of the limit has ended.
    pub(super) fn finished(&self) {
        self.with_policy(Policy::finished);
        self.give_limit_back(&mut self.isolate());
    }

    /// V8 gets back the limit that it had before a capture raised it, or the least
    /// that its heap allows.
    fn give_limit_back(&self, isolate: &mut v8::Isolate) {
        if let Some(limit) = self.raised_from.take() {
            let data = std::ptr::from_ref(self).cast_mut().cast::<c_void>();
            isolate.remove_near_heap_limit_callback(on_near_heap_limit, limit);
            isolate.add_near_heap_limit_callback(on_near_heap_limit, data);
        }
    }

    fn out_of_memory(&self, cause: &Cause<'_>) {
        let condition = if self.collecting.get() {
            policy::Heap::Collecting
        } else {
            policy::Heap::Walkable
        };
        let decision = self.with_policy(|policy| policy.out_of_memory(condition));
        match decision {
            AtDeath::Nothing => {}
            AtDeath::AbandonCapture => self.abandon(),
            AtDeath::Report | AtDeath::ReportAndCapture => {
                if condition == policy::Heap::Collecting {
                    // V8's figures may be worse than none: first what is sure.
                    LAST_WORDS.store(true, Ordering::Relaxed);
                    say!("{}\n", cause.last_words());
                }
                let mut isolate = self.isolate();
                let heap = stack::heap(&mut isolate);
                self.tier_0(cause, Some(&heap), |printer, out| {
                    if condition == policy::Heap::Walkable {
                        stack::current(&mut isolate, printer, out);
                    }
                });
                if decision == AtDeath::ReportAndCapture {
                    self.last_capture(cause);
                }
            }
        }
    }

    /// A capture after which the process ends, even if V8 crashes in it.
    fn last_capture(&self, cause: &Cause<'_>) {
        const CRASHED: &CStr = c"oomhost: no heap snapshot: V8 crashed while taking it\n";
        let mut words = Fixed::<512>::new();
        // A `Fixed` never fails.
        let _ = writeln!(words, "{}", cause.last_words());
        let _stand = LastStand::begin(CRASHED, words.as_c_str());
        self.capture(false);
    }
}

impl fmt::Debug for Installed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Installed")
            .field("thread", &self.state.thread)
            .finish_non_exhaustive()
    }
}
