//! JSON written piece by piece through a buffer that exists already.

use crate::sys::fixed::Lossy;
use crate::sys::{Errno, file};
use std::fmt::{self, Write as _};
use std::os::fd::BorrowedFd;

/// Objects and arrays may nest this deep.
const DEPTH: usize = 16;

/// Writes one JSON document to a file.
pub struct Json<'a> {
    file: BorrowedFd<'a>,
    buffer: &'a mut [u8],
    used: usize,
    failure: Option<Errno>,
    compact: bool,
    depth: usize,
    /// Whether the object or array at each depth has an entry already, and its
    /// closing bracket.
    open: [(bool, u8); DEPTH],
}

impl<'a> Json<'a> {
    /// A document that starts with an object.
    pub fn new(file: BorrowedFd<'a>, buffer: &'a mut [u8], compact: bool) -> Self {
        let mut json = Self {
            file,
            buffer,
            used: 0,
            failure: None,
            compact,
            depth: 0,
            open: [(false, b'}'); DEPTH],
        };
        json.put(b"{");
        json
    }

    /// Closes everything and writes the rest.
    ///
    /// # Errors
    /// The first error of a write.
    pub fn finish(mut self) -> Result<(), Errno> {
        while self.depth > 0 {
            self.end();
        }
        self.close(b'}', 0);
        self.put(b"\n");
        self.flush();
        self.failure.map_or(Ok(()), Err)
    }

    /// Opens an object under `key`.
    pub fn object(&mut self, key: &str) {
        self.key(key);
        self.begin(b'{', b'}');
    }

    /// Opens an array under `key`.
    pub fn array(&mut self, key: &str) {
        self.key(key);
        self.begin(b'[', b']');
    }

    /// Closes the innermost object or array.
    pub fn end(&mut self) {
        let Some(&(_, bracket)) = self.open.get(self.depth) else {
            return;
        };
        self.depth = self.depth.saturating_sub(1);
        self.close(bracket, self.depth + 1);
    }

    /// A number.
    pub fn number(&mut self, key: &str, value: u64) {
        self.display(key, value);
    }

    /// Anything that displays as valid JSON, such as a number or `true`.
    pub fn display(&mut self, key: &str, value: impl fmt::Display) {
        self.key(key);
        // Writing to the buffer never fails.
        let _ = write!(self, "{value}");
    }

    /// A string.
    pub fn text(&mut self, key: &str, value: impl fmt::Display) {
        self.key(key);
        self.string(value);
    }

    /// A string whose key is no literal.
    pub fn bytes(&mut self, key: &[u8], value: &[u8]) {
        self.separate();
        self.string(Lossy(key));
        self.colon();
        self.string(Lossy(value));
    }

    /// A string within an array.
    pub fn text_element(&mut self, value: impl fmt::Display) {
        self.separate();
        self.string(value);
    }

    fn key(&mut self, key: &str) {
        self.separate();
        self.string(key);
        self.colon();
    }

    fn colon(&mut self) {
        self.put(if self.compact { b":" } else { b": " });
    }

    fn begin(&mut self, opening: u8, closing: u8) {
        self.put(&[opening]);
        self.depth += 1;
        if let Some(level) = self.open.get_mut(self.depth) {
            *level = (false, closing);
        }
    }

    fn close(&mut self, bracket: u8, depth: usize) {
        let filled = self.open.get(depth).is_some_and(|level| level.0);
        if filled {
            self.new_line(depth);
        }
        self.put(&[bracket]);
    }

    fn separate(&mut self) {
        let depth = self.depth;
        let Some(level) = self.open.get_mut(depth) else {
            return;
        };
        if std::mem::replace(&mut level.0, true) {
            self.put(b",");
        }
        self.new_line(depth + 1);
    }

    fn new_line(&mut self, indent: usize) {
        if self.compact {
            return;
        }
        self.put(b"\n");
        for _ in 0..indent {
            self.put(b"  ");
        }
    }

    fn string(&mut self, value: impl fmt::Display) {
        self.put(b"\"");
        // Writing to the buffer never fails.
        let _ = write!(Escaped(self), "{value}");
        self.put(b"\"");
    }

    fn put(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.used >= self.buffer.len() {
                self.flush();
            }
            let room = self.buffer.get_mut(self.used..).unwrap_or_default();
            let count = room.len().min(bytes.len());
            if count == 0 {
                return;
            }
            if let (Some(to), Some(from)) = (room.get_mut(..count), bytes.get(..count)) {
                to.copy_from_slice(from);
            }
            self.used += count;
            bytes = bytes.get(count..).unwrap_or_default();
        }
    }

    fn flush(&mut self) {
        let bytes = self.buffer.get(..self.used).unwrap_or_default();
        if self.failure.is_none() {
            self.failure = file::write(self.file, bytes).err();
        }
        self.used = 0;
    }
}

impl fmt::Write for Json<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes());
        Ok(())
    }
}

/// Escapes what a JSON string must not hold as it is.
struct Escaped<'w, 'a>(&'w mut Json<'a>);

impl fmt::Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.find(|c: char| c < ' ' || c == '"' || c == '\\') {
            let (plain, special) = rest.split_at(at);
            self.0.put(plain.as_bytes());
            match special.bytes().next() {
                Some(b'\n') => self.0.put(b"\\n"),
                Some(b'\t') => self.0.put(b"\\t"),
                Some(byte @ (b'"' | b'\\')) => self.0.put(&[b'\\', byte]),
                Some(byte) => write!(self.0, "\\u{byte:04x}")?,
                None => {}
            }
            rest = special.get(1..).unwrap_or_default();
        }
        self.0.put(rest.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    fn document(compact: bool, buffer: usize) -> String {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("j");
        let file = std::fs::File::create(&path).unwrap();
        let mut buffer = vec![0; buffer];
        let mut json = Json::new(file.as_fd(), &mut buffer, compact);
        json.text("text", "a \"quoted\"\n\\\u{1} \u{fffd}");
        json.object("empty");
        json.end();
        json.array("list");
        json.text_element("x");
        json.end();
        json.number("n", u64::MAX);
        json.display("yes", true);
        json.object("open");
        json.bytes(b"PATH\xff", b"/bin");
        json.finish().unwrap();
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn is_valid_json_whatever_the_buffer() {
        for (compact, buffer) in [(false, 4096), (true, 4096), (false, 1), (true, 7)] {
            let text = document(compact, buffer);
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value["text"], "a \"quoted\"\n\\\u{1} \u{fffd}");
            assert_eq!(value["list"], serde_json::json!(["x"]));
            assert_eq!(value["empty"], serde_json::json!({}));
            assert_eq!(value["n"], u64::MAX);
            assert_eq!(value["open"]["PATH\u{fffd}"], "/bin");
            assert_eq!(text.lines().count() == 1, compact);
        }
    }

    #[test]
    fn a_failed_write_is_told_at_the_end() {
        let file = std::fs::File::open("/dev/null").unwrap();
        let mut buffer = [0; 16];
        let json = Json::new(file.as_fd(), &mut buffer, true);
        assert!(json.finish().is_err());
    }
}
