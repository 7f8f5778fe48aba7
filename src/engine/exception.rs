//! Uncaught errors and unhandled rejections: to the script's handlers first, else printed as Node
//! prints them, and the process ends.

use super::{host, string};
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
    // It throws only where the stack is full, and then so does the code that rejected: that is the
    // error to see. As in Node the program goes on, without a report of this promise.
    v8::tc_scope!(let scope, scope);
    let receiver = v8::undefined(scope).into();
    let _ = function.call(scope, receiver, &[event.into(), promise.into(), reason]);
}

/// Reports what `scope` caught as an uncaught exception. Returns only if the script handled it.
pub fn report_caught(scope: &mut v8::PinnedRef<'_, v8::TryCatch<'_, '_, v8::HandleScope<'_>>>) {
    if scope.has_terminated() {
        // A client of the inspector has ended this call (`Runtime.terminateExecution`): no error, and
        // the program goes on with the next. A worker that ends does not.
        if !host(scope).workers.is_stopping() {
            scope.cancel_terminate_execution();
        }
        scope.reset();
        return;
    }
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
    let host = host(scope);
    if host.workers.is_stopping() {
        return;
    }
    let message = message.unwrap_or_else(|| v8::Exception::create_message(scope, exception));
    let place = Place::of(scope, exception, message);
    if let Some(callbacks) = host.callbacks.get() {
        let function = v8::Local::new(scope, &callbacks.uncaught);
        let from_promise = v8::Boolean::new(scope, from_promise).into();
        v8::tc_scope!(let scope, scope);
        let receiver = v8::undefined(scope).into();
        match function.call(scope, receiver, &[exception, from_promise]) {
            Some(handled) if handled.is_true() => {
                // The job that threw is over, and its microtasks wait for the next: without this
                // what its `WeakRef`s hold would live until then.
                scope.clear_kept_objects();
                return;
            }
            Some(_) => {}
            None if host.workers.inside.is_some() => {}
            None => {
                // The handler itself threw: that error ends the process, with Node's code 7.
                if let (Some(second), Some(message)) = (scope.exception(), scope.message()) {
                    scope.reset();
                    let place = Place::of(scope, second, message);
                    print(scope, second, &place);
                    crate::capture::profile::finish(scope);
                    host.workers.leave();
                    ExitCode::HANDLER_THREW.exit();
                }
            }
        }
    }
    if let Some(inside) = &host.workers.inside {
        // The parent has the error and prints it, or not.
        crate::capture::account_for_uncaught(scope, exception);
        inside.exit(scope, host.exit_code.get().unwrap_or(1));
        return;
    }
    crate::inspector::exception_thrown(scope, exception, message);
    crate::capture::account_for_uncaught(scope, exception);
    print(scope, exception, &place);
    crate::capture::report_uncaught(scope, exception);
    crate::capture::profile::finish(scope);
    crate::inspector::wait_for_disconnect(scope);
    host.workers.leave();
    let code = host.exit_code.get();
    code.map_or(ExitCode::UNCAUGHT, ExitCode::from_script)
        .exit();
}

/// Writes what Node writes for an error that ends the process.
fn print(scope: &mut v8::PinScope<'_, '_>, exception: v8::Local<v8::Value>, place: &Place) {
    let text = format_in_js(scope, exception, place).unwrap_or_else(|| {
        let error = exception.to_rust_string_lossy(scope);
        format!("{}{error}\n", place.arrow)
    });
    crate::builtins::process::write_all(libc::STDERR_FILENO, text.as_bytes());
}

fn format_in_js(
    scope: &mut v8::PinScope<'_, '_>,
    exception: v8::Local<v8::Value>,
    place: &Place,
) -> Option<String> {
    let host = host(scope);
    let function = v8::Local::new(scope, &host.callbacks.get()?.format_fatal);
    let arrow = string(scope, &place.arrow);
    let frames = string(scope, &place.frames);
    v8::tc_scope!(let scope, scope);
    let receiver = v8::undefined(scope).into();
    let text = function.call(scope, receiver, &[exception, arrow.into(), frames.into()])?;
    Some(text.to_rust_string_lossy(scope))
}

/// Where an error was thrown, as text.
struct Place {
    /// `file:line`, the source line and carets below the place, each with its newline; empty where
    /// V8 knows none.
    arrow: String,
    /// The stack at the throw, as in an error's `stack`, without a newline at its end.
    frames: String,
}

impl Place {
    fn of(
        scope: &mut v8::PinScope<'_, '_>,
        exception: v8::Local<v8::Value>,
        message: v8::Local<v8::Message>,
    ) -> Self {
        let arrow = if is_placed(scope, exception) {
            None
        } else {
            kept_arrow(scope, exception).or_else(|| arrow(scope, message))
        };
        Self {
            arrow: arrow.unwrap_or_default(),
            frames: frames(scope, message).unwrap_or_default(),
        }
    }
}

