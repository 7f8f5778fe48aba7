//! The part of `binding.modules` that handles ECMAScript modules, named by their number in the
//! registry.

use super::{method, string_arg, string_array};
use crate::engine::{exception, host, string};
use crate::modules::cjs_exports;
use crate::modules::registry::{self, Id, Target};

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "compileModule", compile_module);
    method(scope, target, "createSynthetic", create_synthetic);
    method(scope, target, "updateSynthetic", update_synthetic);
    method(scope, target, "moduleRequests", module_requests);
    method(scope, target, "linkModule", link_module);
    method(scope, target, "instantiateModule", instantiate_module);
    method(scope, target, "evaluateModule", evaluate_module);
    method(scope, target, "moduleStatus", module_status);
    method(scope, target, "moduleError", module_error);
    method(scope, target, "moduleNamespace", module_namespace);
    method(scope, target, "isGraphAsync", is_graph_async);
    method(scope, target, "stalledAwaits", stalled_awaits);
    method(scope, target, "commonJsExports", common_js_exports);
    method(scope, target, "placeError", place_error);
    method(scope, target, "keepPlace", keep_place);
}

fn id(scope: &mut Scope<'_, '_>, args: &Args<'_>) -> Id {
    args.get(0).uint32_value(scope).unwrap_or(Id::MAX)
}

fn module<'s>(scope: &mut Scope<'s, '_>, args: &Args<'_>) -> Option<v8::Local<'s, v8::Module>> {
    let id = id(scope, args);
    host(scope).modules.registry.module(scope, id)
}

/// `compileModule(text, url)` -> number; throws the syntax error.
fn compile_module<'s>(scope: &mut Scope<'s, '_>, args: Args<'s>, mut result: Ret<'_>) {
    let Ok(text) = v8::Local::<v8::String>::try_from(args.get(0)) else {
        return;
    };
    if let Some(id) = registry::compile(scope, text, args.get(1)) {
        result.set_uint32(id);
    }
}

/// `createSynthetic(url, names, evaluate)` -> number; `evaluate()` returns the exports' values.
fn create_synthetic(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let (Ok(url), Ok(names), Ok(evaluate)) = (
        v8::Local::<v8::String>::try_from(args.get(0)),
        v8::Local::<v8::Array>::try_from(args.get(1)),
        v8::Local::<v8::Function>::try_from(args.get(2)),
    ) else {
        return;
    };
    let names = (0..names.length())
        .filter_map(|index| names.get_index(scope, index))
        .map(|name| name.to_rust_string_lossy(scope))
        .collect();
    result.set_uint32(registry::create_synthetic(scope, url, names, evaluate));
}

/// `updateSynthetic(id, values)`: its exports' values from now on.
fn update_synthetic(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let id = id(scope, &args);
    if let Ok(values) = v8::Local::<v8::Array>::try_from(args.get(1)) {
        let _ = registry::update_synthetic(scope, id, values);
    }
}

/// `moduleRequests(id)` -> `[[specifier, phase, key, value, ...], ...]`; the phase is 0 for the source
/// alone, else 2.
fn module_requests(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Some(module) = module(scope, &args) else {
        return;
    };
    let requests: Vec<v8::Local<v8::Value>> = registry::requests(scope, module)
        .into_iter()
        .map(|request| {
            let phase = v8::Integer::new(scope, request.phase as i32).into();
            let mut words = vec![string(scope, &request.specifier).into(), phase];
            for word in &request.attributes {
                words.push(string(scope, word).into());
            }
            v8::Array::new_with_elements(scope, &words).into()
        })
        .collect();
    result.set(v8::Array::new_with_elements(scope, &requests).into());
}

/// `linkModule(id, targets)`: what its requests are, in their order: modules' numbers, or source
/// objects.
fn link_module(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let Ok(targets) = v8::Local::<v8::Array>::try_from(args.get(1)) else {
        return;
    };
    let targets: Vec<Target> = (0..targets.length())
        .filter_map(|index| {
            let target = targets.get_index(scope, index)?;
            match v8::Local::<v8::Object>::try_from(target) {
                Ok(source) => Some(Target::Source(v8::Global::new(scope, source))),
                Err(_) => Some(Target::Module(target.uint32_value(scope)?)),
            }
        })
        .collect();
    let id = id(scope, &args);
    host(scope).modules.registry.link(scope, id, targets);
}

/// `instantiateModule(id)`; throws where an import is not exported.
fn instantiate_module(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let id = id(scope, &args);
    registry::instantiate(scope, id);
}

/// `evaluateModule(id)` -> promise, or undefined in the middle of its evaluation.
fn evaluate_module(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Some(module) = module(scope, &args) else {
        return;
    };
    // V8 checks for this state, and a failed check ends the process.
    if module.get_status() != v8::ModuleStatus::Evaluating
        && let Some(promise) = evaluate(scope, module)
    {
        result.set(promise);
    }
}

fn evaluate<'s>(
    scope: &mut Scope<'s, '_>,
    module: v8::Local<v8::Module>,
) -> Option<v8::Local<'s, v8::Value>> {
    crate::inspector::before_main(scope);
    module.evaluate(scope)
}

/// `moduleStatus(id)`: 0 uninstantiated, 1 instantiating, 2 instantiated, 3 evaluating, 4 evaluated
/// (perhaps still waiting at top level), 5 errored.
fn module_status(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    if let Some(module) = module(scope, &args) {
        result.set_int32(module.get_status() as i32);
    }
}

/// `moduleError(id)`: what an errored module threw.
fn module_error(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    if let Some(module) = module(scope, &args)
        && module.get_status() == v8::ModuleStatus::Errored
    {
        result.set(module.get_exception());
    }
}

/// `moduleNamespace(id)`, from instantiation on.
fn module_namespace(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    if let Some(module) = module(scope, &args) {
        result.set(module.get_module_namespace());
    }
}

/// `isGraphAsync(id)`: whether the module or one that it imports awaits at top level.
fn is_graph_async(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    if let Some(module) = module(scope, &args) {
        result.set_bool(module.is_graph_async());
    }
}

/// `stalledAwaits(id)` -> the places of the top-level awaits that hold the module up, as text.
fn stalled_awaits(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let id = id(scope, &args);
    let places = registry::stalled(scope, id);
    result.set(string_array(scope, places).into());
}

/// `commonJsExports(text)` -> `[names, reexported requests]` of a `CommonJS` module by its text.
fn common_js_exports(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let text = string_arg(scope, &args, 0);
    let found = cjs_exports::scan(&text);
    let lists = [
        string_array(scope, found.names).into(),
        string_array(scope, found.reexports).into(),
    ];
    result.set(v8::Array::new_with_elements(scope, &lists).into());
}

/// `placeError(error, place)`: `place` becomes the head of the error's stack and is what is printed
/// for it if nothing catches it.
fn place_error(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let place = string_arg(scope, &args, 1);
    exception::put_in_stack(scope, args.get(0), &format!("{place}\n"));
}

/// `keepPlace(error)`: where the error was made is what is printed of it, wherever it is thrown from
/// again.
fn keep_place(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    exception::keep_place(scope, args.get(0));
}
