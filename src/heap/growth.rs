//! What grew between snapshots of one program.

use std::collections::HashMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::classes::Classes;
use super::graph::{Graph, Node, Routes};
use super::path::{Path, SourcePath};
use super::traces::{Site, Traces};

/// Objects of one class, or of one class at one path, in a snapshot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Objects.
    pub count: u64,
    /// Their shallow sizes.
    pub bytes: u64,
}

/// What one snapshot has to say, small enough to keep when the next is read.
#[derive(Debug)]
pub struct Account {
    /// Objects with a shallow size, by class.
    pub classes: HashMap<String, Count>,
    /// Those that the snapshot before did not have, by class; all of the first snapshot's.
    pub new: HashMap<String, Count>,
    /// The places that hold most new objects: path and class.
    pub places: HashMap<(String, String), Count>,
    /// Where the new objects were allocated, as far as that was tracked.
    pub sites: HashMap<Site, Count>,
    /// The ids of all objects, sorted.
    pub ids: Vec<u32>,
    /// What some of the objects are, by id, sorted: the same in the next snapshot of one process.
    marks: Vec<(u32, String)>,
    /// Why this and the snapshot before do not seem to be two of one process in their order.
    pub doubt: Option<Doubt>,
    /// Bytes of the heap.
    pub heap_bytes: u64,
    /// Nodes.
    pub nodes: u64,
}

/// What is wrong with the order of snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// The ids of the one before mean other objects here.
    OtherProcess,
    /// The one before has higher ids: it is the younger.
    Older,
}

/// Objects that are held against those of the next snapshot.
const MARKS: usize = 4096;

/// Objects whose place is looked for, at most, in one snapshot.
const HOLDERS: usize = 2000;

impl Account {
    /// Counts a snapshot's objects; `before` is the account of the one before it.
    #[must_use]
    pub fn take(graph: &Graph<'_>, traces: &Traces, before: Option<&Self>) -> Self {
        let classes = Classes::of(graph);
        let mut all = vec![Count::default(); classes.len()];
        let mut new = vec![Count::default(); classes.len()];
        let is_new = |node: Node| {
            before.is_some_and(|before| before.ids.binary_search(&graph.id(node)).is_err())
        };
        for node in graph.nodes() {
            let bytes = graph.shallow_size(node);
            if bytes == 0 {
                continue;
            }
            let class = classes.class(graph, node) as usize;
            all[class].add(bytes);
            if before.is_none() || is_new(node) {
                new[class].add(bytes);
            }
        }
        let named = |counts: Vec<Count>| {
            let counts = counts.into_iter().enumerate();
            counts
                .filter(|(_, count)| count.count > 0)
                .map(|(class, count)| {
                    let class = u32::try_from(class).unwrap_or(u32::MAX);
                    (classes.name(class).to_owned(), count)
                })
                .collect()
        };
        let places = places(graph, &classes, &is_new);
        let sites = sites(graph, traces, &is_new);
        let mut ids: Vec<u32> = graph.nodes().map(|node| graph.id(node)).collect();
        ids.sort_unstable();
        Self {
            classes: named(all),
            new: named(new),
            places,
            sites,
            doubt: before.and_then(|before| before.doubt(graph, &ids)),
            marks: marks(graph),
            ids,
            heap_bytes: graph.retained_size(0),
            nodes: graph.len() as u64,
        }
    }
}

impl Account {
    /// What is wrong with `graph`, whose objects have these `ids`, as the next snapshot after this one.
    fn doubt(&self, graph: &Graph<'_>, ids: &[u32]) -> Option<Doubt> {
        let (mut found, mut other) = (0_usize, 0_usize);
        for node in graph.nodes() {
            let id = graph.id(node);
            if let Ok(at) = self.marks.binary_search_by_key(&id, |(id, _)| *id) {
                found += 1;
                other += usize::from(self.marks[at].1 != graph.kind(node));
            }
        }
        // V8 gives ids as it meets objects, also in tables by address: two processes of one program
        // differ in a quarter of them and more, two snapshots of a process in none.
        if other > found / 50 {
            return Some(Doubt::OtherProcess);
        }
        let (before, now) = (last_given(&self.ids), last_given(ids));
        (now < before).then_some(Doubt::Older)
    }
}

