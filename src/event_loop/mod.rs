//! The loop that keeps a script alive: one timer, work finished by other threads, V8's own tasks,
//! signals. Everything that happens elsewhere arrives through one channel, so that an idle loop
//! sleeps in one place and uses no CPU.

pub mod io;
mod pool;
pub mod signals;

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use rustc_hash::{FxHashMap, FxHashSet};

use io::{Io, Ready};
use pool::{Pool, Waiters};

/// What another thread tells the loop.
pub enum Event {
    /// Work started with [`EventLoop::spawn_blocking`] is done.
    Completed(u64, Box<dyn Any + Send>),
    /// V8 wants this run on the isolate's thread, not nested in JavaScript.
    Task(v8::Task),
    /// The same, not before this moment.
    DelayedTask(Instant, v8::Task),
    /// A capture is wanted at the next safe point, which is where this is received.
    Capture,
    /// A client of the `DevTools` port has sent something.
    Inspector,
    /// A signal that the script listens to arrived.
    Signal(i32),
    /// A watched descriptor is ready.
    Ready(u64, Ready),
    /// A message port has something, or its other end is gone.
    Port(u64),
    /// A message port was closed by its owner.
    PortClosed(u64),
    /// A worker's thread ends.
    WorkerEnded(WorkerEnded),
    /// Somebody has left word elsewhere.
    Wake,
    /// A garbage collection is over, and somebody wanted to know.
    Collection(Collection),
}

/// How long a loop has been asleep; other threads may look.
pub struct Idle {
    start: Instant,
    /// Nanoseconds of the sleeps that are over.
    total: AtomicU64,
    /// Nanoseconds from `start` to the beginning of the sleep under way; 0 is none.
    since: AtomicU64,
}

impl Default for Idle {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            total: AtomicU64::new(0),
            since: AtomicU64::new(0),
        }
    }
}

impl Idle {
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn begin(&self) {
        self.since.store(self.now(), Ordering::Relaxed);
    }

    fn end(&self) {
        let slept = self.now() - self.since.swap(0, Ordering::Relaxed);
        self.total.fetch_add(slept, Ordering::Relaxed);
    }

    /// Nanoseconds, with those of a sleep under way.
    pub fn ns(&self) -> u64 {
        let total = self.total.load(Ordering::Relaxed);
        match self.since.load(Ordering::Relaxed) {
            0 => total,
            since => total + self.now().saturating_sub(since),
        }
    }
}

/// How a worker ended.
#[derive(Clone, Copy, Debug)]
pub struct WorkerEnded {
    /// Node's thread id.
    pub id: u64,
    pub exit_code: i32,
    pub out_of_memory: bool,
}

/// A garbage collection that is over.
#[derive(Clone, Copy, Debug)]
pub struct Collection {
    /// V8's `GCType`, Node's `NODE_PERFORMANCE_GC_*`.
    pub kind: i32,
    /// V8's `GCCallbackFlags`.
    pub flags: i32,
    pub start: Instant,
    pub end: Instant,
}

type Finish = Box<dyn FnOnce(&mut v8::PinScope<'_, '_>, Box<dyn Any + Send>)>;

/// The loop of one isolate. Lives in the isolate's host state; only its [`Sender`] leaves the thread.
pub struct EventLoop {
    start: Instant,
    now: Cell<u64>,
    sender: Sender<Event>,
    receiver: Receiver<Event>,
    pending: RefCell<FxHashMap<u64, Finish>>,
    /// Those of `pending` that do not keep the loop alive.
    unreferenced: RefCell<FxHashSet<u64>>,
    next_id: Cell<u64>,
    delayed: RefCell<Vec<(Instant, v8::Task)>>,
    pool: Pool,
    waiters: Waiters,
    /// Pipes and their like.
    pub io: Io,
    /// Milliseconds of the loop's clock at which `processTimers` is due.
    timer: Cell<Option<u64>>,
    timer_ref: Cell<bool>,
    immediate_ref: Cell<bool>,
    /// Things that may have something to tell and keep the loop alive: ports, workers.
    handles: Cell<usize>,
    idle: OnceCell<Arc<Idle>>,
    /// When the first turn began, and the last one ended.
    entered: Cell<Option<Instant>>,
    left: Cell<Option<Instant>>,
    /// Turns, and what they found to do.
    turns: Cell<u64>,
    found: Cell<u64>,
}

