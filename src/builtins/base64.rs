//! Base64 and hex as `Buffer` and `atob` understand them: lenient where Node is.

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const INVALID: u8 = 0xff;

/// The value of each digit, in both alphabets at once.
static VALUES: [u8; 256] = values();

const fn values() -> [u8; 256] {
    let mut table = [INVALID; 256];
    let mut value: u8 = 0;
    while value < 64 {
        table[STANDARD[value as usize] as usize] = value;
        table[URL_SAFE[value as usize] as usize] = value;
        value += 1;
    }
    table
}

/// Bytes to text: with padding in the standard alphabet, without in the URL-safe one.
#[must_use]
pub fn encode(bytes: &[u8], url_safe: bool) -> Vec<u8> {
    let alphabet = if url_safe { URL_SAFE } else { STANDARD };
    let digit = |bits: u32| alphabet[(bits & 63) as usize];
    let mut text = Vec::with_capacity(bytes.len().div_ceil(3) * 4);
    let mut groups = bytes.chunks_exact(3);
    for group in &mut groups {
        let bits = u32::from(group[0]) << 16 | u32::from(group[1]) << 8 | u32::from(group[2]);
        text.extend_from_slice(&[
            digit(bits >> 18),
            digit(bits >> 12),
            digit(bits >> 6),
            digit(bits),
        ]);
    }
    match *groups.remainder() {
        [first] => {
            let bits = u32::from(first) << 16;
            text.extend_from_slice(&[digit(bits >> 18), digit(bits >> 12)]);
            if !url_safe {
                text.extend_from_slice(b"==");
            }
        }
        [first, second] => {
            let bits = u32::from(first) << 16 | u32::from(second) << 8;
            text.extend_from_slice(&[digit(bits >> 18), digit(bits >> 12), digit(bits >> 6)]);
            if !url_safe {
                text.push(b'=');
            }
        }
        _ => {}
    }
    text
}

/// Text to bytes, up to the padding or until `target` is full; what else is no digit is passed over.
/// Returns how many bytes were written.
pub fn decode_lenient(text: &[u8], target: &mut [u8]) -> usize {
    let mut bits: u32 = 0;
    let mut count = 0;
    let mut written = 0;
    let mut rest = text;
    // Four digits at a time, as long as there is nothing but digits.
    while let ([a, b, c, d, tail @ ..], true) = (rest, written + 3 <= target.len()) {
        let values = [
            VALUES[usize::from(*a)],
            VALUES[usize::from(*b)],
            VALUES[usize::from(*c)],
            VALUES[usize::from(*d)],
        ];
        if values.contains(&INVALID) {
            break;
        }
        let [a, b, c, d] = values.map(u32::from);
        let group = (a << 18 | b << 12 | c << 6 | d).to_be_bytes();
        target[written..written + 3].copy_from_slice(&group[1..]);
        written += 3;
        rest = tail;
    }
    for &byte in rest {
        let value = VALUES[usize::from(byte)];
        if byte == b'=' {
            break;
        }
        if value == INVALID {
            continue;
        }
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            let Some(slot) = target.get_mut(written) else {
                return written;
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
    let valid = |byte: &u8| VALUES[usize::from(*byte)] != INVALID && !matches!(byte, b'-' | b'_');
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

/// Bytes to lower-case hex.
#[must_use]
pub fn encode_hex(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = Vec::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)]);
        text.push(DIGITS[usize::from(byte & 15)]);
    }
    text
}

/// Hex to bytes, up to the first pair that is not hex or until `target` is full. Returns how many
/// bytes were written.
pub fn decode_hex(text: &[u8], target: &mut [u8]) -> usize {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    };
    let mut written = 0;
    for (pair, slot) in text.chunks_exact(2).zip(target) {
        let (Some(high), Some(low)) = (value(pair[0]), value(pair[1])) else {
            break;
        };
        *slot = high << 4 | low;
        written += 1;
    }
    written
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
        assert_eq!(encode_hex(b"\xab\xcd"), b"abcd");
    }
}
