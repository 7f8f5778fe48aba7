//! What a test's first lines say: `//@ name: value`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::pattern::Pattern;

/// V8 cannot start with less, in bytes.
const LEAST_HEAP: u64 = 4 << 20;

/// All directives.
const NAMES: [&str; 11] = [
    "culprit",
    "expect",
    "flags",
    "heap",
    "iterations",
    "path",
    "retained",
    "signature",
    "skip",
    "timeout",
    "warmup",
];

/// What must come of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Out of memory, with a snapshot.
    Oom,
    /// The process exits with this code.
    Exit(u8),
    /// The scenario that the module exports leaves nothing behind.
    Flat,
    /// It leaves something behind each time.
    Grows,
}

impl fmt::Display for Expect {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Oom => out.write_str("oom"),
            Self::Exit(code) => write!(out, "exit {code}"),
            Self::Flat => out.write_str("flat"),
            Self::Grows => out.write_str("grows"),
        }
    }
}

/// A comparison with a number of bytes, such as `>=20mb`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    text: String,
    operator: Operator,
    bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    AtLeast,
    More,
    AtMost,
    Less,
    Equal,
}

impl Bound {
    fn parse(text: &str) -> Option<Self> {
        let (operator, rest) = [
            (">=", Operator::AtLeast),
            ("<=", Operator::AtMost),
            (">", Operator::More),
            ("<", Operator::Less),
            ("=", Operator::Equal),
        ]
        .into_iter()
        .find_map(|(sign, operator)| Some((operator, text.strip_prefix(sign)?)))?;
        Some(Self {
            text: text.to_owned(),
            operator,
            bytes: size(rest.trim())?,
        })
    }

    /// Whether `bytes` are within it.
    #[must_use]
    pub fn holds(&self, bytes: u64) -> bool {
        match self.operator {
            Operator::AtLeast => bytes >= self.bytes,
            Operator::More => bytes > self.bytes,
            Operator::AtMost => bytes <= self.bytes,
            Operator::Less => bytes < self.bytes,
            Operator::Equal => bytes == self.bytes,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// The directives of one test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directives {
    /// What must come of it; without the directive a module's scenario must be flat, and a script that
    /// exports none must exit with 0.
    pub expect: Option<Expect>,
    /// The heap's limit, in bytes.
    pub heap: Option<u64>,
    /// The class, or the function and `()`, that must leak.
    pub culprit: Option<String>,
    /// Where.
    pub path: Option<Pattern>,
    /// How much.
    pub retained: Option<Bound>,
    /// The leak's signature.
    pub signature: Option<String>,
    /// Options in front of the script.
    pub flags: Vec<String>,
    /// How long it may take.
    pub timeout: Option<Duration>,
    /// Why it is not run.
    pub skip: Option<String>,
    /// Repetitions before anything is counted.
    pub warmup: Option<u32>,
    /// Repetitions of a round.
    pub iterations: Option<u32>,
}

/// What is wrong with a directive, and where; lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectiveError {
    /// The file.
    pub file: PathBuf,
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for DirectiveError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            column,
            message,
        } = self;
        write!(out, "{}:{line}:{column}: {message}", file.display())
    }
}

/// A line that is a directive, or wants to be one.
struct Line<'t> {
    number: usize,
    text: &'t str,
    /// Whether code stands before it.
    is_late: bool,
}

/// Whether a script has directives.
#[must_use]
pub fn has_any(text: &str) -> bool {
    lines(text).any(|line| !line.is_late)
}

/// The lines that are directives: comments before the first line of code. Those behind it are told of
/// where they have the name of a directive.
fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut is_late = false;
    text.lines().enumerate().filter_map(move |(at, text)| {
        let is_directive = text.starts_with("//@");
        if is_directive {
            let name = name_and_value(text).map(|(name, _)| name.trim());
            let is_ours = name.is_some_and(|name| NAMES.contains(&name));
            return (!is_late || is_ours).then_some(Line {
                number: at + 1,
                text,
                is_late,
            });
        }
        let text = text.trim_start();
        let is_comment = text.is_empty() || text.starts_with("//") || text.starts_with("#!");
        is_late |= !is_comment;
        None
    })
}

fn name_and_value(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("//@")?.split_once(':')
}

