//! For people: a line for each test, the failures in full at the end.

use std::io;

use crate::heap::printable;

use super::{Outcome, Reporter, RunFacts, TestFacts};

/// The human report.
pub struct Spec {
    colours: bool,
}

impl Spec {
    pub fn new(colours: bool) -> Self {
        Self { colours }
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.colours {
            format!("\x1b[{colour}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

impl Reporter for Spec {
    fn begin(&mut self, _out: &mut dyn io::Write, _tests: usize) -> io::Result<()> {
        Ok(())
    }

    fn test(&mut self, out: &mut dyn io::Write, test: &TestFacts) -> io::Result<()> {
        let mark = match test.outcome {
            Outcome::Passed => self.paint("32", "✔"),
            Outcome::Failed => self.paint("31", "✖"),
            Outcome::Known => self.paint("33", "⚠"),
            Outcome::Skipped => self.paint("90", "﹣"),
        };
        write!(out, "{mark} {} ", test.name())?;
        let time = format!("({:.0} ms)", test.duration);
        match (&test.message, test.outcome) {
            (Some(why), Outcome::Skipped) => writeln!(out, "# skipped: {why}"),
            (Some(why), Outcome::Known) => writeln!(out, "{time} # {why}"),
            _ => writeln!(out, "{}", self.paint("90", &time)),
        }
    }

    fn end(&mut self, out: &mut dyn io::Write, run: &RunFacts) -> io::Result<()> {
        for test in &run.tests {
            if matches!(test.outcome, Outcome::Failed | Outcome::Known) {
                let what = if test.outcome == Outcome::Failed {
                    "✖"
                } else {
                    "⚠"
                };
                writeln!(out, "\n{what} {}", test.name())?;
                for line in test.account().lines() {
                    writeln!(
                        out,
                        "  {}",
                        line.split('\t')
                            .map(printable)
                            .collect::<Vec<_>>()
                            .join("\t")
                    )?;
                }
            }
        }
        let totals = run.totals;
        writeln!(
            out,
            "\n{} tests: {} passed, {} failed, {} known, {} skipped; {:.1} s",
            totals.tests,
            totals.passed,
            totals.failed,
            totals.known,
            totals.skipped,
            run.duration / 1000.0
        )?;
        if totals.proofs > 0 {
            writeln!(
                out,
                "{} of {} leaks confirmed by cutting their reference",
                totals.confirmed, totals.proofs
            )?;
        }
        if run.bailed {
            writeln!(out, "ended early: not all tests were run")?;
        }
        Ok(())
    }
}
