//! `binding.worker`: threads with an isolate of their own.

use std::time::Instant;

use super::process::process_start;
use super::profile;
use super::{constant, method, string_arg, string_array};
use crate::capture::{self, Contents};
use crate::engine::{call, host, string};
use crate::event_loop::{Event, WorkerEnded};
use crate::workers::{self, Limits, env};

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "start", start);
    method(scope, target, "terminate", terminate);
    method(scope, target, "setReferenced", set_referenced);
    method(scope, target, "idleTime", idle_time);
    method(scope, target, "loopStart", loop_start);
    method(scope, target, "takeSnapshot", take_snapshot);
    method(scope, target, "heapStatistics", heap_statistics);
    method(scope, target, "cpuUsage", cpu_usage);
    method(scope, target, "startCpuProfile", start_cpu_profile);
    method(scope, target, "stopCpuProfile", stop_cpu_profile);
    method(scope, target, "startHeapProfile", start_heap_profile);
    method(scope, target, "stopHeapProfile", stop_heap_profile);
    method(scope, target, "limits", limits);
    method(scope, target, "options", options);
    method(scope, target, "ownIdleTime", own_idle_time);
    method(scope, target, "envNew", env_new);
    method(scope, target, "envGet", env_get);
    method(scope, target, "envSet", env_set);
    method(scope, target, "envDelete", env_delete);
    method(scope, target, "envKeys", env_keys);
    method(scope, target, "milestones", milestones);
    method(scope, target, "bootstrapComplete", bootstrap_complete);
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "numbers of ours; megabytes of a limit, clamped"
)]
fn whole(scope: &mut Scope<'_, '_>, value: v8::Local<v8::Value>) -> u64 {
    value
        .number_value(scope)
        .unwrap_or(0.0)
        .clamp(0.0, 9_007_199_254_740_991.0) as u64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped"
)]
fn megabytes(scope: &mut Scope<'_, '_>, list: v8::Local<v8::Value>, index: u32) -> usize {
    v8::Local::<v8::Object>::try_from(list)
        .ok()
        .and_then(|list| list.get_index(scope, index)?.number_value(scope))
        .map_or(0, |value| (value.clamp(0.0, 1e9) * 1_048_576.0) as usize)
}

/// The strings of an array, `None` where it is no array.
fn strings(scope: &mut Scope<'_, '_>, list: v8::Local<v8::Value>) -> Option<Vec<String>> {
    let list = v8::Local::<v8::Array>::try_from(list).ok()?;
    Some(
        (0..list.length())
            .filter_map(|index| Some(list.get_index(scope, index)?.to_rust_string_lossy(scope)))
            .collect(),
    )
}

#[expect(clippy::cast_precision_loss, reason = "below 2^53")]
fn number<'s>(scope: &mut Scope<'s, '_>, value: u64) -> v8::Local<'s, v8::Value> {
    v8::Number::new(scope, value as f64).into()
}

/// `start(name, limits, execArgv | undefined, nodeOptions | undefined, portId)` → `{ id }` of the
/// thread, which has the port now; `{ invalid }`, the words that no worker takes, or `{ error }`, why
/// there is no thread. `limits` are MB: young and old generation, code, stack; 0 is V8's choice.
fn start(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let name = string_arg(scope, &args, 0);
    let limits = Limits {
        young: megabytes(scope, args.get(1), 0),
        old: megabytes(scope, args.get(1), 1),
        code: megabytes(scope, args.get(1), 2),
        stack: megabytes(scope, args.get(1), 3),
    };
    let exec_argv = strings(scope, args.get(2));
    let node_options = args.get(3);
    let node_options =
        (!node_options.is_undefined()).then(|| node_options.to_rust_string_lossy(scope));
    let host = host(scope);
    let target = v8::Object::new(scope);
    result.set(target.into());
    let launch = match workers::launch(exec_argv.as_deref(), node_options.as_deref()) {
        Ok(launch) => launch,
        Err(words) => {
            let words = string_array(scope, words).into();
            constant(scope, target, "invalid", words);
            return;
        }
    };
    let port = whole(scope, args.get(4));
    let port = host
        .workers
        .ports
        .take(port)
        .expect("a port that was just made");
    match workers::start(&host, &name, limits, launch, port) {
        Ok(id) => {
            host.event_loop.add_handle();
            let id = number(scope, id);
            constant(scope, target, "id", id);
        }
        Err(error) => {
            let text = string(scope, &error.to_string()).into();
            constant(scope, target, "error", text);
        }
    }
}

