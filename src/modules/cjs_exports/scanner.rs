//! Words of a JavaScript text, past its strings, comments, templates and regular expressions.

use std::borrow::Cow;

/// Keywords after which `/` starts a regular expression.
const BEFORE_EXPRESSION: [&str; 15] = [
    "await",
    "case",
    "delete",
    "do",
    "else",
    "extends",
    "in",
    "instanceof",
    "new",
    "of",
    "return",
    "throw",
    "typeof",
    "void",
    "yield",
];

/// Keywords whose parenthesis is followed by a statement.
const BEFORE_HEAD: [&str; 4] = ["for", "if", "while", "with"];

/// A bracket that is open.
#[derive(Clone, Copy)]
enum Open {
    /// `(`; true behind `if`, `for`, `while`, `with`.
    Parenthesis(bool),
    /// `{`; true for a block, false for an object literal.
    Brace(bool),
    /// `${` of a template.
    Template,
}

pub struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    position: usize,
    open: Vec<Open>,
    /// Whether a `/` here would start a regular expression.
    expression_next: bool,
    /// Whether the last token was a `.`, so that a word is a property's name.
    member_next: bool,
    last_word: &'a str,
}

impl<'a> Scanner<'a> {
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            position: 0,
            open: Vec::new(),
            expression_next: true,
            member_next: false,
            last_word: "",
        }
    }

    pub fn position(&self) -> usize {
        self.position
    }

    pub fn back_to(&mut self, position: usize) {
        self.position = position;
    }

    /// At most `length` bytes of what follows.
    pub fn rest(&self, length: usize) -> &'a str {
        let mut end = self.text.len().min(self.position + length);
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        &self.text[self.position..end]
    }

    /// The next word that is not the name of a property, but for helpers that are called as one.
    pub fn next_word(&mut self) -> Option<&'a str> {
        loop {
            self.skip_space();
            let byte = *self.bytes.get(self.position)?;
            if is_word(byte) {
                let word = self.take_word();
                let is_member = self.member_next;
                self.member_next = false;
                self.expression_next = !is_member && BEFORE_EXPRESSION.contains(&word);
                self.last_word = word;
                if !is_member || word == "__exportStar" || word == "__export" {
                    return Some(word);
                }
                continue;
            }
            self.punctuation(byte);
        }
    }

    fn punctuation(&mut self, byte: u8) {
        self.position += 1;
        let last_word = std::mem::take(&mut self.last_word);
        let after_value = !self.expression_next;
        self.member_next = false;
        self.expression_next = true;
        match byte {
            b'"' | b'\'' => {
                self.skip_string(byte);
                self.expression_next = false;
            }
            b'`' => self.skip_template(),
            b'/' if !after_value => {
                self.skip_regular_expression();
                self.expression_next = false;
            }
            b'.' => {
                // Three dots are a spread.
                if self.bytes[self.position..].starts_with(b"..") {
                    self.position += 2;
                } else {
                    self.member_next = true;
                    self.expression_next = false;
                }
            }
            b'(' => self
                .open
                .push(Open::Parenthesis(BEFORE_HEAD.contains(&last_word))),
            b'{' => {
                // Behind a value (`)`, a class's name) or a statement's end it is a block.
                let before = self.bytes[..self.position - 1].trim_ascii_end();
                let block = after_value
                    || matches!(last_word, "else" | "do" | "try" | "finally")
                    || before.ends_with(b"=>")
                    || matches!(before.last(), None | Some(b';' | b'{' | b'}' | b')'));
                self.open.push(Open::Brace(block));
            }
            b')' => {
                self.expression_next = matches!(self.open.pop(), Some(Open::Parenthesis(true)));
            }
            b'}' => match self.open.pop() {
                Some(Open::Template) => self.skip_template(),
                Some(Open::Brace(false)) => self.expression_next = false,
                _ => {}
            },
            b']' => self.expression_next = false,
            // `x++ / y`: the value before it goes on.
            b'+' | b'-' if self.bytes.get(self.position) == Some(&byte) => {
                self.position += 1;
                self.expression_next = !after_value;
            }
            _ => {}
        }
    }

    /// Takes the given tokens if all of them follow, else nothing.
    pub fn try_tokens(&mut self, tokens: &[&str]) -> bool {
        let start = self.position;
        for token in tokens {
            self.skip_space();
            let follows = self.bytes[self.position..].starts_with(token.as_bytes());
            let end = self.position + token.len();
            let is_word_token = is_word(token.as_bytes()[0]);
            let ends = !is_word_token || !self.bytes.get(end).copied().is_some_and(is_word);
            if !follows || !ends {
                self.position = start;
                return false;
            }
            self.position = end;
        }
        true
    }

    /// Takes an `=` that assigns.
    pub fn assignment(&mut self) -> bool {
        let start = self.position;
        if self.try_tokens(&["="]) && !matches!(self.bytes.get(self.position), Some(b'=' | b'>')) {
            self.expression_next = true;
            return true;
        }
        self.position = start;
        false
    }

    /// Takes a name.
    pub fn identifier(&mut self) -> Option<&'a str> {
        self.skip_space();
        let byte = *self.bytes.get(self.position)?;
        (is_word(byte) && !byte.is_ascii_digit()).then(|| self.take_word())
    }

    /// Takes a string, with what its escapes mean; none whose characters are no valid Unicode.
    pub fn string(&mut self) -> Option<Cow<'a, str>> {
        self.skip_space();
        let quote = *self.bytes.get(self.position)?;
        if quote != b'"' && quote != b'\'' {
            return None;
        }
        let start = self.position + 1;
        let mut length = 0;
        loop {
            match *self.bytes.get(start + length)? {
                b'\n' => return None,
                b'\\' => length += 2,
                byte if byte == quote => break,
                _ => length += 1,
            }
        }
        let raw = self.text.get(start..start + length)?;
        let string = if raw.contains('\\') {
            Cow::Owned(unescaped(raw)?)
        } else {
            Cow::Borrowed(raw)
        };
        self.position = start + length + 1;
        Some(string)
    }

    fn take_word(&mut self) -> &'a str {
        let start = self.position;
        let length = self.bytes[start..]
            .iter()
            .take_while(|&&byte| is_word(byte))
            .count();
        self.position = start + length;
        &self.text[start..self.position]
    }

    fn skip_space(&mut self) {
        loop {
            let rest = &self.bytes[self.position..];
            if rest.first().is_some_and(u8::is_ascii_whitespace) {
                self.position += 1;
            } else if rest.starts_with(b"//") || (self.position == 0 && rest.starts_with(b"#!")) {
                self.position += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            } else if rest.starts_with(b"/*") {
                let end = memchr::memmem::find(&rest[2..], b"*/");
                self.position += end.map_or(rest.len(), |end| end + 4);
            } else {
                return;
            }
        }
    }

    /// Behind a backslash.
    fn skip_byte(&mut self) {
        self.position = self.bytes.len().min(self.position + 1);
    }

    fn skip_string(&mut self, quote: u8) {
        while let Some(&byte) = self.bytes.get(self.position) {
            self.position += 1;
            match byte {
                b'\\' => self.skip_byte(),
                b'\n' => return,
                _ if byte == quote => return,
                _ => {}
            }
        }
        self.position = self.bytes.len();
    }

    /// From behind a backtick, or behind the `}` of a template's expression.
    fn skip_template(&mut self) {
        self.expression_next = false;
        while let Some(&byte) = self.bytes.get(self.position) {
            self.position += 1;
            match byte {
                b'\\' => self.skip_byte(),
                b'`' => return,
                b'$' if self.bytes.get(self.position) == Some(&b'{') => {
                    self.position += 1;
                    self.open.push(Open::Template);
                    self.expression_next = true;
                    return;
                }
                _ => {}
            }
        }
        self.position = self.bytes.len();
    }

    fn skip_regular_expression(&mut self) {
        let mut in_class = false;
        while let Some(&byte) = self.bytes.get(self.position) {
            self.position += 1;
            match byte {
                b'\\' => self.skip_byte(),
                b'[' => in_class = true,
                b']' => in_class = false,
                b'\n' => return,
                b'/' if !in_class => return,
                _ => {}
            }
        }
        self.position = self.bytes.len();
    }
}

