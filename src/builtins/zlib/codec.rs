//! What the formats have in common: bytes go in, bytes come out, in steps.

use std::ptr;

/// Where a step reads and writes. A codec moves all of it forward.
///
/// Raw memory, because JavaScript may change the bytes meanwhile (as in Node): no reference to them is
/// made here.
pub struct Io {
    input: *const u8,
    input_left: usize,
    output: *mut u8,
    output_left: usize,
}

impl Io {
    /// # Safety
    /// `input` has `input_left` bytes and `output` has `output_left`, for as long as this exists.
    #[expect(
        unsafe_code,
        reason = "who makes one promises that the memory is there"
    )]
    pub unsafe fn new(
        input: *const u8,
        input_left: usize,
        output: *mut u8,
        output_left: usize,
    ) -> Self {
        Self {
            input,
            input_left,
            output,
            output_left,
        }
    }

    /// Nothing to read and no room.
    pub fn none() -> Self {
        Self {
            input: ptr::dangling(),
            input_left: 0,
            output: ptr::dangling_mut(),
            output_left: 0,
        }
    }

    pub fn input(&self) -> *const u8 {
        self.input
    }

    /// Bytes not read yet.
    pub fn input_left(&self) -> usize {
        self.input_left
    }

    pub fn output(&self) -> *mut u8 {
        self.output
    }

    /// Bytes that there still is room for.
    pub fn output_left(&self) -> usize {
        self.output_left
    }

    /// Byte `index` of what is not read yet.
    pub fn peek(&self, index: usize) -> Option<u8> {
        if index >= self.input_left {
            return None;
        }
        #[expect(unsafe_code, reason = "one byte of the input")]
        // SAFETY: within the input, which is there as `new` was promised.
        let byte = unsafe { self.input.add(index).read_volatile() };
        Some(byte)
    }

    /// So much was read and written.
    ///
    /// # Panics
    /// Where that is more than there was.
    pub fn advance(&mut self, read: usize, written: usize) {
        assert!(read <= self.input_left && written <= self.output_left);
        self.input = self.input.wrapping_add(read);
        self.input_left -= read;
        self.output = self.output.wrapping_add(written);
        self.output_left -= written;
    }
}

/// Why a step failed, as Node's errors have it.
#[derive(Debug)]
pub struct Failure {
    pub message: String,
    pub errno: i32,
    pub code: String,
}

impl Failure {
    pub fn new(message: impl Into<String>, errno: i32, code: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            errno,
            code: code.into(),
        }
    }

    /// The data ends too early.
    pub fn unexpected_end() -> Self {
        Self::new("unexpected end of file", -5, "Z_BUF_ERROR")
    }

    /// A codec could not be set up.
    pub fn initialization(message: &str) -> Self {
        Self::new(message, -1, "ERR_ZLIB_INITIALIZATION_FAILED")
    }

    /// It does not take this dictionary.
    pub fn dictionary(message: &str) -> Self {
        Self::new(message, -1, "ERR_ZLIB_DICTIONARY_LOAD_FAILED")
    }
}

/// A compressor or decompressor. On one thread at a time, not always on the same.
pub trait Codec: Send {
    /// Reads and writes as much as can be. `flush` is a number of the format's own, as in Node.
    ///
    /// # Errors
    /// What Node tells.
    fn write(&mut self, flush: u32, io: &mut Io) -> Result<(), Failure>;

    /// Node's `params()`, of those that have it.
    ///
    /// # Errors
    /// What Node tells.
    fn params(&mut self, _level: i32, _strategy: i32) -> Result<(), Failure> {
        Ok(())
    }

    /// Begins anew.
    ///
    /// # Errors
    /// What Node tells.
    fn reset(&mut self) -> Result<(), Failure>;

    /// Bytes of the process's memory that it has.
    fn memory(&self) -> usize;
}
