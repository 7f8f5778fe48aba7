//! What can be wrong with the text of a heap snapshot.

/// The file is not a heap snapshot, or not a whole and valid one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} (at byte {offset})")]
pub struct FormatError {
    /// Bytes from the start of the file to the first one that is wrong.
    pub offset: u64,
    /// What is wrong there, in words that fit after "not a valid heap snapshot: ".
    pub what: String,
}

impl FormatError {
    /// An error about the byte at `offset`.
    pub(super) fn at(offset: usize, what: impl Into<String>) -> Self {
        Self {
            offset: offset as u64,
            what: what.into(),
        }
    }
}