/// `terminate(id)`: ends the thread; `onWorkerEnded` tells when it has.
fn terminate(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let id = whole(scope, args.get(0));
    if let Some(reach) = host(scope).workers.reach(id) {
        reach.stop();
    }
}

/// `setReferenced(id, on)`: whether the worker keeps this loop alive.
fn set_referenced(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let id = whole(scope, args.get(0));
    let on = args.get(1).is_true();
    let host = host(scope);
    if host.workers.set_referenced(id, on) {
        if on {
            host.event_loop.add_handle();
        } else {
            host.event_loop.remove_handle();
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "below 2^53 nanoseconds")]
fn milliseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}

/// `idleTime(id)` → milliseconds that the worker's loop has been asleep, undefined where it is gone.
fn idle_time(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let id = whole(scope, args.get(0));
    if let Some(reach) = host(scope).workers.reach(id) {
        result.set_double(milliseconds(reach.idle_ns()));
    }
}

/// `loopStart(id)` → when the worker's loop began, in milliseconds of this thread's
/// `performance.now()`; -1 where it has not, or is gone.
fn loop_start(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let id = whole(scope, args.get(0));
    let host = host(scope);
    let started = host.workers.reach(id).and_then(|reach| reach.started());
    let since = |moment: Instant| {
        moment
            .saturating_duration_since(process_start())
            .as_secs_f64()
            * 1e3
    };
    result.set_double(started.map_or(-1.0, since));
}

fn own_idle_time(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    result.set_double(milliseconds(host(scope).event_loop.idle_ns()));
}

/// `bootstrapComplete()`: the script comes next.
fn bootstrap_complete(scope: &mut Scope<'_, '_>, _args: Args<'_>, _result: Ret<'_>) {
    let now = Some(Instant::now());
    host(scope).milestones.bootstrap_complete.set(now);
}

/// `milestones()` → `[nodeStart, v8Start, environment, bootstrapComplete, loopStart, loopExit]` in
/// milliseconds of `performance.now()`, -1 where they are still to come; then the loop's turns, and
/// how many events they found.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn milestones(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let host = host(scope);
    let since = |moment: Option<Instant>| {
        moment.map_or(-1.0, |moment| {
            moment
                .saturating_duration_since(process_start())
                .as_secs_f64()
                * 1e3
        })
    };
    let (entered, left) = host.event_loop.entered_and_left();
    let (turns, found) = host.event_loop.turns_and_found();
    let made = &host.milestones;
    let values = [
        since(Some(made.start)),
        since(Some(made.v8_start)),
        since(Some(made.environment)),
        since(made.bootstrap_complete.get()),
        since(entered),
        since(left),
        turns as f64,
        found as f64,
    ]
    .map(|value| v8::Number::new(scope, value).into());
    result.set(v8::Array::new_with_elements(scope, &values).into());
}

/// Has a worker do something on its thread and calls `callback` with what that says, once. Returns
/// whether the worker is there.
fn ask<T: Send + 'static>(
    scope: &mut Scope<'_, '_>,
    args: &Args<'_>,
    work: impl FnOnce(&mut v8::Isolate) -> T + Send + 'static,
    answer: impl for<'s> FnOnce(&mut Scope<'s, '_>, T) -> v8::Local<'s, v8::Value> + 'static,
) -> bool {
    let id = whole(scope, args.get(0));
    let host = host(scope);
    let Some(reach) = host.workers.reach(id) else {
        return false;
    };
    let Ok(callback) = v8::Local::<v8::Function>::try_from(args.get(1)) else {
        return false;
    };
    let callback = v8::Global::new(scope, callback);
    let completion =
        host.event_loop
            .expect_completion(move |scope: &mut Scope<'_, '_>, found: Option<T>| {
                let callback = v8::Local::new(scope, &callback);
                let found = match found {
                    Some(found) => answer(scope, found),
                    None => v8::undefined(scope).into(),
                };
                call(scope, callback, &[found]);
            });
    let reply = Reply {
        events: host.event_loop.sender(),
        completion,
        sent: false,
        _of: std::marker::PhantomData::<T>,
    };
    reach.ask(Box::new(move |isolate| reply.send(work(isolate))))
}

