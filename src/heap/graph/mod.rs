//! A snapshot as a graph: every node and edge in columns, who retains whom, and what follows from it.
//!
//! [`Graph::build`] reads the sections in parts on all cores, straight from the file's mapping to
//! their final places, and works out what `DevTools` works out, in its order and with its rules
//! (`front_end/entrypoints/heap_snapshot_worker/HeapSnapshot.ts`): distances, shallow sizes,
//! immediate dominators, retained sizes. `tests/devtools/check.mjs` compares all of them.
//!
//! Memory: some 25 bytes a node and 4 an edge; while dominators are found 32 bytes a node and 4 an edge
//! more, and up to 13 a node where the ways from the roots are found beside them.

mod bits;
mod columns;
mod detached;
mod distances;
mod dominated;
mod dominators;
mod edges;
mod names;
pub(super) mod numbers;
mod owners;
mod page;
mod reach;
mod retainers;
mod routes;
mod sizes;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

pub use dominated::Dominated;
pub use names::Names;
pub use reach::{Cut, Reached};
pub use routes::{Routes, Sums};

use super::error::FormatError;
use super::parallel;
use super::snapshot::Snapshot;
use bits::Bits;
use columns::Nodes;
use edges::{Edges, PROTOTYPE};
use names::Known;
use retainers::Retainers;
use sizes::Sizes;

/// What a node's distance is where nothing but weak references lead to it.
pub const NO_DISTANCE: i32 = -5;

/// What the distance of nodes starts from that no user root leads to.
pub const SYSTEM_DISTANCE: i32 = 100_000_000;

/// Number of a node: its place in the file.
pub type Node = u32;

/// Number of an edge: its place in the file.
pub type Edge = u32;

/// Gives pages of the file back that were read.
pub struct Release<'r>(Option<&'r (dyn Fn(Range<usize>) + Sync)>);

impl<'r> Release<'r> {
    /// Calls `release` with ranges of bytes of the file that are not needed for now.
    #[must_use]
    pub fn with(release: &'r (dyn Fn(Range<usize>) + Sync)) -> Self {
        Self(Some(release))
    }

    /// Keeps everything.
    #[must_use]
    pub fn nothing() -> Self {
        Self(None)
    }

    fn bytes(&self, range: Range<usize>) {
        if let Some(release) = self.0 {
            release(range);
        }
    }
}

/// How long the stages of [`Graph::build`] took, in their order.
pub type Stages = Vec<(&'static str, Duration)>;

/// A whole snapshot.
#[derive(Debug)]
pub struct Graph<'a> {
    names: Names<'a>,
    nodes: Nodes,
    edges: Edges<'a>,
    kinds: Kinds,
    /// Worked out when somebody asks.
    retainers: OnceLock<Retainers>,
    distances: OnceLock<Vec<i32>>,
    dominators: Vec<Node>,
    retained: Sizes,
    stages: Stages,
}

/// Numbers of the types that mean something, 255 where the file does not have one.
#[derive(Debug, Clone)]
struct Kinds {
    node_names: Vec<String>,
    edge_names: Vec<String>,
    hidden: u8,
    array: u8,
    native: u8,
    synthetic: u8,
    element: u8,
    hidden_edge: u8,
    internal: u8,
    property: u8,
    shortcut: u8,
    weak: u8,
}

impl Kinds {
    fn of(snapshot: &Snapshot<'_>) -> Self {
        let number = |names: &[String], wanted: &str| {
            let at = names.iter().position(|name| name == wanted);
            at.and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX)
        };
        let nodes = &snapshot.header.node.kinds;
        let edges = &snapshot.header.edge.kinds;
        Self {
            hidden: number(nodes, "hidden"),
            array: number(nodes, "array"),
            native: number(nodes, "native"),
            synthetic: number(nodes, "synthetic"),
            element: number(edges, "element"),
            hidden_edge: number(edges, "hidden"),
            internal: number(edges, "internal"),
            property: number(edges, "property"),
            shortcut: number(edges, "shortcut"),
            weak: number(edges, "weak"),
            node_names: nodes.clone(),
            edge_names: edges.clone(),
        }
    }

    /// Whether edges of this type are named by a number.
    #[inline]
    fn by_index(&self, kind: u8) -> bool {
        kind == self.element || kind == self.hidden_edge
    }
}

impl<'a> Graph<'a> {
    /// Reads `snapshot` and works everything out. `release` is told which bytes of the file are done
    /// with.
    ///
    /// # Errors
    /// Rows that are no numbers, point to what is not there, or are not as many as they should be;
    /// or more nodes or edges than 32 bits can number.
    pub fn build(snapshot: &Snapshot<'a>, release: &Release<'_>) -> Result<Self, FormatError> {
        Self::build_beside(snapshot, release, |_| ()).map(|(graph, ())| graph)
    }