impl Directives {
    /// Reads the directives of the script `text`; `file` is for errors.
    ///
    /// # Errors
    /// All lines that are no directive, and directives that contradict each other.
    pub fn parse(file: &Path, text: &str) -> Result<Self, Vec<DirectiveError>> {
        let mut directives = Self::default();
        let mut errors = Vec::new();
        let mut seen: Vec<(&str, usize)> = Vec::new();
        for line in lines(text) {
            let error = |at: usize, message: String| DirectiveError {
                file: file.to_owned(),
                line: line.number,
                column: line.text[..at].chars().count() + 1,
                message,
            };
            if line.is_late {
                let message = "directives stand before the first line of code";
                errors.push(error(0, message.to_owned()));
                continue;
            }
            let Some((name, value)) = name_and_value(line.text) else {
                errors.push(error(3, "a directive is //@ name: value".to_owned()));
                continue;
            };
            let name_at = 3 + (name.len() - name.trim_start().len());
            let value_at = line.text.len() - value.trim_start().len();
            let (name, value) = (name.trim(), value.trim());
            if !NAMES.contains(&name) {
                errors.push(error(name_at, unknown(name)));
                continue;
            }
            if seen.iter().any(|(known, _)| *known == name) {
                errors.push(error(name_at, format!("{name} is there twice")));
                continue;
            }
            seen.push((name, line.number));
            if let Err(message) = directives.set(name, value) {
                errors.push(error(value_at.min(line.text.len()), message));
            }
        }
        if errors.is_empty() {
            errors.extend(directives.contradiction().and_then(|(name, message)| {
                let (_, line) = *seen.iter().find(|(known, _)| *known == name)?;
                Some(DirectiveError {
                    file: file.to_owned(),
                    line,
                    column: 5,
                    message,
                })
            }));
        }
        if errors.is_empty() {
            Ok(directives)
        } else {
            Err(errors)
        }
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let wrong = |wanted: &str| Err(format!("{name} takes {wanted}, not \"{value}\""));
        if value.is_empty() {
            return Err(format!("{name} needs a value"));
        }
        match name {
            "expect" => match expect(value) {
                Some(expect) => self.expect = Some(expect),
                None => return wrong("oom, exit CODE, flat or grows"),
            },
            "heap" => match size(value) {
                Some(bytes) if bytes >= LEAST_HEAP => self.heap = Some(bytes),
                _ => return wrong("a size of 4mb or more, such as 32mb"),
            },
            "culprit" => self.culprit = Some(value.to_owned()),
            "path" => self.path = Some(Pattern::new(value)),
            "retained" => match Bound::parse(value) {
                Some(bound) => self.retained = Some(bound),
                None => return wrong("a comparison with a size, such as >=20mb"),
            },
            "signature" => {
                let is_one = value.len() == 16 && value.bytes().all(|at| at.is_ascii_hexdigit());
                if !is_one {
                    return wrong("16 hexadecimal digits");
                }
                self.signature = Some(value.to_ascii_lowercase());
            }
            "flags" => self.flags = value.split_whitespace().map(str::to_owned).collect(),
            "timeout" => match duration(value) {
                Some(timeout) => self.timeout = Some(timeout),
                None => return wrong("a time, such as 20s or 500ms"),
            },
            "skip" => self.skip = Some(value.to_owned()),
            _ => {
                let count = value.parse().ok().filter(|count| *count > 0);
                if count.is_none() {
                    return wrong("a number from 1");
                }
                match name {
                    "warmup" => self.warmup = count,
                    _ => self.iterations = count,
                }
            }
        }
        Ok(())
    }

    /// A directive that has no meaning beside the others.
    fn contradiction(&self) -> Option<(&'static str, String)> {
        let finds = matches!(self.expect, Some(Expect::Oom | Expect::Grows));
        let repeats = !matches!(self.expect, Some(Expect::Oom | Expect::Exit(_)));
        let of_leaks = [
            ("culprit", self.culprit.is_some()),
            ("path", self.path.is_some()),
            ("retained", self.retained.is_some()),
            ("signature", self.signature.is_some()),
        ];
        let of_rounds = [
            ("warmup", self.warmup.is_some()),
            ("iterations", self.iterations.is_some()),
        ];
        let lost = of_leaks
            .into_iter()
            .find(|(_, is_there)| *is_there && !finds);
        if let Some((name, _)) = lost {
            return Some((name, format!("{name} needs expect: oom or expect: grows")));
        }
        let lost = of_rounds
            .into_iter()
            .find(|(_, is_there)| *is_there && !repeats);
        lost.map(|(name, _)| (name, format!("{name} needs expect: flat or expect: grows")))
    }
}

fn unknown(name: &str) -> String {
    let near = NAMES
        .iter()
        .map(|known| (strsim::normalized_damerau_levenshtein(known, name), known))
        .filter(|(likeness, _)| *likeness >= 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((_, near)) => format!("there is no directive {name}; did you mean {near}?"),
        None => format!(
            "there is no directive {name}; there are {}",
            NAMES.join(", ")
        ),
    }
}

fn expect(value: &str) -> Option<Expect> {
    match value {
        "oom" => Some(Expect::Oom),
        "flat" => Some(Expect::Flat),
        "grows" => Some(Expect::Grows),
        _ => {
            let code = value.strip_prefix("exit")?;
            let code = code.strip_prefix(char::is_whitespace)?;
            code.trim().parse().ok().map(Expect::Exit)
        }
    }
}

