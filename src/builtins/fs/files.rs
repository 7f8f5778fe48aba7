//! Open files: opening, reading, writing, whole files at once.

#![expect(unsafe_code, reason = "plain libc calls")]

use std::ffi::CString;

use super::memory::{Pinned, Source};
use super::{
    Args, Failure, Outcome, Ret, Scope, Value, checked, int_arg, integer_arg, path_arg, status,
    submit, uint_arg,
};
use crate::builtins::method;

/// As much as one system call of Linux moves.
const MOST_AT_ONCE: usize = 0x7fff_f000;

/// Node's limit for a whole file: 2 GiB, less one byte.
const LARGEST_FILE: usize = 0x7fff_ffff;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "open", open);
    method(scope, target, "close", close);
    method(scope, target, "read", read);
    method(scope, target, "readv", readv);
    method(scope, target, "write", write);
    method(scope, target, "writev", writev);
    method(scope, target, "readFile", read_file);
    method(scope, target, "writeFile", write_file);
    method(scope, target, "fsync", fsync);
    method(scope, target, "fdatasync", fdatasync);
    method(scope, target, "ftruncate", ftruncate);
}

/// Repeats a system call that a signal interrupted.
fn uninterrupted(mut call: impl FnMut() -> libc::ssize_t) -> Result<usize, Failure> {
    loop {
        if let Ok(count) = usize::try_from(call()) {
            return Ok(count);
        }
        let failure = Failure::last();
        if failure.errno != libc::EINTR {
            return Err(failure);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "below 2^53 bytes")]
fn count_value(count: usize) -> Value {
    Value::Number(count as f64)
}

fn open_fd(path: &CString, flags: i32, mode: u32) -> Result<i32, Failure> {
    loop {
        // SAFETY: the path ends with a NUL and lives through the call.
        let fd = unsafe { libc::open(path.as_ptr(), flags | libc::O_CLOEXEC, mode) };
        match checked(fd) {
            Err(failure) if failure.errno == libc::EINTR => {}
            outcome => return outcome,
        }
    }
}

fn close_fd(fd: i32) -> Outcome {
    // SAFETY: whether the number is open is the script's business; close takes any.
    match status(unsafe { libc::close(fd) }) {
        // The descriptor is gone on Linux all the same.
        Err(failure) if failure.errno == libc::EINTR => Ok(Value::Nothing),
        outcome => outcome,
    }
}

/// `open(path, flags, mode, callback)` → fd.
fn open(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = path_arg(scope, &args, 0);
    let flags = int_arg(scope, &args, 1);
    let mode = uint_arg(scope, &args, 2);
    submit(scope, args.get(3), &mut result, move || {
        open_fd(&path, flags, mode).map(|fd| Value::Number(fd.into()))
    });
}

/// `close(fd, callback)`.
fn close(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let fd = int_arg(scope, &args, 0);
    submit(scope, args.get(1), &mut result, move || close_fd(fd));
}

/// `fsync(fd, callback)`.
fn fsync(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let fd = int_arg(scope, &args, 0);
    submit(scope, args.get(1), &mut result, move || {
        // SAFETY: takes any number.
        status(unsafe { libc::fsync(fd) })
    });
}

/// `fdatasync(fd, callback)`.
fn fdatasync(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let fd = int_arg(scope, &args, 0);
    submit(scope, args.get(1), &mut result, move || {
        // SAFETY: takes any number.
        status(unsafe { libc::fdatasync(fd) })
    });
}

/// `ftruncate(fd, length, callback)`.
fn ftruncate(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let fd = int_arg(scope, &args, 0);
    let length = integer_arg(scope, &args, 1);
    submit(scope, args.get(2), &mut result, move || {
        // SAFETY: takes any numbers.
        status(unsafe { libc::ftruncate(fd, length) })
    });
}

/// The view of argument `index`.
fn view_arg<'s>(args: &Args<'s>, index: i32) -> Option<v8::Local<'s, v8::ArrayBufferView>> {
    args.get(index).try_into().ok()
}

/// Argument `index` as an offset or a length.
fn size_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> usize {
    usize::try_from(integer_arg(scope, args, index)).unwrap_or(0)
}

