//! The global object of a `vm` context: its properties are those of the object that the script gave,
//! and behind them JavaScript's own. V8 asks these interceptors at every access.

use v8::Intercepted::{self, kNo, kYes};
use v8::PropertyCallbackArguments as Args;
use v8::{Local, Name, PropertyDescriptor, ReturnValue, Value};

type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

/// How the context of `sandbox` is made. The array is `[sandbox, global]`, whose second element the
/// caller sets.
pub fn options<'s>(
    scope: &mut Scope<'s, '_>,
    sandbox: Local<'s, v8::Object>,
) -> (v8::ContextOptions<'s>, Local<'s, v8::Array>) {
    let undefined = v8::undefined(scope).into();
    let parts = v8::Array::new_with_elements(scope, &[sandbox.into(), undefined]);
    let template = v8::ObjectTemplate::new(scope);
    template.set_named_property_handler(
        v8::NamedPropertyHandlerConfiguration::new()
            .getter(get)
            .setter(set)
            .query(query)
            .deleter(delete)
            .enumerator(names)
            .definer(define)
            .descriptor(describe)
            .flags(v8::PropertyHandlerFlags::HAS_NO_SIDE_EFFECT)
            .data(parts.into()),
    );
    template.set_indexed_property_handler(
        v8::IndexedPropertyHandlerConfiguration::new()
            .getter(get_index)
            .setter(set_index)
            .query(query_index)
            .deleter(delete_index)
            .enumerator(indices)
            .definer(define_index)
            .descriptor(describe_index)
            .flags(v8::PropertyHandlerFlags::HAS_NO_SIDE_EFFECT)
            .data(parts.into()),
    );
    let options = v8::ContextOptions {
        global_template: Some(template),
        ..Default::default()
    };
    (options, parts)
}

fn name_of<'s>(scope: &mut Scope<'s, '_>, index: u32) -> Local<'s, Name> {
    crate::engine::string(scope, &index.to_string()).into()
}

fn get_index<'s>(
    scope: &mut Scope<'s, '_>,
    index: u32,
    args: Args<'s>,
    result: ReturnValue<Value>,
) -> Intercepted {
    let name = name_of(scope, index);
    get(scope, name, args, result)
}

fn set_index<'s>(
    scope: &mut Scope<'s, '_>,
    index: u32,
    value: Local<'s, Value>,
    args: Args<'s>,
    result: ReturnValue<v8::Boolean>,
) -> Intercepted {
    let name = name_of(scope, index);
    set(scope, name, value, args, result)
}

fn query_index<'s>(
    scope: &mut Scope<'s, '_>,
    index: u32,
    args: Args<'s>,
    result: ReturnValue<v8::Integer>,
) -> Intercepted {
    let name = name_of(scope, index);
    query(scope, name, args, result)
}

fn delete_index<'s>(
    scope: &mut Scope<'s, '_>,
    index: u32,
    args: Args<'s>,
    result: ReturnValue<v8::Boolean>,
) -> Intercepted {
    let name = name_of(scope, index);
    delete(scope, name, args, result)
}

fn define_index<'s>(
    scope: &mut Scope<'s, '_>,
    index: u32,
    descriptor: &PropertyDescriptor,
    args: Args<'s>,
    result: ReturnValue<v8::Boolean>,
) -> Intercepted {
    let name = name_of(scope, index);
    define(scope, name, descriptor, args, result)
}

fn describe_index<'s>(
    scope: &mut Scope<'s, '_>,
    index: u32,
    args: Args<'s>,
    result: ReturnValue<Value>,
) -> Intercepted {
    let name = name_of(scope, index);
    describe(scope, name, args, result)
}

/// The sandbox and the global object; `None` while the context is being made.
fn parts<'s>(
    scope: &mut Scope<'s, '_>,
    args: &Args<'s>,
) -> Option<(Local<'s, v8::Object>, Local<'s, v8::Object>)> {
    let parts: Local<v8::Array> = args.data().try_into().ok()?;
    let sandbox = parts.get_index(scope, 0)?.try_into().ok()?;
    let global = parts.get_index(scope, 1)?.try_into().ok()?;
    Some((sandbox, global))
}

fn get<'s>(
    scope: &mut Scope<'s, '_>,
    name: Local<'s, Name>,
    args: Args<'s>,
    mut result: ReturnValue<Value>,
) -> Intercepted {
    let Some((sandbox, global)) = parts(scope, &args) else {
        return kNo;
    };
    let value = sandbox
        .get_real_named_property(scope, name)
        .or_else(|| global.get_real_named_property(scope, name));
    let Some(value) = value else { return kNo };
    // Where it names itself it is the global object.
    result.set(if value.strict_equals(sandbox.into()) {
        global.into()
    } else {
        value
    });
    kYes
}

fn set<'s>(
    scope: &mut Scope<'s, '_>,
    name: Local<'s, Name>,
    value: Local<'s, Value>,
    args: Args<'s>,
    mut result: ReturnValue<v8::Boolean>,
) -> Intercepted {
    let Some((sandbox, global)) = parts(scope, &args) else {
        return kNo;
    };
    let on_global = global.get_real_named_property_attributes(scope, name);
    let on_sandbox = sandbox.get_real_named_property_attributes(scope, name);
    let is_read_only = [&on_global, &on_sandbox]
        .into_iter()
        .flatten()
        .any(v8::PropertyAttribute::is_read_only);
    if is_read_only || (on_global.is_none() && on_sandbox.is_none() && name.is_symbol()) {
        return kNo;
    }
    if sandbox.set(scope, name.into(), value).is_none() {
        return kNo;
    }
    // An accessor has had the value: the global object gets no property of its own.
    if on_sandbox.is_some() && is_accessor(scope, sandbox, name) {
        result.set_bool(true);
        return kYes;
    }
    kNo
}

