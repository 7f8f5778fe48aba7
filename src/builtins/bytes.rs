//! The bytes behind typed arrays, for the bindings that read or write them.

#![expect(unsafe_code, reason = "slices over V8's backing stores")]

use std::slice;

/// Room for what V8 keeps inside its heap instead of in a backing store.
pub type OnHeap = [u8; v8::TYPED_ARRAY_MAX_SIZE_IN_HEAP];

/// Argument `index`, which our own JavaScript has made sure is a view.
pub fn view_arg<'s>(
    args: &v8::FunctionCallbackArguments<'s>,
    index: i32,
) -> v8::Local<'s, v8::ArrayBufferView> {
    args.get(index)
        .try_into()
        .expect("built-in JavaScript passes a view")
}

/// The bytes of `view`, to be written to. A small array moves out of V8's heap first.
///
/// The slice must be dropped before JavaScript runs or V8 may collect garbage: nothing else keeps
/// another slice over the same bytes from being made.
pub fn writable(view: v8::Local<'_, v8::ArrayBufferView>) -> &mut [u8] {
    let length = view.byte_length();
    if length == 0 {
        return &mut [];
    }
    let data = view.data().cast::<u8>();
    // SAFETY: V8 says that `length` bytes lie at `data`, off its heap, for as long as the buffer
    // lives, which the handle `view` sees to; callers hold one slice at a time, see above.
    unsafe { slice::from_raw_parts_mut(data, length) }
}

/// As [`writable`], for a view whose bytes are never in V8's heap: it makes no handle, for calls from
/// optimised code, which open no scope of handles.
pub fn writable_off_heap(view: v8::Local<'_, v8::ArrayBufferView>) -> &mut [u8] {
    let mut storage: OnHeap = [0; _];
    // SAFETY: the storage is as large as V8 wants it.
    let (data, length) = unsafe { view.get_contents_raw_parts(&mut storage) };
    if length == 0 || data == storage.as_mut_ptr() {
        return &mut [];
    }
    // SAFETY: as above; the bytes are not those of `storage`, so they are the backing store's.
    unsafe { slice::from_raw_parts_mut(data, length) }
}
