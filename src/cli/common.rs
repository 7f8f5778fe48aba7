//! Options that commands have in common.

use std::path::PathBuf;

use clap::{Arg, ArgAction, value_parser};

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
