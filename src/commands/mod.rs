//! One file a command; the only place where the rooms meet.

pub mod analyze;
pub mod diff;
pub mod flame;
mod open;
pub mod recover;
pub mod run;
pub mod test;
mod unfinished;
pub mod unpack;

use std::io::{self, Write as _};

use crate::cli::ExitCode;

/// Prints `text` as a whole line or more; a closed standard output is no error.
pub fn print(text: &str) -> ExitCode {
    match writeln!(io::stdout(), "{}", text.trim_end()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::UNCAUGHT,
        _ => ExitCode::SUCCESS,
    }
}
