//! `binding.profile`: CPU profiles and sampling heap profiles.

use super::method;
use super::numbered::Numbered;
use crate::capture::profile::{self, Recording, Refused, Sampling, WriteError};
use crate::engine::string;
use std::cell::RefCell;

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "startCpu", start_cpu);
    method(scope, target, "stopCpu", stop_cpu);
    method(scope, target, "writeCpu", write_cpu);
    method(scope, target, "startHeap", start_heap);
    method(scope, target, "stopHeap", stop_heap);
    method(scope, target, "heap", heap);
    method(scope, target, "writeHeap", write_heap);
    method(scope, target, "startTracking", start_tracking);
    method(scope, target, "stopTracking", stop_tracking);
}

thread_local! {
    /// CPU profiles that the script is recording.
    static RECORDINGS: RefCell<Numbered<Recording>> = RefCell::default();
}

/// Ends what the thread's script has not, while its isolate is there.
pub fn clear() {
    drop(RECORDINGS.take());
}

fn take(scope: &mut Scope<'_, '_>, args: &Args<'_>) -> Option<Recording> {
    let id = args.get(0).uint32_value(scope).unwrap_or(0);
    take_number(id)
}

fn take_number(id: u32) -> Option<Recording> {
    RECORDINGS.with_borrow_mut(|recordings| recordings.take_out(id))
}

/// Begins a CPU profile of the isolate's thread, which is the caller's: its number.
///
/// # Errors
/// Why there is none.
pub fn start_numbered(
    isolate: &mut v8::Isolate,
    interval: i32,
    max_samples: u32,
) -> Result<u32, Refused> {
    let recording = Recording::start(isolate, interval, max_samples)?;
    Ok(RECORDINGS.with_borrow_mut(|recordings| recordings.add(recording)))
}

/// Ends a profile that [`start_numbered`] began on this thread: it as JSON.
pub fn stop_numbered(id: u32) -> Option<Vec<u8>> {
    take_number(id).map(|recording| profile::cpu_json(&recording.stop()))
}

/// `startCpu(intervalMicros, maxSamples)` → its number; undefined where there are too many, false where
/// there is no thread for it.
fn start_cpu(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let interval = args.get(0).int32_value(scope).unwrap_or(0);
    let max_samples = args.get(1).uint32_value(scope).unwrap_or(u32::MAX);
    match start_numbered(scope, interval, max_samples) {
        Ok(id) => result.set_uint32(id),
        Err(Refused::TooMany) => {}
        Err(Refused::NoThread) => result.set_bool(false),
    }
}

/// `stopCpu(number)` → the profile as JSON, or undefined where there is none of that number.
fn stop_cpu(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let id = args.get(0).uint32_value(scope).unwrap_or(0);
    if let Some(text) = stop_numbered(id) {
        set_text(scope, &text, &mut result);
    }
}

/// `writeCpu(number, path | undefined)` → the path of the file, undefined where there is no profile
/// of that number, or `[negative errno, syscall, path]`.
fn write_cpu(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    if let Some(recording) = take(scope, &args) {
        let path = path_of(scope, args.get(1));
        let written = profile::write_cpu(&recording.stop(), path.as_deref());
        set_written(scope, written, &mut result);
    }
}

/// `startHeap(interval, depth, flags)` → whether it was started.
fn start_heap(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let sampling = sampling_args(scope, &args, 0);
    result.set_bool(profile::start_heap(scope, sampling));
}

/// Interval, depth and flags, from argument `first` on.
pub fn sampling_args(scope: &mut Scope<'_, '_>, args: &Args<'_>, first: i32) -> Sampling {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive integer, as JavaScript has checked"
    )]
    let interval = args.get(first).number_value(scope).unwrap_or(0.0) as u64;
    Sampling {
        interval,
        depth: args.get(first + 1).int32_value(scope).unwrap_or(0),
        flags: args.get(first + 2).int32_value(scope).unwrap_or(0),
    }
}

/// `stopHeap()`: forgets what was sampled.
fn stop_heap(scope: &mut Scope<'_, '_>, _args: Args<'_>, _result: Ret<'_>) {
    profile::stop_heap(scope);
}

/// `heap()` → what was sampled, as JSON, or undefined where nothing is.
fn heap(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    if let Some(text) = profile::heap_json(scope) {
        set_text(scope, &text, &mut result);
    }
}

/// `writeHeap(path | undefined)` → the path of the file, or `[negative errno, syscall, path]`; undefined
/// where nothing is being sampled.
fn write_heap(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = path_of(scope, args.get(0));
    if let Some(written) = profile::write_heap(scope, path.as_deref()) {
        set_written(scope, written, &mut result);
    }
}

/// `startTracking()` → whether it was started: V8 notes where objects are allocated.
fn start_tracking(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    result.set_bool(profile::start_tracking(scope, true));
}

/// `stopTracking()` → whether it was under way.
fn stop_tracking(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    result.set_bool(profile::stop_tracking(scope));
}

fn path_of(scope: &mut Scope<'_, '_>, path: v8::Local<v8::Value>) -> Option<Vec<u8>> {
    (!path.is_undefined()).then(|| path.to_rust_string_lossy(scope).into_bytes())
}

fn set_text(scope: &mut Scope<'_, '_>, text: &[u8], result: &mut Ret<'_>) {
    // Undefined where it is longer than V8's longest string.
    if let Some(text) = v8::String::new_from_utf8(scope, text, v8::NewStringType::Normal) {
        result.set(text.into());
    }
}

fn set_written(
    scope: &mut Scope<'_, '_>,
    written: Result<Vec<u8>, WriteError>,
    result: &mut Ret<'_>,
) {
    match written {
        Ok(path) => {
            let path = string(scope, &String::from_utf8_lossy(&path));
            result.set(path.into());
        }
        Err(error) => {
            let errno = v8::Integer::new(scope, -error.failure.errno.0).into();
            let syscall = string(scope, error.failure.step.name()).into();
            let path = string(scope, &String::from_utf8_lossy(&error.path)).into();
            result.set(v8::Array::new_with_elements(scope, &[errno, syscall, path]).into());
        }
    }
}
