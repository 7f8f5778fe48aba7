//! What `--abort-on-uncaught-exception` asks before it aborts.
#![expect(unsafe_code, reason = "V8's C++ API by its symbol")]

use std::cell::Cell;

thread_local! {
    /// Whether the script takes uncaught errors (`process.setUncaughtExceptionCaptureCallback`).
    static CAPTURED: Cell<bool> = const { Cell::new(false) };
}

unsafe extern "C" {
    // The `v8` crate does not bind it.
    #[link_name = "_ZN2v87Isolate35SetAbortOnUncaughtExceptionCallbackEPFbPS0_E"]
    fn set_abort_on_uncaught_exception_callback(
        isolate: v8::UnsafeRawIsolatePtr,
        callback: unsafe extern "C" fn(v8::UnsafeRawIsolatePtr) -> bool,
    );
}

/// Asked on the isolate's thread.
unsafe extern "C" fn should_abort(_isolate: v8::UnsafeRawIsolatePtr) -> bool {
    !CAPTURED.get()
}

/// Says that errors are captured, or that they are not any more.
pub fn set_captured(isolate: &mut v8::Isolate, captured: bool) {
    CAPTURED.set(captured);
    // SAFETY: the pointer is that of the isolate, which is borrowed.
    let raw = unsafe { isolate.as_raw_isolate_ptr() };
    // SAFETY: the symbol is of the pinned crate's header; the raw pointer is `Isolate*`, and the
    // callback reads nothing but a thread's own variable.
    unsafe { set_abort_on_uncaught_exception_callback(raw, should_abort) };
}
