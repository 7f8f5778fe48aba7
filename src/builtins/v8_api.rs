//! `binding.v8`: statistics and flags of V8, under Node's names.

use super::numbered::Numbered;
use super::{constant, method, string_arg};
use crate::engine::gc_profiler::GcProfiler;
use crate::engine::{promise_hooks, string};
use std::cell::RefCell;

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "getHeapStatistics", heap_statistics);
    method(scope, target, "getHeapSpaceStatistics", space_statistics);
    method(scope, target, "getHeapCodeStatistics", code_statistics);
    method(scope, target, "setFlagsFromString", set_flags);
    method(scope, target, "cachedDataVersionTag", version_tag);
    method(scope, target, "isStringOneByteRepresentation", is_one_byte);
    method(scope, target, "queryObjects", query_objects);
    method(scope, target, "startGcProfiler", start_gc_profiler);
    method(scope, target, "stopGcProfiler", stop_gc_profiler);
    method(scope, target, "setPromiseHooks", set_promise_hooks);
}

/// An object of numbers.
#[expect(clippy::cast_precision_loss, reason = "below 2^53 bytes")]
fn numbers<'s>(scope: &mut Scope<'s, '_>, fields: &[(&str, usize)]) -> v8::Local<'s, v8::Object> {
    let object = v8::Object::new(scope);
    for &(name, value) in fields {
        let value = v8::Number::new(scope, value as f64).into();
        constant(scope, object, name, value);
    }
    object
}

/// `getHeapStatistics()` → sizes in bytes.
fn heap_statistics(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let figures = heap_figures(scope);
    result.set(heap_object(scope, &figures).into());
}

/// The figures of an isolate's heap, in bytes, by Node's names.
pub type HeapFigures = [(&'static str, usize); 15];

/// Asks V8 for them. On the isolate's thread.
pub fn heap_figures(isolate: &mut v8::Isolate) -> HeapFigures {
    let heap = isolate.get_heap_statistics();
    [
        ("total_heap_size", heap.total_heap_size()),
        (
            "total_heap_size_executable",
            heap.total_heap_size_executable(),
        ),
        ("total_physical_size", heap.total_physical_size()),
        ("total_available_size", heap.total_available_size()),
        ("used_heap_size", heap.used_heap_size()),
        ("heap_size_limit", heap.heap_size_limit()),
        ("malloced_memory", heap.malloced_memory()),
        ("peak_malloced_memory", heap.peak_malloced_memory()),
        ("does_zap_garbage", usize::from(heap.does_zap_garbage())),
        (
            "number_of_native_contexts",
            heap.number_of_native_contexts(),
        ),
        (
            "number_of_detached_contexts",
            heap.number_of_detached_contexts(),
        ),
        (
            "total_global_handles_size",
            heap.total_global_handles_size(),
        ),
        ("used_global_handles_size", heap.used_global_handles_size()),
        ("external_memory", heap.external_memory()),
        (
            "total_allocated_bytes",
            usize::try_from(heap.total_allocated_bytes()).unwrap_or(usize::MAX),
        ),
    ]
}

/// The object that `getHeapStatistics` returns.
pub fn heap_object<'s>(
    scope: &mut Scope<'s, '_>,
    figures: &HeapFigures,
) -> v8::Local<'s, v8::Object> {
    numbers(scope, figures)
}

/// `getHeapSpaceStatistics()` → an array, one object a space, sizes in bytes.
fn space_statistics(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let mut spaces: Vec<v8::Local<v8::Value>> = Vec::new();
    for index in 0..scope.number_of_heap_spaces() {
        let Some(space) = scope.get_heap_space_statistics(index) else {
            continue;
        };
        let object = v8::Object::new(scope);
        let name = string(scope, &space.space_name().to_string_lossy()).into();
        constant(scope, object, "space_name", name);
        #[expect(clippy::cast_precision_loss, reason = "below 2^53 bytes")]
        for (key, value) in [
            ("space_size", space.space_size()),
            ("space_used_size", space.space_used_size()),
            ("space_available_size", space.space_available_size()),
            ("physical_space_size", space.physical_space_size()),
        ] {
            let value = v8::Number::new(scope, value as f64).into();
            constant(scope, object, key, value);
        }
        spaces.push(object.into());
    }
    result.set(v8::Array::new_with_elements(scope, &spaces).into());
}

/// `getHeapCodeStatistics()` → sizes in bytes.
fn code_statistics(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let Some(code) = scope.get_heap_code_and_metadata_statistics() else {
        return;
    };
    let object = numbers(
        scope,
        &[
            ("code_and_metadata_size", code.code_and_metadata_size()),
            (
                "bytecode_and_metadata_size",
                code.bytecode_and_metadata_size(),
            ),
            (
                "external_script_source_size",
                code.external_script_source_size(),
            ),
            (
                "cpu_profiler_metadata_size",
                code.cpu_profiler_metadata_size(),
            ),
        ],
    );
    result.set(object.into());
}

/// `setFlagsFromString(flags)`.
fn set_flags(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let flags = string_arg(scope, &args, 0);
    v8::V8::set_flags_from_string(&flags);
}

/// `cachedDataVersionTag()` → a number that changes with V8's version and flags.
fn version_tag(_scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    result.set_uint32(v8::script_compiler::cached_data_version_tag());
}

/// `isStringOneByteRepresentation(text)` → whether V8 keeps it as Latin-1.
fn is_one_byte(_scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let text = v8::Local::<v8::String>::try_from(args.get(0));
    result.set_bool(text.is_ok_and(|text| text.is_onebyte()));
}

/// `queryObjects(prototype)` → the objects that have it in their chain.
fn query_objects(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Ok(prototype) = v8::Local::<v8::Object>::try_from(args.get(0)) else {
        result.set(v8::Array::new(scope, 0).into());
        return;
    };
    let found: Vec<v8::Local<v8::Value>> = crate::capture::query_objects(scope, prototype)
        .iter()
        .map(|object| v8::Local::new(scope, object).into())
        .collect();
    result.set(v8::Array::new_with_elements(scope, &found).into());
}

thread_local! {
    /// Profilers of garbage collections that listen.
    static GC_PROFILERS: RefCell<Numbered<GcProfiler>> = RefCell::default();
}

/// Ends what the thread's script has not, while its isolate is there.
pub fn clear() {
    drop(GC_PROFILERS.take());
}

/// `startGcProfiler()` → its number.
fn start_gc_profiler(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let profiler = GcProfiler::start(scope);
    let id = GC_PROFILERS.with_borrow_mut(|profilers| profilers.add(profiler));
    result.set_uint32(id);
}

/// `stopGcProfiler(number)` → what it heard, as JSON.
fn stop_gc_profiler(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let id = args.get(0).uint32_value(scope).unwrap_or(0);
    let profiler = GC_PROFILERS.with_borrow_mut(|profilers| profilers.take_out(id));
    if let Some(profiler) = profiler {
        let text = profiler.stop(scope);
        result.set(string(scope, &text).into());
    }
}

/// `setPromiseHooks(init, before, after, settled)`, each a function or undefined.
fn set_promise_hooks(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let hooks = [0, 1, 2, 3].map(|index| args.get(index).try_into().ok());
    promise_hooks::set(scope, hooks);
}
