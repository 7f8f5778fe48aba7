//! What is known about a file: stat, permissions, owner, times, its file system.

#![expect(unsafe_code, reason = "plain libc calls")]

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;

use super::{
    Args, Outcome, Ret, Scope, Value, checked, int_arg, number_arg, path_arg, status, submit,
    uint_arg,
};
use crate::builtins::method;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "stat", stat);
    method(scope, target, "lstat", lstat);
    method(scope, target, "fstat", fstat);
    method(scope, target, "statfs", statfs);
    method(scope, target, "access", access);
    method(scope, target, "chmod", chmod);
    method(scope, target, "fchmod", fchmod);
    method(scope, target, "chown", chown);
    method(scope, target, "lchown", lchown);
    method(scope, target, "fchown", fchown);
    method(scope, target, "utimes", utimes);
    method(scope, target, "lutimes", lutimes);
    method(scope, target, "futimes", futimes);
}

/// The numbers of a `Stats`, in the order of `internal/fs/stats`: dev, mode, nlink, uid, gid, rdev,
/// blksize, ino, size, blocks, then seconds and nanoseconds of atime, mtime, ctime, birthtime.
fn stat_at(fd: i32, path: &CStr, flags: i32, bigint: bool) -> Outcome {
    let mut stat = MaybeUninit::<libc::statx>::zeroed();
    let mask = libc::STATX_BASIC_STATS | libc::STATX_BTIME;
    // SAFETY: the path ends with a NUL; statx fills the struct.
    checked(unsafe { libc::statx(fd, path.as_ptr(), flags, mask, stat.as_mut_ptr()) })?;
    // SAFETY: filled above.
    let stat = unsafe { stat.assume_init() };
    let device = |major, minor| libc::makedev(major, minor).cast_signed();
    let mut numbers = vec![
        device(stat.stx_dev_major, stat.stx_dev_minor),
        stat.stx_mode.into(),
        stat.stx_nlink.into(),
        stat.stx_uid.into(),
        stat.stx_gid.into(),
        device(stat.stx_rdev_major, stat.stx_rdev_minor),
        stat.stx_blksize.into(),
        stat.stx_ino.cast_signed(),
        stat.stx_size.cast_signed(),
        stat.stx_blocks.cast_signed(),
    ];
    for time in [
        stat.stx_atime,
        stat.stx_mtime,
        stat.stx_ctime,
        stat.stx_btime,
    ] {
        numbers.push(time.tv_sec);
        numbers.push(time.tv_nsec.into());
    }
    Ok(Value::Numbers { numbers, bigint })
}

/// `stat(path, bigint, callback)` → the numbers of a `Stats`.
fn stat(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = path_arg(scope, &args, 0);
    let bigint = args.get(1).boolean_value(scope);
    submit(scope, args.get(2), &mut result, move || {
        stat_at(libc::AT_FDCWD, &path, 0, bigint)
    });
}

/// `lstat(path, bigint, callback)` → as `stat`, of a symbolic link itself.
fn lstat(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = path_arg(scope, &args, 0);
    let bigint = args.get(1).boolean_value(scope);
    submit(scope, args.get(2), &mut result, move || {
        stat_at(libc::AT_FDCWD, &path, libc::AT_SYMLINK_NOFOLLOW, bigint)
    });
}

/// `fstat(fd, bigint, callback)` → as `stat`.
fn fstat(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let fd = int_arg(scope, &args, 0);
    let bigint = args.get(1).boolean_value(scope);
    submit(scope, args.get(2), &mut result, move || {
        stat_at(fd, c"", libc::AT_EMPTY_PATH, bigint)
    });
}

/// `statfs(path, bigint, callback)` → type, bsize, frsize, blocks, bfree, bavail, files, ffree.
fn statfs(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = path_arg(scope, &args, 0);
    let bigint = args.get(1).boolean_value(scope);
    submit(scope, args.get(2), &mut result, move || {
        let mut stat = MaybeUninit::<libc::statfs>::zeroed();
        // SAFETY: the path ends with a NUL; statfs fills the struct.
        checked(unsafe { libc::statfs(path.as_ptr(), stat.as_mut_ptr()) })?;
        // SAFETY: filled above.
        let stat = unsafe { stat.assume_init() };
        let numbers = vec![
            stat.f_type,
            stat.f_bsize,
            stat.f_frsize,
            stat.f_blocks.cast_signed(),
            stat.f_bfree.cast_signed(),
            stat.f_bavail.cast_signed(),
            stat.f_files.cast_signed(),
            stat.f_ffree.cast_signed(),
        ];
        Ok(Value::Numbers { numbers, bigint })
    });
}

