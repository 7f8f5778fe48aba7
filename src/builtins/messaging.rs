//! `binding.messaging`: values from one place to another by the structured clone algorithm (V8's
//! serialiser), and the ports they go through.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use v8::{ValueDeserializerHelper, ValueSerializerHelper};

use super::{method, string_arg};
use crate::engine::{JsCallbacks, call_only, drain, host};
use crate::event_loop::Event;
use crate::workers::ports::{Endpoint, Message};

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

/// Messages that one event may deliver at least (Node's `MessagePort::OnMessage`).
const BATCH: usize = 1000;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "structuredClone", structured_clone);
    method(scope, target, "createChannel", create_channel);
    method(scope, target, "joinGroup", join_group);
    method(scope, target, "postMessage", post_message);
    method(scope, target, "receiveMessage", receive_message);
    method(scope, target, "setReceiving", set_receiving);
    method(scope, target, "setReferenced", set_referenced);
    method(scope, target, "closePort", close_port);
    method(scope, target, "drainPort", drain_port);
    method(scope, target, "arePaired", are_paired);
    method(scope, target, "openThreadPort", open_thread_port);
    method(scope, target, "threadPort", thread_port);
}

/// What V8 asks while it writes a value.
#[derive(Default)]
struct Writer {
    /// The symbol under which an object says how it can be cloned, if at all.
    mode: Option<v8::Global<v8::Symbol>>,
    message: Rc<RefCell<Message>>,
}

fn callback<'s>(
    scope: &mut Scope<'s, '_>,
    choose: impl Fn(&JsCallbacks) -> &v8::Global<v8::Function>,
) -> v8::Local<'s, v8::Function> {
    let host = host(scope);
    let callbacks = host.callbacks.get().expect("set when the isolate is made");
    v8::Local::new(scope, choose(callbacks))
}

impl v8::ValueSerializerImpl for Writer {
    fn throw_data_clone_error<'s>(
        &self,
        scope: &mut Scope<'s, '_>,
        message: v8::Local<'s, v8::String>,
    ) {
        let new_error = callback(scope, |callbacks| &callbacks.data_clone_error);
        let receiver = v8::undefined(scope).into();
        if let Some(error) = new_error.call(scope, receiver, &[message.into()]) {
            scope.throw_exception(error);
        }
    }

    fn has_custom_host_object(&self, _isolate: &v8::Isolate) -> bool {
        true
    }

    fn is_host_object<'s>(
        &self,
        scope: &mut Scope<'s, '_>,
        object: v8::Local<'s, v8::Object>,
    ) -> Option<bool> {
        let mode = v8::Local::new(scope, self.mode.as_ref()?);
        Some(!object.get(scope, mode.into())?.is_undefined())
    }

    fn write_host_object<'s>(
        &self,
        scope: &mut Scope<'s, '_>,
        object: v8::Local<'s, v8::Object>,
        serializer: &dyn ValueSerializerHelper,
    ) -> Option<bool> {
        let write = callback(scope, |callbacks| &callbacks.write_host);
        let receiver = v8::undefined(scope).into();
        let what = write.call(scope, receiver, &[object.into()])?;
        let context = scope.get_current_context();
        serializer.write_value(context, what)
    }

    fn get_shared_array_buffer_id<'s>(
        &self,
        _scope: &mut Scope<'s, '_>,
        buffer: v8::Local<'s, v8::SharedArrayBuffer>,
    ) -> Option<u32> {
        let mut message = self.message.borrow_mut();
        message.shared.push(buffer.get_backing_store());
        u32::try_from(message.shared.len() - 1).ok()
    }

    fn get_wasm_module_transfer_id(
        &self,
        _scope: &mut Scope<'_, '_>,
        module: v8::Local<v8::WasmModuleObject>,
    ) -> Option<u32> {
        let mut message = self.message.borrow_mut();
        message.modules.push(Arc::new(module.get_compiled_module()));
        u32::try_from(message.modules.len() - 1).ok()
    }
}

