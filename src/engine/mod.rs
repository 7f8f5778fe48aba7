//! V8's lifetime: flags, platform, isolate, context from the startup blob, host state.

pub mod abort;
pub mod array_buffers;
pub mod exception;
mod flags;
pub mod gc_profiler;
mod platform;
pub mod promise_hooks;
pub mod run_loop;

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::sync::Once;
use std::time::Instant;

use crate::event_loop::EventLoop;
use crate::inspector;
use crate::modules::Modules;
use crate::workers::{Limits, Workers};

static STARTUP_BLOB: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/startup.blob"));

pub use flags::EngineFlags;

/// V8's version, as `process.versions.v8` shows it.
#[must_use]
pub fn v8_version() -> &'static str {
    v8::V8::get_version()
}

/// Starts V8 for the process. Flags must have been set before; later calls do nothing.
///
/// # Panics
/// If the ICU data that is built in does not fit this V8.
pub fn initialize() {
    static START: Once = Once::new();
    START.call_once(|| {
        v8::icu::set_common_data_78(deno_core_icudata::ICU_DATA).expect("ICU 78 data");
        // As in Node, scripts may change flags later (`v8.setFlagsFromString`). Positions are kept
        // from the start, because out of memory there is no parsing again to tell where it was.
        v8::V8::set_flags_from_string(
            "--no-freeze-flags-after-init --no-enable-lazy-source-positions \
             --js-source-phase-imports",
        );
        // V8 itself reads 4 KB of /dev/urandom for each of its generators.
        v8::V8::set_entropy_source(|buffer| getrandom::fill(buffer).is_ok());
        v8::V8::initialize_platform(platform::new());
        v8::V8::initialize();
    });
}

pub use platform::set_pool_size;

/// What an isolate's host was started with, for `process` and the loaders.
#[derive(Debug, Default, Clone)]
pub struct HostOptions {
    /// `process.argv` from 1 on; the first is the script's path where there is one.
    pub args: Vec<String>,
    /// `process.execArgv`.
    pub exec_argv: Vec<String>,
    /// `process.title`, where the user gave one.
    pub title: Option<String>,
    /// Options that JavaScript asks for by their long name (`internal/options`), a JSON object.
    pub options: serde_json::Value,
    /// The conditions for packages' "exports" and "imports", beside `import` or `require`.
    pub conditions: Vec<String>,
}

/// JavaScript functions that the loop and V8's callbacks call: the properties of
/// `internal/bootstrap`'s `callbacks`.
pub struct JsCallbacks {
    /// `processTicksAndRejections()`: the nextTick queue, microtasks, rejections.
    pub drain: v8::Global<v8::Function>,
    /// `processTimers(now)` → next expiry.
    pub process_timers: v8::Global<v8::Function>,
    /// `processImmediate()`.
    pub process_immediate: v8::Global<v8::Function>,
    /// `promiseRejectHandler(type, promise, reason)`.
    pub promise_reject: v8::Global<v8::Function>,
    /// `onUncaughtException(error, fromPromise)` → handled.
    pub uncaught: v8::Global<v8::Function>,
    /// `formatFatal(error, arrow, thrownAt)` → what to print for an error that ends the process.
    pub format_fatal: v8::Global<v8::Function>,
    /// `onSignal(number)`.
    pub signal: v8::Global<v8::Function>,
    /// `emitBeforeExit()`.
    pub before_exit: v8::Global<v8::Function>,
    /// `emitExit(unsettled)` → exit code.
    pub exit: v8::Global<v8::Function>,
    /// `dataCloneError(message)` → the error.
    pub data_clone_error: v8::Global<v8::Function>,
    /// `writeHost(object)` → what stands for it in a message.
    pub write_host: v8::Global<v8::Function>,
    /// `readHost(what)` → the object.
    pub read_host: v8::Global<v8::Function>,
    /// `adoptPorts(ids)` → the `MessagePort`s.
    pub adopt_ports: v8::Global<v8::Function>,
    /// `onPortMessage(id, value, ports, failed)`.
    pub port_message: v8::Global<v8::Function>,
    /// `onPortClosed(id)`.
    pub port_closed: v8::Global<v8::Function>,
    /// `onWorkerEnded(id, exitCode, outOfMemory)`.
    pub worker_ended: v8::Global<v8::Function>,
    /// `onCollection(kind, flags, start, duration)`.
    pub collection: v8::Global<v8::Function>,
}

