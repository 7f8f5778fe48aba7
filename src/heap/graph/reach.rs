//! What the garbage collector would keep if something were not there.

use rustc_hash::FxHashSet;

use super::bits::Bits;
use super::{Graph, Node};

/// What is left out of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Nothing.
    Nothing,
    /// An object, with all its references.
    Object(Node),
    /// All references from one object to another.
    Reference(Node, Node),
}

/// The nodes that the root reaches.
#[derive(Debug)]
pub struct Reached(Bits);

impl Reached {
    /// Follows all references that are not weak. A `WeakMap`'s value is reached when both its table and
    /// its key are. Shortcuts, which stand for a longer way, count at the root alone.
    #[must_use]
    pub fn without(graph: &Graph<'_>, cut: Cut) -> Self {
        let mut reached = Bits::new(graph.len());
        let mut half: FxHashSet<u64> = FxHashSet::default();
        let mut open = Vec::new();
        let base = graph.base();
        reached.add(0);
        open.push(0);
        while let Some(node) = open.pop() {
            for (edge, link) in graph.edges(node).zip(base.links(node)) {
                let (to, kind) = (link.to(), link.kind());
                if kind == graph.kinds.weak
                    || (kind == graph.kinds.shortcut && node != 0)
                    || cut == Cut::Object(to)
                    || cut == Cut::Reference(node, to)
                    || reached.has(to)
                {
                    continue;
                }
                let ephemeron = base
                    .edges
                    .ephemeron_name(edge)
                    .and_then(|name| base.names.ephemeron(name));
                if let Some(ephemeron) = ephemeron
                    && !half.remove(&ephemeron.pair)
                {
                    half.insert(ephemeron.pair);
                    continue;
                }
                reached.add(to);
                open.push(to);
            }
        }
        Self(reached)
    }

    /// Whether the node is reached.
    #[must_use]
    pub fn has(&self, node: Node) -> bool {
        self.0.has(node)
    }
}
