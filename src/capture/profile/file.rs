//! A profile as a file that is complete or not there.

use crate::capture::sink::{Failure, Naming, Reserve, Sink};
use crate::sys::file::Existing;
use std::io::{self, Write};

/// Bytes that are gathered before they go to the file.
const BUFFER: usize = 16 << 10;

/// Why there is no file.
#[derive(Clone, Debug)]
pub struct WriteError {
    /// What failed.
    pub failure: Failure,
    /// The path that the file was to have.
    pub path: Vec<u8>,
}

/// Writes what `write` produces to a new file and returns its path.
///
/// # Errors
/// Why there is none; nothing is left behind then.
pub fn write(
    naming: Naming<'_>,
    existing: Existing,
    write: impl FnOnce(&mut Stream<'_, '_>) -> io::Result<()>,
) -> Result<Vec<u8>, WriteError> {
    let mut reserve = Reserve::take();
    let written = fill(&mut reserve, naming, existing, write);
    let path = reserve.target().as_bytes().to_vec();
    match written {
        Ok(()) => Ok(path),
        Err(failure) => Err(WriteError { failure, path }),
    }
}

fn fill(
    reserve: &mut Reserve,
    naming: Naming<'_>,
    existing: Existing,
    write: impl FnOnce(&mut Stream<'_, '_>) -> io::Result<()>,
) -> Result<(), Failure> {
    let mut sink = Sink::create(reserve, naming, existing)?;
    let mut stream = Stream {
        sink: &mut sink,
        buffer: [0; BUFFER],
        used: 0,
        failure: None,
    };
    // Only the sink fails, and it says why.
    let _ = write(&mut stream).and_then(|()| stream.flush());
    if let Some(failure) = stream.failure {
        return Err(failure);
    }
    sink.finish()?;
    Ok(())
}

/// Bytes on their way to the file.
pub struct Stream<'s, 'r> {
    sink: &'s mut Sink<'r>,
    buffer: [u8; BUFFER],
    used: usize,
    failure: Option<Failure>,
}

impl Write for Stream<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.used == BUFFER {
            self.flush()?;
        }
        let room = self.buffer.get_mut(self.used..).unwrap_or_default();
        let count = room.len().min(bytes.len());
        for (to, from) in room.iter_mut().zip(bytes) {
            *to = *from;
        }
        self.used += count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        let bytes = self.buffer.get(..self.used).unwrap_or_default();
        self.used = 0;
        self.sink.write(bytes).map_err(|failure| {
            self.failure = Some(failure);
            io::Error::from_raw_os_error(failure.errno.0)
        })
    }
}
