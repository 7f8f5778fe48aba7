use super::writer::FIRST_STEP;
use super::*;
use crate::compression::decode;
use crate::sys::heap_probe::allocates;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

pub fn naming(path: &Path) -> impl Fn(u32, &mut FixedPath) + use<> {
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
fn writes_in_many_steps() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.heapsnapshot");
    let mut reserve = Reserve::take();
    let expected = content(usize::try_from(FIRST_STEP).unwrap() * 3 + 12_345);
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
fn a_file_cut_behind_its_back_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let name = naming(&directory.path().join("x"));
    let cut = || {
        fs::File::options()
            .write(true)
            .open(directory.path().join("x.partial"))
            .unwrap()
            .set_len(0)
            .unwrap();
    };
    for more in [0, 10_000, usize::try_from(FIRST_STEP).unwrap()] {
        let mut reserve = Reserve::take();
        let mut sink = Sink::create(&mut reserve, &name, Existing::Keep).unwrap();
        sink.write(b"before").unwrap();
        cut();
        let written = sink.write(&content(more));
        assert_eq!(written.is_ok(), more == 0);
        assert_eq!(sink.finish().unwrap_err().errno, Errno(libc::EIO));
        assert_eq!(listing(directory.path()), [""; 0]);
    }
}

/// Takes the reserve of a process that compresses.
fn compressing(format: Format) -> Reserve {
    let mut reserve = Reserve::take();
    reserve.compress(format).unwrap();
    reserve
}

fn unpacked(path: &Path, format: Format) -> Vec<u8> {
    let mut text = Vec::new();
    decode(format, &mut fs::File::open(path).unwrap(), &mut |bytes| {
        text.extend_from_slice(bytes);
        Ok(())
    })
    .unwrap();
    text
}

#[test]
fn compressed_files_say_so_and_hold_the_same() {
    for format in Format::ALL {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.heapsnapshot");
        let packed = format!("x.heapsnapshot{}", format.ending());
        let mut reserve = compressing(format);
        for length in [10_000_000, 0, 7] {
            let expected = content(length);
            let name = naming(&path);
            let mut sink = Sink::create(&mut reserve, &name, Existing::Replace).unwrap();
            for piece in expected.chunks(700_001) {
                sink.write(piece).unwrap();
            }
            assert_eq!(sink.written(), length as u64);
            let file_length = sink.finish().unwrap();
            assert_eq!(listing(directory.path()), [packed.as_str()]);
            let path = directory.path().join(&packed);
            assert_eq!(fs::metadata(&path).unwrap().len(), file_length);
            assert!(unpacked(&path, format) == expected);
            assert_eq!(reserve.target().as_bytes(), path.as_os_str().as_bytes());
        }
    }
}

#[test]
fn names_that_end_so_are_left_and_taken_ones_passed_over() {
    let directory = tempfile::tempdir().unwrap();
    let mut reserve = compressing(Format::Gzip);
    for expected in ["x.gz", "x.1.gz"] {
        let name = naming(&directory.path().join("x.gz"));
        let sink = Sink::create(&mut reserve, &name, Existing::Keep).unwrap();
        sink.finish().unwrap();
        assert!(directory.path().join(expected).exists());
    }
    for expected in ["y.heapsnapshot.gz", "y.1.heapsnapshot.gz"] {
        let name = naming(&directory.path().join("y.heapsnapshot"));
        let sink = Sink::create(&mut reserve, &name, Existing::Keep).unwrap();
        sink.finish().unwrap();
        assert!(directory.path().join(expected).exists());
    }
}

#[test]
fn a_compressed_file_that_is_dropped_is_gone_and_not_in_the_next() {
    let directory = tempfile::tempdir().unwrap();
    for format in Format::ALL {
        let mut reserve = compressing(format);
        for length in [10, 3_000_000] {
            let name = naming(&directory.path().join("x"));
            let mut sink = Sink::create(&mut reserve, &name, Existing::Keep).unwrap();
            sink.write(&content(length)).unwrap();
            drop(sink);
            assert_eq!(listing(directory.path()), [""; 0]);
            let sink = Sink::create(&mut reserve, &name, Existing::Keep).unwrap();
            sink.finish().unwrap();
            let path = directory.path().join(format!("x{}", format.ending()));
            assert_eq!(unpacked(&path, format), b"");
            fs::remove_file(path).unwrap();
        }
    }
}

#[test]
fn a_failure_of_the_compressors_file_ends_the_capture() {
    let directory = tempfile::tempdir().unwrap();
    let mut reserve = compressing(Format::Zstd);
    let name = naming(&directory.path().join("x"));
    for late in [false, true] {
        let mut sink = Sink::create(&mut reserve, &name, Existing::Keep).unwrap();
        sink.write(&content(10_000_000)).unwrap();
        fs::File::options()
            .write(true)
            .open(directory.path().join("x.zst.partial"))
            .unwrap()
            .set_len(0)
            .unwrap();
        let mut state = 1_u32;
        let noise: Vec<u8> = (0..10_000_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        let expected = Failure {
            step: Step::Write,
            errno: Errno(libc::EIO),
        };
        if !late {
            assert_eq!(sink.write(&noise), Err(expected));
            assert_eq!(sink.write(b"later"), Err(expected));
        }
        assert_eq!(sink.finish(), Err(expected));
        assert_eq!(listing(directory.path()), [""; 0]);
    }
    // The next is none the worse.
    let sink = Sink::create(&mut reserve, &name, Existing::Keep).unwrap();
    sink.finish().unwrap();
    assert_eq!(listing(directory.path()), ["x.zst"]);
}

#[test]
fn the_capturing_thread_allocates_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let expected = content(20_000_000);
    for format in [None, Some(Format::Gzip), Some(Format::Zstd)] {
        let mut reserve = Reserve::take();
        if let Some(format) = format {
            reserve.compress(format).unwrap();
        }
        let name = naming(&directory.path().join("x"));
        let mut done = Ok(0);
        let allocated = allocates(|| {
            done = Sink::create(&mut reserve, &name, Existing::Replace).and_then(|mut sink| {
                sink.write(&expected)?;
                sink.finish()
            });
        });
        assert!(done.is_ok_and(|length| length > 0), "{done:?}");
        assert!(!allocated, "{format:?}");
    }
}
