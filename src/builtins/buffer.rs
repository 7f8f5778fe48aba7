//! `binding.buffer`: strings to bytes and back, comparing and searching.

use std::cell::Cell;
use std::ffi::c_void;

use memchr::memmem;
use v8::fast_api::{self, CFunction, CFunctionInfo, FastApiOneByteString};

use super::base64;
use super::bytes::{OnHeap, view_arg, writable, writable_off_heap};
use super::{fast_method, method, utf8};
use crate::engine::array_buffers;

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "byteLengthUtf8", byte_length_utf8);
    method(scope, target, "clears", clears);
    method(scope, target, "write", write);
    fast_method(scope, target, "writeToSlab", write, &[WRITE_TO_SLAB]);
    method(scope, target, "slice", slice);
    method(scope, target, "compare", compare);
    method(scope, target, "indexOf", index_of);
    method(scope, target, "isUtf8", is_utf8);
    method(scope, target, "isAscii", is_ascii);
    method(scope, target, "isLatin1", is_latin1);
    method(scope, target, "atob", atob);
    method(scope, target, "btoa", btoa);
    method(scope, target, "forbidTransfer", forbid_transfer);
}

/// `clears()` → a byte: while it is 0 the memory of new array buffers holds whatever was there before.
fn clears(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let store = array_buffers::clears().make_shared();
    let buffer = v8::ArrayBuffer::with_backing_store(scope, &store);
    if let Some(byte) = v8::Uint8Array::new(scope, buffer, 0, 1) {
        result.set(byte.into());
    }
}

/// `forbidTransfer(arrayBuffer)`: its memory stays with it, whoever asks.
fn forbid_transfer(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    if let Ok(buffer) = v8::Local::<v8::ArrayBuffer>::try_from(args.get(0)) {
        // A key that nobody has.
        let key = v8::Symbol::new(scope, None);
        buffer.set_detach_key(key.into());
    }
}

/// The encodings by the numbers of `internal/buffer/encodings`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Ascii,
    Utf8,
    Base64,
    Utf16,
    Latin1,
    Hex,
    Base64Url,
}

impl Encoding {
    fn of(code: u32) -> Self {
        match code {
            0 => Self::Ascii,
            2 => Self::Base64,
            3 => Self::Utf16,
            4 => Self::Latin1,
            5 => Self::Hex,
            7 => Self::Base64Url,
            _ => Self::Utf8,
        }
    }
}

fn string_of<'s>(args: &Args<'s>, index: i32) -> v8::Local<'s, v8::String> {
    args.get(index)
        .try_into()
        .expect("built-in JavaScript passes a string")
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, as wanted"
)]
fn saturating(number: f64) -> usize {
    number as usize
}

fn size_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> usize {
    let value = args.get(index);
    // What it nearly always is, and V8 needs no context to say so.
    if value.is_uint32() {
        return value.cast::<v8::Uint32>().value() as usize;
    }
    saturating(value.number_value(scope).unwrap_or(0.0))
}

fn encoding_arg(args: &Args<'_>, index: i32) -> Encoding {
    Encoding::of(args.get(index).cast::<v8::Uint32>().value())
}

#[expect(clippy::cast_precision_loss, reason = "sizes below 2^53")]
fn set_size(result: &mut Ret<'_>, size: usize) {
    match u32::try_from(size) {
        Ok(size) => result.set_uint32(size),
        Err(_) => result.set_double(size as f64),
    }
}

/// `byteLengthUtf8(string)`.
fn byte_length_utf8(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let length = utf8::length(scope, string_of(&args, 0));
    set_size(&mut result, length);
}

/// `write(view, string, offset, length, encoding)` → bytes written, at most `length`.
fn write(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let view = view_arg(&args, 0);
    let string = string_of(&args, 1);
    let offset = size_arg(scope, &args, 2);
    let length = size_arg(scope, &args, 3);
    let encoding = encoding_arg(&args, 4);
    let bytes = writable(view);
    let start = offset.min(bytes.len());
    let end = start.saturating_add(length).min(bytes.len());
    let written = encode_into(scope, string, &mut bytes[start..end], encoding);
    set_size(&mut result, written);
}

