//! Immediate dominators, and what each node retains.
//!
//! The algorithm is semi-NCA (Georgiadis, Tarjan, Werneck: "Finding Dominators in Practice", 2006):
//! semi-dominators as Lengauer and Tarjan find them, with simple path compression, then each
//! dominator as the nearest common ancestor. All tables are in depth-first order.

use super::sizes::Sizes;
use super::{Essential, Node};

/// Not reached.
const NONE: u32 = u32::MAX;

/// Returns the dominator of every node, and all nodes in an order in which each comes behind its
/// dominator.
///
/// Nodes that no essential edge leads to are the root's. So are those that only hold each other;
/// what they lead to does not count them, as in `DevTools`.
pub(super) fn of(essential: &Essential<'_>) -> (Vec<Node>, Vec<Node>) {
    let Tree {
        order,
        number,
        mut parent,
    } = Tree::grow(essential);
    let reached = order.len();

    // By depth-first number. `label` is the least semi-dominator on the compressed path; like `semi`, it
    // means nothing, and takes no memory, before its number's turn.
    let mut dominator = parent.clone();
    let mut label = vec![0_u32; reached];
    let mut semi = vec![0_u32; reached];
    let mut path = Vec::new();
    for w in (1..low(reached)).rev() {
        let node = order[w as usize];
        let mut least = w;
        let mut is_orphan = true;
        for entry in essential.retainers.of_node(node) {
            let from = entry.from();
            if !entry.may_retain() || essential.leaves_debugger(from, node) {
                continue;
            }
            is_orphan = false;
            let v = number[from as usize];
            if v == NONE {
                continue;
            }
            let found = if v <= w {
                v
            } else {
                evaluate(v, w, &mut parent, &mut label, &mut path)
            };
            least = least.min(found);
        }
        if is_orphan {
            least = 0;
        }
        semi[w as usize] = least;
        label[w as usize] = least;
    }
    drop((parent, label));
    for w in 1..reached {
        let mut above = dominator[w];
        while above > semi[w] {
            above = dominator[above as usize];
        }
        dominator[w] = above;
    }
    drop(semi);

    // Back from numbers to nodes; the root dominates what was not reached.
    let mut dominators = number;
    for place in &mut dominators {
        *place = match *place {
            NONE => 0,
            number => order[dominator[number as usize] as usize],
        };
    }
    (dominators, order)
}

/// The sizes, summed up along the dominators. `order` is what [`of`] returned.
pub(super) fn retained(dominators: &[Node], order: &[Node], sizes: &Sizes) -> Sizes {
    let mut retained = sizes.clone();
    for &node in order.iter().skip(1).rev() {
        let size = retained.get(node as usize);
        retained.add(dominators[node as usize] as usize, size);
    }
    if order.len() < sizes.len() {
        let mut is_reached = super::Bits::new(sizes.len());
        for &node in order {
            is_reached.add(node);
        }
        for node in 0..low(sizes.len()) {
            if !is_reached.has(node) {
                retained.add(0, retained.get(node as usize));
            }
        }
    }
    retained
}

/// A depth-first spanning tree.
struct Tree {
    /// The nodes in the order in which they were reached.
    order: Vec<Node>,
    /// The place of each node there, or [`NONE`].
    number: Vec<u32>,
    /// The number of each number's parent.
    parent: Vec<u32>,
}

impl Tree {
    fn grow(essential: &Essential<'_>) -> Self {
        let count = essential.base.nodes.len();
        let mut tree = Self {
            order: Vec::with_capacity(count),
            number: vec![NONE; count],
            parent: Vec::with_capacity(count),
        };
        let mut stack = Vec::new();
        tree.grow_from(0, essential, &mut stack);
        if tree.order.len() < count {
            for node in 0..low(count) {
                if tree.number[node as usize] == NONE && is_orphan(node, essential) {
                    tree.grow_from(node, essential, &mut stack);
                }
            }
        }
        tree
    }

    fn grow_from(&mut self, start: Node, essential: &Essential<'_>, stack: &mut Vec<(Node, u32)>) {
        self.reach(start, 0);
        stack.push((start, essential.base.nodes.edges(start).start));
        while let Some((from, next)) = stack.last_mut() {
            let from = *from;
            let end = essential.base.nodes.edges(from).end;
            let mut found = None;
            while *next < end && found.is_none() {
                let link = essential.base.edges.link(*next);
                *next += 1;
                let to = link.to();
                if self.number[to as usize] == NONE
                    && link.may_retain()
                    && !essential.leaves_debugger(from, to)
                {
                    found = Some(to);
                }
            }
            // Whoever is at its last edge need not be come back to.
            if *next == end {
                stack.pop();
            }
            if let Some(to) = found {
                self.reach(to, self.number[from as usize]);
                stack.push((to, essential.base.nodes.edges(to).start));
            }
        }
    }

    fn reach(&mut self, node: Node, parent: u32) {
        self.number[node as usize] = low(self.order.len());
        self.order.push(node);
        self.parent.push(parent);
    }
}

fn is_orphan(node: Node, essential: &Essential<'_>) -> bool {
    !essential
        .retainers
        .of_node(node)
        .iter()
        .any(|entry| entry.may_retain() && !essential.leaves_debugger(entry.from(), node))
}

/// The least label on the path from `v` up to what has not been visited yet, that is, has a number of
/// at most `floor`; the path is compressed.
fn evaluate(
    v: u32,
    floor: u32,
    ancestor: &mut [u32],
    label: &mut [u32],
    path: &mut Vec<u32>,
) -> u32 {
    let mut at = v;
    while ancestor[at as usize] > floor {
        path.push(at);
        at = ancestor[at as usize];
    }
    // `at` is the topmost that counts.
    let top = ancestor[at as usize];
    let mut least = label[at as usize];
    while let Some(below) = path.pop() {
        least = least.min(label[below as usize]);
        label[below as usize] = least;
        ancestor[below as usize] = top;
    }
    least
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "nodes are numbered with 32 bits"
)]
fn low(count: usize) -> u32 {
    count as u32
}
