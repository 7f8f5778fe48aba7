//! The object of JavaScript's that a stream goes with.
//!
//! `v8::Weak` tells of an object's end after the collection. V8 has set its limits for what is outside
//! its heap by then, as if the streams were still there, and lets 64 MB more gather each time. So this
//! asks to be told during the collection, as Node does.

use std::ffi::c_void;
use std::rc;

use super::Streams;

unsafe extern "C" {
    // The `v8` crate has them for itself.
    fn v8__Global__NewWeak(
        isolate: v8::UnsafeRawIsolatePtr,
        object: *const v8::Object,
        parameter: *const c_void,
        callback: unsafe extern "C" fn(*const c_void),
    ) -> *const c_void;
    fn v8__Global__Reset(cell: *const c_void);
    fn v8__WeakCallbackInfo__GetParameter(info: *const c_void) -> *const c_void;
}

/// A weak handle to the object of a stream. Of no use without [`Owner::let_go`], but where the isolate
/// goes with all its handles.
pub struct Owner {
    cell: *const c_void,
    _lost: Box<Lost>,
}

/// What is known when the object goes.
struct Lost {
    isolate: v8::UnsafeRawIsolatePtr,
    streams: rc::Weak<Streams>,
    id: u32,
}

impl Owner {
    /// Has stream `id` of `streams` closed when `object` is collected.
    pub fn new(
        scope: &mut v8::PinScope<'_, '_>,
        object: v8::Local<v8::Object>,
        streams: rc::Weak<Streams>,
        id: u32,
    ) -> Self {
        // SAFETY: it is used for this isolate's own callback only.
        let isolate = unsafe { scope.as_raw_isolate_ptr() };
        let lost = Box::new(Lost {
            isolate,
            streams,
            id,
        });
        // SAFETY: the object is a handle of an open scope, and `lost` stays where it is until the handle
        // is reset or the isolate is gone.
        let cell = unsafe {
            v8__Global__NewWeak(isolate, &raw const *object, (&raw const *lost).cast(), lose)
        };
        Self { cell, _lost: lost }
    }

    /// The object is to be of no interest any more.
    pub fn let_go(self) {
        // SAFETY: the handle was made above and is reset once, by its isolate's thread.
        unsafe { v8__Global__Reset(self.cell) };
    }
}

/// V8 calls this while it collects: the handle must be reset, and V8's heap let alone.
unsafe extern "C" fn lose(info: *const c_void) {
    // SAFETY: V8 passes what it says.
    let lost = unsafe { v8__WeakCallbackInfo__GetParameter(info) };
    // SAFETY: what the handle was made with, which is there as long as the handle.
    let Lost {
        isolate,
        streams,
        id,
    } = unsafe { &*lost.cast::<Lost>() };
    let (isolate, id) = (*isolate, *id);
    let Some(streams) = streams.upgrade() else {
        return;
    };
    // SAFETY: the isolate that collects.
    let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr(isolate) };
    // It takes `lost` away.
    streams.close(&mut isolate, id);
}