/// What V8 asks while it reads a value.
struct Reader {
    message: Rc<Message>,
}

impl v8::ValueDeserializerImpl for Reader {
    fn read_host_object<'s>(
        &self,
        scope: &mut Scope<'s, '_>,
        deserializer: &dyn ValueDeserializerHelper,
    ) -> Option<v8::Local<'s, v8::Object>> {
        let context = scope.get_current_context();
        let what = deserializer.read_value(context)?;
        // V8 allows no JavaScript while it reads.
        v8::allow_javascript_execution_scope!(let scope, scope);
        let read = callback(scope, |callbacks| &callbacks.read_host);
        let receiver = v8::undefined(scope).into();
        read.call(scope, receiver, &[what])?.try_into().ok()
    }

    fn get_shared_array_buffer_from_id<'s>(
        &self,
        scope: &mut Scope<'s, '_>,
        id: u32,
    ) -> Option<v8::Local<'s, v8::SharedArrayBuffer>> {
        let store = self.message.shared.get(usize::try_from(id).ok()?)?;
        Some(v8::SharedArrayBuffer::with_backing_store(scope, store))
    }

    fn get_wasm_module_from_id<'s>(
        &self,
        scope: &mut Scope<'s, '_>,
        id: u32,
    ) -> Option<v8::Local<'s, v8::WasmModuleObject>> {
        let module = self.message.modules.get(usize::try_from(id).ok()?)?;
        v8::WasmModuleObject::from_compiled_module(scope, module)
    }
}

/// The elements of an array that our own JavaScript filled with things of one kind.
fn elements<'s, T>(scope: &mut Scope<'s, '_>, list: v8::Local<v8::Value>) -> Vec<T>
where
    v8::Local<'s, v8::Value>: TryInto<T>,
{
    let Ok(list) = v8::Local::<v8::Array>::try_from(list) else {
        return Vec::new();
    };
    (0..list.length())
        .filter_map(|index| list.get_index(scope, index)?.try_into().ok())
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "numbers of ours"
)]
fn id_of(scope: &mut Scope<'_, '_>, value: v8::Local<v8::Value>) -> u64 {
    value.number_value(scope).unwrap_or(0.0) as u64
}

#[expect(clippy::cast_precision_loss, reason = "below 2^53 ports")]
fn number<'s>(scope: &mut Scope<'s, '_>, id: u64) -> v8::Local<'s, v8::Value> {
    v8::Number::new(scope, id as f64).into()
}

/// `value` as a message that takes the array buffers and ports of the two lists with it; `None`
/// where it cannot be cloned, and that is thrown.
fn write_message(
    scope: &mut Scope<'_, '_>,
    value: v8::Local<v8::Value>,
    buffers: v8::Local<v8::Value>,
    ports: v8::Local<v8::Value>,
    mode: v8::Local<v8::Value>,
) -> Option<Message> {
    let buffers: Vec<v8::Local<v8::ArrayBuffer>> = elements(scope, buffers);
    let ports: Vec<v8::Local<v8::Number>> = elements(scope, ports);
    let message = Rc::<RefCell<Message>>::default();
    let mode: Option<v8::Local<v8::Symbol>> = mode.try_into().ok();
    let writer = Writer {
        mode: mode.map(|mode| v8::Global::new(scope, mode)),
        message: message.clone(),
    };
    let context = scope.get_current_context();
    let serializer = v8::ValueSerializer::new(scope, Box::new(writer));
    serializer.write_header();
    for (id, buffer) in (0..).zip(&buffers) {
        serializer.transfer_array_buffer(id, *buffer);
    }
    if serializer.write_value(context, value) != Some(true) {
        return None;
    }
    let bytes = serializer.release();
    drop(serializer);
    let mut message = message.take();
    message.bytes = bytes;
    for buffer in &buffers {
        message.moved.push(buffer.get_backing_store());
        // JavaScript has refused detached ones and those that cannot be.
        buffer.detach(None);
    }
    let host = host(scope);
    for port in ports {
        let id = id_of(scope, port.into());
        message.ports.extend(host.workers.ports.take(id));
    }
    Some(message)
}

