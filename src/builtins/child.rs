//! `binding.child`: child processes.

use std::ffi::CString;
use std::time::Duration;

use super::fs::memory::array_buffer_of;
use super::{constant, method};
use crate::builtins::async_context::AsyncContext;
use crate::engine::{call, host, string};
use crate::sys::child::waited::{self, Limits, Outcome, Stdio};
use crate::sys::child::{self, Command};

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "spawn", spawn);
    method(scope, target, "spawnSync", spawn_sync);
    method(scope, target, "setRef", set_ref);
    method(scope, target, "execve", execve);
}

fn property<'s>(
    scope: &mut Scope<'s, '_>,
    object: v8::Local<v8::Object>,
    name: &str,
) -> v8::Local<'s, v8::Value> {
    let key = string(scope, name);
    let value = object.get(scope, key.into());
    value.unwrap_or_else(|| v8::undefined(scope).into())
}

/// A text without its NULs; JavaScript has refused those.
fn c_string(scope: &mut Scope<'_, '_>, value: v8::Local<v8::Value>) -> CString {
    let mut bytes = value.to_rust_string_lossy(scope).into_bytes();
    bytes.retain(|&byte| byte != 0);
    CString::new(bytes).unwrap_or_default()
}

fn elements<'s>(
    scope: &mut Scope<'s, '_>,
    value: v8::Local<v8::Value>,
) -> Vec<v8::Local<'s, v8::Value>> {
    let Ok(array) = v8::Local::<v8::Array>::try_from(value) else {
        return Vec::new();
    };
    (0..array.length())
        .filter_map(|index| array.get_index(scope, index))
        .collect()
}

fn c_strings(scope: &mut Scope<'_, '_>, value: v8::Local<v8::Value>) -> Vec<CString> {
    elements(scope, value)
        .into_iter()
        .map(|text| c_string(scope, text))
        .collect()
}

/// The property as a 32-bit number, where it is one.
fn number(scope: &mut Scope<'_, '_>, object: v8::Local<v8::Object>, name: &str) -> Option<i32> {
    let value = property(scope, object, name);
    value
        .is_number()
        .then(|| value.int32_value(scope))
        .flatten()
}

/// From `{ file, args, envPairs, cwd, detached, uid, gid }`; `stdio` is left to the caller.
fn command(scope: &mut Scope<'_, '_>, options: v8::Local<v8::Object>) -> Command {
    let file = property(scope, options, "file");
    let arguments = property(scope, options, "args");
    let environment = property(scope, options, "envPairs");
    let folder = property(scope, options, "cwd");
    Command {
        file: c_string(scope, file),
        arguments: c_strings(scope, arguments),
        environment: c_strings(scope, environment),
        folder: folder.is_string().then(|| c_string(scope, folder)),
        stdio: Vec::new(),
        detached: property(scope, options, "detached").boolean_value(scope),
        user: number(scope, options, "uid").map(i32::cast_unsigned),
        group: number(scope, options, "gid").map(i32::cast_unsigned),
    }
}

/// `spawn(options, onExit)` → `[pid, work]`, or a negative errno. `options.stdio` holds descriptors,
/// -1 for none. `onExit(status, signal)`: one of the two is 0. `work` is for `setRef`.
#[expect(clippy::cast_precision_loss, reason = "a small count")]
fn spawn(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let (Ok(options), Ok(on_exit)) = (
        v8::Local::<v8::Object>::try_from(args.get(0)),
        v8::Local::<v8::Function>::try_from(args.get(1)),
    ) else {
        return;
    };
    let mut command = command(scope, options);
    let stdio = property(scope, options, "stdio");
    command.stdio = elements(scope, stdio)
        .into_iter()
        .map(|fd| fd.int32_value(scope).unwrap_or(-1))
        .collect();
    let pid = match child::start(&command) {
        Ok(pid) => pid,
        Err(errno) => {
            result.set_int32(-errno.0);
            return;
        }
    };
    let on_exit = v8::Global::new(scope, on_exit);
    let context = AsyncContext::current(scope);
    let work = host(scope).event_loop.spawn_waiting(
        move || child::wait_for_end(pid),
        move |scope, ()| {
            // Nobody but us reaps, unless the script's process ignores SIGCHLD.
            let ended = child::reap(pid, 0);
            let status = ended.map_or(0, |ended| ended.status);
            let signal = ended.map_or(0, |ended| ended.signal);
            context.run(scope, |scope| {
                let values = [status, signal].map(|value| v8::Integer::new(scope, value).into());
                let on_exit = v8::Local::new(scope, on_exit);
                call(scope, on_exit, &values);
            });
        },
    );
    // Without a thread that waits for it nothing would tell of its end; it runs all the same.
    let work = work.unwrap_or(0);
    let pid = v8::Integer::new(scope, pid).into();
    let work = v8::Number::new(scope, work as f64).into();
    result.set(v8::Array::new_with_elements(scope, &[pid, work]).into());
}

