//! The way from the roots to each node that says most to a programmer.
//!
//! A shortest path would do as well, but not each reference tells the same: a property or a variable
//! has a name in the source, a hidden class or feedback of the compiler has none. So references have
//! costs, and roots too: the global object's properties come first, then variables on the stack. What
//! V8's own handles hold, mostly what it was at when the snapshot was taken, and what its compiler looks
//! at on another thread (the identity map) comes last.

use super::edges::{Link, PROTOTYPE};
use super::sizes::Sizes;
use super::{Graph, Node};

/// No node.
const NONE: Node = Node::MAX;

/// More than any reference costs.
const RING: usize = 64;

const GLOBAL: usize = 0;
const STACK: usize = 6;
const HANDLES: usize = 16;
const OTHER_ROOTS: usize = 20;
/// What a value on the stack costs more than a scope or a function there, whose variables have names: which
/// values are there is an accident of the moment.
const STACK_VALUE: usize = 8;
/// What a reference to a native context costs more.
const NATIVE_CONTEXT: usize = 40;

/// For each node the one that the way to it leads over.
#[derive(Debug)]
pub struct Routes {
    before: Vec<Node>,
    /// The nodes, each behind the one before it.
    order: Vec<Node>,
    globals: Vec<Node>,
}

impl Routes {
    /// Finds the ways to all nodes.
    #[must_use]
    pub fn find(graph: &Graph<'_>) -> Self {
        let contexts = native_contexts(graph);
        let globals = globals(graph, &contexts);
        let mut search = Search {
            graph,
            costs: Costs::of(graph),
            contexts,
            stack: None,
            cost: vec![u32::MAX; graph.len()],
            before: vec![NONE; graph.len()],
            order: Vec::with_capacity(graph.len()),
            ring: vec![Vec::new(); RING],
            now: 0,
        };
        search.settle(0, 0, NONE);
        let mut last = Vec::new();
        for &global in &globals {
            search.start(global, 0, GLOBAL);
        }
        for (root, link) in graph.edges(0).zip(graph.base().links(0)) {
            if graph.edge_kind(root) == "weak" {
                continue;
            }
            let top = link.to();
            if graph.kind(top) != "synthetic" {
                search.start(top, 0, HANDLES);
                continue;
            }
            search.settle(top, 0, 0);
            for link in graph.base().links(top) {
                let node = link.to();
                match &*graph.names().get(graph.name(node), 32) {
                    "(Handle scope)" | "(Identity map)" => last.push((node, top)),
                    "(Stack roots)" => {
                        search.stack = Some(node);
                        search.start(node, top, STACK);
                    }
                    "(Global handles)" | "(Micro tasks)" => search.start(node, top, HANDLES),
                    _ => search.start(node, top, OTHER_ROOTS),
                }
            }
        }
        search.run();
        for (node, top) in last {
            search.start(node, top, 0);
        }
        search.run();
        Self {
            before: search.before,
            order: search.order,
            globals,
        }
    }

    /// The node that the way leads over last; `None` for the root and for what nothing leads to.
    #[must_use]
    pub fn before(&self, node: Node) -> Option<Node> {
        Some(self.before[node as usize]).filter(|before| *before != NONE)
    }

    /// The nodes that are reached, each behind the one before it; the root is the first.
    #[must_use]
    pub fn order(&self) -> &[Node] {
        &self.order
    }

    /// Lets go of [`Self::order`], which is empty then, and which [`Self::sums`] needs.
    pub fn forget_order(&mut self) {
        self.order = Vec::new();
    }

    /// The global objects, and the proxies in front of them.
    #[must_use]
    pub fn globals(&self) -> &[Node] {
        &self.globals
    }

    /// Whether the node is a global object.
    #[must_use]
    pub fn is_global(&self, node: Node) -> bool {
        self.globals.contains(&node)
    }

    /// The nodes on the way, from the root to `node`.
    #[must_use]
    pub fn way(&self, node: Node) -> Vec<Node> {
        let mut way = vec![node];
        while let Some(before) = self.before(*way.last().unwrap_or(&0)) {
            way.push(before);
        }
        way.reverse();
        way
    }

    /// Bytes of each node with all that the ways over it lead to.
    #[must_use]
    pub fn sums(&self, graph: &Graph<'_>) -> Sums {
        let mut sums = graph.nodes.self_size.clone();
        for &node in self.order.iter().rev() {
            if let Some(before) = self.before(node) {
                sums.add(before as usize, sums.get(node as usize));
            }
        }
        Sums(sums)
    }
}

/// What the ways over each node lead to, in bytes.
#[derive(Debug)]
pub struct Sums(Sizes);

impl Sums {
    /// The sum of a node.
    #[must_use]
    pub fn of(&self, node: Node) -> u64 {
        self.0.get(node as usize)
    }
}

