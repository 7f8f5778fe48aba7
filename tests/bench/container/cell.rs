//! The cells: what fills the heap, how large it is, how fast it grows, what the container leaves.

use std::fmt;
use std::path::PathBuf;

/// The most that a capture may add to anonymous memory, in bytes: 16 MB, or 5 % of the heap.
pub fn anonymous_bound(heap_mb: u64) -> u64 {
    (16_u64 << 20).max((heap_mb << 20) / 20)
}

/// Memory beyond what was used just before, in MB; none is without a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub Option<u64>);

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(megabytes) => write!(f, "+{megabytes}"),
            None => f.write_str("none"),
        }
    }
}

/// One cell of the matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub shape: &'static str,
    /// In MB.
    pub heap: u64,
    pub growth: &'static str,
    pub limit: Limit,
}

/// The few cells that `--quick` leaves, and the tests run.
pub fn quick() -> Vec<Cell> {
    let limits = [Limit(Some(32)), Limit(None)];
    let shapes = ["small", "array-1m", "map", "strings"];
    shapes
        .into_iter()
        .flat_map(|shape| {
            limits.map(|limit| Cell {
                shape,
                heap: 64,
                growth: "fast",
                limit,
            })
        })
        .collect()
}

/// A program under test.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its name in tables.
    pub name: &'static str,
    pub path: PathBuf,
    /// What it takes to have one snapshot at the heap's limit.
    pub flags: &'static [&'static str],
    pub environment: &'static [(&'static str, &'static str)],
    /// What the line on stderr holds with which its capture begins.
    pub at_limit: &'static str,
    /// Whether it goes on after the snapshot; then it is ended.
    pub goes_on: bool,
}

/// What both print when the file is complete.
pub const WRITTEN: &str = "Wrote snapshot to ";

impl Program {
    pub fn oomhost() -> Self {
        Self {
            name: "oomhost",
            path: env!("CARGO_BIN_EXE_oomhost").into(),
            flags: &[],
            environment: &[],
            at_limit: "<--- oomhost: ",
            goes_on: false,
        }
    }
}
