//! SIGBUS turned into a flag, for mappings of files that may lose their blocks.
//!
//! A page of a shared file mapping that the file system cannot provide (the
//! disk is full after all, the device fails, somebody cut the file) raises
//! SIGBUS. While a [`Guard`] exists, such a fault inside its range puts a
//! throw-away page there and sets a flag, and the writer goes on and asks
//! [`Guard::faulted`]. A fault anywhere else goes to whoever had the signal.
#![expect(unsafe_code, reason = "a signal handler")]

use super::errno::Errno;
use super::mem::{AddressRange, PAGE};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A range under guard; `start` 0 means free.
struct Slot {
    start: AtomicUsize,
    length: AtomicUsize,
    faulted: AtomicBool,
}

/// One for each thread that may capture at once; more must wait for none, they
/// go without a mapping.
static SLOTS: [Slot; 8] = [const {
    Slot {
        start: AtomicUsize::new(0),
        length: AtomicUsize::new(0),
        faulted: AtomicBool::new(false),
    }
}; 8];

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
    /// Guards `range`. The range must outlive the guard's use.
    ///
    /// # Errors
    /// `EBUSY` if eight ranges are guarded already, or the `errno` of `sigaction`.
    pub fn new(range: &AddressRange) -> Result<Self, Errno> {
        install()?;
        for (index, slot) in SLOTS.iter().enumerate() {
            if slot
                .start
                .compare_exchange(0, usize::MAX, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
            {
                slot.faulted.store(false, Ordering::Relaxed);
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

    /// Whether a fault has happened: what was written since is lost.
    #[must_use]
    pub fn faulted(&self) -> bool {
        SLOTS
            .get(self.slot)
            .is_some_and(|slot| slot.faulted.load(Ordering::Acquire))
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
                slot.faulted.store(true, Ordering::Release);
                return;
            }
        }
    }
    pass_on(signal, information, context);
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
    fn a_fault_in_the_range_becomes_a_flag() {
        let directory = tempfile::tempdir().unwrap();
        let file = std::fs::File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(directory.path().join("f"))
            .unwrap();
        file.set_len(2 * PAGE as u64).unwrap();
        let mut range = AddressRange::reserve(4 * PAGE).unwrap();
        range.map_file(file.as_fd(), 0, 4 * PAGE).unwrap();
        let guard = Guard::new(&range).unwrap();
        assert_eq!(range.copy_in(0, b"within the file"), 15);
        assert!(!guard.faulted());
        // Beyond the file's end there is no page: a real SIGBUS.
        assert_eq!(range.copy_in(3 * PAGE, b"beyond it"), 9);
        assert!(guard.faulted());
    }
}
