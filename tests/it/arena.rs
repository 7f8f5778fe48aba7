//! Captures whose memory is a scratch file: small containers, small disks, many captures.

use std::path::Path;
use std::process::Command;

use crate::child::{Ended, oomhost};
use crate::faults::{Disk, Group, folder, is_whole, names, reports, skip, snapshots};

const SIGABRT: i32 = 6;

const LEAK: &str = "
    class Leaked { constructor(i) { this.i = i; this.name = 'leak'; } }
    const all = [];
    for (;;) all.push(new Leaked(all.length));
";

/// Runs a program that leaks, in a container.
fn contained(group: &Group, place: &Path, flags: &[&str]) -> Ended {
    let mut shell = Command::new("sh");
    shell
        .current_dir(place)
        .env_remove("NODE_OPTIONS")
        .args(["-c", "echo $$ > \"$0/cgroup.procs\" && exec \"$@\""])
        .arg(group.path())
        .arg(env!("CARGO_BIN_EXE_oomhost"))
        .args(flags)
        .args(["-e", LEAK]);
    Ended::of(&mut shell)
}

#[test]
fn a_container_that_holds_the_heap_holds_the_capture() {
    let group = match Group::make(128 << 20) {
        Ok(group) => group,
        Err(reason) => skip!("no memory cgroup can be made: {reason}"),
    };
    let place = folder();
    let ended = contained(&group, place.path(), &["--max-old-space-size=32"]);
    assert_eq!(ended.signal, Some(SIGABRT), "{}", ended.stderr);
    let [snapshot] = &snapshots(place.path())[..] else {
        panic!("{}", ended.stderr);
    };
    is_whole(&place.path().join(snapshot));
    assert_eq!(names(place.path()).len(), 2, "the scratch file has no name");
}

#[test]
fn a_full_scratch_disk_ends_the_capture_cleanly() {
    // Room for the beginning, and not for the tables of so many objects.
    let disk = match Disk::mount(42 << 10) {
        Ok(disk) => disk,
        Err(reason) => skip!("no small file system can be mounted: {reason}"),
    };
    // Where memory is plentiful, it would be taken instead.
    let group = match Group::make(1200 << 20) {
        Ok(group) => group,
        Err(reason) => skip!("no memory cgroup can be made: {reason}"),
    };
    let place = folder();
    let flag = format!("--capture-dir={}", disk.path().display());
    let ended = contained(&group, place.path(), &["--max-old-space-size=700", &flag]);
    assert_eq!(ended.signal, Some(SIGABRT), "{}", ended.stderr);
    let line = "no heap snapshot: ENOSPC: no space left on device, fallocate of the scratch file";
    assert!(ended.stderr.contains(line), "{}", ended.stderr);
    assert!(ended.stderr.contains("old_space"), "{}", ended.stderr);
    assert_eq!(reports(place.path()).len(), 1);
    assert_eq!(names(place.path()).len(), 1, "{:?}", names(place.path()));
    assert_eq!(names(&disk.path()), ["lost+found"]);
}

#[test]
fn a_small_scratch_disk_is_passed_over_where_memory_is_plentiful() {
    let disk = match Disk::mount(40 << 10) {
        Ok(disk) => disk,
        Err(reason) => skip!("no small file system can be mounted: {reason}"),
    };
    let place = folder();
    let flag = format!("--capture-dir={}", disk.path().display());
    let ended = Ended::of(oomhost().current_dir(place.path()).args([
        "--max-old-space-size=16",
        &flag,
        "-e",
        LEAK,
    ]));
    assert_eq!(ended.signal, Some(SIGABRT), "{}", ended.stderr);
    assert!(
        ended
            .stderr
            .contains("left: the capture takes plain memory"),
        "{}",
        ended.stderr
    );
    assert_eq!(snapshots(place.path()).len(), 1, "{}", ended.stderr);
}

#[test]
fn a_scratch_directory_in_memory_is_refused() {
    let Ok(memory) = tempfile::tempdir_in("/dev/shm") else {
        skip!("there is no /dev/shm");
    };
    let place = folder();
    let flag = format!("--capture-dir={}", memory.path().display());
    let ended = Ended::of(oomhost().current_dir(place.path()).args([
        &flag,
        "-e",
        "console.log(heapSnapshot('x.heapsnapshot'))",
    ]));
    if ended.stderr.is_empty() {
        skip!("/dev/shm is no tmpfs");
    }
    assert!(
        ended
            .stderr
            .contains("which is in memory (tmpfs): the capture takes plain memory"),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.stdout, "x.heapsnapshot\n");
    is_whole(&place.path().join("x.heapsnapshot"));
}

#[test]
fn a_hundred_captures_leave_no_memory_behind() {
    let place = folder();
    let script = "
        const fs = require('fs');
        const anonymous = () => {
          gc();
          const status = fs.readFileSync('/proc/self/status', 'utf8');
          return +/RssAnon:\\s+(\\d+)/.exec(status)[1];
        };
        anonymous();
        const before = anonymous();
        for (let i = 0; i < 100; i++) heapSnapshot('x.heapsnapshot');
        console.log(anonymous() - before);
    ";
    let ended = Ended::of(
        oomhost()
            .current_dir(place.path())
            .args(["--expose-gc", "-e", script]),
    );
    let grown: i64 = ended.stdout.trim().parse().expect("a number of KiB");
    assert!(grown <= 1024, "{grown} KiB more; {}", ended.stderr);
    is_whole(&place.path().join("x.heapsnapshot"));
}