/// Says what was found, or, where it is dropped because the worker ends, that nothing was.
struct Reply<T: Send + 'static> {
    events: crossbeam_channel::Sender<Event>,
    completion: u64,
    sent: bool,
    _of: std::marker::PhantomData<T>,
}

impl<T: Send + 'static> Reply<T> {
    fn send(mut self, found: T) {
        self.sent = true;
        self.complete(Some(found));
    }

    fn complete(&self, found: Option<T>) {
        // The loop is gone only while its thread ends.
        let _ = self
            .events
            .send(Event::Completed(self.completion, Box::new(found)));
    }
}

impl<T: Send + 'static> Drop for Reply<T> {
    fn drop(&mut self) {
        if !self.sent {
            self.complete(None);
        }
    }
}

/// `takeSnapshot(id, callback, path, exposeInternals, exposeNumericValues)` → whether the worker is
/// there. `callback` gets the path, or undefined.
fn take_snapshot(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = string_arg(scope, &args, 2);
    let contents = Contents {
        expose_internals: args.get(3).is_true(),
        expose_numeric_values: args.get(4).is_true(),
        plain: true,
    };
    let asked = ask(
        scope,
        &args,
        move |isolate| capture::take_snapshot(isolate, Some(path.as_bytes()), contents).ok(),
        |scope, path| match path {
            Some(path) => string(scope, &String::from_utf8_lossy(&path)).into(),
            None => v8::undefined(scope).into(),
        },
    );
    result.set_bool(asked);
}

/// `heapStatistics(id, callback)` → whether the worker is there. `callback` gets the figures in the
/// order of `v8.getHeapStatistics()`.
fn heap_statistics(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let asked = ask(
        scope,
        &args,
        super::v8_api::heap_figures,
        |scope, figures| super::v8_api::heap_object(scope, &figures).into(),
    );
    result.set_bool(asked);
}

/// `cpuUsage(id, callback)` → whether the worker is there. `callback` gets `[user, system]` of its
/// thread, microseconds.
fn cpu_usage(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let asked = ask(
        scope,
        &args,
        |_isolate| super::process::thread_cpu_micros(),
        |scope, [user, system]| {
            let both = [number(scope, user), number(scope, system)];
            v8::Array::new_with_elements(scope, &both).into()
        },
    );
    result.set_bool(asked);
}

/// `startCpuProfile(id, callback, intervalMicros, maxSamples)` → whether the worker is there.
/// `callback` gets the profile's number, or false where there are too many.
fn start_cpu_profile(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let interval = args.get(2).int32_value(scope).unwrap_or(0);
    let max_samples = args.get(3).uint32_value(scope).unwrap_or(u32::MAX);
    let asked = ask(
        scope,
        &args,
        move |isolate| profile::start_numbered(isolate, interval, max_samples).ok(),
        |scope, number| match number {
            Some(number) => v8::Integer::new_from_unsigned(scope, number).into(),
            None => v8::Boolean::new(scope, false).into(),
        },
    );
    result.set_bool(asked);
}

/// `stopCpuProfile(id, callback, number)` → whether the worker is there. `callback` gets the profile
/// as JSON, or false where there is none of that number.
fn stop_cpu_profile(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let number = args.get(2).uint32_value(scope).unwrap_or(0);
    let asked = ask(
        scope,
        &args,
        move |_isolate| profile::stop_numbered(number),
        json_or_false,
    );
    result.set_bool(asked);
}

/// `startHeapProfile(id, callback, interval, depth, flags)` → whether the worker is there.
/// `callback` gets whether it was started.
fn start_heap_profile(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let sampling = profile::sampling_args(scope, &args, 2);
    let asked = ask(
        scope,
        &args,
        move |isolate| capture::profile::start_heap(isolate, sampling),
        |scope, started| v8::Boolean::new(scope, started).into(),
    );
    result.set_bool(asked);
}