/// `read(fd, view, offset, length, position, callback)` → bytes read; position -1 is the current one.
fn read(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let fd = int_arg(scope, &args, 0);
    let Some(view) = view_arg(&args, 1) else {
        return;
    };
    let offset = size_arg(scope, &args, 2);
    let length = size_arg(scope, &args, 3);
    let into = Pinned::new(view, offset, length);
    let position = integer_arg(scope, &args, 4);
    submit(scope, args.get(5), &mut result, move || {
        uninterrupted(|| {
            let (data, length) = (into.data().cast(), into.length().min(MOST_AT_ONCE));
            if position < 0 {
                // SAFETY: `into` has these bytes.
                unsafe { libc::read(fd, data, length) }
            } else {
                // SAFETY: as above.
                unsafe { libc::pread(fd, data, length, position) }
            }
        })
        .map(count_value)
    });
}

/// `write(fd, viewOrText, offset, length, position, callback)` → bytes written; text is written as
/// UTF-8, its offset and length are ignored.
fn write(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let fd = int_arg(scope, &args, 0);
    let source = if let Some(view) = view_arg(&args, 1) {
        let offset = size_arg(scope, &args, 2);
        let length = size_arg(scope, &args, 3);
        Source::Pinned(Pinned::new(view, offset, length))
    } else {
        Source::from_js(scope, args.get(1))
    };
    let position = integer_arg(scope, &args, 4);
    submit(scope, args.get(5), &mut result, move || {
        let (data, length) = source.span();
        write_some(fd, data, length, position).map(count_value)
    });
}

/// One write; `data` must have `length` bytes. Position -1 is the current one.
fn write_some(fd: i32, data: *const u8, length: usize, position: i64) -> Result<usize, Failure> {
    let length = length.min(MOST_AT_ONCE);
    uninterrupted(|| {
        if position < 0 {
            // SAFETY: the caller's bytes.
            unsafe { libc::write(fd, data.cast(), length) }
        } else {
            // SAFETY: as above.
            unsafe { libc::pwrite(fd, data.cast(), length, position) }
        }
    })
}

/// The views of an array argument.
fn views_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> Vec<Pinned> {
    let Ok(array) = v8::Local::<v8::Array>::try_from(args.get(index)) else {
        return Vec::new();
    };
    (0..array.length())
        .filter_map(|index| array.get_index(scope, index))
        .filter_map(|value| v8::Local::<v8::ArrayBufferView>::try_from(value).ok())
        .map(Pinned::whole)
        .collect()
}

type VectorCall = unsafe extern "C" fn(i32, *const libc::iovec, i32) -> libc::ssize_t;
type VectorCallAt = unsafe extern "C" fn(i32, *const libc::iovec, i32, i64) -> libc::ssize_t;

/// `readv` or `writev` over all of `views`, in as many calls as their number needs.
fn vectored(
    fd: i32,
    views: &[Pinned],
    position: i64,
    call: VectorCall,
    call_at: VectorCallAt,
) -> Outcome {
    /// Linux's limit for one call.
    const IOV_MAX: usize = 1024;
    let mut total = 0;
    for some in views.chunks(IOV_MAX) {
        let vectors: Vec<_> = some.iter().map(Pinned::io_vector).collect();
        let wanted: usize = some.iter().map(Pinned::length).sum();
        let number = i32::try_from(vectors.len()).unwrap_or(i32::MAX);
        let count = uninterrupted(|| {
            if position < 0 {
                // SAFETY: each vector is a pinned view's memory.
                unsafe { call(fd, vectors.as_ptr(), number) }
            } else {
                let at = position + i64::try_from(total).unwrap_or(i64::MAX);
                // SAFETY: as above.
                unsafe { call_at(fd, vectors.as_ptr(), number, at) }
            }
        })?;
        total += count;
        if count < wanted {
            break;
        }
    }
    Ok(count_value(total))
}

/// `readv(fd, views, position, callback)` → bytes read.
fn readv(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let fd = int_arg(scope, &args, 0);
    let views = views_arg(scope, &args, 1);
    let position = integer_arg(scope, &args, 2);
    submit(scope, args.get(3), &mut result, move || {
        vectored(fd, &views, position, libc::readv, libc::preadv)
    });
}

/// `writev(fd, views, position, callback)` → bytes written.
fn writev(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let fd = int_arg(scope, &args, 0);
    let views = views_arg(scope, &args, 1);
    let position = integer_arg(scope, &args, 2);
    submit(scope, args.get(3), &mut result, move || {
        vectored(fd, &views, position, libc::writev, libc::pwritev)
    });
}

/// A file by its path, opened for one operation, or by a descriptor of the script's.
enum Place {
    Path(CString, i32, u32),
    Fd(i32),
}

