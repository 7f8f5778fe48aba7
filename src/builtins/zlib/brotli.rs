//! Brotli, by Google's own library.

use std::ffi::CStr;
use std::ptr;

use compu_brotli_sys as br;

use super::codec::{Codec, Failure, Io};
use super::memory::{self, Memory};

/// A parameter's number and its value.
pub type Param = (i32, u32);

/// Does a step of `call(input left, input, output left, output)`, and moves `io` forward.
fn step<T>(
    io: &mut Io,
    call: impl FnOnce(&mut usize, &mut *const u8, &mut usize, &mut *mut u8) -> T,
) -> T {
    let (mut input_left, mut input) = (io.input_left(), io.input());
    let (mut output_left, mut output) = (io.output_left(), io.output());
    let result = call(&mut input_left, &mut input, &mut output_left, &mut output);
    io.advance(io.input_left() - input_left, io.output_left() - output_left);
    result
}

/// A compressor.
pub struct Encoder {
    state: *mut br::BrotliEncoderState,
    prepared: *mut br::BrotliEncoderPreparedDictionary,
    /// `prepared` points into it.
    dictionary: Vec<u8>,
    params: Vec<Param>,
    memory: Memory,
}

// SAFETY: the library's states are bound to no thread, and nobody else has the pointers to them.
unsafe impl Send for Encoder {}

impl Encoder {
    /// # Errors
    /// If there is no memory, or a parameter or the dictionary is not taken.
    pub fn new(params: Vec<Param>, dictionary: Vec<u8>) -> Result<Self, Failure> {
        let mut encoder = Self {
            state: ptr::null_mut(),
            prepared: ptr::null_mut(),
            dictionary,
            params,
            memory: Memory::default(),
        };
        encoder.start()?;
        Ok(encoder)
    }

    fn start(&mut self) -> Result<(), Failure> {
        let failed = || Failure::initialization("Initialization failed");
        // SAFETY: the allocator's functions fit what they are given, which outlives the state.
        self.state = unsafe {
            br::BrotliEncoderCreateInstance(
                Some(memory::allocate),
                Some(memory::free),
                self.memory.opaque(),
            )
        };
        if self.state.is_null() {
            return Err(failed());
        }
        for &(param, value) in &self.params {
            // SAFETY: the state exists; the library checks the numbers.
            if unsafe { br::BrotliEncoderSetParameter(self.state, param, value) } == 0 {
                return Err(failed());
            }
        }
        if self.dictionary.is_empty() {
            return Ok(());
        }
        // SAFETY: the dictionary has that length and stays where it is as long as what is made of it.
        self.prepared = unsafe {
            br::BrotliEncoderPrepareDictionary(
                br::BrotliSharedDictionaryType_BROTLI_SHARED_DICTIONARY_RAW,
                self.dictionary.len(),
                self.dictionary.as_ptr(),
                11,
                Some(memory::allocate),
                Some(memory::free),
                self.memory.opaque(),
            )
        };
        if self.prepared.is_null() {
            return Err(Failure::dictionary("Failed to prepare brotli dictionary"));
        }
        // SAFETY: both exist, and the dictionary goes after the state.
        if unsafe { br::BrotliEncoderAttachPreparedDictionary(self.state, self.prepared) } == 0 {
            return Err(Failure::dictionary("Failed to attach brotli dictionary"));
        }
        Ok(())
    }

    fn end(&mut self) {
        // SAFETY: the library takes null, and nobody uses the state any more.
        unsafe { br::BrotliEncoderDestroyInstance(self.state) };
        self.state = ptr::null_mut();
        // SAFETY: as above, and the state that used it is gone.
        unsafe { br::BrotliEncoderDestroyPreparedDictionary(self.prepared) };
        self.prepared = ptr::null_mut();
    }
}

impl Codec for Encoder {
    fn write(&mut self, flush: u32, io: &mut Io) -> Result<(), Failure> {
        let operation = i32::try_from(flush).unwrap_or(0);
        let state = self.state;
        let done = step(io, |input_left, input, output_left, output| {
            // SAFETY: the state exists, and `io` has what it says.
            unsafe {
                br::BrotliEncoderCompressStream(
                    state,
                    operation,
                    input_left,
                    input,
                    output_left,
                    output,
                    ptr::null_mut(),
                )
            }
        });
        if done == 0 {
            return Err(Failure::new(
                "Compression failed",
                -1,
                "ERR_BROTLI_COMPRESSION_FAILED",
            ));
        }
        Ok(())
    }

