//! The memory of array buffers: counted, so that `process.memoryUsage()` and an account of the heap
//! can name it.

#![expect(unsafe_code, reason = "V8's allocator interface over mimalloc")]

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, OnceLock};

use libmimalloc_sys as mi;

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

/// Bytes that array buffers of this process hold now. Takes no lock and allocates nothing.
pub fn allocated_bytes() -> usize {
    ALLOCATED.load(Ordering::Relaxed)
}

/// Bytes between two calls of what [`on_growth`] was given.
const GROWTH: usize = 4 << 20;

static GROWN: AtomicUsize = AtomicUsize::new(0);
static ON_GROWTH: OnceLock<fn()> = OnceLock::new();

/// Calls `callback` each time that array buffers have got 4 MB more, before the script has the
/// last of it. The first callback stays.
pub fn on_growth(callback: fn()) {
    // Process-wide, like the figure above.
    let _ = ON_GROWTH.set(callback);
}

fn tell_growth(length: usize) {
    if let Some(callback) = ON_GROWTH.get()
        && GROWN
            .fetch_add(length, Ordering::Relaxed)
            .saturating_add(length)
            >= GROWTH
    {
        GROWN.store(0, Ordering::Relaxed);
        callback();
    }
}

/// The largest request that is tried at all: what the machine has. A larger one could only be
/// promised, since mimalloc maps without reservation, and would end in the kernel's OOM killer
/// where `malloc` returns null.
static LARGEST: LazyLock<usize> = LazyLock::new(|| {
    let mut info = std::mem::MaybeUninit::<libc::sysinfo>::zeroed();
    // SAFETY: fills the struct.
    unsafe { libc::sysinfo(info.as_mut_ptr()) };
    // SAFETY: filled above (and zero is valid).
    let info = unsafe { info.assume_init() };
    let units = usize::try_from(info.totalram + info.totalswap).unwrap_or(usize::MAX);
    units.saturating_mul(usize::try_from(info.mem_unit).unwrap_or(1))
});

fn counted(block: *mut c_void, length: usize) -> *mut c_void {
    if !block.is_null() {
        ALLOCATED.fetch_add(length, Ordering::Relaxed);
        tell_growth(length);
    }
    block
}

unsafe extern "C" fn allocate(_handle: &(), length: usize) -> *mut c_void {
    if length > *LARGEST {
        return ptr::null_mut();
    }
    // SAFETY: mi_zalloc takes any size.
    counted(unsafe { mi::mi_zalloc(length) }, length)
}

unsafe extern "C" fn allocate_uninitialized(_handle: &(), length: usize) -> *mut c_void {
    if length > *LARGEST {
        return ptr::null_mut();
    }
    // SAFETY: mi_malloc takes any size.
    counted(unsafe { mi::mi_malloc(length) }, length)
}

unsafe extern "C" fn free(_handle: &(), block: *mut c_void, length: usize) {
    if !block.is_null() {
        ALLOCATED.fetch_sub(length, Ordering::Relaxed);
    }
    // SAFETY: V8 gives back what it got from one of the functions above.
    unsafe { mi::mi_free(block) };
}

unsafe extern "C" fn free_store(block: *mut c_void, length: usize, _data: *mut c_void) {
    // SAFETY: the block is one of `uninitialized`.
    unsafe { free(&(), block, length) };
}

/// Memory for an array buffer that holds whatever was there before; `None` where there is not so much.
pub fn uninitialized(length: usize) -> Option<v8::UniqueRef<v8::BackingStore>> {
    // SAFETY: the handle is ignored.
    let block = unsafe { allocate_uninitialized(&(), length) };
    if block.is_null() {
        return None;
    }
    // SAFETY: the block has this length, is nobody else's, and goes back to where it is from, which any
    // thread may do. To the script it is bytes, of which any are good.
    let store = unsafe {
        v8::ArrayBuffer::new_backing_store_from_ptr(block, length, free_store, ptr::null_mut())
    };
    Some(store)
}

unsafe extern "C" fn drop_handle(_handle: *const ()) {}

/// The allocator of an isolate.
pub fn allocator() -> v8::UniqueRef<v8::Allocator> {
    static VTABLE: v8::RustAllocatorVtable<()> = v8::RustAllocatorVtable {
        allocate,
        allocate_uninitialized,
        free,
        drop: drop_handle,
    };
    // SAFETY: the functions ignore the handle, so a dangling one to a zero-sized type is valid.
    unsafe { v8::new_rust_allocator(ptr::NonNull::<()>::dangling().as_ptr(), &VTABLE) }
}
