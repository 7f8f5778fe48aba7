//! zlib's formats: deflate, with a header of zlib's or gzip's or none.

use std::ffi::{CStr, c_int};
use std::mem;

use libz_rs_sys as z;

use super::codec::{Codec, Failure, Io};
use super::memory::{self, Memory};

/// What a stream does; the numbers are Node's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Deflate,
    Inflate,
    Gzip,
    Gunzip,
    DeflateRaw,
    InflateRaw,
    /// Gunzip or inflate, by the first two bytes.
    Unzip,
}

impl Mode {
    /// By Node's number.
    pub fn of(number: u32) -> Option<Self> {
        Some(match number {
            1 => Self::Deflate,
            2 => Self::Inflate,
            3 => Self::Gzip,
            4 => Self::Gunzip,
            5 => Self::DeflateRaw,
            6 => Self::InflateRaw,
            7 => Self::Unzip,
            _ => return None,
        })
    }

    fn compresses(self) -> bool {
        matches!(self, Self::Deflate | Self::Gzip | Self::DeflateRaw)
    }
}

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// How a stream compresses, in zlib's numbers.
#[derive(Clone, Copy)]
pub struct Options {
    /// 8 to 15; where data is inflated also 0: what its header says.
    pub window_bits: i32,
    pub level: i32,
    pub mem_level: i32,
    pub strategy: i32,
    /// Gunzip only the first of several members.
    pub single: bool,
}

/// A stream. zlib's own state is made by the first use: a stream that is made and never used costs next
/// to nothing.
pub struct Zlib {
    stream: Box<z::z_stream>,
    memory: Memory,
    /// What was asked for, and what that has turned out to be.
    asked: Mode,
    mode: Mode,
    options: Options,
    dictionary: Vec<u8>,
    started: bool,
    /// Bytes of gzip's magic that an `Unzip` has seen.
    magic_seen: usize,
}

// SAFETY: zlib's state is bound to no thread, and nobody else has the pointers to it.
unsafe impl Send for Zlib {}

impl Zlib {
    pub fn new(mode: Mode, options: Options, dictionary: Vec<u8>) -> Self {
        let memory = Memory::default();
        let stream = Box::new(z::z_stream {
            zalloc: Some(memory::allocate_items),
            zfree: Some(memory::free),
            opaque: memory.opaque(),
            ..z::z_stream::default()
        });
        Self {
            stream,
            memory,
            asked: mode,
            mode,
            options,
            dictionary,
            started: false,
            magic_seen: 0,
        }
    }

    fn start(&mut self) -> Result<(), Failure> {
        if self.started {
            return Ok(());
        }
        let bits = self.options.window_bits;
        let window_bits = match self.mode {
            Mode::Deflate | Mode::Inflate => bits,
            Mode::Gzip | Mode::Gunzip => bits + 16,
            Mode::DeflateRaw | Mode::InflateRaw => -bits,
            Mode::Unzip => bits + 32,
        };
        let size = c_int::try_from(mem::size_of::<z::z_stream>()).expect("a small struct");
        let code = if self.mode.compresses() {
            // SAFETY: the stream is a default one with an allocator, and stays where it is.
            unsafe {
                z::deflateInit2_(
                    &raw mut *self.stream,
                    self.options.level,
                    z::Z_DEFLATED,
                    window_bits,
                    self.options.mem_level,
                    self.options.strategy,
                    z::zlibVersion(),
                    size,
                )
            }
        } else {
            // SAFETY: as above.
            unsafe { z::inflateInit2_(&raw mut *self.stream, window_bits, z::zlibVersion(), size) }
        };
        if code != z::Z_OK {
            return Err(self.failure("Init error", code));
        }
        self.started = true;
        self.set_dictionary()
    }

