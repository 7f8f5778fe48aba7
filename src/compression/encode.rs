//! A compressor that allocates nothing once it is made.

use super::Format;
use crate::sys::Errno;
use crate::sys::mem::HeldBuffer;
use flate2::{Compress, Compression, FlushCompress, Status};
use std::io;
use zstd::stream::raw::{CParameter, Encoder as Zstd, InBuffer, Operation as _, OutBuffer};

/// Levels that keep up with V8's serialisation (200 MB/s) on a core of their own:
/// 230 to 360 MB/s to a sixth of the size, 200 to 600 MB/s to a tenth or twentieth.
/// zstd's higher levels make nothing smaller of a snapshot.
const GZIP_LEVEL: u32 = 2;
const ZSTD_LEVEL: i32 = 1;

/// Bytes that are handed on at a time.
const OUTPUT: usize = 256 << 10;

/// More than a window of either format, so that all of a compressor's memory has
/// been in use once.
const WARM_UP: usize = 2 << 20;

/// The compressor does not work: no fault of the data's or the file's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// Makes one compressed file after another.
pub struct Encoder {
    kind: Kind,
    output: HeldBuffer,
    /// A file was begun and not ended.
    open: bool,
}

enum Kind {
    Gzip(Compress),
    Zstd(Zstd<'static>),
}

/// What comes of a step of a compressor.
struct Step {
    taken: usize,
    made: usize,
    ended: bool,
}

impl Encoder {
    /// Makes it, and has all its memory used once (1 MB with gzip, 3 MB with
    /// zstd).
    ///
    /// # Errors
    /// `ENOMEM`, or that it does not work.
    pub fn new(format: Format) -> Result<Self, Errno> {
        let failed = |_: io::Error| Errno(libc::ENOMEM);
        let kind = match format {
            Format::Gzip => Kind::Gzip(Compress::new_gzip(Compression::new(GZIP_LEVEL), 15)),
            Format::Zstd => {
                let mut zstd = Zstd::new(ZSTD_LEVEL).map_err(failed)?;
                zstd.set_parameter(CParameter::ChecksumFlag(true))
                    .map_err(failed)?;
                Kind::Zstd(zstd)
            }
        };
        let mut encoder = Self {
            kind,
            output: HeldBuffer::take(OUTPUT)?,
            open: false,
        };
        encoder.warm_up().map_err(|Broken| Errno(libc::ENOMEM))?;
        Ok(encoder)
    }

    fn warm_up(&mut self) -> Result<(), Broken> {
        let mut piece = [0; 4096];
        let mut state = 1_u32;
        for _ in 0..WARM_UP / piece.len() {
            for byte in &mut piece {
                // Digits and commas, as a snapshot has them.
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *byte = b"0123456789,,,,,\n"[(state >> 28) as usize];
            }
            self.write(&piece, &mut |_| Ok::<(), Broken>(()))?;
        }
        self.finish(&mut |_| Ok(()))
    }

    /// Begins anew, whatever was before.
    ///
    /// # Errors
    /// It does not work.
    pub fn begin(&mut self) -> Result<(), Broken> {
        if self.open {
            // zlib-rs 0.6 takes a block that is open into the next file.
            self.finish(&mut |_| Ok::<(), Broken>(()))?;
        }
        match &mut self.kind {
            Kind::Gzip(gzip) => gzip.reset(),
            Kind::Zstd(zstd) => zstd.reinit().map_err(|_| Broken)?,
        }
        Ok(())
    }

    /// Compresses `input`; `out` gets what is ready.
    ///
    /// # Errors
    /// What `out` says, or [`Broken`].
    pub fn write<E: From<Broken>>(
        &mut self,
        mut input: &[u8],
        out: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.open = true;
        while !input.is_empty() {
            let step = self.step(input, false)?;
            out(self.output.as_slice().get(..step.made).ok_or(Broken)?)?;
            if step.taken == 0 && step.made == 0 {
                return Err(Broken.into());
            }
            input = input.get(step.taken..).ok_or(Broken)?;
        }
        Ok(())
    }

    /// Ends the file; `out` gets the rest.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn finish<E: From<Broken>>(
        &mut self,
        out: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            let step = self.step(&[], true)?;
            out(self.output.as_slice().get(..step.made).ok_or(Broken)?)?;
            if step.ended {
                self.open = false;
                return Ok(());
            }
            if step.made == 0 {
                return Err(Broken.into());
            }
        }
    }

    fn step(&mut self, input: &[u8], end: bool) -> Result<Step, Broken> {
        let output = self.output.as_mut_slice();
        match &mut self.kind {
            Kind::Gzip(gzip) => {
                let (taken, made) = (gzip.total_in(), gzip.total_out());
                let flush = if end {
                    FlushCompress::Finish
                } else {
                    FlushCompress::None
                };
                let status = gzip.compress(input, output, flush).map_err(|_| Broken)?;
                let since = |now: u64, before| usize::try_from(now - before).map_err(|_| Broken);
                Ok(Step {
                    taken: since(gzip.total_in(), taken)?,
                    made: since(gzip.total_out(), made)?,
                    ended: status == Status::StreamEnd,
                })
            }
            Kind::Zstd(zstd) => {
                let mut output = OutBuffer::around(output);
                let mut input = InBuffer::around(input);
                let left = if end {
                    zstd.finish(&mut output, true)
                } else {
                    zstd.run(&mut input, &mut output)
                };
                Ok(Step {
                    ended: left.map_err(|_| Broken)? == 0,
                    taken: input.pos(),
                    made: output.pos(),
                })
            }
        }
    }
}
