//! The thread that compresses a file and writes it.
//!
//! It is started, with all the memory that it needs, before memory is short. The
//! capturing thread fills buffers that go round between the two: there are as
//! many as the channel to the thread has room for, so it never waits there, only
//! for an empty buffer and for the end. It does that by looking every millisecond,
//! for a thread that blocks on a channel allocates and takes a lock. A buffer is a
//! millisecond's work of the compressor, so that nothing is lost by it.

use super::writer::Writer;
use super::{Failure, Step};
use crate::compression::{Broken, Encoder, Format};
use crate::sys::Errno;
use crate::sys::clock;
use crate::sys::mem::HeldBuffer;
use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};
use std::thread;

/// Bytes of a buffer, and how many there are.
const BUFFER: usize = 256 << 10;
const BUFFERS: usize = 4;

/// Jobs that can be on their way besides buffers: the beginning and the end.
const OTHERS: usize = 2;

/// What the thread is to do.
enum Job {
    /// A file, by its number.
    Begin(Writer, u32),
    /// Compress the beginning of a buffer, of this length.
    Bytes(HeldBuffer, usize),
    End,
    Abandon,
}

/// A buffer that comes back.
struct Returned {
    buffer: HeldBuffer,
    /// The number of the file that it was for, and what has become of that.
    file: u32,
    outcome: Result<(), Failure>,
}

/// The capturing thread's end.
pub struct Compressor {
    format: Format,
    jobs: Sender<Job>,
    free: Receiver<Returned>,
    ended: Receiver<Result<u64, Failure>>,
    /// The buffer that is being filled, and how much of it is.
    filling: Option<(HeldBuffer, usize)>,
    /// The number of the file.
    file: u32,
}

impl From<Broken> for Failure {
    fn from(_: Broken) -> Self {
        Self {
            step: Step::Compress,
            errno: Errno(libc::EIO),
        }
    }
}

/// The thread is gone: there was no memory for it at the start, or it panicked.
fn gone<E>(_: E) -> Failure {
    Failure {
        step: Step::Compress,
        errno: Errno(libc::EPIPE),
    }
}

impl Compressor {
    /// Starts the thread. On the thread that will capture.
    ///
    /// # Errors
    /// `ENOMEM`, or why there is no thread (`EAGAIN`).
    pub fn start(format: Format) -> Result<Self, Errno> {
        let (jobs, to_do) = bounded(BUFFERS + OTHERS);
        let (give_back, free) = bounded::<Returned>(BUFFERS);
        let (end, ended) = bounded(1);
        for _ in 0..BUFFERS {
            let returned = Returned {
                buffer: HeldBuffer::take(BUFFER)?,
                file: 0,
                outcome: Ok(()),
            };
            // There is room, and a receiver.
            let _ = give_back.send(returned);
        }
        let life = move || {
            // Without a compressor the thread ends, and its channels say so.
            if let Ok(encoder) = Encoder::new(format) {
                work(encoder, &to_do, &give_back, &end);
            }
        };
        thread::Builder::new()
            .name("compressor".to_owned())
            .spawn(life)
            .map_err(Errno::from)?;
        Ok(Self {
            format,
            jobs,
            free,
            ended,
            filling: None,
            file: 0,
        })
    }

    /// What it makes.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Begins a file. [`Self::finish`] or [`Self::abandon`] must follow.
    ///
    /// # Errors
    /// The thread is gone.
    pub fn begin(&mut self, writer: Writer) -> Result<(), Failure> {
        self.file = self.file.wrapping_add(1);
        self.jobs.send(Job::Begin(writer, self.file)).map_err(gone)
    }

    /// Takes all of `bytes`.
    ///
    /// # Errors
    /// What became of earlier ones.
    pub fn write(&mut self, mut bytes: &[u8]) -> Result<(), Failure> {
        while !bytes.is_empty() {
            let (mut buffer, used) = match self.filling.take() {
                Some(filling) => filling,
                None => self.empty_buffer()?,
            };
            let room = buffer.as_mut_slice().get_mut(used..).unwrap_or_default();
            let (now, later) = bytes.split_at(room.len().min(bytes.len()));
            let count = now.len();
            if let Some(room) = room.get_mut(..count) {
                room.copy_from_slice(now);
            }
            bytes = later;
            if used + count == BUFFER {
                self.jobs.send(Job::Bytes(buffer, BUFFER)).map_err(gone)?;
            } else {
                self.filling = Some((buffer, used + count));
            }
        }
        Ok(())
    }

