//! `oomhost analyze`: what it says of a good file, and of everything else.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::child::{Ended, chromium, oomhost};
use crate::faults::skip;

/// A folder with a snapshot in it that the program under test took of itself.
fn snapshot() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.heapsnapshot");
    let script = "class Kept {}
        globalThis.kept = Array.from({ length: 1234 }, () => new Kept());
        heapSnapshot(process.argv[1]);";
    let ended = Ended::of(oomhost().args(["-e", script]).arg(&path));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    (folder, path)
}

fn analyze(path: &Path) -> Ended {
    Ended::of(oomhost().arg("analyze").arg(path))
}

fn refused(path: &Path, reason: &str) {
    let ended = analyze(path);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(1), ""),
        "{ended:?}"
    );
    let first = ended.stderr.lines().next().unwrap_or_default();
    assert!(first.starts_with("oomhost: "), "{ended:?}");
    assert!(first.contains(&path.display().to_string()), "{ended:?}");
    assert!(first.contains(reason), "{ended:?}");
}

/// Asks something about a snapshot; the answer.
fn ask(path: &Path, words: &[&str]) -> String {
    let ended = Ended::of(oomhost().arg("analyze").arg(path).args(words));
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (Some(0), ""),
        "{words:?}: {ended:?}"
    );
    ended.stdout
}

fn json(path: &Path, words: &[&str]) -> serde_json::Value {
    let words = [words, &["--format", "json"]].concat();
    serde_json::from_str(&ask(path, &words)).expect("JSON")
}

#[test]
fn the_first_screen() {
    let (_folder, path) = snapshot();
    let screen = ask(&path, &[]);
    assert!(screen.lines().count() <= 40, "{screen}");
    for line in screen.lines() {
        assert!(line.chars().count() <= 100, "too long: {line}");
    }
    for part in [
        "a.heapsnapshot: ",
        ", by oomhost ",
        "heap of ",
        "Constructors by",
        "Also:",
    ] {
        assert!(screen.contains(part), "no {part} in {screen}");
    }
    let kept = ask(&path, &["--top", "500"]);
    assert!(kept.contains("Kept "), "{kept}");
    assert!(ask(&path, &["--check"]).contains(" is a valid heap snapshot: "));
}

#[test]
fn an_overview_in_every_format() {
    let (_folder, path) = snapshot();
    let model = json(&path, &["--top", "10000"]);
    assert_eq!(model["schema"], "oomhost-analysis/1");
    let constructors = model["constructors"].as_array().expect("a list");
    let kept = constructors.iter().find(|class| class["name"] == "Kept");
    let kept = kept.unwrap_or_else(|| panic!("no Kept in {constructors:#?}"));
    assert_eq!(kept["count"], 1234);
    assert!(kept["retainedBytes"].as_u64() >= kept["shallowBytes"].as_u64());
    assert!(ask(&path, &["--format", "markdown"]).starts_with("# Heap of "));
    let page = ask(&path, &["--format", "html"]);
    assert!(page.starts_with("<!DOCTYPE html>") && !page.contains("/*DATA*/"));
    assert_eq!(page.matches("</script>").count(), 1);
    assert!(!page.contains("http://") && !page.contains("https://"));
}