/// The highest id that V8 gave; what embedders give are even numbers.
fn last_given(ids: &[u32]) -> Option<u32> {
    ids.iter().rev().find(|id| *id % 2 == 1).copied()
}

fn marks(graph: &Graph<'_>) -> Vec<(u32, String)> {
    let step = (graph.len() / MARKS).max(1);
    let nodes = graph.nodes().step_by(step);
    let mut marks: Vec<(u32, String)> = nodes
        .map(|node| (graph.id(node), graph.kind(node).to_owned()))
        .collect();
    marks.sort_unstable();
    marks
}

impl Count {
    fn add(&mut self, bytes: u64) {
        self.count += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// New objects by where they were allocated.
fn sites(
    graph: &Graph<'_>,
    traces: &Traces,
    is_new: &impl Fn(Node) -> bool,
) -> HashMap<Site, Count> {
    let mut by_stack: FxHashMap<u64, Count> = FxHashMap::default();
    for node in graph.nodes() {
        let bytes = graph.shallow_size(node);
        if bytes > 0
            && let Some(stack) = traces.of(node)
            && is_new(node)
        {
            by_stack.entry(stack).or_default().add(bytes);
        }
    }
    let mut sites: HashMap<Site, Count> = HashMap::new();
    for (stack, count) in by_stack {
        let site = traces.site(graph, stack);
        if !site.is_empty() {
            let all = sites.entry(site).or_default();
            all.count += count.count;
            all.bytes = all.bytes.saturating_add(count.bytes);
        }
    }
    sites
}

/// New objects by what holds them: grouped by holder and class, then by the holder's path in the source.
fn places(
    graph: &Graph<'_>,
    classes: &Classes,
    is_new: &impl Fn(Node) -> bool,
) -> HashMap<(String, String), Count> {
    let routes = Routes::find(graph);
    let is_part = |node: Node| {
        matches!(
            graph.kind(node),
            "array" | "hidden" | "code" | "object shape"
        )
    };
    let mut by_holder: HashMap<(Node, u32), Count> = HashMap::new();
    for &node in routes.order() {
        let bytes = graph.shallow_size(node);
        if bytes == 0 || is_part(node) || !is_new(node) {
            continue;
        }
        // The nearest object above that was there before, or is no part of another.
        let mut holder = routes.before(node);
        let mut steps = 0;
        while let Some(above) = holder
            && (is_part(above) || is_new(above))
            && steps < 64
        {
            holder = routes.before(above);
            steps += 1;
        }
        if let Some(holder) = holder {
            let class = classes.class(graph, node);
            by_holder.entry((holder, class)).or_default().add(bytes);
        }
    }
    let mut holders: Vec<((Node, u32), Count)> = by_holder.into_iter().collect();
    holders.sort_by_key(|(key, count)| (std::cmp::Reverse(count.bytes), *key));
    holders.truncate(HOLDERS);
    let mut paths: HashMap<Node, String> = HashMap::new();
    let mut seen = FxHashSet::default();
    let mut places: HashMap<(String, String), Count> = HashMap::new();
    for ((holder, class), count) in holders {
        if seen.len() >= HOLDERS / 10 && !seen.contains(&holder) {
            continue;
        }
        seen.insert(holder);
        let path = paths
            .entry(holder)
            .or_insert_with(|| SourcePath::of(graph, &Path::to(graph, &routes, holder)).text)
            .clone();
        let place = places
            .entry((path, classes.name(class).to_owned()))
            .or_default();
        place.count += count.count;
        place.bytes = place.bytes.saturating_add(count.bytes);
    }
    places
}
