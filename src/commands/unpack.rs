//! `oomhost unpack FILE.gz`: the plain file of a compressed one.

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, BufReader, Read as _, Seek as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};

use super::unfinished::Unfinished;
use crate::compression::{Fault, Format, decode};
use crate::report::text::size;
use crate::sys::file::{Existing, check_replaceable};

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
    if existing == Existing::Keep && fs::symlink_metadata(output).is_ok() {
        bail!(taken(output));
    }
    let cannot_write = || format!("cannot write {}", output.display());
    let name = CString::new(output.as_os_str().as_bytes()).with_context(cannot_write)?;
    check_replaceable(&name)
        .map_err(|errno| io::Error::from_raw_os_error(errno.0))
        .with_context(cannot_write)?;
    let mut unfinished = Unfinished::create(output, "unpacked").with_context(cannot_write)?;
    let bytes = match decode(format, &mut file, &mut |bytes| {
        unfinished.file.write_all(bytes)
    }) {
        Ok(bytes) => bytes,
        Err(Fault::Write(error)) => return Err(error).with_context(cannot_write),
        Err(fault) => bail!(
            "{} {fault}\nNothing was written. Of a snapshot, save what is before that with: \
             oomhost recover {0} --output=PATH",
            path.display()
        ),
    };
    if !unfinished
        .finish(output, existing)
        .with_context(cannot_write)?
    {
        bail!(taken(output));
    }
    Ok(format!("Wrote {} to {}", size(bytes), output.display()))
}

fn taken(output: &Path) -> String {
    format!(
        "{} is there already, and is not overwritten: move it away, give another path with \
         --output, or say --force",
        output.display()
    )
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
