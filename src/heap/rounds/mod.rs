//! What a scenario leaves behind each time: snapshots of one process are taken between rounds of its
//! repetitions, and what more objects of are kept after every round has leaked.
//!
//! An object's id tells in which round it was made, because ids are given in the order in which
//! snapshots find objects. So what counts is not how many objects there are, but how many of each
//! round are still there at the end: a cache that replaces its entries keeps none of the first round,
//! and what is made once is not there a second time.

mod cuts;
mod view;

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::graph::{Graph, Node};
use super::locations::{Location, Locations};
use super::path::{Path, SourcePath};
use super::printable::printable;
use super::snapshot::Snapshot;
use super::suspects::signature;

pub use cuts::{Cut as LeakCut, Operation};
use view::{Site, View};

/// A kind leaks if each round left one object in so many repetitions.
const SELDOM: u64 = 8;

/// Bytes that an object must gain in each repetition to be told of for its size: one element of an array.
const GAIN: u64 = 4;

/// How much faster an object may grow in one round than in another: tables grow in steps.
const UNEVEN: u64 = 8;

/// Leaks that are told of, at most.
const MOST: usize = 10;

/// Kinds that are told of in one place, at most.
const KINDS: usize = 8;

/// The snapshots of one scenario, as far as they matter for the next.
#[derive(Debug)]
pub struct Rounds {
    /// Where a class comes in a list of what a programmer may know: the program's own first.
    rank: fn(&str) -> u8,
    moments: Vec<Moment>,
    /// The ids of the objects of each leak that was found last.
    leaked: Vec<Vec<u32>>,
}

/// What is kept of a snapshot.
#[derive(Debug)]
struct Moment {
    /// Repetitions since the snapshot before.
    repetitions: u64,
    /// The last id that was given.
    last_id: u32,
    /// Bytes of each object with what only belongs to it, by id; of the first snapshot's objects.
    extents: FxHashMap<u32, u64>,
}

/// A place that keeps more after every round.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Leak {
    /// What leaks, by its constructor or, with `()`, the function that closures are of.
    pub culprit: String,
    /// The same in every run: a hash of the path and the culprit.
    pub signature: String,
    /// Where it is kept, as one would write it in the program.
    pub path: String,
    /// How many objects the rounds have left there, by kind; the culprit first. Empty where one object
    /// grows.
    pub kinds: Vec<LeakedKind>,
    /// Bytes that are there more than before the first round.
    pub bytes: u64,
    /// The same for one repetition.
    pub bytes_each: f64,
    /// Repetitions in all rounds.
    pub repetitions: u64,
    /// The path from the root.
    pub retainers: Vec<Retainer>,
    /// Where the culprit's constructor, or the function, is defined.
    pub location: Option<Location>,
    /// What would have to be cut for the objects to die, the nearest to them first.
    pub cuts: Vec<LeakCut>,
}

/// What is left of a leak's objects after a cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Survivors {
    /// How many there were.
    pub objects: usize,
    /// How many are still reached.
    pub alive: usize,
    /// What would have to be cut for most of those to die, the nearest to them first.
    pub cuts: Vec<LeakCut>,
}

/// Objects of one kind in one place.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeakedKind {
    /// The constructor, or the function and `()`.
    pub name: String,
    /// Objects that each round left.
    pub rounds: Vec<u64>,
    /// Objects for one repetition.
    pub each: f64,
    /// Bytes of the objects' own.
    pub bytes: u64,
}

/// One reference of a path and what it leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Retainer {
    /// The type of the edge, in V8's words.
    pub edge: String,
    /// Its name or index.
    pub name: String,
    /// The class of what it leads to; of a function its name.
    pub object: String,
    /// The id of that.
    pub id: u32,
}

impl Rounds {
    /// Starts without a snapshot; `rank` says how much a class's name tells a programmer, least first.
    #[must_use]
    pub fn new(rank: fn(&str) -> u8) -> Self {
        Self {
            rank,
            moments: Vec::new(),
            leaked: Vec::new(),
        }
    }