/// In windows for a desk and for a hand; the pictures are in the build's folder, to be looked at.
#[test]
fn the_page_in_a_browser() {
    let Some(chromium) = chromium() else {
        skip!("there is no chromium on this machine, and CHROMIUM names none");
    };
    let (folder, path) = snapshot();
    let page = folder.path().join("page.html");
    fs::write(&page, ask(&path, &["--format", "html", "--top", "500"])).expect("a page");
    let profile = folder.path().join("profile");
    let browser = |words: &[String]| {
        let mut command = Command::new(&chromium);
        command.args(["--headless", "--no-sandbox", "--disable-gpu"]);
        command.arg(format!("--user-data-dir={}", profile.display()));
        let ended = Ended::of(
            command
                .args(words)
                .arg(format!("file://{}", page.display())),
        );
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.stdout
    };
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page");
    fs::create_dir_all(&pictures).expect("a folder");
    for width in [600, 1400] {
        let picture = pictures.join(format!("{width}.png"));
        browser(&[
            format!("--window-size={width},1400"),
            format!("--screenshot={}", picture.display()),
        ]);
        let bytes = fs::read(&picture).expect("a picture");
        assert!(bytes.starts_with(b"\x89PNG"), "{}", picture.display());
    }
    // What its script made of the data.
    let shown = browser(&["--dump-dom".to_owned()]);
    for part in [
        "<td>Kept</td><td class=\"n\">1,234</td>",
        "<h1 id=\"title\">a.heapsnapshot</h1>",
    ] {
        assert!(shown.contains(part), "no {part} in {shown}");
    }
}

/// A place in what was written, for a script with a source map; where new objects were allocated.
#[test]
fn source_maps_and_allocation_sites() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = "class Kept {} const { allocationTracking } = require('oomhost');
        globalThis.kept = [];
        function grow() { for (let i = 0; i < 1000; i++) kept.push(new Kept()); }
        allocationTracking.start();
        for (const name of ['a', 'b']) {
          grow();
          heapSnapshot(`${__dirname}/${name}.heapsnapshot`);
        }
        //# sourceMappingURL=app.json\n";
    // Lines 1 and 3 are lines 10 and 12 of the source.
    let map = r#"{"version":3,"sources":["kept.ts"],"names":[],"mappings":"AASA;;AAEA"}"#;
    let app = folder.path().join("app.js");
    fs::write(&app, script).expect("a script");
    fs::write(folder.path().join("app.json"), map).expect("a map");
    let ended = Ended::of(oomhost().arg(&app));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let [a, b] = ["a", "b"].map(|name| folder.path().join(format!("{name}.heapsnapshot")));
    let source = folder.path().join("kept.ts").display().to_string();
    let kept = json(&a, &["--constructor", "Kept"]);
    let place = &kept["objects"][0]["location"];
    assert_eq!(
        (&place["script"], &place["line"]),
        (&source.clone().into(), &10.into())
    );
    assert_eq!(place["compiled"]["script"], app.display().to_string());
    assert_eq!(place["compiled"]["line"], 1);

    let diff = |words: &[&str]| Ended::of(oomhost().arg("diff").args([&a, &b]).args(words));
    let text = diff(&[]).stdout;
    assert!(
        text.contains("Where new objects were allocated:\n"),
        "{text}"
    );
    let json: serde_json::Value =
        serde_json::from_str(&diff(&["--format", "json"]).stdout).expect("JSON");
    let sites = json["sites"].as_array().expect("a list");
    let grown = sites
        .iter()
        .find(|site| site["stack"][0]["function"] == "grow");
    let grown = grown.unwrap_or_else(|| panic!("no grow in {sites:#?}"));
    assert!(grown["new"][0].as_u64() >= Some(1000), "{grown:#}");
    assert_eq!(
        (&grown["stack"][0]["script"], &grown["stack"][0]["line"]),
        (&source.into(), &12.into())
    );
}

