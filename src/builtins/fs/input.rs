//! Standard input, which may stay silent for as long as it likes.

#![expect(unsafe_code, reason = "plain libc calls")]

use super::{
    Args, Failure, Outcome, Ret, Scope, Value, int_arg, number_arg, outcome_into_js, uint_arg,
};
use crate::builtins::method;
use crate::engine::{call_only, host};

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "readInput", read_input);
    method(scope, target, "setInputRef", set_input_ref);
}

/// `readInput(fd, size, callback)` → a number for `setInputRef`, or a negative errno. The callback
/// gets an `ArrayBuffer` of at most `size` bytes, empty at the end of the input, or a negative errno.
#[expect(clippy::cast_precision_loss, reason = "a small count")]
fn read_input(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let fd = int_arg(scope, &args, 0);
    let size = uint_arg(scope, &args, 1) as usize;
    let Ok(callback) = v8::Local::<v8::Function>::try_from(args.get(2)) else {
        return;
    };
    let callback = v8::Global::new(scope, callback);
    let started = host(scope).event_loop.spawn_waiting(
        move || read_some(fd, size),
        move |scope, outcome| {
            let value = outcome_into_js(scope, outcome);
            let callback = v8::Local::new(scope, callback);
            call_only(scope, callback, &[value]);
        },
    );
    match started {
        Ok(id) => result.set_double(id as f64),
        Err(error) => result.set_int32(-error.raw_os_error().unwrap_or(libc::EAGAIN)),
    }
}

/// One read, waiting where a non-blocking descriptor is empty.
fn read_some(fd: i32, size: usize) -> Outcome {
    let mut bytes = vec![0; size];
    loop {
        // SAFETY: the buffer is writable for its length.
        let count = unsafe { libc::read(fd, bytes.as_mut_ptr().cast(), bytes.len()) };
        if let Ok(count) = usize::try_from(count) {
            bytes.truncate(count);
            return Ok(Value::Bytes(bytes));
        }
        let failure = Failure::last();
        match failure.errno {
            libc::EINTR => {}
            libc::EAGAIN => {
                let mut wait = libc::pollfd {
                    fd,
                    events: libc::POLLIN,
                    revents: 0,
                };
                // SAFETY: one pollfd of this frame.
                unsafe { libc::poll(&raw mut wait, 1, -1) };
            }
            _ => return Err(failure),
        }
    }
}

/// `setInputRef(number, on)`: whether a read in progress keeps the program alive.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number that readInput gave"
)]
fn set_input_ref(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let id = number_arg(scope, &args, 0) as u64;
    let on = args.get(1).boolean_value(scope);
    host(scope).event_loop.set_work_ref(id, on);
}
