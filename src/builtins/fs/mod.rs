//! `binding.fs`: files and folders. Each operation is one native function whose last argument is a
//! callback or undefined: with one the work runs on the pool and the callback gets the result,
//! without one the result is returned.
//!
//! A failure is a negative errno, or `{ errno, syscall, path, dest }` where the operation consists of
//! several system calls and must say which one failed.

mod events;
mod files;
mod folders;
mod input;
mod links;
pub(super) mod memory;
mod metadata;

use std::ffi::CString;
use std::io;

use super::constant;
use crate::builtins::async_context::AsyncContext;
use crate::engine::{call_only, host, string};
use memory::array_buffer_of;

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

/// Fills the binding.
pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    events::fill(scope, target);
    files::fill(scope, target);
    folders::fill(scope, target);
    input::fill(scope, target);
    links::fill(scope, target);
    metadata::fill(scope, target);
}

/// What an operation gives, in a form that can leave the worker thread.
enum Value {
    Nothing,
    Number(f64),
    /// A whole file: an `ArrayBuffer`.
    Bytes(Vec<u8>),
    /// A whole file: a string, decoded as UTF-8 (undefined where it is longer than V8's longest).
    Text(Vec<u8>),
    /// A file name or path: a string, or an `ArrayBuffer` where names are wanted as bytes.
    Name(Vec<u8>, NameForm),
    /// Names, each followed by its `UV_DIRENT_*` type where asked for.
    Entries {
        entries: Vec<(Vec<u8>, u8)>,
        with_types: bool,
        form: NameForm,
    },
    /// Numbers, as bigints where asked for.
    Numbers {
        numbers: Vec<i64>,
        bigint: bool,
    },
}

/// How JavaScript wants file names, which are bytes.
#[derive(Clone, Copy)]
enum NameForm {
    Text,
    Bytes,
}

impl NameForm {
    /// From the argument `asBytes`.
    fn from_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> Self {
        if args.get(index).boolean_value(scope) {
            Self::Bytes
        } else {
            Self::Text
        }
    }

    fn name<'s>(self, scope: &mut Scope<'s, '_>, name: &[u8]) -> v8::Local<'s, v8::Value> {
        match self {
            Self::Text => string(scope, &String::from_utf8_lossy(name)).into(),
            Self::Bytes => array_buffer_of(scope, name).into(),
        }
    }
}

impl Value {
    fn into_js<'s>(self, scope: &mut Scope<'s, '_>) -> v8::Local<'s, v8::Value> {
        match self {
            Self::Nothing => v8::undefined(scope).into(),
            Self::Number(number) => v8::Number::new(scope, number).into(),
            Self::Bytes(bytes) => array_buffer_of(scope, &bytes).into(),
            Self::Text(bytes) => text(scope, &bytes),
            Self::Name(name, form) => form.name(scope, &name),
            Self::Entries {
                entries,
                with_types,
                form,
            } => entries_array(scope, &entries, with_types, form).into(),
            Self::Numbers { numbers, bigint } => numbers_array(scope, &numbers, bigint).into(),
        }
    }
}

fn text<'s>(scope: &mut Scope<'s, '_>, bytes: &[u8]) -> v8::Local<'s, v8::Value> {
    match v8::String::new_from_utf8(scope, bytes, v8::NewStringType::Normal) {
        Some(text) => text.into(),
        None => v8::undefined(scope).into(),
    }
}

fn entries_array<'s>(
    scope: &mut Scope<'s, '_>,
    entries: &[(Vec<u8>, u8)],
    with_types: bool,
    form: NameForm,
) -> v8::Local<'s, v8::Array> {
    let mut values = Vec::with_capacity(entries.len() * 2);
    for (name, kind) in entries {
        values.push(form.name(scope, name));
        if with_types {
            values.push(v8::Integer::new(scope, i32::from(*kind)).into());
        }
    }
    v8::Array::new_with_elements(scope, &values)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "JavaScript's numbers, as Node gives them; bigints are exact"
)]
fn numbers_array<'s>(
    scope: &mut Scope<'s, '_>,
    numbers: &[i64],
    bigint: bool,
) -> v8::Local<'s, v8::Array> {
    let values: Vec<v8::Local<v8::Value>> = numbers
        .iter()
        .map(|&number| {
            if bigint {
                v8::BigInt::new_from_i64(scope, number).into()
            } else {
                v8::Number::new(scope, number as f64).into()
            }
        })
        .collect();
    v8::Array::new_with_elements(scope, &values)
}

