//! Files by raw descriptor and C path: nothing here allocates.
#![expect(unsafe_code, reason = "talks to libc")]

use super::errno::Errno;
use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

fn check(result: libc::c_int) -> Result<libc::c_int, Errno> {
    if result < 0 {
        Err(Errno::last())
    } else {
        Ok(result)
    }
}

fn offset(value: u64) -> Result<libc::off_t, Errno> {
    libc::off_t::try_from(value).map_err(|_| Errno(libc::EFBIG))
}

/// Repeats an interrupted call.
fn retry<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Errno(libc::EINTR)) => {}
            done => return done,
        }
    }
}

/// Opens `path` with `O_CLOEXEC` and the given flags; a new file gets `mode`.
///
/// # Errors
/// The `errno` of `open`.
pub fn open(path: &CStr, flags: i32, mode: u32) -> Result<OwnedFd, Errno> {
    // SAFETY: `path` is NUL-terminated.
    let fd = retry(|| check(unsafe { libc::open(path.as_ptr(), flags | libc::O_CLOEXEC, mode) }))?;
    // SAFETY: a descriptor that was just opened and that nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Opens a new file for reading and writing; a path that exists is an error.
///
/// # Errors
/// The `errno` of `open`: `EEXIST`, `ENOENT`, `EACCES`, `EROFS` …
pub fn create_new(path: &CStr, mode: u32) -> Result<OwnedFd, Errno> {
    open(path, libc::O_RDWR | libc::O_CREAT | libc::O_EXCL, mode)
}

/// Gives the file disk blocks for `length` bytes from `start` and makes it as
/// long as that.
///
/// # Errors
/// `ENOSPC`, `EDQUOT`, `EFBIG`; `EOPNOTSUPP` where the file system cannot.
pub fn allocate(file: BorrowedFd<'_>, start: u64, length: u64) -> Result<(), Errno> {
    let (start, length) = (offset(start)?, offset(length)?);
    // SAFETY: no memory is involved.
    retry(|| check(unsafe { libc::fallocate(file.as_raw_fd(), 0, start, length) }))?;
    Ok(())
}

/// Gives back the disk blocks of a range; it reads as zeros then. A hint: what
/// the file system cannot give back it keeps.
pub fn punch_hole(file: BorrowedFd<'_>, start: u64, length: u64) {
    if let (Ok(start), Ok(length)) = (offset(start), offset(length)) {
        let mode = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;
        // SAFETY: no memory is involved.
        unsafe { libc::fallocate(file.as_raw_fd(), mode, start, length) };
    }
}

/// Opens a new file in `directory` that has no name, for this user only.
/// `scratch_name` is a path in it: where the file system knows no files without
/// a name, one is made under it and unlinked.
///
/// # Errors
/// The `errno` of `open`: `ENOENT`, `EACCES`, `EROFS`, `EMFILE` …
pub fn create_unnamed(directory: &CStr, scratch_name: &CStr) -> Result<OwnedFd, Errno> {
    const MODE: u32 = 0o600;
    match open(directory, libc::O_TMPFILE | libc::O_RDWR, MODE) {
        // NFS and older overlay file systems; older kernels see a directory that
        // is to be written.
        Err(Errno(libc::EOPNOTSUPP | libc::EISDIR | libc::EINVAL)) => {
            let file = create_new(scratch_name, MODE)?;
            unlink(scratch_name)?;
            Ok(file)
        }
        done => done,
    }
}

/// A file that is nowhere but in memory.
///
/// # Errors
/// The `errno` of `memfd_create`.
pub fn create_in_memory() -> Result<OwnedFd, Errno> {
    // SAFETY: the name is NUL-terminated.
    let fd = check(unsafe { libc::memfd_create(c"oomhost".as_ptr(), libc::MFD_CLOEXEC) })?;
    // SAFETY: a descriptor that was just opened and that nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// The file's length in bytes.
///
/// # Errors
/// The `errno` of `fstat`.
pub fn length(file: BorrowedFd<'_>) -> Result<u64, Errno> {
    let mut status = std::mem::MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: `status` is a valid place.
    check(unsafe { libc::fstat(file.as_raw_fd(), status.as_mut_ptr()) })?;
    // SAFETY: all-zero bytes are a valid `stat`, and the call has filled it.
    let length = unsafe { status.assume_init() }.st_size;
    Ok(u64::try_from(length).unwrap_or(0))
}

/// Cuts or extends the file to `length` bytes.
///
/// # Errors
/// The `errno` of `ftruncate`.
pub fn truncate(file: BorrowedFd<'_>, length: u64) -> Result<(), Errno> {
    let length = offset(length)?;
    // SAFETY: no memory is involved.
    retry(|| check(unsafe { libc::ftruncate(file.as_raw_fd(), length) }))?;
    Ok(())
}

/// Brings the file's data and size to the device.
///
/// # Errors
/// The `errno` of `fsync`: `EIO`, `ENOSPC` of delayed allocation …
pub fn sync(file: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: no memory is involved.
    retry(|| check(unsafe { libc::fsync(file.as_raw_fd()) }))?;
    Ok(())
}

/// Starts writing a range of dirty pages to the device, without waiting.
/// A hint: what it cannot do is left to [`sync`].
pub fn start_writeback(file: BorrowedFd<'_>, start: u64, length: u64) {
    if let (Ok(start), Ok(length)) = (offset(start), offset(length)) {
        // SAFETY: no memory is involved.
        unsafe {
            libc::sync_file_range(file.as_raw_fd(), start, length, libc::SYNC_FILE_RANGE_WRITE)
        };
    }
}

/// Waits until what [`start_writeback`] has started of a range is on the device,
/// and writes what is dirty of it still.
///
/// # Errors
/// `EIO`, `ENOSPC`, `EDQUOT`: a later [`sync`] would not say so again. What the
/// file system cannot do at all is left to [`sync`].
pub fn finish_writeback(file: BorrowedFd<'_>, start: u64, length: u64) -> Result<(), Errno> {
    let (start, length) = (offset(start)?, offset(length)?);
    let whole = libc::SYNC_FILE_RANGE_WAIT_BEFORE
        | libc::SYNC_FILE_RANGE_WRITE
        | libc::SYNC_FILE_RANGE_WAIT_AFTER;
    // SAFETY: no memory is involved.
    match retry(|| check(unsafe { libc::sync_file_range(file.as_raw_fd(), start, length, whole) }))
    {
        Err(errno @ Errno(libc::EIO | libc::ENOSPC | libc::EDQUOT)) => Err(errno),
        _ => Ok(()),
    }
}

/// Drops the pages of a range from memory, those that are clean and that nobody
/// has mapped. A hint.
pub fn drop_pages(file: BorrowedFd<'_>, start: u64, length: u64) {
    if let (Ok(start), Ok(length)) = (offset(start), offset(length)) {
        // SAFETY: no memory is involved.
        unsafe { libc::posix_fadvise(file.as_raw_fd(), start, length, libc::POSIX_FADV_DONTNEED) };
    }
}

/// Writes all of `bytes` at `at`.
///
/// # Errors
/// The `errno` of `pwrite`; a write that makes no progress is `ENOSPC`.
pub fn write_at(file: BorrowedFd<'_>, mut bytes: &[u8], mut at: u64) -> Result<(), Errno> {
    while !bytes.is_empty() {
        let position = offset(at)?;
        let written = retry(|| {
            // SAFETY: `bytes` is valid for its length.
            let count = unsafe {
                libc::pwrite(
                    file.as_raw_fd(),
                    bytes.as_ptr().cast(),
                    bytes.len(),
                    position,
                )
            };
            usize::try_from(count).map_err(|_| Errno::last())
        })?;
        if written == 0 {
            return Err(Errno(libc::ENOSPC));
        }
        bytes = bytes.get(written..).unwrap_or_default();
        at += written as u64;
    }
    Ok(())
}

/// Writes all of `bytes` at the file's position.
///
/// # Errors
/// The `errno` of `write`; a write that makes no progress is `ENOSPC`.
pub fn write(file: BorrowedFd<'_>, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        let written = retry(|| {
            // SAFETY: `bytes` is valid for its length.
            let count =
                unsafe { libc::write(file.as_raw_fd(), bytes.as_ptr().cast(), bytes.len()) };
            usize::try_from(count).map_err(|_| Errno::last())
        })?;
        if written == 0 {
            return Err(Errno(libc::ENOSPC));
        }
        bytes = bytes.get(written..).unwrap_or_default();
    }
    Ok(())
}

