//! `binding.vm`: contexts and scripts of `node:vm`. A script is a number to JavaScript, which frees
//! it when its object goes; a context is reached through its global object, which the object it was
//! made for holds, so that V8's collector sees both.

mod globals;

use std::cell::RefCell;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use v8::script_compiler::{self, CachedData, CompileOptions, NoCacheReason};

use super::method;
use super::numbered::Numbered;
use crate::capture;
use crate::engine::{exception, string};

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

thread_local! {
    static SCRIPTS: RefCell<Numbered<v8::Global<v8::UnboundScript>>> = RefCell::default();
}

/// Frees what the thread's script has not, while its isolate is there.
pub fn clear() {
    drop(SCRIPTS.take());
}

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "makeContext", make_context);
    method(scope, target, "isContext", is_context);
    method(scope, target, "compileScript", compile_script);
    method(scope, target, "runScript", run_script);
    method(scope, target, "cachedData", cached_data);
    method(scope, target, "freeScript", free_script);
    method(scope, target, "compileFunction", compile_function);
}

fn mark<'s>(scope: &mut Scope<'s, '_>) -> v8::Local<'s, v8::Private> {
    let name = string(scope, "oomhost:contextified");
    v8::Private::for_api(scope, Some(name))
}

/// The global object of the context that was made for `object`.
fn global_of<'s>(
    scope: &mut Scope<'s, '_>,
    object: v8::Local<'s, v8::Object>,
) -> Option<v8::Local<'s, v8::Object>> {
    let mark = mark(scope);
    object.get_private(scope, mark)?.try_into().ok()
}

/// `makeContext(object, strings, afterEvaluate)` -> the context's global object. `object` may be
/// undefined: the global object is an ordinary one then.
fn make_context<'s>(scope: &mut Scope<'s, '_>, args: Args<'s>, mut result: Ret<'_>) {
    let object: Option<v8::Local<v8::Object>> = args.get(0).try_into().ok();
    let mut options = v8::ContextOptions::default();
    if let Some(object) = object {
        options.global_template = Some(globals::template(scope, object));
    }
    // The context keeps it from then on.
    let queue = args
        .get(2)
        .is_true()
        .then(|| v8::MicrotaskQueue::new(scope, v8::MicrotasksPolicy::Explicit));
    options.microtask_queue = queue
        .as_ref()
        .map(|queue| std::ptr::from_ref(&**queue).cast_mut());
    let outer = scope.get_current_context();
    let making = capture::making_context();
    let context = v8::Context::new(scope, options);
    drop(making);
    let token = outer.get_security_token(scope);
    context.set_security_token(token);
    context.set_allow_generation_from_strings(args.get(1).is_true());
    let global = context.global(scope);
    let mark = mark(scope);
    object
        .unwrap_or(global)
        .set_private(scope, mark, global.into());
    result.set(global.into());
}

/// `isContext(object)`.
fn is_context<'s>(scope: &mut Scope<'s, '_>, args: Args<'s>, mut result: Ret<'_>) {
    let object: Result<v8::Local<v8::Object>, _> = args.get(0).try_into();
    result.set_bool(object.is_ok_and(|object| global_of(scope, object).is_some()));
}

/// The context of `object`, or the current one where that is undefined.
fn context_of<'s>(
    scope: &mut Scope<'s, '_>,
    object: v8::Local<'s, v8::Value>,
) -> v8::Local<'s, v8::Context> {
    v8::Local::<v8::Object>::try_from(object)
        .ok()
        .and_then(|object| global_of(scope, object))
        .and_then(|global| global.get_creation_context(scope))
        .unwrap_or_else(|| scope.get_current_context())
}

/// Where a text comes from. `importer` is what `import()` in it asks, see `registry`.
fn origin<'s>(
    scope: &mut Scope<'s, '_>,
    name: v8::Local<'s, v8::Value>,
    line: i32,
    column: i32,
    importer: v8::Local<'s, v8::Value>,
) -> v8::ScriptOrigin<'s> {
    let options = v8::Local::<v8::Symbol>::try_from(importer)
        .ok()
        .map(|symbol| {
            let options = v8::PrimitiveArray::new(scope, 1);
            options.set(scope, 0, symbol.into());
            options.into()
        });
    v8::ScriptOrigin::new(
        scope, name, line, column, true, 0, None, false, false, false, options,
    )
}

fn int_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> i32 {
    args.get(index).int32_value(scope).unwrap_or(0)
}

