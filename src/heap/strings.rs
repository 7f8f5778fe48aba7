//! The string table, walked in order.

use memchr::memchr2;

use super::error::FormatError;

/// Yields each string of the table as the text between its quotes, escapes and all.
#[derive(Debug, Clone)]
pub(super) struct Strings<'a> {
    bytes: &'a [u8],
    pos: usize,
    /// Offset of `bytes[0]` in the file.
    base: usize,
    first: bool,
}

/// One string as it stands in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct RawString<'a> {
    /// What is between the quotes.
    pub text: &'a [u8],
    /// Offset of the opening quote in the file.
    pub offset: usize,
}

impl<'a> Strings<'a> {
    /// Walks `bytes`, the inside of the brackets, which starts at byte `base` of the file.
    pub fn new(bytes: &'a [u8], base: usize) -> Self {
        Self {
            bytes,
            pos: 0,
            base,
            first: true,
        }
    }

    fn skip_blanks(&mut self) {
        while let Some(b'\n' | b' ' | b'\r' | b'\t') = self.bytes.get(self.pos) {
            self.pos += 1;
        }
    }

    fn step(&mut self) -> Result<Option<RawString<'a>>, FormatError> {
        self.skip_blanks();
        if self.pos == self.bytes.len() {
            return Ok(None);
        }
        if self.first {
            self.first = false;
        } else {
            if self.bytes[self.pos] != b',' {
                return Err(self.error("section \"strings\" lacks a comma"));
            }
            self.pos += 1;
            self.skip_blanks();
        }
        if self.bytes.get(self.pos) != Some(&b'"') {
            return Err(self.error("section \"strings\" has something that is not a string"));
        }
        let start = self.pos;
        let end = closing_quote(self.bytes, start + 1)
            .ok_or_else(|| self.error("section \"strings\" ends inside a string"))?;
        self.pos = end + 1;
        Ok(Some(RawString {
            text: &self.bytes[start + 1..end],
            offset: self.base + start,
        }))
    }

    fn error(&self, what: &str) -> FormatError {
        FormatError::at(self.base + self.pos, what)
    }
}

impl<'a> Iterator for Strings<'a> {
    type Item = Result<RawString<'a>, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.step().transpose();
        if let Some(Err(_)) = item {
            self.pos = self.bytes.len();
        }
        item
    }
}

/// Where the string ends whose text starts at `start`.
pub(super) fn closing_quote(bytes: &[u8], start: usize) -> Option<usize> {
    let mut pos = start;
    loop {
        pos += memchr2(b'"', b'\\', bytes.get(pos..)?)?;
        if bytes[pos] == b'"' {
            return Some(pos);
        }
        pos += 2;
    }
}

/// The string that `text` stands for, cut after `limit` characters with an ellipsis.
///
/// Never fails: what is no valid escape, half of a surrogate pair or no UTF-8 comes out as
/// U+FFFD. [`invalid_at`] is there to find such places.
pub(super) fn decode(text: &[u8], limit: usize) -> String {
    // Six bytes is the longest way to write a character's half; what is behind can be left.
    let text = &text[..text.len().min(limit.saturating_mul(12).saturating_add(12))];
    let mut units = Vec::with_capacity(text.len().min(limit));
    let mut pos = 0;
    while pos < text.len() {
        let run = memchr::memchr(b'\\', &text[pos..]).map_or(text.len(), |at| pos + at);
        units.extend(String::from_utf8_lossy(&text[pos..run]).encode_utf16());
        pos = run;
        if pos < text.len() {
            let (unit, length) = escape(&text[pos..]).unwrap_or((0xFFFD, 2));
            units.push(unit);
            pos += length;
        }
    }
    let mut out = String::new();
    for (count, unit) in char::decode_utf16(units).enumerate() {
        if count == limit {
            out.push('\u{2026}');
            break;
        }
        out.push(unit.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    out
}

/// The UTF-16 unit that the escape at the start of `text` means, and the escape's length.
fn escape(text: &[u8]) -> Option<(u16, usize)> {
    let unit = match text.get(1)? {
        b'"' => b'"',
        b'\\' => b'\\',
        b'/' => b'/',
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => {
            let digits = text.get(2..6)?;
            let unit = digits.iter().try_fold(0_u32, |value, digit| {
                Some(value * 16 + char::from(*digit).to_digit(16)?)
            })?;
            return Some((u16::try_from(unit).ok()?, 6));
        }
        _ => return None,
    };
    Some((u16::from(unit), 2))
}

/// The first place in `text` that JSON does not allow, and what it is.
pub(super) fn invalid_at(text: &[u8]) -> Option<(usize, &'static str)> {
    let mut pos = 0;
    while pos < text.len() {
        match text[pos] {
            b'\\' => match escape(&text[pos..]) {
                Some((_, length)) => pos += length,
                None => return Some((pos, "a string has an escape that JSON does not know")),
            },
            0..0x20 => return Some((pos, "a string has a bare control character")),
            _ => pos += 1,
        }
    }
    std::str::from_utf8(text)
        .err()
        .map(|error| (error.valid_up_to(), "a string is not UTF-8"))
}
