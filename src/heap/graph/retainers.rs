//! Edges the other way round.

use super::{Base, Node};
use crate::heap::parallel;

/// Who holds each node, by references that are not weak.
#[derive(Debug, Default)]
pub(super) struct Retainers {
    /// Where the retainers of each node begin, and where those of the last end.
    first: Vec<u32>,
    entries: Vec<Entry>,
}

/// One reference to a node.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry(u32);

/// Set where the reference cannot matter for dominators.
const SLACK: u32 = 1 << 31;

impl Entry {
    #[inline]
    pub fn from(self) -> Node {
        self.0 & !SLACK
    }

    /// Whether the reference may be essential; the rest depends on the page alone.
    #[inline]
    pub fn may_retain(self) -> bool {
        self.0 & SLACK == 0
    }
}

impl Retainers {
    /// Sorts the edges by target. The targets are divided between two threads, so that each writes to
    /// a half of the table that is its own.
    pub fn of(base: &Base<'_>) -> Self {
        let nodes = base.nodes.len();
        let mut first = vec![0_u32; nodes + 1];
        {
            // Each thread counts for the half of the nodes that is its own.
            let (low, high) = first[1..].split_at_mut(nodes / 2);
            parallel::both(|| count(base, 0, low), || count(base, nodes / 2, high));
        }
        let mut sum = 0;
        for place in &mut first {
            sum += *place;
            *place = sum;
        }
        let mut entries = vec![Entry::default(); sum as usize];
        // Each node's place is moved on as its entries are written, to the next node's in the end.
        let middle = first.partition_point(|place| *place < sum / 2).min(nodes);
        let split = first[middle] as usize;
        {
            let (low, high) = entries.split_at_mut(split);
            let (low_first, high_first) = first.split_at_mut(middle);
            parallel::both(
                || scatter(base, 0, low_first, 0, low),
                || scatter(base, middle, high_first, split, high),
            );
        }
        // Back by one: every place is now where its node's entries end.
        first.pop();
        first.insert(0, 0);
        Self { first, entries }
    }

    #[inline]
    pub fn of_node(&self, node: Node) -> &[Entry] {
        let node = node as usize;
        &self.entries[self.first[node] as usize..self.first[node + 1] as usize]
    }
}

/// Counts the references to each of the nodes from `start` on.
fn count(base: &Base<'_>, start: usize, counts: &mut [u32]) {
    let weak = base.kinds.weak;
    for link in base.edges.all() {
        let to = (link.to() as usize).wrapping_sub(start);
        if to < counts.len() && link.kind() != weak {
            counts[to] += 1;
        }
    }
}

/// Writes the entries of those nodes whose places are in `places`, which begin at node `start`; the
/// entries begin at place `shift`.
fn scatter(base: &Base<'_>, start: usize, places: &mut [u32], shift: usize, entries: &mut [Entry]) {
    let end = start + places.len();
    for from in 0..u32::try_from(base.nodes.len()).unwrap_or(u32::MAX) {
        for link in base.links(from) {
            let to = link.to() as usize;
            if !(start..end).contains(&to) || link.kind() == base.kinds.weak {
                continue;
            }
            let place = &mut places[to - start];
            let slack = if link.may_retain() { 0 } else { SLACK };
            entries[*place as usize - shift] = Entry(from | slack);
            *place += 1;
        }
    }
}
