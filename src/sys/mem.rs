//! Address space and pages, reserved ahead of need.
#![expect(unsafe_code, reason = "talks to libc")]

use super::errno::Errno;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::NonNull;

/// The size of a page of memory, in bytes.
pub const PAGE: usize = 4096;

/// A range of addresses that is ours: no memory behind it until a file is
/// mapped into it. Costs no RSS and no commit charge.
#[derive(Debug)]
pub struct AddressRange {
    start: NonNull<u8>,
    length: usize,
    mapped: usize,
}

impl AddressRange {
    /// Reserves `length` bytes (a multiple of [`PAGE`]) of address space.
    ///
    /// # Errors
    /// The `errno` of `mmap`, such as `ENOMEM` under `RLIMIT_AS`.
    pub fn reserve(length: usize) -> Result<Self, Errno> {
        let start = map_anonymous(length, libc::PROT_NONE, libc::MAP_NORESERVE)?;
        Ok(Self {
            start,
            length,
            mapped: 0,
        })
    }

    /// Reserves as [`Self::reserve`] does, from an address that is a multiple of
    /// `alignment` (a power of two, and of [`PAGE`]).
    ///
    /// # Errors
    /// As there; `EINVAL` where the sum is no length.
    pub fn reserve_aligned(length: usize, alignment: usize) -> Result<Self, Errno> {
        let whole = length
            .checked_add(alignment)
            .ok_or(Errno(libc::EINVAL))
            .and_then(Self::reserve)?;
        let before = whole.address().wrapping_neg() & (alignment - 1);
        // The parts around the aligned one are given back; it is ours as before.
        let whole = std::mem::ManuallyDrop::new(whole);
        // SAFETY: `before <= alignment`, so `before + length` is within the reservation.
        let start = unsafe { whole.start.add(before) };
        // SAFETY: pages of the reservation outside of the part that is kept.
        unsafe {
            if before > 0 {
                libc::munmap(whole.start.as_ptr().cast(), before);
            }
            libc::munmap(start.as_ptr().add(length).cast(), alignment - before);
        }
        Ok(Self {
            start,
            length,
            mapped: 0,
        })
    }

    /// The length of the reservation, in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// The first address.
    #[must_use]
    pub fn address(&self) -> usize {
        self.start.as_ptr().addr()
    }

    /// Maps `length` bytes of `file` from `offset` over the start of the range,
    /// shared and writable; what was mapped there before is gone.
    ///
    /// # Errors
    /// The `errno` of `mmap`; `EINVAL` if `length` does not fit the range. On
    /// an error nothing is mapped.
    pub fn map_file(
        &mut self,
        file: BorrowedFd<'_>,
        offset: u64,
        length: usize,
    ) -> Result<(), Errno> {
        self.unmap_file();
        if length == 0 || length > self.length {
            return Err(Errno(libc::EINVAL));
        }
        let offset = libc::off_t::try_from(offset).map_err(|_| Errno(libc::EFBIG))?;
        // SAFETY: `MAP_FIXED` replaces pages of the range only, which is ours
        // alone and of which no reference outlives `&mut self`.
        let mapped = unsafe {
            libc::mmap(
                self.start.as_ptr().cast(),
                length,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_FIXED,
                file.as_raw_fd(),
                offset,
            )
        };
        if mapped == libc::MAP_FAILED {
            return Err(Errno::last());
        }
        self.mapped = length;
        self.expect_random_access(0, length);
        Ok(())
    }

    /// Keeps the kernel from reading ahead where a page is touched: it would bring 128 KiB of the
    /// file into memory each time, or what the disk is set to.
    fn expect_random_access(&self, offset: usize, length: usize) {
        // SAFETY: the part lies within the range, which is ours; advice changes no page. Without
        // it the file takes more memory, and nothing else.
        let start = unsafe { self.start.as_ptr().add(offset) };
        // SAFETY: as above.
        unsafe { libc::madvise(start.cast(), length, libc::MADV_RANDOM) };
    }

    /// Maps a part of the file anew where it is mapped already, in place of pages
    /// that have been put over it. `file` is the one that [`Self::map_file`] has
    /// mapped from its start; offset and length are multiples of [`PAGE`].
    ///
    /// # Errors
    /// The `errno` of `mmap`; `EINVAL` outside of what is mapped.
    pub fn map_again(
        &mut self,
        file: BorrowedFd<'_>,
        offset: usize,
        length: usize,
    ) -> Result<(), Errno> {
        let end = offset.checked_add(length);
        if end.is_none_or(|end| end > self.mapped) {
            return Err(Errno(libc::EINVAL));
        }
        let position = libc::off_t::try_from(offset).map_err(|_| Errno(libc::EFBIG))?;
        // SAFETY: `MAP_FIXED` replaces pages within the range, which is ours; the
        // caller has given up what these pages held.
        let mapped = unsafe {
            libc::mmap(
                self.start.as_ptr().add(offset).cast(),
                length,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_FIXED,
                file.as_raw_fd(),
                position,
            )
        };
        if mapped == libc::MAP_FAILED {
            return Err(Errno::last());
        }
        self.expect_random_access(offset, length);
        Ok(())
    }

