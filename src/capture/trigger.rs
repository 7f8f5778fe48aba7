//! Where V8 calls in when memory runs out, and the order of what happens then.
//!
//! Each isolate has a [`State`], made by [`install`] and reached through the
//! data pointer of V8's callbacks. The out-of-memory handler gets neither data
//! nor isolate, so a thread-local pointer leads it to the state of its thread;
//! on a thread that has none (V8's workers) it only prints and ends.
#![expect(unsafe_code, reason = "V8's callbacks and their data pointers")]

use super::account::{Account, Cause, Heap, Stack, Vitals, duration, megabytes};
use super::policy::{self, AfterCapture, AtDeath, AtLimit, Budget, Policy, Pressure};
use super::progress::{Phase, Progress, rate};
use super::report::{self, Program};
use super::sink::{Failure, Reserve, Sink};
use super::snapshot::{self, Contents};
use super::{Options, names, stack};
use crate::sys::file::Existing;
use crate::sys::fixed::{FixedPath, Lossy};
use crate::sys::mem::HeldBuffer;
use crate::sys::spawn::{Again, Ended};
use crate::sys::text_stream::TextStream;
use crate::sys::{Errno, clock, file, process, stderr};
use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char, c_void};
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::rc::Rc;

/// Bytes of the buffer that reports are written through.
const REPORT_BUFFER: usize = 16 << 10;

/// Bytes that V8 prints its stack to.
const STACK_BUFFER: usize = 8 << 10;

/// How long the summary of a finished snapshot may take.
const SUMMARY_TIMEOUT_MS: u32 = 300_000;

/// Node's threshold for going back to the initial limit.
const RESTORE_THRESHOLD: f64 = 0.95;

/// V8 and Node say what is going on in a line that ends so.
macro_rules! say {
    ($($argument:tt)*) => { stderr::print(format_args!($($argument)*)) };
}

thread_local! {
    /// The state of this thread's isolate. A plain pointer without destructor,
    /// so that reading it neither allocates nor registers anything.
    static CURRENT: Cell<*const State> = const { Cell::new(std::ptr::null()) };
}

/// Captures are on for as long as this lives; drop it before the isolate.
pub struct Installed {
    state: Rc<State>,
}

struct State {
    isolate: v8::UnsafeRawIsolatePtr,
    /// Node's thread id, for names: 0 is the main thread.
    thread: u64,
    options: Options,
    command_line: Vec<Vec<u8>>,
    v8_version: &'static str,
    vitals: Vitals,
    summary: Option<Again>,
    policy: Cell<Policy>,
    /// V8 is collecting garbage: the heap cannot be walked.
    collecting: Cell<bool>,
    reserve: RefCell<Reserve>,
    /// Buffer and paths of tier 0.
    desk: RefCell<Desk>,
    /// The path of the unfinished file of the capture under way, else empty.
    unfinished: RefCell<FixedPath>,
}

struct Desk {
    buffer: HeldBuffer,
    printer: TextStream,
    stack: Stack,
    path: FixedPath,
}

/// Makes an isolate capture. Reserves what the dying path needs, checks the
/// directory that the user named, and registers V8's callbacks.
///
/// `thread` is Node's thread id (0 on the main thread). One isolate a thread.
///
/// # Errors
/// `ENOMEM`, where not even 16 KiB are to be had.
pub fn install(
    isolate: &mut v8::Isolate,
    options: Options,
    thread: u64,
) -> Result<Installed, Errno> {
    let budget = options
        .near_heap_limit
        .map_or(Budget::OnceThenAbort, Budget::Times);
    let state = Rc::new(State {
        // SAFETY: the pointer is used on this thread and while `Installed` lives.
        isolate: unsafe { isolate.as_raw_isolate_ptr() },
        thread,
        command_line: std::env::args_os()
            .map(|argument| argument.as_bytes().to_vec())
            .collect(),
        v8_version: v8::V8::get_version(),
        vitals: Vitals::open(),
        summary: Again::prepare().ok(),
        policy: Cell::new(Policy::new(budget)),
        collecting: Cell::new(false),
        reserve: RefCell::new(Reserve::take()),
        desk: RefCell::new(Desk {
            buffer: HeldBuffer::take(REPORT_BUFFER)?,
            printer: TextStream::open(STACK_BUFFER)?,
            stack: Stack::new(),
            path: FixedPath::new(),
        }),
        unfinished: RefCell::new(FixedPath::new()),
        options,
    });
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
    Ok(Installed { state })
}

