//! Files that somebody names.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

/// Bytes that a test or a baseline may have.
const MOST: u64 = 256 << 20;

/// The bytes of a regular file: a pipe would be waited for, and a device may have no end.
///
/// # Errors
/// It is no regular file, has more than 256 MB, or cannot be read.
pub fn regular(path: &Path) -> io::Result<Vec<u8>> {
    let refuse = |why: &str| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    // Asked before opening, which would wait for the other end of a pipe.
    if !fs::metadata(path)?.is_file() {
        return refuse("not a regular file");
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        return refuse("more than 256 MB");
    }
    Ok(bytes)
}

/// The same as text.
///
/// # Errors
/// As above, and where it is no UTF-8.
pub fn text(path: &Path) -> io::Result<String> {
    String::from_utf8(regular(path)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"))
}
