//! Zstandard, by the library that compresses snapshots, too.

use std::ffi::{CStr, c_int};

use zstd::zstd_safe::zstd_sys as zs;

use super::codec::{Codec, Failure, Io};

/// A parameter's number and its value.
pub type Param = (i32, i32);

fn parameter_not_taken() -> Failure {
    Failure::initialization("Setting parameter failed")
}

/// The error that `result` is, if it is one.
fn failure_of(result: usize) -> Option<Failure> {
    // SAFETY: takes any number.
    if unsafe { zs::ZSTD_isError(result) } == 0 {
        return None;
    }
    // SAFETY: takes any number.
    let name = unsafe { zs::ZSTD_getErrorName(result) };
    // SAFETY: the names are static texts that end with a zero.
    let message = unsafe { CStr::from_ptr(name) }.to_string_lossy();
    // SAFETY: takes any number, and the enumeration is that of this library.
    let code = unsafe { zs::ZSTD_getErrorCode(result) };
    Some(Failure::new(message, code as i32, format!("{code:?}")))
}

/// Both ends of a step, as the library wants them.
fn buffers(io: &Io) -> (zs::ZSTD_inBuffer, zs::ZSTD_outBuffer) {
    (
        zs::ZSTD_inBuffer {
            src: io.input().cast(),
            size: io.input_left(),
            pos: 0,
        },
        zs::ZSTD_outBuffer {
            dst: io.output().cast(),
            size: io.output_left(),
            pos: 0,
        },
    )
}

/// The parameter of a compressor with Node's number.
fn compression_parameter(number: i32) -> Option<zs::ZSTD_cParameter> {
    use zs::ZSTD_cParameter as P;
    Some(match number {
        100 => P::ZSTD_c_compressionLevel,
        101 => P::ZSTD_c_windowLog,
        102 => P::ZSTD_c_hashLog,
        103 => P::ZSTD_c_chainLog,
        104 => P::ZSTD_c_searchLog,
        105 => P::ZSTD_c_minMatch,
        106 => P::ZSTD_c_targetLength,
        107 => P::ZSTD_c_strategy,
        160 => P::ZSTD_c_enableLongDistanceMatching,
        161 => P::ZSTD_c_ldmHashLog,
        162 => P::ZSTD_c_ldmMinMatch,
        163 => P::ZSTD_c_ldmBucketSizeLog,
        164 => P::ZSTD_c_ldmHashRateLog,
        200 => P::ZSTD_c_contentSizeFlag,
        201 => P::ZSTD_c_checksumFlag,
        202 => P::ZSTD_c_dictIDFlag,
        400 => P::ZSTD_c_nbWorkers,
        401 => P::ZSTD_c_jobSize,
        402 => P::ZSTD_c_overlapLog,
        _ => return None,
    })
}

/// A compressor.
pub struct Compressor {
    state: *mut zs::ZSTD_CCtx,
    /// Bytes that will come, where that is known, and that have come.
    pledged: Option<u64>,
    received: u64,
    /// A frame was ended, and nothing has come since.
    ended: bool,
}

// SAFETY: the library's states are bound to no thread, and nobody else has the pointer to it.
unsafe impl Send for Compressor {}

impl Compressor {
    /// # Errors
    /// If there is no memory, or a parameter or the dictionary is not taken.
    pub fn new(params: &[Param], pledged: Option<u64>, dictionary: &[u8]) -> Result<Self, Failure> {
        // SAFETY: nothing is asked for.
        let state = unsafe { zs::ZSTD_createCCtx() };
        if state.is_null() {
            return Err(Failure::initialization(
                "Could not initialize zstd instance",
            ));
        }
        let compressor = Self {
            state,
            pledged,
            received: 0,
            ended: false,
        };
        for &(number, value) in params {
            let param = compression_parameter(number).ok_or_else(parameter_not_taken)?;
            // SAFETY: the state exists; the library checks the value.
            let result = unsafe { zs::ZSTD_CCtx_setParameter(state, param, value) };
            if failure_of(result).is_some() {
                return Err(parameter_not_taken());
            }
        }
        compressor.pledge()?;
        if !dictionary.is_empty() {
            // SAFETY: the state exists and copies the dictionary, which has that length.
            let result = unsafe {
                zs::ZSTD_CCtx_loadDictionary(state, dictionary.as_ptr().cast(), dictionary.len())
            };
            if failure_of(result).is_some() {
                return Err(Failure::dictionary("Failed to load zstd dictionary"));
            }
        }
        Ok(compressor)
    }

    fn pledge(&self) -> Result<(), Failure> {
        let Some(size) = self.pledged else {
            return Ok(());
        };
        // SAFETY: the state exists and takes any number.
        let result = unsafe { zs::ZSTD_CCtx_setPledgedSrcSize(self.state, size) };
        match failure_of(result) {
            Some(_) => Err(Failure::initialization("Could not set pledged src size")),
            None => Ok(()),
        }
    }

    fn restart(&mut self) {
        self.ended = false;
        self.received = 0;
        // SAFETY: the state exists; this cannot fail.
        unsafe {
            zs::ZSTD_CCtx_reset(self.state, zs::ZSTD_ResetDirective::ZSTD_reset_session_only);
        }
    }
}

