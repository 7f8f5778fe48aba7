//! First stage: what was typed, option by option, with nothing judged but the options' names.

use super::error::CliError;
use super::options::{self, Found, Id, Spec, Takes};
use super::{V8FlagVerdict, V8Flags};

/// What an option was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// A switch: on, or off by `--no-`.
    Switch(bool),
    /// A value.
    Text(String),
}

/// Where options come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    CommandLine,
    NodeOptions,
}

/// Options and what follows them, as typed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Typed {
    /// Our own options in their order. V8 already has its own.
    pub options: Vec<(Id, Given)>,
    /// The words that options and their values took: `process.execArgv`.
    pub exec_argv: Vec<String>,
    /// The first word that is no option, and all words after it.
    pub rest: Vec<String>,
    /// Whether `--` ended the options.
    pub ended_by_dashes: bool,
}

impl Typed {
    pub(super) fn has(&self, wanted: Id) -> bool {
        self.options.iter().any(|(id, _)| *id == wanted)
    }

    /// The word where a script's name or a command's could stand.
    pub(super) fn command_word(&self) -> Option<&str> {
        let code = [Id::Eval, Id::Print, Id::PrintEval];
        if self.ended_by_dashes || code.into_iter().any(|id| self.has(id)) {
            return None;
        }
        self.rest.first().map(String::as_str)
    }

    /// Takes over what was typed later; what follows the options is the later one's.
    pub(super) fn append(&mut self, later: Self) {
        self.options.extend(later.options);
        self.exec_argv.extend(later.exec_argv);
        self.rest = later.rest;
        self.ended_by_dashes = later.ended_by_dashes;
    }
}

/// Reads options up to `--`, `-` or the first word that is no option.
///
/// # Errors
/// At an option that nobody knows, that lacks its value, or that has no place in `source`.
pub(super) fn scan(
    words: &[String],
    source: Source,
    v8: &mut dyn V8Flags,
) -> Result<Typed, CliError> {
    let mut typed = Typed::default();
    let mut next = 0;
    while let Some(word) = words.get(next) {
        if word == "--" {
            if source == Source::NodeOptions {
                return Err(CliError::NotInNodeOptions(word.clone()));
            }
            typed.ended_by_dashes = true;
            next += 1;
            break;
        }
        if word == "-" || !word.starts_with('-') {
            break;
        }
        let follower = words.get(next + 1).map(String::as_str);
        let taken = option(word, follower, source, v8, &mut typed.options)?;
        typed
            .exec_argv
            .extend_from_slice(&words[next..next + taken]);
        next += taken;
    }
    typed.rest = words[next..].to_vec();
    Ok(typed)
}

/// Reads one option; says how many words it took, 1 or 2.
fn option(
    word: &str,
    follower: Option<&str>,
    source: Source,
    v8: &mut dyn V8Flags,
    options: &mut Vec<(Id, Given)>,
) -> Result<usize, CliError> {
    let (name, attached) = match word.split_once('=') {
        Some((name, value)) if word.starts_with("--") => (name, Some(value)),
        _ => (word, None),
    };
    let (spec, on) = match options::find(name) {
        Found::Ours(spec, on) => (spec, on),
        Found::BadNegation => return Err(CliError::InvalidNegation(word.to_owned())),
        Found::Foreign => return foreign(word, name, follower, source, v8),
    };
    if source == Source::NodeOptions && !spec.in_node_options {
        return Err(CliError::NotInNodeOptions(name.to_owned()));
    }
    let (given, taken) = match spec.takes {
        Takes::Nothing | Takes::Switch => {
            if attached.is_some() {
                return Err(CliError::TakesNoArgument(name.to_owned()));
            }
            (Given::Switch(on), 1)
        }
        Takes::Value(_) => value(spec, word, attached, follower)?,
        Takes::Optional(_) => match attached {
            Some(text) => (Given::Text(text.to_owned()), 1),
            None => (Given::Switch(true), 1),
        },
        Takes::Code => match (attached, follower) {
            (Some(code), _) => (Given::Text(code.to_owned()), 1),
            (None, Some(code)) if !code.starts_with('-') => (Given::Text(unescape(code)), 2),
            _ => (Given::Switch(true), 1),
        },
    };
    options.push((spec.id, given));
    Ok(taken)
}

/// The value of an option that needs one: what is attached by `=`, or the next word unless that
/// looks like an option; `\-` at its start stands for a dash, as in Node.
fn value(
    spec: &Spec,
    word: &str,
    attached: Option<&str>,
    follower: Option<&str>,
) -> Result<(Given, usize), CliError> {
    match (attached, follower) {
        (Some(text), _) if !text.is_empty() => Ok((Given::Text(text.to_owned()), 1)),
        (None, Some(text)) if !text.starts_with('-') => Ok((Given::Text(unescape(text)), 2)),
        _ if spec.id == Id::PrintEval => Err(CliError::NeedsArgument("--eval".to_owned())),
        _ => Err(CliError::NeedsArgument(word.to_owned())),
    }
}

fn unescape(text: &str) -> String {
    match text.strip_prefix('\\') {
        Some(rest) if rest.starts_with('-') => rest.to_owned(),
        _ => text.to_owned(),
    }
}

/// An option that is not ours: V8 decides.
fn foreign(
    word: &str,
    name: &str,
    follower: Option<&str>,
    source: Source,
    v8: &mut dyn V8Flags,
) -> Result<usize, CliError> {
    if source == Source::NodeOptions && !options::v8_allowed_in_node_options(name) {
        return Err(if options::is_unsupported(name) {
            CliError::Unsupported(word.to_owned())
        } else {
            CliError::NotInNodeOptions(name.to_owned())
        });
    }
    let value = follower.filter(|next| !next.starts_with('-'));
    match v8.accept(word, value) {
        V8FlagVerdict::Alone => Ok(1),
        V8FlagVerdict::WithNext => Ok(2),
        V8FlagVerdict::Illegal(text) => Err(CliError::V8(text)),
        V8FlagVerdict::Unknown if options::is_unsupported(name) => {
            Err(CliError::Unsupported(word.to_owned()))
        }
        V8FlagVerdict::Unknown => Err(CliError::BadOption {
            typed: word.to_owned(),
            near: options::nearest(word),
        }),
    }
}
