//! Native nodes that are detached from the document.

use super::bits::Bits;
use super::{Base, Node};

const ATTACHED: u8 = 1;
const DETACHED: u8 = 2;

/// The native nodes that `DevTools` calls detached: those that say so, and what they lead to unless
/// something attached leads there too (`propagateDOMState`).
pub(super) fn native_nodes(base: &Base<'_>) -> Bits {
    if base.nodes.detachedness.is_empty() {
        return Bits::default();
    }
    let mut all = States {
        base,
        visited: Bits::new(base.nodes.len()),
        state: vec![0; base.nodes.len()],
        open: [Vec::new(), Vec::new()],
        named: Bits::new(base.nodes.len()),
    };
    for &(node, state) in &base.nodes.detachedness {
        all.state[node as usize] = state;
    }
    for &(node, state) in &base.nodes.detachedness {
        all.visit(node, state);
    }
    while let Some(node) = all.open[0].pop() {
        all.spread(node, ATTACHED);
    }
    while let Some(node) = all.open[1].pop() {
        if all.state[node as usize] != ATTACHED {
            all.spread(node, DETACHED);
        }
    }
    all.named
}

struct States<'b> {
    base: &'b Base<'b>,
    visited: Bits,
    state: Vec<u8>,
    /// Attached and detached nodes whose edges are still to be followed.
    open: [Vec<Node>; 2],
    /// Nodes that get `Detached` before their name.
    named: Bits,
}

impl States<'_> {
    fn visit(&mut self, node: Node, state: u8) {
        // Every way into the embedder is a native node that knows its own state.
        if !self.visited.add(node) || self.base.nodes.kind[node as usize] != self.base.kinds.native
        {
            return;
        }
        self.state[node as usize] = state;
        match state {
            ATTACHED => self.open[0].push(node),
            DETACHED => {
                self.named.add(node);
                self.open[1].push(node);
            }
            _ => {}
        }
    }

    fn spread(&mut self, from: Node, state: u8) {
        for link in self.base.links(from) {
            let kind = link.kind();
            if kind != self.base.kinds.weak && kind != self.base.kinds.hidden_edge {
                self.visit(link.to(), state);
            }
        }
    }
}
