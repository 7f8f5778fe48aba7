//! `oomhost flame`: profiles that oomhost itself makes, and files that are none.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::child::{Ended, oomhost};
use crate::faults::folder;

/// Writes a CPU profile and a heap profile of a script with a hot and a greedy function.
const SCRIPT: &str = r"
const fs = require('fs');
const { Session } = require('inspector');
function hotFunction() {
  let sum = 0;
  for (let i = 0; i < 3e6; i++) sum += i % 7;
  return sum;
}
function greedyFunction() {
  return Array.from({ length: 20000 }, (_, i) => ({ i, text: `n${i}` }));
}
const session = new Session();
session.connect();
const write = (name) => (error, { profile }) => fs.writeFileSync(name, JSON.stringify(profile));
session.post('Profiler.enable');
session.post('Profiler.setSamplingInterval', { interval: 500 });
session.post('Profiler.start');
const end = Date.now() + 300;
while (Date.now() < end) hotFunction();
session.post('Profiler.stop', write('x.cpuprofile'));
session.post('HeapProfiler.startSampling', { samplingInterval: 1024 });
globalThis.kept = greedyFunction();
session.post('HeapProfiler.stopSampling', write('x.heapprofile'));
";

fn profiles(folder: &Path) {
    let script = folder.join("script.js");
    fs::write(&script, SCRIPT).expect("a script");
    let ended = Ended::of(oomhost().arg(&script).current_dir(folder));
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}

fn flame(folder: &Path) -> Command {
    let mut command = oomhost();
    command.arg("flame").current_dir(folder);
    command
}

#[test]
fn a_graph_and_a_list_of_each_kind() {
    let folder = folder();
    let folder = folder.path();
    profiles(folder);
    for (name, kind, function) in [
        ("x.cpuprofile", "CPU profile: ", "hotFunction"),
        ("x.heapprofile", "Sampling heap profile: ", "greedyFunction"),
    ] {
        let ended = Ended::of(flame(folder).args([name, "--top=100"]));
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{name}");
        assert!(ended.stdout.starts_with(kind), "{}", ended.stdout);
        assert!(ended.stdout.contains(function), "{}", ended.stdout);
        assert!(ended.stdout.contains("script.js:"), "{}", ended.stdout);
        assert!(
            ended.stdout.ends_with(&format!("Wrote {name}.svg\n")),
            "{}",
            ended.stdout
        );
        let svg = fs::read_to_string(folder.join(format!("{name}.svg"))).expect("a graph");
        assert!(svg.starts_with("<?xml"), "{}", &svg[..100]);
        assert!(svg.trim_end().ends_with("</svg>"));
        assert!(svg.contains(&format!("{function} script.js:")));
        // Nothing is fetched from elsewhere.
        assert!(!svg.contains("<image") && !svg.contains("href=\"http"));
    }
}

#[test]
fn nothing_is_overwritten_unless_told() {
    let folder = folder();
    let folder = folder.path();
    profiles(folder);
    fs::write(folder.join("x.cpuprofile.svg"), "mine").expect("a file");
    let ended = Ended::of(flame(folder).arg("x.cpuprofile"));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(
        ended.stderr.contains("is there already"),
        "{}",
        ended.stderr
    );
    let kept = fs::read_to_string(folder.join("x.cpuprofile.svg")).expect("the file");
    assert_eq!(kept, "mine");
    let ended = Ended::of(flame(folder).args(["x.cpuprofile", "--force", "--top=1"]));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains(" more\n"), "{}", ended.stdout);
    let ended = Ended::of(flame(folder).args(["x.cpuprofile", "-o", "none/there.svg"]));
    assert_eq!(ended.code, Some(1));
    assert!(
        ended
            .stderr
            .starts_with("oomhost: cannot write none/there.svg: "),
        "{}",
        ended.stderr
    );
    let left = fs::read_dir(folder).expect("the folder").count();
    assert_eq!(left, 4, "nothing unfinished is left");
}

#[test]
fn compressed_profiles_are_read() {
    let folder = folder();
    let folder = folder.path();
    profiles(folder);
    let plain = fs::read(folder.join("x.cpuprofile")).expect("a profile");
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, &plain).expect("memory");
    let packed = encoder.finish().expect("memory");
    fs::write(folder.join("y.cpuprofile.gz"), &packed).expect("a file");
    let ended = Ended::of(flame(folder).arg("y.cpuprofile.gz"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    fs::write(folder.join("z.gz"), &packed[..packed.len() / 2]).expect("a file");
    let ended = Ended::of(flame(folder).arg("z.gz"));
    assert_eq!(ended.code, Some(1));
    assert!(!folder.join("z.gz.svg").exists());
}

#[test]
fn what_is_no_profile_is_said() {
    let folder = folder();
    let folder = folder.path();
    let root = r#"{"id":1,"callFrame":{"functionName":"(root)"}}"#;
    for (text, said) in [
        ("", "bad is no profile: EOF"),
        ("{}", "it is neither a CPU profile"),
        ("\u{0}\u{1}", "bad is no profile: expected value"),
        (
            "{\"snapshot\":{\"meta\":{}}}",
            "it is a heap snapshot: see oomhost analyze",
        ),
        (
            &format!("{{\"nodes\":[{root}]}}"),
            "bad makes no graph: nothing was measured in it",
        ),
        (
            &format!("{{\"nodes\":[{root},{root}]}}"),
            "two nodes have the number 1",
        ),
        ("{\"nodes\":[]}", "0 nodes have no parent, where one should"),
    ] {
        fs::write(folder.join("bad"), text).expect("a file");
        let ended = Ended::of(flame(folder).arg("bad"));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{text}");
        assert!(ended.stderr.contains(said), "{text}: {}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    }
    assert_eq!(fs::read_dir(folder).expect("the folder").count(), 1);
    for file in ["missing", "."] {
        let ended = Ended::of(flame(folder).arg(file));
        assert_eq!(ended.code, Some(1));
        let said = format!("oomhost: cannot read {file}: ");
        assert!(ended.stderr.starts_with(&said), "{}", ended.stderr);
    }
    let ended = Ended::of(&mut flame(folder));
    assert_eq!(ended.code, Some(9));
    let ended = Ended::of(flame(folder).args(["x", "--top=many"]));
    assert_eq!(ended.code, Some(9));
    let ended = Ended::of(flame(folder).arg("--help"));
    assert_eq!(ended.code, Some(0));
    assert!(ended.stdout.contains(".heapprofile"), "{}", ended.stdout);
}
