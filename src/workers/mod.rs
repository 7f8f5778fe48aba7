//! Threads that run JavaScript (`worker_threads`): each has an isolate, a context and a loop of its
//! own, and shares with the others nothing but what messages carry ([`ports`]).

pub mod env;
pub mod ports;
mod thread;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use rustc_hash::FxHashMap;

use crate::capture;
use crate::capture::profile;
use crate::engine::HostOptions;
use crate::event_loop::{Event, Idle};

pub use thread::{serve, start};

/// What a thread is started with.
#[derive(Clone)]
pub struct Launch {
    pub host: HostOptions,
    pub capture: capture::Options,
    pub profiles: profile::Options,
    /// `{ requires, imports, inputType }`: what the options say of the script.
    pub script: serde_json::Value,
}

/// What the command line says about the threads to come.
pub struct Settings {
    /// Those without options of their own have the process's.
    pub inherited: Launch,
    /// Reads `execArgv` of a worker and the `NODE_OPTIONS` of an environment of its own; the error is
    /// the words that no worker takes.
    pub read: ReadLaunch,
}

type ReadLaunch = fn(&[String], Option<&str>) -> Result<Launch, Vec<String>>;

static SETTINGS: OnceLock<Settings> = OnceLock::new();

/// Keeps the settings. The first ones stay.
pub fn set_settings(settings: Settings) {
    // Set once, by the command that runs the script.
    let _ = SETTINGS.set(settings);
}

/// What a worker with these options is started with.
///
/// # Errors
/// The words that no worker takes.
///
/// # Panics
/// Before [`set_settings`].
pub fn launch(
    exec_argv: Option<&[String]>,
    node_options: Option<&str>,
) -> Result<Launch, Vec<String>> {
    let settings = SETTINGS.get().expect("set before the script runs");
    if exec_argv.is_none() && node_options.is_none() {
        return Ok(settings.inherited.clone());
    }
    let inherited = &settings.inherited.host.exec_argv;
    let own = exec_argv.is_some() || node_options.is_some_and(|text| !text.is_empty());
    if !own {
        return Ok(settings.inherited.clone());
    }
    match exec_argv {
        Some(words) => (settings.read)(words, node_options),
        // The flags of the process's own command line need no second judgement.
        None => (settings.read)(&[], node_options).map(|mut launch| {
            launch.host.exec_argv.clone_from(inherited);
            launch
        }),
    }
}

/// Limits of a worker's memory, in bytes; 0 is V8's own choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    pub young: usize,
    pub old: usize,
    pub code: usize,
    pub stack: usize,
}

type Request = Box<dyn FnOnce(&mut v8::Isolate) + Send>;

/// How others reach a worker, for as long as anybody wants to.
#[derive(Default)]
pub struct Reach {
    /// The thread shall end, or is about to.
    stopping: AtomicBool,
    /// It ends because its heap is full.
    out_of_memory: AtomicBool,
    inner: Mutex<Inner>,
    /// Nanoseconds that its loop has been asleep.
    idle: Arc<Idle>,
}

#[derive(Default)]
struct Inner {
    isolate: Option<v8::IsolateHandle>,
    events: Option<Sender<Event>>,
    /// When the loop began.
    started: Option<Instant>,
    requests: VecDeque<Request>,
}

impl Reach {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the thread shall end.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Nanoseconds that its loop has been asleep.
    pub fn idle_ns(&self) -> u64 {
        self.idle.ns()
    }

    /// When its loop began; nothing before and after it runs.
    pub fn started(&self) -> Option<Instant> {
        self.lock().started
    }

