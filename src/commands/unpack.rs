//! `oomhost unpack FILE.gz`: the plain file of a compressed one.

use std::fs::{self, File};
use std::io::{self, BufReader, Read as _, Seek as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};

use super::unfinished::Destination;
use crate::compression::{Fault, Format, decode};
use crate::report::text::size;
use crate::sys::file::Existing;

/// Writes to `output` what the file at `path` holds; returns what is told of that. Memory does
/// not grow with the file.
///
/// # Errors
/// The file cannot be read, is not compressed or damaged (the message says at which byte), or
/// `output` cannot be written, which includes that it is there and is to be kept. Nothing is
/// left behind then.
pub fn run(path: &Path, output: &Path, existing: Existing) -> anyhow::Result<String> {
    let (mut file, format) =
        open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let Some(format) = format else {
        bail!(
            "{} is not compressed: it begins as neither gzip's nor zstd's files do",
            path.display()
        );
    };
    let destination = Destination::unless_forced(output, existing);
    destination.check()?;
    let mut unfinished = destination.create("unpacked")?;
    let bytes = match decode(format, &mut file, &mut |bytes| {
        unfinished.file.write_all(bytes)
    }) {
        Ok(bytes) => bytes,
        Err(Fault::Write(error)) => {
            return Err(error).with_context(|| destination.cannot_write());
        }
        Err(fault) => bail!(
            "{} {fault}\nNothing was written. Of a snapshot, save what is before that with: \
             oomhost recover {0} --output=PATH",
            path.display()
        ),
    };
    unfinished.finish()?;
    Ok(format!("Wrote {} to {}", size(bytes), output.display()))
}

fn open(path: &Path) -> io::Result<(BufReader<File>, Option<Format>)> {
    // Asked before opening, which would wait for the other end of a pipe.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular file",
        ));
    }
    let mut file = BufReader::new(File::open(path)?);
    let mut start = Vec::new();
    (&mut file).take(4).read_to_end(&mut start)?;
    file.rewind()?;
    Ok((file, Format::of(&start)))
}
