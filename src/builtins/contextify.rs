//! `binding.contextify`: scripts and the contexts that `vm` runs them in. A script is a number to
//! JavaScript, which frees it when its object goes; a context is its global object.

mod global;

use std::cell::RefCell;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rustc_hash::FxHashMap;
use v8::script_compiler::{self, CachedData, CompileOptions, NoCacheReason, Source};

use super::bytes::{OnHeap, view_arg};
use super::method;
use crate::engine::exception;

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

#[derive(Default)]
struct Scripts {
    last: u32,
    by_number: FxHashMap<u32, v8::Global<v8::UnboundScript>>,
}

thread_local! {
    static SCRIPTS: RefCell<Scripts> = RefCell::default();
}

/// Frees the scripts that the thread's JavaScript has not, while its isolate is there.
pub fn clear() {
    drop(SCRIPTS.take());
}

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "makeContext", make_context);
    method(scope, target, "compileScript", compile_script);
    method(scope, target, "freeScript", free_script);
    method(scope, target, "runScript", run_script);
    method(scope, target, "createCachedData", create_cached_data);
    method(scope, target, "compileFunction", compile_function);
}

/// `makeContext(sandbox | undefined, allowsStrings)` → the global object of a new context, whose
/// properties are those of `sandbox`, if there is one.
fn make_context<'s>(scope: &mut Scope<'s, '_>, args: Args<'s>, mut result: Ret<'_>) {
    let options = v8::Local::<v8::Object>::try_from(args.get(0))
        .ok()
        .map(|sandbox| global::options(scope, sandbox));
    let (options, parts) = match options {
        Some((options, parts)) => (options, Some(parts)),
        None => (v8::ContextOptions::default(), None),
    };
    let context = v8::Context::new(scope, options);
    // Objects of one may be used in the other.
    let token = scope.get_current_context().get_security_token(scope);
    context.set_security_token(token);
    context.set_allow_generation_from_strings(args.get(1).boolean_value(scope));
    let global = context.global(scope);
    if let Some(parts) = parts {
        parts.set_index(scope, 1, global.into());
    }
    result.set(global.into());
}

/// The context of a global object, or where there is none the current one.
fn context_of<'s>(
    scope: &mut Scope<'s, '_>,
    global: v8::Local<'s, v8::Value>,
) -> v8::Local<'s, v8::Context> {
    v8::Local::<v8::Object>::try_from(global)
        .ok()
        .and_then(|global| global.get_creation_context(scope))
        .unwrap_or_else(|| scope.get_current_context())
}

fn origin<'s>(scope: &mut Scope<'s, '_>, args: &Args<'s>, first: i32) -> v8::ScriptOrigin<'s> {
    let line = args.get(first + 1).int32_value(scope).unwrap_or(0);
    let column = args.get(first + 2).int32_value(scope).unwrap_or(0);
    v8::ScriptOrigin::new(
        scope,
        args.get(first),
        line,
        column,
        true,
        0,
        None,
        false,
        false,
        false,
        None,
    )
}

/// Throws on what was caught, with the place in its stack.
fn rethrow(scope: &mut v8::PinnedRef<'_, v8::TryCatch<'_, '_, v8::HandleScope<'_>>>) {
    if let (Some(error), Some(message)) = (scope.exception(), scope.message())
        && error.is_native_error()
    {
        scope.reset();
        exception::place_in_stack(scope, error, message);
        scope.throw_exception(error);
    }
    scope.rethrow();
}

/// `compileScript(text, filename, line, column, cachedData | undefined)` → `[number, sourceMapUrl,
/// whether the cached data was rejected]`.
fn compile_script<'s>(scope: &mut Scope<'s, '_>, args: Args<'s>, mut result: Ret<'_>) {
    let Ok(text) = v8::Local::<v8::String>::try_from(args.get(0)) else {
        return;
    };
    let origin = origin(scope, &args, 1);
    let mut storage: OnHeap = [0; _];
    let has_cache = args.get(4).is_array_buffer_view();
    let mut source = if has_cache {
        let cache = view_arg(&args, 4);
        let cache = CachedData::new(cache.get_contents(&mut storage));
        Source::new_with_cached_data(text, Some(&origin), cache)
    } else {
        Source::new(text, Some(&origin))
    };
    let options = if has_cache {
        CompileOptions::ConsumeCodeCache
    } else {
        CompileOptions::NoCompileOptions
    };
    let reason = NoCacheReason::NoReason;
    v8::tc_scope!(let scope, scope);
    let script = script_compiler::compile_unbound_script(scope, &mut source, options, reason);
    let Some(script) = script else {
        rethrow(scope);
        return;
    };
    let rejected = source.get_cached_data().is_some_and(CachedData::rejected);
    let url = script.get_source_mapping_url(scope);
    let script = v8::Global::new(scope, script);
    let number = SCRIPTS.with_borrow_mut(|scripts| {
        scripts.last += 1;
        scripts.by_number.insert(scripts.last, script);
        scripts.last
    });
    let number = v8::Integer::new_from_unsigned(scope, number).into();
    let rejected = v8::Boolean::new(scope, rejected).into();
    result.set(v8::Array::new_with_elements(scope, &[number, url, rejected]).into());
}

