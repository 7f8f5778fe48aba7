//! The tiers: how the account, the snapshot and its summary are made, out of
//! what was reserved at the start.
#![expect(unsafe_code, reason = "the isolate's pointer")]

mod places;

use places::{push_directory, tell_refusal, warn_of_memory_file_system};

use super::account::{Account, Cause, Heap, Stack, Vitals, duration, megabytes};
use super::arena::{Arena, Refusal};
use super::generator;
use super::policy::{Budget, Policy};
use super::progress::{Phase, Progress, rate};
use super::report::{self, Program};
use super::room::{Memory, Room};
use super::sink::{Failure, Reserve, Sink};
use super::snapshot::{self, Contents};
use super::turn::Turn;
use super::watch::Watch;
use super::{OnFull, Options, ReportOptions, names, profile};
use crate::engine::array_buffers;
use crate::sys::file::Existing;
use crate::sys::fixed::{FixedPath, Lossy};
use crate::sys::last_stand::Tidy;
use crate::sys::mem::HeldBuffer;
use crate::sys::spawn::{Again, Ended};
use crate::sys::text_stream::TextStream;
use crate::sys::watchdog::Watchdog;
use crate::sys::{Errno, clock, file, process, stderr};
use std::cell::{Cell, OnceCell, RefCell};
use std::ffi::CStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Bytes of the buffer that reports are written through.
const REPORT_BUFFER: usize = 16 << 10;

/// Bytes that V8 prints its stack to.
const STACK_BUFFER: usize = 8 << 10;

/// How long the summary of a finished snapshot may take.
const SUMMARY_TIMEOUT_MS: u32 = 300_000;

/// Prints to standard error, without allocation.
macro_rules! say {
    ($($argument:tt)*) => { $crate::sys::stderr::print(format_args!($($argument)*)) };
}
pub(super) use say;

/// What one isolate needs for its captures.
pub(super) struct State {
    isolate: v8::UnsafeRawIsolatePtr,
    /// Node's thread id, for names: 0 is the main thread.
    pub thread: u64,
    pub on_full: OnFull,
    options: Options,
    command_line: Vec<Vec<u8>>,
    v8_version: &'static str,
    vitals: Vitals,
    summary: Option<Again>,
    /// Asks for captures at `--capture-at-rss`.
    pub watch: Option<Arc<Watch>>,
    pub policy: Cell<Policy>,
    /// The limit before a call of the near-heap-limit callback raised it for a
    /// capture under way.
    pub raised_from: Cell<Option<usize>>,
    /// V8 is making a context: of some objects there is no more than the place.
    pub making_context: Cell<bool>,
    /// A snapshot has given V8's lasting ids to all objects.
    pub gave_lasting_ids: Cell<bool>,
    /// V8 is collecting garbage: the heap cannot be walked.
    pub collecting: Cell<bool>,
    pub reserve: RefCell<Reserve>,
    /// Where a capture's memory comes from; missing where no address space is to be had. A worker makes
    /// it for its first capture, since workers are many and their limit is not the process's.
    arena: OnceCell<RefCell<Option<Arena>>>,
    /// Keeps `--capture-deadline`; missing where there is none, or no thread to be had. Likewise.
    watchdog: OnceCell<Option<Watchdog>>,
    /// Buffer and paths of tier 0.
    pub desk: RefCell<Desk>,
    /// The path of the unfinished file of the capture under way, else empty.
    unfinished: RefCell<FixedPath>,
    /// [`V8_BESIDE`] is set.
    v8_beside: bool,
    /// The pattern of automatic snapshots' names: the command line's, else a script's.
    oom_snapshot: OnceCell<PathBuf>,
    /// What the script has made of the options of reports.
    pub report: RefCell<ReportOptions>,
}

/// Set by a test that wants V8's own snapshot of the same heap beside each automatic one, under its
/// name with `.v8` behind.
const V8_BESIDE: &str = "OOMHOST_TEST_V8_BESIDE";

