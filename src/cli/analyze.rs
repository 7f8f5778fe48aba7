//! `oomhost analyze`: its options.

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
pub(super) fn parse(words: &[String]) -> Result<Command, CliError> {
    let program = ["oomhost analyze"].into_iter();
    let words = program.chain(words.iter().map(String::as_str));
    match command().try_get_matches_from(words) {
        Ok(mut matches) => Ok(Command::Analyze(AnalyzeOptions {
            file: matches.remove_one("file").unwrap_or_default(),
            summary: matches.get_flag("summary"),
        })),
        Err(error) if error.kind() == clap::error::ErrorKind::DisplayHelp => {
            Ok(Command::Help(error.render().to_string()))
        }
        Err(error) => {
            let text = error.render().to_string();
            let text = text.strip_prefix("error: ").unwrap_or(&text);
            Err(CliError::Command(text.trim_end().to_owned()))
        }
    }
}
