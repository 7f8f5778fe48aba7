//! A heap snapshot as data: opened, split, counted, checked.
//!
//! This room knows nothing of V8's API, only of the `.heapsnapshot` text that V8
//! writes (`HeapSnapshotJSONSerializer` in V8's `src/profiler/heap-snapshot-generator.cc`).
//! The order of work is [`SnapshotFile::open`] (a mapping), [`Snapshot::parse`]
//! (header and sections), then whatever reads the sections: [`Census`] or [`check()`].
//! [`Remains`] makes a snapshot of a file that was cut off.
//!
//! Everything up to the census runs in the child of a process that has just run out
//! of memory, perhaps inside a small container. So it keeps no table by node: the
//! file is read in order, straight from the mapping, whose pages the kernel can drop.

mod census;
mod check;
mod error;
mod graph;
mod header;
mod open;
mod parallel;
mod recover;
mod rows;
mod snapshot;
mod strings;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use census::{Census, Class, Largest};
pub use check::{Checked, check};
pub use error::FormatError;
pub use graph::{Edge, Graph, NO_DISTANCE, Names, Node, Release, SYSTEM_DISTANCE, Stages};
pub use header::Header;
pub use open::SnapshotFile;
pub use recover::{Part, Remains, Written};
pub use snapshot::Snapshot;
