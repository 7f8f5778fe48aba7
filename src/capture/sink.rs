//! Where a snapshot goes: a file that gets its name only when it is complete.
//!
//! The bytes go through a window of shared mapped memory into `NAME.partial`,
//! whose disk blocks are allocated in steps ahead of the writing, so that a
//! full disk is an error and not a signal. The end truncates the file to its
//! length, brings it to the device, and renames it; a failure removes it and
//! frees its space. A file system without such allocation is written to
//! without a mapping.
//!
//! Addresses, path buffers and a file descriptor are reserved at the start of
//! the process ([`Reserve`]); nothing here allocates afterwards.

use super::names;
use crate::sys::file::Existing;
use crate::sys::fixed::FixedPath;
use crate::sys::mem::AddressRange;
use crate::sys::sigbus::Guard;
use crate::sys::{Errno, file, last_stand};
use std::fmt;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Bytes of the window: the largest step by which the file grows.
const WINDOW: usize = 32 << 20;

/// The first step; it doubles up to [`WINDOW`], and halves again down to
/// [`LEAST_STEP`] where the disk has no more.
const FIRST_STEP: usize = 4 << 20;
const LEAST_STEP: usize = 64 << 10;

/// How many taken names are passed over before it is given up.
const ATTEMPTS: u32 = 100;

/// Access rights of a snapshot: it holds the program's data, so its user's only.
const MODE: u32 = 0o600;

/// What a capture needs and must not have to ask for when memory is short.
pub struct Reserve {
    window: Option<AddressRange>,
    /// Keeps a place in the descriptor table, for a process that has none left.
    spare: Option<OwnedFd>,
    partial: FixedPath,
    target: FixedPath,
}

