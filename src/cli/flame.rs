//! `oomhost flame`: its options.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, value_parser};

use super::common::Files;
use super::error::CliError;
use super::{Command, common};

/// What `oomhost flame` was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlameOptions {
    /// The profile.
    pub file: PathBuf,
    /// Where the graph goes.
    pub output: PathBuf,
    /// Functions that are listed.
    pub top: usize,
    /// Replace what is there.
    pub force: bool,
}

/// Functions that are listed unless told otherwise.
const TOP: &str = "15";

/// The command's description, for its help and for its parser.
fn command() -> clap::Command {
    clap::Command::new("oomhost flame")
        .about("Makes a flame graph (SVG) of a profile and lists its largest functions")
        .arg(common::file("FILE", "A .cpuprofile or a .heapprofile (sampling), perhaps compressed"))
        .arg(common::output("Where the graph goes; the default is FILE.svg"))
        .arg(
            Arg::new("top")
                .long("top")
                .value_name("N")
                .help("List the N largest functions")
                .default_value(TOP)
                .value_parser(value_parser!(usize)),
        )
        .arg(common::force())
        .after_help(
            "Exit codes:\n    \
             0  the graph is there\n    \
             1  it is not: FILE cannot be read or is no profile, or PATH cannot be written or is\n       \
             taken\n    \
             9  a bad option",
        )
}

/// Reads the words behind `flame`.
///
/// # Errors
/// With clap's explanation.
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
    let output = output.unwrap_or_else(|| {
        let mut name = file.clone().into_os_string();
        name.push(".svg");
        name.into()
    });
    Ok(Command::Flame(FlameOptions {
        file,
        output,
        top: matches.remove_one("top").unwrap_or_default(),
        force,
    }))
}
