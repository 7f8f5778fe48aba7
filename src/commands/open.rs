//! Snapshots as they come: plain, or compressed.

use std::ffi::CString;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::compression::{Fault, Format, decode};
use crate::heap::SnapshotFile;
use crate::sys::Errno;
use crate::sys::file::create_unnamed;

/// A snapshot's text.
pub struct Opened {
    /// The text, mapped.
    pub text: SnapshotFile,
    /// How the file is compressed, and its length in bytes.
    pub compressed: Option<(Format, u64)>,
    /// Where compressed data ends before it should.
    pub fault: Option<Fault>,
}

/// Opens the file at `path`, decompressing it where need be into a temporary file without a
/// name, beside it or, where none can be made there, in the system's folder for such files.
/// Compressed data that is damaged or cut off gives what is before the fault.
///
/// # Errors
/// The file cannot be read, or there is no place for the text.
pub fn open(path: &Path) -> anyhow::Result<Opened> {
    #[expect(unsafe_code, reason = "see below")]
    // SAFETY: a snapshot is renamed to its final name when it is complete and nobody writes to it
    // after that; the capture that left an unfinished one is over. For a file that somebody else
    // changes meanwhile, the readers are written to survive any bytes, and a page cut away ends
    // this process with SIGBUS, which holds nothing but the reading.
    let file = unsafe { SnapshotFile::open(path) }
        .with_context(|| format!("cannot read {}", path.display()))?;
    let Some(format) = Format::of(file.bytes()) else {
        return Ok(Opened {
            text: file,
            compressed: None,
            fault: None,
        });
    };
    let length = file.bytes().len() as u64;
    let (place, mut scratch) = scratch_beside(path)?;
    let fault = match decode(format, &mut without_blank_end(file.bytes()), &mut |bytes| {
        scratch.write_all(bytes)
    }) {
        Ok(_) => None,
        Err(Fault::Write(error)) => {
            return Err(error).with_context(|| {
                format!(
                    "cannot decompress {} to a temporary file in {}",
                    path.display(),
                    place.display()
                )
            });
        }
        Err(fault) => Some(fault),
    };
    #[expect(unsafe_code, reason = "see below")]
    // SAFETY: the file has no name, and nobody else has its descriptor.
    let text = unsafe { SnapshotFile::map(&scratch) }
        .with_context(|| format!("cannot read the temporary file in {}", place.display()))?;
    Ok(Opened {
        text,
        compressed: Some((format, length)),
        fault,
    })
}

/// Disk space that an unfinished file got ahead of its writer reads as NULs, which a decoder
/// would take for data. A whole file may end with as many as its checksums have bytes.
fn without_blank_end(bytes: &[u8]) -> &[u8] {
    const CHECKSUMS: usize = 8;
    let end = bytes.iter().rposition(|&byte| byte != 0);
    let end = end.map_or(0, |last| last + 1);
    if bytes.len() - end > CHECKSUMS {
        &bytes[..end]
    } else {
        bytes
    }
}

fn scratch_beside(path: &Path) -> anyhow::Result<(PathBuf, File)> {
    let beside = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let first = match unnamed_in(&beside) {
        Ok(file) => return Ok((beside, file)),
        Err(error) => error,
    };
    let elsewhere = std::env::temp_dir();
    match unnamed_in(&elsewhere) {
        Ok(file) => Ok((elsewhere, file)),
        Err(second) => Err(anyhow::anyhow!(
            "{} is compressed, and no temporary file for its text can be made in {} ({first}) or \
             {} ({second})",
            path.display(),
            beside.display(),
            elsewhere.display()
        )),
    }
}

fn unnamed_in(folder: &Path) -> Result<File, Errno> {
    let c =
        |path: &Path| CString::new(path.as_os_str().as_bytes()).map_err(|_| Errno(libc::EINVAL));
    let name = folder.join(format!(".oomhost-{}.text", std::process::id()));
    Ok(create_unnamed(&c(folder)?, &c(&name)?)?.into())
}