/// The value of a message and its ports; `None` where it cannot be read, and that is thrown.
fn read_message<'s>(
    scope: &mut Scope<'s, '_>,
    mut message: Message,
) -> Option<(v8::Local<'s, v8::Value>, v8::Local<'s, v8::Value>)> {
    let host = host(scope);
    let events = host.event_loop.sender();
    let ids: Vec<v8::Local<v8::Value>> = std::mem::take(&mut message.ports)
        .into_iter()
        .map(|endpoint| number(scope, host.workers.ports.add(endpoint, &events)))
        .collect();
    let ids = v8::Array::new_with_elements(scope, &ids).into();
    let adopt = callback(scope, |callbacks| &callbacks.adopt_ports);
    let receiver = v8::undefined(scope).into();
    let ports = adopt.call(scope, receiver, &[ids])?;

    let context = scope.get_current_context();
    let message = Rc::new(message);
    let reader = Reader {
        message: message.clone(),
    };
    let deserializer = v8::ValueDeserializer::new(scope, Box::new(reader), &message.bytes);
    for (id, store) in (0..).zip(&message.moved) {
        let buffer = v8::ArrayBuffer::with_backing_store(scope, store);
        deserializer.transfer_array_buffer(id, buffer);
    }
    if deserializer.read_header(context) != Some(true) {
        return None;
    }
    Some((deserializer.read_value(context)?, ports))
}

/// `structuredClone(value, arrayBuffers, portIds, modeSymbol)` → the copy; throws where V8 does.
fn structured_clone(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let message = write_message(scope, args.get(0), args.get(1), args.get(2), args.get(3));
    if let Some((copy, _)) = message.and_then(|message| read_message(scope, message)) {
        result.set(copy);
    }
}

/// `createChannel()` → the ids of its two ports.
fn create_channel(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let host = host(scope);
    let events = host.event_loop.sender();
    let (one, two) = Endpoint::pair();
    let ids = [one, two].map(|endpoint| {
        let id = host.workers.ports.add(endpoint, &events);
        number(scope, id)
    });
    result.set(v8::Array::new_with_elements(scope, &ids).into());
}

/// `joinGroup(name)` → the id of a port to everybody else who joined it.
fn join_group(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let name = string_arg(scope, &args, 0);
    let host = host(scope);
    let events = host.event_loop.sender();
    let id = host.workers.ports.add(Endpoint::member(&name), &events);
    result.set(number(scope, id));
}

/// `openThreadPort(threadId)` → the id of the port at which this thread takes messages of others.
fn open_thread_port(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let thread = id_of(scope, args.get(0));
    let host = host(scope);
    let events = host.event_loop.sender();
    let id = host.workers.ports.add(Endpoint::of_thread(thread), &events);
    result.set(number(scope, id));
}

/// `threadPort(threadId)` → the id of a port to that thread, undefined where it takes no messages.
fn thread_port(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let thread = id_of(scope, args.get(0));
    if let Some(endpoint) = Endpoint::to_thread(thread) {
        let host = host(scope);
        let events = host.event_loop.sender();
        result.set(number(scope, host.workers.ports.add(endpoint, &events)));
    }
}

/// `postMessage(id, value, arrayBuffers, portIds, modeSymbol)` → whether the port is there; throws
/// where the value cannot be cloned.
fn post_message(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let id = id_of(scope, args.get(0));
    let message = write_message(scope, args.get(1), args.get(2), args.get(3), args.get(4));
    if let Some(message) = message {
        let host = host(scope);
        result.set_bool(host.workers.ports.has(id));
        host.workers.ports.post(id, message);
    }
}