/// `stopHeapProfile(id, callback)` → whether the worker is there. `callback` gets the profile as
/// JSON, or false where none is under way.
fn stop_heap_profile(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let asked = ask(
        scope,
        &args,
        |isolate| {
            let text = capture::profile::heap_json(isolate);
            capture::profile::stop_heap(isolate);
            text
        },
        json_or_false,
    );
    result.set_bool(asked);
}

/// False as well where the text is longer than V8's longest string.
fn json_or_false<'s>(scope: &mut Scope<'s, '_>, text: Option<Vec<u8>>) -> v8::Local<'s, v8::Value> {
    match text.and_then(|text| v8::String::new_from_utf8(scope, &text, v8::NewStringType::Normal)) {
        Some(text) => text.into(),
        None => v8::Boolean::new(scope, false).into(),
    }
}

/// `limits()` → this worker's `[young, old, code, stack]` in MB, as they are in force; undefined on
/// the main thread.
#[expect(clippy::cast_precision_loss, reason = "below 2^53 bytes")]
fn limits(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let host = host(scope);
    let Some(inside) = &host.workers.inside else {
        return;
    };
    let Limits {
        young,
        old,
        code,
        stack,
    } = inside.limits;
    let values = [young, old, code, stack]
        .map(|bytes| v8::Number::new(scope, bytes as f64 / 1_048_576.0).into());
    result.set(v8::Array::new_with_elements(scope, &values).into());
}

/// `options()` → what the worker's `execArgv` says of its script, as JSON: `{ requires, imports,
/// inputType }`.
fn options(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let host = host(scope);
    if let Some(inside) = &host.workers.inside {
        result.set(string(scope, &inside.script.to_string()).into());
    }
}

/// `envNew([name, value, ...])` → the number of an environment that threads may share.
fn env_new(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let flat = strings(scope, args.get(0)).unwrap_or_default();
    let variables = flat
        .chunks_exact(2)
        .map(|pair| (pair[0].clone(), pair[1].clone()))
        .collect();
    result.set(number(scope, env::add(variables) as u64));
}

fn env_number(scope: &mut Scope<'_, '_>, args: &Args<'_>) -> usize {
    usize::try_from(whole(scope, args.get(0))).unwrap_or(usize::MAX)
}

/// `envGet(number, name)` → the value or undefined.
fn env_get(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let shared = env_number(scope, &args);
    let name = string_arg(scope, &args, 1);
    if let Some(value) = env::with(shared, |variables| variables.get(&name).cloned()).flatten() {
        result.set(string(scope, &value).into());
    }
}

/// `envSet(number, name, value)`.
fn env_set(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let shared = env_number(scope, &args);
    let (name, value) = (string_arg(scope, &args, 1), string_arg(scope, &args, 2));
    env::with(shared, |variables| variables.insert(name, value));
}

/// `envDelete(number, name)`.
fn env_delete(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let shared = env_number(scope, &args);
    let name = string_arg(scope, &args, 1);
    env::with(shared, |variables| variables.remove(&name));
}

/// `envKeys(number)` → the names.
fn env_keys(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let shared = env_number(scope, &args);
    let names: Vec<String> =
        env::with(shared, |variables| variables.keys().cloned().collect()).unwrap_or_default();
    result.set(string_array(scope, names).into());
}

/// A worker's thread ends.
pub fn ended(scope: &mut Scope<'_, '_>, ended: WorkerEnded) {
    let host = host(scope);
    if host.workers.bury(ended.id) {
        host.event_loop.remove_handle();
    }
    v8::scope!(let scope, scope);
    let callbacks = host.callbacks.get().expect("set when the isolate is made");
    let on_ended = v8::Local::new(scope, &callbacks.worker_ended);
    let id = number(scope, ended.id);
    let code = v8::Integer::new(scope, ended.exit_code).into();
    let out_of_memory = v8::Boolean::new(scope, ended.out_of_memory).into();
    call(scope, on_ended, &[id, code, out_of_memory]);
}
