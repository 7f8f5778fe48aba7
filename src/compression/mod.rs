//! Compressed files, gzip (RFC 1952) and Zstandard (RFC 8878), as streams.
//!
//! [`Encoder`] is for a process that is running out of memory: all that it needs
//! is there once it is made. [`decode()`] is for what comes after.

mod decode;
mod encode;

use std::path::{Path, PathBuf};

pub use decode::{Fault, decode};
pub use encode::{Broken, Encoder};

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// gzip: every machine has what reads it.
    Gzip,
    /// Zstandard: faster, and smaller files.
    Zstd,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Gzip, Self::Zstd];

    /// Its name, also that of the command which reads it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// How the names of such files end.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
        }
    }

    /// The path without such an ending; `None` where it has none.
    #[must_use]
    pub fn without_ending(path: &Path) -> Option<PathBuf> {
        let end = path.extension()?.to_str()?;
        Self::ALL
            .iter()
            .any(|format| format.ending().strip_prefix('.') == Some(end))
            .then(|| path.with_extension(""))
    }

    /// The format of a file that begins so; `None` for any other.
    #[must_use]
    pub fn of(start: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|format| {
            let magic: &[u8] = match format {
                Self::Gzip => &[0x1f, 0x8b],
                Self::Zstd => &[0x28, 0xb5, 0x2f, 0xfd],
            };
            start.starts_with(magic)
        })
    }
}

#[cfg(test)]
mod tests;
