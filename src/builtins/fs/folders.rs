//! Folders: making, listing, removing, with all that is in them where asked for.

#![expect(unsafe_code, reason = "plain libc calls")]

use std::ffi::{CString, OsString};
use std::fs::{self, DirBuilder, FileType};
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::links::as_path;
use super::{
    Args, Failure, NameForm, Outcome, Ret, Scope, Value, path_arg, status, submit, uint_arg,
};
use crate::builtins::method;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "mkdir", mkdir);
    method(scope, target, "mkdirAll", mkdir_all);
    method(scope, target, "mkdtemp", mkdtemp);
    method(scope, target, "rmdir", rmdir);
    method(scope, target, "removeTree", remove_tree);
    method(scope, target, "readdir", readdir);
}

/// `mkdir(path, mode, callback)`.
fn mkdir(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = path_arg(scope, &args, 0);
    let mode = uint_arg(scope, &args, 1);
    submit(scope, args.get(2), &mut result, move || {
        // SAFETY: the path ends with a NUL.
        status(unsafe { libc::mkdir(path.as_ptr(), mode) })
    });
}

/// `mkdirAll(path, mode, callback)` → the first folder that was made, or undefined. A failure names
/// the folder that could not be made.
fn mkdir_all(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = path_arg(scope, &args, 0);
    let mode = uint_arg(scope, &args, 1);
    submit(scope, args.get(2), &mut result, move || {
        Ok(match make_all(as_path(&path), mode)? {
            Some(first) => Value::Name(first.into_os_string().into_vec(), NameForm::Text),
            None => Value::Nothing,
        })
    });
}

/// Makes `path` and the folders above it that are missing; the uppermost that was made.
fn make_all(path: &Path, mode: u32) -> Result<Option<PathBuf>, Failure> {
    let mut missing = vec![path];
    let mut first = None;
    while let Some(folder) = missing.last().copied() {
        let error = match DirBuilder::new().mode(mode).create(folder) {
            Ok(()) => {
                first.get_or_insert_with(|| folder.to_path_buf());
                missing.pop();
                continue;
            }
            Err(error) => error,
        };
        let parent = folder
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        match (error.raw_os_error(), parent) {
            (Some(libc::ENOENT), Some(parent)) if !missing.contains(&parent) => {
                missing.push(parent);
            }
            (Some(libc::EEXIST | libc::EROFS | libc::EPERM | libc::EACCES), _)
                if folder.is_dir() =>
            {
                missing.pop();
            }
            (Some(libc::EEXIST), _) if missing.len() > 1 => {
                return Err(Failure::errno(libc::ENOTDIR).at(path.as_os_str().as_bytes()));
            }
            _ => return Err(Failure::from(error).at(folder.as_os_str().as_bytes())),
        }
    }
    Ok(first)
}

/// `mkdtemp(prefix, asBytes, callback)` → the folder: the prefix and six random characters.
fn mkdtemp(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let prefix = path_arg(scope, &args, 0);
    let form = NameForm::from_arg(scope, &args, 1);
    submit(scope, args.get(2), &mut result, move || {
        let mut template = prefix.into_bytes();
        template.extend_from_slice(b"XXXXXX");
        let template = CString::new(template).unwrap_or_default().into_raw();
        // SAFETY: the template ends with a NUL and is ours to write to.
        let made = unsafe { libc::mkdtemp(template) };
        let failure = Failure::last();
        // SAFETY: from into_raw above; mkdtemp keeps its length.
        let template = unsafe { CString::from_raw(template) }.into_bytes();
        if made.is_null() {
            Err(failure)
        } else {
            Ok(Value::Name(template, form))
        }
    });
}

/// `rmdir(path, callback)`.
fn rmdir(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = path_arg(scope, &args, 0);
    submit(scope, args.get(1), &mut result, move || {
        // SAFETY: the path ends with a NUL.
        status(unsafe { libc::rmdir(path.as_ptr()) })
    });
}

