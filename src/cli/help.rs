//! `--help` and `--version`. The help is made from the table of options by clap.

use clap::{Arg, ArgAction};

use super::foreign::V8_SHOWN;
use super::options::{Group, Spec, Takes};
use super::table::OPTIONS;

const USAGE: &str = "oomhost [options] script.js [arguments]
       oomhost [options] -e CODE [arguments]
       oomhost run [options] script.js [arguments]
       oomhost analyze FILE [--top N] [--format text|json|html|markdown] [--object @ID] ...
       oomhost diff FILE FILE... [--top N] [--format text|json]
       oomhost flame FILE.cpuprofile|FILE.heapprofile [--output PATH]
       oomhost recover FILE.partial [--output PATH]
       oomhost test [PATH...] [--reporter FORMAT[=FILE]] [--artifacts DIR] [--prove] ...
       oomhost unpack FILE.gz|FILE.zst [--output PATH]";

const ABOUT: &str =
    "Runs Node-style scripts on V8 and, when memory runs out, leaves a complete heap snapshot.

Options end at the script: everything behind it is the script's. Without a script, or with -, the
script is read from stdin. -- ends the options. A script that is named like a command (run, analyze,
test, diff, flame, recover, unpack) is reached as ./test or with: oomhost run test";

const V8_HEADING: &str = "V8 (any flag of V8 works; --v8-options lists them)";

const AFTER: &str = "Long options may be written with dashes or underscores, and their value behind = or as the next
word. NODE_OPTIONS may hold options too; the command line wins.

Examples:
  oomhost --max-old-space-size=100 leak.js
      run with a heap of 100 MB; when it is full, leave Heap.*.heapsnapshot
  oomhost --diagnostic-dir=/var/dumps --oom-snapshot=app-%p-%n.heapsnapshot app.js
      choose where the snapshot goes and what it is called
  oomhost --heapsnapshot-near-heap-limit=3 app.js
      write up to three snapshots and go on after each of them
  oomhost -p 'heapSnapshot()'
      write a snapshot now, print its path
  oomhost analyze Heap.20260101.120000.42.0.001.heapsnapshot
      tell what is in it, leak suspects first; analyze --help lists the questions
  oomhost diff 1.heapsnapshot 2.heapsnapshot 3.heapsnapshot
      tell what grew from one to the next
  oomhost recover Heap.20260101.120000.42.0.001.heapsnapshot.partial
      make a snapshot of what a capture that was killed left
  oomhost flame CPU.20260101.120000.42.0.001.cpuprofile
      draw a flame graph (SVG) of a profile, list its largest functions
  oomhost test tests --reporter=junit=leaks.xml
      run the leak tests in a folder (*.leak.js), with a report for CI
  oomhost --snapshot-compress=zstd app.js
      compress snapshots while they are written; unpack makes the plain file

Exit codes:
    0  all is well
    1  an uncaught error or rejection, or a script that is not there;
       analyze, diff, flame, recover and unpack: a file that cannot be used
    9  a bad option or value: nothing was started
    0, 1, 2, 3  test: all as stated, a leak, bad usage, the runner failed
   13  a top-level await that nothing settles
  134  aborted (SIGABRT): memory ran out
  128+ ended by a signal";

/// The text of `--help`, ending in a newline.
pub(super) fn text() -> String {
    let options = OPTIONS
        .iter()
        .filter(|spec| spec.group != Group::Hidden)
        .map(option);
    let v8 = V8_SHOWN.iter().map(|&(name, value, help)| {
        let arg = Arg::new(name)
            .long(name)
            .help(help)
            .help_heading(V8_HEADING);
        with_value(arg, value)
    });
    clap::Command::new("oomhost")
        .override_usage(USAGE)
        .about(ABOUT)
        .after_help(AFTER)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .args(options.chain(v8))
        .render_help()
        .to_string()
}

fn option(spec: &'static Spec) -> Arg {
    let arg = Arg::new(spec.long)
        .long(spec.shown.unwrap_or(spec.long))
        .short(spec.short)
        .help(spec.help)
        .help_heading(spec.group.heading());
    match spec.takes {
        Takes::Nothing | Takes::Switch => with_value(arg, None),
        Takes::Value(name) => with_value(arg, Some(name)),
        Takes::Optional(name) => with_value(arg, Some(name))
            .num_args(0..=1)
            .require_equals(true),
        Takes::Code => with_value(arg, Some("CODE")),
    }
}

fn with_value(arg: Arg, value: Option<&'static str>) -> Arg {
    match value {
        Some(name) => arg.value_name(name),
        None => arg.action(ArgAction::SetTrue),
    }
}

/// The text of `--version`, without a newline; `version` is V8's own, and it is `patched` or not.
#[must_use]
pub fn version(version: &str, patched: bool) -> String {
    let kind = if patched { "patched" } else { "unpatched" };
    format!(
        "oomhost {} (V8 {version}, {kind})",
        env!("CARGO_PKG_VERSION")
    )
}
