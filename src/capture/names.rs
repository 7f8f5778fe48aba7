//! What the files of a capture are called.

use crate::sys::clock::Calendar;
use crate::sys::fixed::FixedPath;
use crate::sys::{clock, process};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};

/// Counts the diagnostic files of the process, whatever their kind: Node's
/// `DiagnosticFilename` shares one counter, too.
static SEQUENCE: AtomicU32 = AtomicU32::new(0);

fn next_in_sequence() -> u32 {
    SEQUENCE.fetch_add(1, Ordering::Relaxed).wrapping_add(1)
}

/// Appends Node's name `PREFIX.YYYYMMDD.HHMMSS.PID.TID.SEQ.EXTENSION`.
///
/// `thread` is 0 on the main thread; `local_offset` is in seconds.
pub fn push_node_name(
    out: &mut FixedPath,
    prefix: &str,
    extension: &str,
    thread: u64,
    local_offset: i64,
) {
    // A `Fixed` never fails.
    let _ = write!(
        out,
        "{prefix}.{}.{}.{thread}.{:03}.{extension}",
        now(local_offset).compact(),
        process::id(),
        next_in_sequence(),
    );
}

fn now(local_offset: i64) -> Calendar {
    Calendar::from_seconds(clock::wall().0.saturating_add(local_offset))
}

/// Appends a directory and a slash; nothing where it is empty.
pub fn push_directory(out: &mut FixedPath, directory: &[u8]) {
    out.push(directory);
    if !directory.is_empty() && !directory.ends_with(b"/") {
        out.push(b"/");
    }
}

/// Appends the path that a pattern of `--oom-snapshot` stands for: `%p` is the
/// process id, `%t` the time as `YYYYMMDD.HHMMSS`, `%n` the sequence number,
/// `%%` a percent sign; anything else stands for itself.
///
/// `attempt` counts from 0 the names that turned out to be taken. A pattern
/// without `%n` then gets `.1`, `.2` … before its extension.
pub fn push_pattern(out: &mut FixedPath, pattern: &[u8], local_offset: i64, attempt: u32) {
    let mut numbered = false;
    let start = out.as_bytes().len();
    let mut rest = pattern;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            out.push(&[byte]);
            continue;
        }
        let Some((&letter, after)) = rest.split_first() else {
            out.push(b"%");
            break;
        };
        rest = after;
        // A `Fixed` never fails.
        let _ = match letter {
            b'p' => write!(out, "{}", process::id()),
            b't' => write!(out, "{}", now(local_offset).compact()),
            b'n' => {
                numbered = true;
                write!(out, "{:03}", next_in_sequence())
            }
            b'%' => out.write_str("%"),
            other => {
                out.push(&[b'%', other]);
                Ok(())
            }
        };
    }
    if attempt > 0 && !numbered {
        insert_number(out, start, attempt);
    }
}

/// Puts `.number` before the extension of the path from `start` on.
pub fn insert_number(out: &mut FixedPath, start: usize, number: u32) {
    let path = out.as_bytes();
    let name = path
        .iter()
        .rposition(|&byte| byte == b'/')
        .map_or(start, |slash| slash + 1);
    let stem = path
        .iter()
        .rposition(|&byte| byte == b'.')
        .filter(|&dot| dot > name)
        .unwrap_or(path.len());
    let mut extension = FixedPath::new();
    extension.push(path.get(stem..).unwrap_or_default());
    out.truncate(stem);
    // A `Fixed` never fails.
    let _ = write!(out, ".{number}");
    out.push(extension.as_bytes());
}

/// The directory part of a path, `.` where it has none; for opening.
pub fn directory_of(path: &[u8], out: &mut FixedPath) {
    out.clear();
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(0) => out.push(b"/"),
        Some(slash) => out.push(path.get(..slash).unwrap_or_default()),
        None => out.push(b"."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str, attempt: u32) -> String {
        let mut out = FixedPath::new();
        push_pattern(&mut out, text.as_bytes(), 0, attempt);
        String::from_utf8(out.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn nodes_names() {
        let mut out = FixedPath::new();
        push_directory(&mut out, b"dir");
        push_node_name(&mut out, "Heap", "heapsnapshot", 3, 0);
        let name = String::from_utf8(out.as_bytes().to_vec()).unwrap();
        let parts: Vec<&str> = name.split('.').collect();
        assert_eq!(parts.len(), 7, "{name}");
        assert_eq!(parts[0], "dir/Heap");
        assert_eq!((parts[1].len(), parts[2].len()), (8, 6));
        assert_eq!(parts[3], process::id().to_string());
        assert_eq!(parts[4], "3");
        assert_eq!(parts[5].len(), 3);
        assert_eq!(parts[6], "heapsnapshot");
    }

    #[test]
    fn directories() {
        let joined = |directory: &[u8]| {
            let mut out = FixedPath::new();
            push_directory(&mut out, directory);
            out.as_bytes().to_vec()
        };
        assert_eq!(joined(b""), b"");
        assert_eq!(joined(b"a/"), b"a/");
        assert_eq!(joined(b"/"), b"/");
        let mut out = FixedPath::new();
        for (path, expected) in [("a/b/c", "a/b"), ("/c", "/"), ("c", ".")] {
            directory_of(path.as_bytes(), &mut out);
            assert_eq!(out.as_bytes(), expected.as_bytes());
        }
    }

    #[test]
    fn patterns() {
        let id = process::id().to_string();
        assert_eq!(pattern("a-%p%%b", 0), format!("a-{id}%b"));
        assert_eq!(pattern("%t", 0).len(), "20260101.000000".len());
        assert_eq!(pattern("%x%", 0), "%x%");
        let (first, second) = (pattern("s%n", 0), pattern("s%n", 1));
        assert_ne!(first, second);
        assert_eq!(second.len(), 4);
    }

    #[test]
    fn taken_names_get_a_number() {
        assert_eq!(pattern("d/a.heapsnapshot", 2), "d/a.2.heapsnapshot");
        assert_eq!(pattern("d.x/plain", 1), "d.x/plain.1");
        assert_eq!(pattern("d/.hidden", 1), "d/.hidden.1");
        assert_eq!(pattern("a.b.c", 1), "a.b.1.c");
    }
}