/// `removeTree(path, retries, delay, callback)`: the file, or the folder with all that is in it. A
/// step that finds something busy is repeated, each time `delay` milliseconds later. A failure names
/// its system call and path.
fn remove_tree(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = path_arg(scope, &args, 0);
    let retries = uint_arg(scope, &args, 1);
    let delay = uint_arg(scope, &args, 2);
    submit(scope, args.get(3), &mut result, move || {
        remove(as_path(&path), Patience { retries, delay }).map(|()| Value::Nothing)
    });
}

#[derive(Clone, Copy)]
struct Patience {
    retries: u32,
    /// Milliseconds.
    delay: u32,
}

impl Patience {
    /// Runs a step until it works, its file is gone, or patience is at its end.
    fn keep_trying(
        self,
        syscall: &'static str,
        path: &Path,
        step: impl Fn() -> io::Result<()>,
    ) -> Result<(), Failure> {
        let mut tries = 0;
        loop {
            let error = match step() {
                Ok(()) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) => error,
            };
            let busy = matches!(
                error.raw_os_error(),
                Some(libc::EBUSY | libc::EMFILE | libc::ENFILE | libc::ENOTEMPTY | libc::EPERM)
            );
            tries += 1;
            if !busy || tries > self.retries {
                return Err(Failure::from(error)
                    .in_call(syscall)
                    .at(path.as_os_str().as_bytes()));
            }
            let wait = u64::from(tries) * u64::from(self.delay);
            thread::sleep(Duration::from_millis(wait));
        }
    }
}

fn remove(path: &Path, patience: Patience) -> Result<(), Failure> {
    let is_folder = match fs::symlink_metadata(path) {
        Ok(data) => data.is_dir(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(Failure::from(error)
                .in_call("lstat")
                .at(path.as_os_str().as_bytes()));
        }
    };
    if !is_folder {
        return patience.keep_trying("unlink", path, || fs::remove_file(path));
    }
    // Folders found, each followed by those in it: emptied from the end.
    let mut folders = vec![path.to_path_buf()];
    let mut next = 0;
    while let Some(folder) = folders.get(next).cloned() {
        next += 1;
        let at = |error: io::Error| {
            Failure::from(error)
                .in_call("scandir")
                .at(folder.as_os_str().as_bytes())
        };
        for entry in fs::read_dir(&folder).map_err(at)? {
            let entry = entry.map_err(at)?;
            let path = entry.path();
            if entry.file_type().map_err(at)?.is_dir() {
                folders.push(path);
            } else {
                patience.keep_trying("unlink", &path, || fs::remove_file(&path))?;
            }
        }
    }
    for folder in folders.iter().rev() {
        patience.keep_trying("rmdir", folder, || fs::remove_dir(folder))?;
    }
    Ok(())
}

/// `readdir(path, asBytes, withTypes, callback)` → names in the order of their bytes, each followed
/// by its `UV_DIRENT_*` type where asked for.
fn readdir(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = path_arg(scope, &args, 0);
    let form = NameForm::from_arg(scope, &args, 1);
    let with_types = args.get(2).boolean_value(scope);
    submit(scope, args.get(3), &mut result, move || {
        list(as_path(&path), with_types, form)
    });
}

fn list(path: &Path, with_types: bool, form: NameForm) -> Outcome {
    let mut entries = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let kind = if with_types {
            entry.file_type().map_or(UNKNOWN, kind_of)
        } else {
            UNKNOWN
        };
        entries.push((OsString::into_vec(entry.file_name()), kind));
    }
    entries.sort_unstable();
    Ok(Value::Entries {
        entries,
        with_types,
        form,
    })
}

const UNKNOWN: u8 = 0;

/// libuv's `UV_DIRENT_*`.
fn kind_of(kind: FileType) -> u8 {
    if kind.is_file() {
        1
    } else if kind.is_dir() {
        2
    } else if kind.is_symlink() {
        3
    } else if kind.is_fifo() {
        4
    } else if kind.is_socket() {
        5
    } else if kind.is_char_device() {
        6
    } else if kind.is_block_device() {
        7
    } else {
        UNKNOWN
    }
}