impl Reserve {
    /// Reserves. Where no address space is to be had, writing goes without.
    #[must_use]
    pub fn take() -> Self {
        Self {
            window: AddressRange::reserve(WINDOW).ok(),
            spare: spare_descriptor(),
            partial: FixedPath::new(),
            target: FixedPath::new(),
        }
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

    fn at(step: Step) -> impl FnOnce(Errno) -> Self {
        move |errno| Self { step, errno }
    }
}

/// A file being written. Dropped before [`Sink::finish`], it is removed.
pub struct Sink<'a> {
    reserve: &'a mut Reserve,
    naming: Naming<'a>,
    existing: Existing,
    attempt: u32,
    file: Option<OwnedFd>,
    guard: Option<Guard>,
    /// Bytes written so far.
    written: u64,
    /// Bytes of the file that have disk blocks.
    allocated: u64,
    /// Where in the file the window starts.
    window_start: u64,
    /// Length of what is mapped there.
    window_length: usize,
    step: usize,
    failure: Option<Failure>,
    finished: bool,
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
            file: None,
            guard: None,
            written: 0,
            allocated: 0,
            window_start: 0,
            window_length: 0,
            step: FIRST_STEP,
            failure: None,
            finished: false,
        };
        sink.open_partial()?;
        sink.grow()?;
        Ok(sink)
    }

    /// Finds a name that is free, for the file and for its partial.
    fn open_partial(&mut self) -> Result<(), Failure> {
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
                    self.file = Some(file);
                    return Ok(());
                }
                Err(Errno(libc::EEXIST)) if self.attempt < ATTEMPTS => self.attempt += 1,
                Err(errno) => return Err(Failure::at(Step::Create)(errno)),
            }
        }
    }

    fn name(&mut self) {
        let Reserve {
            partial, target, ..
        } = &mut *self.reserve;
        target.clear();
        partial.clear();
        if self.existing == Existing::Keep {
            (self.naming)(self.attempt, target);
            partial.push(target.as_bytes());
        } else {
            // The name itself stands; only the partial makes way for another.
            (self.naming)(0, target);
            partial.push(target.as_bytes());
            if self.attempt > 0 {
                names::insert_number(partial, 0, self.attempt);
            }
        }
        partial.push(b".partial");
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

    /// Bytes written so far.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Writes all of `bytes`.
    ///
    /// # Errors
    /// What the system said; every later call says the same.
    pub fn write(&mut self, mut bytes: &[u8]) -> Result<(), Failure> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        if self.written == 0 {
            last_stand::set_recoverable();
        }
        while !bytes.is_empty() {
            let done = self.write_some(bytes);
            let count = done.inspect_err(|&failure| self.failure = Some(failure))?;
            bytes = bytes.get(count..).unwrap_or_default();
        }
        Ok(())
    }

    fn write_some(&mut self, bytes: &[u8]) -> Result<usize, Failure> {
        let Some(guard) = &self.guard else {
            file::write_at(fd(self.file.as_ref())?, bytes, self.written)
                .map_err(Failure::at(Step::Write))?;
            self.written += bytes.len() as u64;
            return Ok(bytes.len());
        };
        let offset = usize::try_from(self.written - self.window_start).unwrap_or(usize::MAX);
        let count = self
            .reserve
            .window
            .as_mut()
            .map_or(0, |window| window.copy_in(offset, bytes));
        if guard.faulted() {
            // The file system took back what it had given: SIGBUS.
            return Err(Failure::at(Step::Write)(Errno(libc::EIO)));
        }
        if count == 0 {
            self.grow()?;
        }
        self.written += count as u64;
        Ok(count)
    }

    /// Gives the file its next blocks and moves the window onto them.
    fn grow(&mut self) -> Result<(), Failure> {
        let file = fd(self.file.as_ref())?;
        if self.window_length > 0 {
            file::start_writeback(file, self.window_start, self.window_length as u64);
        }
        loop {
            match file::allocate(file, self.allocated, self.step as u64) {
                Ok(()) => break,
                Err(errno) if errno.is_out_of_space() && self.step > LEAST_STEP => self.step /= 2,
                Err(errno) if is_unsupported(errno) => {
                    self.unmap();
                    return Ok(());
                }
                Err(errno) => return Err(Failure::at(Step::Allocate)(errno)),
            }
        }
        let mapped = match &mut self.reserve.window {
            Some(window) => window
                .map_file(file, self.allocated, self.step)
                .and_then(|()| match self.guard.take() {
                    Some(guard) => Ok(guard),
                    None => Guard::new(window),
                }),
            None => Err(Errno(libc::ENOMEM)),
        };
        let Ok(guard) = mapped else {
            self.unmap();
            return Ok(());
        };
        self.guard = Some(guard);
        self.window_start = self.allocated;
        self.window_length = self.step;
        self.allocated += self.step as u64;
        self.step = (self.step * 2).min(WINDOW);
        Ok(())
    }

    /// Takes the window away: from here on bytes are written without it.
    fn unmap(&mut self) {
        if let Some(window) = &mut self.reserve.window {
            window.unmap_file();
        }
        self.guard = None;
    }

    /// Completes the file and gives it its name; returns its length in bytes.
    ///
    /// # Errors
    /// What the system said; the file is removed then.
    pub fn finish(mut self) -> Result<u64, Failure> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        self.unmap();
        let file = fd(self.file.as_ref())?;
        file::truncate(file, self.written).map_err(Failure::at(Step::Write))?;
        file::sync(file).map_err(Failure::at(Step::Sync))?;
        self.file = None;
        self.rename().map_err(Failure::at(Step::Rename))?;
        self.finished = true;
        self.sync_directory();
        Ok(self.written)
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
                    self.reserve.target.clear();
                    (self.naming)(self.attempt, &mut self.reserve.target);
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
        self.unmap();
        let opened = self.file.take().is_some();
        if !self.finished && (opened || self.written > 0) {
            // Nothing more can be done about a file that cannot be removed.
            let _ = file::unlink(self.reserve.partial.as_c_str());
        }
        last_stand::set_unfinished(c"");
        self.reserve.reclaim_descriptor();
    }
}

fn fd(file: Option<&OwnedFd>) -> Result<BorrowedFd<'_>, Failure> {
    file.map(AsFd::as_fd)
        .ok_or(Failure::at(Step::Write)(Errno(libc::EBADF)))
}

