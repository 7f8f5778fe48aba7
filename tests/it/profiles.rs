//! Profiles of a whole run (`--cpu-prof`, `--heap-prof`) and those that a script asks for.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::child::{Ended, oomhost};
use crate::faults::{folder, names, skip};

const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;

/// Spends most of its time in `hot`.
const BUSY: &str = "
    function hot() { let sum = 0; for (let i = 0; i < 3e7; i++) sum += Math.sqrt(i); return sum; }
    for (let i = 0; i < 5; i++) hot();
";

/// Keeps what `leaky` allocates.
const LEAKY: &str = "
    function leaky() { for (let i = 0; i < 300000; i++) kept.push({ i, text: 'x' + i }); }
    globalThis.kept = [];
    leaky();
";

fn run(place: &Path, flags: &[&str], script: &str) -> Ended {
    Ended::of(
        oomhost()
            .current_dir(place)
            .args(flags)
            .args(["-e", script]),
    )
}

fn json(path: &Path) -> Value {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).expect("a profile is JSON")
}

/// The one file of the folder that ends so.
fn only(place: &Path, ending: &str) -> Value {
    let all = names(place);
    let found: Vec<_> = all.iter().filter(|name| name.ends_with(ending)).collect();
    assert_eq!(found.len(), 1, "{ending}: {all:?}");
    json(&place.join(found[0]))
}