fn script_arg<'s>(
    scope: &mut Scope<'s, '_>,
    args: &Args<'_>,
) -> Option<v8::Local<'s, v8::UnboundScript>> {
    let number = args.get(0).uint32_value(scope)?;
    SCRIPTS.with_borrow(|scripts| {
        let script = scripts.by_number.get(&number)?;
        Some(v8::Local::new(scope, script))
    })
}

fn free_script(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let number = args.get(0).uint32_value(scope).unwrap_or(0);
    drop(SCRIPTS.with_borrow_mut(|scripts| scripts.by_number.remove(&number)));
}

/// `runScript(number, global | undefined, timeout, displayErrors)` → `[the completion value]`, or
/// undefined where the milliseconds of `timeout` (0: none) have passed; throws what the script throws,
/// with the place in its stack if `displayErrors`.
fn run_script<'s>(scope: &mut Scope<'s, '_>, args: Args<'s>, mut result: Ret<'_>) {
    let Some(script) = script_arg(scope, &args) else {
        return;
    };
    let timeout = args.get(2).uint32_value(scope).unwrap_or(0);
    let shows_place = args.get(3).boolean_value(scope);
    crate::inspector::before_main(scope);
    let context = context_of(scope, args.get(1));
    let value = {
        let scope = &mut v8::ContextScope::new(scope, context);
        v8::tc_scope!(let scope, scope);
        let script = script.bind_to_current_context(scope);
        let (value, late) = within(scope, timeout, |scope| script.run(scope));
        if late {
            scope.reset();
            scope.cancel_terminate_execution();
            return;
        }
        if value.is_none() {
            if shows_place {
                rethrow(scope);
            } else {
                scope.rethrow();
            }
        }
        value
    };
    if let Some(value) = value {
        result.set(v8::Array::new_with_elements(scope, &[value]).into());
    }
}

/// What `run` returns, and whether it was ended because `timeout` milliseconds (0: for ever) had
/// passed.
fn within<'s, 'i, T>(
    scope: &mut Scope<'s, 'i>,
    timeout: u32,
    run: impl FnOnce(&mut Scope<'s, 'i>) -> T,
) -> (T, bool) {
    if timeout == 0 {
        return (run(scope), false);
    }
    let isolate = scope.thread_safe_handle();
    let (done, watch) = mpsc::channel::<()>();
    let watcher = thread::spawn(move || {
        let wait = watch.recv_timeout(Duration::from_millis(timeout.into()));
        wait == Err(RecvTimeoutError::Timeout) && isolate.terminate_execution()
    });
    let value = run(scope);
    drop(done);
    (value, watcher.join().unwrap_or(false))
}

/// `createCachedData(number)` → V8's code cache as a `Uint8Array`.
fn create_cached_data(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let cache = script_arg(scope, &args).and_then(|script| script.create_code_cache());
    let bytes = cache.map_or_else(Vec::new, |cache| cache.to_vec());
    let length = bytes.len();
    let store = v8::ArrayBuffer::new_backing_store_from_vec(bytes).make_shared();
    let buffer = v8::ArrayBuffer::with_backing_store(scope, &store);
    if let Some(array) = v8::Uint8Array::new(scope, buffer, 0, length) {
        result.set(array.into());
    }
}

/// `compileFunction(text, filename, line, column, global | undefined, extensions, parameters)`.
fn compile_function<'s>(scope: &mut Scope<'s, '_>, args: Args<'s>, mut result: Ret<'_>) {
    let Ok(text) = v8::Local::<v8::String>::try_from(args.get(0)) else {
        return;
    };
    let origin = origin(scope, &args, 1);
    let extensions = elements::<v8::Object>(scope, args.get(5));
    let parameters = elements::<v8::String>(scope, args.get(6));
    let context = context_of(scope, args.get(4));
    let scope = &mut v8::ContextScope::new(scope, context);
    let mut source = Source::new(text, Some(&origin));
    v8::tc_scope!(let scope, scope);
    let function = script_compiler::compile_function(
        scope,
        &mut source,
        &parameters,
        &extensions,
        CompileOptions::NoCompileOptions,
        NoCacheReason::NoReason,
    );
    match function {
        Some(function) => result.set(function.into()),
        None => rethrow(scope),
    }
}

/// The elements of an array that built-in JavaScript made of such values.
fn elements<'s, T>(
    scope: &mut Scope<'s, '_>,
    array: v8::Local<'s, v8::Value>,
) -> Vec<v8::Local<'s, T>>
where
    v8::Local<'s, T>: TryFrom<v8::Local<'s, v8::Value>>,
{
    let Ok(array) = v8::Local::<v8::Array>::try_from(array) else {
        return Vec::new();
    };
    (0..array.length())
        .filter_map(|index| array.get_index(scope, index)?.try_into().ok())
        .collect()
}
