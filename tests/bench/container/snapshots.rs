//! The files that a program has left.
#![expect(unsafe_code, reason = "snapshots are mapped")]

use std::fs;
use std::path::{Path, PathBuf};

use oomhost::heap::{self, Snapshot, SnapshotFile};

/// Those under the final name of a snapshot.
pub fn find(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    Ok(entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "heapsnapshot"))
        .collect())
}

/// The length in bytes of a file that is a whole and valid snapshot.
pub fn check(path: &Path) -> Result<u64, String> {
    // SAFETY: the program that wrote the file has ended, and the folder is our own.
    let file = unsafe { SnapshotFile::open(path) }.map_err(|error| error.to_string())?;
    let snapshot = Snapshot::parse(file.bytes()).map_err(|error| error.to_string())?;
    heap::check(&snapshot).map_err(|error| error.to_string())?;
    Ok(file.bytes().len() as u64)
}