/// The function in which most samples were taken; checks the rules of the format on the way.
fn hottest(profile: &Value) -> String {
    let nodes = profile["nodes"].as_array().expect("nodes");
    let ids: HashMap<u64, &Value> = nodes
        .iter()
        .map(|node| (node["id"].as_u64().expect("an id"), node))
        .collect();
    assert_eq!(ids.len(), nodes.len(), "ids are unique");
    for child in nodes.iter().filter_map(|node| node["children"].as_array()) {
        assert!(
            child
                .iter()
                .all(|id| ids.contains_key(&id.as_u64().unwrap()))
        );
    }
    let samples = profile["samples"].as_array().expect("samples");
    assert!(
        samples
            .iter()
            .all(|id| ids.contains_key(&id.as_u64().unwrap()))
    );
    assert_eq!(
        Some(samples.len()),
        profile["timeDeltas"].as_array().map(Vec::len)
    );
    let span = profile["endTime"].as_i64().unwrap() - profile["startTime"].as_i64().unwrap();
    assert!(span > 0);
    let mut counts = HashMap::<String, usize>::new();
    for sample in samples {
        let name = &ids[&sample.as_u64().unwrap()]["callFrame"]["functionName"];
        *counts.entry(name.as_str().unwrap().to_owned()).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    most.map(|(name, _)| name).unwrap_or_default()
}

/// Bytes that each function allocated, by its name.
fn allocated(profile: &Value) -> HashMap<String, u64> {
    let mut sizes = HashMap::new();
    let mut open = vec![&profile["head"]];
    while let Some(node) = open.pop() {
        let name = node["callFrame"]["functionName"].as_str().expect("a name");
        *sizes.entry(name.to_owned()).or_default() += node["selfSize"].as_u64().expect("a size");
        open.extend(node["children"].as_array().expect("children"));
    }
    let sampled = profile["samples"].as_array().expect("samples").iter();
    let sampled: u64 = sampled.map(|sample| sample["size"].as_u64().unwrap()).sum();
    // V8 scales the samples of a node up together and each for itself, to whole objects: a list of
    // about the interval's size counts as one or two where it is one and a half.
    let total: u64 = sizes.values().sum();
    assert!(
        total.abs_diff(sampled) <= total / 20,
        "{total} and {sampled}"
    );
    sizes
}

#[test]
fn a_cpu_profile_names_the_hot_function() {
    let place = folder();
    let ended = run(place.path(), &["--cpu-prof"], BUSY);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let name = &names(place.path())[0];
    let parts: Vec<&str> = name.split('.').collect();
    assert_eq!(
        (parts.len(), parts[0], parts[4], parts[5], parts[6]),
        (7, "CPU", "0", "001", "cpuprofile")
    );
    assert_eq!(hottest(&only(place.path(), ".cpuprofile")), "hot");
}

#[test]
fn waiting_is_idle() {
    let place = folder();
    run(place.path(), &["--cpu-prof"], "setTimeout(() => {}, 400)");
    assert_eq!(hottest(&only(place.path(), ".cpuprofile")), "(idle)");
}

#[test]
fn a_heap_profile_names_the_function_that_leaks() {
    let place = folder();
    let ended = run(place.path(), &["--heap-prof"], LEAKY);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let sizes = allocated(&only(place.path(), ".heapprofile"));
    let all: u64 = sizes.values().sum();
    assert!(
        sizes["leaky"] > 10 << 20 && sizes["leaky"] > all / 2,
        "{sizes:?}"
    );
}

#[test]
fn directories_names_and_intervals() {
    let place = folder();
    let flags = [
        "--cpu-prof",
        "--cpu-prof-dir=a/b",
        "--cpu-prof-name=c-${pid}",
        "--cpu-prof-interval",
        "200",
        "--heap-prof",
        "--heap_prof_dir=h",
        "--heap-prof-name=x.heapprofile",
        "--heap-prof-interval=1024",
    ];
    let ended = run(
        place.path(),
        &flags,
        &format!("{BUSY}{LEAKY} console.log(process.pid)"),
    );
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let pid = ended.stdout.trim();
    let profile = json(&place.path().join(format!("a/b/c-{pid}")));
    let deltas = profile["timeDeltas"].as_array().unwrap();
    let shortest = deltas
        .iter()
        .skip(1)
        .filter_map(serde_json::Value::as_i64)
        .min();
    assert!(shortest.is_some_and(|delta| delta < 900), "{shortest:?}");
    let samples = json(&place.path().join("h/x.heapprofile"))["samples"]
        .as_array()
        .unwrap()
        .len();
    assert!(samples > 5000, "{samples} of 1 KiB");
    let place = folder();
    let flags = ["--heap-prof", "--cpu-prof", "--diagnostic-dir=d"];
    run(place.path(), &flags, "");
    assert_eq!(names(&place.path().join("d")).len(), 2);
}

#[test]
fn profiles_are_there_however_the_script_ends() {
    for (script, code) in [
        ("process.exit(3)", Some(3)),
        ("process.reallyExit(4)", Some(4)),
        ("throw new Error('x')", Some(1)),
        (
            "process.on('uncaughtException', () => { throw 1; }); throw 2",
            Some(7),
        ),
        ("Promise.reject(new Error('x'))", Some(1)),
        (
            "process.on('exit', () => { process.exitCode = 5; })",
            Some(5),
        ),
    ] {
        let place = folder();
        let ended = run(place.path(), &["--cpu-prof", "--heap-prof"], script);
        assert_eq!(ended.code, code, "{script}: {ended:?}");
        only(place.path(), ".cpuprofile");
        only(place.path(), ".heapprofile");
    }
}

#[test]
fn signals_end_the_process_with_its_profiles() {
    for (script, number) in [
        ("for (;;);", SIGTERM),
        ("setInterval(() => {}, 1e6)", SIGINT),
        (
            "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
            SIGTERM,
        ),
    ] {
        let place = folder();
        let mut command = oomhost();
        command.current_dir(place.path());
        command.args([
            "--cpu-prof",
            "--heap-prof",
            "-e",
            &format!("console.log(1);{script}"),
        ]);
        let ended = signalled(&mut command, number);
        assert_eq!(ended.signal, Some(number), "{script}: {ended:?}");
        only(place.path(), ".cpuprofile");
        only(place.path(), ".heapprofile");
    }
}

#[test]
fn a_script_that_listens_decides() {
    let place = folder();
    let script =
        "process.on('SIGTERM', () => process.exit(6)); setInterval(() => {}, 1e6); console.log(1)";
    let mut command = oomhost();
    command
        .current_dir(place.path())
        .args(["--cpu-prof", "-e", script]);
    assert_eq!(signalled(&mut command, SIGTERM).code, Some(6));
    only(place.path(), ".cpuprofile");
}

/// Sends the signal once the child has written a line.
fn signalled(command: &mut Command, number: i32) -> Ended {
    use std::io::Read as _;
    use std::process::Stdio;

    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut line = [0; 2];
    let output = child.stdout.as_mut().expect("piped");
    output.read_exact(&mut line).expect("the script speaks");
    thread::sleep(Duration::from_millis(200));
    let status = Command::new("kill")
        .args([format!("-{number}"), child.id().to_string()])
        .status();
    assert!(status.expect("kill starts").success());
    child.wait_with_output().expect("the child ends").into()
}

#[test]
fn what_cannot_be_written_is_told() {
    let place = folder();
    let ended = run(
        place.path(),
        &["--cpu-prof", "--cpu-prof-dir=/proc/none"],
        "",
    );
    let told = "oomhost: no CPU profile: ENOENT: no such file or directory, mkdir '/proc/none'\n";
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), told));
    for flags in [
        &["--cpu-prof-name=x"][..],
        &["--heap-prof-dir=x"],
        &["--heap-prof-interval=4"],
        &["--cpu-prof", "--cpu-prof-interval=x"],
        &["--heap-prof", "--heap-prof-interval=0"],
    ] {
        let ended = run(place.path(), flags, "");
        assert_eq!(ended.code, Some(9), "{flags:?} {}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    }
    assert!(names(place.path()).is_empty());
}

#[test]
fn without_a_thread_to_sample_there_is_no_profile_and_the_program_goes_on() {
    // Only others than root are held to a number of threads; the descriptor leads to the program where
    // they may not see its folder.
    const START: &str = "exec 9<\"$0\" && exec setpriv --reuid=65534 --clear-groups \
        prlimit --nproc=2 /proc/self/fd/9 -e \"$1\"";
    let script = "
        try {
          require('oomhost').startCpuProfile();
        } catch (error) {
          console.log(error.code);
        }
    ";
    let place = folder();
    let can = Command::new("setpriv")
        .args(["--reuid=65534", "--clear-groups", "true"])
        .output();
    if !can.is_ok_and(|output| output.status.success()) {
        skip!("not root, or no setpriv: no limit of threads can be set");
    }
    let ended = Ended::of(Command::new("sh").current_dir(place.path()).args([
        "-c",
        START,
        env!("CARGO_BIN_EXE_oomhost"),
        script,
    ]));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stdout, "ERR_CPU_PROFILE_NO_THREAD\n", "{ended:?}");
}