/// The place where tier 0 is written.
pub(super) struct Desk {
    pub buffer: HeldBuffer,
    pub printer: TextStream,
    pub stack: Stack,
    pub path: FixedPath,
}

/// What tier 0 tells beyond the process's own figures.
pub(super) struct Found<'a> {
    /// Why.
    pub cause: Cause<'a>,
    /// The heap; missing where V8 may not be asked.
    pub heap: Option<&'a Heap>,
    /// The JavaScript stack; empty where V8 may not be asked.
    pub stack: &'a Stack,
    /// Monotonic nanoseconds when it began.
    pub began: u64,
}

/// How a capture went.
pub(super) struct Taken {
    /// Of the snapshot, and of the file, which may be compressed.
    bytes: u64,
    file_bytes: u64,
    nanoseconds: u64,
    names_passed: u32,
}

impl State {
    /// Reserves what is needed. For the start of the process.
    pub fn reserve(
        isolate: &mut v8::Isolate,
        options: Options,
        thread: u64,
        on_full: OnFull,
    ) -> Result<Self, Errno> {
        let mut files = Reserve::take();
        if let Some(format) = options.snapshot_compress
            && let Err(error) = files.compress(format)
        {
            say!("oomhost: heap snapshots will not be compressed: {error}\n");
        }
        let is_main = thread == 0;
        let budget = options
            .near_heap_limit
            .map_or(Budget::OnceThenAbort, Budget::Times);
        Ok(Self {
            // SAFETY: the pointer is used on this thread and while `Installed` lives.
            isolate: unsafe { isolate.as_raw_isolate_ptr() },
            thread,
            on_full,
            command_line: std::env::args_os()
                .map(|argument| argument.as_bytes().to_vec())
                .collect(),
            v8_version: v8::V8::get_version(),
            vitals: Vitals::open(),
            summary: Again::prepare().ok(),
            // The figures are the process's: one thread looks.
            watch: options
                .capture_at_rss
                .filter(|_| thread == 0)
                .and_then(Watch::open),
            policy: Cell::new(Policy::new(budget)),
            raised_from: Cell::new(None),
            making_context: Cell::new(false),
            gave_lasting_ids: Cell::new(false),
            collecting: Cell::new(false),
            reserve: RefCell::new(files),
            arena: if is_main {
                OnceCell::from(RefCell::new(Arena::reserve()))
            } else {
                OnceCell::new()
            },
            watchdog: if is_main {
                OnceCell::from(start_watchdog(&options))
            } else {
                OnceCell::new()
            },
            desk: RefCell::new(Desk {
                buffer: HeldBuffer::take(REPORT_BUFFER)?,
                printer: TextStream::open(STACK_BUFFER)?,
                stack: Stack::new(),
                path: FixedPath::new(),
            }),
            unfinished: RefCell::new(FixedPath::new()),
            v8_beside: std::env::var_os(V8_BESIDE).is_some(),
            report: RefCell::new(options.report.clone()),
            oom_snapshot: options
                .oom_snapshot
                .clone()
                .map_or_else(OnceCell::new, OnceCell::from),
            options,
        })
    }

    /// The isolate. Used on its own thread only, between V8's calls of us.
    pub fn isolate(&self) -> v8::Isolate {
        // SAFETY: the isolate outlives `Installed`, which keeps us alive.
        unsafe { v8::Isolate::from_raw_isolate_ptr_unchecked(self.isolate) }
    }

    /// `--snapshot-compress`.
    pub fn compresses(&self) -> bool {
        self.options.snapshot_compress.is_some()
    }

    /// `--verbose`.
    pub fn is_verbose(&self) -> bool {
        self.options.verbose
    }

    /// How long a capture may take.
    pub fn deadline(&self) -> Option<Duration> {
        self.options
            .capture_deadline
            .filter(|_| self.watchdog().is_some())
    }

    fn watchdog(&self) -> Option<&Watchdog> {
        self.watchdog
            .get_or_init(|| start_watchdog(&self.options))
            .as_ref()
    }