    /// Takes the file out of the range, which stays reserved.
    pub fn unmap_file(&mut self) {
        if self.mapped == 0 {
            return;
        }
        self.mapped = 0;
        // SAFETY: as in `map_file`.
        unsafe {
            libc::mmap(
                self.start.as_ptr().cast(),
                self.length,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED,
                -1,
                0,
            )
        };
    }

    /// Copies `bytes` to `offset` within what is mapped.
    ///
    /// Returns how many bytes were copied: fewer than given where the mapping
    /// ends, none where nothing is mapped. What code that knows nothing of the file
    /// does to its memory, for tests.
    #[cfg(test)]
    pub fn copy_in(&mut self, offset: usize, bytes: &[u8]) -> usize {
        let count = bytes.len().min(self.mapped.saturating_sub(offset));
        if count > 0 {
            // SAFETY: `offset + count <= mapped`, the mapping is writable and
            // `bytes` cannot overlap a range that is never lent out.
            unsafe {
                std::ptr::copy_nonoverlapping(
                    bytes.as_ptr(),
                    self.start.as_ptr().add(offset),
                    count,
                );
            }
        }
        count
    }
}

impl Drop for AddressRange {
    fn drop(&mut self) {
        // SAFETY: the whole range is ours and nothing refers to it any more.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
    }
}

/// A buffer whose pages exist already: writing to it needs no new memory.
#[derive(Debug)]
pub struct HeldBuffer {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: the pages are the buffer's alone, whichever thread has it.
unsafe impl Send for HeldBuffer {}

impl HeldBuffer {
    /// Takes `length` bytes (a multiple of [`PAGE`]), zeroed and populated.
    ///
    /// # Errors
    /// The `errno` of `mmap`.
    pub fn take(length: usize) -> Result<Self, Errno> {
        let start = map_anonymous(
            length,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_POPULATE,
        )?;
        Ok(Self { start, length })
    }

    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: the mapping is readable, `length` long and lives as long as `self`.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }

    /// The bytes, to be written.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as above, and `&mut self` makes it the only reference.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }
}

impl Drop for HeldBuffer {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours and nothing refers to it any more.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
    }
}

fn map_anonymous(length: usize, protection: i32, flags: i32) -> Result<NonNull<u8>, Errno> {
    // SAFETY: a new anonymous mapping at an address of the kernel's choice
    // touches no existing memory.
    let start = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            length,
            protection,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | flags,
            -1,
            0,
        )
    };
    if start == libc::MAP_FAILED {
        return Err(Errno::last());
    }
    NonNull::new(start.cast()).ok_or(Errno(libc::ENOMEM))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::Read;
    use std::os::fd::AsFd;

    #[test]
    fn a_window_moves_along_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("f");
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)
            .unwrap();
        file.set_len(3 * PAGE as u64).unwrap();
        let mut range = AddressRange::reserve(2 * PAGE).unwrap();
        assert_eq!(range.copy_in(0, b"nothing is mapped"), 0);
        range.map_file(file.as_fd(), 0, 2 * PAGE).unwrap();
        assert_eq!(range.copy_in(2 * PAGE - 2, b"abcd"), 2);
        range.map_file(file.as_fd(), 2 * PAGE as u64, PAGE).unwrap();
        assert_eq!(range.copy_in(0, b"cd"), 2);
        range.unmap_file();
        let mut content = Vec::new();
        File::open(&path)
            .unwrap()
            .read_to_end(&mut content)
            .unwrap();
        assert_eq!(&content[2 * PAGE - 2..2 * PAGE + 2], b"abcd");
    }

    #[test]
    fn a_range_is_aligned() {
        const ALIGNMENT: usize = 1 << 25;
        let file = tempfile::tempfile().unwrap();
        file.set_len(4 * PAGE as u64).unwrap();
        let mut range = AddressRange::reserve_aligned(4 * PAGE, ALIGNMENT).unwrap();
        assert_eq!(range.address() % ALIGNMENT, 0);
        assert_eq!(range.length(), 4 * PAGE);
        range.map_file(file.as_fd(), 0, 4 * PAGE).unwrap();
        assert_eq!(range.copy_in(4 * PAGE - 1, b"x"), 1);
        range.map_again(file.as_fd(), PAGE, PAGE).unwrap();
        assert_eq!(
            range.map_again(file.as_fd(), 4 * PAGE, PAGE),
            Err(Errno(libc::EINVAL))
        );
    }

    #[test]
    fn a_window_larger_than_the_range_is_refused() {
        let file = File::open("/dev/null").unwrap();
        let mut range = AddressRange::reserve(PAGE).unwrap();
        assert_eq!(
            range.map_file(file.as_fd(), 0, 2 * PAGE),
            Err(Errno(libc::EINVAL))
        );
    }

    #[test]
    fn a_held_buffer_is_zeroed() {
        let mut buffer = HeldBuffer::take(PAGE).unwrap();
        assert!(buffer.as_slice().iter().all(|&byte| byte == 0));
        buffer.as_mut_slice()[7] = 1;
        assert_eq!(buffer.as_slice()[7], 1);
    }
}
