//! Names of files: renaming, removing, copying, links.

#![expect(unsafe_code, reason = "plain libc calls")]

use std::ffi::{CStr, CString, OsStr};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{
    FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

use super::{
    Args, Failure, NameForm, Outcome, Ret, Scope, Value, checked, int_arg, path_arg, status, submit,
};
use crate::builtins::method;

/// `COPYFILE_EXCL`.
const EXCLUSIVE: i32 = 1;
/// `COPYFILE_FICLONE`.
const CLONE: i32 = 2;
/// `COPYFILE_FICLONE_FORCE`.
const CLONE_FORCE: i32 = 4;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "rename", rename);
    method(scope, target, "unlink", unlink);
    method(scope, target, "link", link);
    method(scope, target, "symlink", symlink);
    method(scope, target, "readlink", readlink);
    method(scope, target, "realpath", realpath);
    method(scope, target, "copyFile", copy_file);
}

/// A path of Rust's own file functions.
pub fn as_path(path: &CStr) -> &Path {
    Path::new(OsStr::from_bytes(path.to_bytes()))
}

/// `rename(from, to, callback)`.
fn rename(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let (from, to) = (path_arg(scope, &args, 0), path_arg(scope, &args, 1));
    submit(scope, args.get(2), &mut result, move || {
        // SAFETY: both paths end with a NUL.
        status(unsafe { libc::rename(from.as_ptr(), to.as_ptr()) })
    });
}

/// `unlink(path, callback)`.
fn unlink(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = path_arg(scope, &args, 0);
    submit(scope, args.get(1), &mut result, move || {
        // SAFETY: the path ends with a NUL.
        status(unsafe { libc::unlink(path.as_ptr()) })
    });
}

/// `link(existing, new, callback)`.
fn link(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let (existing, new) = (path_arg(scope, &args, 0), path_arg(scope, &args, 1));
    submit(scope, args.get(2), &mut result, move || {
        // SAFETY: both paths end with a NUL.
        status(unsafe { libc::link(existing.as_ptr(), new.as_ptr()) })
    });
}

/// `symlink(target, path, callback)`.
fn symlink(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let (target, path) = (path_arg(scope, &args, 0), path_arg(scope, &args, 1));
    submit(scope, args.get(2), &mut result, move || {
        // SAFETY: both paths end with a NUL.
        status(unsafe { libc::symlink(target.as_ptr(), path.as_ptr()) })
    });
}

/// `readlink(path, asBytes, callback)` → where the link points to.
fn readlink(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = path_arg(scope, &args, 0);
    let form = NameForm::from_arg(scope, &args, 1);
    submit(scope, args.get(2), &mut result, move || {
        let target = fs::read_link(as_path(&path))?;
        Ok(Value::Name(target.into_os_string().into_vec(), form))
    });
}

/// `realpath(path, asBytes, nameCulprit, callback)` → the path without links; with `nameCulprit` a
/// failure is that of `lstat` on the first component that is not there.
fn realpath(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = path_arg(scope, &args, 0);
    let form = NameForm::from_arg(scope, &args, 1);
    let name_culprit = args.get(2).boolean_value(scope);
    submit(
        scope,
        args.get(3),
        &mut result,
        move || match fs::canonicalize(as_path(&path)) {
            Ok(real) => Ok(Value::Name(real.into_os_string().into_vec(), form)),
            Err(error) if name_culprit => match pipe_behind(as_path(&path)) {
                Some(name) => Ok(Value::Name(name.into_os_string().into_vec(), form)),
                None => Err(culprit(as_path(&path), error)),
            },
            Err(error) => Err(error.into()),
        },
    );
}

/// What a path leads to whose last link names a pipe or socket without a place in the file system
/// (`/dev/stdin`): the folder of that link, and what the link says.
fn pipe_behind(path: &Path) -> Option<PathBuf> {
    let kind = fs::metadata(path).ok()?.file_type();
    if !kind.is_fifo() && !kind.is_socket() {
        return None;
    }
    let mut path = path.to_path_buf();
    while let Ok(target) = fs::read_link(&path) {
        let folder = fs::canonicalize(path.parent()?).ok()?;
        path = folder.join(target);
    }
    Some(path)
}

fn culprit(path: &Path, error: io::Error) -> Failure {
    let mut parts: Vec<&Path> = path.ancestors().collect();
    parts.reverse();
    let first = parts
        .into_iter()
        .filter(|part| !part.as_os_str().is_empty())
        .find(|part| fs::metadata(part).is_err())
        .unwrap_or(path);
    Failure::from(error)
        .in_call("lstat")
        .at(first.as_os_str().as_bytes())
}

/// `copyFile(from, to, mode, callback)`.
fn copy_file(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let (from, to) = (path_arg(scope, &args, 0), path_arg(scope, &args, 1));
    let mode = int_arg(scope, &args, 2);
    submit(scope, args.get(3), &mut result, move || {
        copy(&from, &to, mode)
    });
}

fn copy(from: &CString, to: &CString, mode: i32) -> Outcome {
    let mut source = File::open(as_path(from))?;
    let source_data = source.metadata()?;
    if source_data.is_dir() {
        return Err(Failure::errno(libc::EISDIR));
    }
    let mut open = OpenOptions::new();
    open.write(true).mode(source_data.mode());
    if mode & EXCLUSIVE == 0 {
        open.create(true);
    } else {
        open.create_new(true);
    }
    let mut target = open.open(as_path(to))?;
    let target_data = target.metadata()?;
    if (target_data.dev(), target_data.ino()) == (source_data.dev(), source_data.ino()) {
        return Ok(Value::Nothing);
    }
    let copied = copy_contents(&mut source, &mut target, &source_data, mode);
    if copied.is_err() {
        // Half a copy is worse than none; that it cannot be removed is not the error to tell.
        let _ = fs::remove_file(as_path(to));
    }
    copied.map(|()| Value::Nothing)
}

fn copy_contents(
    source: &mut File,
    target: &mut File,
    source_data: &fs::Metadata,
    mode: i32,
) -> Result<(), Failure> {
    target.set_len(0)?;
    target.set_permissions(fs::Permissions::from_mode(source_data.mode() & 0o7777))?;
    if mode & (CLONE | CLONE_FORCE) != 0 {
        // SAFETY: FICLONE takes two descriptors, both open here.
        let cloned = unsafe { libc::ioctl(target.as_raw_fd(), libc::FICLONE, source.as_raw_fd()) };
        match checked(cloned) {
            Ok(_) => return Ok(()),
            Err(failure) if mode & CLONE_FORCE != 0 => {
                let unsupported = [libc::EOPNOTSUPP, libc::ENOTTY, libc::EINVAL, libc::EXDEV];
                let errno = if unsupported.contains(&failure.errno) {
                    libc::ENOTSUP
                } else {
                    failure.errno
                };
                return Err(Failure::errno(errno));
            }
            Err(_) => {}
        }
    }
    io::copy(source, target)?;
    Ok(())
}
