//! Where a capture's memory comes from: a scratch file in place of plain memory.
//!
//! V8's generator needs many times the heap for its graph. Plain memory of that
//! size gets the process killed where memory is what ran out; the pages of a
//! shared file mapping can be written back and reclaimed instead. So, while a
//! capture runs, the default heap of the capturing thread is a mimalloc heap that
//! allocates in one exclusive arena, and the arena's addresses are a mapping of
//! an unlinked file on a disk.
//!
//! - The arena is one large reservation of addresses ([`LENGTH`]), made with its
//!   heap at the start of the process: mimalloc binds a heap to one arena, and
//!   nothing has to be allocated when memory is short. It costs no memory.
//! - The file grows where it is touched ([`Guard::growing`]): no callback of V8's
//!   comes often enough to keep blocks ahead of its allocations, which grow
//!   vectors and tables by doubling.
//! - A full disk puts plain pages in the place of those it cannot give, and
//!   [`Entered::failure`] ends the capture at V8's next sign of life. One object
//!   can take gigabytes without such a sign: where the process ends with the
//!   capture anyway, it ends after 16 MB of such pages.
//! - V8's other threads allocate from their own heaps, and not here.
//! - What V8 keeps after a capture (the ids of objects, memory of pages that it
//!   allocated meanwhile) stays valid: the mapping is never removed. The blocks of
//!   the file in which nothing lives are given back at the end of each capture.
#![expect(unsafe_code, reason = "mimalloc's heaps")]

use crate::sys::fixed::FixedPath;
use crate::sys::mem::AddressRange;
use crate::sys::sigbus::Guard;
use crate::sys::{Errno, file, process};
use libmimalloc_sys as mi;
use std::ffi::c_void;
use std::fmt::Write as _;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::NonNull;

/// Addresses of an arena, in bytes: as good as no limit beside a disk's free space.
const LENGTH: usize = 64 << 30;

/// What mimalloc's arenas consist of, and are aligned to (`MI_SEGMENT_SIZE`).
const BLOCK: usize = 32 << 20;
const BLOCKS: usize = LENGTH / BLOCK;

/// Bytes that the disk must have at least for a capture to begin there.
const FIRST_STEP: u64 = BLOCK as u64;

/// Why there is no scratch file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The directory's files are memory themselves.
    InMemory,
    /// The disk has this many bytes left, which will not do, and memory is plentiful.
    Small(u64),
    /// What the system said.
    System(Errno),
}

impl From<Errno> for Refusal {
    fn from(errno: Errno) -> Self {
        Self::System(errno)
    }
}

/// The arena of one thread.
#[derive(Debug)]
pub struct Arena {
    /// Declared before the file: the guard goes first.
    scratch: Option<Scratch>,
    /// Never unmapped: V8 keeps memory of it.
    range: ManuallyDrop<AddressRange>,
    heap: NonNull<mi::mi_heap_t>,
    /// Keeps a place in the descriptor table, for a process that has none left.
    spare: Option<OwnedFd>,
}

#[derive(Debug)]
struct Scratch {
    guard: Guard,
    file: OwnedFd,
}

impl Arena {
    /// Reserves the addresses and a heap. For the start of the process, on the
    /// thread that will capture. Nothing where addresses are short (`RLIMIT_AS`).
    #[must_use]
    pub fn reserve() -> Option<Self> {
        let range = AddressRange::reserve_aligned(LENGTH, BLOCK).ok()?;
        let range = ManuallyDrop::new(range);
        let mut id: mi::mi_arena_id_t = 0;
        // "Large" keeps mimalloc from decommitting and protecting parts of the
        // range: for pages of a file that would only cost faults.
        // SAFETY: the range is ours, aligned as mimalloc wants it, and never
        // unmapped; mimalloc touches none of it before a heap allocates there.
        let managed = unsafe {
            mi::mi_manage_os_memory_ex(
                std::ptr::with_exposed_provenance::<c_void>(range.address()),
                range.length(),
                true,
                true,
                true,
                -1,
                true,
                &raw mut id,
            )
        };
        if !managed {
            return None;
        }
        // SAFETY: an arena that was just made.
        let heap = NonNull::new(unsafe { mi::mi_heap_new_in_arena(id) })?;
        Some(Self {
            scratch: None,
            range,
            heap,
            spare: spare_descriptor(),
        })
    }

