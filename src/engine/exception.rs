//! Uncaught errors and unhandled rejections: to the script's handlers first, else printed as Node
//! prints them, and the process ends.

use std::fmt::Write as _;

use super::{call_only, host, string};
use crate::cli::ExitCode;

/// Lets V8 tell about promises rejected without a handler.
pub fn install(isolate: &mut v8::Isolate) {
    isolate.set_promise_reject_callback(on_promise_reject);
}

extern "C" fn on_promise_reject(message: v8::PromiseRejectMessage) {
    v8::callback_scope!(unsafe scope, &message);
    let host = host(scope);
    let Some(callbacks) = host.callbacks.get() else {
        return;
    };
    let function = v8::Local::new(scope, &callbacks.promise_reject);
    let event = v8::Integer::new(scope, message.get_event() as i32);
    let promise = message.get_promise();
    let reason = message
        .get_value()
        .unwrap_or_else(|| v8::undefined(scope).into());
    call_only(scope, function, &[event.into(), promise.into(), reason]);
}

/// Reports what `scope` caught as an uncaught exception. Returns only if the script handled it.
pub fn report_caught(scope: &mut v8::PinnedRef<'_, v8::TryCatch<'_, '_, v8::HandleScope<'_>>>) {
    let Some(exception) = scope.exception() else {
        return;
    };
    let message = scope.message();
    scope.reset();
    report(scope, exception, message, false);
}

/// Reports `exception` as uncaught (`from_promise`: as an unhandled rejection). Returns only if the
/// script handled it.
pub fn report(
    scope: &mut v8::PinScope<'_, '_>,
    exception: v8::Local<v8::Value>,
    message: Option<v8::Local<v8::Message>>,
    from_promise: bool,
) {
    let arrow = arrow_message(scope, exception, message);
    let host = host(scope);
    if let Some(callbacks) = host.callbacks.get() {
        let function = v8::Local::new(scope, &callbacks.uncaught);
        let from_promise = v8::Boolean::new(scope, from_promise).into();
        v8::tc_scope!(let scope, scope);
        let receiver = v8::undefined(scope).into();
        match function.call(scope, receiver, &[exception, from_promise]) {
            Some(handled) if handled.is_true() => return,
            Some(_) => {}
            None => {
                // The handler itself threw: that error ends the process, with Node's code 7.
                if let Some(second) = scope.exception() {
                    let message = scope.message();
                    scope.reset();
                    let arrow = arrow_message(scope, second, message);
                    print(scope, second, &arrow);
                    ExitCode::HANDLER_THREW.exit();
                }
            }
        }
    }
    print(scope, exception, &arrow);
    let code = super::host(scope).exit_code.get();
    code.map_or(ExitCode::UNCAUGHT, ExitCode::from_script)
        .exit();
}

/// Writes what Node writes for an error that ends the process.
pub fn print(scope: &mut v8::PinScope<'_, '_>, exception: v8::Local<v8::Value>, arrow: &str) {
    let text = format_in_js(scope, exception, arrow)
        .unwrap_or_else(|| format!("{arrow}{}\n", exception.to_rust_string_lossy(scope)));
    crate::builtins::process::write_all(libc::STDERR_FILENO, text.as_bytes());
}

fn format_in_js(
    scope: &mut v8::PinScope<'_, '_>,
    exception: v8::Local<v8::Value>,
    arrow: &str,
) -> Option<String> {
    let host = host(scope);
    let function = v8::Local::new(scope, &host.callbacks.get()?.format_fatal);
    let arrow = string(scope, arrow);
    v8::tc_scope!(let scope, scope);
    let receiver = v8::undefined(scope).into();
    let text = function.call(scope, receiver, &[exception, arrow.into()])?;
    Some(text.to_rust_string_lossy(scope))
}

/// `file:line`, the source line and carets below the place, or nothing where V8 knows none.
pub fn arrow_message(
    scope: &mut v8::PinScope<'_, '_>,
    exception: v8::Local<v8::Value>,
    message: Option<v8::Local<v8::Message>>,
) -> String {
    let message = message.unwrap_or_else(|| v8::Exception::create_message(scope, exception));
    let Some(line) = message.get_source_line(scope) else {
        return String::new();
    };
    let line = line.to_rust_string_lossy(scope);
    let file = message
        .get_script_resource_name(scope)
        .filter(|name| name.is_string())
        .map(|name| name.to_rust_string_lossy(scope))
        .unwrap_or_default();
    let number = message.get_line_number(scope).unwrap_or(0);
    let start = message.get_start_column();
    let width = message.get_end_column().saturating_sub(start).max(1);
    let mut arrow = format!("{file}:{number}\n{line}\n");
    // Tabs stay tabs, so that the carets stand below their place.
    arrow.extend(
        line.chars()
            .take(start)
            .map(|c| if c == '\t' { '\t' } else { ' ' }),
    );
    let visible = line.chars().count().saturating_sub(start).max(1);
    arrow.extend(std::iter::repeat_n('^', width.min(visible)));
    writeln!(arrow).expect("a String takes all");
    arrow
}
