//! Arguments: exactly as typed (`scan`), then validated (`config`), in Node's manner.
//!
//! `oomhost [options] script.js [arguments]`: options are ours (`table`) or V8's,
//! with dashes or underscores, `=value` or the value as the next word. Where the script begins
//! depends on whether a flag of V8's takes the next word, which V8 alone knows: it is asked through
//! [`V8Flags`]. This room knows nothing of V8 itself and prints nothing.

mod analyze;
mod common;
mod config;
mod diff;
mod env_file;
mod error;
mod exit;
mod flame;
mod foreign;
mod help;
mod inspect;
mod modules;
mod network;
mod node_options;
mod options;
mod profiles;
mod recover;
mod scan;
mod signals;
mod table;
mod test;
mod unpack;

use std::ffi::OsString;

pub use analyze::{AnalyzeOptions, Format, Question};
pub use config::{AtRss, Config, InputType, OnRequest, ScriptSource};
pub use diff::DiffOptions;
pub use env_file::{EnvFiles, parse as parse_env};
pub use error::CliError;
pub use exit::ExitCode;
pub use flame::FlameOptions;
pub use help::version;
pub use inspect::{InspectConfig, Wait as InspectWait};
pub use options::environment_flags;
pub use profiles::ProfileConfig;
pub use recover::RecoverOptions;
pub use test::TestOptions;
pub use unpack::UnpackOptions;

use options::Id;
use scan::{Given, Source, Typed};

/// What V8 says about a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum V8FlagVerdict {
    /// V8 does not know it.
    Unknown,
    /// V8 took it alone.
    Alone,
    /// V8 took it and the next word as its value.
    WithNext,
    /// V8 knows it, but not with this value; the text is what the user is told.
    Illegal(String),
}

/// V8 as the judge of its own flags.
pub trait V8Flags {
    /// Offers V8 a flag as typed (`--stack-size`, `--max_old_space_size=100`, `--no-opt`) and the
    /// word behind it. V8 sets the flag where it knows it. Flags come in the order in which they
    /// shall be set: those of `NODE_OPTIONS` first.
    fn accept(&mut self, flag: &str, next: Option<&str>) -> V8FlagVerdict;
}

/// What, besides the arguments, decides on a run.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The variable `NODE_OPTIONS`.
    pub node_options: Option<String>,
    /// Whether `NODE_NO_WARNINGS` is `1`.
    pub no_warnings: bool,
    /// Whether stdin is a terminal, from which no script is read.
    pub stdin_is_terminal: bool,
    /// Reads how many bytes of memory the process may use: the machine's or, where that is less,
    /// its control group's. Called only when an option asks for it.
    pub memory_bytes: fn() -> Option<u64>,
}

/// What the user wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Run (or, with `--check`, parse) a script.
    Run(Box<Config>),
    /// Describe a snapshot file.
    Analyze(AnalyzeOptions),
    /// Compare snapshot files.
    Diff(DiffOptions),
    /// Draw a profile.
    Flame(FlameOptions),
    /// Make a snapshot of an unfinished one.
    Recover(RecoverOptions),
    /// Run leak tests.
    Test(Box<TestOptions>),
    /// Make the plain file of a compressed one.
    Unpack(UnpackOptions),
    /// Print this text on stdout, and end well.
    Help(String),
    /// Print [`version`] on stdout, and end well.
    Version,
    /// Let V8 print its flags, and end well.
    V8Options,
}

/// Understands a command line, given without the program's own name. Words that are no UTF-8 are
/// read with replacement characters, as Node does.
///
/// A word that is a command is one wherever a script's name could stand; a script so named is
/// reached by its path (`./test`) or behind `run` or `--`.
///
/// # Errors
/// With the one line that tells the user why nothing was started.
pub fn parse(
    argv: impl IntoIterator<Item = OsString>,
    surroundings: &Surroundings,
    v8: &mut dyn V8Flags,
) -> Result<Command, CliError> {
    let argv: Vec<OsString> = argv.into_iter().collect();
    match argv.first().and_then(|word| word.to_str()) {
        Some("analyze") => return analyze::parse(&argv[1..]),
        Some("diff") => return diff::parse(&argv[1..]),
        Some("flame") => return flame::parse(&argv[1..]),
        Some("recover") => return recover::parse(&argv[1..]),
        Some("test") => return test::parse(&argv[1..]),
        Some("unpack") => return unpack::parse(&argv[1..]),
        _ => {}
    }
    let words: Vec<String> = argv
        .into_iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let mut from_environment = match &surroundings.node_options {
        Some(text) => node_options(text, v8)?,
        None => Typed::default(),
    };
    let mut typed = command_line(&words, v8)?;
    if typed.has(Id::Version) {
        return Ok(Command::Version);
    }
    if typed.has(Id::Help) {
        return Ok(Command::Help(help::text()));
    }
    if typed.has(Id::V8Options) {
        return Ok(Command::V8Options);
    }
    let files = env_files(&typed)?;
    if surroundings.node_options.is_none()
        && let Some(text) = files.get("NODE_OPTIONS")
    {
        from_environment = node_options(text, v8)?;
        // Once more, as what is typed goes before it with V8's flags too.
        typed = command_line(&words, v8)?;
    }
    config::validate(from_environment, typed, files, surroundings, v8)
        .map(|config| Command::Run(Box::new(config)))
}

/// Reads the words of a run.
fn command_line(words: &[String], v8: &mut dyn V8Flags) -> Result<Typed, CliError> {
    let mut typed = scan::scan(words, Source::CommandLine, v8)?;
    match typed.command_word() {
        Some("run") => {
            let behind = typed.rest.split_off(1);
            typed.append(scan::scan(&behind, Source::CommandLine, v8)?);
        }
        Some(word @ ("analyze" | "diff" | "flame" | "recover" | "test" | "unpack")) => {
            return Err(CliError::Invalid(format!(
                "{word} takes its options behind its name, and none of a run; a script of that \
                 name is run with ./{word} or run {word}"
            )));
        }
        _ => {}
    }
    Ok(typed)
}

/// `--env-file` and `--env-file-if-exists`, in their order.
fn env_files(typed: &Typed) -> Result<EnvFiles, CliError> {
    let mut files = EnvFiles::default();
    for option in &typed.options {
        if let (id @ (Id::EnvFile | Id::EnvFileIfExists), Given::Text(path)) = option {
            files.read(path, *id == Id::EnvFileIfExists)?;
        }
    }
    Ok(files)
}

fn node_options(text: &str, v8: &mut dyn V8Flags) -> Result<Typed, CliError> {
    let words = node_options::split(text)?;
    let typed = scan::scan(&words, Source::NodeOptions, v8)?;
    match typed.rest.first() {
        Some(word) => Err(CliError::NotInNodeOptions(word.clone())),
        None => Ok(typed),
    }
}

/// Reads the words behind the name of a command with options of its own; else how that ends.
fn words_of_command(
    command: clap::Command,
    words: &[OsString],
) -> Result<clap::ArgMatches, Result<Command, CliError>> {
    let program = OsString::from(command.get_name());
    let words = std::iter::once(&program).chain(words);
    command.try_get_matches_from(words).map_err(|error| {
        let text = error.render().to_string();
        if error.kind() == clap::error::ErrorKind::DisplayHelp {
            return Ok(Command::Help(text));
        }
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        Err(CliError::Command(text.trim_end().to_owned()))
    })
}

#[cfg(test)]
mod tests;