/// Reads from the start of a file, such as a file of `/proc`, and returns
/// what was read.
pub fn read_start<'a>(file: BorrowedFd<'_>, buffer: &'a mut [u8]) -> &'a [u8] {
    // SAFETY: `buffer` is valid for its length.
    let count = unsafe {
        libc::pread(
            file.as_raw_fd(),
            buffer.as_mut_ptr().cast(),
            buffer.len(),
            0,
        )
    };
    buffer
        .get(..usize::try_from(count).unwrap_or(0))
        .unwrap_or_default()
}

/// Reads on from a file's position; empty at its end and on an error.
pub fn read<'a>(file: BorrowedFd<'_>, buffer: &'a mut [u8]) -> &'a [u8] {
    // SAFETY: `buffer` is valid for its length.
    let count = unsafe { libc::read(file.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len()) };
    buffer
        .get(..usize::try_from(count).unwrap_or(0))
        .unwrap_or_default()
}

/// What to do with a file that has the new name already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and the operation fails with `EEXIST`.
    Keep,
    /// It is replaced, atomically.
    Replace,
}

/// Renames a file.
///
/// # Errors
/// The `errno` of the rename; `EEXIST` under [`Existing::Keep`].
pub fn rename(from: &CStr, to: &CStr, existing: Existing) -> Result<(), Errno> {
    if existing == Existing::Replace {
        // SAFETY: both paths are NUL-terminated.
        check(unsafe { libc::rename(from.as_ptr(), to.as_ptr()) })?;
        return Ok(());
    }
    // SAFETY: both paths are NUL-terminated.
    let done = check(unsafe {
        libc::renameat2(
            libc::AT_FDCWD,
            from.as_ptr(),
            libc::AT_FDCWD,
            to.as_ptr(),
            libc::RENAME_NOREPLACE,
        )
    });
    match done {
        // The file system has no such rename (NFS, some FUSE): a hard link
        // fails in the same way where the name is taken.
        Err(Errno(libc::EINVAL | libc::ENOSYS)) => {
            // SAFETY: both paths are NUL-terminated.
            check(unsafe { libc::link(from.as_ptr(), to.as_ptr()) })?;
            unlink(from)
        }
        Err(error) => Err(error),
        Ok(_) => Ok(()),
    }
}

