//! What the page can reach, as opposed to what only a debugger holds.

use super::bits::Bits;
use super::{Base, Known};

/// Everything that the root's shortcuts (the global objects) and the documents lead to
/// (`markPageOwnedNodes` in `DevTools`).
pub(super) fn owned(base: &Base<'_>) -> Bits {
    let documents = base.names.numbers_of(Known::DocumentTrees);
    let mut reached = Bits::new(base.nodes.len());
    let mut open = Vec::new();
    for edge in base.nodes.edges(0) {
        let edge = edge as usize;
        let to = base.edges.to[edge];
        let kind = base.edges.kind[edge];
        let is_document = kind == base.kinds.element
            && base.nodes.kind[to as usize] == base.kinds.synthetic
            && documents.has(base.nodes.name[to as usize]);
        if (is_document || kind == base.kinds.shortcut) && reached.add(to) {
            open.push(to);
        }
    }
    while let Some(node) = open.pop() {
        for edge in base.nodes.edges(node) {
            let edge = edge as usize;
            let to = base.edges.to[edge];
            if base.edges.kind[edge] != base.kinds.weak && reached.add(to) {
                open.push(to);
            }
        }
    }
    reached
}