    fn empty_buffer(&mut self) -> Result<(HeldBuffer, usize), Failure> {
        let Returned {
            buffer,
            file,
            outcome,
        } = wait_for(&self.free)?;
        if let Err(failure) = outcome
            && file == self.file
        {
            // For the next file.
            self.filling = Some((buffer, 0));
            return Err(failure);
        }
        Ok((buffer, 0))
    }

    /// Ends the file; its length in bytes, once it is on the device.
    ///
    /// # Errors
    /// What the system said.
    pub fn finish(&mut self) -> Result<u64, Failure> {
        if let Some((buffer, used)) = self.filling.take() {
            self.jobs.send(Job::Bytes(buffer, used)).map_err(gone)?;
        }
        self.jobs.send(Job::End).map_err(gone)?;
        wait_for(&self.ended)?
    }

    /// Closes the file as it is.
    pub fn abandon(&mut self) {
        if let Some((_, used)) = &mut self.filling {
            *used = 0;
        }
        // Where the thread is gone, so is the file's descriptor.
        if self.jobs.send(Job::Abandon).is_ok() {
            let _ = wait_for(&self.ended);
        }
    }
}

/// What comes next from a channel, without allocation.
fn wait_for<T>(channel: &Receiver<T>) -> Result<T, Failure> {
    loop {
        match channel.try_recv() {
            Ok(next) => return Ok(next),
            Err(TryRecvError::Empty) => clock::sleep_ms(1),
            Err(TryRecvError::Disconnected) => return Err(gone(())),
        }
    }
}

/// The file that is being made.
struct File {
    number: u32,
    writer: Writer,
    outcome: Result<(), Failure>,
}

/// The thread's life; it ends with the capturing thread's end of the channels.
fn work(
    mut encoder: Encoder,
    jobs: &Receiver<Job>,
    give_back: &Sender<Returned>,
    end: &Sender<Result<u64, Failure>>,
) {
    let mut file = None;
    for job in jobs {
        let sent = match job {
            Job::Begin(writer, number) => {
                file = Some(File {
                    number,
                    writer,
                    outcome: encoder.begin().map_err(Failure::from),
                });
                true
            }
            Job::Bytes(buffer, length) => {
                let (file, outcome) = match &mut file {
                    Some(file) => (file.number, file.add(&mut encoder, &buffer, length)),
                    None => (0, Err(Failure::closed())),
                };
                let returned = Returned {
                    buffer,
                    file,
                    outcome,
                };
                give_back.send(returned).is_ok()
            }
            Job::End => {
                let ended = file.take().ok_or(Failure::closed());
                end.send(ended.and_then(|file| file.finish(&mut encoder)))
                    .is_ok()
            }
            Job::Abandon => {
                file = None;
                end.send(Err(Failure::closed())).is_ok()
            }
        };
        if !sent {
            return;
        }
    }
}

impl File {
    fn add(
        &mut self,
        encoder: &mut Encoder,
        buffer: &HeldBuffer,
        length: usize,
    ) -> Result<(), Failure> {
        self.outcome?;
        let bytes = buffer.as_slice().get(..length).unwrap_or_default();
        self.outcome = encoder.write(bytes, &mut |piece| self.writer.write(piece));
        self.outcome
    }

    fn finish(mut self, encoder: &mut Encoder) -> Result<u64, Failure> {
        self.outcome?;
        encoder.finish(&mut |piece| self.writer.write(piece))?;
        self.writer.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_is_gone_is_an_error() {
        let (jobs, to_do) = bounded(BUFFERS + OTHERS);
        let (_, free) = bounded(BUFFERS);
        let (_, ended) = bounded(1);
        let mut compressor = Compressor {
            format: Format::Gzip,
            jobs,
            free,
            ended,
            filling: None,
            file: 0,
        };
        assert_eq!(compressor.write(b"text"), Err(gone(())));
        assert_eq!(compressor.finish(), Err(gone(())));
        drop(to_do);
        compressor.abandon();
        assert_eq!(compressor.finish(), Err(gone(())));
        assert_eq!(gone(()).to_string(), "EPIPE: broken pipe, compress");
    }
}