    /// Gives zlib the dictionary, where it wants one before any data.
    fn set_dictionary(&mut self) -> Result<(), Failure> {
        if self.dictionary.is_empty() {
            return Ok(());
        }
        let length = length_of(&self.dictionary);
        let data = self.dictionary.as_ptr();
        let code = match self.mode {
            Mode::Deflate | Mode::DeflateRaw => {
                // SAFETY: the stream was set up to deflate; the dictionary has that length.
                unsafe { z::deflateSetDictionary(&raw mut *self.stream, data, length) }
            }
            Mode::InflateRaw => {
                // SAFETY: the stream was set up to inflate; the dictionary has that length.
                unsafe { z::inflateSetDictionary(&raw mut *self.stream, data, length) }
            }
            _ => z::Z_OK,
        };
        if code == z::Z_OK {
            Ok(())
        } else {
            Err(self.failure("Failed to set dictionary", code))
        }
    }

    /// Has an `Unzip` look whether this is gzip's format.
    fn recognise(&mut self, io: &Io) {
        let mut at = 0;
        while self.mode == Mode::Unzip
            && let Some(byte) = io.peek(at)
        {
            if byte != GZIP_MAGIC[self.magic_seen] {
                self.mode = Mode::Inflate;
                return;
            }
            at += 1;
            self.magic_seen += 1;
            if self.magic_seen == GZIP_MAGIC.len() {
                self.mode = Mode::Gunzip;
            }
        }
    }

    /// One call of zlib's, or as many as it takes where there is more than it counts.
    fn step(&mut self, flush: u32, io: &mut Io) -> c_int {
        loop {
            let input = u32::try_from(io.input_left()).unwrap_or(u32::MAX);
            let output = u32::try_from(io.output_left()).unwrap_or(u32::MAX);
            let all = input as usize == io.input_left();
            self.stream.next_in = io.input();
            self.stream.avail_in = input;
            self.stream.next_out = io.output();
            self.stream.avail_out = output;
            let flush = c_int::try_from(flush).unwrap_or(z::Z_NO_FLUSH);
            let flush = if all { flush } else { z::Z_NO_FLUSH };
            let code = if self.mode.compresses() {
                // SAFETY: the stream is set up to deflate, and `io` has what it says.
                unsafe { z::deflate(&raw mut *self.stream, flush) }
            } else {
                // To inflate, these are one; zlib-rs knows only the second.
                let flush = match flush {
                    z::Z_PARTIAL_FLUSH | z::Z_FULL_FLUSH => z::Z_SYNC_FLUSH,
                    other => other,
                };
                // SAFETY: the stream is set up to inflate, and `io` has what it says.
                unsafe { z::inflate(&raw mut *self.stream, flush) }
            };
            io.advance(
                (input - self.stream.avail_in) as usize,
                (output - self.stream.avail_out) as usize,
            );
            let more = code == z::Z_OK && self.stream.avail_in == 0 && !all;
            if !more || io.output_left() == 0 {
                return code;
            }
        }
    }

    fn inflate(&mut self, flush: u32, io: &mut Io) -> c_int {
        let mut code = self.step(flush, io);
        if code == z::Z_NEED_DICT && self.mode != Mode::InflateRaw && !self.dictionary.is_empty() {
            let length = length_of(&self.dictionary);
            let data = self.dictionary.as_ptr();
            // SAFETY: the stream is set up to inflate; the dictionary has that length.
            code = unsafe { z::inflateSetDictionary(&raw mut *self.stream, data, length) };
            if code == z::Z_OK {
                code = self.step(flush, io);
            } else if code == z::Z_DATA_ERROR {
                // The dictionary is wrong, not the data.
                code = z::Z_NEED_DICT;
            }
        }
        // Another member of the same file, unless it is zeros, which fill up blocks.
        while code == z::Z_STREAM_END
            && self.mode == Mode::Gunzip
            && !self.options.single
            && io.peek(0).is_some_and(|byte| byte != 0)
        {
            // SAFETY: the stream is set up to inflate.
            code = unsafe { z::inflateReset(&raw mut *self.stream) };
            if code == z::Z_OK {
                code = self.step(flush, io);
            }
        }
        code
    }

