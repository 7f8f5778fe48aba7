//! What else costs memory in a heap: copies of strings, empty collections, boxed numbers, and so on.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::graph::{Graph, Node};

/// Entries of each list.
const MOST: usize = 10;

/// Bytes of a reference in an array, with V8's pointers compressed; otherwise it is twice as much.
const SMALL_SLOT: u64 = 4;

/// Arrays smaller than this are not looked at for being sparse.
const SPARSE_BYTES: u64 = 1024;

/// Bytes of a `Map`'s table that has no room yet or that of V8's smallest; no key needs less.
const EMPTY_TABLE_BYTES: u64 = 260;

/// Objects counted together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Objects.
    pub count: u64,
    /// Their shallow sizes, in bytes.
    pub bytes: u64,
}

impl Tally {
    fn add(&mut self, bytes: u64) {
        self.count += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// A text that several strings have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duplicate {
    /// Number of the text among the snapshot's names.
    pub name: u32,
    /// Strings that have it. V8 cuts texts off after 1,024 characters: longer ones are taken for the same
    /// where they have the same size too.
    pub count: u64,
    /// Bytes that all but one of them take.
    pub wasted: u64,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// The copies that waste most.
    pub duplicates: Vec<Duplicate>,
    /// All copies but the first of each text.
    pub copies: Tally,
    /// Arrays, maps and sets without an entry.
    pub empty: Tally,
    /// Arrays of which less than a quarter is used.
    pub sparse: Tally,
    /// The largest of them.
    pub largest_sparse: Option<Node>,
    /// Numbers in objects of their own.
    pub numbers: Tally,
    /// Objects of the page that are not in its document any more.
    pub detached: Tally,
    /// Global contexts: pages, frames, `vm` contexts. All but one may be left over.
    pub native_contexts: u64,
    /// Closures' contexts, those that retain most first.
    pub contexts: Vec<Node>,
    /// The contents of array buffers.
    pub buffers: Tally,
    /// The contents of strings outside of V8's heap.
    pub external_strings: Tally,
    /// The single objects with the largest shallow sizes.
    pub biggest: Vec<Node>,
}

impl Findings {
    /// Looks at every node once.
    #[must_use]
    pub fn of(graph: &Graph<'_>) -> Self {
        let mut found = Self::default();
        let mut strings: Vec<(u32, u64)> = Vec::new();
        let mut contexts = Largest::new();
        let mut biggest = Largest::new();
        let mut names = Names::default();
        let kinds: Vec<Kind> = graph.kinds().iter().map(|name| Kind::of(name)).collect();
        for node in graph.nodes() {
            let size = graph.shallow_size(node);
            match kinds[graph.kind_number(node)] {
                Kind::String if size > 0 => strings.push((graph.name(node), size)),
                Kind::Number if size > 0 => found.numbers.add(size),
                Kind::Named => match names.role(graph, node) {
                    Role::Array => found.look_at_array(graph, node),
                    Role::Collection => found.look_at_collection(graph, node),
                    Role::Context => contexts.offer(graph.retained_size(node), node),
                    Role::NativeContext => found.native_contexts += 1,
                    Role::BufferData => found.buffers.add(size),
                    Role::ExternalString => found.external_strings.add(size),
                    Role::Detached => found.detached.add(size),
                    Role::Other => {}
                },
                Kind::Synthetic => continue,
                _ => {}
            }
            biggest.offer(size, node);
        }
        found.count_copies(strings);
        found.contexts = contexts.sorted();
        found.biggest = biggest.sorted();
        found
    }

