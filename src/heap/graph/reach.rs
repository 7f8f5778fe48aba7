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
    /// All references from one object to another, with those of the arrays and tables that the object
    /// keeps its elements and properties in.
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
        let mut holders = Vec::new();
        if let Cut::Reference(from, _) = cut {
            holders.push(from);
            let parts = base.links(from).iter().filter(|link| {
                link.kind() == graph.kinds.internal
                    && graph.nodes.kind[link.to() as usize] == graph.kinds.array
            });
            holders.extend(parts.map(|link| link.to()));
        }
        let is_cut = |node: Node, to: Node| match cut {
            Cut::Nothing => false,
            Cut::Object(object) => to == object,
            Cut::Reference(_, end) => to == end && holders.contains(&node),
        };
        reached.add(0);
        open.push(0);
        while let Some(node) = open.pop() {
            for (edge, link) in graph.edges(node).zip(base.links(node)) {
                let (to, kind) = (link.to(), link.kind());
                if kind == graph.kinds.weak
                    || (kind == graph.kinds.shortcut && node != 0)
                    || reached.has(to)
                    || is_cut(node, to)
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
