//! What `oomhost diff` says.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::hash::Hash;

use serde::Serialize;

use super::source_maps::SourceMaps;
use super::text::{grouped, one_line, rank, size};
use crate::heap::{Account, Count, Doubt, Frame, Location, Site, printable};

/// The version of the JSON.
pub const SCHEMA: &str = "oomhost-diff/1";

/// Entries of a list in the text where nothing else is asked for.
const TOP: usize = 12;

/// Growth between snapshots.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diff {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The snapshots, in the order in which they were given.
    pub snapshots: Vec<SnapshotFacts>,
    /// What speaks against snapshots as they were given, in words.
    pub notes: Vec<String>,
    /// Constructors that grew; those that grew every time first, then by bytes.
    pub constructors: Vec<Growth>,
    /// Where the new objects are; the same order.
    pub places: Vec<PlaceGrowth>,
    /// Where the new objects were allocated; the same order. Empty where that was not tracked.
    pub sites: Vec<SiteGrowth>,
}

/// A snapshot.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotFacts {
    /// The path as it was given.
    pub path: String,
    /// Bytes of the heap.
    pub heap_bytes: u64,
    /// Nodes.
    pub nodes: u64,
}

/// How a constructor grew.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Growth {
    /// Its name.
    pub name: String,
    /// Whether there were more from each snapshot to the next.
    pub every_time: bool,
    /// Objects in each snapshot.
    pub counts: Vec<u64>,
    /// Bytes of their own in each snapshot.
    pub bytes: Vec<u64>,
    /// Objects in the last snapshot that the one before it did not have.
    pub new: u64,
}

/// Where new objects are.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlaceGrowth {
    /// The path of what holds them, as it would stand in the program.
    pub path: String,
    /// Their class.
    pub class: String,
    /// Whether each snapshot but the first had new ones here.
    pub every_time: bool,
    /// New objects in each snapshot but the first.
    pub new: Vec<u64>,
    /// Their bytes.
    pub new_bytes: Vec<u64>,
}

/// Where new objects were allocated.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteGrowth {
    /// The innermost frame and its callers, as far as they are kept.
    pub stack: Site,
    /// Whether each snapshot but the first had new ones from here.
    pub every_time: bool,
    /// New objects in each snapshot but the first.
    pub new: Vec<u64>,
    /// Their bytes.
    pub new_bytes: Vec<u64>,
}

impl Diff {
    /// Compares the accounts of snapshots.
    #[must_use]
    pub fn of(snapshots: &[(String, Account)]) -> Self {
        let accounts: Vec<&Account> = snapshots.iter().map(|(_, account)| account).collect();
        Self {
            schema: SCHEMA,
            snapshots: snapshots
                .iter()
                .map(|(path, account)| SnapshotFacts {
                    path: path.clone(),
                    heap_bytes: account.heap_bytes,
                    nodes: account.nodes,
                })
                .collect(),
            notes: notes(&accounts),
            constructors: constructors(&accounts),
            places: places(&accounts),
            sites: sites(&accounts),
        }
    }

    /// As text.
    #[must_use]
    pub fn text(&self, top: Option<usize>) -> String {
        let top = top.unwrap_or(TOP);
        let mut out = String::new();
        for (at, snapshot) in self.snapshots.iter().enumerate() {
            let _ = writeln!(
                out,
                "{}. {}: heap of {}, {} nodes",
                at + 1,
                printable(&snapshot.path),
                size(snapshot.heap_bytes),
                grouped(snapshot.nodes)
            );
        }
        for note in &self.notes {
            let _ = writeln!(out, "Note: {note}");
        }
        let mark = |every_time: bool| if every_time { '+' } else { ' ' };
        let several = self.snapshots.len() > 2;
        out.push_str("\nConstructors that grew");
        out.push_str(if several { " (+ every time):\n" } else { ":\n" });
        if self.constructors.is_empty() {
            out.push_str("  none\n");
        }
        for growth in self.constructors.iter().take(top) {
            let counts: Vec<String> = growth.counts.iter().map(|count| grouped(*count)).collect();
            let more = last_less_first(&growth.bytes);
            let _ = writeln!(
                out,
                "{} {:32} \u{d7}{}, +{}, {} new",
                if several {
                    mark(growth.every_time)
                } else {
                    ' '
                },
                one_line(&growth.name),
                counts.join(" \u{2192} "),
                size(more),
                grouped(growth.new)
            );
        }
        out.push_str("\nWhere new objects are");
        out.push_str(if several { " (+ every time):\n" } else { ":\n" });
        if self.places.is_empty() {
            out.push_str("  none\n");
        }
        for place in self.places.iter().take(top) {
            let counts: Vec<String> = place.new.iter().map(|count| grouped(*count)).collect();
            let _ = writeln!(
                out,
                "{} {}: {} \u{d7}{}, {}",
                if several { mark(place.every_time) } else { ' ' },
                place.path,
                one_line(&place.class),
                counts.join(", "),
                size(sum(&place.new_bytes))
            );
        }
        if !self.sites.is_empty() {
            out.push_str("\nWhere new objects were allocated");
            out.push_str(if several { " (+ every time):\n" } else { ":\n" });
        }
        for site in self.sites.iter().take(top) {
            let counts: Vec<String> = site.new.iter().map(|count| grouped(*count)).collect();
            let stack: Vec<String> = site.stack.iter().map(frame).collect();
            let _ = writeln!(
                out,
                "{} {}: \u{d7}{}, {}",
                if several { mark(site.every_time) } else { ' ' },
                stack.join(" \u{2190} "),
                counts.join(", "),
                size(sum(&site.new_bytes))
            );
        }
        out
    }
}

