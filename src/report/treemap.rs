//! The tree of dominators, as much of it as a page can show.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::Serialize;

use super::model::Analysis;
use crate::heap::{ClassId, Dominated, Node};

/// Levels that are shown.
const DEPTH: usize = 16;

/// Children that are shown of a node; the others are one a class.
const CHILDREN: usize = 40;

/// A node is shown from this part of the heap on: one in so many bytes.
const SHARE: u64 = 1000;

/// Children are passed over while one of them has all but one in so many bytes of its parent.
const PASS: u64 = 20;

/// A rectangle.
#[derive(Debug, Clone, Serialize)]
pub struct Tile {
    /// What it is called.
    pub name: String,
    /// The id; 0 for several objects.
    pub id: u32,
    /// Bytes that it retains.
    pub bytes: u64,
    /// What it dominates, the largest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Tile>,
}

impl Analysis<'_, '_> {
    /// The tree below the root.
    #[must_use]
    pub fn treemap(&self) -> Tile {
        let tree = self.graph.dominated();
        let least = (self.graph.retained_size(0) / SHARE).max(1);
        self.tile(&tree, 0, least, DEPTH)
    }

    fn tile(&self, tree: &Dominated, node: Node, least: u64, depth: usize) -> Tile {
        let graph = self.graph;
        let bytes = graph.retained_size(node);
        let mut name = self.label(node);
        let mut end = node;
        let mut passed = 0_u32;
        // A chain of single children, as a linked list is one, is one tile.
        loop {
            let largest = tree
                .of(end)
                .iter()
                .copied()
                .max_by_key(|child| graph.retained_size(*child));
            match largest {
                Some(child)
                    if end != 0
                        && graph.retained_size(child) >= least
                        && graph.retained_size(child) > bytes - bytes / PASS =>
                {
                    end = child;
                    passed += 1;
                }
                _ => break,
            }
        }
        if passed > 0 {
            let between = if passed > 1 { "\u{2026} \u{2192} " } else { "" };
            name = format!("{name} \u{2192} {between}{}", self.label(end));
        }
        let mut below: Vec<Node> = tree.of(end).to_vec();
        below.sort_by_key(|child| Reverse(graph.retained_size(*child)));
        let mut children = Vec::new();
        if depth > 0 {
            let shown = below
                .iter()
                .take(CHILDREN)
                .take_while(|child| graph.retained_size(**child) >= least);
            children.extend(shown.map(|child| self.tile(tree, *child, least, depth - 1)));
        }
        if !children.is_empty() || bytes >= least {
            children.extend(self.rest(&below[children.len()..], least));
        }
        Tile {
            name,
            id: graph.id(node),
            bytes,
            children,
        }
    }

    /// Nodes that are too small for tiles of their own, a tile for each class.
    fn rest(&self, nodes: &[Node], least: u64) -> Vec<Tile> {
        let mut classes: HashMap<ClassId, (u64, u64)> = HashMap::new();
        for node in nodes {
            let class = self.classes.class(self.graph, *node);
            let tally = classes.entry(class).or_default();
            tally.0 += 1;
            tally.1 = tally.1.saturating_add(self.graph.retained_size(*node));
        }
        let mut tiles: Vec<Tile> = Vec::new();
        let (mut count, mut bytes) = (0, 0_u64);
        let tile = |name: &str, count: u64, bytes: u64| Tile {
            name: format!("{name} \u{d7}{}", super::text::grouped(count)),
            id: 0,
            bytes,
            children: Vec::new(),
        };
        for (class, (objects, size)) in classes {
            if size >= least {
                tiles.push(tile(self.classes.name(class), objects, size));
            } else {
                count += objects;
                bytes = bytes.saturating_add(size);
            }
        }
        tiles.sort_by(|a, b| (b.bytes, &a.name).cmp(&(a.bytes, &b.name)));
        if bytes > 0 && !tiles.is_empty() {
            tiles.push(tile("others", count, bytes));
        }
        tiles
    }
}