/// What is compiled: arguments `code, filename, line, column, cachedData, importer`.
struct Text<'s> {
    code: v8::Local<'s, v8::String>,
    name: v8::Local<'s, v8::Value>,
    line: i32,
    column: i32,
    cached: Option<v8::Local<'s, v8::ArrayBufferView>>,
    importer: v8::Local<'s, v8::Value>,
}

impl<'s> Text<'s> {
    fn of(scope: &mut Scope<'s, '_>, args: &Args<'s>) -> Option<Self> {
        Some(Self {
            code: args.get(0).try_into().ok()?,
            name: args.get(1),
            line: int_arg(scope, args, 2),
            column: int_arg(scope, args, 3),
            cached: args.get(4).try_into().ok(),
            importer: args.get(5),
        })
    }

    /// A copy of the cached data, which must live for as long as what [`Self::source`] makes of it.
    fn cached_bytes(&self) -> Option<Vec<u8>> {
        let view = self.cached?;
        let mut bytes = vec![0; view.byte_length()];
        view.copy_contents(&mut bytes);
        Some(bytes)
    }

    fn source(
        &self,
        scope: &mut Scope<'s, '_>,
        cached: Option<&[u8]>,
    ) -> (script_compiler::Source, CompileOptions) {
        let origin = origin(scope, self.name, self.line, self.column, self.importer);
        match cached {
            Some(bytes) => (
                script_compiler::Source::new_with_cached_data(
                    self.code,
                    Some(&origin),
                    CachedData::new(bytes),
                ),
                CompileOptions::ConsumeCodeCache,
            ),
            None => (
                script_compiler::Source::new(self.code, Some(&origin)),
                CompileOptions::NoCompileOptions,
            ),
        }
    }
}

/// Whether V8 did not take the cached data; undefined where there was none.
fn rejected<'s>(
    scope: &mut Scope<'s, '_>,
    source: &script_compiler::Source,
) -> v8::Local<'s, v8::Value> {
    match source.get_cached_data() {
        Some(data) => v8::Boolean::new(scope, data.rejected()).into(),
        None => v8::undefined(scope).into(),
    }
}

/// Throws on what was caught, with the place in its `stack` where that is `wanted`.
fn rethrow(scope: &mut v8::PinnedRef<'_, v8::TryCatch<'_, '_, v8::HandleScope<'_>>>, wanted: bool) {
    if wanted && let (Some(error), Some(message)) = (scope.exception(), scope.message()) {
        exception::place_in_stack(scope, error, message);
    }
    scope.rethrow();
}

/// `compileScript(code, filename, line, column, cachedData, importer, context)` ->
/// `[id, rejected, sourceMapURL]`.
fn compile_script<'s>(scope: &mut Scope<'s, '_>, args: Args<'s>, mut result: Ret<'_>) {
    let context = context_of(scope, args.get(6));
    let Some(text) = Text::of(scope, &args) else {
        return;
    };
    let cached = text.cached_bytes();
    v8::scope!(let scope, scope);
    let scope = &mut v8::ContextScope::new(scope, context);
    let (mut source, options) = text.source(scope, cached.as_deref());
    v8::tc_scope!(let scope, scope);
    let script = script_compiler::compile_unbound_script(
        scope,
        &mut source,
        options,
        NoCacheReason::NoReason,
    );
    let Some(script) = script else {
        rethrow(scope, true);
        return;
    };
    let held = v8::Global::new(scope, script);
    let id = SCRIPTS.with_borrow_mut(|scripts| scripts.add(held));
    let id = v8::Integer::new_from_unsigned(scope, id).into();
    let rejected = rejected(scope, &source);
    let map = script.get_source_mapping_url(scope);
    let found = [id, rejected, map];
    result.set(v8::Array::new_with_elements(scope, &found).into());
}

fn script_of<'s>(scope: &mut Scope<'s, '_>, args: &Args<'s>) -> v8::Local<'s, v8::UnboundScript> {
    let id = args.get(0).uint32_value(scope).unwrap_or(0);
    SCRIPTS.with_borrow(|scripts| {
        let script = scripts.get(id).expect("freed with its object only");
        v8::Local::new(scope, script)
    })
}

/// `freeScript(id)`.
fn free_script<'s>(scope: &mut Scope<'s, '_>, args: Args<'s>, _result: Ret<'_>) {
    let id = args.get(0).uint32_value(scope).unwrap_or(0);
    SCRIPTS.with_borrow_mut(|scripts| scripts.take_out(id));
}