/// What the text between a string's quotes means; `None` for a lone surrogate or an escape that is none.
fn unescaped(raw: &str) -> Option<String> {
    let mut units: Vec<u16> = Vec::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(char) = chars.next() {
        let meant = if char == '\\' {
            match chars.next()? {
                'b' => 0x8,
                't' => 0x9,
                'n' => 0xa,
                'v' => 0xb,
                'f' => 0xc,
                'r' => 0xd,
                '\n' => return None,
                '0' => 0,
                'x' => hexadecimal(chars.by_ref().take(2))?,
                'u' if chars.as_str().starts_with('{') => {
                    let digits = chars.as_str()[1..].split_once('}')?.0;
                    chars = chars.as_str()[digits.len() + 2..].chars();
                    hexadecimal(digits.chars())?
                }
                'u' => hexadecimal(chars.by_ref().take(4))?,
                other => u32::from(other),
            }
        } else {
            u32::from(char)
        };
        match char::from_u32(meant) {
            Some(char) => units.extend_from_slice(char.encode_utf16(&mut [0; 2])),
            // Half of a pair, perhaps.
            None => units.push(u16::try_from(meant).ok()?),
        }
    }
    String::from_utf16(&units).ok()
}

fn hexadecimal(mut digits: impl Iterator<Item = char>) -> Option<u32> {
    let first = digits.next()?.to_digit(16)?;
    digits.try_fold(first, |value, digit| {
        value.checked_mul(16)?.checked_add(digit.to_digit(16)?)
    })
}

/// A byte of an identifier; every byte of a letter outside ASCII counts.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}
