//! The whole of it on small heaps, and dominators against the plainest way to find them.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::*;
use crate::heap::testing::{Builder, noise};

pub(super) fn with_graph<T>(heap: &Builder, look: impl FnOnce(&Graph<'_>) -> T) -> T {
    let text = heap.text();
    let snapshot = Snapshot::parse(text.as_bytes()).expect("a snapshot");
    let graph = Graph::build(&snapshot, &Release::nothing()).expect("a graph");
    look(&graph)
}

/// Nodes: type and size. Edges: where from, type, index, where to.
type Parts = (
    Vec<(&'static str, u64)>,
    Vec<(usize, &'static str, usize, usize)>,
);

/// The parts of heaps of random nodes and edges of every type.
fn parts(most: usize) -> impl Strategy<Value = Parts> {
    let node = (
        select(&[
            "object",
            "hidden",
            "array",
            "synthetic",
            "native",
            "closure",
        ]),
        0..100_u64,
    );
    vec(node, 1..most).prop_flat_map(|nodes| {
        let end = 0..=nodes.len();
        let kind = select(&[
            "property", "internal", "context", "shortcut", "weak", "hidden",
        ]);
        let edges = vec((end.clone(), kind, 0..9_usize, end), 0..3 * nodes.len());
        (Just(nodes), edges)
    })
}

fn heap_of((nodes, edges): &Parts) -> Builder {
    let mut heap = Builder::new();
    for (at, (kind, size)) in nodes.iter().enumerate() {
        heap.node(kind, &format!("N{}", at % 5), *size);
    }
    for (from, kind, index, to) in edges {
        if *kind == "hidden" {
            heap.element(*from, *index, *to);
        } else {
            heap.edge(*from, kind, "e", *to);
        }
    }
    heap
}

/// What a walk from the root over essential edges reaches when it may not enter `without`; nodes
/// without an essential retainer are the root's.
fn reached(graph: &Graph<'_>, holds: &[Vec<Node>], without: Option<Node>) -> Vec<bool> {
    let mut seen = vec![false; graph.len()];
    let mut held = vec![false; graph.len()];
    holds
        .iter()
        .flatten()
        .for_each(|to| held[*to as usize] = true);
    let orphans = graph.nodes().filter(|node| !held[*node as usize]);
    let mut open: Vec<Node> = std::iter::once(0).chain(orphans).collect();
    while let Some(node) = open.pop() {
        if Some(node) != without && !std::mem::replace(&mut seen[node as usize], true) {
            open.extend(&holds[node as usize]);
        }
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn dominators_are_those_of_brute_force(parts in prop_oneof![parts(25), parts(80)]) {
        with_graph(&heap_of(&parts), compare_with_brute_force);
    }
}

fn compare_with_brute_force(graph: &Graph<'_>) {
    let page = page::owned(&graph.base());
    let holds: Vec<Vec<Node>> = graph
        .nodes()
        .map(|from| {
            let edges = graph.edges(from).filter(|edge| {
                let to = graph.target(*edge);
                graph.edges.link(*edge).may_retain()
                    && (from == 0 || !page.has(to) || page.has(from))
            });
            edges.map(|edge| graph.target(edge)).collect()
        })
        .collect();
    let all = reached(graph, &holds, None);
    let without: Vec<Vec<bool>> = graph
        .nodes()
        .map(|node| reached(graph, &holds, Some(node)))
        .collect();
    // a dominates b: b is reached, but not without a.
    let dominates =
        |a: Node, b: Node| a == 0 || all[b as usize] && !without[a as usize][b as usize];
    for node in graph.nodes() {
        let dominator = graph.dominator(node);
        let retained: u64 = graph
            .nodes()
            .filter(|other| dominates(node, *other) || *other == node)
            .map(|other| graph.shallow_size(other))
            .sum();
        assert_eq!(graph.retained_size(node), retained);
        if node == 0 || !all[node as usize] {
            assert_eq!(dominator, 0);
            continue;
        }
        assert!(dominator != node && dominates(dominator, node));
        // The nearest: whoever else dominates the node dominates its dominator.
        assert!(graph.nodes().all(|other| {
            other == node || !dominates(other, node) || dominates(other, dominator)
        }));
    }
}

#[test]
fn a_weak_map_s_value_is_its_key_s() {
    let mut heap = Builder::new();
    let global = heap.node("object", "Window", 8);
    let table = heap.node("array", "system / EphemeronHashTable", 16);
    let map = heap.node("object", "WeakMap", 24);
    let step = heap.node("object", "Step", 8);
    let key = heap.node("object", "Key", 32);
    let value = heap.node("object", "Value", 64);
    let pair = |place| {
        let ids = [key, value, table].map(|node| 2 * node + 1);
        format!(
            "{place} / part of key (Key @{}) -> value (Value @{}) pair in WeakMap (table @{})",
            ids[0], ids[1], ids[2]
        )
    };
    heap.edge(0, "shortcut", "global", global);
    heap.edge(global, "property", "map", map);
    heap.edge(global, "property", "step", step);
    heap.edge(step, "property", "key", key);
    heap.edge(map, "internal", "table", table);
    heap.edge(table, "internal", &pair(3), value);
    heap.edge(key, "internal", &pair(12), value);
    with_graph(&heap, |graph| {
        let node = |node: usize| u32::try_from(node).expect("a small heap");
        assert_eq!(graph.dominator(node(value)), node(key));
        assert_eq!(graph.retained_size(node(key)), 96);
        // The farther of key (3) and table (3), and one more.
        assert_eq!(graph.distance(node(value)), 4);
        // The table counts with its map.
        assert_eq!(graph.shallow_size(node(table)), 0);
        assert_eq!(graph.shallow_size(node(map)), 40);
        assert_eq!(graph.retained_size(0), 8 + 40 + 8 + 96);
    });
}

#[test]
fn what_the_compiler_looks_at_is_on_no_way() {
    let mut heap = Builder::new();
    let roots = heap.node("synthetic", "(GC roots)", 0);
    let stack = heap.node("synthetic", "(Stack roots)", 0);
    let job = heap.node("synthetic", "(Identity map)", 0);
    heap.edge(0, "internal", "1", roots);
    heap.edge(roots, "internal", "1", stack);
    heap.edge(roots, "internal", "2", job);
    let chain: Vec<usize> = (0..9).map(|_| heap.node("object", "Link", 8)).collect();
    heap.edge(stack, "internal", "1", chain[0]);
    for pair in chain.windows(2) {
        heap.edge(pair[0], "property", "__proto__", pair[1]);
    }
    heap.edge(job, "internal", "1", chain[5]);
    with_graph(&heap, |graph| {
        let node = |node: usize| u32::try_from(node).expect("a small heap");
        let routes = Routes::find(graph);
        assert_eq!(routes.before(node(chain[5])), Some(node(chain[4])));
    });
}

#[test]
fn what_nothing_holds_is_the_root_s() {
    let mut heap = Builder::new();
    let a = heap.node("object", "A", 8);
    let b = heap.node("object", "B", 16);
    let c = heap.node("object", "C", 32);
    heap.edge(0, "weak", "w", a);
    // Two that hold each other.
    heap.edge(b, "property", "c", c);
    heap.edge(c, "property", "b", b);
    with_graph(&heap, |graph| {
        let nodes = [a, b, c].map(|node| u32::try_from(node).expect("a small heap"));
        assert!(nodes.iter().all(|node| graph.dominator(*node) == 0));
        assert_eq!(nodes.map(|node| graph.retained_size(node)), [8, 16, 32]);
        // A user root, though weak.
        assert_eq!(
            nodes.map(|node| graph.distance(node)),
            [1, NO_DISTANCE, NO_DISTANCE]
        );
        assert_eq!(graph.retained_size(0), 56);
    });
}

#[test]
fn sizes_beyond_32_bits() {
    let mut heap = Builder::new();
    let buffer = heap.node("object", "ArrayBuffer", 5_000_000_000);
    let edge = heap.node("object", "Edge", u64::from(u32::MAX));
    heap.edge(0, "property", "a", buffer);
    heap.edge(buffer, "property", "b", edge);
    with_graph(&heap, |graph| {
        assert_eq!(graph.retained_size(1), 5_000_000_000 + u64::from(u32::MAX));
        assert_eq!(graph.shallow_size(2), u64::from(u32::MAX));
    });
}

#[test]
fn no_noise_makes_a_panic() {
    let mut random = noise();
    let mut runner = TestRunner::deterministic();
    let mut heap = || {
        let tree = parts(25).new_tree(&mut runner).expect("a heap");
        heap_of(&tree.current()).text()
    };
    let texts: Vec<String> = (0..20).map(|_| heap()).collect();
    for round in 0..8_000 {
        let mut bytes = texts[round % texts.len()].clone().into_bytes();
        for _ in 0..=random(3) {
            let at = random(bytes.len());
            let tokens = crate::heap::testing::TOKENS;
            match random(3) {
                0 => bytes[at] = tokens[random(tokens.len())],
                1 => bytes.insert(at, tokens[random(tokens.len())]),
                _ => {
                    bytes.remove(at);
                }
            }
        }
        let Ok(snapshot) = Snapshot::parse(&bytes) else {
            continue;
        };
        // Whatever passes the check can be read; what can be read need not pass it.
        let built = Graph::build(&snapshot, &Release::nothing());
        if crate::heap::check(&snapshot).is_ok() {
            assert!(
                built.is_ok(),
                "{:?} in {}",
                built.err(),
                String::from_utf8_lossy(&bytes)
            );
        }
    }
}
