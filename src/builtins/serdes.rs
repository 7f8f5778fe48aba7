//! `binding.serdes`: V8's value serialiser and deserialiser, step by step, for the classes of
//! `node:v8`. A serialiser is a number to JavaScript, which frees it when its object goes.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use v8::{ValueDeserializerHelper, ValueSerializerHelper};

use super::bytes::view_arg;
use super::method;
use crate::engine::{function_of, string};

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

/// The object whose methods V8 asks, while it works.
type Receiver = Rc<RefCell<Option<v8::Global<v8::Object>>>>;

struct Writing {
    serializer: v8::ValueSerializer<'static>,
    receiver: Receiver,
}

struct Reading {
    // Before the bytes that it reads.
    deserializer: v8::ValueDeserializer<'static>,
    receiver: Receiver,
    bytes: Box<[u8]>,
}

#[derive(Default)]
struct Tables {
    last: u32,
    writing: FxHashMap<u32, Rc<Writing>>,
    reading: FxHashMap<u32, Rc<Reading>>,
}

thread_local! {
    static TABLES: RefCell<Tables> = RefCell::default();
}

/// Frees what the thread's script has not, while its isolate is there.
pub fn clear() {
    drop(TABLES.take());
}

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "newSerializer", new_serializer);
    method(scope, target, "newDeserializer", new_deserializer);
    method(scope, target, "free", free);
    method(scope, target, "writeHeader", write_header);
    method(scope, target, "writeValue", write_value);
    method(scope, target, "releaseBuffer", release_buffer);
    method(scope, target, "transferArrayBuffer", transfer_array_buffer);
    method(scope, target, "writeUint32", write_uint32);
    method(scope, target, "writeUint64", write_uint64);
    method(scope, target, "writeDouble", write_double);
    method(scope, target, "writeRawBytes", write_raw_bytes);
    method(
        scope,
        target,
        "setTreatArrayBufferViewsAsHostObjects",
        treat_views,
    );
    method(scope, target, "readHeader", read_header);
    method(scope, target, "readValue", read_value);
    method(scope, target, "receiveArrayBuffer", receive_array_buffer);
    method(scope, target, "readUint32", read_uint32);
    method(scope, target, "readUint64", read_uint64);
    method(scope, target, "readDouble", read_double);
    method(scope, target, "readRawBytes", read_raw_bytes);
    method(scope, target, "getWireFormatVersion", wire_format_version);
}

/// What V8 asks while it writes a value.
struct Writer {
    receiver: Receiver,
}

impl Writer {
    fn receiver<'s>(&self, scope: &mut Scope<'s, '_>) -> Option<v8::Local<'s, v8::Object>> {
        let receiver = self.receiver.borrow();
        receiver
            .as_ref()
            .map(|receiver| v8::Local::new(scope, receiver))
    }

    /// Throws what `_getDataCloneError` makes of a message.
    fn refuse(&self, scope: &mut Scope<'_, '_>, message: v8::Local<'_, v8::String>) {
        let made = self.receiver(scope).and_then(|receiver| {
            let make = function_of(scope, receiver, "_getDataCloneError")?;
            make.call(scope, receiver.into(), &[message.into()])
        });
        if let Some(error) = made {
            scope.throw_exception(error);
        }
    }

    fn refuse_object(&self, scope: &mut Scope<'_, '_>, object: v8::Local<'_, v8::Value>) {
        let text = object.to_detail_string(scope);
        let text = text.map_or_else(String::new, |text| text.to_rust_string_lossy(scope));
        let message = string(scope, &format!("{text} could not be cloned."));
        self.refuse(scope, message);
    }
}

impl v8::ValueSerializerImpl for Writer {
    fn throw_data_clone_error<'s>(
        &self,
        scope: &mut Scope<'s, '_>,
        message: v8::Local<'s, v8::String>,
    ) {
        self.refuse(scope, message);
    }

    fn write_host_object<'s>(
        &self,
        scope: &mut Scope<'s, '_>,
        object: v8::Local<'s, v8::Object>,
        _serializer: &dyn ValueSerializerHelper,
    ) -> Option<bool> {
        let receiver = self.receiver(scope)?;
        if let Some(write) = function_of(scope, receiver, "_writeHostObject") {
            return write
                .call(scope, receiver.into(), &[object.into()])
                .map(|_| true);
        }
        self.refuse_object(scope, object.into());
        None
    }

    fn get_shared_array_buffer_id<'s>(
        &self,
        scope: &mut Scope<'s, '_>,
        buffer: v8::Local<'s, v8::SharedArrayBuffer>,
    ) -> Option<u32> {
        let receiver = self.receiver(scope)?;
        if let Some(id) = function_of(scope, receiver, "_getSharedArrayBufferId") {
            return id
                .call(scope, receiver.into(), &[buffer.into()])?
                .uint32_value(scope);
        }
        self.refuse_object(scope, buffer.into());
        None
    }

    fn get_wasm_module_transfer_id(
        &self,
        scope: &mut Scope<'_, '_>,
        module: v8::Local<v8::WasmModuleObject>,
    ) -> Option<u32> {
        self.refuse_object(scope, module.into());
        None
    }
}