    /// Looks at the snapshot after another round; the first one is before all rounds. Returns what has
    /// grown in every round so far.
    pub fn look(
        &mut self,
        snapshot: &Snapshot<'_>,
        graph: &Graph<'_>,
        repetitions: u64,
    ) -> Vec<Leak> {
        let births: Vec<u32> = self.moments.iter().map(|moment| moment.last_id).collect();
        let view = View::of(graph, &births);
        let first = self.moments.is_empty();
        let extents = match self.moments.first() {
            None => view.extents(graph, |_| true),
            Some(moment) => view.extents(graph, |id| moment.extents.contains_key(&id)),
        };
        self.moments.push(Moment {
            repetitions,
            last_id: view.last_id,
            extents,
        });
        if first {
            return Vec::new();
        }
        let mut found = self.counted(snapshot, graph, &view);
        self.add_grown(graph, &view, &mut found);
        found.sort_by(|a, b| (b.bytes, &a.path).cmp(&(a.bytes, &b.path)));
        found.truncate(MOST);
        self.leaked = found.iter().map(|found| found.ids(graph, &view)).collect();
        let examples: Vec<Node> = found.iter().map(|found| found.example).collect();
        let locations = Locations::find(snapshot, graph, &examples);
        found
            .into_iter()
            .map(|found| self.leak(graph, &view, &locations, found))
            .collect()
    }

    /// What is still there of leak `number` of the last look.
    #[must_use]
    pub fn survivors(&self, graph: &Graph<'_>, number: usize) -> Survivors {
        let leaked = self.leaked.get(number).map_or(&[][..], Vec::as_slice);
        let births: Vec<u32> = self.moments.iter().map(|moment| moment.last_id).collect();
        let view = View::of(graph, &births);
        // What nothing leads to but weak references is as good as gone.
        let alive: Vec<Node> = graph
            .nodes()
            .filter(|node| leaked.binary_search(&graph.id(*node)).is_ok())
            .filter(|node| view.routes().before(*node).is_some())
            .collect();
        let cuts = match alive.first() {
            None => Vec::new(),
            Some(first) => {
                let sites = view.sites(graph).into_iter();
                let largest = sites
                    .map(|site| {
                        let nodes = view.nodes_of(&site);
                        let here = nodes.filter(|node| alive.binary_search(node).is_ok());
                        (here.count(), site)
                    })
                    .filter(|(here, _)| *here > 0)
                    .max_by_key(|(here, _)| *here);
                let site = largest.map_or_else(|| view.site_of(graph, *first), |(_, site)| site);
                cuts::of(graph, &view, &site)
            }
        };
        Survivors {
            objects: leaked.len(),
            alive: alive.len(),
            cuts,
        }
    }

    fn rounds(&self) -> impl Iterator<Item = &Moment> {
        self.moments.iter().skip(1)
    }

    fn repetitions(&self) -> u64 {
        self.rounds().map(|moment| moment.repetitions).sum()
    }

    /// The places of which each round has left objects.
    fn counted(&self, snapshot: &Snapshot<'_>, graph: &Graph<'_>, view: &View) -> Vec<Found> {
        let least: Vec<u64> = self
            .rounds()
            .map(|moment| moment.repetitions.div_ceil(SELDOM).max(1))
            .collect();
        let mut places: Vec<(Site, Kinds)> = Vec::new();
        for site in view.sites(graph) {
            let kinds: Kinds = site
                .tallies
                .iter()
                .filter(|(_, tally)| {
                    let counts = tally.rounds.iter().zip(&least);
                    tally.rounds.len() == least.len()
                        && counts.into_iter().all(|(count, least)| count >= least)
                })
                .map(|(kind, tally)| (*kind, tally.rounds.clone()))
                .collect();
            if !kinds.is_empty() {
                places.push((site, kinds));
            }
        }
        if places.is_empty() {
            return Vec::new();
        }
        let examples: Vec<Node> = places
            .iter()
            .flat_map(|(site, kinds)| kinds.iter().map(|(kind, _)| site.tallies[kind].example))
            .collect();
        let locations = Locations::find(snapshot, graph, &examples);
        let found = places.into_iter().map(|(site, mut kinds)| {
            kinds.sort_by_cached_key(|(kind, _)| {
                let name = view.kind_name(*kind);
                let tally = &site.tallies[kind];
                let rank = self.rank_of(name, is_built_in(&locations, tally.example));
                // What the place holds itself goes before what is further in.
                let inner = u8::from(*kind != site.top_kind);
                (rank, inner, std::cmp::Reverse(tally.bytes), name.to_owned())
            });
            let culprit = kinds[0].0;
            Found {
                path: site.path.clone(),
                example: site.tallies[&culprit].example,
                culprit: view.kind_name(culprit).to_owned(),
                bytes: site.bytes,
                kinds,
                site,
            }
        });
        found.collect()
    }

    fn rank_of(&self, name: &str, is_built_in: bool) -> u8 {
        let rank = match name {
            // A bound function says nothing of what it is bound to.
            "(anonymous)()" | "native_bind()" => 2,
            name if name.ends_with("()") => 0,
            name => (self.rank)(name) * 2,
        };
        rank.max(u8::from(is_built_in))
    }

