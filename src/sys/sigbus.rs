//! SIGBUS as the way in which the file under a mapping grows.
//!
//! Memory that is written by code which cannot ask for blocks first (an
//! allocator's) is mapped over a file's whole future length. The first touch of a
//! page beyond the file's blocks raises SIGBUS, and under a [`Guard`] the handler
//! allocates the next ones. Only where the disk has none left does a page of
//! plain memory take the place, and [`Guard::growth_failure`] tells it: nothing
//! was lost, for such a page has never held anything. A process in its
//! [`last_stand`] ends rather than take many of these pages. A fault anywhere
//! else goes to whoever had the signal.
#![expect(unsafe_code, reason = "a signal handler")]

use super::errno::Errno;
use super::last_stand;
use super::mem::{AddressRange, PAGE};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};

/// A range under guard; `start` 0 means free.
struct Slot {
    start: AtomicUsize,
    length: AtomicUsize,
    /// The descriptor of the file that grows.
    file: AtomicI32,
    /// What the system said when the file could not grow; 0 where it could.
    errno: AtomicI32,
    /// Pages of plain memory that were put in the place of the file's.
    plain_pages: AtomicUsize,
    /// The page that faulted last, and how often in a row.
    last_page: AtomicUsize,
    repeats: AtomicUsize,
}

/// Bytes by which a file grows, and the least of them where the disk is nearly full.
const GROW_STEP: usize = 64 << 20;
const LEAST_GROW_STEP: usize = 64 << 10;

/// Pages of plain memory that a full disk may cost a process which is to end
/// anyway: 16 MB.
const MOST_PLAIN_PAGES: usize = 4096;

/// A page that faults more often than this, although its file has grown, has
/// lost its device: then the fault is what it looks like.
const MOST_REPEATS: usize = 100;

/// One for each thread that may capture at once, and many more.
static SLOTS: [Slot; SLOT_COUNT] = [const {
    Slot {
        start: AtomicUsize::new(0),
        length: AtomicUsize::new(0),
        file: AtomicI32::new(-1),
        errno: AtomicI32::new(0),
        plain_pages: AtomicUsize::new(0),
        last_page: AtomicUsize::new(0),
        repeats: AtomicUsize::new(0),
    }
}; SLOT_COUNT];

const SLOT_COUNT: usize = 16;

/// The handler that was there before ours, as `sigaction` gave it.
static PREVIOUS: AtomicUsize = AtomicUsize::new(libc::SIG_DFL);
static PREVIOUS_FLAGS: AtomicUsize = AtomicUsize::new(0);
static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Guards a range of addresses until it is dropped.
#[derive(Debug)]
pub struct Guard {
    slot: usize,
    // A guard belongs to the thread that writes to the range.
    _not_send: PhantomData<*const ()>,
}