/// The global objects: what the native contexts call so, and the proxies in front of them.
fn globals(graph: &Graph<'_>, contexts: &[Node]) -> Vec<Node> {
    let mut globals = Vec::new();
    for &node in contexts {
        for (edge, name) in graph.named_edges(node) {
            let is_global = graph.edge_kind(edge) == "internal"
                && ["global_object", "global_proxy_object", "extension"]
                    .contains(&&*graph.names.get(name, 32));
            let to = graph.target(edge);
            if is_global && graph.kind(to) == "object" && !globals.contains(&to) {
                globals.push(to);
            }
        }
    }
    globals
}

fn native_contexts(graph: &Graph<'_>) -> Vec<Node> {
    let contexts = graph.names.numbers_of(super::Known::NativeContext);
    let named = graph.nodes().zip(&graph.nodes.name);
    named
        .filter(|(_, name)| contexts.has(**name))
        .map(|(node, _)| node)
        .collect()
}

struct Search<'g, 'a> {
    graph: &'g Graph<'a>,
    costs: Costs,
    /// Over these a way tells nothing: whatever the engine has is reached over them.
    contexts: Vec<Node>,
    stack: Option<Node>,
    cost: Vec<u32>,
    before: Vec<Node>,
    order: Vec<Node>,
    /// Nodes to visit, by their cost modulo [`RING`].
    ring: Vec<Vec<Node>>,
    now: usize,
}

impl Search<'_, '_> {
    /// Makes a node part of the result without visiting it.
    fn settle(&mut self, node: Node, cost: u32, before: Node) {
        if self.cost[node as usize] == u32::MAX {
            self.cost[node as usize] = cost;
            self.before[node as usize] = before;
            self.order.push(node);
        }
    }

    /// Lets ways begin at `node`, as if they had cost so much already.
    fn start(&mut self, node: Node, before: Node, cost: usize) {
        self.offer(node, before, self.now + cost);
    }

    #[inline]
    fn offer(&mut self, node: Node, before: Node, cost: usize) {
        let known = &mut self.cost[node as usize];
        let short = u32::try_from(cost).unwrap_or(u32::MAX - 1);
        if short < *known {
            *known = short;
            self.before[node as usize] = before;
            self.ring[cost % RING].push(node);
        }
    }

    fn run(&mut self) {
        let mut empty = 0;
        while empty < RING {
            let slot = self.now % RING;
            let mut nodes = std::mem::take(&mut self.ring[slot]);
            empty = if nodes.is_empty() { empty + 1 } else { 0 };
            for node in nodes.drain(..) {
                // Visited already where a cheaper way was found afterwards.
                if self.cost[node as usize] as usize == self.now {
                    self.order.push(node);
                    self.visit(node);
                }
            }
            // The room is used again.
            if self.ring[slot].is_empty() {
                self.ring[slot] = nodes;
            }
            self.now += 1;
        }
    }

    fn visit(&mut self, node: Node) {
        let graph = self.graph;
        for link in graph.base().links(node) {
            if let Some(mut cost) = self.costs.of_link(graph, *link) {
                if self.contexts.contains(&link.to()) {
                    cost += NATIVE_CONTEXT;
                } else if self.stack == Some(node) && !has_variables(graph, link.to()) {
                    cost += STACK_VALUE;
                }
                self.offer(link.to(), node, self.now + cost);
            }
        }
    }
}

/// Whether the node is a scope, or a function, which has one.
fn has_variables(graph: &Graph<'_>, node: Node) -> bool {
    graph.kind(node) == "closure"
        || (graph.kind(node) == "object"
            && graph
                .names()
                .get(graph.name(node), 16)
                .starts_with("system / Context"))
}

/// What references cost.
struct Costs {
    by_edge: [Option<usize>; 8],
    by_node: Vec<usize>,
}

impl Costs {
    fn of(graph: &Graph<'_>) -> Self {
        let mut by_edge = [None; 8];
        for (cost, name) in by_edge.iter_mut().zip(&graph.kinds.edge_names) {
            *cost = match name.as_str() {
                "weak" | "shortcut" => None,
                "internal" => Some(3),
                "hidden" => Some(6),
                _ => Some(2),
            };
        }
        by_edge[usize::from(PROTOTYPE)] = Some(12);
        let by_node = graph
            .kinds
            .node_names
            .iter()
            .map(|name| match name.as_str() {
                "hidden" | "code" | "object shape" => 8,
                "native" => 4,
                _ => 0,
            });
        Self {
            by_edge,
            by_node: by_node.collect(),
        }
    }

    #[inline]
    fn of_link(&self, graph: &Graph<'_>, link: Link) -> Option<usize> {
        if !link.may_retain() {
            return None;
        }
        let cost = self.by_edge[usize::from(link.kind())]?;
        let kind = graph.nodes.kind[link.to() as usize];
        Some(cost + self.by_node[usize::from(kind)])
    }
}