impl Place {
    /// From `path or fd, flags, mode` at `index`.
    fn from_args(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> Self {
        if args.get(index).is_number() {
            return Self::Fd(int_arg(scope, args, index));
        }
        let path = path_arg(scope, args, index);
        let flags = int_arg(scope, args, index + 1);
        let mode = uint_arg(scope, args, index + 2);
        Self::Path(path, flags, mode)
    }

    /// Opens the file where that is needed, and closes it after `work`.
    fn with_fd(self, work: impl FnOnce(i32) -> Result<Value, Failure>) -> Outcome {
        match self {
            Self::Fd(fd) => work(fd),
            Self::Path(path, flags, mode) => {
                let fd = open_fd(&path, flags, mode)
                    .map_err(|failure| failure.in_call("open").at(path.as_bytes()))?;
                let outcome = work(fd);
                // A failed close of a file that was read or written says nothing more than that.
                let _ = close_fd(fd);
                outcome
            }
        }
    }
}

/// `readFile(pathOrFd, flags, mode, asText, callback)` → a string or an `ArrayBuffer`; undefined for
/// a text longer than V8's longest string. A failure names its system call; `EFBIG` without one is a
/// file above Node's limit.
fn read_file(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let place = Place::from_args(scope, &args, 0);
    let as_text = args.get(3).boolean_value(scope);
    submit(scope, args.get(4), &mut result, move || {
        place.with_fd(|fd| {
            let bytes = read_all(fd)?;
            Ok(if as_text {
                Value::Text(bytes)
            } else {
                Value::Bytes(bytes)
            })
        })
    });
}

fn read_all(fd: i32) -> Result<Vec<u8>, Failure> {
    let expected = regular_size(fd).map_err(|failure| failure.in_call("fstat"))?;
    if expected > LARGEST_FILE {
        return Err(Failure::errno(libc::EFBIG));
    }
    // One byte more, so that the read that finds the end needs no growth.
    let mut bytes: Vec<u8> = Vec::new();
    let mut reserve = if expected == 0 { 8192 } else { expected + 1 };
    loop {
        if bytes.capacity() == bytes.len() {
            bytes
                .try_reserve_exact(reserve)
                .map_err(|_| Failure::errno(libc::ENOMEM).in_call("read"))?;
            reserve = bytes.capacity();
        }
        let room = (bytes.capacity() - bytes.len()).min(MOST_AT_ONCE);
        let count = uninterrupted(|| {
            let end = bytes.as_mut_ptr().wrapping_add(bytes.len());
            // SAFETY: the vector has `room` bytes after its end.
            unsafe { libc::read(fd, end.cast(), room) }
        })
        .map_err(|failure| failure.in_call("read"))?;
        if count == 0 {
            return Ok(bytes);
        }
        // SAFETY: the kernel wrote these bytes.
        unsafe { bytes.set_len(bytes.len() + count) };
        if bytes.len() > LARGEST_FILE {
            return Err(Failure::errno(libc::EFBIG));
        }
        if bytes.len() == expected {
            return Ok(bytes);
        }
    }
}

/// Bytes of a regular file; 0 for anything else, whose size says nothing.
fn regular_size(fd: i32) -> Result<usize, Failure> {
    let mut stat = std::mem::MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: fills the struct.
    checked(unsafe { libc::fstat(fd, stat.as_mut_ptr()) })?;
    // SAFETY: filled above.
    let stat = unsafe { stat.assume_init() };
    if stat.st_mode & libc::S_IFMT == libc::S_IFREG {
        Ok(usize::try_from(stat.st_size).unwrap_or(0))
    } else {
        Ok(0)
    }
}

/// `writeFile(pathOrFd, flags, mode, viewOrText, flush, callback)`: writes all. A failure names its
/// system call.
fn write_file(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let place = Place::from_args(scope, &args, 0);
    let source = Source::from_js(scope, args.get(3));
    let flush = args.get(4).boolean_value(scope);
    submit(scope, args.get(5), &mut result, move || {
        place.with_fd(|fd| {
            let (data, length) = source.span();
            let mut done = 0;
            while done < length {
                done += write_some(fd, data.wrapping_add(done), length - done, -1)
                    .map_err(|failure| failure.in_call("write"))?;
            }
            if flush {
                // SAFETY: takes any number.
                checked(unsafe { libc::fsync(fd) }).map_err(|failure| failure.in_call("fsync"))?;
            }
            Ok(Value::Nothing)
        })
    });
}
