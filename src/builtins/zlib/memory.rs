//! The memory of zlib and brotli: the process's own, counted for each stream.

use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that a codec has. What is given to C code points at it, so it must outlive the codec.
#[derive(Default)]
pub struct Memory(Box<AtomicUsize>);

impl Memory {
    /// What [`allocate`] and [`free`] want first.
    pub fn opaque(&self) -> *mut c_void {
        (&raw const *self.0).cast_mut().cast()
    }

    /// Bytes, with what the allocator rounds up.
    pub fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Bytes that `block` has.
///
/// # Safety
/// It is one of the allocator's blocks, or null, which has none.
unsafe fn size_of_block(block: *mut c_void) -> usize {
    // SAFETY: as the caller promises.
    unsafe { libc::malloc_usable_size(block) }
}

/// The count behind `opaque`.
///
/// # Safety
/// It is what [`Memory::opaque`] gave, of one that still exists.
unsafe fn count<'a>(opaque: *mut c_void) -> &'a AtomicUsize {
    // SAFETY: as the caller promises; atomics may be shared.
    unsafe { &*opaque.cast() }
}

/// As brotli wants it.
pub unsafe extern "C" fn allocate(opaque: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: any size may be asked for.
    let block = unsafe { libc::malloc(size) };
    // SAFETY: just allocated, or null.
    let size = unsafe { size_of_block(block) };
    // SAFETY: the codec passes what it was given.
    unsafe { count(opaque) }.fetch_add(size, Ordering::Relaxed);
    block
}

/// As zlib wants it.
pub unsafe extern "C" fn allocate_items(opaque: *mut c_void, items: u32, size: u32) -> *mut c_void {
    // SAFETY: the same contract; the product of two `u32` fits.
    unsafe { allocate(opaque, items as usize * size as usize) }
}

/// As both want it.
pub unsafe extern "C" fn free(opaque: *mut c_void, block: *mut c_void) {
    // SAFETY: codecs free what they got here.
    let size = unsafe { size_of_block(block) };
    // SAFETY: the codec passes what it was given.
    unsafe { count(opaque) }.fetch_sub(size, Ordering::Relaxed);
    // SAFETY: codecs free what they got here, once.
    unsafe { libc::free(block) };
}
