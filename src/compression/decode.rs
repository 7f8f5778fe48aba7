//! Reading what is compressed.

use super::Format;
use flate2::{Decompress, FlushDecompress, Status};
use std::io::{self, Read};
use thiserror::Error;
use zstd::stream::raw::{Decoder as Zstd, InBuffer, Operation as _, OutBuffer};

/// Bytes that are read, and handed on, at a time.
const BUFFER: usize = 256 << 10;

/// Why a compressed file could not be read to its end.
#[derive(Debug, Error)]
pub enum Fault {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Read(#[source] io::Error),
    /// What came of it could not be handed on.
    #[error("{0}")]
    Write(#[source] io::Error),
    /// It is not what it should be from a byte near `at` on.
    #[error("is damaged at byte {at}: {reason}")]
    Damaged {
        /// Offset in the compressed file, in bytes.
        at: u64,
        /// What the format says to it.
        reason: String,
    },
    /// It is good as far as it goes.
    #[error("ends at byte {at}, in the middle: the rest is missing")]
    CutOff {
        /// Its length in bytes.
        at: u64,
    },
}

/// Decompresses `input`, which may be several compressed files in a row; `out`
/// gets the pieces. Returns how many bytes that were. Takes half a megabyte of
/// memory, and the window that the file asks for (of zstd: at most 128 MB).
///
/// # Errors
/// Why not; everything before the fault has been handed to `out`.
pub fn decode(
    format: Format,
    input: &mut dyn Read,
    out: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> Result<u64, Fault> {
    let mut input = Input {
        source: input,
        buffer: vec![0; BUFFER],
        start: 0,
        end: 0,
        offset: 0,
    };
    let mut out = Output {
        out,
        buffer: vec![0; BUFFER],
        written: 0,
    };
    loop {
        match format {
            Format::Gzip => gzip(&mut input, &mut out)?,
            Format::Zstd => zstd(&mut input, &mut out)?,
        }
        if input.fill()?.is_empty() {
            return Ok(out.written);
        }
    }
}

/// What is read, and where it stands.
struct Input<'a> {
    source: &'a mut dyn Read,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes of the file before `start`.
    offset: u64,
}

impl Input<'_> {
    /// What is there; nothing only at the end.
    fn fill(&mut self) -> Result<&[u8], Fault> {
        while self.start == self.end {
            match self.source.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(count) => (self.start, self.end) = (0, count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Fault::Read(error)),
            }
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, count: usize) {
        self.start += count;
        self.offset += count as u64;
    }
}

struct Output<'a> {
    out: &'a mut dyn FnMut(&[u8]) -> io::Result<()>,
    buffer: Vec<u8>,
    written: u64,
}

impl Output<'_> {
    fn hand_on(&mut self, count: usize) -> Result<(), Fault> {
        if count > 0 {
            (self.out)(&self.buffer[..count]).map_err(Fault::Write)?;
            self.written += count as u64;
        }
        Ok(())
    }
}

/// Reads one member.
fn gzip(input: &mut Input<'_>, out: &mut Output<'_>) -> Result<(), Fault> {
    let mut inflate = Decompress::new_gzip(15);
    loop {
        let (taken, made) = (inflate.total_in(), inflate.total_out());
        let bytes = input.fill()?;
        let at_end = bytes.is_empty();
        let status = inflate.decompress(bytes, &mut out.buffer, FlushDecompress::None);
        let since = |now: u64, before| usize::try_from(now - before).unwrap_or(0);
        let taken = since(inflate.total_in(), taken);
        let made = since(inflate.total_out(), made);
        input.consume(taken);
        out.hand_on(made)?;
        match status {
            Ok(Status::StreamEnd) => return Ok(()),
            Ok(_) if made == 0 && at_end => return Err(Fault::CutOff { at: input.offset }),
            Ok(_) => {}
            Err(error) => {
                return Err(Fault::Damaged {
                    at: input.offset,
                    reason: error.message().unwrap_or("no gzip data").to_owned(),
                });
            }
        }
    }
}

/// Reads one frame.
fn zstd(input: &mut Input<'_>, out: &mut Output<'_>) -> Result<(), Fault> {
    let failed = |at: u64| {
        move |error: io::Error| Fault::Damaged {
            at,
            reason: error.to_string(),
        }
    };
    let mut decoder = Zstd::new().map_err(failed(input.offset))?;
    // What it asks for next, a block at most: so a fault is known by its block.
    let mut hint = usize::MAX;
    loop {
        let at = input.offset;
        let bytes = input.fill()?;
        let at_end = bytes.is_empty();
        let bytes = bytes.get(..hint).unwrap_or(bytes);
        let mut from = InBuffer::around(bytes);
        let mut to = OutBuffer::around(&mut out.buffer[..]);
        hint = decoder.run(&mut from, &mut to).map_err(failed(at))?;
        let (taken, made) = (from.pos(), to.pos());
        input.consume(taken);
        out.hand_on(made)?;
        if hint == 0 {
            return Ok(());
        }
        if at_end && made == 0 {
            return Err(Fault::CutOff { at });
        }
    }
}