/// What V8 asks while it reads one.
struct Reader {
    receiver: Receiver,
}

impl v8::ValueDeserializerImpl for Reader {
    fn read_host_object<'s>(
        &self,
        scope: &mut Scope<'s, '_>,
        _deserializer: &dyn ValueDeserializerHelper,
    ) -> Option<v8::Local<'s, v8::Object>> {
        let receiver = {
            let receiver = self.receiver.borrow();
            v8::Local::new(scope, receiver.as_ref()?)
        };
        // V8 has none run while it reads, but for this.
        v8::allow_javascript_execution_scope!(let scope, scope);
        let read = function_of(scope, receiver, "_readHostObject");
        let object = match read {
            Some(read) => read.call(scope, receiver.into(), &[])?.try_into().ok(),
            None => None,
        };
        if object.is_none() {
            let text = if read.is_some() {
                "readHostObject must return an object"
            } else {
                "Unable to deserialize cloned data."
            };
            let text = string(scope, text);
            let error = v8::Exception::type_error(scope, text);
            scope.throw_exception(error);
        }
        object
    }
}

fn add<T>(
    scope: &mut Scope<'_, '_>,
    result: &mut Ret<'_>,
    put: impl FnOnce(&mut Tables, u32) -> T,
) {
    let _ = scope;
    TABLES.with_borrow_mut(|tables| {
        tables.last += 1;
        let id = tables.last;
        put(tables, id);
        result.set_uint32(id);
    });
}

fn writing(scope: &mut Scope<'_, '_>, args: &Args<'_>) -> Option<Rc<Writing>> {
    let id = args.get(0).uint32_value(scope)?;
    TABLES.with_borrow(|tables| tables.writing.get(&id).cloned())
}

fn reading(scope: &mut Scope<'_, '_>, args: &Args<'_>) -> Option<Rc<Reading>> {
    let id = args.get(0).uint32_value(scope)?;
    TABLES.with_borrow(|tables| tables.reading.get(&id).cloned())
}

/// Calls `work` while V8 may ask `receiver`, which may call in again.
fn asking<T>(
    scope: &mut Scope<'_, '_>,
    slot: &Receiver,
    receiver: v8::Local<'_, v8::Value>,
    work: impl FnOnce(&mut Scope<'_, '_>) -> T,
) -> T {
    let receiver = v8::Local::<v8::Object>::try_from(receiver).ok();
    let receiver = receiver.map(|receiver| v8::Global::new(scope, receiver));
    let outer = slot.replace(receiver);
    let done = work(scope);
    slot.replace(outer);
    done
}

/// `newSerializer()` → its number.
fn new_serializer(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let receiver = Receiver::default();
    let writer = Writer {
        receiver: receiver.clone(),
    };
    let serializer = v8::ValueSerializer::new(scope, Box::new(writer));
    let writing = Rc::new(Writing {
        serializer,
        receiver,
    });
    add(scope, &mut result, |tables, id| {
        tables.writing.insert(id, writing)
    });
}

/// `newDeserializer(view)` → its number. The bytes are copied.
fn new_deserializer(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let view = view_arg(&args, 0);
    let mut bytes = vec![0; view.byte_length()];
    view.copy_contents(&mut bytes);
    let bytes = bytes.into_boxed_slice();
    let receiver = Receiver::default();
    let reader = Reader {
        receiver: receiver.clone(),
    };
    let deserializer = v8::ValueDeserializer::new(scope, Box::new(reader), &bytes);
    let reading = Rc::new(Reading {
        deserializer,
        receiver,
        bytes,
    });
    add(scope, &mut result, |tables, id| {
        tables.reading.insert(id, reading)
    });
}

/// `free(number)`.
fn free(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let id = args.get(0).uint32_value(scope).unwrap_or(0);
    let gone =
        TABLES.with_borrow_mut(|tables| (tables.writing.remove(&id), tables.reading.remove(&id)));
    drop(gone);
}

/// `writeHeader(number)`.
fn write_header(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    if let Some(writing) = writing(scope, &args) {
        writing.serializer.write_header();
    }
}

/// `writeValue(number, value, receiver)` → true; throws where V8 does.
fn write_value(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Some(writing) = writing(scope, &args) else {
        return;
    };
    let value = args.get(1);
    let written = asking(scope, &writing.receiver, args.get(2), |scope| {
        let context = scope.get_current_context();
        ValueSerializerHelper::write_value(&writing.serializer, context, value)
    });
    if let Some(written) = written {
        result.set_bool(written);
    }
}

/// `releaseBuffer(number)` → an `ArrayBuffer`.
fn release_buffer(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    if let Some(writing) = writing(scope, &args) {
        let bytes = writing.serializer.release();
        let store = v8::ArrayBuffer::new_backing_store_from_vec(bytes).make_shared();
        result.set(v8::ArrayBuffer::with_backing_store(scope, &store).into());
    }
}

/// `transferArrayBuffer(number, id, arrayBuffer)`.
fn transfer_array_buffer(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let id = args.get(1).uint32_value(scope).unwrap_or(0);
    if let Some(writing) = writing(scope, &args)
        && let Ok(buffer) = args.get(2).try_into()
    {
        writing.serializer.transfer_array_buffer(id, buffer);
    }
}

