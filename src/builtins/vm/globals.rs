//! The global object of a context that `vm.createContext(object)` makes: what scripts in it read,
//! set, define and delete goes to `object`, as in Node (`node_contextify`).
#![expect(unsafe_code, reason = "V8's C++ API by its symbols")]

use v8::{Intercepted, PropertyAttribute};

type Args<'s> = v8::PropertyCallbackArguments<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;
type Local<'s, T> = v8::Local<'s, T>;

unsafe extern "C" {
    // The `v8` crate does not bind them. `Local`s are passed as pointers; empty ones are null.
    #[link_name = "_ZN2v86Object20GetRealNamedPropertyENS_5LocalINS_7ContextEEENS1_INS_4NameEEE"]
    fn get_real_named_property(
        object: *const v8::Object,
        context: *const v8::Context,
        key: *const v8::Name,
    ) -> *const v8::Value;
    // `Maybe<PropertyAttribute>`, which goes through a register: a flag and, after padding, a number.
    #[link_name = "_ZN2v86Object30GetRealNamedPropertyAttributesENS_5LocalINS_7ContextEEENS1_INS_4NameEEE"]
    fn get_real_named_property_attributes(
        object: *const v8::Object,
        context: *const v8::Context,
        key: *const v8::Name,
    ) -> u64;
}

/// A property of `object` or its prototypes, past all interceptors.
fn real_property<'s>(
    scope: &mut Scope<'s, '_>,
    object: Local<'s, v8::Object>,
    key: Local<'s, v8::Name>,
) -> Option<Local<'s, v8::Value>> {
    let context = scope.get_current_context();
    // SAFETY: handles of open scopes; the symbol is of the pinned crate's header.
    let value = unsafe {
        get_real_named_property(&raw const *object, &raw const *context, &raw const *key)
    };
    // SAFETY: null, or a handle that V8 has just made in the innermost handle scope, which is `scope`.
    unsafe { std::mem::transmute::<*const v8::Value, Option<Local<'s, v8::Value>>>(value) }
}

/// The attributes of that property, where there is one.
fn real_attributes<'s>(
    scope: &mut Scope<'s, '_>,
    object: Local<'s, v8::Object>,
    key: Local<'s, v8::Name>,
) -> Option<u32> {
    let context = scope.get_current_context();
    // SAFETY: as above.
    let found = unsafe {
        get_real_named_property_attributes(&raw const *object, &raw const *context, &raw const *key)
    };
    (found & 1 != 0).then_some((found >> 32) as u32)
}

fn is(attributes: Option<u32>, flag: PropertyAttribute) -> bool {
    attributes.is_some_and(|attributes| attributes & flag.as_u32() != 0)
}

/// The template of the global object whose properties are those of `object`.
pub fn template<'s>(
    scope: &mut Scope<'s, '_>,
    object: Local<'s, v8::Object>,
) -> Local<'s, v8::ObjectTemplate> {
    let template = v8::ObjectTemplate::new(scope);
    template.set_named_property_handler(
        v8::NamedPropertyHandlerConfiguration::new()
            .getter(get)
            .setter(set)
            .query(query)
            .deleter(delete)
            .enumerator(enumerate_names)
            .definer(define)
            .descriptor(describe)
            .data(object.into()),
    );
    template.set_indexed_property_handler(
        v8::IndexedPropertyHandlerConfiguration::new()
            .getter(get_index)
            .setter(set_index)
            .query(query_index)
            .deleter(delete_index)
            .enumerator(enumerate_indices)
            .definer(define_index)
            .descriptor(describe_index)
            .data(object.into()),
    );
    template
}

/// The object, and the global object's proxy; none while the context is being made.
fn sides<'s>(
    scope: &mut Scope<'s, '_>,
    args: &Args<'s>,
) -> Option<(Local<'s, v8::Object>, Local<'s, v8::Object>)> {
    let object: Local<v8::Object> = args.data().try_into().ok()?;
    let global = super::global_of(scope, object)?;
    Some((object, global))
}

fn name_of<'s>(scope: &mut Scope<'s, '_>, index: u32) -> Option<Local<'s, v8::Name>> {
    let name = v8::Integer::new_from_unsigned(scope, index).to_string(scope)?;
    Some(name.into())
}

