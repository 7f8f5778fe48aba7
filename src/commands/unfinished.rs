//! A file that gets its name when it is complete.

use std::ffi::{CString, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::sys::Errno;
use crate::sys::file::{self, Existing};

/// How many names of unfinished files are passed over before it is given up.
const ATTEMPTS: u32 = 100;

/// Access rights of a snapshot: it holds the program's data, so its user's only.
const MODE: u32 = 0o600;

/// A file beside its future name. Dropped before [`Unfinished::finish`], it is removed.
pub struct Unfinished {
    /// What is written to.
    pub file: File,
    path: PathBuf,
    finished: bool,
}

impl Unfinished {
    /// Makes `OUTPUT.KIND.partial`, with a number where that is taken.
    ///
    /// # Errors
    /// Whatever making the file reports.
    pub fn create(output: &Path, kind: &str) -> io::Result<Self> {
        let mut attempt = 0;
        loop {
            let mut path = OsString::from(output);
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

    /// Brings the file to the device and gives it its name; `false` where that is taken
    /// and is to be kept.
    ///
    /// # Errors
    /// Whatever the system reports; the file is removed then.
    pub fn finish(mut self, output: &Path, existing: Existing) -> io::Result<bool> {
        self.file.sync_all()?;
        let from = CString::new(self.path.as_os_str().as_bytes())?;
        let to = CString::new(output.as_os_str().as_bytes())?;
        match file::rename(&from, &to, existing) {
            Ok(()) => {}
            Err(Errno(libc::EEXIST)) if existing == Existing::Keep => return Ok(false),
            Err(Errno(number)) => return Err(io::Error::from_raw_os_error(number)),
        }
        self.finished = true;
        // Makes the name itself survive a crash of the machine. A folder that cannot be opened or
        // synced is no reason to call the file bad.
        let folder = output.parent().filter(|path| !path.as_os_str().is_empty());
        let _ = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
        Ok(true)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.finished {
            // Nothing more can be done about a file that cannot be removed.
            let _ = fs::remove_file(&self.path);
        }
    }
}
