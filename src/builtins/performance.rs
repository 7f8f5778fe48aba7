//! `binding.performance`: the clock of `performance`.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use super::method;
use super::process::process_start;

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "now", now);
    method(scope, target, "timeOrigin", time_origin);
}

/// `now()`: milliseconds since the process's start, with fractions.
fn now(_scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    result.set_double(process_start().elapsed().as_secs_f64() * 1e3);
}

/// `timeOrigin()`: the process's start in milliseconds of the Unix epoch; one value for good, even
/// if the system's clock is set meanwhile.
fn time_origin(_scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    static ORIGIN: OnceLock<f64> = OnceLock::new();
    let origin = ORIGIN.get_or_init(|| {
        let since_start = process_start().elapsed();
        let epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        epoch.saturating_sub(since_start).as_secs_f64() * 1e3
    });
    result.set_double(*origin);
}
