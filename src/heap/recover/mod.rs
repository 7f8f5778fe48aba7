//! What is left of a heap snapshot whose writing was interrupted, and a valid snapshot of it.
//!
//! V8 writes header, nodes, edges, four sections of less weight, and the strings last. So a
//! file that was cut off holds a prefix of that, and what follows is missing: names first,
//! then edges, then nodes. The file's end may be NULs (disk space that was allocated and not
//! written to), and after a power failure there may be holes of NULs inside; no snapshot has
//! a NUL of its own.
//!
//! [`Remains::find`] reads the file once and keeps no table; [`Remains::write`] reads it again.

mod scan;
mod write;

#[cfg(test)]
mod tests;

use std::ops::Range;

pub use write::Written;

use super::header::Header;

/// What an interrupted snapshot still holds; at least one node.
///
/// Everything that counts is held against the rules of [`check()`](super::check()) but for one,
/// that ids are unique.
#[derive(Debug, Clone)]
pub struct Remains<'a> {
    bytes: &'a [u8],
    header: Header,
    /// The header as JSON, for the counts in it to be changed.
    header_json: serde_json::Value,
    /// Length of the file's text where it is a whole snapshot.
    whole: Option<usize>,
    nodes: Section,
    /// Sum of the edge counts of `nodes`, at most the header's edge count.
    edges_of_nodes: u64,
    edges: Section,
    lesser: Lesser,
    strings: Section,
    /// Strings that `nodes` and `edges` refer to: the largest number and one.
    strings_needed: u64,
}

/// The beginning of a section that is whole and valid.
#[derive(Debug, Clone, Default)]
struct Section {
    /// Rows, or strings.
    count: u64,
    /// Where they stand in the file, without brackets.
    range: Range<usize>,
    /// Whether that is the whole section.
    complete: bool,
}

/// The sections that a snapshot can do without.
#[derive(Debug, Clone, Default)]
struct Lesser {
    functions: Section,
    tree: Section,
    samples: Section,
    locations: Section,
}

/// So much of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// What is there.
    pub found: u64,
    /// What there was.
    pub of: u64,
}

impl Part {
    /// Whether nothing is missing.
    #[must_use]
    pub fn is_all(self) -> bool {
        self.found >= self.of
    }
}

impl Remains<'_> {
    /// Whether the file is a whole snapshot, perhaps with NULs behind it.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole.is_some()
    }

    /// Nodes, of those that the header promises.
    #[must_use]
    pub fn nodes(&self) -> Part {
        Part {
            found: self.nodes.count,
            of: self.header.node_count,
        }
    }

    /// Edges, of those that the header promises.
    #[must_use]
    pub fn edges(&self) -> Part {
        Part {
            found: self.edges.count,
            of: self.header.edge_count,
        }
    }

    /// Strings, of those that the nodes and edges found refer to. Where nodes or edges are
    /// missing there were more.
    #[must_use]
    pub fn strings(&self) -> Part {
        Part {
            found: self.strings.count,
            of: self.strings_needed.max(self.strings.count),
        }
    }

    /// Whether the places of functions in their scripts are all there.
    #[must_use]
    pub fn has_locations(&self) -> bool {
        self.header.location_width == 0 || self.lesser.locations.complete
    }
}

/// What a lost string is replaced by: two nodes had the same name where they have the same
/// number. Without parentheses, which mark V8's own groups.
fn placeholder(string: u64) -> String {
    format!("lost#{string}")
}
