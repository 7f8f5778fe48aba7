//! Where a snapshot goes: a file that gets its name only when it is complete.
//!
//! The bytes go into `NAME.partial` ([`writer`]), through a thread that compresses
//! them where that is wanted ([`compressor`]). The end cuts the file to its length,
//! brings it to the device, and renames it; a failure removes it and frees its
//! space.
//!
//! Path buffers and a file descriptor are reserved at the start of the process
//! ([`Reserve`]); nothing here allocates afterwards.

mod compressor;
mod writer;

use super::names;
use crate::compression::Format;
use crate::sys::file::Existing;
use crate::sys::fixed::FixedPath;
use crate::sys::{Errno, file, last_stand};
use compressor::Compressor;
use std::fmt;
use std::os::fd::{AsFd, OwnedFd};
use writer::Writer;

/// How many taken names are passed over before it is given up.
const ATTEMPTS: u32 = 100;

/// Access rights of a snapshot: it holds the program's data, so its user's only.
const MODE: u32 = 0o600;

/// What a capture needs and must not have to ask for when memory is short.
pub struct Reserve {
    /// Keeps a place in the descriptor table, for a process that has none left.
    spare: Option<OwnedFd>,
    compressor: Option<Compressor>,
    /// The next file is not compressed.
    plain: bool,
    partial: FixedPath,
    target: FixedPath,
}

impl Reserve {
    /// Reserves.
    #[must_use]
    pub fn take() -> Self {
        Self {
            spare: spare_descriptor(),
            compressor: None,
            plain: false,
            partial: FixedPath::new(),
            target: FixedPath::new(),
        }
    }

    /// Makes every file a compressed one. For the start of the process, on the
    /// thread that will capture.
    ///
    /// # Errors
    /// Why there is no thread for it.
    pub fn compress(&mut self, format: Format) -> Result<(), Errno> {
        self.compressor = Some(Compressor::start(format)?);
        Ok(())
    }

    /// Whether files are written as they are, however they are compressed else.
    pub fn set_plain(&mut self, plain: bool) {
        self.plain = plain;
    }

    /// How files are compressed.
    #[must_use]
    pub fn format(&self) -> Option<Format> {
        let compressor = self.compressor.as_ref().filter(|_| !self.plain);
        compressor.map(Compressor::format)
    }

    /// The path of the finished file, or the one that it was to have.
    #[must_use]
    pub fn target(&self) -> &FixedPath {
        &self.target
    }

    /// The path of the unfinished file.
    #[must_use]
    pub fn partial(&self) -> &FixedPath {
        &self.partial
    }

    /// Gives the reserved descriptor back to the process, for one file.
    pub fn lend_descriptor(&mut self) {
        self.spare = None;
    }

    /// Takes it again.
    pub fn reclaim_descriptor(&mut self) {
        self.spare = spare_descriptor();
    }
}

fn spare_descriptor() -> Option<OwnedFd> {
    file::open(c"/dev/null", libc::O_RDONLY, 0).ok()
}

/// A name for the file: appends the path of the given attempt (from 0).
pub type Naming<'a> = &'a dyn Fn(u32, &mut FixedPath);

/// Why there is no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What was being done.
    pub step: Step,
    /// What the system said.
    pub errno: Errno,
}

/// The steps of a file's life, as error messages have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Making the file.
    Create,
    /// Getting disk space for it.
    Allocate,
    /// Writing to it.
    Write,
    /// Bringing it to the device.
    Sync,
    /// Giving it its name.
    Rename,
    /// V8 did not produce a snapshot.
    Generate,
    /// Getting disk space for the scratch file that V8 builds its graph in.
    Scratch,
    /// `--capture-deadline` has passed.
    Deadline,
    /// Compressing it.
    Compress,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.errno, self.step.name())?;
        if self.step == Step::Scratch {
            f.write_str(" of the scratch file for")?;
        }
        Ok(())
    }
}

impl Step {
    /// The system call, as Node's error messages have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "open",
            Self::Allocate | Self::Scratch => "fallocate",
            Self::Write => "write",
            Self::Sync => "fsync",
            Self::Rename => "rename",
            Self::Generate => "snapshot",
            Self::Deadline => "capture-deadline",
            Self::Compress => "compress",
        }
    }
}

impl Failure {
    /// Another capture has what this one needs.
    #[must_use]
    pub fn busy() -> Self {
        Self {
            step: Step::Create,
            errno: Errno(libc::EBUSY),
        }
    }

    fn closed() -> Self {
        Self {
            step: Step::Write,
            errno: Errno(libc::EBADF),
        }
    }

    fn at(step: Step) -> impl FnOnce(Errno) -> Self {
        move |errno| Self { step, errno }
    }
}

/// Where the bytes go next.
enum Output {
    Plain(Writer),
    /// The compressor has the writer.
    Compressed,
}

/// A file being written. Dropped before [`Sink::finish`], it is removed.
pub struct Sink<'a> {
    reserve: &'a mut Reserve,
    naming: Naming<'a>,
    existing: Existing,
    attempt: u32,
    /// The partial is ours, under its name.
    made: bool,
    output: Option<Output>,
    /// Bytes written so far, before compression.
    written: u64,
    failure: Option<Failure>,
}

