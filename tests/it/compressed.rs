//! Compressed snapshots: written by captures, read by every command, unpacked.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::child::{Ended, oomhost};
use crate::faults::{Disk, Group, folder, is_whole, names, reports, skip};

const SIGABRT: i32 = 6;

const LEAK: &str = "
    class Leaked { constructor(i) { this.i = i; } }
    const all = [];
    for (;;) all.push(new Leaked(all.length));
";

/// The formats, and how names end.
const FORMATS: [(&str, &str); 2] = [("gzip", ".gz"), ("zstd", ".zst")];

fn flag(format: &str) -> String {
    format!("--snapshot-compress={format}")
}

fn run(place: &Path, flags: &[&str], script: &str) -> Ended {
    Ended::of(
        oomhost()
            .current_dir(place)
            .args(flags)
            .args(["-e", script]),
    )
}

fn command(place: &Path, words: &[&str]) -> Ended {
    Ended::of(oomhost().current_dir(place).args(words))
}

fn says(ended: &Ended, text: &str) {
    assert!(
        ended.stderr.contains(text),
        "no {text:?} in {}",
        ended.stderr
    );
}

/// Nothing is done, for this reason.
fn refused(ended: &Ended, code: i32, reason: &str) {
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(code), ""),
        "{ended:?}"
    );
    says(ended, reason);
}

/// A folder with `x.heapsnapshot.gz` or `.zst`, and its name.
fn snapshot(format: &str, ending: &str) -> (TempDir, String) {
    let place = folder();
    let script = "console.log(heapSnapshot('x.heapsnapshot'))";
    let ended = run(place.path(), &[&flag(format)], script);
    let name = format!("x.heapsnapshot{ending}");
    assert_eq!(ended.stdout, format!("{name}\n"), "{}", ended.stderr);
    assert_eq!(names(place.path()), [name.as_str()]);
    (place, name)
}

#[test]
fn the_snapshot_of_a_full_heap_is_compressed() {
    for (format, ending) in FORMATS {
        let place = folder();
        let ended = run(
            place.path(),
            &["--max-old-space-size=16", &flag(format)],
            LEAK,
        );
        assert_eq!(ended.signal, Some(SIGABRT), "{}", ended.stderr);
        let files = names(place.path());
        let [snapshot, report] = &files[..] else {
            panic!("{files:?}, {}", ended.stderr);
        };
        assert!(report.starts_with("report."), "{files:?}");
        assert!(
            snapshot.ends_with(&format!(".heapsnapshot{ending}")),
            "{files:?}"
        );
        says(&ended, "Wrote snapshot to ");
        says(&ended, &format!("/{snapshot}\n"));
        says(&ended, &format!(" with {format} in "));
        // The summary of the finished file.
        says(&ended, "  Leaked ");
        let path = place.path().join(snapshot);
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        let unpacked = command(place.path(), &["unpack", snapshot]);
        let plain = snapshot.strip_suffix(ending).unwrap();
        assert_eq!(unpacked.code, Some(0), "{unpacked:?}");
        assert!(unpacked.stdout.starts_with("Wrote "), "{unpacked:?}");
        is_whole(&place.path().join(plain));
        let mode = fs::metadata(place.path().join(plain))
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        // The same is found in both.
        let of = |name: &str| {
            let ended = command(place.path(), &["analyze", name]);
            assert_eq!(ended.code, Some(0), "{ended:?}");
            let lines = ended.stdout.lines().map(str::to_owned);
            lines.collect::<Vec<_>>()
        };
        let (packed, plain) = (of(snapshot), of(plain));
        assert!(
            packed[0].contains(&format!(" with {format}, by ")),
            "{packed:?}"
        );
        assert_eq!(packed[1..], plain[1..]);
        assert_eq!(names(place.path()).len(), 3);
    }
}