fn get<'s>(
    scope: &mut Scope<'s, '_>,
    key: Local<'s, v8::Name>,
    args: Args<'s>,
    mut result: v8::ReturnValue<v8::Value>,
) -> Intercepted {
    let Some((object, global)) = sides(scope, &args) else {
        return Intercepted::kNo;
    };
    v8::tc_scope!(let scope, scope);
    let value = real_property(scope, object, key).or_else(|| {
        if scope.has_caught() {
            None
        } else {
            real_property(scope, global, key)
        }
    });
    if scope.has_caught() {
        scope.rethrow();
        return Intercepted::kYes;
    }
    match value {
        Some(value) => {
            result.set(if value == object {
                global.into()
            } else {
                value
            });
            Intercepted::kYes
        }
        None => Intercepted::kNo,
    }
}

fn set<'s>(
    scope: &mut Scope<'s, '_>,
    key: Local<'s, v8::Name>,
    value: Local<'s, v8::Value>,
    args: Args<'s>,
    _result: v8::ReturnValue<v8::Boolean>,
) -> Intercepted {
    let Some((object, global)) = sides(scope, &args) else {
        return Intercepted::kNo;
    };
    let on_global = real_attributes(scope, global, key);
    let on_object = real_attributes(scope, object, key);
    if is(on_global, PropertyAttribute::READ_ONLY) || is(on_object, PropertyAttribute::READ_ONLY) {
        return Intercepted::kNo;
    }
    let declared = on_global.is_some() || on_object.is_some();
    // Node also refuses `x = 1` in strict mode where nothing declares `x`, but not `this.x = 1`. This
    // V8 does not say which of the two it is; both set the property here.
    if !declared && key.is_symbol() {
        return Intercepted::kNo;
    }
    if object.set(scope, key.into(), value).is_none() {
        return Intercepted::kYes;
    }
    // An accessor has done its part; else the global object gets a property, too.
    if on_object.is_some() && has_accessor(scope, object, key) {
        return Intercepted::kYes;
    }
    Intercepted::kNo
}

fn has_accessor<'s>(
    scope: &mut Scope<'s, '_>,
    object: Local<'s, v8::Object>,
    key: Local<'s, v8::Name>,
) -> bool {
    let descriptor: Option<Local<v8::Object>> = object
        .get_own_property_descriptor(scope, key)
        .and_then(|descriptor| descriptor.try_into().ok());
    let Some(descriptor) = descriptor else {
        return false;
    };
    ["get", "set"].iter().any(|name| {
        let name = crate::engine::string(scope, name);
        descriptor.has_own_property(scope, name.into()) == Some(true)
    })
}

fn query<'s>(
    scope: &mut Scope<'s, '_>,
    key: Local<'s, v8::Name>,
    args: Args<'s>,
    mut result: v8::ReturnValue<v8::Integer>,
) -> Intercepted {
    let Some((object, global)) = sides(scope, &args) else {
        return Intercepted::kNo;
    };
    let found = real_attributes(scope, object, key).or_else(|| real_attributes(scope, global, key));
    match found {
        Some(attributes) => {
            result.set_uint32(attributes);
            Intercepted::kYes
        }
        None => Intercepted::kNo,
    }
}

fn delete<'s>(
    scope: &mut Scope<'s, '_>,
    key: Local<'s, v8::Name>,
    args: Args<'s>,
    mut result: v8::ReturnValue<v8::Boolean>,
) -> Intercepted {
    let Some((object, _)) = sides(scope, &args) else {
        return Intercepted::kNo;
    };
    if object.delete(scope, key.into()) == Some(true) {
        return Intercepted::kNo;
    }
    result.set_bool(false);
    Intercepted::kYes
}

fn define<'s>(
    scope: &mut Scope<'s, '_>,
    key: Local<'s, v8::Name>,
    wanted: &v8::PropertyDescriptor,
    args: Args<'s>,
    _result: v8::ReturnValue<v8::Boolean>,
) -> Intercepted {
    let Some((object, global)) = sides(scope, &args) else {
        return Intercepted::kNo;
    };
    let on_global = real_attributes(scope, global, key);
    if is(on_global, PropertyAttribute::READ_ONLY) && is(on_global, PropertyAttribute::DONT_DELETE)
    {
        return Intercepted::kNo;
    }
    let undefined: Local<v8::Value> = v8::undefined(scope).into();
    let mut descriptor = if wanted.has_get() || wanted.has_set() {
        let get = if wanted.has_get() {
            wanted.get()
        } else {
            undefined
        };
        let set = if wanted.has_set() {
            wanted.set()
        } else {
            undefined
        };
        v8::PropertyDescriptor::new_from_get_set(get, set)
    } else {
        let value = if wanted.has_value() {
            wanted.value()
        } else {
            undefined
        };
        if wanted.has_writable() {
            v8::PropertyDescriptor::new_from_value_writable(value, wanted.writable())
        } else {
            v8::PropertyDescriptor::new_from_value(value)
        }
    };
    if wanted.has_enumerable() {
        descriptor.set_enumerable(wanted.enumerable());
    }
    if wanted.has_configurable() {
        descriptor.set_configurable(wanted.configurable());
    }
    // The global object is asked, too, and says what the outcome is.
    let _ = object.define_property(scope, key, &descriptor);
    Intercepted::kNo
}