    /// As [`Self::build`], and the ways from the roots, found while one core looks for dominators; that
    /// takes 13 bytes a node more.
    ///
    /// # Errors
    /// As for [`Self::build`].
    pub fn build_with_routes(
        snapshot: &Snapshot<'a>,
        release: &Release<'_>,
    ) -> Result<(Self, Routes), FormatError> {
        Self::build_beside(snapshot, release, Routes::of)
    }

    /// Does `beside` on a core of its own as soon as everything is read.
    fn build_beside<T: Send>(
        snapshot: &Snapshot<'a>,
        release: &Release<'_>,
        beside: impl FnOnce(Base<'_>) -> T + Send,
    ) -> Result<(Self, T), FormatError> {
        let mut clock = Clock::start();
        let kinds = Kinds::of(snapshot);
        let names = Names::read(snapshot, release)?;
        clock.stage("strings");
        let nodes = Nodes::read(snapshot, names.count(), release)?;
        clock.stage("nodes");
        let edges = Edges::read(snapshot, &nodes, &names, &kinds, release)?;
        // The strings, too: few of them are looked at from here on.
        release.bytes(0..snapshot.bytes().len());
        clock.stage("edges");

        let base = Base {
            names: &names,
            nodes: &nodes,
            edges: &edges,
            kinds: &kinds,
        };
        let detached = detached::native_nodes(&base);
        let (page, retainers) = parallel::both(|| page::owned(&base), || Retainers::of(&base));
        clock.stage("retainers");
        let essential = Essential {
            base,
            page,
            retainers: &retainers,
        };
        let ((dominators, order), (moves, beside)) = parallel::both(
            || dominators::of(&essential),
            || (owners::moves(&base, &detached), beside(base)),
        );
        drop(essential);
        drop(retainers);
        clock.stage("dominators, ways");
        let mut nodes = nodes;
        owners::apply(moves, &mut nodes.self_size);
        let retained = dominators::retained(&dominators, &order, &nodes.self_size);
        drop(order);
        clock.stage("retained sizes");
        let graph = Self {
            names,
            nodes,
            edges,
            kinds,
            retainers: OnceLock::new(),
            distances: OnceLock::new(),
            dominators,
            retained,
            stages: clock.stages,
        };
        Ok((graph, beside))
    }

    /// How long building took, by stage.
    #[must_use]
    pub fn stages(&self) -> &Stages {
        &self.stages
    }

    fn base(&self) -> Base<'_> {
        Base {
            names: &self.names,
            nodes: &self.nodes,
            edges: &self.edges,
            kinds: &self.kinds,
        }
    }

