//! The tree of dominators, downwards.

use super::{Graph, Node};

/// The nodes that each node dominates immediately.
#[derive(Debug)]
pub struct Dominated {
    first: Vec<u32>,
    nodes: Vec<Node>,
}

impl Dominated {
    pub(super) fn of_graph(graph: &Graph<'_>) -> Self {
        let mut first = vec![0_u32; graph.len() + 1];
        for &above in graph.dominators.iter().skip(1) {
            first[above as usize + 1] += 1;
        }
        let mut sum = 0;
        for place in &mut first {
            sum += *place;
            *place = sum;
        }
        let mut nodes = vec![0; sum as usize];
        for node in graph.nodes().skip(1) {
            let place = &mut first[graph.dominator(node) as usize];
            nodes[*place as usize] = node;
            *place += 1;
        }
        // Every place has moved on to the next node's.
        first.pop();
        first.insert(0, 0);
        Self { first, nodes }
    }

    /// Those that `node` dominates immediately.
    #[must_use]
    pub fn of(&self, node: Node) -> &[Node] {
        let node = node as usize;
        &self.nodes[self.first[node] as usize..self.first[node + 1] as usize]
    }
}