/// `receiveMessage(id)` → `[value]` of the next message, or undefined.
fn receive_message(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let id = id_of(scope, args.get(0));
    let host = host(scope);
    let Some(message) = host.workers.ports.next(id, true) else {
        return;
    };
    if let Some((value, _)) = read_message(scope, message) {
        result.set(v8::Array::new_with_elements(scope, &[value]).into());
    }
}

/// `setReceiving(id, on)`.
fn set_receiving(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let id = id_of(scope, args.get(0));
    let on = args.get(1).is_true();
    host(scope).workers.ports.set_receiving(id, on);
}

/// `setReferenced(on)`: one port, or other thing that waits, more or less keeps the loop alive.
fn set_referenced(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let host = host(scope);
    if args.get(0).is_true() {
        host.event_loop.add_handle();
    } else {
        host.event_loop.remove_handle();
    }
}

/// `closePort(id)`: the port is told of it in a later turn. As in Node, the messages that are being
/// delivered come before.
fn close_port(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let id = id_of(scope, args.get(0));
    if !host(scope).workers.ports.close_after_delivery(id) {
        close(scope, id);
    }
}

fn close(scope: &mut Scope<'_, '_>, id: u64) {
    let host = host(scope);
    if let Some(endpoint) = host.workers.ports.take(id) {
        drop(endpoint);
        // The loop is there: this is its thread.
        let _ = host.event_loop.sender().send(Event::PortClosed(id));
    }
}

/// `drainPort(id)`: delivers at once what the port has.
fn drain_port(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let id = id_of(scope, args.get(0));
    deliver_some(scope, id, usize::MAX);
}

/// `arePaired(id, id)`: whether they are the two ends of a channel.
fn are_paired(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let (one, two) = (id_of(scope, args.get(0)), id_of(scope, args.get(1)));
    result.set_bool(host(scope).workers.ports.are_paired(one, two));
}

/// A port has something: its messages, or its end.
pub fn deliver(scope: &mut Scope<'_, '_>, id: u64) {
    let host = host(scope);
    let ports = &host.workers.ports;
    let there = ports.look(id);
    let outer = ports.begin_delivery(id);
    deliver_some(scope, id, there.max(BATCH));
    if ports.end_delivery(outer) {
        close(scope, id);
    }
    if !host.workers.is_stopping() && host.workers.ports.look_again(id) {
        drop(host.workers.ports.take(id));
        closed(scope, id);
    }
}

fn deliver_some(scope: &mut Scope<'_, '_>, id: u64, most: usize) {
    let host = host(scope);
    let left = Cell::new(most);
    while left.get() > 0 && !host.workers.is_stopping() {
        left.set(left.get() - 1);
        let Some(message) = host.workers.ports.next(id, false) else {
            return;
        };
        v8::scope!(let scope, scope);
        host.event_loop.update_now();
        let (value, ports, failed) = read_or_fail(scope, message);
        let failed = v8::Boolean::new(scope, failed).into();
        let id = number(scope, id);
        let on_message = callback(scope, |callbacks| &callbacks.port_message);
        call_only(scope, on_message, &[id, value, ports, failed]);
        drain(scope);
    }
}

/// The value and ports of a message, or the error, and whether it is one.
fn read_or_fail<'s>(
    scope: &mut Scope<'s, '_>,
    message: Message,
) -> (v8::Local<'s, v8::Value>, v8::Local<'s, v8::Value>, bool) {
    v8::tc_scope!(let scope, scope);
    if let Some((value, ports)) = read_message(scope, message) {
        return (value, ports, false);
    }
    let error = scope
        .exception()
        .unwrap_or_else(|| v8::undefined(scope).into());
    scope.reset();
    (error, v8::Array::new(scope, 0).into(), true)
}

/// A port is closed.
pub fn closed(scope: &mut Scope<'_, '_>, id: u64) {
    v8::scope!(let scope, scope);
    let id = number(scope, id);
    let on_closed = callback(scope, |callbacks| &callbacks.port_closed);
    call_only(scope, on_closed, &[id]);
    drain(scope);
}
