//! Base64 and hex as `Buffer` and `atob` understand them: lenient where Node is. Text without
//! mistakes goes through simdutf, which V8 brings along.

#![expect(unsafe_code, reason = "simdutf writes where there is room, unasked")]

use v8::simdutf::{self, Base64Options, LastChunkHandling};

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Marks what is no digit, in a word whose low 24 bits are a group of three bytes.
const INVALID: u32 = 1 << 24;

/// What each character adds to its group, by its place among the group's four. Both alphabets.
static PLACES: [[u32; 256]; 4] = [places(18), places(12), places(6), places(0)];

const fn places(shift: u32) -> [u32; 256] {
    let mut table = [INVALID; 256];
    let mut value: u32 = 0;
    while value < 64 {
        table[STANDARD[value as usize] as usize] = value << shift;
        table[URL_SAFE[value as usize] as usize] = value << shift;
        value += 1;
    }
    table
}

/// The value of a digit of either alphabet.
fn value_of(character: u8) -> Option<u32> {
    let value = PLACES[3][usize::from(character)];
    (value != INVALID).then_some(value)
}

/// Characters of `bytes` bytes in base64.
#[must_use]
pub fn encoded_length(bytes: usize, url_safe: bool) -> usize {
    simdutf::base64_length_from_binary(bytes, options(url_safe))
}

fn options(url_safe: bool) -> Base64Options {
    if url_safe {
        Base64Options::Url
    } else {
        Base64Options::Default
    }
}

/// Bytes to text: with padding in the standard alphabet, without in the URL-safe one.
///
/// # Panics
/// Where `text` is not as long as [`encoded_length`] says.
pub fn encode_into(bytes: &[u8], url_safe: bool, text: &mut [u8]) {
    assert_eq!(text.len(), encoded_length(bytes.len(), url_safe));
    // SAFETY: `text` has the length that simdutf itself gives for these bytes.
    unsafe { simdutf::binary_to_base64(bytes, text, options(url_safe)) };
}

/// [`encode_into`] memory of its own.
#[must_use]
pub fn encode(bytes: &[u8], url_safe: bool) -> Vec<u8> {
    let mut text = vec![0; encoded_length(bytes.len(), url_safe)];
    encode_into(bytes, url_safe, &mut text);
    text
}

/// Text to bytes, up to the padding or until `target` is full; what else is no digit is passed over.
/// Returns how many bytes were written.
pub fn decode_lenient(text: &[u8], target: &mut [u8]) -> usize {
    if simdutf::maximal_binary_length_from_base64(text) <= target.len() {
        for alphabet in [Base64Options::Default, Base64Options::Url] {
            // SAFETY: `target` has the room that simdutf itself asks for.
            let result = unsafe {
                simdutf::base64_to_binary(text, target, alphabet, LastChunkHandling::Loose)
            };
            if result.is_ok() {
                return result.count;
            }
            if !matches!(text.get(result.count), Some(b'-' | b'_')) {
                break;
            }
        }
    }
    // Groups of four, as long as there is nothing but digits.
    let mut whole = 0;
    for (group, slot) in text.chunks_exact(4).zip(target.chunks_exact_mut(3)) {
        let bits = PLACES[0][usize::from(group[0])]
            | PLACES[1][usize::from(group[1])]
            | PLACES[2][usize::from(group[2])]
            | PLACES[3][usize::from(group[3])];
        if bits & INVALID != 0 {
            break;
        }
        slot.copy_from_slice(&bits.to_be_bytes()[1..]);
        whole += 1;
    }
    let mut written = whole * 3;
    let mut bits: u32 = 0;
    let mut count = 0;
    for &character in &text[whole * 4..] {
        if character == b'=' {
            break;
        }
        let Some(value) = value_of(character) else {
            continue;
        };
        bits = bits << 6 | value;
        count += 6;
        if count >= 8 {
            count -= 8;
            let Some(slot) = target.get_mut(written) else {
                break;
            };
            *slot = (bits >> count & 0xff) as u8;
            written += 1;
        }
    }
    written
}

/// Why text is not base64 to `atob`.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Mistake {
    /// One digit is left over, which holds no byte.
    Length,
    /// A character is no digit, or padding is where none belongs.
    Character,
}