/// `file:line`, the source line and carets below the place, each with its newline.
pub fn arrow(scope: &mut v8::PinScope<'_, '_>, message: v8::Local<v8::Message>) -> Option<String> {
    let line = message.get_source_line(scope)?.to_rust_string_lossy(scope);
    let file = message
        .get_script_resource_name(scope)
        .filter(|name| name.is_string())
        .map_or_else(
            || "<anonymous_script>".to_owned(),
            |name| name.to_rust_string_lossy(scope),
        );
    let number = message.get_line_number(scope).unwrap_or(0);
    let start = message.get_start_column();
    let width = message.get_end_column().saturating_sub(start).max(1);
    // None behind the line's end, where input ended too early.
    let visible = line.chars().count().saturating_sub(start);
    // Tabs stay tabs, so that the carets stand below their place.
    let indent: String = line
        .chars()
        .take(start)
        .map(|char| if char == '\t' { '\t' } else { ' ' })
        .collect();
    let carets = "^".repeat(width.min(visible));
    Some(format!("{file}:{number}\n{line}\n{indent}{carets}\n"))
}

fn frames(scope: &mut v8::PinScope<'_, '_>, message: v8::Local<v8::Message>) -> Option<String> {
    let trace = message.get_stack_trace(scope)?;
    let mut lines = Vec::new();
    for index in 0..trace.get_frame_count() {
        let frame = trace.get_frame(scope, index)?;
        let script = frame.get_script_name(scope).map_or_else(
            || "<anonymous>".to_owned(),
            |name| name.to_rust_string_lossy(scope),
        );
        let place = format!(
            "{script}:{}:{}",
            frame.get_line_number(),
            frame.get_column()
        );
        lines.push(match frame.get_function_name(scope) {
            Some(name) => format!("    at {} ({place})", name.to_rust_string_lossy(scope)),
            None => format!("    at {place}"),
        });
    }
    Some(lines.join("\n"))
}

/// Puts the place of a syntax error at the head of its `stack`, where it stays when the error is
/// thrown on from elsewhere.
pub fn place_in_stack(
    scope: &mut v8::PinScope<'_, '_>,
    exception: v8::Local<v8::Value>,
    message: v8::Local<v8::Message>,
) {
    if let Some(arrow) = arrow(scope, message) {
        put_in_stack(scope, exception, &arrow);
    }
}

/// Puts `arrow` at the head of an error's `stack`; nothing else is then printed as its place.
pub fn put_in_stack(
    scope: &mut v8::PinScope<'_, '_>,
    exception: v8::Local<v8::Value>,
    arrow: &str,
) {
    let Ok(error) = v8::Local::<v8::Object>::try_from(exception) else {
        return;
    };
    let key = string(scope, "stack");
    let Some(stack) = error.get(scope, key.into()) else {
        return;
    };
    let stack = format!("{arrow}\n{}", stack.to_rust_string_lossy(scope));
    let stack = string(scope, &stack).into();
    let mark = placed_mark(scope);
    let on = v8::Boolean::new(scope, true).into();
    if !is_placed(scope, exception) && error.set(scope, key.into(), stack).is_some() {
        error.set_private(scope, mark, on);
    }
}

/// Notes on an error the place where it was made, for when it is thrown on from elsewhere and nothing
/// catches it.
pub fn keep_place(scope: &mut v8::PinScope<'_, '_>, exception: v8::Local<v8::Value>) {
    let message = v8::Exception::create_message(scope, exception);
    let Ok(error) = v8::Local::<v8::Object>::try_from(exception) else {
        return;
    };
    if let Some(arrow) = arrow(scope, message) {
        let key = kept_arrow_key(scope);
        let arrow = string(scope, &arrow).into();
        error.set_private(scope, key, arrow);
    }
}

fn kept_arrow(scope: &mut v8::PinScope<'_, '_>, exception: v8::Local<v8::Value>) -> Option<String> {
    let key = kept_arrow_key(scope);
    let error = v8::Local::<v8::Object>::try_from(exception).ok()?;
    let arrow = error.get_private(scope, key)?;
    arrow.is_string().then(|| arrow.to_rust_string_lossy(scope))
}

fn kept_arrow_key<'s>(scope: &mut v8::PinScope<'s, '_>) -> v8::Local<'s, v8::Private> {
    let name = string(scope, "oomhost:place");
    v8::Private::for_api(scope, Some(name))
}

fn is_placed(scope: &mut v8::PinScope<'_, '_>, exception: v8::Local<v8::Value>) -> bool {
    let mark = placed_mark(scope);
    v8::Local::<v8::Object>::try_from(exception)
        .is_ok_and(|error| error.has_private(scope, mark) == Some(true))
}

fn placed_mark<'s>(scope: &mut v8::PinScope<'s, '_>) -> v8::Local<'s, v8::Private> {
    let name = string(scope, "oomhost:placed");
    v8::Private::for_api(scope, Some(name))
}
