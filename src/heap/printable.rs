//! Names of a program, which may be any text, on a terminal or in a log.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` as one line that moves no cursor: what a terminal would obey or what turns the direction of
/// writing is written as in a string of the program (`\n`, `\x1b`, `\u202e`).
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if !is_obeyed(letter) => out.push(letter),
            _ => {
                let code = u32::from(letter);
                let _ = match code {
                    0..0x100 => write!(out, "\\x{code:02x}"),
                    _ => write!(out, "\\u{code:04x}"),
                };
            }
        }
    }
    Cow::Owned(out)
}

/// Control characters, line separators, and the controls of Unicode's bidirectional algorithm.
fn is_obeyed(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        assert_eq!(printable("größe → 日本"), "größe → 日本");
        assert_eq!(
            printable("a\x1b]0;t\x07\r\n\tb\u{9b}2J\u{202e}c\u{7f}"),
            "a\\x1b]0;t\\x07\\r\\n\\tb\\x9b2J\\u202ec\\x7f"
        );
    }
}