/// Bytes of a size such as `32mb`; units are of 1024, as V8 counts.
pub fn size(text: &str) -> Option<u64> {
    let end = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let shift = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "kb" | "k" => 10,
        "mb" | "m" => 20,
        "gb" | "g" => 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// A time such as `20s`, `500ms`, `2m` or, in seconds, `20`.
pub fn duration(text: &str) -> Option<Duration> {
    let end = text
        .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let count: f64 = digits.parse().ok()?;
    let seconds = match unit {
        "ms" => count / 1000.0,
        "" | "s" => count,
        "m" | "min" => count * 60.0,
        _ => return None,
    };
    let time = Duration::try_from_secs_f64(seconds).ok()?;
    (!time.is_zero()).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Directives, Vec<String>> {
        Directives::parse(Path::new("a.js"), text).map_err(|errors| {
            let errors = errors.iter();
            errors.map(ToString::to_string).collect()
        })
    }

    #[test]
    fn all_directives_are_read() {
        let text = "#!/usr/bin/env oomhost\n// A test.\n//@ heap: 32mb\n//@ expect: oom\n\n\
                    //@ culprit: LeakingClass1\n//@ path: *.leaks[*]\n//@ retained: >=20mb\n\
                    //@ signature: 0123456789ABCDEF\n//@ flags: --expose-gc  --stack-size=500\n\
                    //@ timeout: 20s\n//@ skip: later\n'use strict';\n// end\n";
        let found = parse(text).unwrap();
        assert_eq!(found.heap, Some(32 << 20));
        assert_eq!(found.expect, Some(Expect::Oom));
        assert_eq!(found.culprit.as_deref(), Some("LeakingClass1"));
        assert!(found.path.unwrap().matches("global.leaks[\u{2026}]"));
        assert!(found.retained.as_ref().unwrap().holds(20 << 20));
        assert!(!found.retained.unwrap().holds((20 << 20) - 1));
        assert_eq!(found.signature.as_deref(), Some("0123456789abcdef"));
        assert_eq!(found.flags, ["--expose-gc", "--stack-size=500"]);
        assert_eq!(found.timeout, Some(Duration::from_secs(20)));
        assert_eq!(found.skip.as_deref(), Some("later"));
        let found = parse("//@ expect: exit 3\nx();").unwrap();
        assert_eq!(found.expect, Some(Expect::Exit(3)));
        assert_eq!(parse("x();\n").unwrap(), Directives::default());
    }

    #[test]
    fn errors_have_their_place() {
        let one = |text: &str| parse(text).unwrap_err().join("|");
        assert_eq!(
            one("//@ expct: oom"),
            "a.js:1:5: there is no directive expct; did you mean expect?"
        );
        assert_eq!(
            one("// x\n//@ expect:  never"),
            "a.js:2:14: expect takes oom, exit CODE, flat or grows, not \"never\""
        );
        assert_eq!(one("//@ heap"), "a.js:1:4: a directive is //@ name: value");
        assert_eq!(one("//@ heap:"), "a.js:1:10: heap needs a value");
        assert_eq!(
            one("//@ expect: flat\n//@ expect: oom"),
            "a.js:2:5: expect is there twice"
        );
        assert_eq!(
            one("'use strict';\n//@ expect: oom"),
            "a.js:2:1: directives stand before the first line of code"
        );
        assert_eq!(
            one("//@ expect: flat\n//@ culprit: A"),
            "a.js:2:5: culprit needs expect: oom or expect: grows"
        );
        for bad in [
            "heap: 1mb",
            "heap: much",
            "heap: 99999999999999999999gb",
            "timeout: 0",
            "timeout: soon",
            "retained: 20mb",
            "signature: xyz",
            "expect: exit 300",
            "expect: exit3",
            "warmup: 0",
            "iterations: -1",
        ] {
            assert!(one(&format!("//@ {bad}")).contains(" takes "), "{bad}");
        }
        assert!(one("//@ iterations: 5\n//@ expect: oom").contains("needs expect: flat"));
        assert!(one("//@ zzzz: 1").contains("there are culprit, expect"));
        // Nothing of ours, such as an old source map.
        assert!(parse("x();\n//@ sourceMappingURL=a: b").is_ok());
    }

    #[test]
    fn any_text_is_read_without_a_panic() {
        for text in [
            "//@",
            "//@:",
            "//@ \u{e9}: \u{1f600}",
            "//@ heap: \u{e9}mb",
            "//@ path: \u{2026}",
            "\u{feff}//@ heap: 4mb",
            "\r\n//@ heap: 8mb\r\n",
        ] {
            let _ = parse(text);
            let _ = has_any(text);
        }
        assert_eq!(parse("\r\n//@ heap: 8mb\r\n").unwrap().heap, Some(8 << 20));
    }
}
