//! The numbers of a section, read fast and in parts.

use std::ops::Range;

use memchr::{memchr, memchr_iter};

use crate::heap::error::FormatError;

/// Bytes of text that one thread reads at a time.
const PART: usize = 2 << 20;

/// A flat section of numbers, the text between its brackets.
#[derive(Debug, Clone, Copy)]
pub(in crate::heap) struct Section<'a> {
    pub text: &'a [u8],
    /// Offset of the text in the file.
    pub base: usize,
    pub name: &'static str,
}

/// Rows that one thread reads: those that start in a part of the text.
#[derive(Debug, Clone)]
pub(in crate::heap) struct Part {
    /// The part's bytes, in the section.
    pub bytes: Range<usize>,
    /// Numbers in the part, until they are counted together: then those before its first row.
    numbers: usize,
    /// The first row that starts here, and how many do.
    pub rows: Range<usize>,
}

impl<'a> Section<'a> {
    /// Divides the text after commas; [`Self::number_rows`] completes the parts.
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut start = 0;
        while start < self.text.len() {
            let wanted = (start + PART).min(self.text.len());
            let end = memchr(b',', &self.text[wanted..])
                .map_or(self.text.len(), |comma| wanted + comma + 1);
            parts.push(Part {
                bytes: start..end,
                numbers: 0,
                rows: 0..0,
            });
            start = end;
        }
        parts
    }

    /// Numbers in a part, judging by its commas.
    pub fn count(&self, part: &Part) -> usize {
        memchr_iter(b',', &self.text[part.bytes.clone()]).count()
    }

    /// Completes the parts from the commas that are in each; returns the section's rows.
    pub fn number_rows(
        &self,
        parts: &mut [Part],
        commas: &[usize],
        width: usize,
    ) -> Result<usize, FormatError> {
        let mut number = 0_usize;
        let last = parts.len().wrapping_sub(1);
        for (at, (part, commas)) in parts.iter_mut().zip(commas).enumerate() {
            let first = number.div_ceil(width);
            part.numbers = first * width - number;
            // Behind the last number there is no comma.
            number += commas + usize::from(at == last);
            part.rows = first..number.div_ceil(width).max(first);
        }
        if self.text.iter().all(u8::is_ascii_whitespace) {
            for part in parts {
                part.rows = 0..0;
            }
            return Ok(0);
        }
        if !number.is_multiple_of(width) {
            return Err(self.error(self.text.len(), "ends inside a row"));
        }
        Ok(number / width)
    }

    /// A reader of the part's rows.
    pub fn reader(&self, part: &Part) -> Numbers<'a> {
        let mut pos = part.bytes.start;
        for _ in 0..part.numbers {
            pos = memchr(b',', &self.text[pos..]).map_or(self.text.len(), |comma| pos + comma + 1);
        }
        self.from(pos)
    }

    /// A reader of the numbers from this byte of the section on.
    pub fn from(&self, pos: usize) -> Numbers<'a> {
        Numbers {
            text: self.text,
            pos,
        }
    }

    /// An error about the byte at `pos` of the section.
    #[cold]
    pub fn error(&self, pos: usize, what: &str) -> FormatError {
        FormatError::at(self.base + pos, format!("section \"{}\" {what}", self.name))
    }
}

/// Numbers in their order. As [`Rows`](crate::heap::rows::Rows), which is slower and needs no parts.
#[derive(Debug)]
pub(in crate::heap) struct Numbers<'a> {
    text: &'a [u8],
    /// Offset in the section of what is read next.
    pub pos: usize,
}

/// What stands where a number must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::heap) enum NotANumber {
    /// Something else.
    Other,
    /// A number of more than 19 digits.
    TooLarge,
}

impl NotANumber {
    pub fn what(self) -> &'static str {
        match self {
            Self::Other => "has something that is not a number",
            Self::TooLarge => "has a number that is too large",
        }
    }
}