    fn look_at_array(&mut self, graph: &Graph<'_>, node: Node) {
        let mut elements = 0_u64;
        let mut store = None;
        for edge in graph.edges(node) {
            match graph.edge_kind(edge) {
                "element" => elements += 1,
                "internal" if graph.kind(graph.target(edge)) == "array" => {
                    store = Some(graph.target(edge));
                }
                _ => {}
            }
        }
        let Some(store) = store else {
            self.empty.add(graph.shallow_size(node));
            return;
        };
        // Numbers leave no trace: an array without a reference may be full of them.
        let bytes = graph.shallow_size(store).max(graph.shallow_size(node));
        if elements > 0 && bytes >= SPARSE_BYTES && elements * SMALL_SLOT * 4 < bytes / 2 {
            self.sparse.add(bytes);
            let larger = self
                .largest_sparse
                .is_none_or(|known| graph.shallow_size(known) < graph.shallow_size(node));
            if larger {
                self.largest_sparse = Some(node);
            }
        }
    }

    fn look_at_collection(&mut self, graph: &Graph<'_>, node: Node) {
        let table = graph
            .edges(node)
            .find(|edge| {
                graph.edge_kind(*edge) == "internal" && graph.kind(graph.target(*edge)) == "array"
            })
            .map(|edge| graph.target(edge));
        let Some(table) = table else { return };
        let bytes = graph.shallow_size(table) + graph.shallow_size(node);
        let has_entry = graph.edges(table).any(|edge| {
            !matches!(
                graph.kind(graph.target(edge)),
                "hidden" | "object shape" | "array"
            )
        });
        if !has_entry && bytes <= EMPTY_TABLE_BYTES {
            self.empty.add(bytes);
        }
    }

    fn count_copies(&mut self, mut strings: Vec<(u32, u64)>) {
        strings.sort_unstable();
        let mut duplicates = Largest::new();
        for run in strings.chunk_by(|a, b| a == b) {
            let copies = run.len() as u64 - 1;
            if copies == 0 {
                continue;
            }
            let duplicate = Duplicate {
                name: run[0].0,
                count: copies + 1,
                wasted: copies.saturating_mul(run[0].1),
            };
            self.copies.count += copies;
            self.copies.bytes = self.copies.bytes.saturating_add(duplicate.wasted);
            duplicates.offer(duplicate.wasted, duplicate);
        }
        self.duplicates = duplicates.sorted();
    }
}

/// The [`MOST`] largest of many.
struct Largest<T>(BinaryHeap<Reverse<(u64, T)>>);

impl<T: Ord> Largest<T> {
    fn new() -> Self {
        Self(BinaryHeap::new())
    }

    fn offer(&mut self, size: u64, item: T) {
        if self.0.len() == MOST {
            if self.0.peek().is_some_and(|Reverse(least)| least.0 >= size) {
                return;
            }
            self.0.pop();
        }
        self.0.push(Reverse((size, item)));
    }

    /// The largest first.
    fn sorted(self) -> Vec<T> {
        let items = self.0.into_sorted_vec();
        items.into_iter().map(|Reverse((_, item))| item).collect()
    }
}

/// What a node is by its type.
#[derive(Debug, Clone, Copy)]
enum Kind {
    String,
    Number,
    /// Its name says more.
    Named,
    Synthetic,
    Other,
}

impl Kind {
    fn of(name: &str) -> Self {
        match name {
            "string" => Self::String,
            "number" => Self::Number,
            "object" | "native" | "hidden" => Self::Named,
            "synthetic" => Self::Synthetic,
            _ => Self::Other,
        }
    }
}

/// What a node is by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Array,
    Collection,
    Context,
    NativeContext,
    BufferData,
    ExternalString,
    Detached,
    Other,
}

/// Names that were looked at.
#[derive(Default)]
struct Names(rustc_hash::FxHashMap<u32, Role>);

impl Names {
    fn role(&mut self, graph: &Graph<'_>, node: Node) -> Role {
        let name = graph.name(node);
        *self
            .0
            .entry(name)
            .or_insert_with(|| match &*graph.names().get(name, 32) {
                "Array" => Role::Array,
                "Map" | "Set" => Role::Collection,
                "system / NativeContext" => Role::NativeContext,
                "system / JSArrayBufferData" => Role::BufferData,
                "system / ExternalStringData" => Role::ExternalString,
                text if text.starts_with("system / Context") => Role::Context,
                text if text.starts_with("Detached ") => Role::Detached,
                _ => Role::Other,
            })
    }
}
