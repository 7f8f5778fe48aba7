//! `oomhost test`: its options.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgAction, value_parser};

use super::Command;
use super::error::CliError;
use crate::leak_test::duration;

/// How long a test may take that does not say.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The formats of reports.
const FORMATS: [&str; 5] = ["spec", "tap", "junit", "json", "github"];

/// What `oomhost test` was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub struct TestOptions {
    /// Files, folders and patterns; none is the current folder.
    pub paths: Vec<String>,
    /// Formats of reports, and the file of each that does not go to standard output.
    pub reporters: Vec<(String, Option<PathBuf>)>,
    /// Where evidence is kept.
    pub artifacts: Option<PathBuf>,
    /// Of which tests: `failed`, `all`, `none`.
    pub keep: String,
    /// Cut what is to blame, and see whether the objects go.
    pub prove: bool,
    /// Tests at a time; as many as the machine has cores if not given.
    pub jobs: Option<usize>,
    /// How often each.
    pub repeat: u32,
    /// End at the first failure.
    pub bail: bool,
    /// How long a test may take that does not say.
    pub timeout: Duration,
    /// Only tests whose path contains this.
    pub filter: Option<String>,
    /// Only each so-many-th test: which one, from 1, and of how many.
    pub shard: Option<(usize, usize)>,
    /// Run again when a file changes.
    pub watch: bool,
    /// The file of known leaks, where one was named.
    pub baseline: Option<PathBuf>,
    /// Write what leaks into it.
    pub update_baseline: bool,
}

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
    clap::Command::new("oomhost test")
        .args_override_self(true)
        .about("Runs tests for memory leaks, each in a process of its own")
        .arg(
            Arg::new("paths")
                .value_name("PATH")
                .help("Files, folders (*.leak.js, .mjs, .cjs, .ts below them), patterns; else the current folder")
                .num_args(0..),
        )
        .arg(
            value("reporter", "FORMAT[=FILE]", "spec (default), tap, junit, json or github; several may be given")
                .action(ArgAction::Append),
        )
        .arg(value("filter", "TEXT", "Run only tests whose path contains TEXT"))
        .arg(value("shard", "I/N", "Run the Ith of N parts of the tests").value_parser(shard))
        .arg(value("jobs", "N", "Tests at a time; the number of cores by default").value_parser(number))
        .arg(value("repeat", "N", "Run each test N times").value_parser(number).default_value("1"))
        .arg(value("timeout", "TIME", "How long a test may take that does not say; 30s by default").value_parser(timeout))
        .arg(switch("bail", "Begin no more tests after the first failure"))
        .arg(switch("prove", "Cut the reference that is to blame in the live heap, and see whether the objects go"))
        .arg(value("artifacts", "DIR", "Keep snapshot, HTML report and log of failed tests in DIR").value_parser(value_parser!(PathBuf)))
        .arg(
            value("keep", "WHICH", "Keep them of: failed, all or none")
                .value_parser(["failed", "all", "none"])
                .default_value("failed")
                .requires("artifacts"),
        )
        .arg(value("baseline", "FILE", "Known leaks; leaks.toml by default").value_parser(value_parser!(PathBuf)))
        .arg(switch("update-baseline", "Write what leaks into the baseline file"))
        .arg(switch("watch", "Run again whenever a file changes"))
        .after_help(
            "Exit codes:\n    0  all as stated\n    1  a leak, or another failed expectation\n    \
             2  a bad option, directive or baseline file: nothing was run\n    3  the runner itself failed",
        )
}

/// Reads the words behind `test`.
///
/// # Errors
/// With clap's explanation.
pub(super) fn parse(words: &[OsString]) -> Result<Command, CliError> {
    let mut matches = match super::words_of_command(command(), words) {
        Ok(matches) => matches,
        Err(Err(CliError::Command(text))) => return Err(CliError::Test(text)),
        Err(end) => return end,
    };
    let given: Vec<String> = matches
        .remove_many("reporter")
        .map_or_else(|| vec!["spec".to_owned()], Iterator::collect);
    let reporters = given
        .iter()
        .map(|text| reporter(text))
        .collect::<Result<Vec<_>, _>>()?;
    if reporters.iter().filter(|(_, file)| file.is_none()).count() > 1 {
        return Err(CliError::Test(
            "only one reporter can have standard output; give the others a file: --reporter=junit=FILE"
                .to_owned(),
        ));
    }
    let keep = matches.remove_one("keep").unwrap_or_default();
    Ok(Command::Test(Box::new(TestOptions {
        paths: matches.remove_many("paths").unwrap_or_default().collect(),
        reporters,
        artifacts: matches.remove_one("artifacts"),
        keep,
        prove: matches.get_flag("prove"),
        jobs: matches.remove_one::<u32>("jobs").map(|jobs| jobs as usize),
        repeat: matches.remove_one("repeat").unwrap_or(1),
        bail: matches.get_flag("bail"),
        timeout: matches.remove_one("timeout").unwrap_or(TIMEOUT),
        filter: matches.remove_one("filter"),
        shard: matches.remove_one("shard"),
        watch: matches.get_flag("watch"),
        baseline: matches.remove_one("baseline"),
        update_baseline: matches.get_flag("update-baseline"),
    })))
}

fn reporter(text: &str) -> Result<(String, Option<PathBuf>), CliError> {
    let (name, file) = match text.split_once('=') {
        Some((name, file)) => (name, Some(PathBuf::from(file))),
        None => (text, None),
    };
    if !FORMATS.contains(&name) {
        return Err(CliError::Test(format!(
            "there is no reporter {name}; there are {}",
            FORMATS.join(", ")
        )));
    }
    if file
        .as_ref()
        .is_some_and(|file| file.as_os_str().is_empty())
    {
        return Err(CliError::Test(format!("--reporter={name}= needs a file")));
    }
    Ok((name.to_owned(), file))
}

fn number(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "not a number from 1".to_owned())
}

fn timeout(text: &str) -> Result<Duration, String> {
    duration(text).ok_or_else(|| "not a time such as 20s or 500ms".to_owned())
}

fn shard(text: &str) -> Result<(usize, usize), String> {
    text.split_once('/')
        .and_then(|(part, parts)| Some((part.parse().ok()?, parts.parse().ok()?)))
        .filter(|(part, parts)| (1..=*parts).contains(part))
        .ok_or_else(|| "not I/N with I from 1 to N".to_owned())
}