    /// Adds the objects that have become larger in every round and are in no place found already.
    fn add_grown(&self, graph: &Graph<'_>, view: &View, found: &mut Vec<Found>) {
        let Some((first, rounds)) = self.moments.split_first() else {
            return;
        };
        let holders: Vec<Node> = found
            .iter()
            .flat_map(|found| found.site.holders.iter().copied())
            .collect();
        for node in graph.nodes() {
            let id = graph.id(node);
            let Some(&before) = first.extents.get(&id) else {
                continue;
            };
            let mut last = before;
            let mut rates = Vec::with_capacity(rounds.len());
            for moment in rounds {
                let now = moment.extents.get(&id).copied().unwrap_or(0);
                rates.push(now.saturating_sub(last) / moment.repetitions.max(1));
                last = now;
            }
            let (Some(&slowest), Some(&fastest)) = (rates.iter().min(), rates.iter().max()) else {
                continue;
            };
            if slowest < GAIN || fastest > slowest.saturating_mul(UNEVEN) {
                continue;
            }
            if holders.contains(&node) {
                continue;
            }
            let site = view.site_of(graph, node);
            if is_size_of_v8s(view.kind_name(site.top_kind)) {
                continue;
            }
            found.push(Found {
                path: site.path.clone(),
                example: node,
                culprit: view.kind_name(site.top_kind).to_owned(),
                bytes: last - before,
                kinds: Vec::new(),
                site,
            });
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    fn leak(&self, graph: &Graph<'_>, view: &View, locations: &Locations, found: Found) -> Leak {
        let repetitions = self.repetitions();
        let each = |total: u64| total as f64 / repetitions.max(1) as f64;
        let path = Path::to(graph, view.routes(), found.site.example);
        let kinds = found
            .kinds
            .iter()
            .take(KINDS)
            .map(|(kind, rounds)| LeakedKind {
                name: view.kind_name(*kind).to_owned(),
                rounds: rounds.clone(),
                each: each(rounds.iter().sum()),
                bytes: found.site.tallies[kind].bytes,
            });
        Leak {
            signature: signature(&[&found.path, &found.culprit]),
            kinds: kinds.collect(),
            bytes: found.bytes,
            bytes_each: each(found.bytes),
            repetitions,
            retainers: retainers(graph, view, &path),
            location: locations.get(found.example).cloned(),
            cuts: cuts::of(graph, view, &found.site),
            culprit: found.culprit,
            path: found.path,
        }
    }
}

/// Whether the size of an object of this kind says nothing of what is kept: in tables with weak keys V8
/// takes room for all that came and went between two collections, and of a function it is V8's own (code,
/// feedback).
fn is_size_of_v8s(kind: &str) -> bool {
    matches!(kind, "WeakMap" | "WeakSet" | "FinalizationRegistry") || kind.ends_with("()")
}

/// Whether a function, or an object's constructor, is of a built-in module.
fn is_built_in(locations: &Locations, node: Node) -> bool {
    let script = locations
        .get(node)
        .and_then(|place| place.script.as_deref());
    script.is_some_and(|script| script.starts_with("node:"))
}

/// Kinds, and how many of each every round has left.
type Kinds = Vec<(u32, Vec<u64>)>;

/// A leak before it is put into words.
struct Found {
    path: String,
    culprit: String,
    example: Node,
    bytes: u64,
    /// The kinds that each round has left.
    kinds: Kinds,
    site: Site,
}

impl Found {
    /// The ids of the culprits, which should die with the reference, sorted. What they hold may have
    /// other holders too.
    fn ids(&self, graph: &Graph<'_>, view: &View) -> Vec<u32> {
        let mut ids: Vec<u32> = match self.kinds.first() {
            None => vec![graph.id(self.example)],
            Some((culprit, _)) => view
                .nodes_of(&self.site)
                .filter(|node| view.kind(*node) == *culprit)
                .map(|node| graph.id(node))
                .collect(),
        };
        ids.sort_unstable();
        ids
    }
}

fn retainers(graph: &Graph<'_>, view: &View, path: &Path) -> Vec<Retainer> {
    let steps = path.0.iter();
    steps
        .map(|step| Retainer {
            edge: step.kind.clone(),
            name: printable(&step.name).into_owned(),
            object: view.label(graph, step.node),
            id: graph.id(step.node),
        })
        .collect()
}

/// Where a node is in the program, in its own words; `by_key` says that the name of a property that leads
/// to it is data.
fn source(graph: &Graph<'_>, view: &View, node: Node, by_key: bool) -> String {
    let mut path = Path::to(graph, view.routes(), node);
    if let Some(last) = path.0.last_mut() {
        last.is_data |= by_key && last.kind == "property";
    }
    SourcePath::of(graph, &path).text
}
