//! `leaks.toml`: leaks that are known, and do not fail a test until a date.

use std::fs;
use std::path::{Path, PathBuf};

use toml_edit::{ArrayOfTables, Date, DocumentMut, Item, Table, value};

use super::pattern::Pattern;
use super::read;
use crate::report::tests::{LeakFacts, TestFacts};
use crate::sys::clock;

/// Days until an entry expires that `--update-baseline` has made.
const DAYS: i64 = 90;

const HEAD: &str = "# Known leaks, which oomhost test reports apart. After `expires` they fail again.\n\
                    # [[library]] entries hold for every leak whose path fits.\n\n";

/// What is known.
#[derive(Debug, Default)]
pub struct Baseline {
    known: Vec<Entry>,
    libraries: Vec<Library>,
    today: i64,
}

#[derive(Debug)]
struct Entry {
    signature: String,
    reason: String,
    expires: (i64, String),
}

#[derive(Debug)]
struct Library {
    path: Pattern,
    reason: String,
    expires: Option<(i64, String)>,
}

/// What is wrong with the file.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It cannot be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    /// It is no TOML.
    #[error("{0}: {1}")]
    Syntax(PathBuf, toml_edit::TomlError),
    /// An entry that is not one.
    #[error("{0}: {1}")]
    Entry(PathBuf, String),
}

impl Baseline {
    /// Reads the file at `path`; one that is not there has nothing in it, unless it `must_be`.
    ///
    /// # Errors
    /// As [`BaselineError`] says.
    pub fn read(path: &Path, must_be: bool) -> Result<Self, BaselineError> {
        let text = match read::text(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_be => String::new(),
            Err(error) => return Err(BaselineError::File(path.to_owned(), error)),
        };
        Self::parse(&text, today()).map_err(|error| match error {
            Wrong::Syntax(error) => BaselineError::Syntax(path.to_owned(), error),
            Wrong::Entry(message) => BaselineError::Entry(path.to_owned(), message),
        })
    }

    fn parse(text: &str, today: i64) -> Result<Self, Wrong> {
        let document: DocumentMut = text.parse().map_err(Wrong::Syntax)?;
        let mut baseline = Self {
            today,
            ..Self::default()
        };
        for (name, item) in document.iter() {
            let tables = item
                .as_array_of_tables()
                .filter(|_| matches!(name, "known" | "library"))
                .ok_or_else(|| {
                    Wrong::Entry(format!("there are [[known]] and [[library]], not {name}"))
                })?;
            for (number, table) in tables.iter().enumerate() {
                let entry = format!("[[{name}]] {}", number + 1);
                let wrong = |what: &str| Wrong::Entry(format!("{entry} {what}"));
                let allowed: &[&str] = match name {
                    "known" => &["signature", "reason", "expires", "test", "culprit", "path"],
                    _ => &["path", "reason", "expires"],
                };
                if let Some((key, _)) = table.iter().find(|(key, _)| !allowed.contains(key)) {
                    return Err(wrong(&format!("has a key {key}, which means nothing")));
                }
                let text = |key: &str| {
                    let text = table.get(key).and_then(Item::as_str).map(str::trim);
                    text.filter(|text| !text.is_empty())
                        .map(str::to_owned)
                        .ok_or_else(|| wrong(&format!("needs a {key}")))
                };
                let expires = match table.get("expires") {
                    None => None,
                    Some(item) => Some(
                        date(item).ok_or_else(|| wrong("expires at a date such as 2027-01-31"))?,
                    ),
                };
                let reason = text("reason")?;
                if name == "known" {
                    baseline.known.push(Entry {
                        signature: text("signature")?,
                        reason,
                        expires: expires.ok_or_else(|| wrong("needs expires, a date"))?,
                    });
                } else {
                    baseline.libraries.push(Library {
                        path: Pattern::new(&text("path")?),
                        reason,
                        expires,
                    });
                }
            }
        }
        Ok(baseline)
    }

    /// Why a leak does not count, or as an error which entry has expired.
    pub fn find(&self, leak: &LeakFacts) -> Option<Result<String, String>> {
        let known = self
            .known
            .iter()
            .filter(|entry| entry.signature.eq_ignore_ascii_case(&leak.signature))
            .map(|entry| ("known leak", &entry.reason, Some(&entry.expires)));
        let libraries = self
            .libraries
            .iter()
            .filter(|entry| entry.path.matches(&leak.path))
            .map(|entry| ("library leak", &entry.reason, entry.expires.as_ref()));
        let mut expired = None;
        for (what, reason, expires) in known.chain(libraries) {
            match expires {
                Some((day, date)) if *day < self.today => {
                    expired = Some(Err(format!(
                        "the {what}'s entry expired on {date}: {reason}"
                    )));
                }
                _ => return Some(Ok(format!("{what}: {reason}"))),
            }
        }
        expired
    }
}

enum Wrong {
    Syntax(toml_edit::TomlError),
    Entry(String),
}

/// Writes the leaks of tests that failed for them to the file at `path`, and takes out the entries of
/// tests that were run and do not have them any more. Comments and other entries stay. Returns how many
/// entries were added and taken out.
///
/// # Errors
/// The file cannot be read or written, or is no TOML.
pub fn update(path: &Path, tests: &[TestFacts]) -> Result<(usize, usize), BaselineError> {
    let text = match read::text(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => HEAD.to_owned(),
        text => text.map_err(|error| BaselineError::File(path.to_owned(), error))?,
    };
    let (text, added, gone) = updated(&text, tests, today())
        .map_err(|error| BaselineError::Syntax(path.to_owned(), error))?;
    if added + gone > 0 {
        fs::write(path, text).map_err(|error| BaselineError::File(path.to_owned(), error))?;
    }
    Ok((added, gone))
}