fn is_accessor<'s>(
    scope: &mut Scope<'s, '_>,
    sandbox: Local<'s, v8::Object>,
    name: Local<'s, Name>,
) -> bool {
    let descriptor = sandbox.get_own_property_descriptor(scope, name);
    let Some(Ok(descriptor)) = descriptor.map(Local::<v8::Object>::try_from) else {
        return false;
    };
    let get = crate::engine::string(scope, "get");
    descriptor.has_own_property(scope, get.into()) == Some(true)
}

fn query<'s>(
    scope: &mut Scope<'s, '_>,
    name: Local<'s, Name>,
    args: Args<'s>,
    mut result: ReturnValue<v8::Integer>,
) -> Intercepted {
    let Some((sandbox, global)) = parts(scope, &args) else {
        return kNo;
    };
    for object in [sandbox, global] {
        if object.has_real_named_property(scope, name) == Some(true) {
            let attributes = object.get_real_named_property_attributes(scope, name);
            let attributes = attributes.unwrap_or(v8::PropertyAttribute::NONE);
            result.set_uint32(attributes.as_u32());
            return kYes;
        }
    }
    kNo
}

fn describe<'s>(
    scope: &mut Scope<'s, '_>,
    name: Local<'s, Name>,
    args: Args<'s>,
    mut result: ReturnValue<Value>,
) -> Intercepted {
    let Some((sandbox, _)) = parts(scope, &args) else {
        return kNo;
    };
    if sandbox.has_own_property(scope, name) != Some(true) {
        return kNo;
    }
    let Some(descriptor) = sandbox.get_own_property_descriptor(scope, name) else {
        return kNo;
    };
    result.set(descriptor);
    kYes
}

/// The property goes to the sandbox, and V8 puts it on the global object as well.
fn define<'s>(
    scope: &mut Scope<'s, '_>,
    name: Local<'s, Name>,
    descriptor: &PropertyDescriptor,
    args: Args<'s>,
    _result: ReturnValue<v8::Boolean>,
) -> Intercepted {
    let Some((sandbox, global)) = parts(scope, &args) else {
        return kNo;
    };
    // What is fixed on the global object is changed nowhere.
    let attributes = global.get_real_named_property_attributes(scope, name);
    if attributes.is_some_and(|attributes| attributes.is_read_only() && attributes.is_dont_delete())
    {
        return kNo;
    }
    let undefined: Local<Value> = v8::undefined(scope).into();
    let mut copy = if descriptor.has_get() || descriptor.has_set() {
        PropertyDescriptor::new_from_get_set(
            if descriptor.has_get() {
                descriptor.get()
            } else {
                undefined
            },
            if descriptor.has_set() {
                descriptor.set()
            } else {
                undefined
            },
        )
    } else {
        let value = if descriptor.has_value() {
            descriptor.value()
        } else {
            undefined
        };
        if descriptor.has_writable() {
            PropertyDescriptor::new_from_value_writable(value, descriptor.writable())
        } else {
            PropertyDescriptor::new_from_value(value)
        }
    };
    if descriptor.has_enumerable() {
        copy.set_enumerable(descriptor.enumerable());
    }
    if descriptor.has_configurable() {
        copy.set_configurable(descriptor.configurable());
    }
    sandbox.define_property(scope, name, &copy);
    kNo
}

fn delete<'s>(
    scope: &mut Scope<'s, '_>,
    name: Local<'s, Name>,
    args: Args<'s>,
    mut result: ReturnValue<v8::Boolean>,
) -> Intercepted {
    let Some((sandbox, _)) = parts(scope, &args) else {
        return kNo;
    };
    if sandbox.delete(scope, name.into()) == Some(true) {
        return kNo;
    }
    result.set_bool(false);
    kYes
}

fn own_keys<'s>(
    scope: &mut Scope<'s, '_>,
    args: &Args<'s>,
    filter: v8::IndexFilter,
) -> Option<Local<'s, v8::Array>> {
    let (sandbox, _) = parts(scope, args)?;
    let wanted = v8::GetPropertyNamesArgsBuilder::new()
        .mode(v8::KeyCollectionMode::OwnOnly)
        .property_filter(v8::PropertyFilter::ALL_PROPERTIES)
        .index_filter(filter)
        .key_conversion(v8::KeyConversionMode::KeepNumbers)
        .build();
    sandbox.get_property_names(scope, wanted)
}

/// All of them: V8 asks `query` which are enumerable.
fn names<'s>(scope: &mut Scope<'s, '_>, args: Args<'s>, mut result: ReturnValue<v8::Array>) {
    if let Some(names) = own_keys(scope, &args, v8::IndexFilter::SkipIndices) {
        result.set(names);
    }
}

fn indices<'s>(scope: &mut Scope<'s, '_>, args: Args<'s>, mut result: ReturnValue<v8::Array>) {
    let Some(keys) = own_keys(scope, &args, v8::IndexFilter::IncludeIndices) else {
        return;
    };
    let indices: Vec<Local<Value>> = (0..keys.length())
        .filter_map(|position| keys.get_index(scope, position))
        .filter(|key| key.is_number())
        .collect();
    result.set(v8::Array::new_with_elements(scope, &indices));
}
