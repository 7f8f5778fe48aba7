//! Command lines as users type them, with a small fake of V8.

use super::config::{AtRss, CaptureConfig, UnhandledRejections};
use super::*;
use std::time::Duration;

/// Knows two flags with a value and one without, and keeps what it was told.
#[derive(Default)]
struct FakeV8 {
    set: Vec<String>,
}

impl V8Flags for FakeV8 {
    fn accept(&mut self, flag: &str, next: Option<&str>) -> V8FlagVerdict {
        let (name, attached) = match flag.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (flag, None),
        };
        let name = name.trim_start_matches('-').replace('_', "-");
        match name.as_str() {
            "expose-gc" | "no-expose-gc" => {
                self.set.push(name);
                V8FlagVerdict::Alone
            }
            "max-old-space-size" | "stack-size" => {
                let (value, verdict) = match (attached, next) {
                    (Some(value), _) => (value, V8FlagVerdict::Alone),
                    (None, Some(value)) => (value, V8FlagVerdict::WithNext),
                    (None, None) => ("", V8FlagVerdict::Alone),
                };
                if value.parse::<u32>().is_err() {
                    return V8FlagVerdict::Illegal(format!("illegal value for flag {flag}"));
                }
                self.set.push(format!("{name}={value}"));
                verdict
            }
            _ => V8FlagVerdict::Unknown,
        }
    }
}

fn surroundings() -> Surroundings {
    Surroundings {
        node_options: None,
        no_warnings: false,
        stdin_is_terminal: false,
        memory_bytes: || Some(1000 * 1024 * 1024),
    }
}

fn parse_in(
    surroundings: &Surroundings,
    words: &[&str],
) -> (Result<Command, CliError>, Vec<String>) {
    let mut v8 = FakeV8::default();
    let result = parse(words.iter().map(OsString::from), surroundings, &mut v8);
    (result, v8.set)
}

fn parsed(words: &[&str]) -> Command {
    parse_in(&surroundings(), words).0.expect("a good line")
}

fn config(words: &[&str]) -> Config {
    match parsed(words) {
        Command::Run(config) => *config,
        other => panic!("{words:?} is {other:?}"),
    }
}

fn refused(words: &[&str]) -> String {
    let error = parse_in(&surroundings(), words).0.expect_err("a bad line");
    error.report("oomhost")
}

fn with_node_options(text: &str, words: &[&str]) -> (Result<Command, CliError>, Vec<String>) {
    let surroundings = Surroundings {
        node_options: Some(text.to_owned()),
        ..surroundings()
    };
    parse_in(&surroundings, words)
}

fn file(name: &str) -> ScriptSource {
    ScriptSource::File(name.to_owned())
}

fn eval(code: &str, print: bool) -> ScriptSource {
    ScriptSource::Eval {
        code: code.to_owned(),
        print,
    }
}

#[test]
fn everything_behind_the_script_is_the_script_s() {
    let config = config(&["--expose-gc", "a.js", "-e", "--foo", "--", "x"]);
    assert_eq!(config.script, file("a.js"));
    assert_eq!(config.args, ["-e", "--foo", "--", "x"]);
    assert_eq!(config.exec_argv, ["--expose-gc"]);
}

#[test]
fn dashes_end_the_options() {
    let config = config(&["--expose-gc", "--", "-a.js", "--", "x"]);
    assert_eq!(config.script, file("-a.js"));
    assert_eq!(config.args, ["--", "x"]);
    assert_eq!(config.exec_argv, ["--expose-gc"]);
}

#[test]
fn v8_s_flags_in_all_spellings() {
    for words in [
        &["--max-old-space-size=100", "a.js"][..],
        &["--max_old_space_size=100", "a.js"],
        &["--max-old-space-size", "100", "a.js"],
        &["--max_old_space_size", "100", "a.js"],
        &["-max-old-space-size=100", "a.js"],
    ] {
        let (command, set) = parse_in(&surroundings(), words);
        assert_eq!(set, ["max-old-space-size=100"], "{words:?}");
        let Ok(Command::Run(config)) = command else {
            panic!("{words:?} is {command:?}");
        };
        assert_eq!(config.script, file("a.js"));
        assert_eq!(config.exec_argv, words[..words.len() - 1]);
    }
    assert_eq!(
        refused(&["--stack-size", "a.js"]),
        "oomhost: illegal value for flag --stack-size"
    );
}

