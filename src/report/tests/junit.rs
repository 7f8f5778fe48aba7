//! `JUnit` XML, as the schema of Jenkins' xUnit plugin has it.

use std::io;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Outcome, Reporter, RunFacts, TestFacts};

/// `JUnit`, when all is done.
pub struct Junit;

impl Reporter for Junit {
    fn begin(&mut self, _out: &mut dyn io::Write, _tests: usize) -> io::Result<()> {
        Ok(())
    }

    fn test(&mut self, _out: &mut dyn io::Write, _test: &TestFacts) -> io::Result<()> {
        Ok(())
    }

    fn end(&mut self, out: &mut dyn io::Write, run: &RunFacts) -> io::Result<()> {
        let mut report = Report::new("oomhost test");
        report.set_time(milliseconds(run.duration));
        let mut suite = TestSuite::new("oomhost test");
        suite.set_time(milliseconds(run.duration));
        suite.add_test_cases(run.tests.iter().map(case));
        report.add_test_suite(suite);
        // Serialised to `out`, a closed pipe would be an error like any other.
        let text = report.to_string().map_err(io::Error::other)?;
        // quick-junit counts the skipped in `testsuites` too, where Jenkins' schema has no such attribute.
        let skipped = format!(" skipped=\"{}\"", report.skipped);
        out.write_all(text.replacen(&skipped, "", 1).as_bytes())
    }
}

fn case(test: &TestFacts) -> TestCase {
    let message = test.message.as_deref().unwrap_or_default();
    let mut status = match test.outcome {
        Outcome::Passed => TestCaseStatus::success(),
        Outcome::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::Known | Outcome::Skipped => TestCaseStatus::skipped(),
    };
    if test.outcome != Outcome::Passed {
        status.set_message(message);
    }
    if test.outcome == Outcome::Failed {
        status.set_type("leak").set_description(test.account());
    }
    let mut case = TestCase::new(test.name(), status);
    case.set_classname(test.file.clone());
    case.set_time(milliseconds(test.duration));
    if test.outcome == Outcome::Failed {
        case.set_system_out(&*test.stdout)
            .set_system_err(&*test.stderr);
    }
    case
}

fn milliseconds(count: f64) -> Duration {
    Duration::try_from_secs_f64(count / 1000.0).unwrap_or_default()
}
