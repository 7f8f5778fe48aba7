//! Text of a fixed capacity: formatting without allocation.

use std::ffi::CStr;
use std::fmt;

/// The longest path that Linux takes, with its NUL.
pub const PATH_CAPACITY: usize = 4096;

/// A byte string in place, at most `N - 1` bytes and always NUL-terminated.
///
/// Writing past the end keeps what fits and remembers it ([`Self::overflowed`]).
pub struct Fixed<const N: usize> {
    length: usize,
    overflowed: bool,
    bytes: [u8; N],
}

/// A path in place.
pub type FixedPath = Fixed<PATH_CAPACITY>;

impl<const N: usize> Fixed<N> {
    /// The empty string.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            length: 0,
            overflowed: false,
            bytes: [0; N],
        }
    }

    /// Makes it the empty string again.
    pub fn clear(&mut self) {
        self.truncate(0);
        self.overflowed = false;
    }

    /// Cuts it to at most `length` bytes.
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
        if let Some(end) = self.bytes.get_mut(self.length) {
            *end = 0;
        }
    }

    /// Appends bytes, as many as fit.
    pub fn push(&mut self, bytes: &[u8]) {
        let room = N.saturating_sub(1).saturating_sub(self.length);
        let taken = bytes.len().min(room);
        if let (Some(to), Some(from)) = (
            self.bytes.get_mut(self.length..self.length + taken),
            bytes.get(..taken),
        ) {
            to.copy_from_slice(from);
            self.length += taken;
        }
        if let Some(end) = self.bytes.get_mut(self.length) {
            *end = 0;
        }
        self.overflowed |= taken < bytes.len();
    }

    /// The bytes, without the NUL.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// As a C string: up to the first NUL.
    #[must_use]
    pub fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.bytes).unwrap_or_default()
    }

    /// Whether something did not fit.
    #[must_use]
    pub fn overflowed(&self) -> bool {
        self.overflowed
    }
}

impl<const N: usize> Default for Fixed<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> fmt::Write for Fixed<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}

impl<const N: usize> fmt::Debug for Fixed<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Lossy(self.as_bytes()), f)
    }
}

/// Displays bytes as text, with U+FFFD for what is not UTF-8, without allocation.
pub struct Lossy<'a>(pub &'a [u8]);

impl fmt::Display for Lossy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_str("\u{fffd}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    #[test]
    fn keeps_what_fits() {
        let mut text = Fixed::<8>::new();
        write!(text, "{}-{}", 123, 45).unwrap();
        assert_eq!(text.as_bytes(), b"123-45");
        assert!(!text.overflowed());
        text.push(b"6789");
        assert_eq!(text.as_bytes(), b"123-456");
        assert!(text.overflowed());
        assert_eq!(text.as_c_str(), c"123-456");
    }

    #[test]
    fn truncates_and_clears() {
        let mut text = Fixed::<8>::new();
        text.push(b"abcdef");
        text.truncate(3);
        assert_eq!(text.as_c_str(), c"abc");
        text.push(b"xyzw!");
        assert!(text.overflowed());
        text.clear();
        assert_eq!(text.as_bytes(), b"");
        assert!(!text.overflowed());
    }

    #[test]
    fn shows_bytes_that_are_no_text() {
        assert_eq!(Lossy(b"a\xffb").to_string(), "a\u{fffd}b");
    }
}
