//! Our generator says of a heap what V8's own says: both are asked for the same heap, one after the
//! other, at the limit of every leaky fixture.
//!
//! Equal are, as multisets: nodes by type, name, self size, number of edges and detachedness; edges
//! by type, name and the nodes at both ends; locations. Ids are left out, within names too, and must
//! be unique. Our file must not be the larger one.

use std::collections::HashSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::path::Path;

use serde::Deserialize;

use crate::child::{Ended, oomhost};
use crate::fixtures::{Fixture, one_test_each_leak};

#[path = "../stock_v8/names.rs"]
mod names;
use names::without_ids;

/// Asks for V8's snapshot beside ours (`capture/tiers.rs`).
const V8_BESIDE: &str = "OOMHOST_TEST_V8_BESIDE";

/// Differences that are worth printing.
const SHOWN: usize = 20;

const NODE_FIELDS: usize = 6;
const EDGE_FIELDS: usize = 3;
const LOCATION_FIELDS: usize = 5;

/// V8's types of edges that have an index in place of a name: element and hidden.
const INDEXED: [i64; 2] = [1, 4];

/// V8 writes an index of 2^31 and more as a negative number, we as it is.
const INDEX: i64 = 0xFFFF_FFFF;

fn has_the_graph_of_v8(fixture: &Fixture) {
    let version = Ended::of(oomhost().arg("--version"));
    if !version.stdout.contains(", patched)") {
        println!("skipped: there is no generator for this target");
        return;
    }
    // Nothing compiles between the two, with handles of its own.
    let run = fixture.run_with(&["--single-threaded"], &[(V8_BESIDE, "1")]);
    let named = |ending: &str| {
        let name = run.files.iter().find(|name| name.ends_with(ending));
        run.folder
            .path()
            .join(name.unwrap_or_else(|| panic!("no {ending}: {}", run.account())))
    };
    let (ours, v8s) = (named(".heapsnapshot"), named(".heapsnapshot.v8"));
    let size = |path: &Path| fs::metadata(path).expect("the file is there").len();
    let (our_size, v8_size) = (size(&ours), size(&v8s));
    let [ours, v8s] = [&ours, &v8s].map(|path| Snapshot::read(path));
    assert_eq!(ours.header.meta, v8s.header.meta);
    assert!(ours.has_unique_ids());
    let different = different(&ours, &v8s, Snapshot::node_rows, Snapshot::node)
        + different(&ours, &v8s, Snapshot::edge_rows, Snapshot::edge)
        + different(&ours, &v8s, Snapshot::location_rows, Snapshot::location);
    assert_eq!(different, 0, "rows that only one has");
    assert!(our_size <= v8_size, "{our_size} bytes, V8's {v8_size}");
}

#[derive(Deserialize)]
struct Snapshot {
    #[serde(rename = "snapshot")]
    header: Header,
    nodes: Vec<i64>,
    /// Signed, because V8 writes an index of 2^31 or more as a negative number.
    edges: Vec<i64>,
    locations: Vec<i64>,
    strings: Vec<String>,
    /// By node: the hash of what is compared of it.
    #[serde(skip)]
    node_hashes: Vec<u64>,
}

#[derive(Deserialize)]
struct Header {
    meta: serde_json::Value,
    node_count: usize,
    edge_count: usize,
}

impl Snapshot {
    fn read(path: &Path) -> Self {
        let text = fs::read(path).expect("the snapshot is readable");
        let mut snapshot: Self = serde_json::from_slice(&text).expect("the snapshot is JSON");
        for string in &mut snapshot.strings {
            *string = without_ids(string);
        }
        assert_eq!(
            snapshot.nodes.len(),
            snapshot.header.node_count * NODE_FIELDS
        );
        assert_eq!(
            snapshot.edges.len(),
            snapshot.header.edge_count * EDGE_FIELDS
        );
        snapshot.node_hashes = (0..snapshot.header.node_count)
            .map(|node| {
                let row = snapshot.node_row(node);
                hash((row[0], snapshot.string(row[1]), row[3], row[4], row[5]))
            })
            .collect();
        snapshot
    }

    fn string(&self, index: i64) -> &str {
        &self.strings[usize::try_from(index).expect("an index")]
    }