impl<'a> Sink<'a> {
    /// Makes the file `NAME.partial` and gives it its first disk blocks, so
    /// that a directory that is missing and a disk that is full show now.
    ///
    /// # Errors
    /// What the system said, with nothing left behind.
    pub fn create(
        reserve: &'a mut Reserve,
        naming: Naming<'a>,
        existing: Existing,
    ) -> Result<Self, Failure> {
        reserve.lend_descriptor();
        let mut sink = Self {
            reserve,
            naming,
            existing,
            attempt: 0,
            made: false,
            output: None,
            written: 0,
            failure: None,
        };
        let file = sink.open_partial()?;
        let writer = Writer::new(file)?;
        let plain = sink.reserve.plain;
        sink.output = Some(match &mut sink.reserve.compressor {
            Some(compressor) if !plain => {
                compressor.begin(writer)?;
                Output::Compressed
            }
            _ => Output::Plain(writer),
        });
        Ok(sink)
    }

    /// Finds a name that is free, for the file and for its partial.
    fn open_partial(&mut self) -> Result<OwnedFd, Failure> {
        loop {
            self.name();
            if self.reserve.partial.overflowed() {
                return Err(Failure::at(Step::Create)(Errno(libc::ENAMETOOLONG)));
            }
            if self.existing == Existing::Replace {
                file::check_replaceable(self.reserve.target.as_c_str())
                    .map_err(Failure::at(Step::Create))?;
            }
            let taken =
                self.existing == Existing::Keep && file::exists(self.reserve.target.as_c_str());
            let made = if taken {
                Err(Errno(libc::EEXIST))
            } else {
                file::create_new(self.reserve.partial.as_c_str(), MODE)
            };
            match made {
                Ok(file) => {
                    last_stand::set_unfinished(self.reserve.partial.as_c_str());
                    self.made = true;
                    return Ok(file);
                }
                Err(Errno(libc::EEXIST)) if self.attempt < ATTEMPTS => self.attempt += 1,
                Err(errno) => return Err(Failure::at(Step::Create)(errno)),
            }
        }
    }

    fn name(&mut self) {
        // A name that the script gave stands; only the partial makes way for another.
        let keep = self.existing == Existing::Keep;
        self.name_target(if keep { self.attempt } else { 0 });
        let Reserve {
            partial, target, ..
        } = &mut *self.reserve;
        partial.clear();
        partial.push(target.as_bytes());
        if self.attempt > 0 && !keep {
            names::insert_number(partial, 0, self.attempt);
        }
        partial.push(b".partial");
    }

    fn name_target(&mut self, attempt: u32) {
        let format = self.reserve.format();
        let target = &mut self.reserve.target;
        target.clear();
        (self.naming)(attempt, target);
        if let Some(format) = format
            && !target.as_bytes().ends_with(format.ending().as_bytes())
        {
            target.push(format.ending().as_bytes());
        }
    }

    /// How many names were taken before one was free.
    #[must_use]
    pub fn names_taken(&self) -> u32 {
        self.attempt
    }

    /// The paths of this file.
    #[must_use]
    pub fn reserve(&self) -> &Reserve {
        self.reserve
    }

    /// Bytes written so far, before compression.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Writes all of `bytes`.
    ///
    /// # Errors
    /// What the system said; every later call says the same.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let done = match (&mut self.output, &mut self.reserve.compressor) {
            (Some(Output::Plain(writer)), _) => writer.write(bytes),
            (Some(Output::Compressed), Some(compressor)) => compressor.write(bytes),
            _ => Err(Failure::closed()),
        };
        done.inspect_err(|&failure| self.failure = Some(failure))?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    /// Completes the file and gives it its name; returns its length in bytes.
    ///
    /// # Errors
    /// What the system said; the file is removed then.
    pub fn finish(mut self) -> Result<u64, Failure> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let length = match (self.output.take(), &mut self.reserve.compressor) {
            (Some(Output::Plain(writer)), _) => writer.finish(),
            (Some(Output::Compressed), Some(compressor)) => compressor.finish(),
            _ => Err(Failure::closed()),
        }?;
        self.rename().map_err(Failure::at(Step::Rename))?;
        self.made = false;
        self.sync_directory();
        Ok(length)
    }

    fn rename(&mut self) -> Result<(), Errno> {
        loop {
            let renamed = file::rename(
                self.reserve.partial.as_c_str(),
                self.reserve.target.as_c_str(),
                self.existing,
            );
            match renamed {
                // Somebody took the name meanwhile.
                Err(Errno(libc::EEXIST)) if self.attempt < ATTEMPTS => {
                    self.attempt += 1;
                    self.name_target(self.attempt);
                }
                done => return done,
            }
        }
    }

    /// Makes the name itself survive a crash of the machine. A directory that
    /// cannot be opened or synced is no reason to call the file bad.
    fn sync_directory(&mut self) {
        let Reserve {
            partial, target, ..
        } = &mut *self.reserve;
        names::directory_of(target.as_bytes(), partial);
        if let Ok(directory) = file::open(partial.as_c_str(), libc::O_RDONLY | libc::O_DIRECTORY, 0)
        {
            let _ = file::sync(directory.as_fd());
        }
    }
}

impl Drop for Sink<'_> {
    fn drop(&mut self) {
        if let (Some(Output::Compressed), Some(compressor)) =
            (self.output.take(), &mut self.reserve.compressor)
        {
            compressor.abandon();
        }
        if self.made {
            // Nothing more can be done about a file that cannot be removed.
            let _ = file::unlink(self.reserve.partial.as_c_str());
        }
        last_stand::set_unfinished(c"");
        self.reserve.reclaim_descriptor();
    }
}

#[cfg(test)]
mod resident;
#[cfg(test)]
mod tests;