    /// Whether there is a scratch file from an earlier capture.
    #[must_use]
    pub fn has_scratch(&self) -> bool {
        self.scratch.is_some()
    }

    /// Whether a scratch file could be made in `directory`.
    ///
    /// # Errors
    /// Why not.
    pub fn check(directory: &FixedPath) -> Result<(), Refusal> {
        file::check_directory(directory.as_c_str())?;
        if file::file_system(directory.as_c_str())?.in_memory {
            return Err(Refusal::InMemory);
        }
        Ok(())
    }

    /// Makes the scratch file in `directory`, unless there is one from an earlier
    /// capture, and sees to it that the disk has room for a beginning.
    ///
    /// # Errors
    /// Why it cannot be; the capture has to do without then.
    pub fn open(&mut self, directory: &FixedPath) -> Result<(), Refusal> {
        if let Some(scratch) = &self.scratch {
            file::allocate(scratch.file.as_fd(), 0, FIRST_STEP)?;
            return Ok(());
        }
        Self::check(directory)?;
        let mut name = FixedPath::new();
        name.push(directory.as_bytes());
        // A `Fixed` never fails; a path that does not fit is refused below.
        let _ = write!(name, "/.oomhost-{}.scratch", process::id());
        if name.overflowed() {
            return Err(Refusal::System(Errno(libc::ENAMETOOLONG)));
        }
        self.spare = None;
        let opened = self.map(directory, &name);
        if opened.is_err() {
            self.spare = spare_descriptor();
        }
        self.scratch = Some(opened?);
        Ok(())
    }

    fn map(&mut self, directory: &FixedPath, name: &FixedPath) -> Result<Scratch, Errno> {
        let file = file::create_unnamed(directory.as_c_str(), name.as_c_str())?;
        file::allocate(file.as_fd(), 0, FIRST_STEP)?;
        self.range.map_file(file.as_fd(), 0, LENGTH)?;
        let guard = match Guard::growing(&self.range, file.as_fd()) {
            Ok(guard) => guard,
            Err(error) => {
                self.range.unmap_file();
                return Err(error);
            }
        };
        Ok(Scratch { guard, file })
    }

    /// Makes this thread allocate from the arena until the result is dropped.
    /// Nothing without a scratch file.
    pub fn enter(&mut self) -> Option<Entered<'_>> {
        self.scratch.as_ref()?;
        // SAFETY: the heap is this thread's (an arena belongs to an isolate, and
        // that to its thread), and its addresses are mapped from here on.
        let previous = unsafe { mi::mi_heap_set_default(self.heap.as_ptr()) };
        Some(Entered {
            arena: self,
            previous,
        })
    }

    /// Gives the blocks back in which nothing lives.
    fn release(&mut self) {
        let Some(scratch) = &mut self.scratch else {
            return;
        };
        let mut census = Census {
            start: self.range.address(),
            used: [false; BLOCKS],
        };
        // SAFETY: the heap is this thread's; the visitor gets the census, which
        // outlives the call, and only reads the areas.
        unsafe {
            mi::mi_heap_collect(self.heap.as_ptr(), true);
            // It says `false` of a heap without areas: then nothing is in use.
            mi::mi_heap_visit_blocks(
                self.heap.as_ptr(),
                false,
                Some(count_area),
                (&raw mut census).cast(),
            );
        }
        let overlaid = scratch.guard.growth_failure().is_some();
        let file = scratch.file.as_fd();
        let end = census
            .used
            .iter()
            .rposition(|&used| used)
            .map_or(0, |last| last + 1);
        // Only this thread's heap takes blocks of the arena, and it is not
        // allocating now, so what is free stays free meanwhile.
        let _ = file::truncate(file, (end * BLOCK) as u64);
        for (index, _) in census.used.iter().enumerate().filter(|(_, used)| !**used) {
            if index < end {
                file::punch_hole(file, (index * BLOCK) as u64, BLOCK as u64);
            }
            if overlaid {
                // Plain pages in the place of the file's: back to the file.
                let _ = self.range.map_again(file, index * BLOCK, BLOCK);
            }
        }
        scratch.guard.forget();
    }
}

/// Which blocks of the arena hold something.
struct Census {
    start: usize,
    used: [bool; BLOCKS],
}

impl Census {
    fn add(&mut self, address: usize, length: usize) {
        let first = address.saturating_sub(self.start);
        let last = first.saturating_add(length.max(1)) - 1;
        if let Some(blocks) = self
            .used
            .get_mut(first / BLOCK..=(last / BLOCK).min(BLOCKS - 1))
        {
            blocks.fill(true);
        }
    }
}

