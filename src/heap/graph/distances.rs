//! How far every node is from the roots.

use rustc_hash::FxHashSet;

use super::names::{Names, Numbers};
use super::{Base, Edge, Known, NO_DISTANCE, Node, SYSTEM_DISTANCE};

/// Distances in `DevTools`' sense: breadth first from the user roots, then from the root
/// (`calculateDistances` of `HeapSnapshot` and of `JSHeapSnapshot`).
pub(super) fn of(base: &Base<'_>) -> Vec<i32> {
    let mut search = Search {
        base,
        distances: vec![NO_DISTANCE; base.nodes.len()],
        pending: FxHashSet::default(),
        function_map: base.names.numbers_of(Known::SloppyFunctionMap),
        native_context: base.names.numbers_of(Known::NativeContext),
        descriptors: base.names.numbers_of(Known::MapDescriptors),
    };
    let documents = base.names.numbers_of(Known::DocumentTrees);
    let mut queue = Vec::with_capacity(base.nodes.len());
    for link in base.links(0) {
        let to = link.to();
        if base.is_user_root(to, &documents) {
            search.distances[to as usize] = 1;
            queue.push(to);
        }
    }
    let has_user_roots = !queue.is_empty();
    search.spread(&mut queue);
    search.distances[0] = if has_user_roots { SYSTEM_DISTANCE } else { 0 };
    queue.clear();
    queue.push(0);
    search.spread(&mut queue);
    search.distances
}

struct Search<'b> {
    base: &'b Base<'b>,
    distances: Vec<i32>,
    /// Pairs of edges to a `WeakMap`'s value of which one was met; the second counts.
    pending: FxHashSet<u64>,
    function_map: Numbers,
    native_context: Numbers,
    descriptors: Numbers,
}

impl Search<'_> {
    fn spread(&mut self, queue: &mut Vec<Node>) {
        let base = self.base;
        let mut next = 0;
        while next < queue.len() {
            let node = queue[next];
            next += 1;
            let distance = self.distances[node as usize].saturating_add(1);
            if let Some(special) = self.special(node) {
                self.visit_special(node, special, distance, queue);
                continue;
            }
            for (edge, link) in base.nodes.edges(node).zip(base.links(node)) {
                let (to, kind) = (link.to(), link.kind());
                if self.distances[to as usize] != NO_DISTANCE
                    || kind == base.kinds.weak
                    || (kind == base.kinds.internal && !self.completes_pair(edge))
                {
                    continue;
                }
                self.distances[to as usize] = distance;
                queue.push(to);
            }
        }
    }

    fn visit_special(
        &mut self,
        node: Node,
        special: Special,
        distance: i32,
        queue: &mut Vec<Node>,
    ) {
        let base = self.base;
        let edges = base.nodes.edges(node);
        for (edge, name) in edges.clone().zip(base.edges.names(edges)) {
            let link = base.edges.link(edge);
            let (to, kind) = (link.to(), link.kind());
            if self.distances[to as usize] != NO_DISTANCE
                || kind == base.kinds.weak
                || !self.is_followed(special, kind, name)
                || (kind == base.kinds.internal && !self.completes_pair(edge))
            {
                continue;
            }
            self.distances[to as usize] = distance;
            queue.push(to);
        }
    }

    fn special(&self, node: Node) -> Option<Special> {
        let node = node as usize;
        let kind = self.base.nodes.kind[node];
        let name = self.base.nodes.name[node];
        if kind == self.base.kinds.hidden && self.native_context.has(name) {
            Some(Special::NativeContext)
        } else if kind == self.base.kinds.array && self.descriptors.has(name) {
            Some(Special::Descriptors)
        } else {
            None
        }
    }

    fn is_followed(&self, special: Special, kind: u8, name: u32) -> bool {
        let by_index = self.base.kinds.by_index(kind);
        match special {
            Special::NativeContext => by_index || !self.function_map.has(name),
            // Maps share descriptor arrays, not all of whose entries are each map's.
            Special::Descriptors => {
                let index = if by_index {
                    Some(i64::from(name))
                } else {
                    leading_integer(self.base.names, name)
                };
                index.is_none_or(|index| index < 2 || index % 3 != 1)
            }
        }
    }

    /// Whether the edge is no `WeakMap`'s, or the second of a pair: so a value is as far as the farther
    /// of table and key.
    #[inline]
    fn completes_pair(&mut self, edge: Edge) -> bool {
        let name = self.base.edges.ephemeron_name(edge);
        match name.and_then(|name| self.base.names.ephemeron(name)) {
            Some(ephemeron) if !self.pending.remove(&ephemeron.pair) => {
                self.pending.insert(ephemeron.pair);
                false
            }
            _ => true,
        }
    }
}

/// Nodes some of whose edges are not followed.
#[derive(Debug, Clone, Copy)]
enum Special {
    NativeContext,
    Descriptors,
}

/// What JavaScript's `parseInt(name, 10)` makes of a name.
fn leading_integer(names: &Names<'_>, name: u32) -> Option<i64> {
    let text = names.get(name, 32);
    let text = text.trim_start();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits.bytes().take_while(u8::is_ascii_digit).count();
    digits[..end].parse::<i64>().ok().map(|value| sign * value)
}
