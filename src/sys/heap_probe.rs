//! Whether code allocates, for tests: mimalloc itself is watched, so what C code
//! allocates is seen too.
#![expect(unsafe_code, reason = "mimalloc's heaps")]

use super::mem::{AddressRange, PAGE};
use libmimalloc_sys as mi;
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::os::fd::AsFd as _;

/// What mimalloc's arenas consist of, and are aligned to (`MI_SEGMENT_SIZE`).
const BLOCK: usize = 32 << 20;

/// Whether `work` allocates anything on this thread, also where it frees it again:
/// its heap gets memory that has never been touched, and this tells if it was.
pub fn allocates(work: impl FnOnce()) -> bool {
    let file = tempfile::tempfile().unwrap();
    file.set_len(4 * BLOCK as u64).unwrap();
    let mut range = ManuallyDrop::new(AddressRange::reserve_aligned(4 * BLOCK, BLOCK).unwrap());
    range.map_file(file.as_fd(), 0, 4 * BLOCK).unwrap();
    let start = std::ptr::with_exposed_provenance_mut::<c_void>(range.address());
    let mut id: mi::mi_arena_id_t = 0;
    // SAFETY: a range that is ours, aligned, and stays mapped for ever.
    let managed = unsafe {
        mi::mi_manage_os_memory_ex(
            start,
            range.length(),
            true,
            true,
            true,
            -1,
            true,
            &raw mut id,
        )
    };
    assert!(managed);
    // SAFETY: an arena that was just made.
    let heap = unsafe { mi::mi_heap_new_in_arena(id) };
    assert!(!heap.is_null());
    // SAFETY: the heap is this thread's.
    let previous = unsafe { mi::mi_heap_set_default(heap) };
    work();
    // SAFETY: the heap that was this thread's default.
    unsafe { mi::mi_heap_set_default(previous) };
    let mut pages = vec![0_u8; range.length() / PAGE];
    // SAFETY: a mapping of that many pages.
    assert_eq!(
        unsafe { libc::mincore(start, range.length(), pages.as_mut_ptr()) },
        0
    );
    pages.iter().any(|page| page & 1 != 0)
}

#[test]
fn it_sees_what_is_allocated_and_freed() {
    assert!(!allocates(|| {}));
    for size in [1, 100_000, 5 << 20] {
        assert!(allocates(|| drop(std::hint::black_box(vec![1_u8; size]))));
        assert!(allocates(|| {
            // SAFETY: no precondition.
            let block = std::hint::black_box(unsafe { libc::malloc(size) });
            // SAFETY: the block that was just made.
            unsafe { libc::free(block) };
        }));
    }
}
