//! A profile as data: `.cpuprofile` (where the time went) and `.heapprofile` (who allocated what is
//! still alive, by sampling), as V8 has them in `DevTools`' protocol (`Profiler.Profile`,
//! `HeapProfiler.SamplingHeapProfile`). Knows nothing of V8's API.

mod heap;
mod read;
#[cfg(test)]
mod tests;

pub use read::read;

/// What a profile measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Time, in microseconds.
    Cpu,
    /// Memory that was alive at its end, in bytes.
    Heap,
}

/// Why a text is no profile, in one line.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ProfileError {
    /// It is no JSON, or a part of it is not what it should be; with the place.
    #[error("{0}")]
    Json(String),
    /// It is JSON, but neither kind of profile.
    #[error(
        "it is neither a CPU profile (nodes, samples) nor a sampling heap profile (head, selfSize)"
    )]
    Neither,
    /// It is a heap snapshot.
    #[error("it is a heap snapshot: see oomhost analyze")]
    Snapshot,
    /// A node names one that is not there.
    #[error("node {parent} has the child {child}, which is not there")]
    NoSuchChild {
        /// The number of the node.
        parent: u64,
        /// What it names.
        child: u64,
    },
    /// A number twice.
    #[error("two nodes have the number {0}")]
    SameNumber(u64),
    /// Nodes that are no tree.
    #[error("node {0} has two parents, or is its own ancestor")]
    NoTree(u64),
    /// More than one node without a parent, or none.
    #[error("{0} nodes have no parent, where one should")]
    Roots(usize),
    /// A sample of a node that is not there.
    #[error("a sample is of node {0}, which is not there")]
    NoSuchNode(u64),
    /// Deeper than V8 ever makes them.
    #[error("it has stacks of more than {MOST_FRAMES} frames")]
    TooDeep,
}

/// Frames that a stack may have: V8 records at most 255 of a CPU profile, and as many of a heap
/// profile as its client asked for, 128 by default.
pub const MOST_FRAMES: usize = 4096;

/// A place in a program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Frame {
    /// The function; `(anonymous)` where it has no name.
    pub name: String,
    /// The script's URL or path; empty for V8's own entries.
    pub url: String,
    /// From 1; 0 where it is not known.
    pub line: u64,
    /// From 1; 0 where it is not known.
    pub column: u64,
}

impl Frame {
    /// Whether it is an entry of V8's, such as `(program)` and `(garbage collector)`.
    pub fn is_v8_s(&self) -> bool {
        self.url.is_empty() && self.name.starts_with('(') && self.name != "(anonymous)"
    }

    /// `file.js:3:7`; empty for V8's own.
    pub fn place(&self) -> String {
        let path = self.url.strip_prefix("file://").unwrap_or(&self.url);
        match (path, self.line, self.column) {
            ("", ..) => String::new(),
            (path, 0, _) => path.to_owned(),
            (path, line, 0) => format!("{path}:{line}"),
            (path, line, column) => format!("{path}:{line}:{column}"),
        }
    }
}

/// A function on a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its caller, which comes before it in the list; none for the root.
    pub parent: Option<usize>,
    /// In [`Profile::frames`].
    pub frame: usize,
    /// Of itself, without what it calls.
    pub value: u64,
}

/// A profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// What its values are.
    pub kind: Kind,
    /// Each place once.
    pub frames: Vec<Frame>,
    /// The root first, and callers before what they call.
    pub nodes: Vec<Node>,
    /// Samples that it is made of; 0 where it does not say.
    pub samples: u64,
    /// Microseconds in which the program did nothing; they are in no node.
    pub idle: u64,
}

/// How much of a profile is a function's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// In [`Profile::frames`].
    pub frame: usize,
    /// Of itself.
    pub own: u64,
    /// With what it calls, each moment or byte once however often the function is on the stack.
    pub total: u64,
}

impl Profile {
    /// All values together.
    pub fn sum(&self) -> u64 {
        self.nodes
            .iter()
            .fold(0, |sum, node| sum.saturating_add(node.value))
    }

    /// Every function that has a value, the largest of their own first.
    pub fn shares(&self) -> Vec<Share> {
        let mut totals: Vec<u64> = self.nodes.iter().map(|node| node.value).collect();
        for (at, node) in self.nodes.iter().enumerate().rev() {
            if let Some(parent) = node.parent {
                totals[parent] = totals[parent].saturating_add(totals[at]);
            }
        }
        let mut shares: Vec<Share> = (0..self.frames.len())
            .map(|frame| Share {
                frame,
                own: 0,
                total: 0,
            })
            .collect();
        for (at, node) in self.nodes.iter().enumerate() {
            let share = &mut shares[node.frame];
            share.own = share.own.saturating_add(node.value);
            if !self.is_recursive(at) {
                share.total = share.total.saturating_add(totals[at]);
            }
        }
        shares.retain(|share| share.total > 0);
        shares.sort_by(|a, b| {
            (b.own, b.total)
                .cmp(&(a.own, a.total))
                .then(a.frame.cmp(&b.frame))
        });
        shares
    }

    /// Whether the node's function is among its callers.
    fn is_recursive(&self, at: usize) -> bool {
        let frame = self.nodes[at].frame;
        self.callers(at)
            .any(|caller| self.nodes[caller].frame == frame)
    }

    /// The nodes from a node's caller up to the root.
    pub fn callers(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.nodes[at].parent, |&node| self.nodes[node].parent)
    }
}
