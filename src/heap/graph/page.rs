//! What the page can reach, as opposed to what only a debugger holds.

use super::bits::Bits;
use super::{Base, Known};

/// Everything that the root's shortcuts (the global objects) and the documents lead to
/// (`markPageOwnedNodes` in `DevTools`).
pub(super) fn owned(base: &Base<'_>) -> Bits {
    let documents = base.names.numbers_of(Known::DocumentTrees);
    let mut reached = Bits::new(base.nodes.len());
    let mut open = Vec::new();
    for link in base.links(0) {
        let (to, kind) = (link.to(), link.kind());
        let is_document = kind == base.kinds.element
            && base.nodes.kind[to as usize] == base.kinds.synthetic
            && documents.has(base.nodes.name[to as usize]);
        if (is_document || kind == base.kinds.shortcut) && reached.add(to) {
            open.push(to);
        }
    }
    while let Some(node) = open.pop() {
        for link in base.links(node) {
            if link.kind() != base.kinds.weak && reached.add(link.to()) {
                open.push(link.to());
            }
        }
    }
    reached
}