#[test]
fn snapshots_on_request_are_compressed_and_say_their_name() {
    for (format, ending) in FORMATS {
        let place = folder();
        let given = format!("b.heapsnapshot{ending}");
        fs::write(place.path().join(&given), "old").unwrap();
        let script = format!(
            "const v8 = require('v8');
             console.log(heapSnapshot('a.heapsnapshot'));
             console.log(v8.writeHeapSnapshot('{given}'));
             console.log(v8.writeHeapSnapshot());"
        );
        let ended = run(place.path(), &[&flag(format)], &script);
        let said: Vec<&str> = ended.stdout.lines().collect();
        let [first, second, third] = said[..] else {
            panic!("{ended:?}");
        };
        assert_eq!(first, format!("a.heapsnapshot{ending}"));
        assert_eq!(second, given);
        let third = Path::new(third).file_name().unwrap().to_str().unwrap();
        assert!(third.starts_with("Heap."), "{third}");
        assert!(third.ends_with(&format!(".heapsnapshot{ending}")));
        let mut expected = [first, second, third];
        expected.sort_unstable();
        assert_eq!(names(place.path()), expected);
        for name in expected {
            let out = place.path().join("plain");
            let ended = command(place.path(), &["unpack", name, "-o", "plain", "-f"]);
            assert_eq!(ended.code, Some(0), "{ended:?}");
            is_whole(&out);
        }
    }
}

#[test]
fn a_name_that_is_taken_is_passed_over() {
    let place = folder();
    fs::write(place.path().join("x.heapsnapshot.gz"), "old").unwrap();
    let flags = [
        "--max-old-space-size=16",
        "--snapshot-compress=gzip",
        "--oom-snapshot=x.heapsnapshot",
    ];
    let ended = run(place.path(), &flags, LEAK);
    says(&ended, "Wrote snapshot to x.1.heapsnapshot.gz\n");
    assert_eq!(
        fs::read(place.path().join("x.heapsnapshot.gz")).unwrap(),
        b"old"
    );
}

/// Starts a program that fills 64 MB and kills it when its file has been written to for a while.
fn killed(place: &Path, format: &str) -> Option<PathBuf> {
    let mut child = oomhost()
        .current_dir(place)
        .args(["--max-old-space-size=64", &flag(format), "-e", LEAK])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("oomhost starts");
    let end = Instant::now() + Duration::from_mins(2);
    let partial = || {
        let mut names = names(place);
        names.retain(|name| name.ends_with(".partial"));
        names.pop().map(|name| place.join(name))
    };
    // Its first step is there from the start; bytes that are not NUL come with the writing.
    let begun = |path: &Path| {
        use std::os::unix::fs::FileExt as _;
        let mut byte = [0; 64];
        let file = fs::File::open(path).ok()?;
        file.read_exact_at(&mut byte, 1 << 20).ok()?;
        byte.iter().any(|&byte| byte != 0).then_some(())
    };
    let path = loop {
        assert!(Instant::now() < end, "no capture within two minutes");
        if child.try_wait().expect("a child").is_some() {
            return None;
        }
        if let Some(path) = partial()
            && begun(&path).is_some()
        {
            break path;
        }
        thread::sleep(Duration::from_millis(1));
    };
    child.kill().expect("it is alive");
    child.wait().expect("it ends");
    path.exists().then_some(path)
}

