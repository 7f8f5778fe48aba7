//! `oomhost diff`: its options.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, value_parser};

use super::Command;
use super::analyze::Format;
use super::error::CliError;

/// What `oomhost diff` was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffOptions {
    /// The snapshots, the oldest first; at least two.
    pub files: Vec<PathBuf>,
    /// How many entries a list may have, where that was said.
    pub top: Option<usize>,
    /// How the answer is written: as text or JSON.
    pub format: Format,
}

fn command() -> clap::Command {
    clap::Command::new("oomhost diff")
        .about("Tells what grew between heap snapshots of one program, given in their order")
        .arg(
            Arg::new("files")
                .value_name("FILE")
                .help("Two .heapsnapshot files of one process or more, the oldest first")
                .required(true)
                .num_args(2..)
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(
            Arg::new("top")
                .long("top")
                .value_name("N")
                .help("Show N entries of each list")
                .value_parser(value_parser!(usize)),
        )
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .help("text or json")
                .value_parser(["text", "json"])
                .default_value("text"),
        )
}

/// Reads the words behind `diff`.
///
/// # Errors
/// With clap's explanation.
pub(super) fn parse(words: &[OsString]) -> Result<Command, CliError> {
    let mut matches = match super::words_of_command(command(), words) {
        Ok(matches) => matches,
        Err(end) => return end,
    };
    let is_json = matches
        .get_one::<String>("format")
        .is_some_and(|format| format == "json");
    Ok(Command::Diff(DiffOptions {
        files: matches.remove_many("files").unwrap_or_default().collect(),
        top: matches.remove_one("top"),
        format: if is_json { Format::Json } else { Format::Text },
    }))
}