impl JsCallbacks {
    fn of(scope: &mut v8::PinScope<'_, '_>, bootstrap: v8::Local<v8::Object>) -> Self {
        let key = string(scope, "callbacks");
        let callbacks: v8::Local<v8::Object> = bootstrap
            .get(scope, key.into())
            .and_then(|value| value.try_into().ok())
            .expect("internal/bootstrap exports callbacks");
        let mut take = |name| {
            let function = function_of(scope, callbacks, name)
                .unwrap_or_else(|| panic!("internal/bootstrap has no callback {name}"));
            v8::Global::new(scope, function)
        };
        Self {
            drain: take("drain"),
            process_timers: take("processTimers"),
            process_immediate: take("processImmediate"),
            promise_reject: take("promiseReject"),
            uncaught: take("uncaught"),
            format_fatal: take("formatFatal"),
            signal: take("signal"),
            before_exit: take("beforeExit"),
            exit: take("exit"),
            data_clone_error: take("dataCloneError"),
            write_host: take("writeHost"),
            read_host: take("readHost"),
            adopt_ports: take("adoptPorts"),
            port_message: take("portMessage"),
            port_closed: take("portClosed"),
            worker_ended: take("workerEnded"),
            collection: take("collection"),
        }
    }
}

/// The state of one isolate's host, reached from any scope with [`host`].
pub struct Host {
    pub options: HostOptions,
    pub event_loop: EventLoop,
    pub modules: Modules,
    pub callbacks: OnceCell<JsCallbacks>,
    /// `{ binding, requireBuiltin, publicIds, bootstrap }` of `internal/loader`.
    pub internals: OnceCell<v8::Global<v8::Object>>,
    /// Made when somebody debugs.
    pub inspector: inspector::Slot,
    /// `process.exitCode`, where the script set it.
    pub exit_code: Cell<Option<i32>>,
    /// Whether this is a worker, and the workers and message ports that it has.
    pub workers: Workers,
    /// When the isolate was being made, and when its JavaScript was ready.
    pub milestones: Milestones,
}

/// Moments of an isolate's start.
pub struct Milestones {
    pub start: Instant,
    pub v8_start: Instant,
    pub environment: Instant,
    pub bootstrap_complete: Cell<Option<Instant>>,
}

/// The host state of the isolate that `scope` is in.
///
/// # Panics
/// In an isolate that was not made by [`Engine`].
pub fn host(isolate: &v8::Isolate) -> Rc<Host> {
    isolate
        .get_slot::<Rc<Host>>()
        .expect("the host is set when the isolate is made")
        .clone()
}

/// The blob's context that has the built-ins, as `build.rs` puts it there.
const MAIN_CONTEXT: usize = 0;

/// What every isolate is made with.
fn params() -> v8::CreateParams {
    v8::Isolate::create_params()
        // Node's defaults: V8's flags win over them.
        .heap_limits_from_system_memory(crate::sys::memory_for_process(), 0)
        .snapshot_blob(v8::StartupData::from(STARTUP_BLOB))
        .external_references(Cow::from(crate::builtins::external_references()))
        .array_buffer_allocator(array_buffers::allocator().make_shared())
}

/// One isolate with its context. Dropping it disposes of both.
pub struct Engine {
    // Field order is drop order: the context handle must go before the isolate.
    context: v8::Global<v8::Context>,
    isolate: v8::OwnedIsolate,
    // After the isolate.
    departed: Option<platform::Departed>,
}

impl Engine {
    /// Makes the isolate and its context from the startup blob and fills the bindings.
    #[must_use]
    pub fn new(options: HostOptions) -> Self {
        let start = Instant::now();
        initialize();
        Self::from_params(params(), options, Workers::default(), start)
    }

    /// As [`Self::new`], for a worker, within `limits` of the heap.
    #[must_use]
    pub fn for_worker(options: HostOptions, limits: Limits, workers: Workers) -> Self {
        let start = Instant::now();
        let mut params = params();
        if limits.young > 0 {
            params = params.set_max_young_generation_size_in_bytes(limits.young);
        }
        if limits.old > 0 {
            params = params.set_max_old_generation_size_in_bytes(limits.old);
        }
        if limits.code > 0 {
            params = params.set_code_range_size_in_bytes(limits.code);
        }
        Self::from_params(params, options, workers, start)
    }