/// `atob`: WHATWG's forgiving decode.
///
/// # Errors
/// Where `text` is not correct, see [`Mistake`].
pub fn decode_forgiving(text: &[u8]) -> Result<Vec<u8>, Mistake> {
    let mut digits: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\x0c' | b'\r'))
        .collect();
    if digits.len().is_multiple_of(4) {
        for _ in 0..2 {
            if digits.last() == Some(&b'=') {
                digits.pop();
            }
        }
    }
    let valid = |byte: &u8| value_of(*byte).is_some() && !matches!(byte, b'-' | b'_');
    if !digits.iter().all(valid) {
        return Err(Mistake::Character);
    }
    if digits.len() % 4 == 1 {
        return Err(Mistake::Length);
    }
    let mut bytes = vec![0; digits.len() * 3 / 4];
    let written = decode_lenient(&digits, &mut bytes);
    bytes.truncate(written);
    Ok(bytes)
}

/// Bytes to lower-case hex, two digits each as far as `text` has room.
pub fn encode_hex_into(bytes: &[u8], text: &mut [u8]) {
    let bytes = &bytes[..bytes.len().min(text.len() / 2)];
    faster_hex::hex_encode(bytes, text).expect("there is room for these");
}

/// Hex to bytes, up to the first pair that is not hex or until `target` is full. Returns how many
/// bytes were written.
pub fn decode_hex(text: &[u8], target: &mut [u8]) -> usize {
    let mut count = target.len().min(text.len() / 2);
    while let Err(error) = faster_hex::hex_decode(&text[..2 * count], target) {
        count = match error {
            faster_hex::Error::InvalidChar { index, .. } => index / 2,
            _ => 0,
        };
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Vec<u8> {
        let mut target = vec![0; text.len() * 3 / 4];
        let written = decode_lenient(text.as_bytes(), &mut target);
        target.truncate(written);
        target
    }

    #[test]
    fn every_length_survives() {
        for length in 0..50_u8 {
            let bytes: Vec<u8> = (0..length).map(|i| i.wrapping_mul(71)).collect();
            for url_safe in [false, true] {
                let text = String::from_utf8(encode(&bytes, url_safe)).unwrap();
                assert_eq!(decoded(&text), bytes, "{text}");
            }
        }
    }

    #[test]
    fn padding_belongs_to_the_standard_alphabet() {
        assert_eq!(encode(b"\xff\xfe", false), b"//4=");
        assert_eq!(encode(b"\xff\xfe", true), b"__4");
    }

    #[test]
    fn lenient_decoding_passes_over_what_is_no_digit() {
        assert_eq!(decoded("aGVs\nbG8 gd29ybGQ="), b"hello world");
        assert_eq!(decoded("*aGVsbG8*"), b"hello");
        assert_eq!(decoded("YQ==YQ=="), b"a");
    }

    #[test]
    fn a_full_target_ends_decoding() {
        let mut target = [0; 4];
        assert_eq!(decode_lenient(b"aGVsbG8gd29ybGQ=", &mut target), 4);
        assert_eq!(&target, b"hell");
    }

    #[test]
    fn forgiving_decoding_has_whatwg_s_limits() {
        assert_eq!(decode_forgiving(b" YQ = = ").unwrap(), b"a");
        assert_eq!(decode_forgiving(b"YQ").unwrap(), b"a");
        assert_eq!(decode_forgiving(b""), Ok(Vec::new()));
        assert_eq!(decode_forgiving(b"YWJjY"), Err(Mistake::Length));
        for wrong in ["YQ=", "Y-__", "YQ==YQ==", "====", "Y?"] {
            assert_eq!(
                decode_forgiving(wrong.as_bytes()),
                Err(Mistake::Character),
                "{wrong}"
            );
        }
    }

    #[test]
    fn hex_ends_at_the_first_wrong_pair() {
        let mut target = [0; 4];
        assert_eq!(decode_hex(b"abCDxx01", &mut target), 2);
        assert_eq!(&target[..2], b"\xab\xcd");
        let mut text = [0; 4];
        encode_hex_into(b"\xab\xcd", &mut text);
        assert_eq!(&text, b"abcd");
    }

    #[test]
    fn every_byte_survives_as_hex() {
        let bytes: Vec<u8> = (0..=255).collect();
        let mut text = vec![0; 512];
        encode_hex_into(&bytes, &mut text);
        assert_eq!(&text[..4], b"0001");
        let mut target = vec![0; 256];
        assert_eq!(decode_hex(&text, &mut target), 256);
        assert_eq!(target, bytes);
        assert_eq!(decode_hex(&text.to_ascii_uppercase(), &mut target), 256);
        assert_eq!(target, bytes);
    }
}
