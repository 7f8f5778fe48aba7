//! `binding.timers`: the one native timer and the two switches that keep the loop alive.

use super::method;
use crate::engine::host;

pub fn fill(scope: &mut v8::PinScope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "scheduleTimer", schedule_timer);
    method(scope, target, "toggleTimerRef", toggle_timer_ref);
    method(scope, target, "toggleImmediateRef", toggle_immediate_ref);
    method(scope, target, "getLibuvNow", get_libuv_now);
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped"
)]
fn schedule_timer(
    scope: &mut v8::PinScope<'_, '_>,
    args: v8::FunctionCallbackArguments<'_>,
    _result: v8::ReturnValue<'_>,
) {
    let delay = args
        .get(0)
        .number_value(scope)
        .unwrap_or(1.0)
        .clamp(1.0, 2_147_483_647.0);
    host(scope).event_loop.schedule_timer(delay as u64);
}

fn toggle_timer_ref(
    scope: &mut v8::PinScope<'_, '_>,
    args: v8::FunctionCallbackArguments<'_>,
    _result: v8::ReturnValue<'_>,
) {
    host(scope)
        .event_loop
        .set_timer_ref(args.get(0).boolean_value(scope));
}

fn toggle_immediate_ref(
    scope: &mut v8::PinScope<'_, '_>,
    args: v8::FunctionCallbackArguments<'_>,
    _result: v8::ReturnValue<'_>,
) {
    host(scope)
        .event_loop
        .set_immediate_ref(args.get(0).boolean_value(scope));
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds since the start")]
fn get_libuv_now(
    scope: &mut v8::PinScope<'_, '_>,
    _args: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    // As in Node, a timer's time begins when it is set, not when the turn of the loop began.
    result.set_double(host(scope).event_loop.update_now() as f64);
}