/// `writeUint32(number, value)`.
fn write_uint32(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let value = args.get(1).uint32_value(scope);
    if let (Some(writing), Some(value)) = (writing(scope, &args), value) {
        writing.serializer.write_uint32(value);
    }
}

/// `writeUint64(number, high, low)`.
fn write_uint64(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let [high, low] = [1, 2].map(|index| args.get(index).uint32_value(scope).unwrap_or(0));
    if let Some(writing) = writing(scope, &args) {
        let value = u64::from(high) << 32 | u64::from(low);
        writing.serializer.write_uint64(value);
    }
}

/// `writeDouble(number, value)`.
fn write_double(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let value = args.get(1).number_value(scope);
    if let (Some(writing), Some(value)) = (writing(scope, &args), value) {
        writing.serializer.write_double(value);
    }
}

/// `writeRawBytes(number, view)`.
fn write_raw_bytes(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    if let Some(writing) = writing(scope, &args) {
        let view = view_arg(&args, 1);
        let mut bytes = vec![0; view.byte_length()];
        view.copy_contents(&mut bytes);
        writing.serializer.write_raw_bytes(&bytes);
    }
}

/// `setTreatArrayBufferViewsAsHostObjects(number, on)`.
fn treat_views(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    if let Some(writing) = writing(scope, &args) {
        let on = args.get(1).boolean_value(scope);
        writing
            .serializer
            .set_treat_array_buffer_views_as_host_objects(on);
    }
}

/// `readHeader(number)` → whether it is one; throws where V8 does.
fn read_header(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    if let Some(reading) = reading(scope, &args) {
        let context = scope.get_current_context();
        if let Some(read) = reading.deserializer.read_header(context) {
            result.set_bool(read);
        }
    }
}

/// `readValue(number, receiver)` → the value; throws where V8 does.
fn read_value(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Some(reading) = reading(scope, &args) else {
        return;
    };
    let receiver = v8::Local::<v8::Object>::try_from(args.get(1)).ok();
    let receiver = receiver.map(|receiver| v8::Global::new(scope, receiver));
    let outer = reading.receiver.replace(receiver);
    let context = scope.get_current_context();
    let value = ValueDeserializerHelper::read_value(&reading.deserializer, context);
    reading.receiver.replace(outer);
    if let Some(value) = value {
        result.set(value);
    }
}

/// `receiveArrayBuffer(number, id, arrayBuffer)`, which may be a shared one.
fn receive_array_buffer(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let id = args.get(1).uint32_value(scope).unwrap_or(0);
    let Some(reading) = reading(scope, &args) else {
        return;
    };
    if let Ok(buffer) = v8::Local::<v8::ArrayBuffer>::try_from(args.get(2)) {
        reading.deserializer.transfer_array_buffer(id, buffer);
    } else if let Ok(buffer) = v8::Local::<v8::SharedArrayBuffer>::try_from(args.get(2)) {
        reading
            .deserializer
            .transfer_shared_array_buffer(id, buffer);
    }
}

/// `readUint32(number)` → the value, or undefined at the end.
fn read_uint32(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let mut value = 0;
    if let Some(reading) = reading(scope, &args)
        && reading.deserializer.read_uint32(&mut value)
    {
        result.set_uint32(value);
    }
}

/// `readUint64(number)` → `[high, low]`, or undefined at the end.
fn read_uint64(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let mut value = 0;
    if let Some(reading) = reading(scope, &args)
        && reading.deserializer.read_uint64(&mut value)
    {
        let [high, low] = [value >> 32, value & 0xffff_ffff].map(|half| {
            let half = u32::try_from(half).unwrap_or(0);
            v8::Integer::new_from_unsigned(scope, half).into()
        });
        result.set(v8::Array::new_with_elements(scope, &[high, low]).into());
    }
}

/// `readDouble(number)` → the value, or undefined at the end.
fn read_double(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let mut value = 0.0;
    if let Some(reading) = reading(scope, &args)
        && reading.deserializer.read_double(&mut value)
    {
        result.set_double(value);
    }
}

/// `readRawBytes(number, length)` → where they begin in the bytes that were given, or undefined
/// where there are not as many.
fn read_raw_bytes(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let length = args.get(1).uint32_value(scope).unwrap_or(0);
    let Some(reading) = reading(scope, &args) else {
        return;
    };
    if length == 0 && reading.bytes.is_empty() {
        // V8 has no address for nothing.
        result.set_uint32(0);
        return;
    }
    if let Some(bytes) = reading.deserializer.read_raw_bytes(length as usize) {
        let offset = bytes.as_ptr().addr() - reading.bytes.as_ptr().addr();
        #[expect(clippy::cast_precision_loss, reason = "below 2^53 bytes")]
        result.set_double(offset as f64);
    }
}

/// `getWireFormatVersion(number)`.
fn wire_format_version(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    if let Some(reading) = reading(scope, &args) {
        result.set_uint32(reading.deserializer.get_wire_format_version());
    }
}
