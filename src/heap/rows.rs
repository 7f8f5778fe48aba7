//! The numbers of a section, a row at a time.

use super::error::FormatError;

/// Reads a flat section of numbers as rows of a fixed width.
///
/// Numbers are decimal, divided by commas; blanks and newlines may stand around a comma (V8 before
/// 13 puts each row on a line of its own). Only edges have negative ones: V8 keeps an element's index
/// in an `int` (`HeapGraphEdge::index_` in its `heap-snapshot-generator.h`), so that 2^32 - 2 is
/// written as -2. They are read as the index that they stand for.
#[derive(Debug, Clone)]
pub(super) struct Rows<'a> {
    bytes: &'a [u8],
    pos: usize,
    /// Offset of `bytes[0]` in the file.
    base: usize,
    section: &'static str,
    first: bool,
}

impl<'a> Rows<'a> {
    /// Reads `bytes`, the inside of the brackets of `section`, which starts at byte `base`
    /// of the file.
    pub(super) fn new(bytes: &'a [u8], base: usize, section: &'static str) -> Self {
        Self {
            bytes,
            pos: 0,
            base,
            section,
            first: true,
        }
    }

    /// Offset in the file of the next thing to be read.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.base + self.pos
    }

    /// Fills `row` with the next numbers; `false` at the end of the section.
    ///
    /// # Errors
    /// Anything but a number where one must be, a number of more than 19 digits, a negative one
    /// that is no index, or a section that ends inside a row.
    #[inline]
    pub fn next_into(&mut self, row: &mut [u64]) -> Result<bool, FormatError> {
        for (column, slot) in row.iter_mut().enumerate() {
            self.skip_blanks();
            if self.first {
                self.first = false;
                if self.pos == self.bytes.len() {
                    return Ok(false);
                }
            } else {
                match self.bytes.get(self.pos) {
                    Some(b',') => self.pos += 1,
                    None if column == 0 => return Ok(false),
                    None => return Err(self.error("ends inside a row")),
                    Some(_) => return Err(self.error("has something that is not a number")),
                }
                self.skip_blanks();
            }
            *slot = if self.bytes.get(self.pos) == Some(&b'-') && self.section == "edges" {
                self.negative_index()?
            } else {
                self.number()?
            };
        }
        Ok(true)
    }

    #[inline]
    fn skip_blanks(&mut self) {
        while let Some(b'\n' | b' ' | b'\r' | b'\t') = self.bytes.get(self.pos) {
            self.pos += 1;
        }
    }

    #[inline]
    fn number(&mut self) -> Result<u64, FormatError> {
        let digits = &self.bytes[self.pos..];
        let mut value = 0_u64;
        let mut length = 0;
        for byte in digits {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            length += 1;
        }
        // 19 digits always fit; V8's largest value, a 48-bit size, has 15.
        if length == 0 || length > 19 {
            return Err(self.error(if length == 0 {
                "has something that is not a number"
            } else {
                "has a number that is too large"
            }));
        }
        self.pos += length;
        Ok(value)
    }

    /// Reads `-n` as the index 2^32 - n.
    #[cold]
    fn negative_index(&mut self) -> Result<u64, FormatError> {
        let start = self.pos;
        self.pos += 1;
        let below = self.number()?;
        if (1..=1 << 31).contains(&below) {
            Ok((1 << 32) - below)
        } else {
            self.pos = start;
            Err(self.error("has a negative number that is no index"))
        }
    }

    #[cold]
    fn error(&self, what: &str) -> FormatError {
        FormatError::at(
            self.base + self.pos,
            format!("section \"{}\" {what}", self.section),
        )
    }
}
