//! `oomhost test`: what it finds, tells and keeps, and that no test can harm it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::child::{Ended, oomhost};

mod reports;
mod runs;

/// A folder of `tests/fixtures/leak_test`.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/leak_test")
        .join(name)
}

/// `oomhost test` in an empty folder. Tests take their time in builds without optimisation.
fn test(here: &Path, arguments: &[&str]) -> Ended {
    let mut command = oomhost();
    command.arg("test").args(["--timeout", "90s"]);
    Ended::of(command.args(arguments).current_dir(here))
}

fn fixture(name: &str) -> String {
    folder("").join(name).display().to_string()
}

/// The JSON report, and the exit code.
fn json(here: &Path, arguments: &[&str]) -> (Value, Option<i32>) {
    let mut all = vec!["--reporter=json"];
    all.extend(arguments);
    let ended = test(here, &all);
    let value = serde_json::from_str(&ended.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", ended.stdout, ended.stderr));
    (value, ended.code)
}

#[test]
fn all_expectations_are_met() {
    let here = tempfile::tempdir().unwrap();
    let names = [
        "grows.leak.js",
        "flat.leak.mjs",
        "oom.leak.js",
        "exit.js",
        "skipped.leak.js",
    ];
    let paths = names.map(fixture);
    let mut arguments: Vec<&str> = paths.iter().map(String::as_str).collect();
    arguments.push("--prove");
    let (run, code) = json(here.path(), &arguments);
    assert_eq!(code, Some(0), "{run:#}");
    assert_eq!(run["totals"]["passed"], 4, "{run:#}");
    assert_eq!(run["totals"]["skipped"], 1);
    let grows = run["tests"]
        .as_array()
        .unwrap()
        .iter()
        .find(|test| test["expected"]["expect"] == "grows")
        .unwrap();
    let leak = &grows["leaks"][0];
    assert_eq!(leak["culprit"], "LeakingClass1");
    assert_eq!(leak["kinds"][0]["each"], 1.0);
    assert_eq!(leak["proof"]["confirmed"], true, "{leak:#}");
    assert_eq!(leak["location"]["line"], 7);
    assert_eq!(
        fs::read_dir(here.path()).unwrap().count(),
        0,
        "files are left behind"
    );
}

/// Where two references hold the objects, or each property of one object, all of them are cut; what no
/// script can cut is not confirmed, and what else its way goes through is left alone.
#[test]
fn a_proof_cuts_all_that_holds() {
    let here = tempfile::tempdir().unwrap();
    let of_suite = |name: &str| {
        let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/suite/leaky");
        suite.join(name).display().to_string()
    };
    for (name, cut) in [
        (
            "prototype-chain.leak.js",
            Some("Scope.prototype, innermost"),
        ),
        ("require-cache.leak.js", Some("require.cache[\u{2026}]")),
        ("typed-arrays.leak.js", Some("samples[\u{2026}]")),
        ("wait-async.leak.js", None),
    ] {
        let (run, code) = json(here.path(), &[&of_suite(name), "--prove"]);
        assert_eq!(code, Some(0), "{run:#}");
        let leak = &run["tests"][0]["leaks"][0];
        assert_eq!(leak["proof"]["cut"].as_str(), cut, "{leak:#}");
        assert_eq!(leak["proof"]["confirmed"], cut.is_some(), "{leak:#}");
    }
}

#[test]
fn what_is_not_as_stated_fails_and_harms_nobody() {
    let here = tempfile::tempdir().unwrap();
    let bad = fixture("bad");
    let start = Instant::now();
    let (run, code) = json(here.path(), &[&bad, "--artifacts=kept", "--jobs=3"]);
    assert!(start.elapsed() < Duration::from_mins(3));
    assert_eq!(code, Some(1), "{run:#}");
    assert_eq!(run["totals"]["failed"], 5, "{run:#}");
    let of = |name: &str| {
        let tests = run["tests"].as_array().unwrap();
        let found = tests
            .iter()
            .find(|test| test["file"].as_str().unwrap().ends_with(name));
        found.unwrap_or_else(|| panic!("{name} is not in {run:#}"))
    };
    let message = |name: &str| of(name)["message"].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        message("leaks.leak.ts"),
        "Listener leaks at listeners.get(\u{2026})"
    );
    assert!(message("hangs.leak.js").contains("longer than 1000 ms"));
    assert_eq!(of("hangs.leak.js")["ended"], "timeout");
    assert!(message("noisy.leak.js").contains("exit 1: Error: not ok 1"));
    assert!(message("crashes.leak.js").contains("SIGKILL"));
    assert!(message("never.leak.js").contains("not settled"));
    assert!(
        of("noisy.leak.js")["stdout"]
            .as_str()
            .unwrap()
            .contains("bytes left out")
    );
    let kept = of("leaks.leak.ts")["artifacts"].as_array().unwrap();
    assert_eq!(kept.len(), 3, "{kept:?}");
    for file in kept {
        let file = here.path().join(file.as_str().unwrap());
        assert!(fs::metadata(&file).unwrap().len() > 0, "{}", file.display());
        if file.extension().is_some_and(|end| end == "zst") {
            let checked = Ended::of(oomhost().arg("analyze").arg("--check").arg(&file));
            assert_eq!(checked.code, Some(0), "{checked:?}");
        }
    }
}

