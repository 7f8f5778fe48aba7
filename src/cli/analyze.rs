//! `oomhost analyze`: its options.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, value_parser};

use super::Command;
use super::error::CliError;

/// What `oomhost analyze` was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnalyzeOptions {
    /// The snapshot.
    pub file: PathBuf,
    /// Only the few lines that follow a capture.
    pub summary: bool,
}

/// The command's description, for its help and for its parser.
fn command() -> clap::Command {
    clap::Command::new("oomhost analyze")
        .about("Tells what a heap snapshot holds: constructors by count and self size")
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .help("A .heapsnapshot file")
                .required(true)
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(
            Arg::new("summary")
                .long("summary")
                .help("Print only the few lines that follow a capture")
                .action(ArgAction::SetTrue),
        )
}

/// Reads the words behind `analyze`.
///
/// # Errors
/// With clap's explanation.
pub(super) fn parse(words: &[OsString]) -> Result<Command, CliError> {
    let mut matches = match super::words_of_command(command(), words) {
        Ok(matches) => matches,
        Err(end) => return end,
    };
    Ok(Command::Analyze(AnalyzeOptions {
        file: matches.remove_one("file").unwrap_or_default(),
        summary: matches.get_flag("summary"),
    }))
}
