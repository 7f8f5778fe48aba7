//! Programs that run out of memory: each leaves a whole snapshot that holds its culprit, a
//! report, and a log that names it.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;

use oomhost::heap::{Census, Snapshot, check};

use crate::child::{Ended, oomhost};
use crate::fixtures::{Fixture, Run, one_test_each_leak};

/// The signal that ends a program whose heap is full: SIGABRT, as in Node.
const ABORTED: i32 = 6;

fn leaves_an_account(fixture: &Fixture) {
    assert_eq!(fixture.get("expect"), Some("oom"));
    let run = fixture.run();
    ends_as_node_does(fixture, &run);
    let (snapshots, others): (Vec<_>, Vec<_>) = run
        .files
        .iter()
        .partition(|name| name.ends_with(".heapsnapshot"));
    match &others[..] {
        [report] => is_a_report(&run, report),
        _ => panic!("not one report: {}", run.account()),
    }
    match &snapshots[..] {
        [snapshot] => holds_the_culprit(fixture, &run, snapshot),
        _ => panic!("not one snapshot: {}", run.account()),
    }
}

/// Aborts at the heap's limit; an error that memory's end has thrown is an uncaught error.
fn ends_as_node_does(fixture: &Fixture, run: &Run) {
    match fixture.get("throws") {
        None => assert_eq!(run.status.signal(), Some(ABORTED), "{}", run.account()),
        Some(message) => {
            assert_eq!(run.status.code(), Some(1), "{}", run.account());
            let error = format!("RangeError: {message}");
            assert!(run.stderr.contains(&error), "{}", run.account());
        }
    }
}

/// Node's diagnostic report, as far as every one of them goes.
fn is_a_report(run: &Run, name: &str) {
    is_named(run, name, "report", "json");
    let text = fs::read(run.folder.path().join(name)).expect("the report is readable");
    let report: serde_json::Value = serde_json::from_slice(&text).expect("the report is JSON");
    assert_eq!(report["header"]["processId"], run.pid, "{name}");
    assert!(report["javascriptHeap"]["heapSpaces"].is_object(), "{name}");
}

fn holds_the_culprit(fixture: &Fixture, run: &Run, name: &str) {
    is_named(run, name, "Heap", "heapsnapshot");
    let path = run.folder.path().join(name);
    let bytes = fs::read(&path).expect("the snapshot is readable");
    let snapshot = Snapshot::parse(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    check(&snapshot).unwrap_or_else(|error| panic!("{name}: {error}"));
    let census = Census::take(&snapshot).expect("a valid snapshot can be counted");

    let culprit = fixture.get("culprit").expect("a leak has a culprit");
    let least: u64 = fixture
        .get("count")
        .and_then(|count| count.strip_prefix(">=")?.parse().ok())
        .expect("a count is >=N");
    let class = census
        .class(culprit)
        .unwrap_or_else(|| panic!("no {culprit} in {:#?}", &census.classes[..10]));
    assert!(
        class.count >= least,
        "{culprit} is there {} times",
        class.count
    );

    let summary = summary_of(&path);
    assert!(
        run.stderr.contains(&summary),
        "no {summary} in {}",
        run.account()
    );
    let named = summary.lines().any(|line| {
        line.trim_start()
            .strip_prefix(culprit)
            .is_some_and(|rest| rest.trim_start().starts_with('\u{d7}'))
    });
    assert!(named, "no {culprit} in {summary}");
    assert!(summary.starts_with("Leak suspects:\n1. "), "{summary}");
    suspects_the_culprit(fixture, &path, culprit);
}

/// The first suspect is the culprit, or holds it, or consists of it, and its place is named.
fn suspects_the_culprit(fixture: &Fixture, snapshot: &Path, culprit: &str) {
    let ended = Ended::of(
        oomhost()
            .args(["analyze", "--format", "json"])
            .arg(snapshot),
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let model: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let suspect = &model["suspects"][0];
    let classes = |list: &str| {
        let groups = suspect[list].as_array().expect("a list").iter();
        groups
            .map(|group| group["class"].clone())
            .collect::<Vec<_>>()
    };
    let object = &suspect["object"];
    let is_named = object["class"] == culprit
        || classes("holds").contains(&culprit.into())
        || classes("consistsOf").contains(&culprit.into());
    assert!(is_named, "{culprit} is not in {suspect:#}");
    let place = fixture.get("suspect").expect("a leak has a suspect");
    let [source, class] = ["source", "class"].map(|of| object[of].as_str().expect("a text"));
    assert!(
        source.contains(place) || class == place,
        "no {place} in {suspect:#}"
    );
    names_it_on_the_first_screen(snapshot, culprit, place);
}

/// All of it on 40 lines of 100 columns, the first suspect with what it holds and its path.
fn names_it_on_the_first_screen(snapshot: &Path, culprit: &str, place: &str) {
    let ended = Ended::of(oomhost().arg("analyze").arg(snapshot));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let screen = &ended.stdout;
    assert!(screen.lines().count() <= 40, "{screen}");
    assert!(
        screen.lines().all(|line| line.chars().count() <= 100),
        "{screen}"
    );
    let first: Vec<&str> = screen
        .lines()
        .skip_while(|line| !line.starts_with("1. "))
        .take_while(|line| line.starts_with("1. ") || line.starts_with("   "))
        .collect();
    let named = |text: &str| first.iter().any(|line| line.contains(text));
    // A closure is a function to whoever reads it.
    let culprit = if culprit == "Function" {
        "unction"
    } else {
        culprit
    };
    assert!(named(culprit), "no {culprit} in {first:#?} of {screen}");
    assert!(named(place), "no {place} in {first:#?} of {screen}");
    assert!(named("   path: "), "no path in {screen}");
}

fn summary_of(snapshot: &Path) -> String {
    let ended = Ended::of(oomhost().args(["analyze", "--summary"]).arg(snapshot));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.stdout
}

/// Node's names: `<prefix>.<date>.<time>.<pid>.<thread>.<sequence>.<suffix>`.
fn is_named(run: &Run, name: &str, prefix: &str, suffix: &str) {
    let parts: Vec<&str> = name.split('.').collect();
    let digits =
        |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    let good = match parts[..] {
        [first, date, time, pid, thread, sequence, last] => {
            first == prefix
                && digits(date, 8)
                && digits(time, 6)
                && pid == run.pid.to_string()
                && thread == "0"
                && digits(sequence, 3)
                && last == suffix
        }
        _ => false,
    };
    assert!(
        good,
        "{name} is not named as Node names it: {}",
        run.account()
    );
}

one_test_each_leak! { leaves_an_account }
