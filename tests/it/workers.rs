//! Worker threads whose heap is full: the worker ends with a snapshot of its heap, and the process
//! goes on.

use std::path::Path;

use crate::child::{Ended, oomhost};
use crate::faults::{folder, is_whole, names, reports, snapshots};

/// Starts workers that fill their heaps of 24 MB, and says how they ended.
const PARENT: &str = "
    const { Worker } = require('worker_threads');
    for (let i = 0; i < Number(process.env.COUNT); i++) {
      const worker = new Worker(process.env.CODE, {
        eval: true, resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 2 },
      });
      worker.on('error', (error) => console.log(error.code));
      worker.on('exit', (code) => console.log(`exit ${code}`));
    }
    process.on('exit', () => console.log('the process goes on'));
";

const LEAK: &str = "
    class Leaked { constructor(i) { this.i = i; } }
    const all = [];
    for (;;) all.push(new Leaked(all.length));
";

fn run(place: &Path, flags: &[&str], code: &str, count: u32) -> Ended {
    Ended::of(
        oomhost()
            .current_dir(place)
            .env("CODE", code)
            .env("COUNT", count.to_string())
            .args(flags)
            .args(["-e", PARENT]),
    )
}

#[test]
fn a_full_worker_leaves_its_snapshot_and_the_process_goes_on() {
    let place = folder();
    let ended = run(place.path(), &[], LEAK, 1);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert_eq!(
        ended.stdout, "ERR_WORKER_OUT_OF_MEMORY\nexit 1\nthe process goes on\n",
        "{ended:#?}"
    );
    let [snapshot] = &snapshots(place.path())[..] else {
        panic!("{:?}\n{}", names(place.path()), ended.stderr);
    };
    // PREFIX.DATE.TIME.PID.THREAD.SEQUENCE.EXTENSION
    assert_eq!(snapshot.split('.').nth(4), Some("1"), "{snapshot}");
    is_whole(&place.path().join(snapshot));
    let [report] = &reports(place.path())[..] else {
        panic!("{:?}\n{}", names(place.path()), ended.stderr);
    };
    let text = std::fs::read(place.path().join(report)).expect("the report is readable");
    let report: serde_json::Value = serde_json::from_slice(&text).expect("the report is JSON");
    assert_eq!(report["header"]["threadId"], 1);
    assert_eq!(report["header"]["trigger"], "OOMError");
    for said in ["heap near its limit", ", worker 1, after", "Leaked"] {
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
}

#[test]
fn several_workers_that_are_full_at_once_leave_a_snapshot_each() {
    let place = folder();
    let ended = run(place.path(), &[], LEAK, 3);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let found = snapshots(place.path());
    assert_eq!(found.len(), 3, "{}", ended.stderr);
    for snapshot in found {
        is_whole(&place.path().join(snapshot));
    }
    assert_eq!(ended.stdout.matches("ERR_WORKER_OUT_OF_MEMORY").count(), 3);
}

#[test]
fn one_large_request_ends_the_worker_alone() {
    let place = folder();
    let code = "const list = []; for (;;) list.push(new Array(1e6).fill(0));";
    let ended = run(place.path(), &[], code, 1);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(
        ended.stdout.contains("ERR_WORKER_OUT_OF_MEMORY"),
        "{ended:#?}"
    );
    assert_eq!(snapshots(place.path()).len(), 1, "{}", ended.stderr);
}

#[test]
fn snapshots_by_count_come_before_the_end() {
    let place = folder();
    let flags = ["--heapsnapshot-near-heap-limit=1"];
    let ended = run(place.path(), &flags, LEAK, 1);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert_eq!(snapshots(place.path()).len(), 1, "{}", ended.stderr);
    assert!(
        ended.stdout.contains("ERR_WORKER_OUT_OF_MEMORY"),
        "{ended:#?}"
    );
}

#[test]
fn a_process_that_ends_waits_for_a_workers_snapshot() {
    let place = folder();
    let parent = "
        const { Worker } = require('worker_threads');
        const fs = require('fs');
        new Worker(process.env.CODE, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 24 } });
        setInterval(() => {
          if (fs.readdirSync('.').some((name) => name.endsWith('.partial'))) process.exit(5);
        }, 1);
    ";
    let ended = Ended::of(
        oomhost()
            .current_dir(place.path())
            .env("CODE", LEAK)
            .args(["-e", parent]),
    );
    // Where the capture was quicker than the look, the worker's error ended the process.
    assert!(matches!(ended.code, Some(5 | 1)), "{ended:#?}");
    let [snapshot] = &snapshots(place.path())[..] else {
        panic!("{:?}\n{}", names(place.path()), ended.stderr);
    };
    is_whole(&place.path().join(snapshot));
    let there = names(place.path());
    assert!(
        !there.iter().any(|name| name.ends_with(".partial")),
        "{there:?}"
    );
}

#[test]
fn a_heap_that_v8_cannot_start_in_is_full_at_once() {
    let place = folder();
    let parent = "
        const { Worker } = require('worker_threads');
        new Worker('', { eval: true, resourceLimits: { maxOldGenerationSizeMb: 2 } })
          .on('error', (error) => console.log(error.code));
    ";
    let ended = Ended::of(oomhost().current_dir(place.path()).args(["-e", parent]));
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert_eq!(ended.stdout, "ERR_WORKER_OUT_OF_MEMORY\n");
}