#[test]
fn questions_about_objects() {
    let (_folder, path) = snapshot();
    let kept = json(&path, &["--constructor", "Kept", "--top", "2"]);
    assert_eq!(kept["count"], 1234);
    let object = &kept["objects"][0];
    assert_eq!(object["source"], "global.kept[\u{2026}]");
    assert_eq!(object["location"]["line"], 1);
    let id = format!("@{}", object["id"]);

    let view = json(&path, &["--object", &id]);
    assert_eq!(view["object"]["class"], "Kept");
    let retainers = view["retainers"].as_array().expect("a list");
    let array = retainers
        .iter()
        .find(|retainer| retainer["class"] == "Array");
    let array = format!("@{}", array.expect("an array holds it")["id"]);
    let way = json(&path, &["--path", &id]);
    let last = way["path"].as_array().and_then(|path| path.last());
    assert_eq!(last.expect("a path")["edge"], "element");

    let alone = json(&path, &["--what-if-cut", &id]);
    assert_eq!(alone["freedObjects"], 1, "{alone:#}");
    let all = json(&path, &["--what-if-cut", &array]);
    assert!(all["freedObjects"].as_u64() >= Some(1235), "{all:#}");
    let reference = format!("{array}->{id}");
    let held = json(&path, &["--what-if-cut", &reference]);
    assert_eq!(held["freedObjects"], 1, "{held:#}");
    let found = json(&path, &["--query", "class=Kept self>1 distance<100"]);
    assert_eq!(found["count"], 1234);
    for words in [
        &["--constructor", "Kept"][..],
        &["--object", &id],
        &["--path", &id],
        &["--what-if-cut", &array],
        &["--query", "class=Kept"],
    ] {
        assert!(ask(&path, words).contains("Kept"), "{words:?}");
    }
}

#[test]
fn snapshots_that_are_not_of_one_process_in_their_order() {
    let folder = tempfile::tempdir().expect("a folder");
    for names in [["a", "b"], ["c", "d"]] {
        let ended = Ended::of(
            oomhost()
                .current_dir(&folder)
                .args([
                    "-e",
                    "
            globalThis.kept = [];
            for (const name of process.argv.slice(1)) {
              for (let i = 0; i < 1000; i++) kept.push(process.argv[1] === 'a' ? { i } : () => i);
              heapSnapshot(`${name}.heapsnapshot`);
            }",
                ])
                .args(names),
        );
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
    let notes = |first: &str, second: &str| {
        let files = [first, second].map(|name| format!("{name}.heapsnapshot"));
        let ended = Ended::of(oomhost().current_dir(&folder).arg("diff").args(files));
        let notes = ended
            .stdout
            .lines()
            .filter(|line| line.starts_with("Note: "));
        notes.map(str::to_owned).collect::<Vec<_>>().concat()
    };
    assert_eq!(notes("a", "b"), "");
    assert_eq!(notes("a", "a"), "");
    assert!(notes("b", "a").contains("1 seems to be younger than 2"));
    let other = notes("a", "d");
    assert!(
        other.contains("1 and 2 do not seem to be of one process"),
        "{other}"
    );
}

#[test]
fn what_to_do_with_another_file() {
    let (folder, path) = snapshot();
    let said = |path: &Path| analyze(path).stderr;
    let bytes = fs::read(&path).expect("a snapshot");
    let short = folder.path().join("short.heapsnapshot");
    fs::write(&short, &bytes[..bytes.len() / 2]).expect("a file");
    assert!(
        said(&short).contains("oomhost recover "),
        "{}",
        said(&short)
    );
    let ended = Ended::of(oomhost().current_dir(&folder).args([
        "--cpu-prof",
        "--cpu-prof-name=a.cpuprofile",
        "--heap-prof",
        "--heap-prof-name=a.heapprofile",
        "-e",
        "1",
    ]));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for name in ["a.cpuprofile", "a.heapprofile"] {
        let profile = folder.path().join(name);
        assert!(
            said(&profile).contains("oomhost flame "),
            "{}",
            said(&profile)
        );
    }
}

#[test]
fn questions_without_an_answer() {
    let (_folder, path) = snapshot();
    for (words, code, text) in [
        (&["--constructor", "Kep"][..], 1, "did you mean Kept?"),
        (
            &["--object", "@4294967295"],
            1,
            "no object has the id @4294967295",
        ),
        (&["--what-if-cut", "@1->@1"], 1, "no such reference"),
        (&["--query", "size>1"], 1, "no field"),
        (&["--object", "x"], 9, "takes an object's id"),
        (
            &["--object", "@1", "--path", "@1"],
            9,
            "cannot be used with",
        ),
        (
            &["--path", "@1", "--format", "html"],
            9,
            "the overview alone",
        ),
        (&["--top=-1"], 9, "--top"),
    ] {
        let ended = Ended::of(oomhost().arg("analyze").arg(&path).args(words));
        assert_eq!(ended.code, Some(code), "{words:?}: {ended:?}");
        assert!(ended.stderr.contains(text), "{words:?}: {ended:?}");
        assert_eq!(ended.stdout, "");
    }
}

#[test]
fn growth_between_snapshots() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = "class Kept {}
        globalThis.kept = [];
        for (const name of ['a', 'b', 'c']) {
          for (let i = 0; i < 1000; i++) kept.push(new Kept());
          heapSnapshot(`${process.argv[1]}/${name}.heapsnapshot`);
        }";
    let ended = Ended::of(oomhost().args(["-e", script]).arg(folder.path()));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let files = ["a", "b", "c"].map(|name| folder.path().join(format!("{name}.heapsnapshot")));
    let diff = |words: &[&str]| Ended::of(oomhost().arg("diff").args(&files).args(words));
    let text = diff(&[]);
    assert_eq!((text.code, text.stderr.as_str()), (Some(0), ""), "{text:?}");
    assert!(
        text.stdout.contains("1,000 \u{2192} 2,000 \u{2192} 3,000"),
        "{text:?}"
    );
    let json: serde_json::Value =
        serde_json::from_str(&diff(&["--format", "json"]).stdout).expect("JSON");
    let kept = json["constructors"]
        .as_array()
        .and_then(|all| all.iter().find(|class| class["name"] == "Kept"))
        .expect("Kept grew");
    assert_eq!(
        (&kept["everyTime"], &kept["new"]),
        (&true.into(), &1000.into())
    );
    let place = json["places"]
        .as_array()
        .and_then(|all| all.iter().find(|place| place["class"] == "Kept"))
        .expect("Kept has a place");
    assert_eq!(place["path"], "global.kept", "{place:#}");
    assert_eq!(place["new"], serde_json::json!([1000, 1000]));

    let one = Ended::of(oomhost().arg("diff").arg(&files[0]));
    assert_eq!(one.code, Some(9), "{one:?}");
    let missing = Ended::of(oomhost().arg("diff").arg(&files[0]).arg("nowhere"));
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert!(
        missing.stderr.contains("cannot read nowhere"),
        "{missing:?}"
    );
}