    /// The strings of the snapshot.
    #[must_use]
    pub fn names(&self) -> &Names<'a> {
        &self.names
    }

    /// Nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.len() == 0
    }

    /// All nodes.
    pub fn nodes(&self) -> impl Iterator<Item = Node> + use<> {
        let count = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        0..count
    }

    /// Edges.
    #[must_use]
    pub fn edge_count(&self) -> usize {
        self.edges.len()
    }

    /// V8's name of a node's type.
    #[must_use]
    pub fn kind(&self, node: Node) -> &str {
        &self.kinds.node_names[usize::from(self.nodes.kind[node as usize])]
    }

    /// V8's names of the types of nodes.
    #[must_use]
    pub fn kinds(&self) -> &[String] {
        &self.kinds.node_names
    }

    /// The number of a node's type among [`Self::kinds`].
    #[must_use]
    pub fn kind_number(&self, node: Node) -> usize {
        usize::from(self.nodes.kind[node as usize])
    }

    /// The number of a node's name.
    #[must_use]
    pub fn name(&self, node: Node) -> u32 {
        self.nodes.name[node as usize]
    }

    /// The id that `DevTools` shows as `@id`.
    #[must_use]
    pub fn id(&self, node: Node) -> u32 {
        self.nodes.id[node as usize]
    }

    /// The shallow size, in bytes: the node's own and that of the arrays and hidden nodes that it alone
    /// has, which have none then.
    #[must_use]
    pub fn shallow_size(&self, node: Node) -> u64 {
        self.nodes.self_size.get(node as usize)
    }

    /// Bytes that would be free without the node.
    #[must_use]
    pub fn retained_size(&self, node: Node) -> u64 {
        self.retained.get(node as usize)
    }

    /// References from a user root, [`SYSTEM_DISTANCE`] and more where none leads here, or
    /// [`NO_DISTANCE`]. The first call works out all of them, for 4 bytes a node.
    #[must_use]
    pub fn distance(&self, node: Node) -> i32 {
        let distances = self.distances.get_or_init(|| distances::of(&self.base()));
        distances[node as usize]
    }

    /// The node without which this one would be gone; the root's is itself.
    #[must_use]
    pub fn dominator(&self, node: Node) -> Node {
        self.dominators[node as usize]
    }

    /// The dominators the other way round; 8 bytes a node.
    #[must_use]
    pub fn dominated(&self) -> Dominated {
        Dominated::of_graph(self)
    }

    /// The edges that a node has.
    #[must_use]
    pub fn edges(&self, node: Node) -> Range<Edge> {
        self.nodes.edges(node)
    }

    /// V8's name of an edge's type.
    #[must_use]
    pub fn edge_kind(&self, edge: Edge) -> &str {
        match self.edges.link(edge).kind() {
            PROTOTYPE => "property",
            kind => &self.kinds.edge_names[usize::from(kind)],
        }
    }

    /// Number of an edge's name, or the index that it is named by (`element` and `hidden` edges).
    #[must_use]
    pub fn edge_name(&self, edge: Edge) -> u32 {
        self.edges.names(edge..edge + 1).next().unwrap_or(0)
    }

    /// A node's edges with the numbers of their names; faster than [`Self::edge_name`] for each.
    pub fn named_edges(&self, node: Node) -> impl Iterator<Item = (Edge, u32)> + '_ {
        let edges = self.nodes.edges(node);
        edges.clone().zip(self.edges.names(edges))
    }

    /// Where the first of a node's edges leads that has one of these names.
    #[must_use]
    pub fn child(&self, node: Node, names: &[&str]) -> Option<Node> {
        self.named_edges(node)
            .find(|(edge, name)| {
                !matches!(self.edge_kind(*edge), "element" | "hidden" | "weak")
                    && names.contains(&&*self.names.get(*name, 64))
            })
            .map(|(edge, _)| self.target(edge))
    }

    /// Where an edge leads.
    #[must_use]
    pub fn target(&self, edge: Edge) -> Node {
        self.edges.link(edge).to()
    }

    /// The nodes with references to this one that are not weak; one for each reference. The first call
    /// sorts all edges, for 4 bytes each.
    pub fn retainers(&self, node: Node) -> impl Iterator<Item = Node> + '_ {
        let retainers = self.retainers.get_or_init(|| Retainers::of(&self.base()));
        retainers.of_node(node).iter().map(|entry| entry.from())
    }

    /// The same for a node or two: looks at all edges and keeps nothing.
    #[must_use]
    pub fn holders(&self, node: Node) -> Vec<Node> {
        let links = (0..).zip(self.edges.all());
        links
            .filter(|(_, link)| link.to() == node && link.kind() != self.kinds.weak)
            .map(|(edge, _)| self.nodes.holder(edge))
            .collect()
    }
}

/// What is read, before anything is worked out.
#[derive(Debug, Clone, Copy)]
struct Base<'g> {
    names: &'g Names<'g>,
    nodes: &'g Nodes,
    edges: &'g Edges<'g>,
    kinds: &'g Kinds,
}

impl<'g> Base<'g> {
    /// A node's edges.
    #[inline]
    fn links(&self, node: Node) -> &'g [edges::Link] {
        self.edges.links(self.nodes.edges(node))
    }

    /// V8's name of a node's type.
    fn kind(&self, node: Node) -> &'g str {
        &self.kinds.node_names[usize::from(self.nodes.kind[node as usize])]
    }

    /// A node's name, cut after `limit` characters.
    fn name(&self, node: Node, limit: usize) -> String {
        self.names.get(self.nodes.name[node as usize], limit)
    }

    /// `DevTools`' user roots: what the root holds and is not synthetic, and the documents.
    fn is_user_root(&self, node: Node, documents: &names::Numbers) -> bool {
        self.nodes.kind[node as usize] != self.kinds.synthetic
            || documents.has(self.nodes.name[node as usize])
    }
}

/// Which edges hold what they lead to, for dominators.
#[derive(Debug)]
struct Essential<'g> {
    base: Base<'g>,
    /// Nodes that the page, as opposed to a debugger, can reach.
    page: Bits,
    retainers: &'g Retainers,
}

impl Essential<'_> {
    /// Whether a reference between these comes from outside the page into it.
    #[inline]
    fn leaves_debugger(&self, from: Node, to: Node) -> bool {
        from != 0 && self.page.has(to) && !self.page.has(from)
    }
}

struct Clock {
    since: Instant,
    stages: Stages,
}

impl Clock {
    fn start() -> Self {
        Self {
            since: Instant::now(),
            stages: Vec::new(),
        }
    }

    fn stage(&mut self, name: &'static str) {
        self.stages.push((name, self.since.elapsed()));
        self.since = Instant::now();
    }
}