/// Lets ports that have something at the same time be heard in the order in which they were made, as
/// libuv's handles are.
fn in_order_of_ports(events: &mut [Event]) {
    let mut places = Vec::new();
    let mut ids = Vec::new();
    for (place, event) in events.iter().enumerate() {
        if let Event::Port(id) = event {
            places.push(place);
            ids.push(*id);
        }
    }
    ids.sort_unstable();
    for (place, id) in places.into_iter().zip(ids) {
        events[place] = Event::Port(id);
    }
}

impl Default for EventLoop {
    fn default() -> Self {
        let (sender, receiver) = crossbeam_channel::unbounded();
        Self {
            start: Instant::now(),
            now: Cell::new(0),
            pool: Pool::new(sender.clone()),
            waiters: Waiters::new(sender.clone()),
            sender,
            receiver,
            io: Io::default(),
            pending: RefCell::default(),
            unreferenced: RefCell::default(),
            next_id: Cell::new(1),
            delayed: RefCell::default(),
            timer: Cell::new(None),
            timer_ref: Cell::new(false),
            immediate_ref: Cell::new(false),
            handles: Cell::new(0),
            idle: OnceCell::new(),
            entered: Cell::new(None),
            left: Cell::new(None),
            turns: Cell::new(0),
            found: Cell::new(0),
        }
    }
}

impl EventLoop {
    /// The way in for other threads.
    pub fn sender(&self) -> Sender<Event> {
        self.sender.clone()
    }