/// Removes a file's name.
///
/// # Errors
/// The `errno` of `unlink`.
pub fn unlink(path: &CStr) -> Result<(), Errno> {
    // SAFETY: `path` is NUL-terminated.
    check(unsafe { libc::unlink(path.as_ptr()) })?;
    Ok(())
}

/// Whether something (be it a dangling link) has this name.
#[must_use]
pub fn exists(path: &CStr) -> bool {
    let mut status = std::mem::MaybeUninit::<libc::stat>::uninit();
    // SAFETY: `path` is NUL-terminated and `status` a valid place.
    unsafe { libc::lstat(path.as_ptr(), status.as_mut_ptr()) == 0 }
}

/// Whether `path` is free for a file to be renamed to, which takes the place of
/// whatever is there: a regular file may go, a device or a pipe may not.
///
/// # Errors
/// `EISDIR` for a directory, `EEXIST` for what is no regular file, both also
/// behind a link; `ENOENT` for no path at all.
pub fn check_replaceable(path: &CStr) -> Result<(), Errno> {
    if path.is_empty() {
        return Err(Errno(libc::ENOENT));
    }
    match kind(path) {
        Err(_) | Ok(libc::S_IFREG) => Ok(()),
        Ok(libc::S_IFDIR) => Err(Errno(libc::EISDIR)),
        Ok(_) => Err(Errno(libc::EEXIST)),
    }
}

/// The file type bits of what `path` leads to.
fn kind(path: &CStr) -> Result<libc::mode_t, Errno> {
    let mut status = std::mem::MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: `path` is NUL-terminated and `status` a valid place.
    check(unsafe { libc::stat(path.as_ptr(), status.as_mut_ptr()) })?;
    // SAFETY: all-zero bytes are a valid `stat`, and the call has filled it.
    Ok(unsafe { status.assume_init() }.st_mode & libc::S_IFMT)
}

/// Whether a file can be made in `directory` by this process.
///
/// # Errors
/// `ENOENT`, `ENOTDIR`, `EACCES`, `EROFS`.
pub fn check_directory(directory: &CStr) -> Result<(), Errno> {
    if kind(directory)? != libc::S_IFDIR {
        return Err(Errno(libc::ENOTDIR));
    }
    // SAFETY: `directory` is NUL-terminated.
    check(unsafe {
        libc::faccessat(
            libc::AT_FDCWD,
            directory.as_ptr(),
            libc::W_OK | libc::X_OK,
            libc::AT_EACCESS,
        )
    })?;
    Ok(())
}

