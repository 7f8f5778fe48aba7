//! V8's platform: background jobs on V8's own threads, foreground tasks through the event loop of
//! the isolate they are for.

#![expect(
    unsafe_code,
    reason = "an isolate is known to the platform by its address only"
)]

use std::ffi::c_void;
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use rustc_hash::FxHashMap;

use crate::event_loop::Event;

/// Node's default for `--v8-pool-size`.
const MOST_THREADS: usize = 4;

/// Threads for background jobs. V8 takes 16 at most, and for 0 what fits the machine.
static BACKGROUND_THREADS: OnceLock<u32> = OnceLock::new();

/// How many threads there are to be, for a platform that is not made yet.
pub fn set_pool_size(threads: u32) {
    BACKGROUND_THREADS.get_or_init(|| threads);
}

/// As many as Node has, but no more than there is room for beside the script's thread. A collection
/// waits for all threads that take part in it: with more of them than processors, its thread has to
/// wait for its turn (on two processors, a collection with four threads stopped the script for 100 ms
/// where one with a single thread took 60).
fn fitting_threads() -> u32 {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    u32::try_from(processors.saturating_sub(1).clamp(1, MOST_THREADS)).unwrap_or(1)
}

enum Route {
    Loop(Sender<Event>),
    /// Tasks posted while the isolate is being made.
    Waiting(Vec<Event>),
    /// The isolate is going down: its tasks are dropped.
    Gone,
}

/// By isolate address, since V8 names the isolate so.
static ROUTES: LazyLock<Mutex<FxHashMap<usize, Route>>> = LazyLock::new(Mutex::default);

struct LoopPlatform;

impl LoopPlatform {
    fn post(isolate: *mut c_void, event: Event) {
        let mut routes = ROUTES.lock().unwrap_or_else(PoisonError::into_inner);
        match routes
            .entry(isolate as usize)
            .or_insert_with(|| Route::Waiting(Vec::new()))
        {
            // The loop is gone only while its isolate goes down: the task is dropped.
            Route::Loop(sender) => drop(sender.send(event)),
            Route::Waiting(events) => events.push(event),
            Route::Gone => drop(event),
        }
    }
}

impl v8::PlatformImpl for LoopPlatform {
    fn post_task(&self, isolate: *mut c_void, task: v8::Task) {
        Self::post(isolate, Event::Task(task));
    }

    fn post_non_nestable_task(&self, isolate: *mut c_void, task: v8::Task) {
        Self::post(isolate, Event::Task(task));
    }

    fn post_delayed_task(&self, isolate: *mut c_void, task: v8::Task, delay: f64) {
        let due = Instant::now() + Duration::from_secs_f64(delay.clamp(0.0, 86_400.0));
        Self::post(isolate, Event::DelayedTask(due, task));
    }

    fn post_non_nestable_delayed_task(&self, isolate: *mut c_void, task: v8::Task, delay: f64) {
        self.post_delayed_task(isolate, task, delay);
    }

    fn post_idle_task(&self, _isolate: *mut c_void, task: v8::IdleTask) {
        // Idle tasks are not enabled (`idle_task_support` is false), so none comes.
        drop(task);
    }
}

pub fn new() -> v8::SharedRef<v8::Platform> {
    let threads = *BACKGROUND_THREADS.get_or_init(fitting_threads);
    v8::new_custom_platform(threads, false, true, LoopPlatform).make_shared()
}

fn key(isolate: &v8::Isolate) -> usize {
    // SAFETY: the pointer is only compared, never used to reach the isolate.
    let pointer = unsafe { isolate.as_raw_isolate_ptr() };
    // SAFETY: UnsafeRawIsolatePtr is a transparent wrapper of a raw pointer.
    unsafe { std::mem::transmute(pointer) }
}

/// From now on the isolate's tasks go to this loop.
pub fn register(isolate: &v8::Isolate, sender: Sender<Event>) {
    let mut routes = ROUTES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(Route::Waiting(events)) = routes.remove(&key(isolate)) {
        for event in events {
            drop(sender.send(event));
        }
    }
    routes.insert(key(isolate), Route::Loop(sender));
}

/// The isolate is about to go: no more tasks for its loop. What this returns is to be dropped when it
/// is gone: then another one may have its address.
pub fn unregister(isolate: &v8::Isolate) -> Departed {
    let key = key(isolate);
    ROUTES
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(key, Route::Gone);
    Departed(key)
}

/// The address of an isolate that is gone.
pub struct Departed(usize);

impl Drop for Departed {
    fn drop(&mut self) {
        let mut routes = ROUTES.lock().unwrap_or_else(PoisonError::into_inner);
        // Another isolate may have come to this address by now.
        if matches!(routes.get(&self.0), Some(Route::Gone)) {
            routes.remove(&self.0);
        }
    }
}