#[test]
fn a_scenario_that_is_not_measured_is_no_success() {
    let here = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(here.path().join(name), text).unwrap();
    write(
        "exits.leak.js",
        "module.exports = () => { process.exit(0); };",
    );
    write(
        "later.leak.js",
        "let n = 0; module.exports = () => { if (n++ > 20) process.exit(); };",
    );
    write(
        "never.leak.js",
        "module.exports = () => new Promise(() => {});",
    );
    write(
        "throws.leak.js",
        "module.exports = () => { throw new Error('no'); };",
    );
    write("none.leak.js", "module.exports = { scenario: 5 };");
    write("script.leak.js", "process.exit(0);");
    let (run, code) = json(here.path(), &[]);
    assert_eq!(code, Some(1), "{run:#}");
    let tests = run["tests"].as_array().unwrap().iter();
    let said: Vec<&str> = tests
        .map(|test| test["message"].as_str().unwrap_or("passed"))
        .collect();
    let unmeasured = "it ended with exit 0 before its scenario was measured";
    assert_eq!(said[0], unmeasured);
    assert_eq!(said[1], unmeasured);
    assert!(
        said[3].contains("TypeError [ERR_INVALID_ARG_TYPE]"),
        "{said:?}"
    );
    assert!(
        said[2].contains("the promise that its scenario returned is not settled"),
        "{said:?}"
    );
    assert_eq!(said[4], "passed");
    assert_eq!(
        said[5],
        "it ended with exit 1 before its scenario was measured: Error: no"
    );
}

#[test]
fn usage_errors_end_with_2() {
    let here = tempfile::tempdir().unwrap();
    let path = |name: &str| here.path().join(name).display().to_string();
    fs::write(path("wrong.leak.js"), "// x\n//@ expct: oom\n").unwrap();
    fs::write(path("plain.js"), "").unwrap();
    let refused = |arguments: &[&str]| {
        let ended = test(here.path(), arguments);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert_eq!(ended.stdout, "");
        ended.stderr
    };
    assert_eq!(
        refused(&[]),
        "oomhost: wrong.leak.js:2:5: there is no directive expct; did you mean expect?\n"
    );
    assert!(refused(&["plain.js"]).contains("is no test"));
    assert!(refused(&["gone"]).contains("no such file"));
    assert!(refused(&["--reporter=xml"]).contains("spec, tap, junit, json, github"));
    assert!(refused(&["--reporter=tap", "--reporter=json"]).contains("only one"));
    assert!(refused(&["--shard=3/2"]).contains("I/N"));
    assert!(refused(&["--jobs=0"]).contains("from 1"));
    assert!(refused(&["--timeout=soon"]).contains("20s"));
    assert!(refused(&["--keep=all"]).contains("--artifacts"));
    assert!(refused(&["--frobnicate"]).contains("--frobnicate"));
    let exit = fixture("exit.js");
    assert!(refused(&[&exit, "--filter=zzz"]).contains("no test is left"));
    assert!(refused(&[&exit, "--baseline=gone.toml"]).contains("gone.toml"));
    fs::write(path("leaks.toml"), "[[known]]\n").unwrap();
    assert!(refused(&[&exit]).contains("[[known]] 1 needs"));
}