/// A frame in words.
/// Where snapshots are not as they should be given.
fn notes(accounts: &[&Account]) -> Vec<String> {
    let doubts = accounts.iter().zip(1..).filter_map(|(account, number)| {
        let before = number - 1;
        Some(match account.doubt? {
            Doubt::OtherProcess => format!(
                "{before} and {number} do not seem to be of one process: which objects are new cannot be \
                 told, only how many there are"
            ),
            Doubt::Older => format!("{before} seems to be younger than {number}: give the oldest first"),
        })
    });
    doubts.collect()
}

fn frame(frame: &Frame) -> String {
    let function = match &*frame.function {
        "" => "(anonymous)".to_owned(),
        name => one_line(name),
    };
    match (&*frame.script, frame.line) {
        ("", _) => function,
        (script, 0) => format!("{function} in {}", one_line(script)),
        (script, line) => format!("{function} {}:{line}:{}", one_line(script), frame.column),
    }
}

fn sum(bytes: &[u64]) -> u64 {
    bytes.iter().copied().fold(0, u64::saturating_add)
}

fn last_less_first(values: &[u64]) -> u64 {
    match values {
        [first, .., last] => last.saturating_sub(*first),
        _ => 0,
    }
}

fn constructors(accounts: &[&Account]) -> Vec<Growth> {
    let names: BTreeSet<&String> = accounts
        .iter()
        .flat_map(|account| account.classes.keys())
        .collect();
    let mut grown: Vec<Growth> = names
        .into_iter()
        .map(|name| {
            let of = |account: &&Account| account.classes.get(name).copied().unwrap_or_default();
            let counts: Vec<Count> = accounts.iter().map(of).collect();
            let last = accounts.last().and_then(|account| account.new.get(name));
            Growth {
                name: name.clone(),
                every_time: counts.windows(2).all(|pair| pair[1].count > pair[0].count),
                counts: counts.iter().map(|count| count.count).collect(),
                bytes: counts.iter().map(|count| count.bytes).collect(),
                new: last.map_or(0, |count| count.count),
            }
        })
        .filter(|growth| last_less_first(&growth.counts) > 0 || last_less_first(&growth.bytes) > 0)
        .collect();
    grown.sort_by_key(|growth| {
        (
            Reverse(growth.every_time),
            Reverse(last_less_first(&growth.bytes)),
            rank(&growth.name),
        )
    });
    grown
}

fn places(accounts: &[&Account]) -> Vec<PlaceGrowth> {
    let grown = grown(accounts, |account| &account.places);
    grown
        .into_iter()
        .map(|((path, class), every_time, new, new_bytes)| PlaceGrowth {
            path,
            class,
            every_time,
            new,
            new_bytes,
        })
        .collect()
}

fn sites(accounts: &[&Account]) -> Vec<SiteGrowth> {
    let mut maps = SourceMaps::default();
    let grown = grown(accounts, |account| &account.sites);
    grown
        .into_iter()
        .map(|(stack, every_time, new, new_bytes)| SiteGrowth {
            stack: stack
                .into_iter()
                .map(|frame| written(frame, &mut maps))
                .collect(),
            every_time,
            new,
            new_bytes,
        })
        .collect()
}

/// A frame where a source map says that it was written.
fn written(frame: Frame, maps: &mut SourceMaps) -> Frame {
    let place = maps.original(Location {
        script: Some(frame.script),
        line: frame.line,
        column: frame.column,
        compiled: None,
    });
    Frame {
        function: frame.function,
        script: place.script.unwrap_or_default(),
        line: place.line,
        column: place.column,
    }
}

/// What the later accounts have of new objects, by key: whether every time, counts and bytes in each.
/// Those that came every time first, then by bytes.
fn grown<K: Clone + Ord + Hash>(
    accounts: &[&Account],
    part: impl for<'a> Fn(&'a Account) -> &'a HashMap<K, Count>,
) -> Vec<(K, bool, Vec<u64>, Vec<u64>)> {
    let later = accounts.get(1..).unwrap_or_default();
    let keys: BTreeSet<&K> = later
        .iter()
        .flat_map(|account| part(account).keys())
        .collect();
    let mut grown: Vec<(K, bool, Vec<u64>, Vec<u64>)> = keys
        .into_iter()
        .map(|key| {
            let of = |account: &&Account| part(account).get(key).copied().unwrap_or_default();
            let counts: Vec<Count> = later.iter().map(of).collect();
            (
                key.clone(),
                counts.iter().all(|count| count.count > 0),
                counts.iter().map(|count| count.count).collect(),
                counts.iter().map(|count| count.bytes).collect(),
            )
        })
        .collect();
    grown.sort_by_key(|(_, every_time, _, bytes)| (Reverse(*every_time), Reverse(sum(bytes))));
    grown
}