    fn reset(&mut self) -> Result<(), Failure> {
        self.end();
        self.start()
    }

    fn memory(&self) -> usize {
        self.memory.bytes() + self.dictionary.capacity()
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        self.end();
    }
}

/// A decompressor.
pub struct Decoder {
    state: *mut br::BrotliDecoderState,
    /// The state points into it.
    dictionary: Vec<u8>,
    params: Vec<Param>,
    memory: Memory,
}

// SAFETY: as the encoder.
unsafe impl Send for Decoder {}

impl Decoder {
    /// # Errors
    /// If there is no memory, or a parameter or the dictionary is not taken.
    pub fn new(params: Vec<Param>, dictionary: Vec<u8>) -> Result<Self, Failure> {
        let mut decoder = Self {
            state: ptr::null_mut(),
            dictionary,
            params,
            memory: Memory::default(),
        };
        decoder.start()?;
        Ok(decoder)
    }

    fn start(&mut self) -> Result<(), Failure> {
        let failed = || Failure::initialization("Initialization failed");
        // SAFETY: the allocator's functions fit what they are given, which outlives the state.
        self.state = unsafe {
            br::BrotliDecoderCreateInstance(
                Some(memory::allocate),
                Some(memory::free),
                self.memory.opaque(),
            )
        };
        if self.state.is_null() {
            return Err(failed());
        }
        for &(param, value) in &self.params {
            // SAFETY: the state exists; the library checks the numbers.
            if unsafe { br::BrotliDecoderSetParameter(self.state, param, value) } == 0 {
                return Err(failed());
            }
        }
        if self.dictionary.is_empty() {
            return Ok(());
        }
        // SAFETY: the dictionary has that length and stays where it is as long as the state.
        let attached = unsafe {
            br::BrotliDecoderAttachDictionary(
                self.state,
                br::BrotliSharedDictionaryType_BROTLI_SHARED_DICTIONARY_RAW,
                self.dictionary.len(),
                self.dictionary.as_ptr(),
            )
        };
        if attached == 0 {
            return Err(Failure::dictionary("Failed to attach brotli dictionary"));
        }
        Ok(())
    }

    fn end(&mut self) {
        // SAFETY: the library takes null, and nobody uses the state any more.
        unsafe { br::BrotliDecoderDestroyInstance(self.state) };
        self.state = ptr::null_mut();
    }

    fn failure(&self) -> Failure {
        // SAFETY: the state exists.
        let code = unsafe { br::BrotliDecoderGetErrorCode(self.state) };
        // SAFETY: any number has a text, which is static.
        let name = unsafe { br::BrotliDecoderErrorString(code) };
        // SAFETY: it ends with a zero.
        let name = unsafe { CStr::from_ptr(name) }.to_string_lossy();
        Failure::new("Decompression failed", code, format!("ERR_{name}"))
    }
}

impl Codec for Decoder {
    fn write(&mut self, flush: u32, io: &mut Io) -> Result<(), Failure> {
        let state = self.state;
        let result = step(io, |input_left, input, output_left, output| {
            // SAFETY: the state exists, and `io` has what it says.
            unsafe {
                br::BrotliDecoderDecompressStream(
                    state,
                    input_left,
                    input,
                    output_left,
                    output,
                    ptr::null_mut(),
                )
            }
        });
        let finish = i32::try_from(flush)
            .is_ok_and(|flush| flush == br::BrotliEncoderOperation_BROTLI_OPERATION_FINISH);
        match result {
            br::BrotliDecoderResult_BROTLI_DECODER_RESULT_ERROR => Err(self.failure()),
            br::BrotliDecoderResult_BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT if finish => {
                Err(Failure::unexpected_end())
            }
            _ => Ok(()),
        }
    }

    fn reset(&mut self) -> Result<(), Failure> {
        self.end();
        self.start()
    }

    fn memory(&self) -> usize {
        self.memory.bytes() + self.dictionary.capacity()
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        self.end();
    }
}
