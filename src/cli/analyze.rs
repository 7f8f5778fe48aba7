//! `oomhost analyze`: its options.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, value_parser};

use super::error::CliError;
use super::{Command, common};

/// What `oomhost analyze` was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnalyzeOptions {
    /// The snapshot.
    pub file: PathBuf,
    /// What is wanted to know.
    pub question: Question,
    /// How many entries a list may have, where that was said.
    pub top: Option<usize>,
    /// How the answer is written.
    pub format: Format,
}

/// What is wanted to know of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Everything, on one screen.
    Overview,
    /// The few lines that follow a capture.
    Summary,
    /// Whether the file is valid.
    Check,
    /// The objects of a constructor.
    Constructor(String),
    /// An object, by the id that `DevTools` shows.
    Object(u32),
    /// How an object is reached.
    Path(u32),
    /// What would be free without an object, or without one reference (from, to).
    WhatIfCut(u32, Option<u32>),
    /// The objects that an expression selects.
    Query(String),
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    Text,
    /// For programs.
    Json,
    /// A page of its own.
    Html,
    /// For an issue or a comment.
    Markdown,
}

/// Options of which only one can be given.
const QUESTIONS: [&str; 7] = [
    "summary",
    "check",
    "constructor",
    "object",
    "path",
    "what-if-cut",
    "query",
];

/// The command's description, for its help and for its parser.
fn command() -> clap::Command {
    let value = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let switch = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .help(help)
            .action(ArgAction::SetTrue)
    };
    clap::Command::new("oomhost analyze")
        .about("Tells what a heap snapshot holds: leak suspects, constructors, waste")
        .arg(common::file(
            "FILE",
            "A .heapsnapshot file, plain or compressed (.gz, .zst)",
        ))
        .arg(value("top", "N", "Show N entries of each list").value_parser(value_parser!(usize)))
        .arg(
            value("format", "FORMAT", "text, json, html or markdown")
                .value_parser(["text", "json", "html", "markdown"])
                .default_value("text"),
        )
        .arg(value(
            "constructor",
            "NAME",
            "Show the largest objects of a constructor",
        ))
        .arg(value(
            "object",
            "@ID",
            "Show an object: its fields, retainers and dominators",
        ))
        .arg(value(
            "path",
            "@ID",
            "Show how an object is reached from the roots",
        ))
        .arg(value(
            "what-if-cut",
            "@ID|@ID->@ID",
            "Say how many bytes would be free without an object, or without one reference",
        ))
        .arg(value(
            "query",
            "EXPRESSION",
            "List objects, such as: 'class=Session retained>1mb'",
        ))
        .arg(switch(
            "check",
            "Hold the file against every rule of the format",
        ))
        .arg(switch(
            "summary",
            "Print only the few lines that follow a capture",
        ))
        .group(
            clap::ArgGroup::new("question")
                .args(QUESTIONS)
                .multiple(false),
        )
}

/// Reads the words behind `analyze`.
///
/// # Errors
/// With clap's explanation.
pub(super) fn parse(words: &[OsString]) -> Result<Command, CliError> {
    let mut matches = match super::words_of_command(command(), words) {
        Ok(matches) => matches,
        Err(end) => return end,
    };
    let format = match matches.remove_one::<String>("format").as_deref() {
        Some("json") => Format::Json,
        Some("html") => Format::Html,
        Some("markdown") => Format::Markdown,
        _ => Format::Text,
    };
    let question = question(&mut matches)?;
    if matches!(format, Format::Html | Format::Markdown) && question != Question::Overview {
        return Err(CliError::Invalid(
            "--format html and --format markdown write the overview alone".to_owned(),
        ));
    }
    Ok(Command::Analyze(AnalyzeOptions {
        file: matches.remove_one("file").unwrap_or_default(),
        question,
        top: matches.remove_one("top"),
        format,
    }))
}

fn question(matches: &mut clap::ArgMatches) -> Result<Question, CliError> {
    let mut value = |name: &str| matches.remove_one::<String>(name);
    if let Some(name) = value("constructor") {
        return Ok(Question::Constructor(name));
    }
    if let Some(text) = value("object") {
        return id("--object", &text).map(Question::Object);
    }
    if let Some(text) = value("path") {
        return id("--path", &text).map(Question::Path);
    }
    if let Some(text) = value("what-if-cut") {
        let option = "--what-if-cut";
        return Ok(match text.split_once("->") {
            None => Question::WhatIfCut(id(option, &text)?, None),
            Some((from, to)) => Question::WhatIfCut(id(option, from)?, Some(id(option, to)?)),
        });
    }
    if let Some(text) = value("query") {
        return Ok(Question::Query(text));
    }
    Ok(if matches.get_flag("check") {
        Question::Check
    } else if matches.get_flag("summary") {
        Question::Summary
    } else {
        Question::Overview
    })
}

fn id(option: &str, text: &str) -> Result<u32, CliError> {
    let digits = text.trim();
    let digits = digits.strip_prefix('@').unwrap_or(digits);
    digits.parse().map_err(|_| {
        CliError::Invalid(format!(
            "{option} takes an object's id, such as @12345, not {text}"
        ))
    })
}
