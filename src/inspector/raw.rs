//! The isolate as V8's callbacks of the inspector need it, and the interrupt that serves clients while
//! JavaScript runs.
#![expect(unsafe_code, reason = "the isolate's pointer")]

use std::ffi::c_void;
use std::ptr::NonNull;

/// The address of an isolate, for use on its thread.
#[derive(Clone, Copy)]
pub struct Raw(v8::UnsafeRawIsolatePtr);

impl Raw {
    /// Of a live isolate. It must outlive what this is given to: sessions and the inspector, which go
    /// before the isolate (`Engine`'s `drop`).
    pub fn of(isolate: &v8::Isolate) -> Self {
        // SAFETY: only the pointer is taken.
        Self(unsafe { isolate.as_raw_isolate_ptr() })
    }

    /// The isolate, between V8's calls of us.
    pub fn isolate(self) -> v8::Isolate {
        // SAFETY: the isolate lives, as `of` demands, and this type is not `Send`.
        unsafe { v8::Isolate::from_raw_isolate_ptr_unchecked(self.0) }
    }
}

impl Raw {
    /// The context without a scope of ours: V8 has one that is open, and wants the handle to outlive
    /// our call.
    pub fn local<'s>(self, context: &v8::Global<v8::Context>) -> v8::Local<'s, v8::Context> {
        let mut isolate = self.isolate();
        // SAFETY: the handle is alive, and only the address of its slot is taken.
        let slot = NonNull::from(unsafe { context.open(&mut isolate) });
        // SAFETY: a `Local` is the address of a handle's slot, and a global handle's is one that stays
        // as long as the agent's, which is as long as V8's inspector.
        unsafe { std::mem::transmute::<NonNull<v8::Context>, v8::Local<'s, v8::Context>>(slot) }
    }
}

/// Makes JavaScript that runs stop where it is and serve clients.
pub fn interrupt(isolate: &v8::IsolateHandle) {
    isolate.request_interrupt(on_interrupt, std::ptr::null_mut());
}

unsafe extern "C" fn on_interrupt(isolate: v8::UnsafeRawIsolatePtr, _data: *mut c_void) {
    super::serve_in_interrupt(&Raw(isolate).isolate());
}
