//! `binding.encoding`: what `TextEncoder` and `TextDecoder` need. UTF-8 is V8's, the other encodings of
//! the standard are `encoding_rs`'s.

use std::cell::RefCell;
use std::str;

use encoding_rs::{Decoder, DecoderResult, Encoding};

use super::bytes::{OnHeap, view_arg, writable};
use super::numbered::Numbered;
use super::{method, utf8};
use crate::engine::string;

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "encode", encode);
    method(scope, target, "encodeInto", encode_into);
    method(scope, target, "decode", decode);
    method(scope, target, "decodeUtf8", decode_utf8);
    method(scope, target, "encodingOf", encoding_of);
    method(scope, target, "openDecoder", open_decoder);
    method(scope, target, "decodeChunk", decode_chunk);
    method(scope, target, "closeDecoder", close_decoder);
}

fn string_of<'s>(args: &Args<'s>, index: i32) -> v8::Local<'s, v8::String> {
    args.get(index)
        .try_into()
        .expect("built-in JavaScript passes a string")
}

/// `encode(string)` → a new `Uint8Array` of UTF-8.
fn encode(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let string = string_of(&args, 0);
    let length = utf8::length(scope, string);
    let buffer = v8::ArrayBuffer::new(scope, length);
    let Some(array) = v8::Uint8Array::new(scope, buffer, 0, length) else {
        return;
    };
    utf8::write(scope, string, writable(array.into()));
    result.set(array.into());
}

/// `encodeInto(string, target, [read, written])`: whole characters only.
#[expect(
    clippy::cast_possible_truncation,
    reason = "strings are shorter than 2^29"
)]
fn encode_into(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let mut read = 0;
    let written = string_of(&args, 0).write_utf8_v2(
        scope,
        writable(view_arg(&args, 1)),
        v8::WriteFlags::kReplaceInvalidUtf8,
        Some(&mut read),
    );
    let counts = writable(view_arg(&args, 2));
    counts[..4].copy_from_slice(&(read as u32).to_ne_bytes());
    counts[4..8].copy_from_slice(&(written as u32).to_ne_bytes());
}

/// `decodeUtf8(view, fatal)` → string, or undefined where `fatal` and the bytes are wrong.
fn decode_utf8(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let mut storage: OnHeap = [0; _];
    let view = view_arg(&args, 0);
    let bytes = view.get_contents(&mut storage);
    if args.get(1).boolean_value(scope) && str::from_utf8(bytes).is_err() {
        return;
    }
    if let Some(text) = v8::String::new_from_utf8(scope, bytes, v8::NewStringType::Normal) {
        result.set(text.into());
    }
}

/// `encodingOf(label)` → the encoding's name in lower case, or undefined.
fn encoding_of(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let label = string_of(&args, 0).to_rust_string_lossy(scope);
    if let Some(encoding) = Encoding::for_label(label.as_bytes()) {
        let name = string(scope, &encoding.name().to_ascii_lowercase());
        result.set(name.into());
    }
}

thread_local! {
    /// Streams under way: JavaScript closes them.
    static STREAMS: RefCell<Numbered<Decoder>> = RefCell::default();
}

fn decoder_of(scope: &Scope<'_, '_>, name: v8::Local<v8::Value>) -> Decoder {
    let name = name.to_rust_string_lossy(scope);
    Encoding::for_label(name.as_bytes())
        .expect("built-in JavaScript passes a name that encodingOf gave")
        .new_decoder_without_bom_handling()
}

/// `openDecoder(encoding)` → a number for `decodeChunk` and `closeDecoder`.
fn open_decoder(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let decoder = decoder_of(scope, args.get(0));
    let id = STREAMS.with_borrow_mut(|streams| streams.add(decoder));
    result.set_uint32(id);
}

fn close_decoder(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let id = args.get(0).uint32_value(scope).unwrap_or(0);
    STREAMS.with_borrow_mut(|streams| streams.take_out(id));
}

/// `decodeChunk(id, view, fatal, isLast)`: as `decodeUtf8`.
fn decode_chunk(scope: &mut Scope<'_, '_>, args: Args<'_>, result: Ret<'_>) {
    let id = args.get(0).uint32_value(scope).unwrap_or(0);
    let fatal = args.get(2).boolean_value(scope);
    let is_last = args.get(3).boolean_value(scope);
    let view = view_arg(&args, 1);
    let units =
        STREAMS.with_borrow_mut(|streams| units(streams.get_mut(id)?, view, fatal, is_last));
    return_text(scope, units, result);
}

/// `decode(view, fatal, encoding)`: as `decodeUtf8`, of any encoding.
fn decode(scope: &mut Scope<'_, '_>, args: Args<'_>, result: Ret<'_>) {
    let mut decoder = decoder_of(scope, args.get(2));
    let fatal = args.get(1).boolean_value(scope);
    let units = units(&mut decoder, view_arg(&args, 0), fatal, true);
    return_text(scope, units, result);
}

fn return_text(scope: &mut Scope<'_, '_>, units: Option<Vec<u16>>, mut result: Ret<'_>) {
    let Some(units) = units else { return };
    if let Some(text) = v8::String::new_from_two_byte(scope, &units, v8::NewStringType::Normal) {
        result.set(text.into());
    }
}

/// UTF-16 of the bytes, or `None` if they are wrong and `fatal`.
fn units(
    decoder: &mut Decoder,
    view: v8::Local<v8::ArrayBufferView>,
    fatal: bool,
    is_last: bool,
) -> Option<Vec<u16>> {
    let mut storage: OnHeap = [0; _];
    let bytes = view.get_contents(&mut storage);
    let mut units = vec![0; decoder.max_utf16_buffer_length(bytes.len())?];
    let written = if fatal {
        let (outcome, _, written) =
            decoder.decode_to_utf16_without_replacement(bytes, &mut units, is_last);
        if matches!(outcome, DecoderResult::Malformed(..)) {
            return None;
        }
        written
    } else {
        let (_, _, written, _) = decoder.decode_to_utf16(bytes, &mut units, is_last);
        written
    };
    units.truncate(written);
    Some(units)
}