impl Guard {
    /// Guards `range`, over which `file` is mapped from its start; the file grows
    /// as the range is touched. Range and descriptor must outlive the guard.
    ///
    /// # Errors
    /// `EBUSY` if all slots are taken, or the `errno` of `sigaction`.
    pub fn growing(range: &AddressRange, file: BorrowedFd<'_>) -> Result<Self, Errno> {
        install()?;
        for (index, slot) in SLOTS.iter().enumerate() {
            if slot
                .start
                .compare_exchange(0, usize::MAX, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
            {
                slot.file.store(file.as_raw_fd(), Ordering::Relaxed);
                slot.errno.store(0, Ordering::Relaxed);
                slot.plain_pages.store(0, Ordering::Relaxed);
                slot.length.store(range.length(), Ordering::Relaxed);
                slot.start.store(range.address(), Ordering::Release);
                return Ok(Self {
                    slot: index,
                    _not_send: PhantomData,
                });
            }
        }
        Err(Errno(libc::EBUSY))
    }

    /// Why a growing file did not grow, and pages of plain memory were taken.
    #[must_use]
    pub fn growth_failure(&self) -> Option<Errno> {
        let errno = SLOTS.get(self.slot)?.errno.load(Ordering::Acquire);
        (errno != 0).then_some(Errno(errno))
    }

    /// Forgets a failure, after what was put over the file is gone.
    pub fn forget(&mut self) {
        if let Some(slot) = SLOTS.get(self.slot) {
            slot.errno.store(0, Ordering::Release);
            slot.plain_pages.store(0, Ordering::Release);
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(slot) = SLOTS.get(self.slot) {
            slot.length.store(0, Ordering::Relaxed);
            slot.start.store(0, Ordering::Release);
        }
    }
}

/// Puts the handler in place, once for the process.
fn install() -> Result<(), Errno> {
    if INSTALLED.swap(true, Ordering::AcqRel) {
        return Ok(());
    }
    let mut previous = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: all-zero bytes are a valid `sigaction` (default action, no flags).
    let mut action = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
    action.sa_sigaction = on_sigbus as extern "C" fn(_, _, _) as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    // SAFETY: both pointers are valid, and the handler only does what a signal
    // handler may: atomics, `mmap`, `sigaction`.
    if unsafe { libc::sigaction(libc::SIGBUS, &raw const action, previous.as_mut_ptr()) } != 0 {
        INSTALLED.store(false, Ordering::Release);
        return Err(Errno::last());
    }
    // SAFETY: filled by `sigaction`.
    let previous = unsafe { previous.assume_init() };
    PREVIOUS.store(previous.sa_sigaction, Ordering::Release);
    PREVIOUS_FLAGS.store(
        usize::try_from(previous.sa_flags).unwrap_or(0),
        Ordering::Release,
    );
    Ok(())
}

extern "C" fn on_sigbus(
    signal: libc::c_int,
    information: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    // SAFETY: the kernel passes valid information to an `SA_SIGINFO` handler.
    let address = unsafe { (*information).si_addr() }.addr();
    for slot in &SLOTS {
        let start = slot.start.load(Ordering::Acquire);
        let length = slot.length.load(Ordering::Relaxed);
        if start != 0 && start != usize::MAX && address >= start && address - start < length {
            let page = address & !(PAGE - 1);
            let file = slot.file.load(Ordering::Relaxed);
            match grow(slot, file, page - start, length) {
                Growth::Grown => return,
                Growth::Full => {}
                Growth::Lost => break,
            }
            // SAFETY: the page lies in a range that its owner has put under
            // guard in order to have it replaced.
            let mapped = unsafe {
                libc::mmap(
                    std::ptr::with_exposed_provenance_mut(page),
                    PAGE,
                    libc::PROT_READ | libc::PROT_WRITE,
                    libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED,
                    -1,
                    0,
                )
            };
            if mapped != libc::MAP_FAILED {
                return;
            }
        }
    }
    pass_on(signal, information, context);
}

/// How a file took the wish to grow.
enum Growth {
    Grown,
    /// There are no blocks: plain memory must do.
    Full,
    /// The blocks are there and cannot be read or written.
    Lost,
}

/// Gives `file` blocks at `offset` (and ahead of it, within `length`). Async-
/// signal-safe: system calls and atomics; the interrupted code's `errno` stays.
fn grow(slot: &Slot, file: i32, offset: usize, length: usize) -> Growth {
    if slot.last_page.swap(offset, Ordering::AcqRel) == offset {
        if slot.repeats.fetch_add(1, Ordering::AcqRel) >= MOST_REPEATS {
            return Growth::Lost;
        }
    } else {
        slot.repeats.store(0, Ordering::Release);
    }
    // SAFETY: the calling thread's own `errno`.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    let before = unsafe { *errno };
    let mut step = GROW_STEP;
    let growth = loop {
        let start = offset & !(step - 1);
        let size = step.min(length.saturating_sub(start));
        let (Ok(from), Ok(bytes)) = (libc::off_t::try_from(start), libc::off_t::try_from(size))
        else {
            break Growth::Full;
        };
        // SAFETY: no memory is involved; the descriptor is open while the guard is.
        if unsafe { libc::fallocate(file, 0, from, bytes) } == 0 {
            break Growth::Grown;
        }
        // SAFETY: as above.
        match Errno(unsafe { *errno }) {
            Errno(libc::EINTR) => {}
            full if full.is_out_of_space() && step > LEAST_GROW_STEP => step /= 2,
            other => {
                slot.errno.store(other.0, Ordering::Release);
                if slot.plain_pages.fetch_add(1, Ordering::AcqRel) >= MOST_PLAIN_PAGES {
                    last_stand::end_without_scratch(other);
                }
                break Growth::Full;
            }
        }
    };
    // SAFETY: as above.
    unsafe { *errno = before };
    growth
}

/// Hands a fault that is not ours to the handler before us, or lets it happen
/// again under the default action.
fn pass_on(signal: libc::c_int, information: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let previous = PREVIOUS.load(Ordering::Acquire);
    let flags = PREVIOUS_FLAGS.load(Ordering::Acquire);
    let has_information = flags & usize::try_from(libc::SA_SIGINFO).unwrap_or(0) != 0;
    if has_information && previous != libc::SIG_DFL && previous != libc::SIG_IGN {
        // SAFETY: `sigaction` gave this address as an `SA_SIGINFO` handler.
        let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) =
            unsafe { std::mem::transmute(previous) };
        handler(signal, information, context);
        return;
    }
    // SAFETY: all-zero bytes are a valid `sigaction`: the default action. The
    // instruction faults again after the return and the process dies of it.
    unsafe {
        let action = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
        libc::sigaction(signal, &raw const action, std::ptr::null_mut());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    #[test]
    fn a_file_grows_where_it_is_touched() {
        let file = tempfile::tempfile().unwrap();
        let length = 2 * GROW_STEP;
        let mut range = AddressRange::reserve(length).unwrap();
        range.map_file(file.as_fd(), 0, length).unwrap();
        let guard = Guard::growing(&range, file.as_fd()).unwrap();
        assert_eq!(range.copy_in(GROW_STEP + 5, b"second step"), 11);
        assert_eq!(guard.growth_failure(), None);
        assert_eq!(file.metadata().unwrap().len(), length as u64);
        let mut read = [0; 11];
        std::os::unix::fs::FileExt::read_exact_at(&file, &mut read, GROW_STEP as u64 + 5).unwrap();
        assert_eq!(&read, b"second step");
    }

    #[test]
    fn a_file_that_cannot_grow_is_plain_memory_and_says_so() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("f");
        std::fs::write(&path, "").unwrap();
        // Blocks are refused to a descriptor that only reads.
        let read_only = std::fs::File::open(&path).unwrap();
        let writable = std::fs::File::options()
            .read(true)
            .write(true)
            .open(&path)
            .unwrap();
        let mut range = AddressRange::reserve(2 * PAGE).unwrap();
        range.map_file(writable.as_fd(), 0, 2 * PAGE).unwrap();
        let mut guard = Guard::growing(&range, read_only.as_fd()).unwrap();
        assert_eq!(range.copy_in(PAGE, b"kept"), 4);
        assert_eq!(guard.growth_failure(), Some(Errno(libc::EBADF)));
        guard.forget();
        assert_eq!(guard.growth_failure(), None);
    }
}