fn describe<'s>(
    scope: &mut Scope<'s, '_>,
    key: Local<'s, v8::Name>,
    args: Args<'s>,
    mut result: v8::ReturnValue<v8::Value>,
) -> Intercepted {
    let Some((object, _)) = sides(scope, &args) else {
        return Intercepted::kNo;
    };
    if object.has_own_property(scope, key) == Some(true)
        && let Some(descriptor) = object.get_own_property_descriptor(scope, key)
    {
        result.set(descriptor);
        return Intercepted::kYes;
    }
    Intercepted::kNo
}

fn enumerate_names<'s>(
    scope: &mut Scope<'s, '_>,
    args: Args<'s>,
    mut result: v8::ReturnValue<v8::Array>,
) {
    let Some((object, _)) = sides(scope, &args) else {
        return;
    };
    let names = object.get_property_names(
        scope,
        v8::GetPropertyNamesArgs {
            mode: v8::KeyCollectionMode::OwnOnly,
            property_filter: v8::PropertyFilter::ALL_PROPERTIES,
            index_filter: v8::IndexFilter::SkipIndices,
            key_conversion: v8::KeyConversionMode::NoNumbers,
        },
    );
    if let Some(names) = names {
        result.set(names);
    }
}

fn enumerate_indices<'s>(
    scope: &mut Scope<'s, '_>,
    args: Args<'s>,
    mut result: v8::ReturnValue<v8::Array>,
) {
    let Some((object, _)) = sides(scope, &args) else {
        return;
    };
    let names = object.get_property_names(
        scope,
        v8::GetPropertyNamesArgs {
            mode: v8::KeyCollectionMode::OwnOnly,
            property_filter: v8::PropertyFilter::SKIP_SYMBOLS,
            index_filter: v8::IndexFilter::IncludeIndices,
            key_conversion: v8::KeyConversionMode::KeepNumbers,
        },
    );
    let Some(names) = names else {
        return;
    };
    let mut indices = Vec::new();
    for i in 0..names.length() {
        if let Some(name) = names.get_index(scope, i)
            && name.is_uint32()
        {
            indices.push(name);
        }
    }
    result.set(v8::Array::new_with_elements(scope, &indices));
}

fn get_index<'s>(
    scope: &mut Scope<'s, '_>,
    index: u32,
    args: Args<'s>,
    result: v8::ReturnValue<v8::Value>,
) -> Intercepted {
    match name_of(scope, index) {
        Some(key) => get(scope, key, args, result),
        None => Intercepted::kNo,
    }
}

fn set_index<'s>(
    scope: &mut Scope<'s, '_>,
    index: u32,
    value: Local<'s, v8::Value>,
    args: Args<'s>,
    result: v8::ReturnValue<v8::Boolean>,
) -> Intercepted {
    match name_of(scope, index) {
        Some(key) => set(scope, key, value, args, result),
        None => Intercepted::kNo,
    }
}

fn query_index<'s>(
    scope: &mut Scope<'s, '_>,
    index: u32,
    args: Args<'s>,
    result: v8::ReturnValue<v8::Integer>,
) -> Intercepted {
    match name_of(scope, index) {
        Some(key) => query(scope, key, args, result),
        None => Intercepted::kNo,
    }
}

fn delete_index<'s>(
    scope: &mut Scope<'s, '_>,
    index: u32,
    args: Args<'s>,
    result: v8::ReturnValue<v8::Boolean>,
) -> Intercepted {
    match name_of(scope, index) {
        Some(key) => delete(scope, key, args, result),
        None => Intercepted::kNo,
    }
}

fn define_index<'s>(
    scope: &mut Scope<'s, '_>,
    index: u32,
    wanted: &v8::PropertyDescriptor,
    args: Args<'s>,
    result: v8::ReturnValue<v8::Boolean>,
) -> Intercepted {
    match name_of(scope, index) {
        Some(key) => define(scope, key, wanted, args, result),
        None => Intercepted::kNo,
    }
}

fn describe_index<'s>(
    scope: &mut Scope<'s, '_>,
    index: u32,
    args: Args<'s>,
    result: v8::ReturnValue<v8::Value>,
) -> Intercepted {
    match name_of(scope, index) {
        Some(key) => describe(scope, key, args, result),
        None => Intercepted::kNo,
    }
}