    fn arena(&self) -> &RefCell<Option<Arena>> {
        self.arena.get_or_init(|| RefCell::new(Arena::reserve()))
    }

    pub fn with_policy<T>(&self, change: impl FnOnce(&mut Policy) -> T) -> T {
        let mut policy = self.policy.get();
        let answer = change(&mut policy);
        self.policy.set(policy);
        answer
    }

    /// Tells at the start what would make a capture fail, where the user has
    /// named a place for it.
    pub fn check_early(&self) {
        if self.options.capture_dir.is_some() {
            let mut directory = FixedPath::new();
            self.push_directory_of_scratch(&mut directory);
            if let Err(refusal) = Arena::check(&directory) {
                tell_refusal(refusal, &directory);
            }
        }
        if self.oom_snapshot.get().is_none() && self.options.diagnostic_dir.is_none() {
            return;
        }
        let mut directory = FixedPath::new();
        self.push_directory_of_captures(&mut directory);
        let name = Lossy(directory.as_bytes());
        if let Err(error) = file::check_directory(directory.as_c_str()) {
            say!("oomhost: no heap snapshot can be written to {name}: {error}\n");
        } else {
            warn_of_memory_file_system(&directory);
        }
    }

    /// Names automatic snapshots, unless they have a name.
    pub fn set_oom_snapshot(&self, pattern: PathBuf) {
        // The first one stands.
        let _ = self.oom_snapshot.set(pattern);
    }

    /// Memory ran out within a capture: its file holds nothing of use.
    pub fn abandon(&self) {
        say!("oomhost: no heap snapshot: memory ran out while it was being taken\n");
        if let Ok(path) = self.unfinished.try_borrow()
            && !path.as_bytes().is_empty()
        {
            // What cannot be removed stays, under its unfinished name.
            let _ = file::unlink(path.as_c_str());
        }
    }

    /// Tier 0: text and report.
    pub fn tier_0(
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
        // The descriptor that is kept for the snapshot serves the report first.
        let mut reserve = self.reserve.try_borrow_mut().ok();
        if let Some(reserve) = &mut reserve {
            reserve.lend_descriptor();
        }
        let found = Found {
            cause: *cause,
            heap,
            stack: frames,
            began,
        };
        self.tell(&found, buffer.as_mut_slice(), path);
        if let Some(reserve) = &mut reserve {
            reserve.reclaim_descriptor();
        }
    }

