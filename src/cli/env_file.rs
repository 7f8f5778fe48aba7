//! Files of variables: `--env-file`, `process.loadEnvFile()`, `util.parseEnv()`.

use std::borrow::Cow;
use std::io;

use super::error::CliError;

/// What the files of a command line say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvFiles {
    /// Names and values; of one name that of the last file.
    pub variables: Vec<(String, String)>,
    /// Files that need not be there, and are not.
    pub missing: Vec<String>,
}

impl EnvFiles {
    /// Reads one file more.
    ///
    /// # Errors
    /// Where the file is not there, unless it is `optional`, or cannot be read.
    pub(super) fn read(&mut self, path: &str, optional: bool) -> Result<(), CliError> {
        match std::fs::read(path) {
            Ok(bytes) => {
                let variables = parse(&String::from_utf8_lossy(&bytes));
                self.variables.extend(variables);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && optional => {
                self.missing.push(path.to_owned());
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(CliError::Invalid(format!("{path}: not found")))
            }
            Err(error) => Err(CliError::Invalid(format!("{path}: {error}"))),
        }
    }

    /// The value of a variable, if the files have it.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let same = self.variables.iter().rev().find(|(has, _)| has == name);
        same.map(|(_, value)| value.as_str())
    }
}

/// Names and values in the order of the text, as Node reads them: `NAME=value # comment`, the value
/// perhaps in quotes of three kinds and then of several lines, `export` in front; lines that are none
/// of that mean nothing.
pub fn parse(text: &str) -> Vec<(String, String)> {
    let text = text.replace('\r', "");
    let mut found = Vec::new();
    let mut rest = trim(&text);
    while !rest.is_empty() {
        let (line, behind) = rest.split_once('\n').unwrap_or((rest, ""));
        let name = match line.split_once('=') {
            Some((name, _)) if !line.starts_with('#') => name,
            _ => {
                rest = trim(behind);
                continue;
            }
        };
        let (value, behind) = value(&rest[name.len() + 1..]);
        let name = trim(name);
        let name = name.strip_prefix("export ").map_or(name, trim);
        if !name.is_empty() {
            found.push((name.to_owned(), value.into_owned()));
        }
        rest = trim(behind);
    }
    found
}

/// The value behind a `=`, and the lines behind it.
fn value(text: &str) -> (Cow<'_, str>, &str) {
    let line_behind = |at: usize| text[at..].split_once('\n').map_or("", |(_, behind)| behind);
    let start = text.len() - text.trim_start_matches([' ', '\t']).len();
    let quoted = &text[start..];
    if let Some(quote) = quoted.chars().next().filter(|&char| is_quote(char))
        && let Some(length) = quoted[1..].find(quote)
    {
        let value = &quoted[1..=length];
        // Of escapes only double quotes know the line's end.
        let value = match quote {
            '"' => Cow::Owned(value.replace("\\n", "\n")),
            _ => Cow::Borrowed(value),
        };
        return (value, line_behind(start + length + 2));
    }
    let line = quoted.split('\n').next().unwrap_or_default();
    let value = if line.starts_with(is_quote) {
        line
    } else {
        trim(line.split('#').next().unwrap_or_default())
    };
    (Cow::Borrowed(value), line_behind(0))
}

fn is_quote(char: char) -> bool {
    matches!(char, '"' | '\'' | '`')
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values() {
        for (text, wanted) in [
            ("", &[][..]),
            ("A=1\nB = x y # c\r\n", &[("A", "1"), ("B", "x y")]),
            ("# A=1\n\n  export B=2", &[("B", "2")]),
            ("A=\nB=2", &[("A", ""), ("B", "2")]),
            ("A=\"x\\ny\" z\nB='x\\ny'", &[("A", "x\ny"), ("B", "x\\ny")]),
            (
                "A=`one\ntwo # 2`\nB=2",
                &[("A", "one\ntwo # 2"), ("B", "2")],
            ),
            ("A=\"x # y\nB=2", &[("A", "\"x # y"), ("B", "2")]),
            ("A\n=x\nB: 1\nC=$A", &[("C", "$A")]),
            ("A=b=c", &[("A", "b=c")]),
            ("A=\"", &[("A", "\"")]),
            ("A=''", &[("A", "")]),
            ("\u{e9}=\u{1f600}", &[("\u{e9}", "\u{1f600}")]),
        ] {
            let wanted: Vec<_> = wanted
                .iter()
                .map(|&(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            assert_eq!(parse(text), wanted, "{text:?}");
        }
    }
}
