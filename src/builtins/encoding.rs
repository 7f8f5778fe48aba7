//! `binding.encoding`: what `TextEncoder` and `TextDecoder` need.

use std::str;

use super::bytes::{OnHeap, view_arg, writable};
use super::{method, utf8};

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "encode", encode);
    method(scope, target, "encodeInto", encode_into);
    method(scope, target, "decode", decode);
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

/// `decode(view, encoding, fatal)` → string, or undefined where `fatal` and the bytes are wrong.
fn decode(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let mut storage: OnHeap = [0; _];
    let view = view_arg(&args, 0);
    let bytes = view.get_contents(&mut storage);
    let encoding = args.get(1).to_rust_string_lossy(scope);
    let fatal = args.get(2).boolean_value(scope);
    let normal = v8::NewStringType::Normal;
    let string = match encoding.as_str() {
        "utf-16le" | "utf-16be" => {
            let from = if encoding == "utf-16le" {
                u16::from_le_bytes
            } else {
                u16::from_be_bytes
            };
            let Some(units) = utf16(bytes, from, fatal) else {
                return;
            };
            v8::String::new_from_two_byte(scope, &units, normal)
        }
        "windows-1252" => {
            let units: Vec<u16> = bytes.iter().map(|&byte| windows_1252(byte)).collect();
            v8::String::new_from_two_byte(scope, &units, normal)
        }
        _ => {
            if fatal && str::from_utf8(bytes).is_err() {
                return;
            }
            v8::String::new_from_utf8(scope, bytes, normal)
        }
    };
    if let Some(string) = string {
        result.set(string.into());
    }
}

/// Well-formed UTF-16: lone surrogates and an odd last byte become U+FFFD, or `None` if `fatal`.
fn utf16(bytes: &[u8], from: fn([u8; 2]) -> u16, fatal: bool) -> Option<Vec<u16>> {
    const REPLACEMENT: u16 = 0xfffd;
    let pairs = bytes.chunks_exact(2);
    let odd = !pairs.remainder().is_empty();
    let units = pairs.map(|pair| from([pair[0], pair[1]]));
    // A surrogate that waits and a byte that waits are one mistake at the end.
    let waiting = matches!(units.clone().next_back(), Some(0xd800..=0xdbff));
    let mut text = Vec::with_capacity(bytes.len() / 2 + 1);
    for item in char::decode_utf16(units) {
        match item {
            Ok(character) => text.extend_from_slice(character.encode_utf16(&mut [0; 2])),
            Err(_) if fatal => return None,
            Err(_) => text.push(REPLACEMENT),
        }
    }
    if odd {
        if fatal {
            return None;
        }
        if !waiting {
            text.push(REPLACEMENT);
        }
    }
    Some(text)
}

/// The Encoding standard's index of windows-1252.
fn windows_1252(byte: u8) -> u16 {
    const FROM_0X80: [u16; 32] = [
        0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039,
        0x152, 0x8d, 0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
        0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178,
    ];
    match byte {
        0x80..=0x9f => FROM_0X80[usize::from(byte - 0x80)],
        _ => byte.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_and_odd_bytes_are_replaced() {
        let bytes = [0, 0xd8, 0x61, 0, 0x62];
        let text = utf16(&bytes, u16::from_le_bytes, false).unwrap();
        assert_eq!(text, [0xfffd, 0x61, 0xfffd]);
        let text = utf16(&[0, 0xd8, 0x62], u16::from_le_bytes, false).unwrap();
        assert_eq!(text, [0xfffd]);
        assert_eq!(utf16(&bytes, u16::from_le_bytes, true), None);
    }

    #[test]
    fn windows_1252_differs_from_latin1_in_the_controls() {
        assert_eq!(windows_1252(0x80), 0x20ac);
        assert_eq!(windows_1252(0x9f), 0x178);
        assert_eq!(windows_1252(0xe9), 0xe9);
    }
}
