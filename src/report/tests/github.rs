//! Workflow commands of GitHub Actions: an annotation for each failure and each known leak.

use std::io;

use super::{Outcome, Reporter, RunFacts, TestFacts};

/// Annotations.
pub struct Github;

impl Reporter for Github {
    fn begin(&mut self, _out: &mut dyn io::Write, _tests: usize) -> io::Result<()> {
        Ok(())
    }

    fn test(&mut self, out: &mut dyn io::Write, test: &TestFacts) -> io::Result<()> {
        let command = match test.outcome {
            Outcome::Failed => "error",
            Outcome::Known => "warning",
            _ => return Ok(()),
        };
        writeln!(
            out,
            "::{command} file={},line=1,title={}::{}",
            property(&test.file),
            property(&test.name()),
            data(&test.account())
        )
    }

    fn end(&mut self, out: &mut dyn io::Write, run: &RunFacts) -> io::Result<()> {
        let totals = run.totals;
        writeln!(
            out,
            "::notice title=oomhost test::{} tests: {} passed, {} failed, {} known, {} skipped",
            totals.tests, totals.passed, totals.failed, totals.known, totals.skipped
        )
    }
}

/// Text as the commands' data has it.
fn data(text: &str) -> String {
    text.trim_end()
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Text as a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