    fn check(&self, code: c_int, flush: u32, io: &Io) -> Result<(), Failure> {
        let finish = c_int::try_from(flush).is_ok_and(|flush| flush == z::Z_FINISH);
        match code {
            z::Z_OK | z::Z_BUF_ERROR if io.output_left() != 0 && finish => {
                Err(self.failure("unexpected end of file", z::Z_BUF_ERROR))
            }
            z::Z_OK | z::Z_BUF_ERROR | z::Z_STREAM_END => Ok(()),
            z::Z_NEED_DICT if self.dictionary.is_empty() => {
                Err(self.failure("Missing dictionary", code))
            }
            z::Z_NEED_DICT => Err(self.failure("Bad dictionary", code)),
            _ => Err(self.failure("Zlib error", code)),
        }
    }

    /// zlib's own message goes before `message`.
    fn failure(&self, message: &str, code: c_int) -> Failure {
        let own = self.stream.msg;
        let message = if own.is_null() {
            message.to_owned()
        } else {
            // SAFETY: zlib's messages are static texts that end with a zero.
            let text = unsafe { CStr::from_ptr(own) };
            text.to_string_lossy().into_owned()
        };
        Failure::new(message, code, name_of(code))
    }
}

impl Codec for Zlib {
    fn write(&mut self, flush: u32, io: &mut Io) -> Result<(), Failure> {
        self.start()?;
        let code = if self.mode.compresses() {
            self.step(flush, io)
        } else {
            self.recognise(io);
            self.inflate(flush, io)
        };
        self.check(code, flush, io)
    }

    fn params(&mut self, level: i32, strategy: i32) -> Result<(), Failure> {
        self.start()?;
        if !self.mode.compresses() {
            return Ok(());
        }
        let none = Io::none();
        self.stream.next_in = none.input();
        self.stream.avail_in = 0;
        self.stream.next_out = none.output();
        self.stream.avail_out = 0;
        // SAFETY: the stream is set up to deflate and has no bytes to read or room to write.
        let code = unsafe { z::deflateParams(&raw mut *self.stream, level, strategy) };
        match code {
            z::Z_OK | z::Z_BUF_ERROR => Ok(()),
            _ => Err(self.failure("Failed to set parameters", code)),
        }
    }

    fn reset(&mut self) -> Result<(), Failure> {
        self.mode = self.asked;
        self.magic_seen = 0;
        if !self.started {
            return Ok(());
        }
        let code = if self.mode.compresses() {
            // SAFETY: the stream is set up to deflate.
            unsafe { z::deflateReset(&raw mut *self.stream) }
        } else {
            // SAFETY: the stream is set up to inflate.
            unsafe { z::inflateReset(&raw mut *self.stream) }
        };
        if code != z::Z_OK {
            return Err(self.failure("Failed to reset stream", code));
        }
        self.set_dictionary()
    }

    fn memory(&self) -> usize {
        self.memory.bytes() + self.dictionary.capacity()
    }
}

impl Drop for Zlib {
    fn drop(&mut self) {
        if !self.started {
            return;
        }
        if self.mode.compresses() {
            // SAFETY: the stream is set up to deflate, and nobody uses it any more.
            unsafe { z::deflateEnd(&raw mut *self.stream) };
        } else {
            // SAFETY: the stream is set up to inflate, and nobody uses it any more.
            unsafe { z::inflateEnd(&raw mut *self.stream) };
        }
    }
}

fn length_of(dictionary: &[u8]) -> u32 {
    u32::try_from(dictionary.len()).unwrap_or(u32::MAX)
}

fn name_of(code: c_int) -> &'static str {
    match code {
        z::Z_OK => "Z_OK",
        z::Z_STREAM_END => "Z_STREAM_END",
        z::Z_NEED_DICT => "Z_NEED_DICT",
        z::Z_ERRNO => "Z_ERRNO",
        z::Z_STREAM_ERROR => "Z_STREAM_ERROR",
        z::Z_DATA_ERROR => "Z_DATA_ERROR",
        z::Z_MEM_ERROR => "Z_MEM_ERROR",
        z::Z_BUF_ERROR => "Z_BUF_ERROR",
        z::Z_VERSION_ERROR => "Z_VERSION_ERROR",
        _ => "Z_UNKNOWN_ERROR",
    }
}
