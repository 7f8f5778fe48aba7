//! What a script asks for: `oomhost`, and npm packages whose native add-ons cannot load.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::child::{Ended, oomhost};
use crate::faults::{folder, is_whole, names, skip, snapshots};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/on_request")
        .join(name)
}

/// Runs a script that asserts, and says `done` at its end.
fn passes(name: &str) {
    let place = folder();
    let temporary = folder();
    let ended = Ended::of(
        oomhost()
            .current_dir(place.path())
            .env("TMPDIR", temporary.path())
            .arg(fixture(name)),
    );
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(0), "done\n"),
        "{}",
        ended.stderr
    );
    assert_eq!(names(temporary.path()), Vec::<String>::new());
}

#[test]
fn oomhosts_own_module() {
    passes("oomhost.js");
}

#[test]
fn node_oom_heapdump() {
    passes("node_oom_heapdump.js");
}

#[test]
fn a_copy_of_the_process_takes_the_snapshot() {
    passes("forked.js");
}

#[test]
fn heapdump_and_v8_profiler_next() {
    passes("other_packages.js");
}

#[test]
fn heapdump_writes_at_sigusr2() {
    let place = folder();
    let script = "require('heapdump'); setInterval(() => {}, 1e6); console.log(1)";
    let mut child = oomhost()
        .current_dir(place.path())
        .args(["-e", script])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let output = child.stdout.as_mut().expect("piped");
    output.read_exact(&mut [0; 2]).expect("the script speaks");
    let status = Command::new("kill")
        .args(["-USR2", &child.id().to_string()])
        .status();
    assert!(status.expect("kill starts").success());
    let end = Instant::now() + Duration::from_mins(1);
    while snapshots(place.path()).is_empty() && Instant::now() < end {
        thread::sleep(Duration::from_millis(20));
    }
    child.kill().expect("it is there");
    child.wait().expect("it ends");
    let [name] = &names(place.path())[..] else {
        panic!("{:?}", names(place.path()));
    };
    assert!(name.starts_with("heapdump-"), "{name}");
    is_whole(&place.path().join(name));
}

/// Fills the heap after it has asked node-oom-heapdump for a snapshot.
fn out_of_memory(place: &Path, options: &str, flags: &[&str]) -> Ended {
    let script = format!(
        "require('node-oom-heapdump')({options}); \
         class Leaked {{}} const all = []; for (;;) all.push(new Leaked());"
    );
    Ended::of(
        oomhost()
            .current_dir(place)
            .arg("--max-old-space-size=16")
            .args(flags)
            .args(["-e", &script]),
    )
}

#[test]
fn node_oom_heapdump_names_the_snapshot() {
    for (options, flags, prefix, suffix) in [
        ("{ path: 'dir%p' }", &[][..], "dir%p.heapsnapshot", ""),
        ("{}", &[], "OoM-pid-", ".heapsnapshot"),
        (
            "{ path: 'x.heapsnapshot', addTimestamp: true }",
            &[],
            "x-20",
            ".heapsnapshot",
        ),
        ("{ path: 'x' }", &["--oom-snapshot=mine"], "mine", ""),
        (
            "{ heapdumpOnOOM: false, path: 'x' }",
            &[],
            "Heap.",
            ".heapsnapshot",
        ),
    ] {
        let place = folder();
        let ended = out_of_memory(place.path(), options, flags);
        assert_eq!(ended.signal, Some(6), "{}", ended.stderr);
        let all = names(place.path());
        let found: Vec<_> = all
            .iter()
            .filter(|name| !name.starts_with("report."))
            .collect();
        assert_eq!(found.len(), 1, "{all:?}");
        assert!(
            found[0].starts_with(prefix) && found[0].ends_with(suffix),
            "{found:?}"
        );
        is_whole(&place.path().join(found[0]));
    }
}

#[test]
fn a_package_of_the_same_name_gives_way() {
    let place = folder();
    for (name, main) in [
        ("node-oom-heapdump", "index.js"),
        ("heapdump", "lib/main.js"),
    ] {
        let package = place.path().join("node_modules").join(name);
        let main = package.join(main);
        std::fs::create_dir_all(main.parent().expect("a folder")).expect("a folder");
        std::fs::write(main, "throw new Error('the add-on cannot load')").expect("a file");
        let json = format!("{{ \"name\": \"{name}\", \"main\": \"lib/main.js\" }}");
        let json = if name == "heapdump" {
            json
        } else {
            json.replace("lib/main", "index")
        };
        std::fs::write(package.join("package.json"), json).expect("a file");
    }
    let script = "
        const assert = require('assert');
        assert.strictEqual(require('./node_modules/node-oom-heapdump'), require('node-oom-heapdump'));
        assert.strictEqual(require('./node_modules/heapdump/lib/main.js'), require('heapdump'));
        import('heapdump').then(({ writeSnapshot }) => {
          assert.strictEqual(writeSnapshot, require('heapdump').writeSnapshot);
          console.log('done');
        });
    ";
    let ended = Ended::of(oomhost().current_dir(place.path()).args(["-e", script]));
    assert_eq!(ended.stdout, "done\n", "{}", ended.stderr);
}

/// The programs of the package's own `tests` folder, from where `NODE_OOM_HEAPDUMP` says that the
/// package lies unpacked.
#[test]
fn the_packages_own_programs_run_unchanged() {
    let Some(package) = std::env::var_os("NODE_OOM_HEAPDUMP").map(PathBuf::from) else {
        skip!("NODE_OOM_HEAPDUMP names no unpacked npm package node-oom-heapdump");
    };
    let run = |flags: &[&str], program: &str| {
        let tests = package.join("tests");
        Ended::of(oomhost().current_dir(tests).args(flags).arg(program))
    };
    let ended = run(
        &["--max_old_space_size=40", "--optimize_for_size"],
        "oom_app.js",
    );
    assert_eq!(ended.signal, Some(6), "{}", ended.stderr);
    let snapshot = snapshots(&package.join("tests"));
    let snapshot = package.join("tests").join(&snapshot[0]);
    is_whole(&snapshot);
    std::fs::remove_file(&snapshot).expect("it can be removed");
    let ended = run(&[], "long_running_process.js");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let ended = run(&[], "long_running_process_cpu.js");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("CPU profile "), "{}", ended.stderr);
    assert!(package.join("tests/myCPU.cpuprofile").exists());
}