/// How optimised code calls [`write_to_slab()`].
const WRITE_TO_SLAB: CFunction = CFunction::new(
    write_to_slab as *const c_void,
    &CFunctionInfo::new(
        fast_api::Type::Uint32.as_info(),
        &[
            fast_api::Type::V8Value.as_info(),
            fast_api::Type::V8Value.as_info(),
            fast_api::Type::SeqOneByteString.as_info(),
            fast_api::Type::Float64.as_info(),
            fast_api::Type::Uint32.as_info(),
            fast_api::Type::Uint32.as_info(),
        ],
        fast_api::Int64Representation::Number,
    ),
);

/// `writeToSlab`: as [`write()`], to a view whose bytes are never in V8's heap. (Those of a small array
/// would have to move out of it, and V8 may collect garbage then, which moves the string.)
extern "C" fn write_to_slab(
    _this: v8::Local<v8::Value>,
    view: v8::Local<v8::Value>,
    string: &FastApiOneByteString,
    offset: f64,
    length: u32,
    encoding: u32,
) -> u32 {
    let bytes = writable_off_heap(view.cast::<v8::ArrayBufferView>());
    let start = saturating(offset).min(bytes.len());
    let end = start.saturating_add(length as usize).min(bytes.len());
    let written = encode_characters(
        string.as_bytes(),
        &mut bytes[start..end],
        Encoding::of(encoding),
    );
    u32::try_from(written).expect("no longer than asked for")
}

/// Writes characters of one byte each. Returns how many bytes were written.
fn encode_characters(characters: &[u8], target: &mut [u8], encoding: Encoding) -> usize {
    match encoding {
        Encoding::Utf8 => utf8::write_characters(characters, target),
        Encoding::Latin1 | Encoding::Ascii => {
            let count = characters.len().min(target.len());
            target[..count].copy_from_slice(&characters[..count]);
            count
        }
        Encoding::Utf16 => {
            let pairs = target.chunks_exact_mut(2).zip(characters);
            pairs
                .map(|(pair, &character)| pair.copy_from_slice(&[character, 0]))
                .count()
                * 2
        }
        Encoding::Base64 | Encoding::Base64Url => base64::decode_lenient(characters, target),
        Encoding::Hex => base64::decode_hex(characters, target),
    }
}

fn encode_into(
    scope: &mut v8::Isolate,
    string: v8::Local<v8::String>,
    target: &mut [u8],
    encoding: Encoding,
) -> usize {
    match encoding {
        Encoding::Utf8 => utf8::write(scope, string, target),
        Encoding::Latin1 | Encoding::Ascii => {
            string.write_one_byte_v2(scope, 0, target, v8::WriteFlags::empty());
            string.length().min(target.len())
        }
        Encoding::Utf16 => {
            let mut units = vec![0_u16; string.length().min(target.len() / 2)];
            string.write_v2(scope, 0, &mut units, v8::WriteFlags::empty());
            for (unit, slot) in units.iter().zip(target.chunks_exact_mut(2)) {
                slot.copy_from_slice(&unit.to_le_bytes());
            }
            units.len() * 2
        }
        Encoding::Base64 | Encoding::Base64Url | Encoding::Hex => {
            with_digits(scope, string, |digits| {
                encode_characters(digits, target, encoding)
            })
        }
    }
}

/// Calls `read` with the low byte of each of `string`'s code units, which is what Node decodes
/// base64 and hex from.
fn with_digits<R>(
    scope: &mut v8::Isolate,
    string: v8::Local<v8::String>,
    read: impl FnOnce(&[u8]) -> R,
) -> R {
    match v8::ValueView::new(scope, string).data() {
        v8::ValueViewData::OneByte(digits) => read(digits),
        v8::ValueViewData::TwoByte(units) => {
            let digits: Vec<u8> = units.iter().map(|unit| unit.to_le_bytes()[0]).collect();
            read(&digits)
        }
    }
}

/// `slice(view, start, end, encoding)` → string, or undefined where it would be too long for V8.
fn slice(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let view = view_arg(&args, 0);
    let start = size_arg(scope, &args, 1);
    let end = size_arg(scope, &args, 2);
    let encoding = encoding_arg(&args, 3);
    let mut storage: OnHeap = [0; _];
    let bytes = view.get_contents(&mut storage);
    let end = end.min(bytes.len());
    let bytes = &bytes[start.min(end)..end];
    if let Some(string) = decode(scope, bytes, encoding) {
        result.set(string.into());
    }
}

