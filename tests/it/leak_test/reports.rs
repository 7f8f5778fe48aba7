//! Each report, read by who it is for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use super::{fixture, test};
use crate::child::Ended;
use crate::faults::skip;

/// The reports of one run with tests of every outcome, in a folder.
static REPORTS: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let here = tempfile::tempdir().unwrap();
    let paths = [
        "exit.js",
        "skipped.leak.js",
        "grows.leak.js",
        "bad/noisy.leak.js",
        "bad/leaks.leak.ts",
    ]
    .map(fixture);
    fs::write(
        here.path().join("leaks.toml"),
        "[[library]]\npath = \"*listeners*\"\nreason = \"theirs & <ours>\"\n",
    )
    .unwrap();
    let mut arguments: Vec<&str> = paths.iter().map(String::as_str).collect();
    arguments.extend([
        "--prove",
        "--reporter=junit=junit.xml",
        "--reporter=tap=out.tap",
        "--reporter=json=out.json",
        "--reporter=github=github.txt",
        "--reporter=spec=spec.txt",
    ]);
    let ended = test(here.path(), &arguments);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    here
});

/// The consumers, from npm; an error says why they are not to be had.
static CONSUMERS: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("leak-test-consumers");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/leak_test");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    fs::copy(source.join("package.json"), folder.join("package.json"))
        .map_err(|error| error.to_string())?;
    let install = Command::new("npm")
        .args([
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--prefer-offline",
        ])
        .current_dir(&folder)
        .output()
        .map_err(|error| format!("there is no npm: {error}"))?;
    if install.status.success() {
        Ok(folder)
    } else {
        Err(format!(
            "npm cannot install: {}",
            String::from_utf8_lossy(&install.stderr)
        ))
    }
});

/// The schema of `JUnit` reports that Jenkins' xUnit plugin has. pytest holds its own against it:
/// its source on `PyPI` has the file.
fn junit_schema() -> Result<PathBuf, String> {
    const SOURCE: &str = "pytest-8.4.2";
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("junit-schema");
    let schema = folder
        .join(SOURCE)
        .join("testing/example_scripts/junit-10.xsd");
    if schema.is_file() {
        return Ok(schema);
    }
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(&folder)
            .output()
            .map_err(|error| format!("there is no {program}: {error}"))?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let is_well = output.status.success();
        is_well.then_some(()).ok_or(format!("{program}: {text}"))
    };
    let wanted = SOURCE.replace('-', "==");
    let download = ["-m", "pip", "download", "--no-deps", "--no-binary", ":all:"];
    run("python3", &[&download[..], &[&wanted]].concat())?;
    run("tar", &["xzf", &format!("{SOURCE}.tar.gz")])?;
    Ok(schema)
}

/// Runs a check of `tests/leak_test` in Node; it says what it read.
fn consumed(check: &str, report: &str, schema: &Path) -> Result<Ended, String> {
    let folder = CONSUMERS.as_ref().map_err(Clone::clone)?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut node = Command::new("node");
    node.arg(root.join("tests/leak_test").join(check))
        .arg(REPORTS.path().join(report))
        .arg(root.join(schema))
        .env("CONSUMERS", folder);
    let output = node
        .output()
        .map_err(|error| format!("there is no node: {error}"))?;
    let ended = Ended::from(output);
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    Ok(ended)
}

#[test]
fn junit_keeps_to_its_schema() {
    let read = junit_schema().and_then(|schema| consumed("junit.mjs", "junit.xml", &schema));
    match read {
        Err(reason) => skip!("{reason}"),
        Ok(read) => assert_eq!(read.stdout, "5 tests, 1 failures, 2 skipped\n"),
    }
}

#[test]
fn tap_is_read_by_tap_parser() {
    match consumed("tap.mjs", "out.tap", Path::new("")) {
        Err(reason) => skip!("{reason}"),
        Ok(read) => assert_eq!(read.stdout, "5 tests, 1 failures, 1 skipped, 1 todo\n"),
    }
}

#[test]
fn json_keeps_to_its_schema() {
    match consumed(
        "json.mjs",
        "out.json",
        Path::new("src/report/test.schema.json"),
    ) {
        Err(reason) => skip!("{reason}"),
        Ok(read) => assert_eq!(read.stdout, "5 tests\n"),
    }
}

#[test]
fn annotations_are_one_line_each() {
    let text = fs::read_to_string(REPORTS.path().join("github.txt")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    let has = |start: &str| lines.iter().any(|line| line.starts_with(start));
    assert!(
        has("::error file=") && has("::warning file=") && has("::notice title="),
        "{text}"
    );
    assert!(text.contains("%250A"), "{text}");
}

#[test]
fn people_read_what_leaks_where() {
    let text = fs::read_to_string(REPORTS.path().join("spec.txt")).unwrap();
    for wanted in [
        "5 tests: 2 passed, 1 failed, 1 known, 1 skipped",
        "# skipped: not today",
        "leak: Listener at listeners.get(\u{2026})",
        "1 × Listener a repetition",
        "confirmed: without listeners.get(\u{2026})",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in\n{text}");
    }
}
