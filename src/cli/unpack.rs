//! `oomhost unpack`: its options.

use std::ffi::OsString;
use std::path::PathBuf;

use super::common::Files;
use super::error::CliError;
use super::{Command, common};
use crate::compression::Format;

/// What `oomhost unpack` was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnpackOptions {
    /// The compressed file.
    pub file: PathBuf,
    /// Where the plain one goes.
    pub output: PathBuf,
    /// Replace what is there.
    pub force: bool,
}

/// The command's description, for its help and for its parser.
fn command() -> clap::Command {
    clap::Command::new("oomhost unpack")
        .about("Makes the plain file of one that is compressed with gzip or zstd")
        .arg(common::file("FILE", "The compressed file; it stays as it is"))
        .arg(common::output("Where the plain file goes; the default is FILE without .gz or .zst"))
        .arg(common::force())
        .after_help(
            "It appears under its name when it is complete.\n\n\
             Exit codes:\n    \
             0  the plain file is there\n    \
             1  it is not: FILE cannot be read, is damaged or not compressed, or PATH cannot be\n       \
             written or is taken\n    \
             9  a bad option",
        )
}

/// Reads the words behind `unpack`.
///
/// # Errors
/// With clap's explanation, or because nothing says where the file goes.
pub(super) fn parse(words: &[OsString]) -> Result<Command, CliError> {
    let mut matches = match super::words_of_command(command(), words) {
        Ok(matches) => matches,
        Err(end) => return end,
    };
    let Files {
        file,
        output,
        force,
    } = Files::of(&mut matches);
    let output = match output {
        Some(path) => path,
        None => Format::without_ending(&file).ok_or_else(|| {
            CliError::Command(format!(
                "{} is named neither *.gz nor *.zst: say with --output=PATH where the plain file \
                 goes",
                file.display()
            ))
        })?,
    };
    Ok(Command::Unpack(UnpackOptions {
        file,
        output,
        force,
    }))
}
