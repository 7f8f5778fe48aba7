//! Options that commands have in common.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, value_parser};

/// The file that a command works on, under the name that its help has.
pub(super) fn file(name: &'static str, help: &'static str) -> Arg {
    Arg::new("file")
        .value_name(name)
        .help(help)
        .required(true)
        .value_parser(value_parser!(PathBuf))
}

/// `--output PATH`.
pub(super) fn output(help: &'static str) -> Arg {
    Arg::new("output")
        .long("output")
        .short('o')
        .value_name("PATH")
        .help(help)
        .value_parser(value_parser!(PathBuf))
}

/// `--force`.
pub(super) fn force() -> Arg {
    Arg::new("force")
        .long("force")
        .short('f')
        .help("Replace a file that is there already")
        .action(ArgAction::SetTrue)
}

/// What a command works on and where it writes, as far as that was said.
pub(super) struct Files {
    /// The file that it works on.
    pub file: PathBuf,
    /// `--output`.
    pub output: Option<PathBuf>,
    /// `--force`.
    pub force: bool,
}

impl Files {
    /// Takes the values of [`file()`], [`output`] and [`force`].
    pub fn of(matches: &mut ArgMatches) -> Self {
        Self {
            file: matches.remove_one("file").unwrap_or_default(),
            output: matches.remove_one("output"),
            force: matches.get_flag("force"),
        }
    }
}