/// `access(path, mode, callback)`.
fn access(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = path_arg(scope, &args, 0);
    let mode = int_arg(scope, &args, 1);
    submit(scope, args.get(2), &mut result, move || {
        // SAFETY: the path ends with a NUL.
        status(unsafe { libc::access(path.as_ptr(), mode) })
    });
}

/// `chmod(path, mode, callback)`.
fn chmod(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = path_arg(scope, &args, 0);
    let mode = uint_arg(scope, &args, 1);
    submit(scope, args.get(2), &mut result, move || {
        // SAFETY: the path ends with a NUL.
        status(unsafe { libc::chmod(path.as_ptr(), mode) })
    });
}

/// `fchmod(fd, mode, callback)`.
fn fchmod(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let fd = int_arg(scope, &args, 0);
    let mode = uint_arg(scope, &args, 1);
    submit(scope, args.get(2), &mut result, move || {
        // SAFETY: takes any numbers.
        status(unsafe { libc::fchmod(fd, mode) })
    });
}

/// `chown(path, uid, gid, callback)`.
fn chown(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = path_arg(scope, &args, 0);
    let (uid, gid) = (uint_arg(scope, &args, 1), uint_arg(scope, &args, 2));
    submit(scope, args.get(3), &mut result, move || {
        // SAFETY: the path ends with a NUL.
        status(unsafe { libc::chown(path.as_ptr(), uid, gid) })
    });
}

/// `lchown(path, uid, gid, callback)`.
fn lchown(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = path_arg(scope, &args, 0);
    let (uid, gid) = (uint_arg(scope, &args, 1), uint_arg(scope, &args, 2));
    submit(scope, args.get(3), &mut result, move || {
        // SAFETY: the path ends with a NUL.
        status(unsafe { libc::lchown(path.as_ptr(), uid, gid) })
    });
}

/// `fchown(fd, uid, gid, callback)`.
fn fchown(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let fd = int_arg(scope, &args, 0);
    let (uid, gid) = (uint_arg(scope, &args, 1), uint_arg(scope, &args, 2));
    submit(scope, args.get(3), &mut result, move || {
        // SAFETY: takes any numbers.
        status(unsafe { libc::fchown(fd, uid, gid) })
    });
}

/// Seconds since 1970 to the microsecond, as libuv takes them over.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the fraction is below 1; seconds beyond 2^63 saturate"
)]
fn time_spec(seconds: f64) -> libc::timespec {
    let whole = seconds.floor();
    libc::timespec {
        tv_sec: whole as i64,
        tv_nsec: (((seconds - whole) * 1e6).round() as i64 * 1000).min(999_999_000),
    }
}

/// Access and modification time, from arguments 1 and 2.
fn times_args(scope: &mut Scope<'_, '_>, args: &Args<'_>) -> [libc::timespec; 2] {
    [1, 2].map(|index| time_spec(number_arg(scope, args, index)))
}

fn set_times(path: &CString, times: &[libc::timespec; 2], flags: i32) -> Outcome {
    // SAFETY: the path ends with a NUL; there are two times.
    status(unsafe { libc::utimensat(libc::AT_FDCWD, path.as_ptr(), times.as_ptr(), flags) })
}

/// `utimes(path, atime, mtime, callback)`, in seconds.
fn utimes(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = path_arg(scope, &args, 0);
    let times = times_args(scope, &args);
    submit(scope, args.get(3), &mut result, move || {
        set_times(&path, &times, 0)
    });
}

/// `lutimes(path, atime, mtime, callback)`, of a symbolic link itself.
fn lutimes(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = path_arg(scope, &args, 0);
    let times = times_args(scope, &args);
    submit(scope, args.get(3), &mut result, move || {
        set_times(&path, &times, libc::AT_SYMLINK_NOFOLLOW)
    });
}

/// `futimes(fd, atime, mtime, callback)`.
fn futimes(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let fd = int_arg(scope, &args, 0);
    let times = times_args(scope, &args);
    submit(scope, args.get(3), &mut result, move || {
        // SAFETY: there are two times.
        status(unsafe { libc::futimens(fd, times.as_ptr()) })
    });
}

#[cfg(test)]
mod tests {
    use super::time_spec;

    fn parts(seconds: f64) -> (i64, i64) {
        let time = time_spec(seconds);
        (time.tv_sec, time.tv_nsec)
    }

    #[test]
    fn times_keep_microseconds() {
        assert_eq!(parts(12.5), (12, 500_000_000));
        assert_eq!(parts(1_700_000_000.123_456), (1_700_000_000, 123_456_000));
    }

    #[test]
    fn times_before_1970_have_a_positive_fraction() {
        assert_eq!(parts(-1.25), (-2, 750_000_000));
    }
}
