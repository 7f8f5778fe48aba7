//! Names that a terminal would obey: a snapshot may come from anybody, and a program may call things
//! anything.

use std::fs;
use std::path::Path;

use crate::child::{Ended, oomhost};

/// Escapes, a bell, line ends, a change of direction, marks of HTML and half of a pair.
const NAME: &str = r#"e\x1b]0;title\x07\x1b[2J<script>alert(1)</script>\r\n\u202e"'\\\ud800"#;

/// A script that keeps and, called again, keeps more under such names.
const SCRIPT: &str = "const Evil = ({ [NAME]: class {} })[NAME];
    globalThis[NAME] = [];
    globalThis.keep = () => {
      for (let i = 0; i < 30000; i++) globalThis[NAME].push({ [NAME]: new Evil(), f: { [NAME]() {} }[NAME] });
    };
    keep();";

fn script(rest: &str) -> String {
    format!("const NAME = `{NAME}`;\n{SCRIPT}\n{rest}")
}

/// What a command says, which must be plain lines.
fn said(words: &[&str], folder: &Path) -> String {
    let ended = Ended::of(oomhost().args(words).current_dir(folder));
    for text in [&ended.stdout, &ended.stderr] {
        let obeyed = |letter: &char| {
            letter.is_control() && *letter != '\n' || ('\u{202a}'..='\u{202e}').contains(letter)
        };
        let found = text.chars().find(obeyed);
        assert_eq!(found, None, "{words:?}: {text:?}");
    }
    ended.stdout
}

#[test]
fn analyze_and_diff_print_plain_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = Ended::of(oomhost().current_dir(&folder).arg("-e").arg(script(
        "heapSnapshot('a.heapsnapshot'); keep(); heapSnapshot('b.heapsnapshot');",
    )));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let screen = said(&["analyze", "b.heapsnapshot"], folder.path());
    assert!(
        screen.contains(r#"global["e\x1b]0;title\x07\x1b[2J"#),
        "{screen}"
    );
    let list = said(
        &["analyze", "b.heapsnapshot", "--query", "class=Array"],
        folder.path(),
    );
    let array = list
        .split('@')
        .nth(1)
        .and_then(|rest| rest.split(':').next());
    let array = format!("@{}", array.expect("an array"));
    for words in [
        ["--object", &array],
        ["--path", &array],
        ["--what-if-cut", &array],
        ["--format", "markdown"],
        ["--summary", "--top=5"],
    ] {
        said(
            &[&["analyze", "b.heapsnapshot"], &words[..]].concat(),
            folder.path(),
        );
    }
    let grown = said(&["diff", "a.heapsnapshot", "b.heapsnapshot"], folder.path());
    assert!(grown.contains('+'), "{grown}");
}

#[test]
fn a_leak_test_prints_plain_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let test =
        script("console.log('\\x1b[2J', NAME); module.exports = keep;").replace("30000", "2");
    fs::write(folder.path().join("evil.leak.js"), test).expect("a test");
    let out = said(&["test"], folder.path());
    assert!(out.contains("leak: "), "{out}");
    let test = script("require('oomhost:test').leakTest(NAME, keep);").replace("30000", "2");
    fs::write(folder.path().join("evil.js"), test).expect("a script");
    let out = said(&["evil.js"], folder.path());
    assert!(out.contains("not ok - e"), "{out}");
}
