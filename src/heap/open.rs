//! The file, mapped.

use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::path::Path;

use memmap2::{Advice, Mmap, UncheckedAdvice};

/// A `.heapsnapshot` file mapped for reading in order.
///
/// The mapping is file-backed: it costs address space and page cache, no anonymous
/// memory, so a file of many gigabytes can be read inside a container of a few megabytes.
#[derive(Debug)]
pub struct SnapshotFile {
    map: Mmap,
}

impl SnapshotFile {
    /// Maps the file at `path`.
    ///
    /// # Errors
    /// Whatever opening or mapping the file reports; a folder or another thing that is
    /// not a regular file is [`io::ErrorKind::InvalidInput`].
    ///
    /// # Safety
    /// Nobody may write to the file or cut it while the value lives: a changed byte breaks
    /// Rust's promise that `&[u8]` does not change, and a page that is no longer there
    /// raises SIGBUS. Snapshots keep to this where they get their final name only
    /// when they are complete and are never opened for writing again.
    #[expect(
        unsafe_code,
        reason = "a mapping is sound only while its file is left alone"
    )]
    pub unsafe fn open(path: &Path) -> io::Result<Self> {
        // Asked before opening, which would wait for the other end of a pipe.
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "not a regular file",
            ));
        }
        let file = File::open(path)?;
        // SAFETY: the caller promises that the file stays as it is while the mapping lives.
        unsafe { Self::map(&file) }
    }

    /// Maps a file that is open.
    ///
    /// # Errors
    /// As [`Self::open`].
    ///
    /// # Safety
    /// As for [`Self::open`].
    #[expect(
        unsafe_code,
        reason = "a mapping is sound only while its file is left alone"
    )]
    pub unsafe fn map(file: &File) -> io::Result<Self> {
        // SAFETY: the caller promises that the file stays as it is while the mapping lives.
        let map = unsafe { Mmap::map(file) }?;
        // Read-ahead, and pages behind the reader are the first to go under pressure. Only
        // advice: a kernel that does not take it changes nothing but speed.
        let _ = map.advise(Advice::Sequential);
        Ok(Self { map })
    }

    /// Lets go of the pages that lie within these bytes, which are read from the file again where they
    /// are looked at once more. Otherwise what was read counts as resident memory of this process.
    pub fn release(&self, bytes: Range<usize>) {
        const PAGE: usize = 4096;
        let start = bytes.start.next_multiple_of(PAGE);
        let end = bytes.end.min(self.map.len()) / PAGE * PAGE;
        if start >= end {
            return;
        }
        #[expect(unsafe_code, reason = "dropping pages of a mapping")]
        // SAFETY: the mapping is of a file and read only, so a page that is dropped comes back as it
        // was, given what `open` asks for: that nobody writes to the file.
        let _ = unsafe {
            self.map
                .unchecked_advise_range(UncheckedAdvice::DontNeed, start, end - start)
        };
    }

    /// The text of the file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.map
    }
}