impl Codec for Compressor {
    fn write(&mut self, flush: u32, io: &mut Io) -> Result<(), Failure> {
        let directive = match flush {
            0 => zs::ZSTD_EndDirective::ZSTD_e_continue,
            1 => zs::ZSTD_EndDirective::ZSTD_e_flush,
            _ => zs::ZSTD_EndDirective::ZSTD_e_end,
        };
        if self.ended && io.input_left() == 0 {
            // Another call would make an empty frame.
            return Ok(());
        }
        let (mut input, mut output) = buffers(io);
        // SAFETY: the state exists and has not failed, and `io` has what it says.
        let result = unsafe {
            zs::ZSTD_compressStream2(self.state, &raw mut output, &raw mut input, directive)
        };
        if let Some(failure) = failure_of(result) {
            self.restart();
            return Err(failure);
        }
        io.advance(input.pos, output.pos);
        self.received += input.pos as u64;
        self.ended = result == 0 && directive == zs::ZSTD_EndDirective::ZSTD_e_end;
        // The library takes a frame that comes in one piece for as long as it is.
        let wrong = zs::ZSTD_ErrorCode::ZSTD_error_srcSize_wrong;
        match self.pledged {
            Some(size) if self.ended && size != self.received => Err(Failure::new(
                "Src size is incorrect",
                wrong as i32,
                format!("{wrong:?}"),
            )),
            _ => Ok(()),
        }
    }

    fn reset(&mut self) -> Result<(), Failure> {
        self.restart();
        self.pledge()
    }

    fn memory(&self) -> usize {
        // SAFETY: the state exists.
        unsafe { zs::ZSTD_sizeof_CCtx(self.state) }
    }
}

impl Drop for Compressor {
    fn drop(&mut self) {
        // SAFETY: nobody uses the state any more.
        unsafe { zs::ZSTD_freeCCtx(self.state) };
    }
}

/// A decompressor, of any number of frames one after another.
pub struct Decompressor {
    state: *mut zs::ZSTD_DCtx,
    /// A frame is over, and nothing has come since.
    ended: bool,
}

// SAFETY: as the compressor.
unsafe impl Send for Decompressor {}

impl Decompressor {
    /// # Errors
    /// If there is no memory, or a parameter or the dictionary is not taken.
    pub fn new(params: &[Param], dictionary: &[u8]) -> Result<Self, Failure> {
        // SAFETY: nothing is asked for.
        let state = unsafe { zs::ZSTD_createDCtx() };
        if state.is_null() {
            return Err(Failure::initialization(
                "Could not initialize zstd instance",
            ));
        }
        let decompressor = Self {
            state,
            ended: false,
        };
        for &(number, value) in params {
            if number != zs::ZSTD_dParameter::ZSTD_d_windowLogMax as c_int {
                return Err(parameter_not_taken());
            }
            let param = zs::ZSTD_dParameter::ZSTD_d_windowLogMax;
            // SAFETY: the state exists; the library checks the value.
            let result = unsafe { zs::ZSTD_DCtx_setParameter(state, param, value) };
            if failure_of(result).is_some() {
                return Err(parameter_not_taken());
            }
        }
        if !dictionary.is_empty() {
            // SAFETY: the state exists and copies the dictionary, which has that length.
            let result = unsafe {
                zs::ZSTD_DCtx_loadDictionary(state, dictionary.as_ptr().cast(), dictionary.len())
            };
            if failure_of(result).is_some() {
                return Err(Failure::dictionary("Failed to load zstd dictionary"));
            }
        }
        Ok(decompressor)
    }

    fn restart(&mut self) {
        self.ended = false;
        // SAFETY: the state exists; this cannot fail.
        unsafe {
            zs::ZSTD_DCtx_reset(self.state, zs::ZSTD_ResetDirective::ZSTD_reset_session_only);
        }
    }
}

/// Whether what is not read yet begins a frame, as far as one can see.
fn begins_frame(io: &Io) -> bool {
    const FRAME: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();
    // The lowest four bits may be anything.
    const SKIPPABLE: [u8; 4] = 0x184D_2A50_u32.to_le_bytes();
    let start = (0..4).map_while(|index| io.peek(index));
    let begins = |magic: [u8; 4], mask: u8| {
        start
            .clone()
            .zip(magic)
            .enumerate()
            .all(|(index, (byte, wanted))| {
                let byte = if index == 0 { byte & mask } else { byte };
                byte == wanted
            })
    };
    begins(FRAME, 0xff) || begins(SKIPPABLE, 0xf0)
}

impl Codec for Decompressor {
    fn write(&mut self, flush: u32, io: &mut Io) -> Result<(), Failure> {
        loop {
            if self.ended && io.input_left() == 0 {
                return Ok(());
            }
            let (mut input, mut output) = buffers(io);
            // SAFETY: the state exists, and `io` has what it says.
            let result =
                unsafe { zs::ZSTD_decompressStream(self.state, &raw mut output, &raw mut input) };
            if let Some(failure) = failure_of(result) {
                self.restart();
                return Err(failure);
            }
            io.advance(input.pos, output.pos);
            self.ended = result == 0;
            if !self.ended {
                break;
            }
            if io.output_left() == 0 || !begins_frame(io) {
                return Ok(());
            }
        }
        let end = flush == zs::ZSTD_EndDirective::ZSTD_e_end as u32;
        if end && io.output_left() != 0 {
            return Err(Failure::unexpected_end());
        }
        Ok(())
    }

    fn reset(&mut self) -> Result<(), Failure> {
        self.restart();
        Ok(())
    }

    fn memory(&self) -> usize {
        // SAFETY: the state exists.
        unsafe { zs::ZSTD_sizeof_DCtx(self.state) }
    }
}

impl Drop for Decompressor {
    fn drop(&mut self) {
        // SAFETY: nobody uses the state any more.
        unsafe { zs::ZSTD_freeDCtx(self.state) };
    }
}
