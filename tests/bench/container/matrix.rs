//! What the command line asks for: which cells, of which programs.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::cell::{self, Cell, Limit, Program};

/// The shapes, as `shapes.js` has them.
const SHAPES: [&str; 9] = [
    "small", "closures", "array-1m", "array-4m", "map", "strings", "list", "typed", "mixed",
];

/// Heap limits, in MB (`--max-old-space-size`).
const HEAPS: [u64; 3] = [64, 256, 1024];

/// What the container has beyond what the program used just before.
pub const LIMITS: [Limit; 5] = [
    Limit(Some(32)),
    Limit(Some(64)),
    Limit(Some(128)),
    Limit(Some(512)),
    Limit(None),
];

/// How the heap fills.
const GROWTHS: [&str; 2] = ["slow", "fast"];

/// What a capture of a heap of so many MB may take.
pub fn patience(heap: u64) -> Duration {
    Duration::from_mins(if heap > 256 { 3 } else { 1 })
}

/// What is to be run, and how.
pub struct Plan {
    pub cells: Vec<Cell>,
    pub programs: Vec<Program>,
    /// What a capture may take, where it is not [`patience`].
    pub seconds: Option<u64>,
    /// Where rows are appended; what is there already is not run again.
    pub out: Option<PathBuf>,
}

/// What a cell may take with `--quick`: with the time until the limits less than three minutes.
const QUICK_SECONDS: u64 = 18;

/// Reads the command line; ends the program where it is wrong.
pub fn plan() -> Plan {
    let matches = command().get_matches();
    let quick = matches.get_flag("quick");
    let mut programs = vec![Program::oomhost()];
    let node = matches.get_one::<PathBuf>("node").cloned();
    if let Some(path) = node.or_else(|| std::env::var_os("NODE26").map(PathBuf::from)) {
        programs.push(Program {
            name: "node",
            path,
            flags: &["--heapsnapshot-near-heap-limit=1"],
            environment: &[("NODE_DEBUG_NATIVE", "diagnostics")],
            at_limit: "Invoked HeapSnapshotNearHeapLimitCallback",
            goes_on: true,
        });
    }
    let wanted = chosen(&matches, "program");
    programs.retain(|program| wanted.is_empty() || wanted.iter().any(|name| name == program.name));
    let seconds = matches.get_one("seconds").copied();
    Plan {
        cells: cells(&matches, quick),
        programs,
        seconds: seconds.or(quick.then_some(QUICK_SECONDS)),
        out: matches.get_one("out").cloned(),
    }
}

fn command() -> Command {
    let list = |name: &'static str, values: Vec<String>| {
        let known = values.join(",");
        let parse = move |text: &str| {
            let is_known = values.iter().any(|value| value == text);
            is_known
                .then(|| text.to_owned())
                .ok_or(format!("known are {}", values.join(",")))
        };
        Arg::new(name)
            .long(name)
            .value_name("LIST")
            .help(format!("Only these of {known}"))
            .value_delimiter(',')
            .value_parser(parse)
    };
    Command::new("container")
        .about("Captures at the heap's limit in real memory cgroups")
        .arg(
            Arg::new("node")
                .long("node")
                .value_name("PATH")
                .help("The Node to compare with; or NODE26 in the environment")
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(
            Arg::new("quick")
                .long("quick")
                .action(ArgAction::SetTrue)
                .help("A subset of three minutes for oomhost, as many for Node"),
        )
        .arg(
            Arg::new("seconds")
                .long("seconds")
                .value_name("N")
                .help("What a capture may take [default: 60, 180 at 1024 MB, 18 with --quick]")
                .value_parser(value_parser!(u64).range(1..)),
        )
        .arg(
            Arg::new("out")
                .long("out")
                .value_name("FILE")
                .help("Append rows to this .md or .tsv; its cells are not run again")
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(list("program", texts(&["oomhost", "node"])))
        .arg(list("shape", texts(&SHAPES)))
        .arg(list("heap", texts(&HEAPS)))
        .arg(list("growth", texts(&GROWTHS)))
        .arg(list("limit", LIMITS.iter().map(limit_argument).collect()))
        // Cargo adds it for every benchmark.
        .arg(
            Arg::new("bench")
                .long("bench")
                .hide(true)
                .action(ArgAction::SetTrue),
        )
}

fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

/// A limit as the command line has it.
fn limit_argument(limit: &Limit) -> String {
    limit.to_string().trim_start_matches('+').to_owned()
}

fn chosen(matches: &ArgMatches, name: &str) -> Vec<String> {
    matches
        .get_many(name)
        .map(|values| values.cloned().collect())
        .unwrap_or_default()
}

fn cells(matches: &ArgMatches, quick: bool) -> Vec<Cell> {
    let wants = |name, value: String| {
        let values = chosen(matches, name);
        values.is_empty() || values.contains(&value)
    };
    let mut cells = Vec::new();
    for heap in HEAPS {
        for shape in SHAPES {
            for growth in GROWTHS {
                for limit in LIMITS {
                    let wanted = wants("heap", heap.to_string())
                        && wants("shape", shape.to_owned())
                        && wants("growth", growth.to_owned())
                        && wants("limit", limit_argument(&limit));
                    let cell = Cell {
                        shape,
                        heap,
                        growth,
                        limit,
                    };
                    if wanted && (!quick || cell::quick().contains(&cell)) {
                        cells.push(cell);
                    }
                }
            }
        }
    }
    cells
}
