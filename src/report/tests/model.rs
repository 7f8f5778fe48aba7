//! The facts, as all formats and the process of a test have them.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::report::text::size;

/// Version of the JSON.
pub const SCHEMA: &str = "oomhost-test/1";

/// What became of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As stated.
    Passed,
    /// Not as stated.
    Failed,
    /// Leaks that the baseline knows, and nothing else.
    Known,
    /// Not run.
    Skipped,
}

/// What a test must come to, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Expected {
    /// `oom`, `exit 0`, `flat`, `grows`.
    pub expect: String,
    /// Milliseconds.
    pub timeout: u64,
    /// The heap's limit in bytes.
    pub heap: u64,
}

/// A test.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TestFacts {
    /// The file, as it was found.
    pub file: String,
    /// Which repetition of it, from 1.
    pub run: u32,
    /// Of how many.
    pub runs: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it failed, was skipped, or is known; one line.
    pub message: Option<String>,
    /// What was stated.
    pub expected: Expected,
    /// Milliseconds.
    pub duration: f64,
    /// How the process ended: `exit 0`, `SIGABRT`, `timeout`.
    pub ended: Option<String>,
    /// Repetitions of the scenario: warm-up, then each round.
    pub rounds: Vec<u64>,
    /// What leaked, the largest first.
    pub leaks: Vec<LeakFacts>,
    /// The end of what it wrote, where it failed.
    pub stdout: String,
    /// The same of stderr.
    pub stderr: String,
    /// Files that were kept of it.
    pub artifacts: Vec<String>,
}

/// A leak.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeakFacts {
    /// The class, or the function and `()`.
    pub culprit: String,
    /// The same in every run.
    pub signature: String,
    /// Where, in the program's words.
    pub path: String,
    /// What is kept, the culprit first.
    pub kinds: Vec<KindFacts>,
    /// Bytes.
    pub bytes: u64,
    /// Bytes that each repetition leaves; of an out-of-memory null.
    #[serde(default)]
    pub bytes_each: Option<f64>,
    /// The path from the root.
    #[serde(default)]
    pub retainers: Vec<Reference>,
    /// Where the culprit is defined.
    pub location: Option<Place>,
    /// What cutting the reference came to, where that was asked for.
    #[serde(default)]
    pub proof: Option<Proof>,
    /// Why it does not count: an entry of the baseline.
    #[serde(default, skip_deserializing)]
    pub known: Option<String>,
}

/// Objects of one kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KindFacts {
    /// The class, or the function and `()`.
    pub name: String,
    /// How many each round has left.
    #[serde(default)]
    pub rounds: Vec<u64>,
    /// The same for a repetition.
    #[serde(default)]
    pub each: Option<f64>,
    /// Their bytes.
    pub bytes: u64,
}

/// One reference of a path and what it leads to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reference {
    /// V8's type of the edge.
    pub edge: String,
    /// Its name or index.
    pub name: String,
    /// What it leads to.
    pub object: String,
    /// The id of that.
    pub id: u32,
}

/// A place in a script.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Place {
    /// The script.
    pub script: Option<String>,
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
}

/// What became of the objects when their reference was cut.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Proof {
    /// Whether they were gone.
    pub confirmed: bool,
    /// The reference.
    pub cut: Option<String>,
    /// Objects that should go.
    pub objects: u64,
    /// Those that were still there.
    pub alive: u64,
}

/// How many tests came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// All.
    pub tests: usize,
    /// As stated.
    pub passed: usize,
    /// Not as stated.
    pub failed: usize,
    /// Known leaks.
    pub known: usize,
    /// Not run.
    pub skipped: usize,
    /// Leaks whose proof was asked for, and confirmed.
    pub confirmed: usize,
    /// Leaks whose proof was asked for.
    pub proofs: usize,
}

/// A run.
#[derive(Debug, Clone, Serialize)]
pub struct RunFacts {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// Sums.
    pub totals: Totals,
    /// Milliseconds.
    pub duration: f64,
    /// Whether the run ended before all tests, at a failure (`--bail`) or by a signal.
    pub bailed: bool,
    /// The tests.
    pub tests: Vec<TestFacts>,
}

impl TestFacts {
    /// The file, and which repetition of it where there are several.
    #[must_use]
    pub fn name(&self) -> String {
        if self.runs > 1 {
            format!("{} (run {} of {})", self.file, self.run, self.runs)
        } else {
            self.file.clone()
        }
    }

