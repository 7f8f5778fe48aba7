//! The way from the roots to each node that says most to a programmer.
//!
//! A shortest path would do as well, but not each reference tells the same: a property or a variable
//! has a name in the source, a hidden class or feedback of the compiler has none. So references have
//! costs, and roots too: the global object's properties come first, then variables on the stack. What
//! V8's own handles hold, mostly what it was at when the snapshot was taken, and what its compiler looks
//! at on another thread (the identity map) comes last.

use rustc_hash::FxHashSet;

use super::edges::{Link, PROTOTYPE};
use super::sizes::Sizes;
use super::{Base, Graph, Node};

/// No node.
const NONE: Node = Node::MAX;

/// More than any reference costs.
const RING: usize = 64;

/// The cost of a node to which no way is known yet.
const UNSEEN: u8 = u8::MAX;

/// The cost of a node whose way is final.
const SETTLED: u8 = u8::MAX - 1;

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
        Self::of(graph.base())
    }

    pub(super) fn of(base: Base<'_>) -> Self {
        let contexts = native_contexts(base);
        let globals = globals(base, &contexts);
        let mut search = Search {
            base,
            costs: Costs::of(base),
            contexts,
            stack: None,
            cost: vec![UNSEEN; base.nodes.len()],
            before: vec![NONE; base.nodes.len()],
            order: Vec::with_capacity(base.nodes.len()),
            ring: vec![Queue::default(); RING],
            rooms: Vec::new(),
            now: 0,
        };
        search.settle(0, NONE);
        let mut last = Vec::new();
        for &global in &globals {
            search.offer(global, 0, GLOBAL);
        }
        for link in base.links(0) {
            if link.kind() == base.kinds.weak {
                continue;
            }
            let top = link.to();
            if base.nodes.kind[top as usize] != base.kinds.synthetic {
                search.offer(top, 0, HANDLES);
                continue;
            }
            search.settle(top, 0);
            for link in base.links(top) {
                let node = link.to();
                match &*base.name(node, 32) {
                    "(Handle scope)" | "(Identity map)" => last.push((node, top)),
                    "(Stack roots)" => {
                        search.stack = Some(node);
                        search.offer(node, top, STACK);
                    }
                    "(Global handles)" | "(Micro tasks)" => search.offer(node, top, HANDLES),
                    _ => search.offer(node, top, OTHER_ROOTS),
                }
            }
        }
        search.run();
        for (node, top) in last {
            search.offer(node, top, 0);
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
fn globals(base: Base<'_>, contexts: &[Node]) -> Vec<Node> {
    let mut globals = Vec::new();
    let mut seen = FxHashSet::default();
    for &node in contexts {
        let edges = base.nodes.edges(node);
        for (link, name) in base.links(node).iter().zip(base.edges.names(edges)) {
            let is_global = link.kind() == base.kinds.internal
                && ["global_object", "global_proxy_object", "extension"]
                    .contains(&&*base.names.get(name, 32));
            let to = link.to();
            if is_global && base.kind(to) == "object" && seen.insert(to) {
                globals.push(to);
            }
        }
    }
    globals
}

/// The native contexts, in the order of the nodes.
fn native_contexts(base: Base<'_>) -> Vec<Node> {
    let contexts = base.names.numbers_of(super::Known::NativeContext);
    let named = (0..).zip(&base.nodes.name);
    named
        .filter(|(_, name)| contexts.has(**name))
        .map(|(node, _)| node)
        .collect()
}

struct Search<'g> {
    base: Base<'g>,
    costs: Costs,
    /// Over these, in their order, a way tells nothing: whatever the engine has is reached over them.
    contexts: Vec<Node>,
    stack: Option<Node>,
    /// What the best known way costs, modulo [`RING`]; or [`UNSEEN`] or [`SETTLED`].
    cost: Vec<u8>,
    before: Vec<Node>,
    order: Vec<Node>,
    /// Nodes to visit, by their cost modulo [`RING`].
    ring: Vec<Queue>,
    /// Rooms that are free.
    rooms: Vec<Vec<Node>>,
    now: usize,
}

/// Nodes in rooms of [`ROOM`], which all queues share: one vector each would keep the room of the most
/// that it ever held.
#[derive(Default, Clone)]
struct Queue(Vec<Vec<Node>>);

/// Nodes.
const ROOM: usize = 4096;

impl Queue {
    #[inline]
    fn push(&mut self, node: Node, rooms: &mut Vec<Vec<Node>>) {
        match self.0.last_mut() {
            Some(room) if room.len() < ROOM => room.push(node),
            _ => {
                let free = rooms.pop();
                let mut room = free.unwrap_or_else(|| Vec::with_capacity(ROOM));
                room.push(node);
                self.0.push(room);
            }
        }
    }
}

impl Search<'_> {
    /// Makes a node part of the result without visiting it.
    fn settle(&mut self, node: Node, before: Node) {
        if self.cost[node as usize] == UNSEEN {
            self.cost[node as usize] = SETTLED;
            self.before[node as usize] = before;
            self.order.push(node);
        }
    }

    /// A way to `node` that costs so much `more` than those that are followed now.
    #[inline]
    fn offer(&mut self, node: Node, before: Node, more: usize) {
        let known = &mut self.cost[node as usize];
        // All ways that are known and not settled cost less than RING more than `now`.
        let is_better = match *known {
            UNSEEN => true,
            SETTLED => false,
            cost => more < usize::from(cost).wrapping_sub(self.now) % RING,
        };
        if is_better {
            let slot = (self.now + more) % RING;
            *known = u8::try_from(slot).unwrap_or(UNSEEN);
            self.before[node as usize] = before;
            self.ring[slot].push(node, &mut self.rooms);
        }
    }

    fn run(&mut self) {
        let mut empty = 0;
        while empty < RING {
            let queue = std::mem::take(&mut self.ring[self.now % RING]);
            empty = if queue.0.is_empty() { empty + 1 } else { 0 };
            for mut nodes in queue.0 {
                for node in nodes.drain(..) {
                    // Visited already where a cheaper way was found afterwards.
                    if self.cost[node as usize] != SETTLED {
                        self.cost[node as usize] = SETTLED;
                        self.order.push(node);
                        self.visit(node);
                    }
                }
                self.rooms.push(nodes);
            }
            self.now += 1;
        }
    }

    fn visit(&mut self, node: Node) {
        let base = self.base;
        for link in base.links(node) {
            if let Some(mut cost) = self.costs.of_link(base, *link) {
                if self.contexts.binary_search(&link.to()).is_ok() {
                    cost += NATIVE_CONTEXT;
                } else if self.stack == Some(node) && !has_variables(base, link.to()) {
                    cost += STACK_VALUE;
                }
                self.offer(link.to(), node, cost);
            }
        }
    }
}

/// Whether the node is a scope, or a function, which has one.
fn has_variables(base: Base<'_>, node: Node) -> bool {
    let kind = base.kind(node);
    kind == "closure" || (kind == "object" && base.name(node, 16).starts_with("system / Context"))
}

/// What references cost.
struct Costs {
    by_edge: [Option<usize>; 8],
    by_node: Vec<usize>,
}

impl Costs {
    fn of(base: Base<'_>) -> Self {
        let mut by_edge = [None; 8];
        for (cost, name) in by_edge.iter_mut().zip(&base.kinds.edge_names) {
            *cost = match name.as_str() {
                "weak" | "shortcut" => None,
                "internal" => Some(3),
                "hidden" => Some(6),
                _ => Some(2),
            };
        }
        by_edge[usize::from(PROTOTYPE)] = Some(12);
        let by_node = base
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
    fn of_link(&self, base: Base<'_>, link: Link) -> Option<usize> {
        if !link.may_retain() {
            return None;
        }
        let cost = self.by_edge[usize::from(link.kind())]?;
        let kind = base.nodes.kind[link.to() as usize];
        Some(cost + self.by_node[usize::from(kind)])
    }
}