fn decode<'s>(
    scope: &mut Scope<'s, '_>,
    bytes: &[u8],
    encoding: Encoding,
) -> Option<v8::Local<'s, v8::String>> {
    const MAX_LENGTH: usize = (1 << 29) - 24;
    let normal = v8::NewStringType::Normal;
    let length = match encoding {
        Encoding::Utf8 => {
            if bytes.len() > MAX_LENGTH {
                return None;
            }
            return v8::String::new_from_utf8(scope, bytes, normal);
        }
        Encoding::Latin1 => return one_byte(scope, bytes),
        Encoding::Utf16 => return two_byte(scope, bytes),
        Encoding::Ascii => bytes.len(),
        Encoding::Base64 => base64::encoded_length(bytes.len(), false),
        Encoding::Base64Url => base64::encoded_length(bytes.len(), true),
        Encoding::Hex => bytes.len() * 2,
    };
    // Short texts, which most are, need no memory of their own.
    let mut short = [0; 256];
    let mut long = ROOM.take();
    let text = match short.get_mut(..length) {
        Some(text) => text,
        None if length > MAX_LENGTH => return None,
        None => {
            long.resize(long.len().max(length), 0);
            &mut long[..length]
        }
    };
    match encoding {
        Encoding::Base64 => base64::encode_into(bytes, false, text),
        Encoding::Base64Url => base64::encode_into(bytes, true, text),
        Encoding::Hex => base64::encode_hex_into(bytes, text),
        _ => {
            for (byte, slot) in bytes.iter().zip(&mut *text) {
                *slot = byte & 0x7f;
            }
        }
    }
    let text = one_byte(scope, text);
    if long.len() <= MOST_ROOM {
        ROOM.set(long);
    }
    text
}

/// Bytes that are kept for the next text, so that they need not be cleared for each.
const MOST_ROOM: usize = 1 << 20;

thread_local! {
    static ROOM: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

fn one_byte<'s>(scope: &mut Scope<'s, '_>, bytes: &[u8]) -> Option<v8::Local<'s, v8::String>> {
    if i32::try_from(bytes.len()).is_err() {
        return None;
    }
    v8::String::new_from_one_byte(scope, bytes, v8::NewStringType::Normal)
}

/// A string of little-endian UTF-16; an odd last byte is left out.
pub fn two_byte<'s>(scope: &mut Scope<'s, '_>, bytes: &[u8]) -> Option<v8::Local<'s, v8::String>> {
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    if i32::try_from(units.len()).is_err() {
        return None;
    }
    v8::String::new_from_two_byte(scope, &units, v8::NewStringType::Normal)
}

/// `compare(a, b)` → -1, 0 or 1.
fn compare(_scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let (mut storage_a, mut storage_b): (OnHeap, OnHeap) = ([0; _], [0; _]);
    let (a, b) = (view_arg(&args, 0), view_arg(&args, 1));
    let order = a
        .get_contents(&mut storage_a)
        .cmp(b.get_contents(&mut storage_b));
    result.set_int32(order as i32);
}

/// `indexOf(haystack, needle, byteOffset, forward, unit)` → position or -1; `unit` is 2 where only
/// whole UTF-16 code units count.
#[expect(
    clippy::cast_possible_truncation,
    reason = "JavaScript clamps it to 32 bits"
)]
fn index_of(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let (mut storage_a, mut storage_b): (OnHeap, OnHeap) = ([0; _], [0; _]);
    let (haystack, needle) = (view_arg(&args, 0), view_arg(&args, 1));
    let haystack = haystack.get_contents(&mut storage_a);
    let needle = needle.get_contents(&mut storage_b);
    let offset = args.get(2).number_value(scope).unwrap_or(0.0) as i64;
    let forward = args.get(3).boolean_value(scope);
    let unit = if args.get(4).uint32_value(scope) == Some(2) {
        2
    } else {
        1
    };
    match search(haystack, needle, offset, forward, unit) {
        Some(position) => set_size(&mut result, position),
        None => result.set_int32(-1),
    }
}