#[test]
fn unknown_options_are_named() {
    assert_eq!(refused(&["--foo", "a.js"]), "oomhost: bad option: --foo");
    assert_eq!(refused(&["--foo=1"]), "oomhost: bad option: --foo=1");
    assert_eq!(refused(&["-ep", "1"]), "oomhost: bad option: -ep");
    assert_eq!(refused(&["-C=x", "a.js"]), "oomhost: bad option: -C=x");
    assert_eq!(
        refused(&["--expos-gc", "a.js"]),
        "oomhost: bad option: --expos-gc\ndid you mean --expose-gc?"
    );
    assert_eq!(
        refused(&["--trace_sigint", "a.js"]),
        "oomhost: bad option: --trace_sigint\nNode.js has this option, oomhost does not"
    );
    assert_eq!(
        refused(&["--no-strip-types", "a.ts"]),
        "oomhost: bad option: --no-strip-types\nNode.js has this option, oomhost does not"
    );
}

#[test]
fn a_missing_value_is_told_as_in_node() {
    assert_eq!(refused(&["-e"]), "oomhost: -e requires an argument");
    assert_eq!(refused(&["-e", "-p"]), "oomhost: -e requires an argument");
    assert_eq!(refused(&["-pe"]), "oomhost: --eval requires an argument");
    assert_eq!(
        refused(&["--title="]),
        "oomhost: --title= requires an argument"
    );
    assert_eq!(
        refused(&["--no-title", "a.js"]),
        "oomhost: --no-title is an invalid negation because it is not a boolean option"
    );
    assert_eq!(
        refused(&["--no-warnings=1", "a.js"]),
        "oomhost: --no-warnings takes no argument"
    );
}

#[test]
fn code_from_the_command_line() {
    assert_eq!(config(&["-e", "1"]).script, eval("1", false));
    assert_eq!(config(&["--eval=1+1"]).script, eval("1+1", false));
    assert_eq!(config(&["-p", "1"]).script, eval("1", true));
    assert_eq!(config(&["-pe", "1"]).script, eval("1", true));
    assert_eq!(config(&["-p", "-e", "1"]).script, eval("1", true));
    assert_eq!(config(&["-p", "\\-1"]).script, eval("-1", true));
    assert_eq!(config(&["-e", "1", "-e", "2"]).script, eval("2", false));
    let config = config(&["-e", "1", "--expose-gc", "run", "-b"]);
    assert_eq!(config.args, ["run", "-b"]);
    assert_eq!(config.exec_argv, ["-e", "1", "--expose-gc"]);
}

#[test]
fn capture_at_rss_takes_a_size_a_share_or_nothing() {
    let at = |word: &str| config(&[word, "a.js"]).capture.capture_at_rss;
    assert_eq!(config(&["a.js"]).capture.capture_at_rss, None);
    for (word, expected) in [
        ("--capture-at-rss", AtRss::Percent(95)),
        ("--capture_at_rss=1%", AtRss::Percent(1)),
        ("--capture-at-rss=100%", AtRss::Percent(100)),
        ("--capture-at-rss=512mb", AtRss::Bytes(512 << 20)),
        ("--capture-at-rss=2GiB", AtRss::Bytes(2 << 30)),
        ("--capture-at-rss=3k", AtRss::Bytes(3 << 10)),
        ("--capture-at-rss=1", AtRss::Bytes(1)),
    ] {
        assert_eq!(at(word), Some(expected), "{word}");
    }
    for value in [
        "",
        "0",
        "0%",
        "101%",
        "95.5%",
        "-1",
        "1.5gb",
        "mb",
        "1 mb",
        "1xb",
        "%",
        "1e9",
        "99999999tb",
    ] {
        let word = format!("--capture-at-rss={value}");
        let line = refused(&[&word, "a.js"]);
        assert!(
            line.starts_with("oomhost: --capture-at-rss must be"),
            "{line}"
        );
        assert!(line.ends_with(&format!("Got: {value}")), "{line}");
    }
    // The next word is the script's.
    assert_eq!(config(&["--capture-at-rss", "1gb"]).script, file("1gb"));
    assert!(refused(&["--no-capture-at-rss", "a.js"]).contains("invalid negation"));
    let (command, _) = with_node_options("--capture-at-rss=1gb", &["a.js"]);
    let Ok(Command::Run(config)) = command else {
        panic!("{command:?}");
    };
    assert_eq!(config.capture.capture_at_rss, Some(AtRss::Bytes(1 << 30)));
}