/// The file system under a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSystem {
    /// Its files are memory (tmpfs, ramfs).
    pub in_memory: bool,
    /// Bytes that this user may still write.
    pub free: u64,
}

/// Asks for the file system under `path`.
///
/// # Errors
/// The `errno` of `statfs`.
pub fn file_system(path: &CStr) -> Result<FileSystem, Errno> {
    let mut status = std::mem::MaybeUninit::<libc::statfs>::zeroed();
    // SAFETY: `path` is NUL-terminated and `status` a valid place.
    check(unsafe { libc::statfs(path.as_ptr(), status.as_mut_ptr()) })?;
    // SAFETY: all-zero bytes are a valid `statfs`, and the call has filled it.
    let status = unsafe { status.assume_init() };
    Ok(FileSystem {
        in_memory: matches!(status.f_type, libc::TMPFS_MAGIC | RAMFS_MAGIC),
        free: status
            .f_bavail
            .saturating_mul(u64::try_from(status.f_bsize).unwrap_or(0)),
    })
}

/// `linux/magic.h`; libc has no name for it.
const RAMFS_MAGIC: libc::c_long = 0x8584_58f6;

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CString;
    use std::os::fd::AsFd;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    fn c(path: &Path) -> CString {
        CString::new(path.as_os_str().as_bytes()).unwrap()
    }

    #[test]
    fn a_rename_that_keeps_refuses_an_existing_name() {
        let directory = tempfile::tempdir().unwrap();
        let (from, to) = (directory.path().join("a"), directory.path().join("b"));
        std::fs::write(&from, "new").unwrap();
        std::fs::write(&to, "old").unwrap();
        assert_eq!(
            rename(&c(&from), &c(&to), Existing::Keep),
            Err(Errno(libc::EEXIST))
        );
        assert_eq!(std::fs::read_to_string(&to).unwrap(), "old");
        rename(&c(&from), &c(&to), Existing::Replace).unwrap();
        assert_eq!(std::fs::read_to_string(&to).unwrap(), "new");
        assert!(!exists(&c(&from)));
    }

    #[test]
    fn directories_are_checked() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("f");
        std::fs::write(&file, "").unwrap();
        assert_eq!(check_directory(&c(directory.path())), Ok(()));
        assert_eq!(check_directory(&c(&file)), Err(Errno(libc::ENOTDIR)));
        assert_eq!(
            check_directory(&c(&directory.path().join("none"))),
            Err(Errno(libc::ENOENT))
        );
        assert!(file_system(&c(directory.path())).unwrap().free > 0);
        assert!(file_system(c"/dev/shm").is_ok_and(|fs| fs.in_memory));
    }

    #[test]
    fn a_file_without_a_name_gives_its_blocks_back() {
        use std::os::unix::fs::MetadataExt as _;
        let directory = tempfile::tempdir().unwrap();
        let file = create_unnamed(
            &c(directory.path()),
            &c(&directory.path().join("x.scratch")),
        )
        .unwrap();
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        allocate(file.as_fd(), 0, 1 << 20).unwrap();
        let file = std::fs::File::from(file);
        let before = file.metadata().unwrap().blocks();
        punch_hole(file.as_fd(), 0, 1 << 19);
        let after = file.metadata().unwrap();
        assert_eq!(after.len(), 1 << 20);
        assert!(after.blocks() < before);
    }

    #[test]
    fn allocates_and_writes_in_place() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("f");
        let file = create_new(&c(&path), 0o600).unwrap();
        assert_eq!(
            create_new(&c(&path), 0o600).unwrap_err(),
            Errno(libc::EEXIST)
        );
        allocate(file.as_fd(), 0, 8192).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 8192);
        write_at(file.as_fd(), b"hello", 4096).unwrap();
        truncate(file.as_fd(), 4101).unwrap();
        start_writeback(file.as_fd(), 0, 4101);
        sync(file.as_fd()).unwrap();
        let mut buffer = [0; 8192];
        assert_eq!(&read_start(file.as_fd(), &mut buffer)[4096..], b"hello");
        assert!(read(file.as_fd(), &mut buffer).len() == 4101);
    }
}