    fn node_row(&self, node: usize) -> &[i64] {
        &self.nodes[node * NODE_FIELDS..][..NODE_FIELDS]
    }

    fn has_unique_ids(&self) -> bool {
        let ids = self.nodes.chunks_exact(NODE_FIELDS).map(|row| row[2]);
        ids.collect::<HashSet<_>>().len() == self.header.node_count
    }

    fn node_rows(&self) -> Vec<u64> {
        self.node_hashes.clone()
    }

    fn node(&self, node: usize) -> String {
        let row = self.node_row(node);
        format!(
            "type {}, {:?}, {:?}",
            row[0],
            self.string(row[1]),
            &row[3..]
        )
    }

    fn edge_rows(&self) -> Vec<u64> {
        let mut rows = self.edges.chunks_exact(EDGE_FIELDS);
        let mut hashes = Vec::with_capacity(self.header.edge_count);
        for from in 0..self.header.node_count {
            let count = usize::try_from(self.node_row(from)[4]).expect("a count");
            for row in rows.by_ref().take(count) {
                let ends = (self.node_hashes[from], self.node_hashes[target(row[2])]);
                hashes.push(if INDEXED.contains(&row[0]) {
                    hash((row[0], row[1] & INDEX, ends))
                } else {
                    hash((row[0], self.string(row[1]), ends))
                });
            }
        }
        assert_eq!(hashes.len(), self.header.edge_count, "edge counts add up");
        hashes
    }

    fn edge(&self, edge: usize) -> String {
        let row = &self.edges[edge * EDGE_FIELDS..][..EDGE_FIELDS];
        let name = if INDEXED.contains(&row[0]) {
            (row[1] & INDEX).to_string()
        } else {
            self.string(row[1]).to_owned()
        };
        format!(
            "type {}, {name:?}, to {}",
            row[0],
            self.node(target(row[2]))
        )
    }

    fn location_rows(&self) -> Vec<u64> {
        self.locations
            .chunks_exact(LOCATION_FIELDS)
            .map(|row| {
                let [object, script] = [row[0], row[2]].map(|node| self.node_hashes[target(node)]);
                hash((object, row[1], script, row[3], row[4]))
            })
            .collect()
    }

    fn location(&self, location: usize) -> String {
        let row = &self.locations[location * LOCATION_FIELDS..][..LOCATION_FIELDS];
        format!("{:?} of {}", &row[1..], self.node(target(row[0])))
    }
}

/// The node that an edge or a location refers to.
fn target(to: i64) -> usize {
    let index = usize::try_from(to).expect("an index");
    assert_eq!(index % NODE_FIELDS, 0);
    index / NODE_FIELDS
}

fn hash(row: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    row.hash(&mut hasher);
    hasher.finish()
}

/// How many rows only one side has, in whatever order they stand; the first are printed.
fn different(
    ours: &Snapshot,
    v8s: &Snapshot,
    rows: fn(&Snapshot) -> Vec<u64>,
    show: fn(&Snapshot, usize) -> String,
) -> usize {
    let sorted = |snapshot: &Snapshot| {
        let mut rows: Vec<(u64, usize)> = rows(snapshot)
            .into_iter()
            .enumerate()
            .map(|(index, hash)| (hash, index))
            .collect();
        rows.sort_unstable();
        rows
    };
    let (a, b) = (sorted(ours), sorted(v8s));
    let (mut i, mut j, mut count) = (0, 0, 0);
    while i < a.len() || j < b.len() {
        let (left, right) = (a.get(i), b.get(j));
        if let (Some(left), Some(right)) = (left, right)
            && left.0 == right.0
        {
            i += 1;
            j += 1;
            continue;
        }
        let is_ours = right.is_none() || left.is_some_and(|left| left.0 < right.expect("one").0);
        if count < SHOWN {
            let (whose, snapshot, row) = if is_ours {
                ("ours", ours, a[i].1)
            } else {
                ("V8's", v8s, b[j].1)
            };
            println!("only {whose}: {}", show(snapshot, row));
        }
        count += 1;
        if is_ours {
            i += 1;
        } else {
            j += 1;
        }
    }
    count
}

one_test_each_leak! { has_the_graph_of_v8 }