/// A system call that failed; `syscall` and `paths` only where JavaScript cannot know them.
struct Failure {
    errno: i32,
    syscall: Option<&'static str>,
    path: Option<Vec<u8>>,
}

impl Failure {
    fn errno(errno: i32) -> Self {
        Self {
            errno,
            syscall: None,
            path: None,
        }
    }

    /// The error of the system call that just failed on this thread.
    fn last() -> Self {
        io::Error::last_os_error().into()
    }

    /// Names the system call.
    fn in_call(self, syscall: &'static str) -> Self {
        Self {
            syscall: Some(syscall),
            ..self
        }
    }

    /// Names what the system call was about.
    fn at(self, path: &[u8]) -> Self {
        Self {
            path: Some(path.to_vec()),
            ..self
        }
    }

    fn into_js<'s>(self, scope: &mut Scope<'s, '_>) -> v8::Local<'s, v8::Value> {
        let errno = v8::Integer::new(scope, -self.errno).into();
        if self.syscall.is_none() && self.path.is_none() {
            return errno;
        }
        let target = v8::Object::new(scope);
        constant(scope, target, "errno", errno);
        if let Some(syscall) = self.syscall {
            let syscall = string(scope, syscall).into();
            constant(scope, target, "syscall", syscall);
        }
        if let Some(path) = self.path {
            let path = NameForm::Text.name(scope, &path);
            constant(scope, target, "path", path);
        }
        target.into()
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::errno(error.raw_os_error().unwrap_or(libc::EIO))
    }
}

type Outcome = Result<Value, Failure>;

/// The outcome of a system call that gives 0 or -1.
fn status(result: libc::c_int) -> Outcome {
    checked(result).map(|_| Value::Nothing)
}

/// What a system call gave, or the failure that -1 stands for.
fn checked(result: libc::c_int) -> Result<libc::c_int, Failure> {
    if result == -1 {
        Err(Failure::last())
    } else {
        Ok(result)
    }
}

fn outcome_into_js<'s>(scope: &mut Scope<'s, '_>, outcome: Outcome) -> v8::Local<'s, v8::Value> {
    match outcome {
        Ok(value) => value.into_js(scope),
        Err(failure) => failure.into_js(scope),
    }
}

/// Does `work` now where `callback` is undefined, else on the pool, in the callback's async context
/// afterwards.
fn submit(
    scope: &mut Scope<'_, '_>,
    callback: v8::Local<v8::Value>,
    result: &mut Ret<'_>,
    work: impl FnOnce() -> Outcome + Send + 'static,
) {
    let Ok(callback) = v8::Local::<v8::Function>::try_from(callback) else {
        let outcome = work();
        result.set(outcome_into_js(scope, outcome));
        return;
    };
    let callback = v8::Global::new(scope, callback);
    let context = AsyncContext::current(scope);
    host(scope)
        .event_loop
        .spawn_blocking(work, move |scope, outcome| {
            context.run(scope, |scope| {
                let value = outcome_into_js(scope, outcome);
                let callback = v8::Local::new(scope, callback);
                call_only(scope, callback, &[value]);
            });
        });
}

/// Argument `index` as a path: a string, or the bytes of a view. JavaScript has checked that no NUL
/// is in it; what follows one is cut off.
fn path_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> CString {
    let value = args.get(index);
    let mut bytes = if let Ok(view) = v8::Local::<v8::ArrayBufferView>::try_from(value) {
        let mut bytes = vec![0; view.byte_length()];
        view.copy_contents(&mut bytes);
        bytes
    } else {
        value.to_rust_string_lossy(scope).into_bytes()
    };
    if let Some(end) = memchr::memchr(0, &bytes) {
        bytes.truncate(end);
    }
    CString::new(bytes).unwrap_or_default()
}

/// Argument `index` as a 32-bit number; -1 where it is none.
fn int_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> i32 {
    args.get(index).int32_value(scope).unwrap_or(-1)
}

/// Argument `index` as an unsigned 32-bit number (modes, ids).
fn uint_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> u32 {
    args.get(index).uint32_value(scope).unwrap_or(0)
}

/// Argument `index` as a whole number, which may be a bigint; -1 where it is none.
fn integer_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> i64 {
    if let Ok(number) = v8::Local::<v8::BigInt>::try_from(args.get(index)) {
        return number.i64_value().0;
    }
    args.get(index).integer_value(scope).unwrap_or(-1)
}

/// Argument `index` as a number.
fn number_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> f64 {
    args.get(index).number_value(scope).unwrap_or(0.0)
}