unsafe extern "C" fn count_area(
    _heap: *const mi::mi_heap_t,
    area: *const mi::mi_heap_area_t,
    _block: *mut c_void,
    _block_size: usize,
    census: *mut c_void,
) -> bool {
    // SAFETY: `release` lends its census to the visit.
    let census = unsafe { &mut *census.cast::<Census>() };
    // SAFETY: mimalloc passes an area that is valid for the call.
    let area = unsafe { &*area };
    census.add(area.blocks.addr(), area.reserved);
    true
}

/// This thread allocates from the arena.
pub struct Entered<'a> {
    arena: &'a mut Arena,
    previous: *mut mi::mi_heap_t,
}

impl Entered<'_> {
    /// Why the scratch file did not grow any more, if so: the capture should end.
    #[must_use]
    pub fn failure(&self) -> Option<Errno> {
        self.arena.scratch.as_ref()?.guard.growth_failure()
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        // SAFETY: the heap that was this thread's default.
        unsafe { mi::mi_heap_set_default(self.previous) };
        self.arena.release();
    }
}

fn spare_descriptor() -> Option<OwnedFd> {
    file::open(c"/dev/null", libc::O_RDONLY, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;

    fn fixed(path: &Path) -> FixedPath {
        let mut fixed = FixedPath::new();
        fixed.push(path.as_os_str().as_bytes());
        fixed
    }

    /// Bytes on the disk of the arena's file.
    fn on_disk(arena: &Arena) -> u64 {
        let file = arena.scratch.as_ref().unwrap().file.try_clone().unwrap();
        std::fs::File::from(file).metadata().unwrap().blocks() * 512
    }

    #[test]
    fn memory_is_the_files_and_what_is_free_goes_back() {
        let directory = tempfile::tempdir().unwrap();
        let mut arena = Arena::reserve().unwrap();
        assert!(arena.enter().is_none(), "there is no file yet");
        arena.open(&fixed(directory.path())).unwrap();
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        let range = arena.range.address()..arena.range.address() + LENGTH;
        let entered = arena.enter().unwrap();
        let kept = Box::new([7_u8; 1000]);
        let big: Vec<Vec<u8>> = (0..200).map(|index| vec![index; 1 << 20]).collect();
        assert!(range.contains(&kept.as_ptr().addr()));
        assert!(big.iter().all(|part| range.contains(&part.as_ptr().addr())));
        assert!(on_disk(entered.arena) >= 200 << 20);
        assert_eq!(entered.failure(), None);
        assert!(
            big.iter()
                .enumerate()
                .all(|(index, part)| usize::from(part[1 << 19]) == index)
        );
        drop(big);
        drop(entered);
        let outside = vec![1_u8; 1000];
        assert!(!range.contains(&outside.as_ptr().addr()));
        assert!(on_disk(&arena) <= 2 * BLOCK as u64, "{}", on_disk(&arena));
        assert_eq!(*kept, [7; 1000]);
        // Again, on top of what was kept.
        arena.open(&fixed(directory.path())).unwrap();
        let entered = arena.enter().unwrap();
        let again = vec![1_u8; 100 << 20];
        assert!(range.contains(&again.as_ptr().addr()));
        drop((again, kept));
        drop(entered);
        assert!(on_disk(&arena) <= BLOCK as u64, "{}", on_disk(&arena));
    }

    #[test]
    fn a_directory_in_memory_or_missing_is_refused() {
        let mut arena = Arena::reserve().unwrap();
        assert_eq!(
            arena.open(&fixed(Path::new("/dev/shm"))),
            Err(Refusal::InMemory)
        );
        assert_eq!(
            arena.open(&fixed(Path::new("/nowhere/at/all"))),
            Err(Refusal::System(Errno(libc::ENOENT)))
        );
    }

    #[test]
    fn the_census_counts_every_block_that_is_touched() {
        let mut census = Census {
            start: 0,
            used: [false; BLOCKS],
        };
        census.add(BLOCK + 1, 10);
        census.add(3 * BLOCK, 2 * BLOCK);
        let used: Vec<usize> = (0..BLOCKS).filter(|&index| census.used[index]).collect();
        assert_eq!(used, [1, 3, 4]);
    }
}
