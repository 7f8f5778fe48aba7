//! `oomhost run`: one script in one isolate, until nothing keeps it alive.

use std::time::Instant;

use crate::engine::{self, Engine, HostOptions, call, call_only, host};
use crate::event_loop::Event;
use crate::exit;

/// Runs the script and returns the process's exit code; an uncaught error ends the process here.
pub fn script(options: HostOptions, main: &serde_json::Value) -> exit::Code {
    let mut engine = Engine::new(options);
    let code = engine.enter(|scope| {
        start(scope, main);
        run_loop(scope)
    });
    // The heap goes with the process: tearing it down object by object only costs time.
    exit::now(code)
}

/// `internal/bootstrap`'s `start(main)`, where `main` says what to run.
fn start(scope: &mut v8::PinScope<'_, '_>, main: &serde_json::Value) {
    let host = host(scope);
    let internals = host.internals.get().expect("set when the isolate is made");
    let internals = v8::Local::new(scope, internals);
    let bootstrap = engine::object_of(scope, internals, "bootstrap");
    let start = engine::function_of(scope, bootstrap, "start").expect("bootstrap exports start");
    let main = engine::string(scope, &main.to_string());
    host.event_loop.update_now();
    call(scope, start, &[main.into()]);
}

/// Turns the loop until nothing keeps it alive, then `beforeExit` and `exit`, as Node does.
fn run_loop(scope: &mut v8::PinScope<'_, '_>) -> exit::Code {
    let host = host(scope);
    let callbacks = host.callbacks.get().expect("set when the isolate is made");
    loop {
        run_timers(scope);
        while host.event_loop.is_alive(scope) {
            turn(scope);
        }
        let before_exit = v8::Local::new(scope, &callbacks.before_exit);
        call(scope, before_exit, &[]);
        if !host.event_loop.is_alive(scope) {
            break;
        }
    }
    let exit = v8::Local::new(scope, &callbacks.exit);
    let code = call_only(scope, exit, &[]).and_then(|code| code.uint32_value(scope));
    exit::Code(u8::try_from(code.unwrap_or(0) & 0xff).unwrap_or(0))
}

/// One turn: poll, immediates, timers (libuv's order since 1.45).
fn turn(scope: &mut v8::PinScope<'_, '_>) {
    v8::scope!(let scope, scope);
    let host = host(scope);
    for event in host.event_loop.poll(scope) {
        match event {
            Event::Completed(id, result) => {
                if let Some(finish) = host.event_loop.take_finish(id) {
                    v8::scope!(let scope, scope);
                    host.event_loop.update_now();
                    finish(scope, result);
                    engine::drain(scope);
                }
            }
            Event::Task(task) => {
                task.run();
                engine::drain(scope);
            }
            Event::DelayedTask(due, task) if due > Instant::now() => {
                host.event_loop.delay(due, task);
            }
            Event::DelayedTask(_, task) => {
                task.run();
                engine::drain(scope);
            }
            Event::Signal(number) => {
                let callbacks = host.callbacks.get().expect("set when the isolate is made");
                let function = v8::Local::new(scope, &callbacks.signal);
                let number = v8::Integer::new(scope, number).into();
                call(scope, function, &[number]);
            }
            Event::Wake => {}
        }
    }
    host.event_loop.update_now();
    let callbacks = host.callbacks.get().expect("set when the isolate is made");
    let process_immediate = v8::Local::new(scope, &callbacks.process_immediate);
    while call_only(scope, process_immediate, &[]).is_none() {}
    engine::drain(scope);
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
        // A handled exception: the lists are consistent, run the rest of those due.
        engine::drain(scope);
    };
    engine::drain(scope);
    if next != 0.0 {
        let now = host.event_loop.update_now() as f64;
        host.event_loop.set_timer_ref(next > 0.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        host.event_loop.schedule_timer((next.abs() - now).clamp(1.0, 2_147_483_647.0) as u64);
    }
}
