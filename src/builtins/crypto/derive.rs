//! Keys derived from passwords and other keys. Each has a callback as its last argument or, to be
//! done at once, undefined; the result is an `ArrayBuffer`, or undefined where it cannot be.

use super::{Args, Ret, Scope, algorithm_arg, bytes_arg, length_arg, submit};
use crate::builtins::method;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "pbkdf2", pbkdf2);
    method(scope, target, "scrypt", scrypt);
    method(scope, target, "hkdf", hkdf);
}

/// `pbkdf2(name, password, salt, iterations, length, callback)`.
fn pbkdf2(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let algorithm = algorithm_arg(scope, &args, 0);
    let password = bytes_arg(scope, &args, 1);
    let salt = bytes_arg(scope, &args, 2);
    let iterations = args.get(3).uint32_value(scope).unwrap_or(1);
    let length = length_arg(scope, &args, 4);
    submit(scope, args.get(5), &mut result, move || {
        algorithm?.pbkdf2(&password, &salt, iterations, length)
    });
}

/// `scrypt(password, salt, log2(N), r, p, length, callback)`.
fn scrypt(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let password = bytes_arg(scope, &args, 0);
    let salt = bytes_arg(scope, &args, 1);
    let log_n = args.get(2).uint32_value(scope).unwrap_or(0);
    let r = args.get(3).uint32_value(scope).unwrap_or(0);
    let p = args.get(4).uint32_value(scope).unwrap_or(0);
    let length = length_arg(scope, &args, 5);
    submit(scope, args.get(6), &mut result, move || {
        let params = scrypt::Params::new(u8::try_from(log_n).ok()?, r, p).ok()?;
        let mut key = vec![0; length];
        // Nothing is what was asked for.
        if length > 0 {
            scrypt::scrypt(&password, &salt, &params, &mut key).ok()?;
        }
        Some(key)
    });
}

/// `hkdf(name, key, salt, info, length, callback)`.
fn hkdf(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let algorithm = algorithm_arg(scope, &args, 0);
    let key = bytes_arg(scope, &args, 1);
    let salt = bytes_arg(scope, &args, 2);
    let info = bytes_arg(scope, &args, 3);
    let length = length_arg(scope, &args, 4);
    submit(scope, args.get(5), &mut result, move || {
        algorithm?.hkdf(&key, &salt, &info, length)
    });
}