/// Where the search begins: `offset` counts from the end if negative, as in Node.
fn first_position(length: usize, offset: i64, needle: usize, forward: bool) -> Option<usize> {
    let signed = i64::try_from(length).ok()?;
    if offset < 0 {
        return match usize::try_from(offset + signed) {
            Ok(position) => Some(position),
            Err(_) if forward || needle == 0 => Some(0),
            Err(_) => None,
        };
    }
    let offset = usize::try_from(offset).ok()?;
    if offset + needle <= length {
        Some(offset)
    } else if needle == 0 {
        Some(length)
    } else if forward {
        None
    } else {
        length.checked_sub(1)
    }
}

fn search(
    haystack: &[u8],
    needle: &[u8],
    offset: i64,
    forward: bool,
    unit: usize,
) -> Option<usize> {
    let start = first_position(haystack.len(), offset, needle.len(), forward)?;
    if needle.is_empty() {
        return Some(start);
    }
    if needle.len() > haystack.len() || (unit == 2 && needle.len() < 2) {
        return None;
    }
    let needle = &needle[..needle.len() / unit * unit];
    let start = start / unit * unit;
    if forward {
        let mut from = start;
        while let Some(found) = memmem::find(haystack.get(from..)?, needle) {
            if (from + found).is_multiple_of(unit) {
                return Some(from + found);
            }
            from += found + 1;
        }
    } else {
        let mut end = (start + needle.len()).min(haystack.len());
        while let Some(found) = memmem::rfind(&haystack[..end], needle) {
            if found.is_multiple_of(unit) {
                return Some(found);
            }
            end = found + needle.len() - 1;
        }
    }
    None
}

fn is_utf8(_scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let mut storage: OnHeap = [0; _];
    let view = view_arg(&args, 0);
    result.set_bool(std::str::from_utf8(view.get_contents(&mut storage)).is_ok());
}

fn is_ascii(_scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let mut storage: OnHeap = [0; _];
    let view = view_arg(&args, 0);
    result.set_bool(view.get_contents(&mut storage).is_ascii());
}

fn is_latin1(_scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    result.set_bool(string_of(&args, 0).contains_only_onebyte());
}

/// `atob(string)` → a Latin-1 string, or what is wrong: -1 its length, -2 a character.
fn atob(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let string = string_of(&args, 0);
    if !string.contains_only_onebyte() {
        result.set_int32(-2);
        return;
    }
    match with_digits(scope, string, base64::decode_forgiving) {
        Ok(bytes) => {
            if let Some(string) = one_byte(scope, &bytes) {
                result.set(string.into());
            }
        }
        Err(base64::Mistake::Length) => result.set_int32(-1),
        Err(base64::Mistake::Character) => result.set_int32(-2),
    }
}

/// `btoa(string)` → base64, or undefined where a character is not Latin-1.
fn btoa(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let string = string_of(&args, 0);
    if !string.contains_only_onebyte() {
        return;
    }
    let text = with_digits(scope, string, |bytes| base64::encode(bytes, false));
    if let Some(string) = one_byte(scope, &text) {
        result.set(string.into());
    }
}

#[cfg(test)]
mod tests {
    use super::search;

    #[test]
    fn forward_search_starts_at_its_offset() {
        let text = b"abcabc";
        assert_eq!(search(text, b"abc", 0, true, 1), Some(0));
        assert_eq!(search(text, b"abc", 1, true, 1), Some(3));
        assert_eq!(search(text, b"abc", -2, true, 1), None);
        assert_eq!(search(text, b"", 99, true, 1), Some(6));
    }

    #[test]
    fn backward_search_ends_at_its_offset() {
        let text = b"abcabc";
        assert_eq!(search(text, b"abc", 6, false, 1), Some(3));
        assert_eq!(search(text, b"abc", 2, false, 1), Some(0));
        assert_eq!(search(text, b"abc", -7, false, 1), None);
    }

    #[test]
    fn utf16_matches_lie_at_even_positions() {
        let text = [0, 1, 1, 1, 1];
        assert_eq!(search(&text, &[1, 1], 0, true, 2), Some(2));
        assert_eq!(search(&text, &[1, 1], 4, false, 2), Some(2));
    }
}