#[test]
fn a_runner_that_cannot_go_on_ends_with_3() {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("kept"), "a file").unwrap();
    let exit = fixture("exit.js");
    let ended = test(here.path(), &[&exit, "--artifacts=kept", "--keep=all"]);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stderr.contains("cannot keep"), "{ended:?}");
}

#[test]
fn known_leaks_are_told_apart_until_they_expire() {
    let here = tempfile::tempdir().unwrap();
    let leaky = fixture("bad/leaks.leak.ts");
    let updated = test(here.path(), &[&leaky, "--update-baseline"]);
    assert_eq!(updated.code, Some(1), "{updated:?}");
    assert!(
        updated.stderr.contains("1 entries added, 0 taken out"),
        "{updated:?}"
    );
    let (run, code) = json(here.path(), &[&leaky]);
    assert_eq!(code, Some(0), "{run:#}");
    assert_eq!(run["totals"]["known"], 1);
    let baseline = here.path().join("leaks.toml");
    let text = fs::read_to_string(&baseline).unwrap();
    let old: String = text
        .lines()
        .map(|line| {
            if line.starts_with("expires") {
                "expires = 2020-01-31\n".to_owned()
            } else {
                format!("{line}\n")
            }
        })
        .collect();
    fs::write(&baseline, old).unwrap();
    let (run, code) = json(here.path(), &[&leaky]);
    assert_eq!(code, Some(1), "{run:#}");
    assert!(
        run["tests"][0]["message"]
            .as_str()
            .unwrap()
            .contains("expired on 2020-01-31")
    );
    fs::write(
        &baseline,
        "[[library]]\npath = \"listeners.get(*)\"\nreason = \"theirs\"\n",
    )
    .unwrap();
    let (run, code) = json(here.path(), &[&leaky]);
    assert_eq!(
        (code, &run["tests"][0]["message"]),
        (Some(0), &Value::from("library leak: theirs"))
    );
}

#[test]
fn a_run_can_be_cut_repeated_and_ended_early() {
    let here = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c", "d"] {
        let code = i32::from(name == "a");
        let text = format!("//@ expect: exit 0\nprocess.exit({code});\n");
        fs::write(here.path().join(format!("{name}.leak.js")), text).unwrap();
    }
    let names = |arguments: &[&str]| -> Vec<String> {
        let (run, _) = json(here.path(), arguments);
        let tests = run["tests"].as_array().unwrap().iter();
        tests
            .map(|test| format!("{}{}", &test["file"].as_str().unwrap()[..1], test["run"]))
            .collect()
    };
    assert_eq!(names(&["--shard=1/2"]), ["a1", "c1"]);
    assert_eq!(names(&["--shard=2/2"]), ["b1", "d1"]);
    assert_eq!(names(&["--filter=b.", "--repeat=3"]), ["b1", "b2", "b3"]);
    let (run, code) = json(here.path(), &["--bail", "--jobs=1"]);
    assert_eq!((code, &run["bailed"]), (Some(1), &Value::from(true)));
    assert_eq!(run["totals"]["tests"], 1);
}
