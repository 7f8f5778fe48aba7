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
mod classes;
mod error;
mod findings;
mod graph;
mod growth;
mod header;
mod locations;
mod open;
mod parallel;
mod path;
mod printable;
mod recover;
pub mod rounds;
mod rows;
mod snapshot;
mod strings;
mod suspects;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod traces;

pub use census::{Census, Class, Largest};
pub use check::{Checked, check};
pub use classes::{ClassId, ClassTotal, Classes};
pub use error::FormatError;
pub use findings::{Duplicate, Findings, Tally};
pub use graph::{
    Cut, Dominated, Edge, Graph, NO_DISTANCE, Names, Node, Reached, Release, Routes,
    SYSTEM_DISTANCE, Stages, Sums,
};
pub use growth::{Account, Count, Doubt};
pub use header::Header;
pub use locations::{Location, Locations};
pub use open::SnapshotFile;
pub use parallel::both;
pub use path::{Path, SourcePath, Step};
pub use printable::printable;
pub use recover::{Part, Remains, Written};
pub use snapshot::Snapshot;
pub use suspects::{Group, Suspect, suspects};
pub use traces::{Frame, Site, Traces};