    /// All that is to say of a test that is not as stated, some lines.
    #[must_use]
    pub fn account(&self) -> String {
        let mut text = String::new();
        if let Some(message) = &self.message {
            text.push_str(message);
            text.push('\n');
        }
        for leak in &self.leaks {
            text.push_str(&leak.account());
        }
        for (name, output) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if self.outcome == Outcome::Failed && !output.trim().is_empty() {
                let _ = writeln!(text, "{name}:\n{}", output.trim_end());
            }
        }
        for artifact in &self.artifacts {
            let _ = writeln!(text, "kept: {artifact}");
        }
        text
    }
}

impl LeakFacts {
    /// A line about what leaks and where, and one for each thing worth knowing.
    #[must_use]
    pub fn account(&self) -> String {
        let mut text = String::new();
        let each = self.bytes_each.map_or_else(
            || size(self.bytes),
            |each| format!("{} a repetition", bytes(each)),
        );
        let _ = writeln!(text, "leak: {} at {}, {each}", self.culprit, self.path);
        for kind in &self.kinds {
            if let Some(each) = kind.each {
                let rounds: Vec<String> = kind.rounds.iter().map(u64::to_string).collect();
                let _ = writeln!(
                    text,
                    "  {} × {} a repetition ({} in the rounds)",
                    round(each),
                    kind.name,
                    rounds.join(", ")
                );
            }
        }
        if let Some(place) = &self.location {
            let script = place.script.as_deref().unwrap_or("?");
            let _ = writeln!(text, "  made at {script}:{}:{}", place.line, place.column);
        }
        if !self.retainers.is_empty() {
            let _ = writeln!(text, "  path: {}", self.way());
        }
        match &self.proof {
            Some(proof) if proof.confirmed => {
                let _ = writeln!(
                    text,
                    "  confirmed: without {} {} of {} objects are gone",
                    proof.cut.as_deref().unwrap_or("it"),
                    proof.objects - proof.alive.min(proof.objects),
                    proof.objects
                );
            }
            Some(proof) => {
                let _ = match &proof.cut {
                    Some(cut) => writeln!(
                        text,
                        "  not confirmed: without {cut} {} of {} objects are still there",
                        proof.alive, proof.objects
                    ),
                    None => writeln!(text, "  not confirmed: no reference could be cut"),
                };
            }
            None => {}
        }
        if let Some(known) = &self.known {
            let _ = writeln!(text, "  known: {known}");
        }
        let _ = writeln!(text, "  signature: {}", self.signature);
        text
    }

    /// The path from the root, on one line.
    #[must_use]
    pub fn way(&self) -> String {
        const ENDS: usize = 5;
        let steps: Vec<String> = self
            .retainers
            .iter()
            .map(|step| format!("{} = {}", step.name, step.object))
            .collect();
        if steps.len() <= 2 * ENDS {
            return steps.join(" → ");
        }
        let end = steps.len() - ENDS;
        format!(
            "{} → … → {}",
            steps[..2].join(" → "),
            steps[end..].join(" → ")
        )
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of bytes"
)]
fn bytes(count: f64) -> String {
    size(count.round() as u64)
}

/// A count with a digit behind the point where it is small.
fn round(count: f64) -> String {
    if (count - count.round()).abs() < 0.05 {
        format!("{count:.0}")
    } else {
        format!("{count:.1}")
    }
}

impl RunFacts {
    /// Puts a run together.
    #[must_use]
    pub fn of(tests: Vec<TestFacts>, duration: f64, bailed: bool) -> Self {
        let count = |outcome: Outcome| tests.iter().filter(|test| test.outcome == outcome).count();
        let proofs = || {
            tests
                .iter()
                .flat_map(|test| &test.leaks)
                .filter_map(|leak| leak.proof.as_ref())
        };
        Self {
            schema: SCHEMA,
            totals: Totals {
                tests: tests.len(),
                passed: count(Outcome::Passed),
                failed: count(Outcome::Failed),
                known: count(Outcome::Known),
                skipped: count(Outcome::Skipped),
                confirmed: proofs().filter(|proof| proof.confirmed).count(),
                proofs: proofs().count(),
            },
            duration,
            bailed,
            tests,
        }
    }
}