    /// Runs `work` on a worker thread, then `finish` with its result on this one. Keeps the loop
    /// alive until then.
    pub fn spawn_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
        finish: impl FnOnce(&mut v8::PinScope<'_, '_>, T) + 'static,
    ) {
        let id = self.expect_completion(finish);
        self.pool
            .run(Box::new(move || Event::Completed(id, Box::new(work()))));
    }

    /// As [`Self::spawn_blocking`], on a thread of its own: for work that may wait without end, like
    /// reading from a terminal. Returns the work's number for [`Self::set_work_ref`].
    ///
    /// # Errors
    /// If no thread can be had; `finish` is not called then.
    pub fn spawn_waiting<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
        finish: impl FnOnce(&mut v8::PinScope<'_, '_>, T) + 'static,
    ) -> std::io::Result<u64> {
        let id = self.expect_completion(finish);
        let work = Box::new(move || Event::Completed(id, Box::new(work())));
        match self.waiters.run(work) {
            Ok(()) => Ok(id),
            Err(error) => {
                self.take_finish(id);
                Err(error)
            }
        }
    }

    /// Whether work in progress keeps the loop alive.
    pub fn set_work_ref(&self, id: u64, on: bool) {
        if on {
            self.unreferenced.borrow_mut().remove(&id);
        } else if self.pending.borrow().contains_key(&id) {
            self.unreferenced.borrow_mut().insert(id);
        }
    }

    /// Notes what is to be done when an [`Event::Completed`] with the number that this returns comes.
    pub fn expect_completion<T: Send + 'static>(
        &self,
        finish: impl FnOnce(&mut v8::PinScope<'_, '_>, T) + 'static,
    ) -> u64 {
        let id = self.next_id.get();
        self.next_id.set(id + 1);
        self.pending.borrow_mut().insert(
            id,
            Box::new(move |scope, result| {
                let result = result.downcast::<T>().expect("the work's own result type");
                finish(scope, *result);
            }),
        );
        id
    }

    /// Milliseconds of the loop's clock, as cached at the start of this turn (libuv's `uv_now`).
    pub fn now(&self) -> u64 {
        self.now.get()
    }

    /// Reads the clock anew (libuv's `uv_update_time`).
    pub fn update_now(&self) -> u64 {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.now.set(now);
        now
    }

    /// Arms the one native timer: `processTimers` is due `delay` milliseconds from now.
    pub fn schedule_timer(&self, delay: u64) {
        self.timer.set(Some(self.now() + delay.max(1)));
    }

    /// Whether the native timer keeps the loop alive.
    pub fn set_timer_ref(&self, on: bool) {
        self.timer_ref.set(on);
    }

    /// Whether an immediate keeps the loop alive (and awake).
    pub fn set_immediate_ref(&self, on: bool) {
        self.immediate_ref.set(on);
    }

    /// One thing more keeps the loop alive.
    pub fn add_handle(&self) {
        self.handles.set(self.handles.get() + 1);
    }

    /// One thing less does.
    pub fn remove_handle(&self) {
        self.handles.set(self.handles.get().saturating_sub(1));
    }

    /// The first turn begins.
    pub fn enter(&self) {
        self.entered.set(Some(Instant::now()));
    }

    /// The last turn is over.
    pub fn leave(&self) {
        self.left.set(Some(Instant::now()));
    }

    /// When the first turn began and the last one ended, as far as they have.
    pub fn entered_and_left(&self) -> (Option<Instant>, Option<Instant>) {
        (self.entered.get(), self.left.get())
    }

    /// Turns so far, and what they found to do.
    pub fn turns_and_found(&self) -> (u64, u64) {
        (self.turns.get(), self.found.get())
    }

    /// Nanoseconds that the loop has been asleep.
    pub fn idle_ns(&self) -> u64 {
        self.idle.get_or_init(Arc::default).ns()
    }

    /// Counts the time asleep where another thread can see it. Before the first turn.
    pub fn count_idle_in(&self, idle: Arc<Idle>) {
        // Called once.
        let _ = self.idle.set(idle);
    }

    /// The timer's due time if it has come, disarming it.
    pub(crate) fn take_due_timer(&self) -> bool {
        let now = self.update_now();
        match self.timer.get() {
            Some(due) if due <= now => {
                self.timer.set(None);
                true
            }
            _ => false,
        }
    }

    /// Something still keeps the program alive.
    pub fn is_alive(&self, isolate: &v8::Isolate) -> bool {
        self.immediate_ref.get()
            || (self.timer.get().is_some() && self.timer_ref.get())
            || self.handles.get() > 0
            || self.pending.borrow().len() > self.unreferenced.borrow().len()
            || self.io.is_alive()
            || isolate.has_pending_background_tasks()
            || !self.receiver.is_empty()
    }

    /// Waits for something to happen, at most until the next timer; returns all that did.
    pub(crate) fn poll(&self, isolate: &v8::Isolate) -> Vec<Event> {
        let mut events = Vec::new();
        let timeout = self.poll_timeout(isolate);
        let mut first = self.receiver.try_recv().ok();
        if first.is_none() {
            self.io.take_now(&mut events);
        }
        if first.is_none() && events.is_empty() {
            let idle = self.idle.get_or_init(Arc::default);
            idle.begin();
            let event = match timeout {
                Some(Duration::ZERO) => None,
                Some(timeout) => self.receiver.recv_timeout(timeout).ok(),
                None => self.receiver.recv().ok(),
            };
            idle.end();
            first = event;
        }
        events.extend(first);
        events.extend(self.receiver.try_iter());
        in_order_of_ports(&mut events);
        self.turns.set(self.turns.get() + 1);
        self.found.set(self.found.get() + events.len() as u64);
        let now = Instant::now();
        let mut delayed = self.delayed.borrow_mut();
        for index in (0..delayed.len()).rev() {
            if delayed[index].0 <= now {
                events.push(Event::Task(delayed.swap_remove(index).1));
            }
        }
        events
    }

    /// How long the poll may sleep; `None` is until something arrives.
    fn poll_timeout(&self, isolate: &v8::Isolate) -> Option<Duration> {
        if self.immediate_ref.get() || !self.is_alive(isolate) {
            return Some(Duration::ZERO);
        }
        let now = self.update_now();
        let timer = self
            .timer
            .get()
            .map(|due| Duration::from_millis(due.saturating_sub(now)));
        let delayed = self.delayed.borrow();
        let task = delayed
            .iter()
            .map(|(due, _)| due.saturating_duration_since(Instant::now()))
            .min();
        // A background task of V8 posts nothing when it ends without a result: look again soon.
        let background = isolate
            .has_pending_background_tasks()
            .then_some(Duration::from_millis(1));
        [timer, task, background].into_iter().flatten().min()
    }

    /// Takes a delayed task of V8 for later.
    pub(crate) fn delay(&self, due: Instant, task: v8::Task) {
        self.delayed.borrow_mut().push((due, task));
    }

    /// What is to be done with the result of finished work.
    pub(crate) fn take_finish(&self, id: u64) -> Option<Finish> {
        self.unreferenced.borrow_mut().remove(&id);
        self.pending.borrow_mut().remove(&id)
    }

    /// Drops V8's tasks and what holds its handles, which must not outlive the isolate.
    pub(crate) fn drop_tasks(&self) {
        self.io.shut_down();
        self.delayed.borrow_mut().clear();
        while self.receiver.try_recv().is_ok() {}
    }
}
