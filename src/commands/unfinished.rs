//! A file that gets its name when it is complete.

use std::ffi::{CString, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::sys::Errno;
use crate::sys::file::{self, Existing};

/// How many names of unfinished files are passed over before it is given up.
const ATTEMPTS: u32 = 100;

/// Access rights of a snapshot: it holds the program's data, so its user's only.
const MODE: u32 = 0o600;

/// Where a command's file goes.
#[derive(Clone, Copy)]
pub struct Destination<'a> {
    path: &'a Path,
    existing: Existing,
    /// What to do where the path is taken.
    advice: &'static str,
}

impl<'a> Destination<'a> {
    /// A path at which nothing is replaced.
    pub fn free(path: &'a Path) -> Self {
        Self {
            path,
            existing: Existing::Keep,
            advice: "move it away, or give another path with --output",
        }
    }

    /// Likewise, unless `--force` was given.
    pub fn unless_forced(path: &'a Path, existing: Existing) -> Self {
        Self {
            path,
            existing,
            advice: "move it away, give another path with --output, or say --force",
        }
    }

    /// Says early what [`Self::create`] and [`Unfinished::finish`] would.
    ///
    /// # Errors
    /// The path is taken, or nothing can be written there.
    pub fn check(self) -> anyhow::Result<()> {
        if self.existing == Existing::Keep && fs::symlink_metadata(self.path).is_ok() {
            bail!(self.taken());
        }
        let name = CString::new(self.path.as_os_str().as_bytes());
        let name = name.with_context(|| self.cannot_write())?;
        file::check_replaceable(&name)
            .map_err(|errno| io::Error::from_raw_os_error(errno.0))
            .with_context(|| self.cannot_write())
    }

    /// Makes `PATH.KIND.partial`, with a number where that is taken.
    ///
    /// # Errors
    /// Whatever making the file reports.
    pub fn create(self, kind: &str) -> anyhow::Result<Unfinished<'a>> {
        Unfinished::create(self, kind).with_context(|| self.cannot_write())
    }

    /// The beginning of an error in writing the file.
    pub fn cannot_write(self) -> String {
        format!("cannot write {}", self.path.display())
    }

    fn taken(self) -> String {
        format!(
            "{} is there already, and is not overwritten: {}",
            self.path.display(),
            self.advice
        )
    }
}

/// A file beside its future name. Dropped before [`Unfinished::finish`], it is removed.
pub struct Unfinished<'a> {
    /// What is written to.
    pub file: File,
    path: PathBuf,
    destination: Destination<'a>,
    finished: bool,
}

impl<'a> Unfinished<'a> {
    fn create(destination: Destination<'a>, kind: &str) -> io::Result<Self> {
        let mut attempt = 0;
        loop {
            let mut path = OsString::from(destination.path);
            if attempt > 0 {
                path.push(format!(".{kind}-{attempt}.partial"));
            } else {
                path.push(format!(".{kind}.partial"));
            }
            let made = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(MODE)
                .open(&path);
            match made {
                Ok(file) => {
                    return Ok(Self {
                        file,
                        path: path.into(),
                        destination,
                        finished: false,
                    });
                }
                Err(error)
                    if error.kind() == io::ErrorKind::AlreadyExists && attempt < ATTEMPTS =>
                {
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Brings the file to the device and gives it its name.
    ///
    /// # Errors
    /// The name is taken meanwhile, or whatever the system reports; the file is removed then.
    pub fn finish(mut self) -> anyhow::Result<()> {
        let destination = self.destination;
        let cannot_write = || destination.cannot_write();
        self.file.sync_all().with_context(cannot_write)?;
        let from = CString::new(self.path.as_os_str().as_bytes()).with_context(cannot_write)?;
        let to = CString::new(destination.path.as_os_str().as_bytes());
        let to = to.with_context(cannot_write)?;
        match file::rename(&from, &to, destination.existing) {
            Ok(()) => {}
            Err(Errno(libc::EEXIST)) if destination.existing == Existing::Keep => {
                bail!(destination.taken());
            }
            Err(Errno(number)) => {
                return Err(io::Error::from_raw_os_error(number)).with_context(cannot_write);
            }
        }
        self.finished = true;
        // Makes the name itself survive a crash of the machine. A folder that cannot be opened or
        // synced is no reason to call the file bad.
        let folder = destination.path.parent();
        let folder = folder.filter(|path| !path.as_os_str().is_empty());
        let _ = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if !self.finished {
            // Nothing more can be done about a file that cannot be removed.
            let _ = fs::remove_file(&self.path);
        }
    }
}
