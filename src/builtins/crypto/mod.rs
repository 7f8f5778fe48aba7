//! `binding.crypto`: hashes, HMAC, random bytes, derived keys. A hash in progress is a number to
//! JavaScript, which frees it when its object goes.

mod algorithms;
mod derive;
mod random;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::fs::memory::array_buffer_of;
use super::{kept, method, string_arg, string_array};
use crate::builtins::async_context::AsyncContext;
use crate::engine::{call_only, host};
use algorithms::{Algorithm, Hashing};

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "hashes", hashes);
    method(scope, target, "outputSize", output_size);
    method(scope, target, "newHash", new_hash);
    method(scope, target, "newHmac", new_hmac);
    method(scope, target, "copy", copy);
    method(scope, target, "update", update);
    method(scope, target, "digest", digest);
    method(scope, target, "free", free);
    method(scope, target, "hash", hash);
    method(scope, target, "timingSafeEqual", timing_safe_equal);
    derive::fill(scope, target);
    random::fill(scope, target);
}

/// The hashes in progress of an isolate, in one of its slots.
#[derive(Default)]
struct Table {
    last: Cell<u32>,
    open: RefCell<FxHashMap<u32, Hashing>>,
}

impl Table {
    fn of(scope: &mut Scope<'_, '_>) -> Rc<Self> {
        kept(scope)
    }

    fn add(&self, hashing: Hashing) -> u32 {
        let id = self.last.get() + 1;
        self.last.set(id);
        self.open.borrow_mut().insert(id, hashing);
        id
    }
}

/// Argument `index` as bytes of their own: those of a view, or a text as UTF-8.
fn bytes_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> Vec<u8> {
    let value = args.get(index);
    match v8::Local::<v8::ArrayBufferView>::try_from(value) {
        Ok(view) => {
            let mut bytes = vec![0; view.byte_length()];
            view.copy_contents(&mut bytes);
            bytes
        }
        Err(_) => value.to_rust_string_lossy(scope).into_bytes(),
    }
}

fn algorithm_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> Option<Algorithm> {
    Algorithm::named(&string_arg(scope, args, index))
}

fn length_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> usize {
    args.get(index).uint32_value(scope).unwrap_or(0) as usize
}

/// Does `work` now where `callback` is undefined, else on the pool. What comes of it is an
/// `ArrayBuffer`, or undefined.
fn submit(
    scope: &mut Scope<'_, '_>,
    callback: v8::Local<v8::Value>,
    result: &mut Ret<'_>,
    work: impl FnOnce() -> Option<Vec<u8>> + Send + 'static,
) {
    let Ok(callback) = v8::Local::<v8::Function>::try_from(callback) else {
        if let Some(bytes) = work() {
            result.set(array_buffer_of(scope, &bytes).into());
        }
        return;
    };
    let callback = v8::Global::new(scope, callback);
    let context = AsyncContext::current(scope);
    let finish = move |scope: &mut Scope<'_, '_>, bytes: Option<Vec<u8>>| {
        context.run(scope, |scope| {
            let value = match bytes {
                Some(bytes) => array_buffer_of(scope, &bytes).into(),
                None => v8::undefined(scope).into(),
            };
            let callback = v8::Local::new(scope, callback);
            call_only(scope, callback, &[value]);
        });
    };
    host(scope).event_loop.spawn_blocking(work, finish);
}

/// `hashes()` → their names.
fn hashes(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    result.set(string_array(scope, Algorithm::names()).into());
}

/// `outputSize(name)` → bytes of a result, negative where any other number can be had; undefined for
/// an unknown name.
fn output_size(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Some(algorithm) = algorithm_arg(scope, &args, 0) else {
        return;
    };
    let size = i32::try_from(algorithm.output_size()).unwrap_or(0);
    let any = matches!(algorithm, Algorithm::Shake128 | Algorithm::Shake256);
    result.set_int32(if any { -size } else { size });
}

/// `newHash(name)` → its number, or undefined for an unknown name.
fn new_hash(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    if let Some(algorithm) = algorithm_arg(scope, &args, 0) {
        result.set_uint32(Table::of(scope).add(Hashing::new(algorithm)));
    }
}

/// `newHmac(name, key)` → its number, or undefined for a name that has no HMAC.
fn new_hmac(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let key = bytes_arg(scope, &args, 1);
    let hashing = algorithm_arg(scope, &args, 0).and_then(|name| Hashing::mac(name, &key));
    if let Some(hashing) = hashing {
        result.set_uint32(Table::of(scope).add(hashing));
    }
}

/// `copy(number)` → another with the same state, or undefined.
fn copy(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let id = args.get(0).uint32_value(scope).unwrap_or(0);
    let table = Table::of(scope);
    let hashing = table.open.borrow().get(&id).cloned();
    if let Some(hashing) = hashing {
        result.set_uint32(table.add(hashing));
    }
}

/// `update(number, stringOrBytes)` → whether it was in progress.
fn update(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let id = args.get(0).uint32_value(scope).unwrap_or(0);
    let bytes = bytes_arg(scope, &args, 1);
    let table = Table::of(scope);
    let mut open = table.open.borrow_mut();
    let hashing = open.get_mut(&id);
    result.set_bool(hashing.is_some());
    if let Some(hashing) = hashing {
        hashing.update(&bytes);
    }
}

/// `digest(number, length)` → an `ArrayBuffer`; `length` is for functions of any length. Ends it.
fn digest(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let id = args.get(0).uint32_value(scope).unwrap_or(0);
    let length = length_arg(scope, &args, 1);
    let hashing = Table::of(scope).open.borrow_mut().remove(&id);
    if let Some(hashing) = hashing {
        result.set(array_buffer_of(scope, &hashing.finish(length)).into());
    }
}

/// `free(number)`.
fn free(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let id = args.get(0).uint32_value(scope).unwrap_or(0);
    Table::of(scope).open.borrow_mut().remove(&id);
}

/// `hash(name, stringOrBytes, length)` → an `ArrayBuffer`, or undefined for an unknown name.
fn hash(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    if let Some(algorithm) = algorithm_arg(scope, &args, 0) {
        let mut hashing = Hashing::new(algorithm);
        hashing.update(&bytes_arg(scope, &args, 1));
        let digest = hashing.finish(length_arg(scope, &args, 2));
        result.set(array_buffer_of(scope, &digest).into());
    }
}

/// `timingSafeEqual(a, b)`, of views of one length: takes as long wherever they differ.
fn timing_safe_equal(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let (a, b) = (bytes_arg(scope, &args, 0), bytes_arg(scope, &args, 1));
    let difference = a
        .iter()
        .zip(&b)
        .fold(0, |all, (a, b)| std::hint::black_box(all | (a ^ b)));
    result.set_bool(a.len() == b.len() && difference == 0);
}
