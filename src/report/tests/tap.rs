//! TAP version 14, with a YAML block of diagnostics.

use std::io;

use super::{Outcome, Reporter, RunFacts, TestFacts};

/// Test Anything Protocol.
#[derive(Default)]
pub struct Tap {
    number: usize,
}

impl Reporter for Tap {
    fn begin(&mut self, out: &mut dyn io::Write, _tests: usize) -> io::Result<()> {
        writeln!(out, "TAP version 14")
    }

    fn test(&mut self, out: &mut dyn io::Write, test: &TestFacts) -> io::Result<()> {
        self.number += 1;
        let not = if test.outcome == Outcome::Failed {
            "not "
        } else {
            ""
        };
        let name = test.name().replace('\\', "\\\\").replace('#', "\\#");
        write!(out, "{not}ok {} - {name}", self.number)?;
        let reason = test.message.as_deref().unwrap_or_default();
        let reason = reason
            .replace(['\n', '\r'], " ")
            .replace('\\', "\\\\")
            .replace('#', "\\#");
        match test.outcome {
            Outcome::Skipped => writeln!(out, " # SKIP {reason}")?,
            Outcome::Known => writeln!(out, " # TODO {reason}")?,
            _ => writeln!(out)?,
        }
        writeln!(out, "  ---")?;
        writeln!(out, "  duration_ms: {:.3}", test.duration)?;
        let account = test.account();
        if test.outcome == Outcome::Failed && !account.is_empty() {
            writeln!(out, "  message: |-")?;
            for line in account.lines() {
                // What YAML does not take in a block is shown by a mark.
                let line: String = line
                    .chars()
                    .map(|letter| {
                        if letter.is_control() && letter != '\t' {
                            '\u{fffd}'
                        } else {
                            letter
                        }
                    })
                    .collect();
                writeln!(out, "    {line}")?;
            }
        }
        writeln!(out, "  ...")
    }

    fn end(&mut self, out: &mut dyn io::Write, run: &RunFacts) -> io::Result<()> {
        // Where the run was ended early, fewer tests are here than were planned.
        writeln!(out, "1..{}", run.totals.tests)?;
        if run.bailed {
            writeln!(out, "Bail out! not all tests were run")?;
        }
        Ok(())
    }
}