/// `setRef(work, on)`: whether the child keeps the program running.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number that spawn gave"
)]
fn set_ref(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let work = args.get(0).number_value(scope).unwrap_or(0.0) as u64;
    let on = args.get(1).boolean_value(scope);
    host(scope).event_loop.set_work_ref(work, on);
}

/// One entry of `options.stdio`: `{ fd }` or `{ input, output }`.
fn waited_stdio(scope: &mut Scope<'_, '_>, value: v8::Local<v8::Value>) -> Stdio {
    let Ok(entry) = v8::Local::<v8::Object>::try_from(value) else {
        return Stdio::Inherit(-1);
    };
    if let Some(fd) = number(scope, entry, "fd") {
        return Stdio::Inherit(fd);
    }
    let input = property(scope, entry, "input");
    let input = v8::Local::<v8::ArrayBufferView>::try_from(input).map_or_else(
        |_| Vec::new(),
        |view| {
            let mut bytes = vec![0; view.byte_length()];
            view.copy_contents(&mut bytes);
            bytes
        },
    );
    let output = property(scope, entry, "output").boolean_value(scope);
    Stdio::Pipe { input, output }
}

/// `spawnSync(options)` → `{ pid, status, signal, output, error }`; `error` is a negative errno where
/// there is one. `options` as of `spawn`, with `stdio` as of [`waited_stdio`], and `timeout`
/// (milliseconds), `maxBuffer`, `killSignal`.
fn spawn_sync(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Ok(options) = v8::Local::<v8::Object>::try_from(args.get(0)) else {
        return;
    };
    let command = command(scope, options);
    let stdio = property(scope, options, "stdio");
    let stdio = elements(scope, stdio)
        .into_iter()
        .map(|entry| waited_stdio(scope, entry))
        .collect();
    let limits = limits(scope, options);
    let outcome = waited::run(command, stdio, limits);
    let outcome = outcome_into_js(scope, outcome);
    result.set(outcome.into());
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "floats are clamped when they become integers"
)]
fn limits(scope: &mut Scope<'_, '_>, options: v8::Local<v8::Object>) -> Limits {
    let timeout = property(scope, options, "timeout")
        .number_value(scope)
        .filter(|timeout| *timeout > 0.0);
    let most = property(scope, options, "maxBuffer")
        .number_value(scope)
        .filter(|most| most.is_finite() && *most > 0.0);
    Limits {
        timeout: timeout.map(|timeout| Duration::from_millis(timeout as u64)),
        max_output: most.map(|most| most as usize),
        signal: number(scope, options, "killSignal")
            .filter(|signal| *signal > 0)
            .unwrap_or(libc::SIGTERM),
    }
}

fn outcome_into_js<'s>(scope: &mut Scope<'s, '_>, outcome: Outcome) -> v8::Local<'s, v8::Object> {
    let target = v8::Object::new(scope);
    let pid = v8::Integer::new(scope, outcome.pid).into();
    constant(scope, target, "pid", pid);
    let ended = outcome.ended;
    let status = ended.filter(|ended| ended.signal == 0);
    let status = status.map_or_else(
        || v8::null(scope).into(),
        |ended| v8::Integer::new(scope, ended.status).into(),
    );
    constant(scope, target, "status", status);
    let signal = ended.map_or(0, |ended| ended.signal);
    let signal = v8::Integer::new(scope, signal).into();
    constant(scope, target, "signal", signal);
    if ended.is_some() {
        let outputs: Vec<v8::Local<v8::Value>> = outcome
            .outputs
            .iter()
            .map(|output| match output {
                Some(bytes) => array_buffer_of(scope, bytes).into(),
                None => v8::null(scope).into(),
            })
            .collect();
        let outputs = v8::Array::new_with_elements(scope, &outputs).into();
        constant(scope, target, "output", outputs);
    }
    if let Some(errno) = outcome.error {
        let errno = v8::Integer::new(scope, -errno.0).into();
        constant(scope, target, "error", errno);
    }
    target
}

/// `execve(file, args, envPairs)` → a negative errno: this process becomes that program.
fn execve(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let file = c_string(scope, args.get(0));
    let arguments = c_strings(scope, args.get(1));
    let environment = c_strings(scope, args.get(2));
    result.set_int32(-child::replace(&file, &arguments, &environment).0);
}
