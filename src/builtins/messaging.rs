//! `binding.messaging`: the structured clone algorithm, by V8's serialiser.

use std::cell::RefCell;
use std::rc::Rc;

use v8::{ValueDeserializerHelper, ValueSerializerHelper};

use super::method;
use crate::engine::string;

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;
type SharedStores = Rc<RefCell<Vec<v8::SharedRef<v8::BackingStore>>>>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "structuredClone", structured_clone);
}

/// What V8 asks while it writes a value.
struct Writer {
    /// `newDataCloneError(message)` → the error to throw.
    new_error: v8::Global<v8::Function>,
    /// The memory of each shared buffer met so far, by its id.
    shared: SharedStores,
}

impl Writer {
    fn refuse(&self, scope: &mut Scope<'_, '_>, message: &str) {
        let message = string(scope, message);
        v8::ValueSerializerImpl::throw_data_clone_error(self, scope, message);
    }
}

impl v8::ValueSerializerImpl for Writer {
    fn throw_data_clone_error<'s>(
        &self,
        scope: &mut Scope<'s, '_>,
        message: v8::Local<'s, v8::String>,
    ) {
        let new_error = v8::Local::new(scope, &self.new_error);
        let receiver = v8::undefined(scope).into();
        if let Some(error) = new_error.call(scope, receiver, &[message.into()]) {
            scope.throw_exception(error);
        }
    }

    fn write_host_object<'s>(
        &self,
        scope: &mut Scope<'s, '_>,
        _object: v8::Local<'s, v8::Object>,
        _serializer: &dyn ValueSerializerHelper,
    ) -> Option<bool> {
        self.refuse(scope, "#<Object> could not be cloned.");
        None
    }

    fn get_shared_array_buffer_id<'s>(
        &self,
        _scope: &mut Scope<'s, '_>,
        buffer: v8::Local<'s, v8::SharedArrayBuffer>,
    ) -> Option<u32> {
        let mut shared = self.shared.borrow_mut();
        shared.push(buffer.get_backing_store());
        u32::try_from(shared.len() - 1).ok()
    }

    fn get_wasm_module_transfer_id(
        &self,
        scope: &mut Scope<'_, '_>,
        _module: v8::Local<v8::WasmModuleObject>,
    ) -> Option<u32> {
        self.refuse(scope, "#<Module> could not be cloned.");
        None
    }
}

/// What V8 asks while it reads the value back.
struct Reader {
    shared: SharedStores,
}

impl v8::ValueDeserializerImpl for Reader {
    fn get_shared_array_buffer_from_id<'s>(
        &self,
        scope: &mut Scope<'s, '_>,
        id: u32,
    ) -> Option<v8::Local<'s, v8::SharedArrayBuffer>> {
        let shared = self.shared.borrow();
        let store = shared.get(usize::try_from(id).ok()?)?;
        Some(v8::SharedArrayBuffer::with_backing_store(scope, store))
    }
}

/// `structuredClone(value, arrayBuffers, newDataCloneError)` → the copy; throws where V8 does.
fn structured_clone(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let new_error: v8::Local<v8::Function> = args
        .get(2)
        .try_into()
        .expect("built-in JavaScript passes a function");
    let new_error = v8::Global::new(scope, new_error);
    let transfer = array_buffers(scope, args.get(1));
    let context = scope.get_current_context();
    let shared = SharedStores::default();

    let writer = Writer {
        new_error,
        shared: shared.clone(),
    };
    let serializer = v8::ValueSerializer::new(scope, Box::new(writer));
    serializer.write_header();
    for (id, buffer) in (0..).zip(&transfer) {
        serializer.transfer_array_buffer(id, *buffer);
    }
    if serializer.write_value(context, args.get(0)) != Some(true) {
        return;
    }
    let data = serializer.release();

    let deserializer = v8::ValueDeserializer::new(scope, Box::new(Reader { shared }), &data);
    for (id, buffer) in (0..).zip(&transfer) {
        let store = buffer.get_backing_store();
        // V8 refused detached and undetachable ones above.
        buffer.detach(None);
        let moved = v8::ArrayBuffer::with_backing_store(scope, &store);
        deserializer.transfer_array_buffer(id, moved);
    }
    if deserializer.read_header(context) != Some(true) {
        return;
    }
    if let Some(copy) = deserializer.read_value(context) {
        result.set(copy);
    }
}

/// The elements of an array that our own JavaScript filled with `ArrayBuffer`s.
fn array_buffers<'s>(
    scope: &mut Scope<'s, '_>,
    list: v8::Local<v8::Value>,
) -> Vec<v8::Local<'s, v8::ArrayBuffer>> {
    let Ok(list) = v8::Local::<v8::Array>::try_from(list) else {
        return Vec::new();
    };
    (0..list.length())
        .filter_map(|index| list.get_index(scope, index)?.try_into().ok())
        .collect()
}
