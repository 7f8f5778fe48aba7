//! What a run of tests came to, one file a format. `spec` is for people, the others are read by
//! programs; `../README.md` documents the JSON.

mod github;
mod json;
mod junit;
mod model;
mod spec;
mod tap;

use std::io;

pub use model::{Expected, KindFacts, LeakFacts, Outcome, Place, Reference, RunFacts, TestFacts};

/// A way to tell of tests. Each function is called in the order of the tests.
pub trait Reporter {
    /// Before the first test.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn begin(&mut self, out: &mut dyn io::Write, tests: usize) -> io::Result<()>;

    /// After each test.
    ///
    /// # Errors
    /// As above.
    fn test(&mut self, out: &mut dyn io::Write, test: &TestFacts) -> io::Result<()>;

    /// After the last.
    ///
    /// # Errors
    /// As above.
    fn end(&mut self, out: &mut dyn io::Write, run: &RunFacts) -> io::Result<()>;
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Spec,
    /// TAP 14.
    Tap,
    /// `JUnit` XML.
    Junit,
    /// One JSON object.
    Json,
    /// Annotations of GitHub Actions.
    Github,
}

impl Format {
    /// All, by name.
    pub const ALL: [(&'static str, Self); 5] = [
        ("spec", Self::Spec),
        ("tap", Self::Tap),
        ("junit", Self::Junit),
        ("json", Self::Json),
        ("github", Self::Github),
    ];

    /// The reporter; `colours` are for `spec`.
    #[must_use]
    pub fn reporter(self, colours: bool) -> Box<dyn Reporter> {
        match self {
            Self::Spec => Box::new(spec::Spec::new(colours)),
            Self::Tap => Box::new(tap::Tap::default()),
            Self::Junit => Box::new(junit::Junit),
            Self::Json => Box::new(json::Json),
            Self::Github => Box::new(github::Github),
        }
    }
}
