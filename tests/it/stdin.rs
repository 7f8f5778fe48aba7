//! `process.stdin`: each script of `tests/fixtures/stdin` reads the same input in its own way.

use std::io::Write as _;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::child::{Ended, oomhost};

/// Bytes that nobody has read yet.
#[expect(unsafe_code, reason = "the standard library does not ask a pipe")]
fn unread(pipe: &impl AsRawFd) -> i32 {
    let mut bytes = 0;
    // SAFETY: an open descriptor, and a place for the number.
    let asked = unsafe { libc::ioctl(pipe.as_raw_fd(), libc::FIONREAD, &raw mut bytes) };
    assert_eq!(asked, 0, "a pipe knows what is in it");
    bytes
}

/// Runs a script with these pieces on stdin, one when the other was read, so that each is a read of its
/// own.
fn feed(script: &str, pieces: &[&[u8]]) -> Ended {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/stdin")
        .join(script);
    let mut child = oomhost()
        .arg(path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("oomhost starts");
    let mut input = child.stdin.take().expect("stdin is a pipe");
    let pieces: Vec<Vec<u8>> = pieces.iter().map(|piece| piece.to_vec()).collect();
    // Beside the reading of its output, which would otherwise fill up and stop it.
    let writer = thread::spawn(move || {
        for piece in pieces {
            // A script that does not read to the end is gone before all is written.
            let taken = input.write_all(&piece).is_ok();
            let end = Instant::now() + Duration::from_mins(1);
            while taken && unread(&input) > 0 && Instant::now() < end {
                thread::sleep(Duration::from_millis(5));
            }
        }
    });
    let ended = Ended::from(child.wait_with_output().expect("oomhost ends"));
    writer.join().expect("the writer ends");
    assert_eq!(ended.stderr, "", "{script}");
    assert_eq!(ended.code, Some(0), "{script}");
    ended
}

/// A character whose bytes come in two pieces.
const PIECES: [&[u8]; 2] = [b"caf\xc3", b"\xa9\n"];

#[test]
fn data_events_decode_across_pieces() {
    let ended = feed("events.js", &PIECES);
    assert_eq!(ended.stdout, "[\"caf\",\"\u{e9}\\n\"]\nend\nclose\n");
}

#[test]
fn the_async_iterator_gives_buffers() {
    assert_eq!(feed("iterator.js", &PIECES).stdout, "4 2 true\n");
}

#[test]
fn readable_events_and_read() {
    assert_eq!(
        feed("readable.js", &PIECES).stdout,
        "636166c3\nnull\na90a\nnull\nnull\nend\n"
    );
}

#[test]
fn a_pipe_to_stdout_carries_everything() {
    let many = vec![b'x'; 1_000_000];
    assert_eq!(feed("pipe.js", &[&many]).stdout.len(), many.len());
}

#[test]
fn an_unwatched_stdin_keeps_nothing_alive() {
    assert_eq!(feed("unwatched.js", &[]).stdout, "true 0 undefined\n");
}
