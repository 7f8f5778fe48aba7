//! `binding.performance`: the clock of `performance`, and V8's garbage collections.

#![expect(unsafe_code, reason = "V8's callbacks around a collection")]

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::method;
use super::process::process_start;
use crate::engine::{call, host};
use crate::event_loop::{Collection, Event};

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "now", now);
    method(scope, target, "timeOrigin", time_origin);
    method(scope, target, "watchCollections", watch_collections);
}

/// `now()`: milliseconds since the process's start, in all of its threads, with fractions.
fn now(_scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    result.set_double(process_start().elapsed().as_secs_f64() * 1e3);
}

/// `timeOrigin()`: the process's start in milliseconds of the Unix epoch; one value for good, even
/// if the system's clock is set meanwhile.
fn time_origin(_scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    static ORIGIN: OnceLock<f64> = OnceLock::new();
    let origin = ORIGIN.get_or_init(|| {
        let since_start = process_start().elapsed();
        let epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        epoch.saturating_sub(since_start).as_secs_f64() * 1e3
    });
    result.set_double(*origin);
}

thread_local! {
    /// When the collection under way began.
    static BEGAN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// `watchCollections(on)`: `onCollection` is called for each from now on, or no more.
fn watch_collections(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let all = v8::GCType::kGCTypeAll;
    let data = std::ptr::null_mut();
    if args.get(0).is_true() {
        scope.add_gc_prologue_callback(on_prologue, data, all);
        scope.add_gc_epilogue_callback(on_epilogue, data, all);
    } else {
        scope.remove_gc_prologue_callback(on_prologue, data);
        scope.remove_gc_epilogue_callback(on_epilogue, data);
    }
}

unsafe extern "C" fn on_prologue(
    _isolate: v8::UnsafeRawIsolatePtr,
    _kind: v8::GCType,
    _flags: v8::GCCallbackFlags,
    _data: *mut c_void,
) {
    BEGAN.set(Some(Instant::now()));
}

unsafe extern "C" fn on_epilogue(
    isolate: v8::UnsafeRawIsolatePtr,
    kind: v8::GCType,
    flags: v8::GCCallbackFlags,
    _data: *mut c_void,
) {
    let Some(start) = BEGAN.take() else {
        return;
    };
    // SAFETY: V8 passes the isolate that collects, live for this call.
    let isolate = unsafe { v8::Isolate::ref_from_raw_isolate_ptr_unchecked(&isolate) };
    let collection = Collection {
        kind: kind.0.cast_signed(),
        flags: flags.0.cast_signed(),
        start,
        end: Instant::now(),
    };
    // The loop is there: this is its thread.
    let _ = host(isolate)
        .event_loop
        .sender()
        .send(Event::Collection(collection));
}

/// A collection is over: `onCollection(kind, flags, start, duration)`.
pub fn collected(scope: &mut Scope<'_, '_>, collection: Collection) {
    v8::scope!(let scope, scope);
    let host = host(scope);
    let callbacks = host.callbacks.get().expect("set when the isolate is made");
    let function = v8::Local::new(scope, &callbacks.collection);
    let Collection {
        kind,
        flags,
        start,
        end,
    } = collection;
    let since = start
        .saturating_duration_since(process_start())
        .as_secs_f64()
        * 1e3;
    let lasted = end.saturating_duration_since(start).as_secs_f64() * 1e3;
    let args = [
        v8::Integer::new(scope, kind).into(),
        v8::Integer::new(scope, flags).into(),
        v8::Number::new(scope, since).into(),
        v8::Number::new(scope, lasted).into(),
    ];
    call(scope, function, &args);
}
