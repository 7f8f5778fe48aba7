//! The thread of a worker, from its start to its end.

#![expect(
    unsafe_code,
    reason = "V8's interrupt callback, the limit of the stack"
)]

use std::ffi::c_void;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::ports::Endpoint;
use super::{Inside, Launch, Limits, Reach, Workers};
use crate::capture;
use crate::capture::profile;
use crate::engine::{self, Engine, host, run_loop};
use crate::event_loop::{Event, WorkerEnded};

/// Bytes of a worker's stack where no limit is given (Node's `kDefaultStackSize`).
const STACK: usize = 4 << 20;

/// Bytes of it that JavaScript does not get (Node's `kStackBufferSize`).
const STACK_BUFFER: usize = 192 << 10;

/// The least old generation that V8 starts in, in bytes.
const LEAST_OLD: usize = 4 << 20;

/// Node's thread id of the last worker.
static LAST_ID: AtomicU64 = AtomicU64::new(0);

/// Starts a worker; `port` is its end of the channel to its parent. Returns its id. The parent's
/// loop hears of its end by [`Event::WorkerEnded`].
///
/// # Errors
/// Where no thread is to be had.
pub fn start(
    parent: &engine::Host,
    name: &str,
    mut limits: Limits,
    launch: Launch,
    port: Endpoint,
) -> io::Result<u64> {
    let id = LAST_ID.fetch_add(1, Ordering::Relaxed) + 1;
    let reach = Arc::new(Reach::default());
    if limits.stack == 0 {
        limits.stack = STACK;
    }
    let inside = Inside {
        id,
        reach: reach.clone(),
        limits,
        script: launch.script.clone(),
        exit_code: 1.into(),
    };
    let thread_port = Endpoint::of_thread(id);
    let parents_events = parent.event_loop.sender();
    // The system takes 15 bytes of a thread's name.
    let short = name.get(..15).unwrap_or(name).replace('\0', "");
    let thread = std::thread::Builder::new()
        .name(short)
        .stack_size(limits.stack.max(STACK_BUFFER) + (1 << 20))
        .spawn(move || {
            let ended = run(inside, launch, [port, thread_port]);
            // The parent's loop is gone only while its own thread ends.
            let _ = parents_events.send(Event::WorkerEnded(ended));
        })?;
    parent.workers.adopt(id, reach, thread);
    Ok(id)
}

/// All of a worker's life.
fn run(inside: Inside, launch: Launch, ports: [Endpoint; 2]) -> WorkerEnded {
    if (1..LEAST_OLD).contains(&inside.limits.old) {
        eprintln!("oomhost: worker {}: V8 needs a heap of 4 MB", inside.id);
        return WorkerEnded {
            id: inside.id,
            exit_code: 1,
            out_of_memory: true,
        };
    }
    let top = 0_u8;
    let usable = inside.limits.stack.max(2 * STACK_BUFFER) - STACK_BUFFER;
    let end_of_stack = std::ptr::from_ref(&top).addr().saturating_sub(usable);
    let (id, reach) = (inside.id, inside.reach.clone());
    let limits = inside.limits;
    let mut engine = Engine::for_worker(launch.host, limits, Workers::of_worker(inside));
    let exit_code = engine.enter(|scope| {
        end_stack_at(scope, end_of_stack);
        let host = host(scope);
        host.event_loop.count_idle_in(reach.idle.clone());
        {
            let mut inner = reach.lock();
            inner.isolate = Some(scope.thread_safe_handle());
            inner.events = Some(host.event_loop.sender());
            inner.started = Some(Instant::now());
        }
        let ending = reach.clone();
        let on_full = capture::OnFull::EndWorker(Box::new(move || ending.end_of_memory()));
        let captures = capture::install(scope, launch.capture, id, on_full, || {})
            .inspect_err(|error| eprintln!("oomhost: nothing will be captured: {error}"));
        profile::start(scope, &launch.profiles, id);
        let events = host.event_loop.sender();
        let ports = ports.map(|port| host.workers.ports.add(port, &events));
        let mut exit_code = 1;
        // Somebody may have wanted the end before the isolate was known.
        if !reach.is_stopping() {
            start_script(scope, id, ports);
            exit_code = run_loop::run(scope);
        }
        profile::finish(scope);
        host.workers.end_children();
        {
            let mut inner = reach.lock();
            inner.isolate = None;
            inner.events = None;
            inner.started = None;
            inner.requests.clear();
        }
        if let Some(inside) = &host.workers.inside
            && reach.is_stopping()
        {
            exit_code = inside.exit_code.get();
        }
        host.workers.ports.close_all();
        crate::builtins::clear_thread();
        // V8 takes the heap apart before its profiler, which would look for its observers there.
        profile::stop_heap(scope);
        drop(captures);
        exit_code
    });
    let out_of_memory = reach.out_of_memory.load(Ordering::Acquire);
    reach.stopping.store(true, Ordering::Release);
    drop(engine);
    WorkerEnded {
        id,
        exit_code,
        out_of_memory,
    }
}

/// JavaScript throws a `RangeError` where the stack comes to this address, whatever `--stack-size` says.
fn end_stack_at(isolate: &mut v8::Isolate, address: usize) {
    unsafe extern "C" {
        // The `v8` crate does not bind it.
        #[link_name = "_ZN2v87Isolate13SetStackLimitEm"]
        fn set_stack_limit(isolate: v8::UnsafeRawIsolatePtr, address: usize);
    }
    // SAFETY: only the pointer is taken.
    let pointer = unsafe { isolate.as_raw_isolate_ptr() };
    // SAFETY: the isolate is live and of this thread; V8 compares the address with its stack pointer
    // and reads nothing there. The symbol is of the pinned crate's header.
    unsafe { set_stack_limit(pointer, address) };
}

/// `internal/bootstrap`'s `startWorker(port, threadId, threadPort)`: the port to its parent, and the
/// one at which other threads reach it.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn start_script(scope: &mut v8::PinScope<'_, '_>, id: u64, [port, thread_port]: [u64; 2]) {
    let args = [port, id, thread_port].map(|number| v8::Number::new(scope, number as f64).into());
    engine::start(scope, "startWorker", &args);
}

/// V8 stands at a safe place of a worker's thread: serves what others have asked.
pub(super) unsafe extern "C" fn on_interrupt(
    mut isolate: v8::UnsafeRawIsolatePtr,
    _data: *mut c_void,
) {
    // SAFETY: V8 passes the isolate that is running on this thread, live for this call.
    let isolate = unsafe { v8::Isolate::ref_from_raw_isolate_ptr_mut_unchecked(&mut isolate) };
    serve(isolate);
}

/// Serves what others have asked of this thread, if it is a worker's.
pub fn serve(isolate: &mut v8::Isolate) {
    let host = host(isolate);
    if let Some(inside) = &host.workers.inside {
        inside.reach.serve(isolate);
    }
}
