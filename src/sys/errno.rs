//! System errors as values: a number, its name and its text, without allocation.

use std::fmt;

/// An `errno` value (always positive).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub i32);

/// Name and text of one error; the texts are libuv's, which are Node's.
const TABLE: &[(i32, &str, &str)] = &[
    (libc::EPERM, "EPERM", "operation not permitted"),
    (libc::ENOENT, "ENOENT", "no such file or directory"),
    (libc::EINTR, "EINTR", "interrupted system call"),
    (libc::EIO, "EIO", "i/o error"),
    (libc::EBADF, "EBADF", "bad file descriptor"),
    (libc::EAGAIN, "EAGAIN", "resource temporarily unavailable"),
    (libc::ENOMEM, "ENOMEM", "not enough memory"),
    (libc::EACCES, "EACCES", "permission denied"),
    (libc::EBUSY, "EBUSY", "resource busy or locked"),
    (libc::EEXIST, "EEXIST", "file already exists"),
    (libc::EXDEV, "EXDEV", "cross-device link not permitted"),
    (libc::ENODEV, "ENODEV", "no such device"),
    (libc::ENOTDIR, "ENOTDIR", "not a directory"),
    (libc::EISDIR, "EISDIR", "illegal operation on a directory"),
    (libc::EINVAL, "EINVAL", "invalid argument"),
    (libc::ENFILE, "ENFILE", "file table overflow"),
    (libc::EMFILE, "EMFILE", "too many open files"),
    (libc::EFBIG, "EFBIG", "file too large"),
    (libc::ENOSPC, "ENOSPC", "no space left on device"),
    (libc::EROFS, "EROFS", "read-only file system"),
    (libc::EPIPE, "EPIPE", "broken pipe"),
    (libc::ENAMETOOLONG, "ENAMETOOLONG", "name too long"),
    (libc::ELOOP, "ELOOP", "too many symbolic links encountered"),
    (
        libc::EOPNOTSUPP,
        "ENOTSUP",
        "operation not supported on socket",
    ),
    (libc::ECANCELED, "ECANCELED", "operation canceled"),
    (libc::EDQUOT, "EDQUOT", "disk quota exceeded"),
    (libc::ESTALE, "ESTALE", "stale file handle"),
];

impl Errno {
    /// The calling thread's last error. Call it right after the failed call.
    #[must_use]
    pub fn last() -> Self {
        // `last_os_error` reads `errno` and allocates nothing.
        Self(
            std::io::Error::last_os_error()
                .raw_os_error()
                .unwrap_or(libc::EIO),
        )
    }

    fn entry(self) -> Option<&'static (i32, &'static str, &'static str)> {
        TABLE.iter().find(|entry| entry.0 == self.0)
    }

    /// Whether the error says that the file system has no room for the file.
    #[must_use]
    pub fn is_out_of_space(self) -> bool {
        matches!(self.0, libc::ENOSPC | libc::EDQUOT | libc::EFBIG)
    }
}

impl From<std::io::Error> for Errno {
    fn from(error: std::io::Error) -> Self {
        Self(error.raw_os_error().unwrap_or(libc::EIO))
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.entry() {
            Some((_, name, text)) => write!(f, "{name}: {text}"),
            None => write!(f, "error {}", self.0),
        }
    }
}

impl std::error::Error for Errno {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_are_nodes() {
        assert_eq!(
            Errno(libc::ENOSPC).to_string(),
            "ENOSPC: no space left on device"
        );
        assert_eq!(Errno(9999).to_string(), "error 9999");
    }

    #[test]
    fn last_is_the_failed_calls_error() {
        assert!(std::fs::File::open("/no/such/file").is_err());
        assert_eq!(Errno::last(), Errno(libc::ENOENT));
    }
}
