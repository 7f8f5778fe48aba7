//! The memory of nghttp2's sessions: the process's own, counted for each session.

use std::ffi::c_void;

use libnghttp2_sys as ng;

use super::state::State;

/// What nghttp2 asks for memory; it counts in `state`, which must stay as long as the session.
pub fn counted_for(state: *const State) -> ng::nghttp2_mem {
    ng::nghttp2_mem {
        mem_user_data: state.cast_mut().cast(),
        malloc: Some(allocate),
        free: Some(free),
        calloc: Some(allocate_zeroed),
        realloc: Some(reallocate),
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

/// Takes `before` from the count and adds `after`.
///
/// # Safety
/// `state` is what [`counted_for`] was given.
unsafe fn count(state: *mut c_void, before: usize, after: usize) {
    // SAFETY: the state lives longer than the session and is shared.
    let memory = unsafe { &(*state.cast::<State>()).memory };
    memory.set(memory.get().saturating_sub(before).saturating_add(after));
}

unsafe extern "C" fn allocate(size: usize, state: *mut c_void) -> *mut c_void {
    // SAFETY: any size may be asked for.
    let block = unsafe { libc::malloc(size) };
    // SAFETY: just allocated, or null.
    let size = unsafe { size_of_block(block) };
    // SAFETY: nghttp2 passes what it was given.
    unsafe { count(state, 0, size) };
    block
}

unsafe extern "C" fn allocate_zeroed(items: usize, size: usize, state: *mut c_void) -> *mut c_void {
    // SAFETY: any size may be asked for.
    let block = unsafe { libc::calloc(items, size) };
    // SAFETY: just allocated, or null.
    let size = unsafe { size_of_block(block) };
    // SAFETY: nghttp2 passes what it was given.
    unsafe { count(state, 0, size) };
    block
}

unsafe extern "C" fn free(block: *mut c_void, state: *mut c_void) {
    // SAFETY: nghttp2 frees what it got here.
    let size = unsafe { size_of_block(block) };
    // SAFETY: nghttp2 passes what it was given.
    unsafe { count(state, size, 0) };
    // SAFETY: nghttp2 frees what it got here, once.
    unsafe { libc::free(block) };
}

unsafe extern "C" fn reallocate(
    block: *mut c_void,
    size: usize,
    state: *mut c_void,
) -> *mut c_void {
    // SAFETY: nghttp2 gives a block that it got here, or null.
    let before = unsafe { size_of_block(block) };
    // SAFETY: nghttp2 gives a block that it got here, or null.
    let moved = unsafe { libc::realloc(block, size) };
    if !moved.is_null() {
        // SAFETY: just allocated.
        let after = unsafe { size_of_block(moved) };
        // SAFETY: nghttp2 passes what it was given.
        unsafe { count(state, before, after) };
    }
    moved
}
