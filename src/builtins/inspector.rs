//! `binding.inspector`: the port, a script's own sessions, and the console that clients see.

use super::{method, string_arg};
use crate::engine::{self, host, string};
use crate::inspector::{self, Agent};

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "open", open);
    method(scope, target, "close", close);
    method(scope, target, "url", url);
    method(scope, target, "waitForDebugger", wait_for_debugger);
    method(scope, target, "connect", connect);
    method(scope, target, "dispatch", dispatch);
    method(scope, target, "disconnect", disconnect);
    method(scope, target, "consoleCall", console_call);
    method(scope, target, "breakOnStart", break_on_start);
    method(
        scope,
        target,
        "callAndPauseOnStart",
        call_and_pause_on_start,
    );
}

/// Lets the global console speak to clients too: `internal/inspector_console`'s `wrapConsole()`.
pub fn wrap_console(scope: &mut Scope<'_, '_>) {
    let host = host(scope);
    let internals = host.internals.get().expect("set when the isolate is made");
    let internals = v8::Local::new(scope, internals);
    let require = engine::function_of(scope, internals, "requireBuiltin")
        .expect("internal/loader returns requireBuiltin");
    let id = string(scope, "internal/inspector_console").into();
    let module = engine::call_only(scope, require, &[id])
        .and_then(|module| v8::Local::<v8::Object>::try_from(module).ok());
    if let Some(module) = module
        && let Some(wrap) = engine::function_of(scope, module, "wrapConsole")
    {
        engine::call_only(scope, wrap, &[]);
    }
}

/// `open(port, host, script | undefined)` → whether the port is open now.
fn open(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let port = args.get(0).uint32_value(scope).unwrap_or(0);
    let host = string_arg(scope, &args, 1);
    let script = args.get(2);
    let script = (!script.is_undefined()).then(|| script.to_rust_string_lossy(scope));
    let agent = Agent::of(scope);
    let port = u16::try_from(port).unwrap_or(0);
    result.set_bool(agent.open(&host, port, script.as_deref()));
}

/// `close()`.
fn close(scope: &mut Scope<'_, '_>, _args: Args<'_>, _result: Ret<'_>) {
    if let Some(agent) = host(scope).inspector.get() {
        agent.close();
    }
}

/// `url()` → the address of the WebSocket, or undefined.
fn url(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    if let Some(url) = host(scope).inspector.get().and_then(|agent| agent.url()) {
        result.set(string(scope, &url).into());
    }
}

/// `waitForDebugger()` → whether there was a port to wait for one at.
fn wait_for_debugger(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let host = host(scope);
    let agent = host.inspector.get().filter(|agent| agent.url().is_some());
    if let Some(agent) = agent {
        agent.wait_for_debugger();
    }
    result.set_bool(agent.is_some());
}

/// `connect(onMessage)` → the number of a new session.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn connect(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    if let Ok(function) = v8::Local::<v8::Function>::try_from(args.get(0)) {
        let id = Agent::of(scope).connect(scope, function);
        result.set_double(id as f64);
    }
}

/// The session of the first argument.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number that `connect` returned"
)]
fn session_id(scope: &mut Scope<'_, '_>, args: &Args<'_>) -> u64 {
    args.get(0).number_value(scope).unwrap_or(0.0) as u64
}

/// `dispatch(session, json)`: the answers come by `onMessage`, most of them before this returns.
fn dispatch(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let id = session_id(scope, &args);
    let text = string_arg(scope, &args, 1);
    Agent::of(scope).dispatch(scope, id, &text);
}

/// `disconnect(session)`.
fn disconnect(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let id = session_id(scope, &args);
    Agent::of(scope).disconnect(id);
}

/// `consoleCall(inspectorMethod, method, ...args)`: both, the first for clients. Native, so that the
/// stack that clients see begins with the script's own function.
fn console_call(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let (Ok(for_clients), Ok(own)) = (
        v8::Local::<v8::Function>::try_from(args.get(0)),
        v8::Local::<v8::Function>::try_from(args.get(1)),
    ) else {
        return;
    };
    let rest: Vec<v8::Local<v8::Value>> = (2..args.length()).map(|index| args.get(index)).collect();
    let agent = Agent::of(scope);
    // What clients are shown may call a script's getters, which may log.
    if agent.enter_console() {
        v8::tc_scope!(let scope, scope);
        let _ = for_clients.call(scope, args.this().into(), &rest);
        agent.leave_console();
    }
    if let Some(value) = own.call(scope, args.this().into(), &rest) {
        result.set(value);
    }
}

/// `breakOnStart()`: the next of the natives that run a script's main code pauses at its first
/// statement.
fn break_on_start(scope: &mut Scope<'_, '_>, _args: Args<'_>, _result: Ret<'_>) {
    Agent::of(scope).break_on_start();
}

/// `callAndPauseOnStart(function, receiver, args)`: `Reflect.apply`, for main code.
fn call_and_pause_on_start(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let (Ok(function), Ok(list)) = (
        v8::Local::<v8::Function>::try_from(args.get(0)),
        v8::Local::<v8::Array>::try_from(args.get(2)),
    ) else {
        return;
    };
    let rest: Option<Vec<v8::Local<v8::Value>>> = (0..list.length())
        .map(|index| list.get_index(scope, index))
        .collect();
    inspector::before_main(scope);
    if let Some(value) = rest.and_then(|rest| function.call(scope, args.get(1), &rest)) {
        result.set(value);
    }
}
