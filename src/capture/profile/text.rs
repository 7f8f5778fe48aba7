//! JSON strings of profiles, written piece by piece.

use std::io::{self, Write};

/// Writes `text` as a JSON string; what is no UTF-8 becomes U+FFFD.
pub fn string(out: &mut impl Write, text: &[u8]) -> io::Result<()> {
    out.write_all(b"\"")?;
    escape(out, text)?;
    out.write_all(b"\"")
}

/// Writes a script's name as a URL, as Node does: a path becomes a `file:` URL, all else stays.
pub fn url(out: &mut impl Write, name: &[u8]) -> io::Result<()> {
    if !name.starts_with(b"/") {
        return string(out, name);
    }
    out.write_all(b"\"file://")?;
    for &byte in name {
        if byte.is_ascii_alphanumeric() || b"/-_.~!$&'()*+,;=:@".contains(&byte) {
            out.write_all(&[byte])?;
        } else {
            write!(out, "%{byte:02X}")?;
        }
    }
    out.write_all(b"\"")
}

fn escape(out: &mut impl Write, text: &[u8]) -> io::Result<()> {
    for chunk in text.utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some(at) = rest.find(|c: char| c < ' ' || c == '"' || c == '\\') {
            let (plain, special) = rest.split_at(at);
            out.write_all(plain.as_bytes())?;
            match special.as_bytes().first() {
                Some(&byte @ (b'"' | b'\\')) => out.write_all(&[b'\\', byte])?,
                Some(byte) => write!(out, "\\u{byte:04x}")?,
                None => {}
            }
            rest = special.get(1..).unwrap_or_default();
        }
        out.write_all(rest.as_bytes())?;
        if !chunk.invalid().is_empty() {
            out.write_all("\u{fffd}".as_bytes())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn strings_are_valid_json() {
        let text = b"a \"b\" \\ \n \x01 \xc3\xa4 \xff!";
        let value: String = serde_json::from_str(&written(|out| string(out, text))).unwrap();
        assert_eq!(value, "a \"b\" \\ \n \u{1} \u{e4} \u{fffd}!");
    }

    #[test]
    fn paths_become_urls() {
        assert_eq!(
            written(|out| url(out, b"/a b/c.js")),
            "\"file:///a%20b/c.js\""
        );
        assert_eq!(written(|out| url(out, b"node:fs")), "\"node:fs\"");
        assert_eq!(written(|out| url(out, b"[eval]")), "\"[eval]\"");
    }
}