impl Drop for Installed {
    fn drop(&mut self) {
        let data = Rc::as_ptr(&self.state).cast_mut().cast::<c_void>();
        let mut isolate = self.state.isolate();
        isolate.remove_near_heap_limit_callback(on_near_heap_limit, 0);
        isolate.remove_gc_prologue_callback(on_gc_prologue, data);
        isolate.remove_gc_epilogue_callback(on_gc_epilogue, data);
        CURRENT.set(std::ptr::null());
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
    if let Some(state) = unsafe { CURRENT.get().as_ref() } {
        state.out_of_memory(&cause);
    }
    end(&cause);
}

/// The last words, and the end.
fn end(cause: &Cause<'_>) -> ! {
    say!("{}\n", cause.last_words());
    process::abort()
}

/// The state of the calling thread's isolate.
fn current() -> Option<Rc<State>> {
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

/// Changes how many snapshots the near-heap-limit callback takes
/// (`v8.setHeapSnapshotNearHeapLimit`).
pub fn set_near_heap_limit(times: u32) {
    if let Some(state) = current() {
        state.with_policy(|policy| policy.set_budget(Budget::Times(times)));
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
        state.capture();
        state.with_policy(Policy::finished);
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
        Some(_) => state.write_snapshot(isolate, contents, &given, Existing::Replace),
        None => state.write_snapshot(isolate, contents, &named, Existing::Keep),
    };
    state.with_policy(Policy::finished);
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

/// How a capture went.
struct Taken {
    bytes: u64,
    nanoseconds: u64,
    names_passed: u32,
}

impl State {
    /// The isolate. Used on its own thread only, between V8's calls of us.
    fn isolate(&self) -> v8::Isolate {
        // SAFETY: the isolate outlives `Installed`, which keeps us alive.
        unsafe { v8::Isolate::from_raw_isolate_ptr_unchecked(self.isolate) }
    }

    fn with_policy<T>(&self, change: impl FnOnce(&mut Policy) -> T) -> T {
        let mut policy = self.policy.get();
        let answer = change(&mut policy);
        self.policy.set(policy);
        answer
    }

    /// Tells at the start what would make a capture fail, where the user has
    /// named a place for it.
    fn check_early(&self) {
        let mut directory = FixedPath::new();
        if let Some(pattern) = &self.options.oom_snapshot {
            names::directory_of(pattern.as_os_str().as_bytes(), &mut directory);
        } else if let Some(named) = &self.options.diagnostic_dir {
            directory.push(named.as_os_str().as_bytes());
        } else {
            return;
        }
        let name = Lossy(directory.as_bytes());
        if let Err(error) = file::check_directory(directory.as_c_str()) {
            say!("oomhost: no heap snapshot can be written to {name}: {error}\n");
        } else {
            warn_of_memory_file_system(&directory);
        }
    }

    fn near_limit(&self, current: usize) -> usize {
        let mut isolate = self.isolate();
        let before = stack::heap(&mut isolate);
        let pressure = |heap: &Heap| Pressure {
            limit: current,
            used: heap.used_old(),
            // V8's total limit is that of both generations.
            young_generation: before.limit.saturating_sub(current),
        };
        match self.with_policy(|policy| policy.near_limit(pressure(&before))) {
            AtLimit::Return(limit) => return limit,
            AtLimit::Capture => {}
        }
        let cause = Cause::NearLimit {
            limit: current,
            fatal: self.policy.get().ends_with_capture(),
        };
        self.tier_0(&cause, Some(&before), |printer, out| {
            stack::current(&mut isolate, printer, out);
        });
        self.capture();
        let after = stack::heap(&mut isolate);
        let raised = after.limit.saturating_sub(before.limit);
        let decision = self.with_policy(|policy| policy.captured(pressure(&after), raised));
        match decision {
            AfterCapture::Abort => end(&cause),
            AfterCapture::Return(limit) => {
                if limit > current {
                    snapshot::automatically_restore_initial_heap_limit(
                        &mut isolate,
                        RESTORE_THRESHOLD,
                    );
                } else {
                    say!(
                        "oomhost: the collection freed {}; the program goes on\n",
                        megabytes(before.used.saturating_sub(after.used) as u64)
                    );
                }
                limit
            }
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
                say!("{}\n", cause.last_words());
                let mut isolate = self.isolate();
                let heap = stack::heap(&mut isolate);
                self.tier_0(cause, Some(&heap), |printer, out| {
                    if condition == policy::Heap::Walkable {
                        stack::current(&mut isolate, printer, out);
                    }
                });
                if decision == AtDeath::ReportAndCapture {
                    self.capture();
                }
            }
        }
    }

    /// Memory ran out within a capture: its file holds nothing of use.
    fn abandon(&self) {
        say!("oomhost: no heap snapshot: memory ran out while it was being taken\n");
        if let Ok(path) = self.unfinished.try_borrow()
            && !path.as_bytes().is_empty()
        {
            // What cannot be removed stays, under its unfinished name.
            let _ = file::unlink(path.as_c_str());
        }
    }

    /// Tier 0: text and report.
    fn tier_0(
        &self,
        cause: &Cause<'_>,
        heap: Option<&Heap>,
        write_stack: impl FnOnce(&mut TextStream, &mut Stack),
    ) {
        let began = clock::monotonic_ns();
        let Ok(mut desk) = self.desk.try_borrow_mut() else {
            return;
        };
        let Desk {
            buffer,
            printer,
            stack: frames,
            path,
        } = &mut *desk;
        frames.clear();
        write_stack(printer, frames);
        let account = Account {
            cause: *cause,
            heap,
            stack: frames,
            rss: self.vitals.rss(),
            cgroup: self.vitals.cgroup(),
            thread: self.thread,
            began,
        };
        let uptime_ns = self.vitals.uptime_ns();
        account.print(&mut stderr::print, uptime_ns);
        if self.options.no_report {
            return;
        }
        let program = Program {
            command_line: &self.command_line,
            v8_version: self.v8_version,
            local_offset: self.vitals.local_offset,
            uptime_ns,
        };
        // The descriptor that is kept for the snapshot serves the report first.
        let mut reserve = self.reserve.try_borrow_mut().ok();
        if let Some(reserve) = &mut reserve {
            reserve.lend_descriptor();
        }
        let written = self.write_report(buffer.as_mut_slice(), path, &account, &program);
        if let Some(reserve) = &mut reserve {
            reserve.reclaim_descriptor();
        }
        let spent = clock::monotonic_ns().saturating_sub(began);
        match written {
            Ok(()) => say!(
                "oomhost: wrote {} ({} for this account)\n",
                Lossy(path.as_bytes()),
                duration(spent)
            ),
            Err(error) => say!(
                "oomhost: no report: {error}, open '{}'\n",
                Lossy(path.as_bytes())
            ),
        }
    }

    fn write_report(
        &self,
        buffer: &mut [u8],
        path: &mut FixedPath,
        account: &Account<'_>,
        program: &Program<'_>,
    ) -> Result<(), Errno> {
        let compact = self.options.report_compact;
        let options = &self.options;
        let stream = match options.report_filename.as_deref() {
            Some("stdout") => Some(report::Stream::Output),
            Some("stderr") => Some(report::Stream::Error),
            _ => None,
        };
        let directory = options
            .report_directory
            .as_ref()
            .or(options.diagnostic_dir.as_ref());
        for attempt in 0.. {
            path.clear();
            if let Some(stream) = stream {
                path.push(
                    options
                        .report_filename
                        .as_deref()
                        .unwrap_or_default()
                        .as_bytes(),
                );
                return report::write_to_stream(stream, path, buffer, compact, account, program);
            }
            push_directory(path, directory.map(AsRef::as_ref));
            if let Some(name) = &options.report_filename {
                let start = path.as_bytes().len();
                path.push(name.as_bytes());
                if attempt > 0 {
                    names::insert_number(path, start, attempt);
                }
            } else {
                let offset = self.vitals.local_offset;
                names::push_node_name(path, "report", "json", self.thread, offset);
            }
            match report::write(path, buffer, compact, account, program) {
                Err(Errno(libc::EEXIST)) if attempt < 100 => {}
                done => return done,
            }
        }
        Ok(())
    }

    /// Tier 1 and tier 2, under the name of automatic captures.
    fn capture(&self) {
        let naming = |attempt: u32, out: &mut FixedPath| match &self.options.oom_snapshot {
            Some(pattern) => names::push_pattern(
                out,
                pattern.as_os_str().as_bytes(),
                self.vitals.local_offset,
                attempt,
            ),
            None => self.push_default_name(out),
        };
        let mut isolate = self.isolate();
        let taken = self.write_snapshot(&mut isolate, Contents::default(), &naming, Existing::Keep);
        let Ok(reserve) = self.reserve.try_borrow() else {
            return;
        };
        let target = Lossy(reserve.target().as_bytes());
        match taken {
            Ok(taken) => {
                if taken.names_passed > 0 && self.options.oom_snapshot.is_some() {
                    say!(
                        "oomhost: the name was taken {} times; nothing was overwritten\n",
                        taken.names_passed
                    );
                }
                say!(
                    "oomhost: heap snapshot of {} in {}, {}\nWrote snapshot to {target}\n",
                    megabytes(taken.bytes),
                    duration(taken.nanoseconds),
                    rate(taken.bytes, taken.nanoseconds)
                );
                self.summarize(reserve.target().as_c_str());
            }
            Err(failure) => say!("oomhost: no heap snapshot: {failure} '{target}'\n"),
        }
    }

    /// Tier 2: this program again, on the finished file.
    fn summarize(&self, snapshot: &CStr) {
        let Some(again) = &self.summary else {
            return;
        };
        match again.run([c"analyze", c"--summary", snapshot], SUMMARY_TIMEOUT_MS) {
            Ok(Ended::Exited(0)) => {}
            Ok(Ended::Exited(code)) => say!("oomhost: no summary: it ended with code {code}\n"),
            Ok(Ended::Killed(signal)) => say!("oomhost: no summary: killed by signal {signal}\n"),
            Ok(Ended::TimedOut) => say!("oomhost: no summary: it took too long\n"),
            Err(error) => say!("oomhost: no summary: {error}\n"),
        }
    }

    fn write_snapshot(
        &self,
        isolate: &mut v8::Isolate,
        contents: Contents,
        naming: &dyn Fn(u32, &mut FixedPath),
        existing: Existing,
    ) -> Result<Taken, Failure> {
        let mut reserve = self.reserve.try_borrow_mut().map_err(|_| Failure::busy())?;
        let mut progress = Progress::begin();
        let mut sink = Sink::create(&mut reserve, naming, existing)?;
        if existing == Existing::Keep {
            warn_if_in_memory(sink.reserve());
        }
        self.remember_unfinished(sink.reserve().partial().as_bytes());
        let names_passed = sink.names_taken();
        let done = snapshot::write(isolate, contents, &mut sink, &mut progress).and_then(|()| {
            progress.enter(Phase::Syncing);
            sink.finish()
        });
        self.remember_unfinished(b"");
        let nanoseconds = progress.end();
        done.map(|bytes| Taken {
            bytes,
            nanoseconds,
            names_passed,
        })
    }

    fn remember_unfinished(&self, path: &[u8]) {
        if let Ok(mut unfinished) = self.unfinished.try_borrow_mut() {
            unfinished.clear();
            unfinished.push(path);
        }
    }

    fn push_default_name(&self, out: &mut FixedPath) {
        push_directory(out, self.options.diagnostic_dir.as_deref());
        names::push_node_name(
            out,
            "Heap",
            "heapsnapshot",
            self.thread,
            self.vitals.local_offset,
        );
    }
}

/// Appends the directory that the user named, or the working directory.
fn push_directory(out: &mut FixedPath, directory: Option<&Path>) {
    if let Some(directory) = directory {
        names::push_directory(out, directory.as_os_str().as_bytes());
    } else {
        let mut working = FixedPath::new();
        process::push_working_directory(&mut working);
        names::push_directory(out, working.as_bytes());
    }
}

fn warn_if_in_memory(reserve: &Reserve) {
    let mut directory = FixedPath::new();
    names::directory_of(reserve.target().as_bytes(), &mut directory);
    warn_of_memory_file_system(&directory);
}

fn warn_of_memory_file_system(directory: &FixedPath) {
    if file::file_system(directory.as_c_str()).is_ok_and(|system| system.in_memory) {
        say!(
            "oomhost: {} is in memory (tmpfs): a heap snapshot there needs the memory that is short\n",
            Lossy(directory.as_bytes())
        );
    }
}

impl fmt::Debug for Installed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Installed")
            .field("thread", &self.state.thread)
            .finish_non_exhaustive()
    }
}