#[test]
fn a_script_on_stdin() {
    let stdin = ScriptSource::Stdin { print: false };
    assert_eq!(config(&[]).script, stdin);
    let dash = config(&["-", "a", "b"]);
    assert_eq!(
        (dash.script, dash.args.join(" ")),
        (stdin, "- a b".to_owned())
    );
    assert_eq!(config(&["-p"]).script, ScriptSource::Stdin { print: true });
    let terminal = Surroundings {
        stdin_is_terminal: true,
        ..surroundings()
    };
    assert!(parse_in(&terminal, &[]).0.is_err());
    assert!(parse_in(&terminal, &["-"]).0.is_ok());
    assert!(refused(&["-i"]).contains("--interactive is not supported"));
}

#[test]
fn options_that_exclude_each_other() {
    assert_eq!(
        refused(&["-c", "-e", "1"]),
        "oomhost: either --check or --eval can be used, not both"
    );
    assert!(refused(&["-p", "--expose-gc", "1"]).contains("--print needs its code"));
    assert!(config(&["-c", "a.js"]).check);
}

#[test]
fn commands_and_scripts_named_like_them() {
    assert_eq!(config(&["run", "a.js"]).script, file("a.js"));
    assert_eq!(config(&["run", "test"]).script, file("test"));
    assert_eq!(config(&["run", "run", "run"]).script, file("run"));
    assert_eq!(config(&["./test"]).script, file("./test"));
    assert_eq!(config(&["--", "analyze"]).script, file("analyze"));
    let mixed = config(&["--expose-gc", "run", "--title=x", "a.js", "b"]);
    assert_eq!(mixed.exec_argv, ["--expose-gc", "--title=x"]);
    assert_eq!(mixed.args, ["b"]);
    assert!(refused(&["--expose-gc", "test", "a"]).contains("./test"));
    assert!(refused(&["--expose-gc", "analyze", "a"]).contains("./analyze"));
    assert!(refused(&["--expose-gc", "recover", "a"]).contains("./recover"));
}

#[test]
fn analyze_has_options_of_its_own() {
    let asked = |question: Question| {
        Command::Analyze(AnalyzeOptions {
            file: "a.heapsnapshot".into(),
            question,
            top: None,
            format: Format::Text,
        })
    };
    let question = |words: &[&str]| parsed(&[&["analyze", "a.heapsnapshot"], words].concat());
    assert_eq!(question(&[]), asked(Question::Overview));
    assert_eq!(question(&["--summary"]), asked(Question::Summary));
    assert_eq!(question(&["--check"]), asked(Question::Check));
    assert_eq!(question(&["--object", "@12"]), asked(Question::Object(12)));
    assert_eq!(question(&["--path=12"]), asked(Question::Path(12)));
    assert_eq!(
        question(&["--what-if-cut", "@1 -> @2"]),
        asked(Question::WhatIfCut(1, Some(2)))
    );
    assert!(refused(&["analyze", "a", "--object=-1"]).contains("--object"));
    assert!(refused(&["analyze", "a", "--format", "xml"]).contains("xml"));
    assert!(refused(&["analyze"]).starts_with("oomhost: the following required arguments"));
    assert!(refused(&["analyze", "a", "--sumary"]).contains("--summary"));
    assert!(matches!(parsed(&["analyze", "--help"]), Command::Help(text) if text.contains("FILE")));
}