#[test]
fn what_is_no_whole_snapshot() {
    let (folder, whole) = snapshot();
    refused(&folder.path().join("nowhere"), "No such file");
    refused(folder.path(), "not a regular file");

    let bytes = fs::read(&whole).expect("the snapshot is readable");
    let broken = folder.path().join("b.heapsnapshot.partial");
    for length in [0, 1, 500, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&broken, &bytes[..length]).expect("a file is written");
        refused(&broken, "is not a whole heap snapshot: the file");
    }
    assert!(analyze(&broken).stderr.contains("oomhost recover "));
    fs::write(&broken, "MZ\u{0}").expect("a file is written");
    refused(&broken, "'{' is missing (at byte 0)");
}

#[test]
fn a_pipe_is_refused_and_not_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    refused(&pipe, "not a regular file");
}

#[test]
fn a_name_that_is_no_utf_8() {
    let (folder, path) = snapshot();
    let odd = folder.path().join(OsStr::from_bytes(b"\xff.heapsnapshot"));
    fs::rename(path, &odd).expect("a file by any name");
    let ended = analyze(&odd);
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (Some(0), ""),
        "{ended:?}"
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let (_folder, path) = snapshot();
    let mut child = oomhost()
        .arg("analyze")
        .arg(&path)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("oomhost starts");
    drop(child.stdout.take());
    let ended: Ended = child.wait_with_output().expect("oomhost ends").into();
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (Some(0), ""),
        "{ended:?}"
    );
}