/// `cachedData(id)` -> an `ArrayBuffer`.
fn cached_data<'s>(scope: &mut Scope<'s, '_>, args: Args<'s>, mut result: Ret<'_>) {
    let data = script_of(scope, &args)
        .create_code_cache()
        .map(|data| data.to_vec())
        .unwrap_or_default();
    let store = v8::ArrayBuffer::new_backing_store_from_vec(data).make_shared();
    result.set(v8::ArrayBuffer::with_backing_store(scope, &store).into());
}

/// `runScript(id, context, milliseconds, displayErrors, afterEvaluate, late)` -> the completion value,
/// or `late` where it took longer than `milliseconds`, if these are not negative.
fn run_script<'s>(scope: &mut Scope<'s, '_>, args: Args<'s>, mut result: Ret<'_>) {
    let script = script_of(scope, &args);
    let context = context_of(scope, args.get(1));
    let milliseconds = args.get(2).integer_value(scope).unwrap_or(-1);
    let watchdog = u64::try_from(milliseconds)
        .ok()
        .map(|time| Watchdog::start(scope, Duration::from_millis(time)));
    let (display_errors, after_evaluate) = (args.get(3).is_true(), args.get(4).is_true());
    let late = args.get(5);
    v8::scope!(let scope, scope);
    let scope = &mut v8::ContextScope::new(scope, context);
    v8::tc_scope!(let scope, scope);
    let value = script.bind_to_current_context(scope).run(scope);
    if after_evaluate
        && value.is_some()
        && let Some(queue) = context.get_microtask_queue()
    {
        queue.perform_checkpoint(scope);
    }
    let timed_out = watchdog.is_some_and(Watchdog::stop);
    if timed_out {
        scope.cancel_terminate_execution();
        scope.reset();
        // What JavaScript takes for a sign, as no script can have it.
        result.set(late);
        return;
    }
    match value {
        Some(value) => result.set(value),
        None => rethrow(scope, display_errors),
    }
}

/// A thread that ends JavaScript when its time is over.
struct Watchdog {
    over: mpsc::Sender<()>,
    thread: thread::JoinHandle<bool>,
}

impl Watchdog {
    fn start(isolate: &v8::Isolate, time: Duration) -> Self {
        let handle = isolate.thread_safe_handle();
        let (over, waiting) = mpsc::channel();
        let thread = thread::spawn(move || {
            let late = waiting.recv_timeout(time).is_err();
            if late {
                handle.terminate_execution();
            }
            late
        });
        Self { over, thread }
    }

    /// Whether it has ended JavaScript.
    fn stop(self) -> bool {
        // Fails where the thread has gone already.
        let _ = self.over.send(());
        self.thread.join().unwrap_or(false)
    }
}

/// `compileFunction(code, filename, line, column, cachedData, importer, context, parameters,
/// extensions)` -> `[function, rejected, sourceMapURL]`.
fn compile_function<'s>(scope: &mut Scope<'s, '_>, args: Args<'s>, mut result: Ret<'_>) {
    let context = context_of(scope, args.get(6));
    let Some(text) = Text::of(scope, &args) else {
        return;
    };
    let cached = text.cached_bytes();
    let parameters: Vec<v8::Local<v8::String>> = items(scope, args.get(7));
    let extensions: Vec<v8::Local<v8::Object>> = items(scope, args.get(8));
    v8::scope!(let scope, scope);
    let scope = &mut v8::ContextScope::new(scope, context);
    let (mut source, options) = text.source(scope, cached.as_deref());
    v8::tc_scope!(let scope, scope);
    let function = script_compiler::compile_function(
        scope,
        &mut source,
        &parameters,
        &extensions,
        options,
        NoCacheReason::NoReason,
    );
    let Some(function) = function else {
        rethrow(scope, true);
        return;
    };
    let rejected = rejected(scope, &source);
    let map = function
        .get_script_origin(scope)
        .source_map_url()
        .unwrap_or_else(|| v8::undefined(scope).into());
    let found = [function.into(), rejected, map];
    result.set(v8::Array::new_with_elements(scope, &found).into());
}

fn items<'s, T>(scope: &mut Scope<'s, '_>, list: v8::Local<'s, v8::Value>) -> Vec<v8::Local<'s, T>>
where
    v8::Local<'s, T>: TryFrom<v8::Local<'s, v8::Value>>,
{
    let Ok(list) = v8::Local::<v8::Array>::try_from(list) else {
        return Vec::new();
    };
    (0..list.length())
        .filter_map(|i| list.get_index(scope, i)?.try_into().ok())
        .collect()
}
