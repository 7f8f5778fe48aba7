//! `binding.util` and `binding.types`: what only V8 knows about a value.

use super::method;
use crate::engine::string;

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

/// Fills `binding.util`.
pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "getProxyDetails", proxy_details);
    method(scope, target, "previewEntries", preview_entries);
    method(scope, target, "getPromiseDetails", promise_details);
    method(scope, target, "getOwnNonIndexProperties", own_keys);
    method(scope, target, "getConstructorName", constructor_name);
    method(scope, target, "getExternalValue", external_value);
    method(scope, target, "getCallSites", call_sites);
    method(scope, target, "getErrorSource", error_source);
    method(scope, target, "parseEnv", parse_env);
    method(scope, target, "isInsideNodeModules", is_inside_node_modules);
}

/// `parseEnv(text)` -> names and values by turns.
fn parse_env<'s>(scope: &mut Scope<'s, '_>, args: Args<'s>, mut result: Ret<'_>) {
    let text = args.get(0).to_rust_string_lossy(scope);
    let flat = crate::cli::parse_env(&text)
        .into_iter()
        .flat_map(|(name, value)| [name, value]);
    let flat: Vec<_> = flat.map(|text| string(scope, &text).into()).collect();
    result.set(v8::Array::new_with_elements(scope, &flat).into());
}

/// Defines `name(value)` → boolean for each `name => test`.
macro_rules! predicates {
    ($scope:expr, $target:expr, $($name:literal => $test:ident),* $(,)?) => {
        $(method(
            $scope,
            $target,
            $name,
            |_: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>| {
                result.set_bool(args.get(0).$test());
            },
        );)*
    };
}

/// Fills `binding.types`.
pub fn fill_types(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    predicates!(scope, target,
        "isArgumentsObject" => is_arguments_object,
        "isArrayBuffer" => is_array_buffer,
        "isAsyncFunction" => is_async_function,
        "isBigIntObject" => is_big_int_object,
        "isBooleanObject" => is_boolean_object,
        "isDate" => is_date,
        "isExternal" => is_external,
        "isGeneratorFunction" => is_generator_function,
        "isGeneratorObject" => is_generator_object,
        "isMap" => is_map,
        "isMapIterator" => is_map_iterator,
        "isModuleNamespaceObject" => is_module_namespace_object,
        "isNativeError" => is_native_error,
        "isNumberObject" => is_number_object,
        "isPromise" => is_promise,
        "isProxy" => is_proxy,
        "isRegExp" => is_reg_exp,
        "isSet" => is_set,
        "isSetIterator" => is_set_iterator,
        "isSharedArrayBuffer" => is_shared_array_buffer,
        "isStringObject" => is_string_object,
        "isSymbolObject" => is_symbol_object,
        "isWeakMap" => is_weak_map,
        "isWeakSet" => is_weak_set,
    );
    method(scope, target, "isAnyArrayBuffer", is_any_array_buffer);
    method(scope, target, "isBoxedPrimitive", is_boxed_primitive);
}

fn is_any_array_buffer(_: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let value = args.get(0);
    result.set_bool(value.is_array_buffer() || value.is_shared_array_buffer());
}

fn is_boxed_primitive(_: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let value = args.get(0);
    result.set_bool(
        value.is_number_object()
            || value.is_string_object()
            || value.is_boolean_object()
            || value.is_big_int_object()
            || value.is_symbol_object(),
    );
}

/// `getProxyDetails(value)` → `[target, handler]` (both null once revoked), undefined for no proxy;
/// `getProxyDetails(value, false)` → the target.
fn proxy_details(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Ok(proxy) = v8::Local::<v8::Proxy>::try_from(args.get(0)) else {
        return;
    };
    if args.get(1).is_false() {
        result.set(proxy.get_target(scope));
        return;
    }
    let details = [proxy.get_target(scope), proxy.get_handler(scope)];
    result.set(v8::Array::new_with_elements(scope, &details).into());
}

/// `previewEntries(collection, true)` → `[entries, isKeyValue]`, without `true` the entries alone, of a Map, Set, weak collection or of an
/// iterator, which is not moved; undefined for anything else.
fn preview_entries(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Ok(object) = v8::Local::<v8::Object>::try_from(args.get(0)) else {
        return;
    };
    let (Some(entries), is_key_value) = object.preview_entries(scope) else {
        return;
    };
    if args.length() == 1 {
        result.set(entries.into());
        return;
    }
    let is_key_value = v8::Boolean::new(scope, is_key_value).into();
    result.set(v8::Array::new_with_elements(scope, &[entries.into(), is_key_value]).into());
}

/// `getPromiseDetails(promise)` → `[state, result]`; 0 pending, 1 fulfilled, 2 rejected.
fn promise_details(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Ok(promise) = v8::Local::<v8::Promise>::try_from(args.get(0)) else {
        return;
    };
    let (state, value) = match promise.state() {
        v8::PromiseState::Pending => (0, v8::undefined(scope).into()),
        v8::PromiseState::Fulfilled => (1, promise.result(scope)),
        v8::PromiseState::Rejected => (2, promise.result(scope)),
    };
    let state = v8::Integer::new(scope, state).into();
    result.set(v8::Array::new_with_elements(scope, &[state, value]).into());
}