    /// Ends the thread at the next chance, in a loop that never returns as well as asleep.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        let inner = self.lock();
        if let Some(isolate) = &inner.isolate {
            isolate.terminate_execution();
        }
        if let Some(events) = &inner.events {
            // The loop is gone only while its thread ends.
            let _ = events.send(Event::Wake);
        }
    }

    /// Marks the thread as ending because its heap is full. For the thread itself, which ends its
    /// JavaScript; takes no lock and allocates nothing.
    fn end_of_memory(&self) {
        self.out_of_memory.store(true, Ordering::Release);
        self.stopping.store(true, Ordering::Release);
    }

    /// Has the worker's thread do something where its JavaScript stands still; `false` where the
    /// thread has ended.
    pub fn ask(&self, request: Request) -> bool {
        let mut inner = self.lock();
        let (Some(isolate), Some(events)) = (inner.isolate.clone(), inner.events.clone()) else {
            return false;
        };
        inner.requests.push_back(request);
        drop(inner);
        isolate.request_interrupt(thread::on_interrupt, std::ptr::null_mut());
        events.send(Event::Wake).is_ok()
    }

    /// Does what was asked for. On the worker's own thread.
    pub fn serve(&self, isolate: &mut v8::Isolate) {
        loop {
            let Some(request) = self.lock().requests.pop_front() else {
                return;
            };
            request(isolate);
        }
    }
}

/// What a worker's isolate knows of being one.
pub struct Inside {
    /// Node's thread id, from 1 on.
    pub id: u64,
    pub reach: Arc<Reach>,
    pub limits: Limits,
    /// Of its [`Launch`].
    pub script: serde_json::Value,
    /// The code of `process.exit`, or of the error that ended it.
    exit_code: Cell<i32>,
}

impl Inside {
    /// Ends this thread: no JavaScript runs any more.
    pub fn exit(&self, isolate: &v8::Isolate, code: i32) {
        if !self.reach.is_stopping() {
            self.exit_code.set(code);
        }
        self.reach.stopping.store(true, Ordering::Release);
        isolate.terminate_execution();
    }
}

/// A worker that this isolate has started.
pub struct Child {
    pub reach: Arc<Reach>,
    thread: Option<JoinHandle<()>>,
    referenced: bool,
}

/// An isolate's part in all this: whether it is a worker, its workers, its ports.
#[derive(Default)]
pub struct Workers {
    pub inside: Option<Inside>,
    pub ports: ports::Ports,
    children: RefCell<FxHashMap<u64, Child>>,
}

impl Workers {
    /// That of a worker.
    fn of_worker(inside: Inside) -> Self {
        Self {
            inside: Some(inside),
            ..Self::default()
        }
    }

    /// Whether no JavaScript may run any more.
    pub fn is_stopping(&self) -> bool {
        self.inside
            .as_ref()
            .is_some_and(|inside| inside.reach.is_stopping())
    }

    /// How a child is reached, while it is there.
    pub fn reach(&self, id: u64) -> Option<Arc<Reach>> {
        let children = self.children.borrow();
        children.get(&id).map(|child| child.reach.clone())
    }

    /// Whether a child keeps the loop alive; returns whether that changed.
    pub fn set_referenced(&self, id: u64, on: bool) -> bool {
        self.children
            .borrow_mut()
            .get_mut(&id)
            .is_some_and(|child| std::mem::replace(&mut child.referenced, on) != on)
    }

    fn adopt(&self, id: u64, reach: Arc<Reach>, thread: JoinHandle<()>) {
        self.children.borrow_mut().insert(
            id,
            Child {
                reach,
                thread: Some(thread),
                referenced: true,
            },
        );
    }

    /// A child has said that it ends: waits for its thread. Returns whether it kept the loop alive.
    pub fn bury(&self, id: u64) -> bool {
        let Some(mut child) = self.children.borrow_mut().remove(&id) else {
            return false;
        };
        join(&mut child);
        child.referenced
    }

    /// Ends all children and waits for them: for the end of a worker.
    fn end_children(&self) {
        let mut children = std::mem::take(&mut *self.children.borrow_mut());
        for child in children.values() {
            child.reach.stop();
        }
        for child in children.values_mut() {
            join(child);
        }
    }

    /// Tells all children to end, and waits for captures that are under way: for the end of the
    /// process, which takes the threads with it.
    pub fn leave(&self) {
        let children = self.children.borrow();
        if children.is_empty() {
            return;
        }
        for child in children.values() {
            child.reach.stop();
        }
        while capture::is_under_way() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn join(child: &mut Child) {
    if let Some(thread) = child.thread.take() {
        // A worker's thread that panicked has aborted the process.
        let _ = thread.join();
    }
}
