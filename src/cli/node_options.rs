//! The environment variable `NODE_OPTIONS`, split as Node splits it.

use super::error::CliError;

/// Splits at spaces. Double quotes join, and inside them (only there) a backslash takes the next
/// character as it is. An empty pair of quotes adds nothing, as in Node.
///
/// # Errors
/// When the text ends inside quotes or after their backslash.
pub(super) fn split(text: &str) -> Result<Vec<String>, CliError> {
    let mut words: Vec<String> = Vec::new();
    let mut starts_word = true;
    let mut quoted = false;
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        let taken = match char {
            '\\' if quoted => chars.next().ok_or(CliError::InvalidEscape)?,
            ' ' if !quoted => {
                starts_word = true;
                continue;
            }
            '"' => {
                quoted = !quoted;
                continue;
            }
            other => other,
        };
        match words.last_mut() {
            Some(word) if !starts_word => word.push(taken),
            _ => words.push(taken.to_string()),
        }
        starts_word = false;
    }
    if quoted {
        return Err(CliError::UnterminatedString);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::{CliError, split};

    fn words(text: &str) -> Vec<String> {
        split(text).expect("well-formed")
    }

    #[test]
    fn spaces_part_words() {
        assert_eq!(words(""), Vec::<String>::new());
        assert_eq!(words("  --a   --b=1 "), ["--a", "--b=1"]);
        assert_eq!(words("--title\tx"), ["--title\tx"]);
    }

    #[test]
    fn quotes_join_and_backslash_escapes_only_inside() {
        assert_eq!(words(r#"--title="a b" -C"#), ["--title=a b", "-C"]);
        assert_eq!(words(r#""--title=a\"b""#), ["--title=a\"b"]);
        assert_eq!(words(r"--title=a\b"), [r"--title=a\b"]);
        assert_eq!(words(r#"--title="a\b""#), ["--title=ab"]);
        assert_eq!(words("--title='a b'"), ["--title='a", "b'"]);
        assert_eq!(words(r#""" --a"#), ["--a"]);
    }

    #[test]
    fn broken_quoting_is_refused() {
        assert_eq!(split(r#"--title="a"#), Err(CliError::UnterminatedString));
        assert_eq!(split("--title=\"a\\"), Err(CliError::InvalidEscape));
    }
}
