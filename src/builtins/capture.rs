//! `binding.capture`: heap snapshots and reports on request.

use super::{method, string_arg};
use crate::capture::{self, Contents, Failed, Fork, Outcome, ReportOptions, Request};
use crate::engine::{call_only, host, string};
use crate::event_loop::{Event, signals};

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "takeSnapshot", take_snapshot);
    method(scope, target, "forkSnapshot", fork_snapshot);
    method(scope, target, "setNearHeapLimit", set_near_heap_limit);
    method(
        scope,
        target,
        "setHeapProfilesNearLimit",
        set_heap_profiles_near_limit,
    );
    method(scope, target, "setOomSnapshot", set_oom_snapshot);
    method(scope, target, "report", report);
    method(scope, target, "nextReportName", next_report_name);
    method(scope, target, "setReportOptions", set_report_options);
    method(scope, target, "reportOnSignal", report_on_signal_native);
}

/// `takeSnapshot(path | undefined, exposeInternals, exposeNumericValues, plain)` → the path of the file,
/// or `[negative errno, syscall, path]`.
fn take_snapshot(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = args.get(0);
    let path = (!path.is_undefined()).then(|| path.to_rust_string_lossy(scope));
    let contents = Contents {
        expose_internals: args.get(1).is_true(),
        expose_numeric_values: args.get(2).is_true(),
        plain: args.get(3).is_true(),
    };
    match capture::take_snapshot(scope, path.as_deref().map(str::as_bytes), contents) {
        Ok(path) => {
            let path = string(scope, &String::from_utf8_lossy(&path));
            result.set(path.into());
        }
        Err(error) => {
            let errno = v8::Integer::new(scope, -error.errno.0).into();
            let syscall = string(scope, error.step).into();
            let path = string(scope, &String::from_utf8_lossy(&error.path)).into();
            result.set(v8::Array::new_with_elements(scope, &[errno, syscall, path]).into());
        }
    }
}

/// `forkSnapshot(path | undefined, exposeInternals, exposeNumericValues, callback)` → whether a copy
/// of the process takes a snapshot; undefined where that may be so a moment later. If it does,
/// `callback` gets what `takeSnapshot` returns, or undefined where the copy crashed.
fn fork_snapshot(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = args.get(0);
    let path = (!path.is_undefined()).then(|| path.to_rust_string_lossy(scope));
    let contents = Contents {
        expose_internals: args.get(1).is_true(),
        expose_numeric_values: args.get(2).is_true(),
        plain: false,
    };
    let callback: v8::Local<v8::Function> = args
        .get(3)
        .try_into()
        .expect("built-in JavaScript passes a function");
    let callback = v8::Global::new(scope, callback);
    let path = path.as_deref().map(str::as_bytes);
    let forked = match capture::fork_snapshot(scope, path, contents) {
        Fork::Begun(forked) => forked,
        Fork::Busy => return,
        Fork::Impossible => {
            result.set_bool(false);
            return;
        }
    };
    let finish = move |scope: &mut Scope<'_, '_>, outcome: Option<Outcome>| {
        let callback = v8::Local::new(scope, &callback);
        let outcome = match outcome {
            Some(Ok(path)) => string(scope, &String::from_utf8_lossy(&path)).into(),
            Some(Err(Failed { errno, step, path })) => {
                let errno = v8::Integer::new(scope, -errno).into();
                let syscall = string(scope, &step).into();
                let path = string(scope, &String::from_utf8_lossy(&path)).into();
                v8::Array::new_with_elements(scope, &[errno, syscall, path]).into()
            }
            None => v8::undefined(scope).into(),
        };
        call_only(scope, callback, &[outcome]);
    };
    // Where no thread is to be had the copy goes on all the same, and nobody learns how it went.
    let waited = host(scope)
        .event_loop
        .spawn_waiting(move || forked.wait(), finish);
    result.set_bool(waited.is_ok());
}

/// `setNearHeapLimit(times)`: how many snapshots to take before the heap's limit stands.
fn set_near_heap_limit(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let times = args.get(0).uint32_value(scope).unwrap_or(0);
    capture::set_near_heap_limit(times);
}

/// `setHeapProfilesNearLimit(times)`: how often a heap profile is written near the heap's limit.
fn set_heap_profiles_near_limit(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let times = args.get(0).uint32_value(scope).unwrap_or(0);
    capture::set_heap_profiles_near_limit(times);
}

/// `setOomSnapshot(pattern)`: the path of automatic snapshots, as of `--oom-snapshot`, unless the
/// command line has named one.
fn set_oom_snapshot(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    capture::set_oom_snapshot(args.get(0).to_rust_string_lossy(scope).into());
}

/// `report(isGet)` → a report as JSON, undefined where it cannot be made.
fn report(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let trigger = if args.get(0).is_true() {
        "GetReport"
    } else {
        "API"
    };
    if let Some(text) = capture::report_json(scope, trigger) {
        result.set(string(scope, &text).into());
    }
}

/// `nextReportName()` → Node's name for a report.
fn next_report_name(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    result.set(string(scope, &capture::next_report_name()).into());
}

/// `setReportOptions(onFatalError, onUncaughtException, directory, filename, compact, excludeEnv)`,
/// where an empty text is none.
fn set_report_options(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let [directory, filename] = [2, 3].map(|index| {
        let text = string_arg(scope, &args, index);
        (!text.is_empty()).then_some(text)
    });
    capture::set_report_options(ReportOptions {
        on_fatal_error: args.get(0).is_true(),
        on_uncaught_exception: args.get(1).is_true(),
        directory: directory.map(Into::into),
        filename,
        compact: args.get(4).is_true(),
        exclude_env: args.get(5).is_true(),
    });
}

/// `reportOnSignal(number, isNew)`: the signal that asks for a report; 0 is none. `isNew` where it
/// has not been given before.
fn report_on_signal_native(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let number = args.get(0).int32_value(scope).unwrap_or(0);
    if args.get(1).is_true() {
        report_on_signal(scope, number);
    } else {
        capture::report_on_signal(number);
    }
}

/// Makes signal `number`, and no other one, ask for a report.
pub fn report_on_signal(scope: &mut Scope<'_, '_>, number: i32) {
    capture::report_on_signal(number);
    on_signal(scope, number, move |_| {
        (capture::report_signal() == number).then_some(Request::Report(number))
    });
}

/// Asks for what `wanted` says when signal `number` arrives; its argument is whether the script
/// listens, too.
pub fn on_signal(
    scope: &mut Scope<'_, '_>,
    number: i32,
    wanted: impl Fn(bool) -> Option<Request> + Send + 'static,
) {
    let isolate = scope.thread_safe_handle();
    let events = host(scope).event_loop.sender();
    let wake = events.clone();
    let watched = signals::watch(number, &events, move |listened| {
        if let Some(wanted) = wanted(listened) {
            capture::request(&isolate, wanted);
            // The loop is gone only while the process ends.
            let _ = wake.send(Event::Capture);
        }
    });
    if let Err(error) = watched {
        eprintln!("oomhost: signal {number} will not be noticed: {error}");
    }
}