#[test]
fn what_a_kill_leaves_of_it_can_be_recovered() {
    for (format, ending) in FORMATS {
        let place = folder();
        let path = killed(place.path(), format).expect("the capture is slower than this");
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(
            name.ends_with(&format!(".heapsnapshot{ending}.partial")),
            "{name}"
        );
        let ended = command(place.path(), &["recover", name]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(
            ended.stdout.contains("Its compressed data ends at byte ")
                || ended.stdout.contains("Its compressed data is damaged at "),
            "{}",
            ended.stdout
        );
        assert!(ended.stdout.contains("Lost: "), "{}", ended.stdout);
        let plain = name.strip_suffix(&format!("{ending}.partial")).unwrap();
        is_whole(&place.path().join(plain));
        eprintln!("{}", ended.stdout);
        // The other commands say what is wrong, and nothing more is there.
        let ended = command(place.path(), &["analyze", name]);
        refused(&ended, 1, "oomhost recover");
        let ended = command(place.path(), &["unpack", name, "-o", "y"]);
        refused(&ended, 1, "Nothing was written");
        assert_eq!(names(place.path()).len(), 3, "{:?}", names(place.path()));
    }
}

#[test]
fn a_full_disk_leaves_nothing_bad() {
    let disk = match Disk::mount(6000) {
        Ok(disk) => disk,
        Err(reason) => skip!("no small file system can be mounted: {reason}"),
    };
    let capture = folder();
    let place = disk.path();
    let scratch = format!("--capture-dir={}", capture.path().display());
    let flags = [
        "--max-old-space-size=48",
        "--snapshot-compress=gzip",
        &scratch,
    ];
    let ended = run(&place, &flags, LEAK);
    assert_eq!(ended.signal, Some(SIGABRT), "{}", ended.stderr);
    says(&ended, "oomhost: no heap snapshot: ENOSPC");
    assert_eq!(reports(&place).len(), 1, "{}", ended.stderr);
    assert_eq!(names(&place).len(), 2, "{:?}", names(&place));
}

#[test]
fn a_small_container_holds_the_capture_and_its_summary() {
    let group = match Group::make(256 << 20) {
        Ok(group) => group,
        Err(reason) => skip!("no memory cgroup can be made: {reason}"),
    };
    let place = folder();
    let mut shell = Command::new("sh");
    shell
        .current_dir(place.path())
        .env_remove("NODE_OPTIONS")
        .args(["-c", "echo $$ > \"$0/cgroup.procs\" && exec \"$@\""])
        .arg(group.path())
        .arg(env!("CARGO_BIN_EXE_oomhost"))
        .args(["--max-old-space-size=32", "--snapshot-compress=zstd"])
        .args(["-e", LEAK]);
    let ended = Ended::of(&mut shell);
    assert_eq!(ended.signal, Some(SIGABRT), "{}", ended.stderr);
    says(&ended, "  Leaked ");
    let mut files = names(place.path());
    files.retain(|name| name.starts_with("Heap."));
    let [snapshot] = &files[..] else {
        panic!("{}", ended.stderr);
    };
    assert_eq!(command(place.path(), &["unpack", snapshot]).code, Some(0));
    is_whole(&place.path().join(snapshot.strip_suffix(".zst").unwrap()));
}

#[test]
fn many_captures_leave_no_memory_behind() {
    let place = folder();
    let script = "
        const fs = require('fs');
        const anonymous = () => {
          gc();
          const status = fs.readFileSync('/proc/self/status', 'utf8');
          return +/RssAnon:\\s+(\\d+)/.exec(status)[1];
        };
        heapSnapshot('x');
        const before = anonymous();
        for (let i = 0; i < 30; i++) heapSnapshot('x');
        console.log(anonymous() - before);
    ";
    for (format, _) in FORMATS {
        let ended = run(place.path(), &["--expose-gc", &flag(format)], script);
        let grown: i64 = ended.stdout.trim().parse().expect("a number of KiB");
        assert!(grown <= 1024, "{format}: {grown} KiB, {}", ended.stderr);
    }
}

#[test]
fn a_format_that_is_none_is_refused() {
    let place = folder();
    for (word, reason) in [
        (
            "--snapshot-compress=lz4",
            "--snapshot-compress must be gzip or zstd. Got: lz4",
        ),
        ("--snapshot-compress=", "requires an argument"),
    ] {
        refused(&run(place.path(), &[word], "0"), 9, reason);
    }
}

#[test]
fn unpack_makes_the_plain_file_and_keeps_what_is_there() {
    for (format, ending) in FORMATS {
        let (place, name) = snapshot(format, ending);
        let place = place.path();
        fs::write(place.join("x.heapsnapshot"), "old").unwrap();
        let ended = command(place, &["unpack", &name]);
        refused(
            &ended,
            1,
            "x.heapsnapshot is there already, and is not overwritten",
        );
        assert_eq!(fs::read(place.join("x.heapsnapshot")).unwrap(), b"old");
        let ended = command(place, &["unpack", "--force", &name]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        is_whole(&place.join("x.heapsnapshot"));
        // By its content, whatever its name.
        fs::rename(place.join(&name), place.join("named")).unwrap();
        let ended = command(place, &["unpack", "named"]);
        refused(&ended, 9, "named is named neither *.gz nor *.zst");
        let ended = command(place, &["unpack", "named", "--output=plain"]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(
            fs::read(place.join("plain")).unwrap()
                == fs::read(place.join("x.heapsnapshot")).unwrap()
        );
        assert_eq!(names(place), ["named", "plain", "x.heapsnapshot"]);
    }
}

#[test]
fn unpack_tells_where_a_file_is_damaged() {
    for (format, ending) in FORMATS {
        let (place, name) = snapshot(format, ending);
        let place = place.path();
        let whole = fs::read(place.join(&name)).unwrap();
        let bad = format!("bad{ending}");
        let with = |bytes: &[u8]| {
            fs::write(place.join(&bad), bytes).unwrap();
            command(place, &["unpack", &bad])
        };
        let ended = with(&whole[..whole.len() / 2]);
        let at = format!("{bad} ends at byte {}, in the middle", whole.len() / 2);
        refused(&ended, 1, &at);
        let mut damaged = whole.clone();
        for byte in &mut damaged[whole.len() / 2..][..100] {
            *byte ^= 0x5a;
        }
        refused(&with(&damaged), 1, &format!("{bad} is damaged at byte "));
        let ended = with(&[&whole, b"more".as_slice()].concat());
        let (_, at) = ended
            .stderr
            .split_once(" is damaged at byte ")
            .expect("it says where");
        let at: usize = at.split_once(':').unwrap().0.parse().expect("a number");
        assert!(at >= whole.len() && at <= whole.len() + 4, "{ended:?}");
        refused(&ended, 1, &bad);
        assert_eq!(names(place), [bad.clone(), name.clone()]);
    }
}

#[test]
fn unpack_refuses_what_it_cannot_use() {
    let (place, name) = snapshot("zstd", ".zst");
    let place = place.path();
    fs::write(place.join("text.gz"), "{\"snapshot\":").unwrap();
    fs::write(place.join("empty.gz"), "").unwrap();
    fs::create_dir(place.join("folder.gz")).unwrap();
    for (words, code, reason) in [
        (&["text.gz"][..], 1, "text.gz is not compressed"),
        (&["empty.gz"], 1, "empty.gz is not compressed"),
        (&["none.gz"], 1, "cannot read none.gz"),
        (&["folder.gz"], 1, "not a regular file"),
        (&[&name, "-o", "none/x"], 1, "cannot write none/x"),
        (&[&name, "-o", "folder.gz"], 1, "is there already"),
        (
            &[&name, "-f", "-o", "folder.gz"],
            1,
            "cannot write folder.gz",
        ),
        (
            &[&name, "-f", "-o", "/dev/null"],
            1,
            "cannot write /dev/null",
        ),
        (&[], 9, "FILE"),
        (&[&name, "--level=3"], 9, "--level"),
        (&[&name, "more"], 9, "more"),
    ] {
        let words: Vec<&str> = std::iter::once("unpack")
            .chain(words.iter().copied())
            .collect();
        refused(&command(place, &words), code, reason);
    }
    assert_eq!(
        names(place),
        ["empty.gz", "folder.gz", "text.gz", name.as_str()]
    );
    let disk = match Disk::mount(1000) {
        Ok(disk) => disk,
        Err(reason) => skip!("a full disk: no small file system can be mounted: {reason}"),
    };
    let output = disk.path().join("x").display().to_string();
    let ended = command(place, &["unpack", &name, "-o", &output]);
    refused(&ended, 1, "No space left on device");
    assert_eq!(names(&disk.path()), ["lost+found"]);
}

#[test]
fn unpack_describes_itself() {
    let place = folder();
    let ended = command(place.path(), &["unpack", "--help"]);
    assert_eq!(ended.code, Some(0));
    for part in ["--output", "--force", "Exit codes:", "FILE"] {
        assert!(ended.stdout.contains(part), "{}", ended.stdout);
    }
}

/// Where no temporary file can be made beside the snapshot, the system's folder does.
#[test]
fn a_snapshot_in_a_folder_that_cannot_be_written_is_analyzed() {
    let (place, name) = snapshot("gzip", ".gz");
    let disk = match Disk::mount(4000) {
        Ok(disk) => disk,
        Err(reason) => skip!("no small file system can be mounted: {reason}"),
    };
    let path = disk.path().join(&name);
    fs::copy(place.path().join(&name), &path).unwrap();
    let mounted = Command::new("mount")
        .args(["-o", "remount,ro"])
        .arg(disk.path())
        .status();
    assert!(mounted.is_ok_and(|status| status.success()));
    let ended = Ended::of(oomhost().arg("analyze").arg(&path));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let nowhere = disk.path();
    let ended = Ended::of(oomhost().env("TMPDIR", &nowhere).arg("analyze").arg(&path));
    refused(&ended, 1, "no temporary file for its text can be made in");
}