/// `getOwnNonIndexProperties(object, filter)` → keys. `filter` is V8's `PropertyFilter`: 0 all,
/// 2 only enumerable, 16 no symbols.
fn own_keys(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Ok(object) = v8::Local::<v8::Object>::try_from(args.get(0)) else {
        return;
    };
    let bits = args.get(1).uint32_value(scope).unwrap_or(0);
    let mut filter = v8::PropertyFilter::ALL_PROPERTIES;
    if bits & 2 != 0 {
        filter = filter | v8::PropertyFilter::ONLY_ENUMERABLE;
    }
    if bits & 16 != 0 {
        filter = filter | v8::PropertyFilter::SKIP_SYMBOLS;
    }
    let arguments = v8::GetPropertyNamesArgs {
        mode: v8::KeyCollectionMode::OwnOnly,
        property_filter: filter,
        index_filter: v8::IndexFilter::SkipIndices,
        key_conversion: v8::KeyConversionMode::KeepNumbers,
    };
    // None is an exception of a proxy's trap, which is on its way already.
    if let Some(keys) = object.get_property_names(scope, arguments) {
        result.set(keys.into());
    }
}

/// `getConstructorName(object)` → the class's name by the object's map.
fn constructor_name(_: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Ok(object) = v8::Local::<v8::Object>::try_from(args.get(0)) else {
        return;
    };
    result.set(object.get_constructor_name().into());
}

/// `getExternalValue(external)` → its address, a bigint.
fn external_value(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Ok(external) = v8::Local::<v8::External>::try_from(args.get(0)) else {
        return;
    };
    let address = u64::try_from(external.value().addr()).unwrap_or(u64::MAX);
    result.set(v8::BigInt::new_from_u64(scope, address).into());
}

/// `getCallSites(count)` → `[functionName, scriptId, scriptName, line, column]` of each frame above
/// the caller's own, innermost first; line and column count from 1.
fn call_sites(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let count = args.get(0).uint32_value(scope).unwrap_or(0) as usize;
    let sites = v8::Array::new(scope, 0);
    if let Some(stack) = v8::StackTrace::current_stack_trace(scope, count + 1) {
        for index in 1..stack.get_frame_count() {
            let Some(frame) = stack.get_frame(scope, index) else {
                break;
            };
            let site = call_site(scope, frame);
            let at = u32::try_from(index - 1).unwrap_or(u32::MAX);
            sites.set_index(scope, at, site.into());
        }
    }
    result.set(sites.into());
}

fn call_site<'s>(
    scope: &mut Scope<'s, '_>,
    frame: v8::Local<v8::StackFrame>,
) -> v8::Local<'s, v8::Array> {
    let empty = v8::String::empty(scope);
    let function_name = frame.get_function_name(scope).unwrap_or(empty);
    let script_name = frame.get_script_name_or_source_url(scope).unwrap_or(empty);
    let script_id = string(scope, &frame.get_script_id().to_string());
    let number = |value: usize| {
        v8::Integer::new_from_unsigned(scope, u32::try_from(value).unwrap_or(0)).into()
    };
    let (line, column) = (number(frame.get_line_number()), number(frame.get_column()));
    let fields = [
        function_name.into(),
        script_id.into(),
        script_name.into(),
        line,
        column,
    ];
    v8::Array::new_with_elements(scope, &fields)
}

/// `getErrorSource(error)` → `[line's text, column]`, the column from 0, of the top frame of what
/// `Error.captureStackTrace` put on `error`; undefined where the script has no source.
fn error_source(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let message = v8::Exception::create_message(scope, args.get(0));
    let Some(line) = message.get_source_line(scope) else {
        return;
    };
    let column = u32::try_from(message.get_start_column()).unwrap_or(0);
    let column = v8::Integer::new_from_unsigned(scope, column).into();
    result.set(v8::Array::new_with_elements(scope, &[line.into(), column]).into());
}

/// `isInsideNodeModules(frames = 10)` → whether the innermost frame that is not of a built-in lies
/// under a `node_modules` folder.
fn is_inside_node_modules(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let frames = args.get(0).uint32_value(scope).filter(|&count| count > 0);
    let limit = frames.unwrap_or(10) as usize;
    let Some(stack) = v8::StackTrace::current_stack_trace(scope, limit) else {
        return;
    };
    for index in 0..stack.get_frame_count() {
        let Some(name) = stack
            .get_frame(scope, index)
            .and_then(|frame| frame.get_script_name(scope))
        else {
            continue;
        };
        let name = name.to_rust_string_lossy(scope);
        if name.starts_with("node:") {
            continue;
        }
        // Of Windows' names, too, as in Node.
        result.set_bool(name.replace('\\', "/").contains("/node_modules/"));
        return;
    }
    result.set_bool(false);
}
