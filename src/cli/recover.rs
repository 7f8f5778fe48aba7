//! `oomhost recover`: its options.

use std::ffi::OsString;
use std::path::PathBuf;

use super::error::CliError;
use super::{Command, common};
use crate::compression::Format;

/// What `oomhost recover` was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoverOptions {
    /// The unfinished snapshot.
    pub file: PathBuf,
    /// Where the snapshot made of it goes.
    pub output: PathBuf,
}

/// The command's description, for its help and for its parser.
fn command() -> clap::Command {
    clap::Command::new("oomhost recover")
        .about(
            "Makes a valid heap snapshot of what an interrupted capture left, and says what is \
             lost",
        )
        .arg(common::file(
            "FILE.partial",
            "The unfinished snapshot, which may be compressed; it stays as it is",
        ))
        .arg(common::output(
            "Where the plain snapshot goes; the default is FILE without .partial, .gz and .zst",
        ))
}

/// Reads the words behind `recover`.
///
/// # Errors
/// With clap's explanation, or because nothing says where the snapshot goes.
pub(super) fn parse(words: &[OsString]) -> Result<Command, CliError> {
    let mut matches = match super::words_of_command(command(), words) {
        Ok(matches) => matches,
        Err(end) => return end,
    };
    let file: PathBuf = matches.remove_one("file").unwrap_or_default();
    let output = match matches.remove_one("output") {
        Some(path) => path,
        None if file.extension().is_some_and(|end| end == "partial") => {
            let output = file.with_extension("");
            Format::without_ending(&output).unwrap_or(output)
        }
        None => {
            return Err(CliError::Command(format!(
                "{} is not named *.partial: say with --output=PATH where the snapshot goes",
                file.display()
            )));
        }
    };
    Ok(Command::Recover(RecoverOptions { file, output }))
}
