//! Memory beyond V8's heap: a thread that asks for a capture before the kernel kills
//! (`--capture-at-rss`).
//!
//! No limit of V8's holds for Buffers, WebAssembly memory or another program of the
//! same container. So a thread looks at what is resident, as often as
//! [`Crossing`] says, and asks the isolate at the threshold: by an interrupt, which
//! V8 serves at the next loop or call of JavaScript, and by a turn of the event loop,
//! should that sleep. The isolate's thread looks again, collects garbage (what is
//! only garbage is no reason for a capture) and, where that does not help, captures
//! and goes on. A native call that takes long is waited for.
//!
//! What counts as use:
//! - a SIZE is compared with the process's RSS, less what captures have left mapped
//!   of their scratch file;
//! - a PERCENT of a container's limit is compared with what the kernel cannot take
//!   back from the container: usage less the page cache of files;
//! - a PERCENT without such a limit is one of the memory that the process may still
//!   come to: its RSS and what the machine has available.
//!
//! Where processors are busy the thread may be late, and a script that allocates
//! Buffers at full speed past the threshold meanwhile. So the allocator of array
//! buffers waits a moment for a look that is overdue ([`wait_for_late_look`]).
//!
//! The watching thread allocates nothing and takes no lock until it asks; then V8's
//! lock of its interrupts and the event loop's channel, for a moment each.
#![expect(unsafe_code, reason = "an interrupt callback, mimalloc")]

use super::account::{Cause, Resident, Whose, megabytes};
use super::crossing::{Answer, Crossing, Reach};
use super::policy::AtResident;
use super::tiers::{State, say};
use super::{AtRss, stack};
use crate::engine::array_buffers;
use crate::sys::cgroup::MemoryGroup;
use crate::sys::process::{Meminfo, Statm};
use crate::sys::{clock, process};
use libmimalloc_sys as mi;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

/// Bytes of the thread's stack: it needs a tenth of that.
const STACK: usize = 128 << 10;

/// Bytes that a capture needs for the pages of its files and of the program itself,
/// which the kernel would else read again and again, and for what a fast program
/// still allocates before it is stopped (up to 7 MB at 1 GB/s on a busy machine).
/// In a full container that holds the program's file as well, the capture of a small
/// heap took 0.4 s with 43 MB left, and was not done after 60 s with 24 MB.
const ROOM: u64 = 48 << 20;

/// How long to wait where nothing can be read.
const BLIND_WAIT: Duration = Duration::from_secs(1);

/// How late a look may be before who allocates waits for it, in nanoseconds.
const LATE: u64 = 1_000_000;

/// How long it waits at most, in steps of a millisecond: as long as the thread was
/// ever seen to be late on a busy machine.
const MOST_STEPS: u32 = 200;

/// The watch that [`wait_for_late_look`] asks: that of the first isolate, since the
/// figures are the process's.
static FIRST: OnceLock<Arc<Watch>> = OnceLock::new();

/// The figures that a threshold is held against; descriptors that are kept open.
struct Gauge {
    at: AtRss,
    statm: Statm,
    group: MemoryGroup,
    meminfo: Meminfo,
    /// Bytes of memory that the machine has.
    machine: u64,
}

impl Gauge {
    fn open(at: AtRss) -> Self {
        Self {
            at,
            statm: Statm::open(),
            group: MemoryGroup::open(),
            meminfo: Meminfo::open(),
            machine: process::machine_memory().0,
        }
    }

    /// Use and threshold now. Allocates nothing.
    fn read(&self) -> Option<Resident> {
        match self.at {
            AtRss::Bytes(threshold) => Some(Resident {
                whose: Whose::Process,
                reach: Reach {
                    used: self.statm.rss_of_program()?,
                    threshold,
                },
                limit: threshold,
            }),
            AtRss::Percent(percent) => self.of_container(percent).or_else(|| {
                let used = self.statm.rss_of_program()?;
                let limit = used.saturating_add(self.meminfo.available()?);
                Some(Resident {
                    whose: Whose::Machine,
                    reach: Reach {
                        used,
                        threshold: share(limit, percent),
                    },
                    limit,
                })
            }),
        }
    }

    /// Nothing where no limit holds but the machine's own.
    fn of_container(&self, percent: u8) -> Option<Resident> {
        let tight = self.group.tightest(|limit| share(limit, percent))?;
        (tight.limit < self.machine).then_some(Resident {
            whose: Whose::Container,
            reach: Reach {
                used: tight.used,
                threshold: tight.share,
            },
            limit: tight.limit,
        })
    }
}

