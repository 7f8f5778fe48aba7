//! Shallow sizes: arrays and hidden nodes count with the object that alone has them.

use super::bits::Bits;
use super::sizes::Sizes;
use super::{Base, Known, Node};

const UNVISITED: u32 = u32::MAX;
const SHARED: u32 = u32::MAX - 1;

/// Whom the sizes of arrays, hidden nodes and the data of external strings count with: the one node
/// that leads to them, if there is only one (`calculateShallowSizes` in `DevTools`). Pairs of the node
/// and its owner. `detached` nodes have another name, by which `DevTools` does not know such data.
pub(super) fn moves(base: &Base<'_>, detached: &Bits) -> Vec<(Node, Node)> {
    let documents = base.names.numbers_of(Known::DocumentTrees);
    let mut roots = base.links(0).iter();
    if !roots.any(|link| base.is_user_root(link.to(), &documents)) {
        // Written with V8's internals in it, to be looked at as they are.
        return Vec::new();
    }
    let owners = owners(base, detached);
    let is_moved = |(node, owner): &(Node, Node)| {
        owner != node
            && *owner < SHARED
            && *owner != 0
            && base.nodes.kind[*owner as usize] != base.kinds.synthetic
            && base.nodes.self_size.get(*node as usize) > 0
    };
    (0..).zip(owners).filter(is_moved).collect()
}

/// Moves the sizes.
pub(super) fn apply(moves: Vec<(Node, Node)>, sizes: &mut Sizes) {
    for (node, owner) in moves {
        let size = sizes.get(node as usize);
        sizes.set(node as usize, 0);
        sizes.add(owner as usize, size);
    }
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
            for link in base.links(node) {
                if link.kind() == base.kinds.weak {
                    continue;
                }
                let to = link.to();
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