    /// What is to be told.
    pub fn account<'a>(&self, found: &Found<'a>) -> Account<'a> {
        Account {
            cause: found.cause,
            heap: found.heap,
            stack: found.stack,
            array_buffers: array_buffers::allocated_bytes() as u64,
            rss: self.vitals.rss(),
            cgroup: self.vitals.cgroup(),
            thread: self.thread,
            collecting: self.collecting.get(),
            began: found.began,
        }
    }

    /// What is told of this program.
    pub fn program(&self) -> Program<'_> {
        Program {
            command_line: &self.command_line,
            v8_version: self.v8_version,
            local_offset: self.vitals.local_offset,
            uptime_ns: self.vitals.uptime_ns(),
            exclude_env: self.report.borrow().exclude_env,
        }
    }

    /// Writes text and report with what is given.
    pub fn tell(&self, found: &Found<'_>, buffer: &mut [u8], path: &mut FixedPath) {
        let account = self.account(found);
        let uptime_ns = self.vitals.uptime_ns();
        account.print(&mut stderr::print, uptime_ns);
        if !self.report.borrow().on_fatal_error {
            return;
        }
        let program = self.program();
        let written = self.write_report(buffer, path, &account, &program);
        let spent = clock::monotonic_ns().saturating_sub(found.began);
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

    /// Writes a report to where the options say; `path` becomes its path.
    pub fn write_report(
        &self,
        buffer: &mut [u8],
        path: &mut FixedPath,
        account: &Account<'_>,
        program: &Program<'_>,
    ) -> Result<(), Errno> {
        let options = self.report.borrow();
        let compact = options.compact;
        let stream = match options.filename.as_deref() {
            Some("stdout") => Some(report::Stream::Output),
            Some("stderr") => Some(report::Stream::Error),
            _ => None,
        };
        let directory = options
            .directory
            .as_ref()
            .or(self.options.diagnostic_dir.as_ref());
        for attempt in 0.. {
            path.clear();
            if let Some(stream) = stream {
                path.push(options.filename.as_deref().unwrap_or_default().as_bytes());
                return report::write_to_stream(stream, path, buffer, compact, account, program);
            }
            push_directory(path, directory.map(AsRef::as_ref));
            if let Some(name) = &options.filename {
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
    ///
    /// `lasting_ids` is for a program that goes on: the ids of objects are those of its
    /// other snapshots, for which V8 keeps a table (about 60 bytes an object).
    pub fn capture(&self, lasting_ids: bool) {
        let naming = |attempt: u32, out: &mut FixedPath| match self.oom_snapshot.get() {
            Some(pattern) => names::push_pattern(
                out,
                pattern.as_os_str().as_bytes(),
                self.vitals.local_offset,
                attempt,
            ),
            None => self.push_default_name(out),
        };
        let mut directory = FixedPath::new();
        self.push_directory_of_captures(&mut directory);
        warn_of_memory_file_system(&directory);
        let mut isolate = self.isolate();
        let taken = self.write_snapshot(
            &mut isolate,
            Contents::default(),
            lasting_ids,
            &naming,
            Existing::Keep,
        );
        if self.v8_beside && taken.is_ok() {
            self.write_v8_beside(&mut isolate);
        }
        if self.options.heap_profile {
            profile::write_near_limit(&mut isolate);
        }
        let Ok(reserve) = self.reserve.try_borrow() else {
            return;
        };
        let target = Lossy(reserve.target().as_bytes());
        match taken {
            Ok(taken) => {
                if taken.names_passed > 0 && self.oom_snapshot.get().is_some() {
                    say!(
                        "oomhost: the name was taken {} times; nothing was overwritten\n",
                        taken.names_passed
                    );
                }
                say!("oomhost: heap snapshot of {}", megabytes(taken.bytes));
                if let Some(format) = reserve.format() {
                    say!(", {} with {}", megabytes(taken.file_bytes), format.name());
                }
                say!(
                    " in {}, {}\nWrote snapshot to {target}\n",
                    duration(taken.nanoseconds),
                    rate(taken.bytes, taken.nanoseconds)
                );
                self.summarize(reserve.target().as_c_str());
            }
            Err(failure) => say!("oomhost: no heap snapshot: {failure} '{target}'\n"),
        }
    }

    fn write_v8_beside(&self, isolate: &mut v8::Isolate) {
        let mut beside = FixedPath::new();
        if let Ok(reserve) = self.reserve.try_borrow() {
            beside.push(reserve.target().as_bytes());
        }
        beside.push(b".v8");
        let mut reserve = Reserve::take();
        let naming = |_attempt: u32, out: &mut FixedPath| out.push(beside.as_bytes());
        let written =
            Sink::create(&mut reserve, &naming, Existing::Replace).and_then(|mut sink| {
                snapshot::write_by_v8(isolate, &mut sink, &mut Progress::begin(None))?;
                sink.finish()
            });
        if let Err(failure) = written {
            say!("oomhost: no snapshot of V8's beside it: {failure}\n");
        }
    }

    /// Tier 2: this program again, on the finished file.
    fn summarize(&self, snapshot: &CStr) {
        let Some(again) = &self.summary else {
            return;
        };
        if stderr::is_stuck() {
            return;
        }
        match again.run([c"analyze", c"--summary", snapshot], SUMMARY_TIMEOUT_MS) {
            Ok(Ended::Exited(0)) => {}
            Ok(Ended::Exited(code)) => say!("oomhost: no summary: it ended with code {code}\n"),
            Ok(Ended::Killed(signal)) => say!("oomhost: no summary: killed by signal {signal}\n"),
            Ok(Ended::TimedOut) => say!("oomhost: no summary: it took too long\n"),
            Err(error) => say!("oomhost: no summary: {error}\n"),
        }
    }

    pub fn write_snapshot(
        &self,
        isolate: &mut v8::Isolate,
        contents: Contents,
        lasting_ids: bool,
        naming: &dyn Fn(u32, &mut FixedPath),
        existing: Existing,
    ) -> Result<Taken, Failure> {
        let mut reserve = self.reserve.try_borrow_mut().map_err(|_| Failure::busy())?;
        self.gave_lasting_ids
            .set(self.gave_lasting_ids.get() || lasting_ids);
        let _turn = Turn::take(self.options.capture_deadline);
        let deadline = self.watchdog().zip(self.deadline());
        let deadline = deadline.map(|(watchdog, time)| watchdog.begin(time));
        let mut progress = Progress::begin(deadline);
        let _tidy = Tidy::begin();
        let room = self.room(isolate);
        reserve.set_plain(contents.plain);
        let mut sink = Sink::create(&mut reserve, naming, existing)?;
        self.remember_unfinished(sink.reserve().partial().as_bytes());
        self.tell_output(sink.reserve().partial());
        let names_passed = sink.names_taken();
        let mut arena = self.arena().try_borrow_mut().map_err(|_| Failure::busy())?;
        let scratch = arena.as_mut().and_then(|arena| {
            let opened = self.open_scratch(room, arena);
            opened.then(|| arena.enter()).flatten()
        });
        let written = snapshot::write(
            isolate,
            contents,
            lasting_ids,
            &mut sink,
            &mut progress,
            scratch.as_ref(),
        );
        // Its space on the disk may be what the end of the file still needs.
        drop(scratch);
        let done = written.and_then(|()| {
            progress.enter(Phase::Syncing);
            let bytes = sink.written();
            sink.finish().map(|file_bytes| (bytes, file_bytes))
        });
        self.remember_unfinished(b"");
        let nanoseconds = progress.end();
        done.map(|(bytes, file_bytes)| Taken {
            bytes,
            file_bytes,
            nanoseconds,
            names_passed,
        })
    }

    /// What a capture finds now.
    fn room(&self, isolate: &mut v8::Isolate) -> Room {
        let mut directory = FixedPath::new();
        self.push_directory_of_scratch(&mut directory);
        Room {
            used: isolate.get_heap_statistics().used_heap_size() as u64,
            disk: file::file_system(directory.as_c_str()).map_or(0, |system| system.free),
            memory: self.vitals.headroom(),
            graph: generator::installed().is_none(),
        }
    }

    /// Whether the arena has its scratch file; if not, it is told why, and the
    /// capture takes plain memory.
    fn open_scratch(&self, room: Room, arena: &mut Arena) -> bool {
        let mut directory = FixedPath::new();
        self.push_directory_of_scratch(&mut directory);
        let choice = room.choose();
        self.tell_memory(room, choice, &directory);
        let opened = match choice {
            Memory::Arena => arena.open(&directory),
            Memory::Plain => Arena::check(&directory).and(Err(Refusal::Small(room.disk))),
        };
        if let Err(refusal) = opened {
            tell_refusal(refusal, &directory);
        }
        opened.is_ok()
    }

    fn remember_unfinished(&self, path: &[u8]) {
        if let Ok(mut unfinished) = self.unfinished.try_borrow_mut() {
            unfinished.clear();
            unfinished.push(path);
        }
    }

    /// Whether the arena has kept a scratch file of an earlier capture.
    pub fn has_scratch(&self) -> bool {
        let arena = self.arena().try_borrow();
        arena.map_or(true, |arena| arena.as_ref().is_some_and(Arena::has_scratch))
    }
}

fn start_watchdog(options: &Options) -> Option<Watchdog> {
    options
        .capture_deadline
        .and_then(|_| Watchdog::start().ok())
}