#[test]
fn diff_takes_two_files_or_more() {
    let Command::Diff(options) = parsed(&["diff", "a", "b", "c", "--top", "3"]) else {
        panic!("no diff");
    };
    assert_eq!((options.files.len(), options.top), (3, Some(3)));
    assert!(refused(&["diff", "a"]).contains("<FILE>"));
}

#[test]
fn recover_knows_where_the_snapshot_goes() {
    let recover = |file: &str, output: &str| {
        Command::Recover(RecoverOptions {
            file: file.into(),
            output: output.into(),
        })
    };
    assert_eq!(
        parsed(&["recover", "d/a.heapsnapshot.partial"]),
        recover("d/a.heapsnapshot.partial", "d/a.heapsnapshot")
    );
    assert_eq!(
        parsed(&["recover", "a.heapsnapshot", "-o", "b"]),
        recover("a.heapsnapshot", "b")
    );
    assert!(refused(&["recover", "a.heapsnapshot"]).contains("--output=PATH"));
    assert!(refused(&["recover"]).starts_with("oomhost: the following required arguments"));
    assert!(matches!(parsed(&["recover", "--help"]), Command::Help(text) if text.contains("FILE")));
}

#[test]
fn help_and_version() {
    assert_eq!(parsed(&["-v", "a.js"]), Command::Version);
    assert_eq!(parsed(&["--v8-options"]), Command::V8Options);
    let Command::Help(text) = parsed(&["--help"]) else {
        panic!("no help");
    };
    for expected in [
        "--heapsnapshot-near-heap-limit <N>",
        "Exit codes",
        "--no-warnings",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    for line in text.lines() {
        assert!(line.len() <= 100, "too long: {line}");
    }
    assert!(refused(&["-v", "--foo"]).contains("--foo"));
    assert_eq!(
        version("15.2", true),
        format!("oomhost {} (V8 15.2, patched)", env!("CARGO_PKG_VERSION"))
    );
    assert!(version("15.2", false).ends_with(" (V8 15.2, unpatched)"));
}

#[test]
fn node_options_come_first_and_lose() {
    let (command, set) = with_node_options(
        "--max-old-space-size=50 -r ./a --title=x --no-warnings",
        &[
            "--max-old-space-size=60",
            "-r",
            "./b",
            "--title=y",
            "--warnings",
            "s.js",
        ],
    );
    assert_eq!(set, ["max-old-space-size=50", "max-old-space-size=60"]);
    let Ok(Command::Run(config)) = command else {
        panic!("{command:?}");
    };
    assert_eq!(config.requires, ["./a", "./b"]);
    assert_eq!(config.title.as_deref(), Some("y"));
    assert!(config.warnings.enabled);
    assert_eq!(config.exec_argv[0], "--max-old-space-size=60");
}

#[test]
fn node_options_hold_only_what_node_allows() {
    for (text, name) in [
        ("-e 1", "-e"),
        ("--eval=1", "--eval"),
        ("-p", "-p"),
        ("--version", "--version"),
        ("--check", "--check"),
        ("--stack-size=900", "--stack-size"),
        ("--foo", "--foo"),
        ("--", "--"),
        ("a.js", "a.js"),
    ] {
        let error = with_node_options(text, &["s.js"]).0.expect_err(text);
        assert_eq!(
            error.report("oomhost"),
            format!("oomhost: {name} is not allowed in NODE_OPTIONS")
        );
    }
    let error = with_node_options("--permission", &["s.js"]).0;
    assert!(matches!(error, Err(CliError::Unsupported(_))));
    assert!(with_node_options("--foo", &["analyze", "f"]).0.is_ok());
}

#[test]
fn values_are_checked() {
    assert_eq!(
        refused(&["--unhandled-rejections=foo", "a.js"]),
        "oomhost: invalid value for --unhandled-rejections"
    );
    assert_eq!(
        refused(&["--heapsnapshot-near-heap-limit=-1", "a.js"]),
        "oomhost: --heapsnapshot-near-heap-limit must not be negative"
    );
    assert!(refused(&["--heapsnapshot-near-heap-limit=x", "a.js"]).ends_with("Got: x"));
    assert!(refused(&["--input-type=x", "-e", "1"]).contains("--input-type must be"));
    assert!(refused(&["--oom-snapshot=a%x", "a.js"]).ends_with("not %x"));
    assert!(refused(&["--oom-snapshot=a%", "a.js"]).contains("--oom-snapshot knows"));
}

#[test]
fn options_of_the_capture() {
    let capture = config(&[
        "--heapsnapshot-near-heap-limit",
        "2",
        "--oom-snapshot=o%%-%p-%t-%n",
        "--diagnostic_dir=d",
        "--capture-dir=c",
        "--capture-deadline=90s",
        "--verbose",
        "--snapshot-compress=zstd",
        "--report-dir=r",
        "--report-filename=f",
        "--report-compact",
        "--no-report-on-fatalerror",
        "a.js",
    ])
    .capture;
    let expected = CaptureConfig {
        near_heap_limit: Some(2),
        capture_at_rss: None,
        oom_snapshot: Some("o%%-%p-%t-%n".into()),
        diagnostic_dir: Some("d".into()),
        capture_dir: Some("c".into()),
        capture_deadline: Some(Duration::from_secs(90)),
        verbose: true,
        snapshot_compress: Some(crate::compression::Format::Zstd),
        report: false,
        report_directory: Some("r".into()),
        report_filename: Some("f".to_owned()),
        report_compact: true,
    };
    assert_eq!(capture, expected);
}

#[test]
fn times_of_the_deadline() {
    let deadline = |text: &str| {
        let option = format!("--capture-deadline={text}");
        config(&[&option, "a.js"]).capture.capture_deadline
    };
    assert_eq!(
        config(&["a.js"]).capture.capture_deadline,
        Some(Duration::from_mins(10))
    );
    assert_eq!(deadline("7"), Some(Duration::from_secs(7)));
    assert_eq!(deadline("2m"), Some(Duration::from_mins(2)));
    assert_eq!(deadline("1h"), Some(Duration::from_hours(1)));
    assert_eq!(deadline("0"), None);
    assert_eq!(
        deadline(&format!("{}h", u64::MAX)),
        Some(Duration::from_secs(u64::MAX))
    );
    for bad in [
        "m",
        "-1",
        "+1",
        "1.5",
        "10 m",
        "10d",
        "1sm",
        "99999999999999999999",
    ] {
        let option = format!("--capture-deadline={bad}");
        assert!(refused(&[&option, "a.js"]).ends_with(&format!("Got: {bad}")));
    }
}

#[test]
fn a_share_of_the_memory_is_v8_s_limit_and_wins() {
    let (command, set) = parse_in(
        &surroundings(),
        &[
            "--max-old-space-size-percentage=50",
            "--max-old-space-size=9",
            "a.js",
        ],
    );
    assert!(command.is_ok());
    assert_eq!(set, ["max-old-space-size=9", "max-old-space-size=500"]);
    for bad in ["0", "101", "abc", "NaN"] {
        let option = format!("--max-old-space-size-percentage={bad}");
        assert!(refused(&[&option, "a.js"]).ends_with(&format!("Got: {bad}")));
    }
}

#[test]
fn warnings_and_rejections() {
    let config = config(&[
        "--unhandled-rejections",
        "warn-with-error-code",
        "--no-deprecation",
        "--trace-warnings",
        "--disable-warning=DEP0001",
        "--disable-warning",
        "X",
        "--experimental-strip-types",
        "--no-experimental-websocket",
        "a.js",
    ]);
    assert_eq!(
        config.unhandled_rejections,
        UnhandledRejections::WarnWithErrorCode
    );
    assert!(!config.warnings.deprecation);
    assert!(config.warnings.trace);
    assert_eq!(config.warnings.disabled, ["DEP0001", "X"]);
}
