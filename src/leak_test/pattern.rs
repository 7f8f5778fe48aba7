//! Patterns over paths in the program's words.

/// A pattern such as `*.leaks[*]`: `*` is any text, everything else stands for itself.
///
/// A masked index (`leaks[…]`) is matched by `[*]`. A `*.` in front may stand for nothing at all, and the
/// last step into a collection (`[…]`, `.get(…)`, `.values()`) may be left out, or written where the path
/// ends with the collection itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

/// Steps into a collection, as `heap::SourcePath` writes them.
const INTO: [&str; 3] = ["[\u{2026}]", ".get(\u{2026})", ".values()"];

impl Pattern {
    /// A pattern.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether the path is one of those meant.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let last = INTO.iter().find_map(|into| path.strip_suffix(into));
        let longer = INTO.iter().map(|into| format!("{path}{into}"));
        let mut paths = vec![path.to_owned()];
        paths.extend(last.map(str::to_owned));
        paths.extend(longer);
        let short = self.0.strip_prefix("*.");
        paths.iter().any(|path| {
            let matches = |pattern: &str| glob(pattern.as_bytes(), path.as_bytes());
            matches(&self.0) || short.is_some_and(matches)
        })
    }
}

/// Whether `text` is what `pattern` says; in time of their lengths' product at most.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut star, mut place, mut from) = (0, None, 0, 0);
    while place < text.len() {
        if pattern.get(at) == Some(&b'*') {
            star = Some(at);
            from = place;
            at += 1;
        } else if pattern.get(at) == Some(&text[place]) {
            at += 1;
            place += 1;
        } else if let Some(star) = star {
            from += 1;
            place = from;
            at = star + 1;
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn stars_are_any_text() {
        let matches = |pattern: &str, path: &str| Pattern::new(pattern).matches(path);
        assert!(matches("*.leaks[*]", "global.leaks[\u{2026}]"));
        assert!(matches("*.leaks[*]", "leaks[\u{2026}]"));
        assert!(matches("*.leaks[*]", "global.leaks"));
        assert!(matches("leaks", "leaks[\u{2026}]"));
        assert!(matches("cache.get(*)", "cache.get(\u{2026})"));
        assert!(matches("cache.get(*)", "cache"));
        assert!(matches("*", ""));
        assert!(matches("a*b*c", "aXbYbZc"));
        assert!(!matches("leaks", "leaks.length"));
        assert!(!matches("*.leaks", "global.leaksX"));
        assert!(!matches("", "a"));
        assert!(!matches("a*b", "a"));
    }
}