fn updated(
    text: &str,
    tests: &[TestFacts],
    today: i64,
) -> Result<(String, usize, usize), toml_edit::TomlError> {
    let mut document: DocumentMut = text.parse()?;
    let item = document
        .entry("known")
        .or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let Some(known) = item.as_array_of_tables_mut() else {
        return Ok((text.to_owned(), 0, 0));
    };
    let unexpected = || {
        tests
            .iter()
            .filter(|test| !matches!(&*test.expected.expect, "oom" | "grows"))
    };
    let of_entry = |table: &Table, key: &str| -> String {
        table
            .get(key)
            .and_then(Item::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let before = known.len();
    known.retain(|table| {
        let (file, signature) = (of_entry(table, "test"), of_entry(table, "signature"));
        let mut runs = unexpected().filter(|facts| facts.file == file).peekable();
        runs.peek().is_none()
            || runs.any(|facts| {
                facts.ended.is_none() || facts.leaks.iter().any(|leak| leak.signature == signature)
            })
    });
    let gone = before - known.len();
    let mut added = 0;
    for facts in unexpected() {
        // At the limit of memory the first suspect is the leak.
        let count = if facts.rounds.is_empty() {
            1
        } else {
            facts.leaks.len()
        };
        for leak in facts
            .leaks
            .iter()
            .take(count)
            .filter(|leak| leak.known.is_none())
        {
            let is_there = |table: &Table| of_entry(table, "signature") == leak.signature;
            let expires = value(toml_edit::Datetime {
                date: Some(date_of(today + DAYS)),
                time: None,
                offset: None,
            });
            if let Some(table) = known.iter_mut().find(|table| is_there(table)) {
                // Expired: it has another term.
                if table
                    .get("expires")
                    .and_then(date)
                    .is_some_and(|(day, _)| day < today)
                {
                    table["expires"] = expires;
                    added += 1;
                }
                continue;
            }
            let mut table = Table::new();
            table["signature"] = value(&leak.signature);
            table["reason"] = value("found by --update-baseline");
            table["expires"] = expires;
            table["test"] = value(&facts.file);
            table["culprit"] = value(&leak.culprit);
            table["path"] = value(&leak.path);
            known.push(table);
            added += 1;
        }
    }
    Ok((document.to_string(), added, gone))
}

/// The day of a TOML date, counted from 1970, and its text.
fn date(item: &Item) -> Option<(i64, String)> {
    let date = item.as_datetime()?.date?;
    Some((day_of(date), date.to_string()))
}

fn today() -> i64 {
    let (seconds, _) = clock::wall();
    (seconds + clock::local_offset_s()).div_euclid(86_400)
}

/// Days since 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn day_of(date: Date) -> i64 {
    let (month, day) = (i64::from(date.month), i64::from(date.day));
    let year = i64::from(date.year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date of a day, from the same source.
fn date_of(day: i64) -> Date {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    Date {
        year: u16::try_from(year).unwrap_or(u16::MAX),
        month: u8::try_from(month).unwrap_or(1),
        day: u8::try_from(date).unwrap_or(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leak(signature: &str, path: &str) -> LeakFacts {
        serde_json::from_value(serde_json::json!({
            "culprit": "A", "signature": signature, "path": path, "kinds": [], "bytes": 1,
            "location": null,
        }))
        .unwrap()
    }

    #[test]
    fn days_and_dates() {
        for (text, day) in [
            ("1970-01-01", 0),
            ("2000-02-29", 11_016),
            ("2026-11-27", 20_784),
        ] {
            let date: toml_edit::Datetime = text.parse().unwrap();
            assert_eq!(day_of(date.date.unwrap()), day);
            assert_eq!(date_of(day).to_string(), text);
        }
    }

    #[test]
    fn entries_hold_until_their_day() {
        let text = "[[known]]\nsignature = \"0123456789abcdef\"\nreason = \"old\"\nexpires = 2026-11-27\n\
                    [[library]]\npath = \"*.lib[*]\"\nreason = \"theirs\"\n";
        let on = |day: i64, leak: &LeakFacts| Baseline::parse(text, day).ok().unwrap().find(leak);
        let known = leak("0123456789ABCDEF", "x");
        assert_eq!(on(20_784, &known), Some(Ok("known leak: old".to_owned())));
        assert!(
            on(20_785, &known)
                .unwrap()
                .unwrap_err()
                .contains("2026-11-27")
        );
        assert_eq!(
            on(0, &leak("1", "a.lib[\u{2026}]")),
            Some(Ok("library leak: theirs".to_owned()))
        );
        assert_eq!(on(0, &leak("1", "a.other")), None);
    }

    #[test]
    fn wrong_files_are_told_of() {
        let wrong = |text: &str| match Baseline::parse(text, 0) {
            Err(Wrong::Entry(message)) => message,
            Err(Wrong::Syntax(error)) => error.to_string(),
            Ok(_) => String::new(),
        };
        assert!(wrong("[[known]]\nsignature = \"a\"\nreason = \"b\"").contains("needs expires"));
        assert!(
            wrong("[[known]]\nsignature = \"a\"\nexpires = 2026-01-01").contains("needs a reason")
        );
        assert!(wrong("[[known]]\nexpires = \"soon\"").contains("date"));
        assert!(wrong("[[library]]\npath = \"a\"\nreason = \"b\"\nx = 1").contains("key x"));
        assert!(wrong("[other]").contains("[[known]]"));
        assert!(wrong("= 1").contains("TOML"));
        assert_eq!(wrong(""), "");
    }
}