/// Whether the file system has no `fallocate`.
fn is_unsupported(errno: Errno) -> bool {
    matches!(errno.0, libc::EOPNOTSUPP | libc::ENOSYS | libc::EINVAL)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    fn naming(path: &Path) -> impl Fn(u32, &mut FixedPath) + use<> {
        let path = path.to_owned();
        move |attempt, out| {
            names::push_pattern(out, path.as_os_str().as_bytes(), 0, attempt);
        }
    }

    fn listing(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn content(length: usize) -> Vec<u8> {
        (0..length)
            .map(|i| b"abcdefghijklmnopqrstuvw"[i % 23])
            .collect()
    }

    #[test]
    fn writes_through_many_windows() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.heapsnapshot");
        let mut reserve = Reserve::take();
        let expected = content(FIRST_STEP * 3 + 12_345);
        let name = naming(&path);
        let mut sink = Sink::create(&mut reserve, &name, Existing::Keep).unwrap();
        assert_eq!(listing(directory.path()), ["x.heapsnapshot.partial"]);
        for piece in expected.chunks(1_000_003) {
            sink.write(piece).unwrap();
        }
        assert_eq!(sink.finish(), Ok(expected.len() as u64));
        assert_eq!(listing(directory.path()), ["x.heapsnapshot"]);
        assert!(fs::read(&path).unwrap() == expected);
        assert_eq!(reserve.target().as_bytes(), path.as_os_str().as_bytes());
    }

    #[test]
    fn an_empty_file_can_be_finished() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        let mut reserve = Reserve::take();
        let name = naming(&path);
        let sink = Sink::create(&mut reserve, &name, Existing::Keep).unwrap();
        assert_eq!(sink.finish(), Ok(0));
        assert_eq!(fs::read(&path).unwrap(), b"");
    }

    #[test]
    fn dropped_unfinished_it_is_gone() {
        let directory = tempfile::tempdir().unwrap();
        let name = naming(&directory.path().join("x"));
        let mut reserve = Reserve::take();
        let mut sink = Sink::create(&mut reserve, &name, Existing::Keep).unwrap();
        sink.write(b"half").unwrap();
        drop(sink);
        assert_eq!(listing(directory.path()), [""; 0]);
    }

    #[test]
    fn taken_names_are_passed_over() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.heapsnapshot");
        fs::write(&path, "old").unwrap();
        fs::write(directory.path().join("x.1.heapsnapshot.partial"), "killed").unwrap();
        let name = naming(&path);
        let mut reserve = Reserve::take();
        let mut sink = Sink::create(&mut reserve, &name, Existing::Keep).unwrap();
        assert_eq!(sink.names_taken(), 2);
        sink.write(b"new").unwrap();
        // The name is taken while the file is being written.
        fs::write(directory.path().join("x.2.heapsnapshot"), "other").unwrap();
        sink.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(
            fs::read(directory.path().join("x.3.heapsnapshot")).unwrap(),
            b"new"
        );
        assert!(reserve.target().as_bytes().ends_with(b"x.3.heapsnapshot"));
    }

    #[test]
    fn a_name_that_the_script_gave_is_replaced_at_the_end() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.heapsnapshot");
        fs::write(&path, "old").unwrap();
        fs::write(directory.path().join("x.heapsnapshot.partial"), "killed").unwrap();
        let name = naming(&path);
        let mut reserve = Reserve::take();
        let mut sink = Sink::create(&mut reserve, &name, Existing::Replace).unwrap();
        sink.write(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        sink.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn what_is_no_file_is_never_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink(&socket, &link).unwrap();
        for path in [&socket, &link] {
            let name = naming(path);
            let mut reserve = Reserve::take();
            let failure = Sink::create(&mut reserve, &name, Existing::Replace)
                .err()
                .unwrap();
            assert_eq!(failure.to_string(), "EEXIST: file already exists, open");
            assert_eq!(listing(directory.path()), ["link", "socket"]);
        }
    }

    #[test]
    fn a_missing_directory_is_an_error_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let name = naming(&directory.path().join("none/x"));
        let mut reserve = Reserve::take();
        let failure = Sink::create(&mut reserve, &name, Existing::Keep)
            .err()
            .unwrap();
        assert_eq!(
            failure.to_string(),
            "ENOENT: no such file or directory, open"
        );
    }

    #[test]
    fn without_a_window_it_writes_all_the_same() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        let mut reserve = Reserve::take();
        reserve.window = None;
        let name = naming(&path);
        let mut sink = Sink::create(&mut reserve, &name, Existing::Keep).unwrap();
        let expected = content(3_000_000);
        sink.write(&expected).unwrap();
        sink.finish().unwrap();
        assert!(fs::read(&path).unwrap() == expected);
    }

    #[test]
    fn a_file_cut_behind_its_back_is_an_error_and_no_crash() {
        let directory = tempfile::tempdir().unwrap();
        let name = naming(&directory.path().join("x"));
        let mut reserve = Reserve::take();
        let mut sink = Sink::create(&mut reserve, &name, Existing::Keep).unwrap();
        sink.write(b"before").unwrap();
        fs::File::options()
            .write(true)
            .open(directory.path().join("x.partial"))
            .unwrap()
            .set_len(0)
            .unwrap();
        let failure = sink.write(&content(10_000)).unwrap_err();
        assert_eq!(failure.errno, Errno(libc::EIO));
        assert_eq!(sink.write(b"later"), Err(failure));
        assert!(sink.finish().is_err());
        assert_eq!(listing(directory.path()), [""; 0]);
    }
}
