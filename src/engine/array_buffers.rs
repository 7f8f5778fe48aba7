//! The memory of array buffers: counted, so that `process.memoryUsage()` and an account of the heap
//! can name it.

#![expect(unsafe_code, reason = "V8's allocator interface over mimalloc")]

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};

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
    let clears = CLEARS.try_with(|flag| flag.load(Ordering::Relaxed) != 0);
    if clears == Ok(false) {
        // SAFETY: as for this function.
        return unsafe { allocate_uninitialized(&(), length) };
    }
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

thread_local! {
    /// 0 while what is allocated for scripts of this thread's isolate need not be cleared.
    static CLEARS: Arc<AtomicU8> = Arc::new(AtomicU8::new(1));
}

unsafe extern "C" fn let_go(_byte: *mut c_void, _length: usize, flag: *mut c_void) {
    // SAFETY: made by `into_raw` in `clears`, and called once.
    drop(unsafe { Arc::from_raw(flag.cast::<AtomicU8>().cast_const()) });
}

/// A byte that a script sets to 0 while it makes array buffers all of which it will overwrite. Through V8's
/// own constructor they count for its collector, as memory of ours with a deleter does not.
pub fn clears() -> v8::UniqueRef<v8::BackingStore> {
    let flag = Arc::into_raw(CLEARS.with(Arc::clone));
    // SAFETY: the byte is there until `let_go` gives it up; it is an atomic, which the script's thread
    // alone reads and writes.
    unsafe {
        let byte = (*flag).as_ptr().cast();
        v8::ArrayBuffer::new_backing_store_from_ptr(byte, 1, let_go, flag.cast_mut().cast())
    }
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
