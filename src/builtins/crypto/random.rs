//! Random bytes, from the kernel.

use super::{Args, Ret, Scope, length_arg, submit};
use crate::builtins::bytes::{view_arg, writable};
use crate::builtins::method;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "randomFill", random_fill);
    method(scope, target, "randomBytes", random_bytes);
}

/// `randomFill(view, offset, size)` → whether there were random bytes.
fn random_fill(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let offset = length_arg(scope, &args, 1);
    let size = length_arg(scope, &args, 2);
    let bytes = writable(view_arg(&args, 0));
    let end = offset.saturating_add(size).min(bytes.len());
    let filled = getrandom::fill(&mut bytes[offset.min(end)..end]);
    result.set_bool(filled.is_ok());
}

/// `randomBytes(size, callback)`: the callback gets an `ArrayBuffer`, or undefined where there are
/// no random bytes; on the pool.
fn random_bytes(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let size = length_arg(scope, &args, 0);
    submit(scope, args.get(1), &mut result, move || {
        let mut bytes = vec![0; size];
        getrandom::fill(&mut bytes).ok().map(|()| bytes)
    });
}
