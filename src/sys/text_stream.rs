//! A C stream over memory that exists already, for C++ code that prints.
#![expect(unsafe_code, reason = "talks to libc")]

use super::errno::Errno;
use super::mem::HeldBuffer;
use std::ptr::NonNull;

/// A `FILE*` that writes to a buffer; what does not fit is lost.
#[derive(Debug)]
pub struct TextStream {
    // Field order is drop order: the stream is closed by `drop` before this goes.
    buffer: HeldBuffer,
    stream: NonNull<libc::FILE>,
}

impl TextStream {
    /// Opens one of `length` bytes (a multiple of the page size). Allocates a
    /// few hundred bytes: for the start of the process.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub fn open(length: usize) -> Result<Self, Errno> {
        let mut buffer = HeldBuffer::take(length)?;
        let memory = buffer.as_mut_slice();
        // SAFETY: the memory is valid for its length and, with `Self`, longer
        // than the stream.
        let stream =
            unsafe { libc::fmemopen(memory.as_mut_ptr().cast(), memory.len(), c"w".as_ptr()) };
        let stream = NonNull::new(stream).ok_or(Errno::last())?;
        // Unbuffered: libc would allocate a buffer at the first write.
        // SAFETY: the stream is open and nothing was written to it.
        unsafe { libc::setvbuf(stream.as_ptr(), std::ptr::null_mut(), libc::_IONBF, 0) };
        Ok(Self { buffer, stream })
    }

    /// Lets `print` write from the start and returns what it wrote.
    pub fn collect(&mut self, print: impl FnOnce(NonNull<libc::FILE>)) -> &[u8] {
        // SAFETY: the stream is open, and used on this thread only.
        unsafe { libc::fseek(self.stream.as_ptr(), 0, libc::SEEK_SET) };
        print(self.stream);
        // SAFETY: as above.
        let end = unsafe {
            libc::fflush(self.stream.as_ptr());
            libc::ftell(self.stream.as_ptr())
        };
        let end = usize::try_from(end).unwrap_or(0);
        self.buffer.as_slice().get(..end).unwrap_or_default()
    }
}

impl Drop for TextStream {
    fn drop(&mut self) {
        // SAFETY: the stream is open, and not used again.
        unsafe { libc::fclose(self.stream.as_ptr()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::mem::PAGE;

    fn put(text: &std::ffi::CStr) -> impl FnOnce(NonNull<libc::FILE>) {
        // SAFETY: an open stream and a C string.
        move |stream| unsafe {
            libc::fputs(text.as_ptr(), stream.as_ptr());
        }
    }

    #[test]
    fn collects_again_and_again() {
        let mut stream = TextStream::open(PAGE).unwrap();
        assert_eq!(stream.collect(put(c"first and long")), b"first and long");
        assert_eq!(stream.collect(put(c"second")), b"second");
        assert_eq!(stream.collect(|_| ()), b"");
        let long = std::ffi::CString::new(vec![b'x'; 2 * PAGE]).unwrap();
        assert!(stream.collect(put(&long)).len() >= PAGE - 1);
        assert_eq!(stream.collect(put(c"third")), b"third");
    }
}