    fn from_params(
        params: v8::CreateParams,
        options: HostOptions,
        workers: Workers,
        start: Instant,
    ) -> Self {
        let v8_start = Instant::now();
        let mut isolate = v8::Isolate::new(params);
        isolate.set_microtasks_policy(v8::MicrotasksPolicy::Explicit);
        isolate.set_capture_stack_trace_for_uncaught_exceptions(true, 10);
        let host = Rc::new(Host {
            options,
            event_loop: EventLoop::default(),
            modules: Modules::default(),
            callbacks: OnceCell::new(),
            internals: OnceCell::new(),
            inspector: inspector::Slot::default(),
            exit_code: Cell::new(None),
            milestones: Milestones {
                start,
                v8_start,
                environment: Instant::now(),
                bootstrap_complete: Cell::new(None),
            },
            workers,
        });
        platform::register(&isolate, host.event_loop.sender());
        isolate.set_slot(host.clone());
        exception::install(&mut isolate);
        crate::modules::install(&mut isolate);
        let context = {
            v8::scope!(let scope, &mut isolate);
            let options = v8::ContextOptions::default();
            let context = v8::Context::from_snapshot(scope, MAIN_CONTEXT, options)
                .expect("the blob holds our context");
            let scope = &mut v8::ContextScope::new(scope, context);
            let internals = scope
                .get_context_data_from_snapshot_once::<v8::Object>(0)
                .expect("the blob holds the loader's result");
            host.internals
                .set(v8::Global::new(scope, internals))
                .unwrap_or_else(|_| unreachable!("set once"));
            crate::builtins::fill(scope, internals);
            let bootstrap = object_of(scope, internals, "bootstrap");
            let callbacks = JsCallbacks::of(scope, bootstrap);
            host.callbacks
                .set(callbacks)
                .unwrap_or_else(|_| unreachable!("set once"));
            v8::Global::new(scope, context)
        };
        Self {
            context,
            isolate,
            departed: None,
        }
    }

    /// Runs `body` inside the isolate's context.
    pub fn enter<T>(&mut self, body: impl FnOnce(&mut v8::PinScope<'_, '_>) -> T) -> T {
        v8::scope_with_context!(let scope, &mut self.isolate, &self.context);
        body(scope)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.departed = Some(platform::unregister(&self.isolate));
        let host = host(&self.isolate);
        host.event_loop.drop_tasks();
        if let Some(agent) = host.inspector.get() {
            agent.shut_down();
        }
    }
}

/// A V8 string of `text`.
///
/// # Panics
/// If `text` is longer than V8's longest string (512 MiB).
pub fn string<'s>(scope: &v8::PinScope<'s, '_>, text: &str) -> v8::Local<'s, v8::String> {
    v8::String::new(scope, text).expect("shorter than V8's longest string")
}

/// The property `name` of `object`, if it is a function.
pub fn function_of<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    object: v8::Local<v8::Object>,
    name: &str,
) -> Option<v8::Local<'s, v8::Function>> {
    let key = string(scope, name);
    object.get(scope, key.into())?.try_into().ok()
}

/// The property `name` of `object`, which our own JavaScript made an object.
///
/// # Panics
/// If it is not one.
pub fn object_of<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    object: v8::Local<v8::Object>,
    name: &str,
) -> v8::Local<'s, v8::Object> {
    let key = string(scope, name);
    object
        .get(scope, key.into())
        .and_then(|value| value.try_into().ok())
        .unwrap_or_else(|| panic!("built-in JavaScript has no object {name}"))
}

/// Calls into JavaScript from the loop: the function, then the nextTick queue and microtasks. An
/// exception becomes an uncaught one; this returns only if the script handled it.
pub fn call<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    function: v8::Local<v8::Function>,
    args: &[v8::Local<v8::Value>],
) -> Option<v8::Local<'s, v8::Value>> {
    let result = call_only(scope, function, args);
    drain(scope);
    result
}

/// Like [`call`], without the nextTick queue and microtasks afterwards.
pub fn call_only<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    function: v8::Local<v8::Function>,
    args: &[v8::Local<v8::Value>],
) -> Option<v8::Local<'s, v8::Value>> {
    if host(scope).workers.is_stopping() {
        return None;
    }
    v8::tc_scope!(let scope, scope);
    let receiver = v8::undefined(scope).into();
    let result = function.call(scope, receiver, args);
    if result.is_none() {
        exception::report_caught(scope);
    }
    result
}

/// Runs the nextTick queue and microtasks until both are empty, or until an exception that the
/// script handled: what is left comes after the next callback, as in Node.
pub fn drain(scope: &mut v8::PinScope<'_, '_>) {
    let host = host(scope);
    let Some(callbacks) = host.callbacks.get() else {
        return;
    };
    let function = v8::Local::new(scope, &callbacks.drain);
    call_only(scope, function, &[]);
}

/// Calls a function that `internal/bootstrap` exports: `start(main)` of a process, `startWorker(port,
/// threadId)` of a worker.
///
/// # Panics
/// If there is no such function.
pub fn start(scope: &mut v8::PinScope<'_, '_>, name: &str, args: &[v8::Local<v8::Value>]) {
    let host = host(scope);
    let internals = host.internals.get().expect("set when the isolate is made");
    let internals = v8::Local::new(scope, internals);
    let bootstrap = object_of(scope, internals, "bootstrap");
    let start = function_of(scope, bootstrap, name)
        .unwrap_or_else(|| panic!("internal/bootstrap has no {name}"));
    host.event_loop.update_now();
    call(scope, start, args);
}

/// Prints V8's flags on standard output.
pub fn print_v8_options() -> crate::cli::ExitCode {
    v8::V8::set_flags_from_command_line(vec!["oomhost".into(), "--help".into()]);
    crate::cli::ExitCode::SUCCESS
}
