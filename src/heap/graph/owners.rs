//! Shallow sizes: arrays and hidden nodes count with the object that alone has them.

use super::bits::Bits;
use super::sizes::Sizes;
use super::{Base, Known, Node};

const UNVISITED: u32 = u32::MAX;
const SHARED: u32 = u32::MAX - 1;

/// The self sizes, with those of arrays, hidden nodes and the data of external strings moved to the
/// one node that leads to them, if there is only one (`calculateShallowSizes` in `DevTools`).
/// `detached` nodes have another name, by which `DevTools` does not know such data.
pub(super) fn shallow_sizes(base: &Base<'_>, detached: &Bits) -> Sizes {
    let mut sizes = base.nodes.self_size.clone();
    let documents = base.names.numbers_of(Known::DocumentTrees);
    let mut roots = base.nodes.edges(0);
    if !roots.any(|edge| base.is_user_root(base.edges.to[edge as usize], &documents)) {
        // Written with V8's internals in it, to be looked at as they are.
        return sizes;
    }
    let owners = owners(base, detached);
    for (node, owner) in owners.into_iter().enumerate() {
        if owner == UNVISITED || owner == SHARED || owner as usize == node {
            continue;
        }
        let is_owner_synthetic = base.nodes.kind[owner as usize] == base.kinds.synthetic;
        if owner == 0 || is_owner_synthetic {
            continue;
        }
        let moved = sizes.get(node);
        sizes.set(node, 0);
        let owner = owner as usize;
        sizes.set(owner, sizes.get(owner).saturating_add(moved));
    }
    sizes
}

/// Of each node itself, or the one node that it belongs to.
fn owners(base: &Base<'_>, detached: &Bits) -> Vec<u32> {
    let strings = base.names.numbers_of(Known::ExternalStringData);
    let can_belong = |node: Node| {
        let at = node as usize;
        let kind = base.nodes.kind[at];
        kind == base.kinds.hidden
            || kind == base.kinds.array
            || (kind == base.kinds.native
                && strings.has(base.nodes.name[at])
                && !detached.has(node))
    };
    let count = u32::try_from(base.nodes.len()).unwrap_or(u32::MAX);
    let mut owners: Vec<u32> = (0..count)
        .map(|node| if can_belong(node) { UNVISITED } else { node })
        .collect();
    let mut open = Vec::new();
    for node in 0..count {
        if !can_belong(node) {
            open.push(node);
        }
        // A node changes at most twice: to one owner, and to several.
        while let Some(node) = open.pop() {
            let owner = owners[node as usize];
            for edge in base.nodes.edges(node) {
                let edge = edge as usize;
                if base.edges.kind[edge] == base.kinds.weak {
                    continue;
                }
                let to = base.edges.to[edge];
                let there = &mut owners[to as usize];
                if *there == UNVISITED {
                    *there = owner;
                    open.push(to);
                } else if *there != to && *there != owner && *there != SHARED {
                    *there = SHARED;
                    open.push(to);
                }
            }
        }
    }
    owners
}