impl Numbers<'_> {
    /// The next number, with the comma behind it.
    #[inline]
    pub fn next(&mut self) -> Result<u64, NotANumber> {
        if let Some(word) = self.text.get(self.pos..self.pos + 9) {
            // Types, and most counts.
            if let [digit @ b'0'..=b'9', b',', ..] = word {
                self.pos += 2;
                return Ok(u64::from(digit - b'0'));
            }
            let (value, digits) = leading_digits(word);
            if digits > 0 && word.get(digits) == Some(&b',') {
                self.pos += digits + 1;
                return Ok(value);
            }
        }
        self.slowly()
    }

    /// Reads `-n` as the index 2^32 - n, where V8's edges have one (`Rows`).
    pub fn next_index(&mut self) -> Result<u64, NotANumber> {
        if self.text.get(self.pos) != Some(&b'-') {
            return self.next();
        }
        let start = self.pos;
        self.pos += 1;
        let below = self.slowly()?;
        if (1..=1 << 31).contains(&below) {
            Ok((1 << 32) - below)
        } else {
            self.pos = start;
            Err(NotANumber::Other)
        }
    }

    /// Blanks, more than 8 digits, the end of the section.
    fn slowly(&mut self) -> Result<u64, NotANumber> {
        self.skip_blanks();
        let start = self.pos;
        let mut value = 0_u64;
        while let Some(digit @ b'0'..=b'9') = self.text.get(self.pos) {
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            self.pos += 1;
        }
        match self.pos - start {
            0 => return Err(NotANumber::Other),
            1..=19 => {}
            _ => {
                self.pos = start;
                return Err(NotANumber::TooLarge);
            }
        }
        self.skip_blanks();
        match self.text.get(self.pos) {
            Some(b',') => self.pos += 1,
            None => {}
            Some(_) => return Err(NotANumber::Other),
        }
        self.skip_blanks();
        Ok(value)
    }

    fn skip_blanks(&mut self) {
        while let Some(b'\n' | b' ' | b'\r' | b'\t') = self.text.get(self.pos) {
            self.pos += 1;
        }
    }
}

/// The value of the digits at the start of `text`, which has at least 8 bytes, and how many of the
/// first 8 are digits. All 8 are looked at together: a loop over bytes mispredicts each number's end.
#[inline]
fn leading_digits(text: &[u8]) -> (u64, usize) {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&text[..8]);
    // Each byte: 0 to 9 for a digit, more for anything else.
    let values = u64::from_le_bytes(bytes) ^ 0x3030_3030_3030_3030;
    let others = (values.wrapping_add(0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080;
    let digits = others.trailing_zeros() as usize / 8;
    if digits == 0 {
        return (0, 0);
    }
    // The last digit to the highest byte, zeros in front; then neighbours are added up, three times.
    let values = values << (64 - 8 * digits);
    let pairs = values.wrapping_mul(2561) >> 8 & 0x00FF_00FF_00FF_00FF;
    let fours = pairs.wrapping_mul(6_553_601) >> 16 & 0x0000_FFFF_0000_FFFF;
    let value = fours.wrapping_mul(42_949_672_960_001) >> 32;
    (value, digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str, count: usize) -> Vec<Result<u64, NotANumber>> {
        let mut numbers = Numbers {
            text: text.as_bytes(),
            pos: 0,
        };
        (0..count).map(|_| numbers.next()).collect()
    }

    #[test]
    fn numbers_of_all_lengths() {
        let mut wanted = Vec::new();
        let mut value = 1_u64;
        for digits in 1..=19 {
            wanted.extend([value, value * 9, value + digits % 10]);
            value = value.wrapping_mul(10);
        }
        let text: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        for between in [",", "\n,", " ,\r\n\t"] {
            let read = numbers(&text.join(between), wanted.len());
            assert!(wanted.iter().map(|n| Ok(*n)).eq(read), "{between:?}");
        }
    }

    #[test]
    fn what_is_no_number() {
        for text in [
            "",
            ",1,2,3,4,5",
            "x",
            "12x,1,1,1,1,1",
            "1 2,3,3,3,3,3",
            "-1,2,3,4,5",
        ] {
            assert_eq!(numbers(text, 1), [Err(NotANumber::Other)], "{text}");
        }
        let text = "99999999999999999999,1";
        assert_eq!(numbers(text, 1), [Err(NotANumber::TooLarge)]);
    }

    #[test]
    fn every_part_has_the_rows_that_start_in_it() {
        let text: Vec<String> = (0..2_000_000)
            .map(|n: u64| (n * n % 99_991).to_string())
            .collect();
        let text = text.join(",");
        let section = Section {
            text: text.as_bytes(),
            base: 0,
            name: "nodes",
        };
        for width in [1, 5, 7] {
            let mut parts = section.parts();
            assert!(parts.len() > 3);
            let commas: Vec<usize> = parts.iter().map(|part| section.count(part)).collect();
            let rows = section.number_rows(&mut parts, &commas, width);
            assert_eq!(rows.is_ok(), 2_000_000 % width == 0);
            for part in &parts {
                let mut reader = section.reader(part);
                let first = (part.rows.start * width) as u64;
                assert_eq!(reader.next(), Ok(first * first % 99_991));
            }
            assert!(
                parts
                    .windows(2)
                    .all(|pair| pair[0].rows.end == pair[1].rows.start)
            );
        }
    }
}