/// The use at which to capture: this percentage of the whole, with [`ROOM`] left, but
/// not below half.
fn share(whole: u64, percent: u8) -> u64 {
    let wanted = whole / 100 * u64::from(percent);
    wanted.min(whole.saturating_sub(ROOM).max(whole / 2))
}

/// What the two threads say to each other.
const QUIET: u8 = 0;
const ASKED: u8 = 1;
const HEARD: u8 = 2;
const FELL: u8 = 3;
const DONE: u8 = 4;

/// What both threads have of the watch.
pub(super) struct Watch {
    gauge: Gauge,
    word: AtomicU8,
    ended: AtomicBool,
    /// Monotonic nanoseconds when the next look is due; the end of time where no look
    /// is waited for.
    due: AtomicU64,
    watcher: OnceLock<Thread>,
}

/// For a thread that is about to use more memory: lets an overdue look come first.
fn wait_for_late_look() {
    if let Some(watch) = FIRST.get() {
        for _ in 0..MOST_STEPS {
            let due = watch.due.load(Ordering::Acquire);
            if clock::monotonic_ns() < due.saturating_add(LATE) {
                break;
            }
            clock::sleep_ms(1);
        }
    }
}

impl Watch {
    /// Opens what will be read, and tells at once what will not work.
    pub fn open(at: AtRss) -> Option<Arc<Self>> {
        let gauge = Gauge::open(at);
        if gauge.read().is_none() {
            say!("oomhost: --capture-at-rss has no effect: the use of memory cannot be read\n");
            return None;
        }
        if let AtRss::Bytes(size) = at
            && let Some(tight) = gauge.group.tightest(|limit| limit)
            && tight.limit <= size
        {
            say!(
                "oomhost: --capture-at-rss={} comes too late: the container's limit is {}\n",
                megabytes(size),
                megabytes(tight.limit)
            );
        }
        Some(Arc::new(Self {
            gauge,
            word: AtomicU8::new(QUIET),
            ended: AtomicBool::new(false),
            due: AtomicU64::new(u64::MAX),
            watcher: OnceLock::new(),
        }))
    }

    fn answer(&self) -> Answer {
        match self.word.load(Ordering::Acquire) {
            FELL => Answer::Fell,
            DONE => Answer::Done,
            _ => Answer::Pending,
        }
    }

    /// Looks until the watch is ended.
    fn look(&self, ask: &dyn Fn()) {
        let mut crossing = Crossing::default();
        let mut spent = clock::thread_ns();
        while !self.ended.load(Ordering::Acquire) {
            let Some(found) = self.gauge.read() else {
                self.due.store(u64::MAX, Ordering::Release);
                thread::park_timeout(BLIND_WAIT);
                continue;
            };
            let before = std::mem::replace(&mut spent, clock::thread_ns());
            let cost = spent.saturating_sub(before);
            let step = crossing.look(found.reach, self.answer(), cost);
            if step.ask {
                self.word.store(ASKED, Ordering::Release);
                ask();
            }
            let due = if step.armed {
                clock::monotonic_ns().saturating_add(step.wait)
            } else {
                u64::MAX
            };
            self.due.store(due, Ordering::Release);
            thread::park_timeout(Duration::from_nanos(step.wait));
        }
    }

