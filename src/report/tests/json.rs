//! One JSON object, when all is done.

use std::io;

use super::{Reporter, RunFacts, TestFacts};

/// JSON; `../README.md` documents it, `test.schema.json` is its schema.
pub struct Json;

impl Reporter for Json {
    fn begin(&mut self, _out: &mut dyn io::Write, _tests: usize) -> io::Result<()> {
        Ok(())
    }

    fn test(&mut self, _out: &mut dyn io::Write, _test: &TestFacts) -> io::Result<()> {
        Ok(())
    }

    fn end(&mut self, out: &mut dyn io::Write, run: &RunFacts) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, run)?;
        writeln!(out)
    }
}
