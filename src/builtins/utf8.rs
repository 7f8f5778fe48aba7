//! V8's strings to UTF-8. V8 does this itself, but slowly for strings of two bytes a character.

#![expect(unsafe_code, reason = "simdutf writes where there is room, unasked")]

use std::char::REPLACEMENT_CHARACTER;

use v8::ValueViewData;
use v8::simdutf;

/// Bytes that `string` takes in UTF-8; a lone surrogate takes three, as U+FFFD.
pub fn length(scope: &mut v8::Isolate, string: v8::Local<'_, v8::String>) -> usize {
    if string.is_onebyte() {
        return string.utf8_length(scope);
    }
    match v8::ValueView::new(scope, string).data() {
        ValueViewData::OneByte(bytes) => {
            bytes.len() + bytes.iter().filter(|byte| !byte.is_ascii()).count()
        }
        ValueViewData::TwoByte(units) => length_of(units),
    }
}

fn length_of(units: &[u16]) -> usize {
    if simdutf::validate_utf16le(units) {
        return simdutf::utf8_length_from_utf16le(units);
    }
    // By unit first, which is quick; a pair then counts six instead of its four.
    let bytes: usize = units
        .iter()
        .map(|&unit| 1 + usize::from(unit >= 0x80) + usize::from(unit >= 0x800))
        .sum();
    let is_pair =
        |pair: &[u16]| (0xd800..0xdc00).contains(&pair[0]) && (0xdc00..0xe000).contains(&pair[1]);
    bytes - 2 * units.windows(2).filter(|pair| is_pair(pair)).count()
}

/// Writes `string` as UTF-8, whole characters only. Returns how many bytes were written.
pub fn write(
    scope: &mut v8::Isolate,
    string: v8::Local<'_, v8::String>,
    target: &mut [u8],
) -> usize {
    if string.is_onebyte() {
        return string.write_utf8_v2(scope, target, v8::WriteFlags::kReplaceInvalidUtf8, None);
    }
    match v8::ValueView::new(scope, string).data() {
        ValueViewData::OneByte(characters) => write_characters(characters, target),
        ValueViewData::TwoByte(units) => write_units(units, target),
    }
}

/// As [`write()`], for characters of one byte each.
pub fn write_characters(characters: &[u8], target: &mut [u8]) -> usize {
    // None takes more than two bytes; texts are mostly ASCII, of which each takes one.
    if characters.len() <= target.len() / 2
        || simdutf::utf8_length_from_latin1(characters) <= target.len()
    {
        // SAFETY: `target` has room for all that `characters` become.
        return unsafe { simdutf::convert_latin1_to_utf8(characters, target) };
    }
    let units: Vec<u16> = characters.iter().copied().map(u16::from).collect();
    write_some(&units, target)
}

fn write_units(units: &[u16], target: &mut [u8]) -> usize {
    // No unit takes more than three bytes, a pair four.
    if units.len() <= target.len() / 3 || length_of(units) <= target.len() {
        // SAFETY: `target` has room for all that `units` can become, also where a lone surrogate
        // ends the conversion.
        let result = unsafe { simdutf::convert_utf16le_to_utf8_with_errors(units, target) };
        if result.is_ok() {
            return result.count;
        }
    }
    write_some(units, target)
}

/// As [`write_units`], a unit at a time: where a surrogate is lone or room is short.
fn write_some(units: &[u16], target: &mut [u8]) -> usize {
    let mut written = 0;
    let mut position = 0;
    while let Some(&unit) = units.get(position) {
        // The three short forms first: they are nearly all of any text.
        let length = match unit {
            0..0x80 => {
                let Some(slot) = target.get_mut(written) else {
                    break;
                };
                *slot = (unit & 0x7f) as u8;
                1
            }
            0x80..0x800 => {
                let Some([first, second]) = target[written..].first_chunk_mut() else {
                    break;
                };
                *first = 0xc0 | (unit >> 6 & 0x1f) as u8;
                *second = 0x80 | (unit & 0x3f) as u8;
                2
            }
            0x800..0xd800 | 0xe000.. => {
                let Some([first, second, third]) = target[written..].first_chunk_mut() else {
                    break;
                };
                *first = 0xe0 | (unit >> 12 & 0xf) as u8;
                *second = 0x80 | (unit >> 6 & 0x3f) as u8;
                *third = 0x80 | (unit & 0x3f) as u8;
                3
            }
            _ => {
                let character = char::decode_utf16(units[position..].iter().copied())
                    .next()
                    .and_then(Result::ok)
                    .unwrap_or(REPLACEMENT_CHARACTER);
                let Some(room) = target.get_mut(written..written + character.len_utf8()) else {
                    break;
                };
                if character != REPLACEMENT_CHARACTER {
                    position += 1;
                }
                character.encode_utf8(room).len()
            }
        };
        written += length;
        position += 1;
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_that_of_the_text() {
        for text in [
            "",
            "abc",
            "\u{e9}\u{20ac}",
            "a\u{1f600}b",
            "\u{1f600}\u{1f600}",
        ] {
            let units: Vec<u16> = text.encode_utf16().collect();
            assert_eq!(length_of(&units), text.len(), "{text}");
        }
        assert_eq!(length_of(&[0xd800, 0x61, 0xdc00]), 7);
        assert_eq!(length_of(&[0xd800, 0xd800, 0xdc00]), 7);
    }

    #[test]
    fn a_character_without_room_is_not_begun() {
        let units: Vec<u16> = "a\u{20ac}b".encode_utf16().collect();
        let mut target = [0; 4];
        assert_eq!(write_units(&units, &mut target[..3]), 1);
        assert_eq!(write_units(&units, &mut target), 4);
        assert_eq!(&target, "a\u{20ac}".as_bytes());
    }

    #[test]
    fn characters_of_one_byte_are_written_whole() {
        let mut target = [0; 5];
        assert_eq!(write_characters(b"a\xe9z", &mut target), 4);
        assert_eq!(&target[..4], "a\u{e9}z".as_bytes());
        assert_eq!(write_characters(b"ab\xe9", &mut target[..3]), 2);
        assert_eq!(write_characters(b"", &mut target), 0);
        assert_eq!(write_characters(b"a", &mut []), 0);
    }

    #[test]
    fn every_form_is_written() {
        let text = "a\u{e9}\u{7ff}\u{800}\u{ffff}\u{1f600}z";
        let mut target = vec![0; text.len()];
        let mut units: Vec<u16> = text.encode_utf16().collect();
        assert_eq!(write_units(&units, &mut target), text.len());
        assert_eq!(target, text.as_bytes());
        units.insert(1, 0xd800);
        let mut target = vec![0; text.len() + 3];
        write_units(&units, &mut target);
        assert_eq!(
            String::from_utf8_lossy(&target),
            text.replacen('a', "a\u{fffd}", 1)
        );
    }
}
