//! What is wrong with a command line: one clear line, in Node's words, and perhaps a hint.

use super::exit::ExitCode;

/// A command line that cannot be obeyed. Displayed as one line in Node's words, without the
/// program's name in front; [`CliError::hint`] is a second line.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CliError {
    /// An option that neither we nor V8 know.
    #[error("bad option: {typed}")]
    BadOption {
        /// The option as it was typed.
        typed: String,
        /// A known option that looks like it.
        near: Option<String>,
    },
    /// An option of Node's that we do not act on, and so refuse.
    #[error("bad option: {0}")]
    Unsupported(String),
    /// An option that belongs on the command line alone.
    #[error("{0} is not allowed in NODE_OPTIONS")]
    NotInNodeOptions(String),
    /// `NODE_OPTIONS` ends inside quotes.
    #[error("invalid value for NODE_OPTIONS (unterminated string)")]
    UnterminatedString,
    /// `NODE_OPTIONS` ends after a backslash.
    #[error("invalid value for NODE_OPTIONS (invalid escape)")]
    InvalidEscape,
    /// An option without its value.
    #[error("{0} requires an argument")]
    NeedsArgument(String),
    /// A switch with a value, which Node would ignore.
    #[error("{0} takes no argument")]
    TakesNoArgument(String),
    /// `--no-` in front of an option that has a value.
    #[error("{0} is an invalid negation because it is not a boolean option")]
    InvalidNegation(String),
    /// A value that its option cannot have, or options that contradict each other.
    #[error("{0}")]
    Invalid(String),
    /// V8 knows the flag and refuses its value; the text is the caller's.
    #[error("{0}")]
    V8(String),
    /// What clap says of a command's own options; several lines.
    #[error("{0}")]
    Command(String),
    /// The same of `oomhost test`, which has exit codes of its own.
    #[error("{0}")]
    Test(String),
}

impl CliError {
    /// The process's exit code: Node's 9, whatever is wrong with the arguments; of `oomhost test` 2.
    #[must_use]
    pub const fn exit_code(&self) -> ExitCode {
        match self {
            Self::Test(_) => ExitCode::TEST_USAGE,
            _ => ExitCode::INVALID_ARGUMENT,
        }
    }

    /// A second line that helps, where there is one.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::BadOption { near, .. } => {
                near.as_ref().map(|near| format!("did you mean {near}?"))
            }
            Self::Unsupported(_) => Some("Node.js has this option, oomhost does not".to_owned()),
            _ => None,
        }
    }

    /// All that stderr shall say: the program as it was called, as Node does, and the line, then
    /// the hint; no last newline.
    #[must_use]
    pub fn report(&self, program: &str) -> String {
        match self.hint() {
            Some(hint) => format!("{program}: {self}\n{hint}"),
            None => format!("{program}: {self}"),
        }
    }
}
