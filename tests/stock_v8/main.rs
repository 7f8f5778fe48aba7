//! The patches of `third_party/v8` change what a capture costs, not what it says: the same heap,
//! captured by the program and by an oomhost with stock V8, has the same nodes and edges.
//!
//! The stock oomhost is this test itself. It links the library alone, and the patches are linked
//! to the program only; a child that finds [`BE_STOCK`] in its environment is that oomhost.

use std::collections::HashMap;
use std::fmt::Debug;
use std::fs;
use std::hash::Hash;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

mod names;

use names::without_ids;
use serde::Deserialize;

const BE_STOCK: &str = "OOMHOST_TEST_STOCK";

const SCRIPT: &str = include_str!("heap.js");

/// Both runs hash alike, and nothing compiles beside the script.
const FLAGS: [&str; 3] = ["--hash-seed=1", "--random-seed=1", "--single-threaded"];

/// Differences that are worth printing.
const SHOWN: usize = 20;

fn main() -> ExitCode {
    if std::env::var_os(BE_STOCK).is_some() {
        return oomhost::run(oomhost::V8::Stock);
    }
    let program = Path::new(env!("CARGO_BIN_EXE_oomhost"));
    let stock = std::env::current_exe().expect("the test has a path");
    assert!(version(&stock).contains(", unpatched)"));
    if !version(program).contains(", patched)") {
        println!("skipped: there are no patches of V8 for this target");
        return ExitCode::SUCCESS;
    }
    let [patched, stock] = [program, &stock].map(capture);
    let nodes = differences(patched.nodes(), stock.nodes());
    let edges = differences(patched.edges(), stock.edges());
    println!(
        "patched and stock V8, the same heap: {} nodes, {} edges, {} and {} different",
        patched.nodes.len() / patched.node_width(),
        patched.edges.len() / patched.edge_width(),
        nodes,
        edges
    );
    let (patched, stock) = (patched.peak / 1024, stock.peak / 1024);
    println!("peak memory: {patched} MiB patched, {stock} MiB stock");
    // Stock V8 takes 4 kB for each index of the longest array: 200 MB here.
    assert!(patched + 100 < stock, "the patches are not in effect");
    if nodes + edges == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    // For both, since a script's heap holds its environment.
    command.env_remove("NODE_OPTIONS").env(BE_STOCK, "1");
    command.stdin(Stdio::null());
    command
}

fn version(program: &Path) -> String {
    let output = command(program).arg("--version").output();
    String::from_utf8(output.expect("the program starts").stdout).expect("UTF-8")
}

/// What [`SCRIPT`] holds on to. The program runs under the same path, in the same folder, whichever
/// it is, since these are in the heap too.
fn capture(program: &Path) -> Snapshot {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stock_v8");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).expect("a folder");
    let path = folder.join("oomhost");
    fs::hard_link(program, &path).expect("a link in the target's own folder");
    fs::write(folder.join("heap.js"), SCRIPT).expect("the script can be written");
    let output = command(&path)
        .args(FLAGS)
        .arg("heap.js")
        .current_dir(&folder)
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{output:?}");
    let text = fs::read(folder.join("kept.heapsnapshot")).expect("the snapshot is there");
    fs::remove_dir_all(&folder).expect("the folder goes");
    let mut snapshot: Snapshot = serde_json::from_slice(&text).expect("a snapshot");
    let peak = String::from_utf8_lossy(&output.stdout);
    for string in &mut snapshot.strings {
        *string = without_ids(string);
    }
    snapshot.peak = peak.trim().parse().expect("the script prints its peak");
    snapshot
}

#[derive(Deserialize)]
struct Snapshot {
    #[serde(rename = "snapshot")]
    header: Header,
    nodes: Vec<i64>,
    /// Signed, because V8 writes an index of 2^31 or more as a negative number.
    edges: Vec<i64>,
    strings: Vec<String>,
    /// The most memory that its process had, in KiB.
    #[serde(skip)]
    peak: u64,
}

#[derive(Deserialize)]
struct Header {
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    node_fields: Vec<String>,
    edge_fields: Vec<String>,
    edge_types: (Vec<String>, serde_json::Value, serde_json::Value),
}

/// Type, name, self size in bytes, number of edges.
type Node<'a> = (i64, &'a str, i64, i64);

/// Type, name, where it starts, where it leads.
type Edge<'a> = (i64, EdgeName<'a>, Node<'a>, Node<'a>);

#[derive(Debug, PartialEq, Eq, Hash)]
enum EdgeName<'a> {
    Index(i64),
    Text(&'a str),
}

impl Snapshot {
    fn node_width(&self) -> usize {
        self.header.meta.node_fields.len()
    }

    fn edge_width(&self) -> usize {
        self.header.meta.edge_fields.len()
    }

    fn string(&self, index: i64) -> &str {
        &self.strings[usize::try_from(index).expect("an index")]
    }

    fn nodes(&self) -> Vec<Node<'_>> {
        let [kind, name, size, edges] = columns(
            &self.header.meta.node_fields,
            ["type", "name", "self_size", "edge_count"],
        );
        self.nodes
            .chunks_exact(self.node_width())
            .map(|row| (row[kind], self.string(row[name]), row[size], row[edges]))
            .collect()
    }

    fn edges(&self) -> Vec<Edge<'_>> {
        let meta = &self.header.meta;
        let [kind, name, to] = columns(&meta.edge_fields, ["type", "name_or_index", "to_node"]);
        let indexed: Vec<bool> = meta
            .edge_types
            .0
            .iter()
            .map(|kind| matches!(kind.as_str(), "element" | "hidden"))
            .collect();
        let nodes = self.nodes();
        let width = self.node_width();
        let mut rows = self.edges.chunks_exact(self.edge_width());
        let mut edges = Vec::new();
        for from in &nodes {
            for row in rows
                .by_ref()
                .take(usize::try_from(from.3).expect("a count"))
            {
                let is_indexed = indexed[usize::try_from(row[kind]).expect("a type")];
                let target = usize::try_from(row[to]).expect("an index") / width;
                let name = if is_indexed {
                    // V8 writes 2^31 and more as negative numbers, our generator as they are.
                    EdgeName::Index(row[name] & 0xFFFF_FFFF)
                } else {
                    EdgeName::Text(self.string(row[name]))
                };
                edges.push((row[kind], name, *from, nodes[target]));
            }
        }
        edges
    }
}

fn columns<const N: usize>(fields: &[String], names: [&str; N]) -> [usize; N] {
    names.map(|name| {
        fields
            .iter()
            .position(|field| field == name)
            .unwrap_or_else(|| panic!("no column {name}"))
    })
}

/// How many rows only one side has, in whatever order they stand; the first are printed.
fn differences<T: Hash + Eq + Debug>(patched: Vec<T>, stock: Vec<T>) -> usize {
    let mut balance: HashMap<T, isize> = HashMap::new();
    for row in patched {
        *balance.entry(row).or_default() += 1;
    }
    for row in stock {
        *balance.entry(row).or_default() -= 1;
    }
    balance.retain(|_, count| *count != 0);
    for (row, count) in balance.iter().take(SHOWN) {
        println!("{count:+} in the patched capture: {row:?}");
    }
    balance.values().map(|count| count.unsigned_abs()).sum()
}
