//! JavaScript's bytes as memory for system calls, also while a worker thread does them.

#![expect(unsafe_code, reason = "V8 gives out array buffers as raw memory")]

use std::ptr;

use super::Scope;

/// Bytes of a view that stay where they are while this exists.
///
/// JavaScript may read and write them meanwhile, as in Node: so they are given to the kernel only,
/// never looked at through a reference.
pub struct Pinned {
    store: Option<v8::SharedRef<v8::BackingStore>>,
    offset: usize,
    length: usize,
}

// SAFETY: the store's memory does not move, its reference count is atomic, and freeing it is left to
// an allocator that takes memory back on any thread.
unsafe impl Send for Pinned {}

impl Pinned {
    /// `length` bytes of `view` from `offset` on, cut to what the view has.
    pub fn new(view: v8::Local<v8::ArrayBufferView>, offset: usize, length: usize) -> Self {
        let offset = offset.min(view.byte_length());
        let length = length.min(view.byte_length() - offset);
        Self {
            offset: view.byte_offset() + offset,
            length,
            store: view.get_backing_store(),
        }
    }

    /// All of `view`.
    pub fn whole(view: v8::Local<v8::ArrayBufferView>) -> Self {
        Self::new(view, 0, view.byte_length())
    }

    /// The first byte.
    pub fn data(&self) -> *mut u8 {
        let data = self.store.as_ref().and_then(|store| store.data());
        // The offset lies within the store, or the length is 0.
        data.map_or(ptr::dangling_mut(), |data| {
            data.as_ptr().cast::<u8>().wrapping_add(self.offset)
        })
    }

    /// Bytes from [`Self::data`] on.
    pub fn length(&self) -> usize {
        self.length
    }

    /// As the kernel takes several at once.
    pub fn io_vector(&self) -> libc::iovec {
        libc::iovec {
            iov_base: self.data().cast(),
            iov_len: self.length,
        }
    }
}

/// What is to be written: a view's bytes, or text that became bytes.
pub enum Source {
    Pinned(Pinned),
    Owned(Vec<u8>),
}

impl Source {
    /// From a view, or anything else as UTF-8 text.
    pub fn from_js(scope: &mut Scope<'_, '_>, value: v8::Local<v8::Value>) -> Self {
        match v8::Local::<v8::ArrayBufferView>::try_from(value) {
            Ok(view) => Self::Pinned(Pinned::whole(view)),
            Err(_) => Self::Owned(value.to_rust_string_lossy(scope).into_bytes()),
        }
    }

    /// The first byte and how many there are.
    pub fn span(&self) -> (*const u8, usize) {
        match self {
            Self::Pinned(pinned) => (pinned.data(), pinned.length()),
            Self::Owned(bytes) => (bytes.as_ptr(), bytes.len()),
        }
    }
}

/// An `ArrayBuffer` with a copy of `bytes`, from the isolate's own allocator, so that it is counted.
pub fn array_buffer_of<'s>(
    scope: &mut Scope<'s, '_>,
    bytes: &[u8],
) -> v8::Local<'s, v8::ArrayBuffer> {
    let buffer = v8::ArrayBuffer::new(scope, bytes.len());
    if let Some(data) = buffer.data() {
        // SAFETY: the new buffer has bytes.len() bytes and nobody else knows it yet.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), data.as_ptr().cast(), bytes.len()) };
    }
    buffer
}
