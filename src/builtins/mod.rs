//! The native side of `js/`: each file here fills one `binding.<name>` when a process starts.

#![expect(
    clippy::needless_pass_by_value,
    reason = "V8 calls natives with their arguments by value"
)]

pub mod async_context;
pub mod base64;
pub mod buffer;
pub mod bytes;
pub mod capture;
mod child;
mod compile;
mod crypto;
mod descriptors;
pub mod encoding;
mod esm;
pub mod fs;
mod http2;
mod identity;
pub mod inspector;
mod leak_runner;
mod leak_test;
pub mod messaging;
pub mod modules;
mod net;
mod numbered;
pub mod os;
pub mod performance;
mod pipe;
pub mod process;
mod profile;
mod serdes;
mod sources;
pub mod timers;
pub mod url;
mod url_pattern;
pub mod utf8;
pub mod util;
pub mod v8_api;
mod vm;
pub mod worker;
mod zlib;

pub use sources::external_references;
use std::rc::Rc;
use v8::MapFnTo;

use crate::engine::{object_of, string};

/// Fills every binding of `internals.binding`.
pub fn fill(scope: &mut v8::PinScope<'_, '_>, internals: v8::Local<v8::Object>) {
    let binding = object_of(scope, internals, "binding");
    let mut fill_one = |name, fill: fn(&mut v8::PinScope<'_, '_>, v8::Local<v8::Object>)| {
        let target = object_of(scope, binding, name);
        fill(scope, target);
    };
    fill_one("async", async_context::fill);
    fill_one("buffer", buffer::fill);
    fill_one("builtins", sources::fill);
    fill_one("capture", capture::fill);
    fill_one("child", child::fill);
    fill_one("crypto", crypto::fill);
    fill_one("encoding", encoding::fill);
    fill_one("fs", fs::fill);
    fill_one("http2", http2::fill);
    fill_one("inspector", inspector::fill);
    fill_one("leakRunner", leak_runner::fill);
    fill_one("leakTest", leak_test::fill);
    fill_one("messaging", messaging::fill);
    fill_one("modules", modules::fill);
    fill_one("net", net::fill);
    fill_one("os", os::fill);
    fill_one("performance", performance::fill);
    fill_one("pipe", pipe::fill);
    fill_one("process", process::fill);
    fill_one("profile", profile::fill);
    fill_one("serdes", serdes::fill);
    fill_one("timers", timers::fill);
    fill_one("types", util::fill_types);
    fill_one("url", url::fill);
    fill_one("urlPattern", url_pattern::fill);
    fill_one("util", util::fill);
    fill_one("v8", v8_api::fill);
    fill_one("vm", vm::fill);
    fill_one("worker", worker::fill);
    fill_one("zlib", zlib::fill);
}

/// Drops what the bindings keep for this thread and belongs to its isolate: before a worker's goes.
pub fn clear_thread() {
    profile::clear();
    serdes::clear();
    v8_api::clear();
    vm::clear();
}

/// What the isolate keeps of a kind, from when it is first asked for.
fn kept<T: Default + 'static>(isolate: &mut v8::Isolate) -> Rc<T> {
    if let Some(kept) = isolate.get_slot::<Rc<T>>() {
        return kept.clone();
    }
    let kept = Rc::<T>::default();
    isolate.set_slot(kept.clone());
    kept
}

/// Puts a native function on `target`.
pub fn method(
    scope: &mut v8::PinScope<'_, '_>,
    target: v8::Local<v8::Object>,
    name: &str,
    callback: impl MapFnTo<v8::FunctionCallback>,
) {
    let function = v8::Function::builder(callback)
        .constructor_behavior(v8::ConstructorBehavior::Throw)
        .build(scope);
    put_function(scope, target, name, function);
}

/// As [`method`], but that optimised code calls one of `overloads` where the arguments are of its types.
pub fn fast_method(
    scope: &mut v8::PinScope<'_, '_>,
    target: v8::Local<v8::Object>,
    name: &str,
    callback: impl MapFnTo<v8::FunctionCallback>,
    overloads: &'static [v8::fast_api::CFunction],
) {
    let template = v8::FunctionTemplate::builder(callback).build_fast(scope, overloads);
    let function = template.get_function(scope);
    put_function(scope, target, name, function);
}

fn put_function(
    scope: &mut v8::PinScope<'_, '_>,
    target: v8::Local<v8::Object>,
    name: &str,
    function: Option<v8::Local<v8::Function>>,
) {
    let key = string(scope, name);
    let function = function.expect("V8 has room for a function at start");
    function.set_name(key);
    target.set(scope, key.into(), function.into());
}

/// Puts a constant on `target`.
pub fn constant(
    scope: &mut v8::PinScope<'_, '_>,
    target: v8::Local<v8::Object>,
    name: &str,
    value: v8::Local<v8::Value>,
) {
    let key = string(scope, name);
    target.set(scope, key.into(), value);
}

/// Argument `index` as a Rust string (`String(value)` semantics).
pub fn string_arg(
    scope: &mut v8::PinScope<'_, '_>,
    args: &v8::FunctionCallbackArguments<'_>,
    index: i32,
) -> String {
    args.get(index).to_rust_string_lossy(scope)
}

/// An array of strings.
pub fn string_array<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    items: impl IntoIterator<Item = impl AsRef<str>>,
) -> v8::Local<'s, v8::Array> {
    let values: Vec<v8::Local<v8::Value>> = items
        .into_iter()
        .map(|item| string(scope, item.as_ref()).into())
        .collect();
    v8::Array::new_with_elements(scope, &values)
}