    /// Whether there is a question, which is then the caller's to answer.
    fn hear(&self) -> bool {
        self.word
            .compare_exchange(ASKED, HEARD, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    fn say(&self, answer: Answer) {
        let word = match answer {
            Answer::Pending => QUIET,
            Answer::Fell => FELL,
            Answer::Done => DONE,
        };
        self.word.store(word, Ordering::Release);
        self.wake();
    }

    fn wake(&self) {
        if let Some(watcher) = self.watcher.get() {
            watcher.unpark();
        }
    }
}

/// The watching thread; dropped, it is no more.
pub(super) struct Watcher {
    watch: Arc<Watch>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    /// Starts to watch. `wake` makes the event loop call [`super::at_safe_point`],
    /// from the watching thread.
    pub fn start(
        watch: &Arc<Watch>,
        isolate: v8::IsolateHandle,
        wake: impl Fn() + Send + 'static,
    ) -> Option<Self> {
        let started = thread::Builder::new()
            .name("oomhost-watch".to_owned())
            .stack_size(STACK)
            .spawn({
                let watch = Arc::clone(watch);
                move || {
                    process::run_promptly();
                    watch.look(&|| {
                        isolate.request_interrupt(on_interrupt, std::ptr::null_mut());
                        wake();
                    });
                }
            });
        match started {
            Ok(thread) => {
                // It cannot have been set before.
                let _ = watch.watcher.set(thread.thread().clone());
                let _ = FIRST.set(Arc::clone(watch));
                array_buffers::on_growth(wait_for_late_look);
                Some(Self {
                    watch: Arc::clone(watch),
                    thread: Some(thread),
                })
            }
            Err(error) => {
                say!("oomhost: --capture-at-rss has no effect: no thread: {error}\n");
                None
            }
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.watch.ended.store(true, Ordering::Release);
        self.watch.wake();
        if let Some(thread) = self.thread.take() {
            // It does not panic, and the process ends anyway.
            let _ = thread.join();
        }
        self.watch.due.store(u64::MAX, Ordering::Release);
    }
}

/// Calls [`super::at_safe_point`]; for `request_interrupt`.
pub(super) unsafe extern "C" fn on_interrupt(
    _isolate: v8::UnsafeRawIsolatePtr,
    _data: *mut std::ffi::c_void,
) {
    super::at_safe_point();
}

impl State {
    /// JavaScript stands still where V8 may be asked for anything: answers the
    /// watcher, if it has asked.
    pub fn at_safe_point(&self) {
        if let Some(watch) = &self.watch
            && watch.hear()
        {
            let answer = self.near_resident_limit(&watch.gauge);
            watch.say(answer);
        }
    }

    fn near_resident_limit(&self, gauge: &Gauge) -> Answer {
        let Some(before) = gauge.read() else {
            return Answer::Fell;
        };
        match self.with_policy(|policy| policy.near_resident_limit(before.reach)) {
            AtResident::NotNear => return Answer::Fell,
            AtResident::NotWanted => return Answer::Done,
            AtResident::Collect => {}
        }
        let mut isolate = self.isolate();
        isolate.memory_pressure_notification(v8::MemoryPressureLevel::Critical);
        isolate.memory_pressure_notification(v8::MemoryPressureLevel::None);
        // SAFETY: gives memory of this thread's heaps back to the system.
        unsafe { mi::mi_collect(true) };
        let found = gauge.read().unwrap_or(before);
        if !self.with_policy(|policy| policy.still_near_resident_limit(found.reach)) {
            return Answer::Fell;
        }
        let heap = stack::heap(&mut isolate);
        let cause = Cause::NearResidentLimit(found);
        self.tier_0(&cause, Some(&heap), |printer, out| {
            stack::current(&mut isolate, printer, out);
        });
        // The table of lasting ids is no thing for memory that is short.
        self.capture(false);
        self.finished();
        say!("oomhost: the program goes on\n");
        Answer::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1 << 20;

    #[test]
    fn a_share_leaves_room_for_the_capture_but_half_at_most() {
        assert_eq!(share(2000 * MB, 95), 1900 * MB);
        assert_eq!(share(512 * MB, 95), 464 * MB);
        assert_eq!(share(500 * MB, 50), 250 * MB);
        assert_eq!(share(64 * MB, 95), 32 * MB);
        assert_eq!(share(64 * MB, 10), 64 * MB / 100 * 10);
        assert_eq!(share(0, 95), 0);
        assert!(share(u64::MAX, 100) > u64::MAX / 2);
    }

    #[test]
    fn a_size_and_a_share_are_read() {
        let found = Gauge::open(AtRss::Bytes(7)).read().unwrap();
        assert_eq!((found.whose, found.limit), (Whose::Process, 7));
        assert!(found.reach.is_there(), "{found:?}");
        let found = Gauge::open(AtRss::Percent(95)).read().unwrap();
        assert!(found.reach.used > 0 && found.reach.threshold < found.limit);
        assert_ne!(found.whose, Whose::Process);
    }

    #[test]
    fn a_question_is_heard_once() {
        let watch = Watch::open(AtRss::Bytes(1)).unwrap();
        assert!(!watch.hear());
        watch.word.store(ASKED, Ordering::Release);
        assert_eq!(watch.answer(), Answer::Pending);
        assert!(watch.hear());
        assert!(!watch.hear(), "by an interrupt and by the event loop");
        assert_eq!(watch.answer(), Answer::Pending);
        watch.say(Answer::Fell);
        assert_eq!(watch.answer(), Answer::Fell);
    }
}
