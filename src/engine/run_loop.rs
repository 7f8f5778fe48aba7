//! The turns of the event loop: what happened elsewhere, immediates, timers.

use std::time::Instant;

use super::{call, call_only, drain, host};
use crate::builtins::{messaging, performance, worker};
use crate::event_loop::Event;
use crate::{capture, inspector, workers};

/// Turns the loop until nothing keeps it alive, then `beforeExit` and `exit`, as Node does. Returns
/// the exit code; a worker that was ended returns at once.
pub fn run(scope: &mut v8::PinScope<'_, '_>) -> i32 {
    let host = host(scope);
    let callbacks = host.callbacks.get().expect("set when the isolate is made");
    host.event_loop.enter();
    loop {
        run_timers(scope);
        while host.event_loop.is_alive(scope) {
            turn(scope);
            if host.workers.is_stopping() {
                return 0;
            }
        }
        let before_exit = v8::Local::new(scope, &callbacks.before_exit);
        call(scope, before_exit, &[]);
        if !host.event_loop.is_alive(scope) {
            break;
        }
    }
    host.event_loop.leave();
    let exit = v8::Local::new(scope, &callbacks.exit);
    let code = call(scope, exit, &[]).and_then(|code| code.int32_value(scope));
    code.unwrap_or(0)
}

/// One turn: poll, immediates, timers (libuv's order since 1.45).
fn turn(scope: &mut v8::PinScope<'_, '_>) {
    v8::scope!(let scope, scope);
    let host = host(scope);
    // A CPU profile shows the wait as "(idle)".
    scope.set_idle(true);
    let events = host.event_loop.poll(scope);
    scope.set_idle(false);
    for event in events {
        if host.workers.is_stopping() {
            return;
        }
        match event {
            Event::Completed(id, result) => {
                if let Some(finish) = host.event_loop.take_finish(id) {
                    v8::scope!(let scope, scope);
                    host.event_loop.update_now();
                    finish(scope, result);
                    drain(scope);
                }
            }
            Event::DelayedTask(due, task) if due > Instant::now() => {
                host.event_loop.delay(due, task);
            }
            Event::Task(task) | Event::DelayedTask(_, task) => {
                task.run();
                drain(scope);
            }
            Event::Capture => capture::at_safe_point(),
            Event::Inspector => {
                inspector::serve(scope);
                drain(scope);
            }
            Event::Ready(id, ready) => {
                if let Some(callback) = host.event_loop.io.take_ready(id) {
                    v8::scope!(let scope, scope);
                    host.event_loop.update_now();
                    callback(scope, ready);
                    drain(scope);
                }
            }
            Event::Signal(number) => {
                let callbacks = host.callbacks.get().expect("set when the isolate is made");
                let function = v8::Local::new(scope, &callbacks.signal);
                let number = v8::Integer::new(scope, number).into();
                call(scope, function, &[number]);
            }
            Event::Port(id) => messaging::deliver(scope, id),
            Event::PortClosed(id) => messaging::closed(scope, id),
            Event::WorkerEnded(ended) => worker::ended(scope, ended),
            Event::Wake => workers::serve(scope),
            Event::Collection(collection) => performance::collected(scope, collection),
        }
    }
    if host.workers.is_stopping() {
        return;
    }
    host.event_loop.update_now();
    let callbacks = host.callbacks.get().expect("set when the isolate is made");
    let process_immediate = v8::Local::new(scope, &callbacks.process_immediate);
    while call_only(scope, process_immediate, &[]).is_none() && !host.workers.is_stopping() {}
    drain(scope);
    run_timers(scope);
}

/// Runs the timers that are due and arms the native timer for the next one.
#[expect(clippy::cast_precision_loss, reason = "milliseconds since the start")]
fn run_timers(scope: &mut v8::PinScope<'_, '_>) {
    let host = host(scope);
    if !host.event_loop.take_due_timer() {
        return;
    }
    v8::scope!(let scope, scope);
    let callbacks = host.callbacks.get().expect("set when the isolate is made");
    let process_timers = v8::Local::new(scope, &callbacks.process_timers);
    let next = loop {
        let now = v8::Number::new(scope, host.event_loop.now() as f64).into();
        if let Some(next) = call_only(scope, process_timers, &[now]) {
            break next.number_value(scope).unwrap_or(0.0);
        }
        if host.workers.is_stopping() {
            return;
        }
        // A handled exception: the lists are consistent, run the rest of those due.
    };
    if next != 0.0 {
        let now = host.event_loop.update_now() as f64;
        host.event_loop.set_timer_ref(next > 0.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped"
        )]
        host.event_loop
            .schedule_timer((next.abs() - now).clamp(1.0, 2_147_483_647.0) as u64);
    }
    // Only now: a tick may start a timer that is due earlier.
    drain(scope);
}
