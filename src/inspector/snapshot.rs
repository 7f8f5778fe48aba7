//! `HeapProfiler.takeHeapSnapshot`, answered by our own generator.
//!
//! V8's builds a graph of 13 to 15 times the heap and keeps it until the client has read all of it.
//! Ours writes a file, without a name as soon as it is complete, which is then sent: the program goes
//! on meanwhile, however slowly the client reads.

use std::fs::File;
use std::io::Read;

use serde::Deserialize;

use crate::capture::{self, Contents};

/// Bytes of a snapshot in one message: V8's own size.
pub const CHUNK: usize = 100 << 10;

/// A request that is ours to answer.
#[derive(Debug, Deserialize)]
pub struct Request {
    /// The number that the answer must have.
    pub id: i64,
    method: String,
    #[serde(default)]
    params: Params,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Params {
    report_progress: bool,
    capture_numeric_value: bool,
    expose_internals: bool,
}

impl Request {
    /// The request in `text`, if it is one that our generator can answer as V8's would.
    pub fn of(text: &str) -> Option<Self> {
        if !text.contains("HeapProfiler.takeHeapSnapshot") {
            return None;
        }
        let request: Self = serde_json::from_str(text).ok()?;
        let params = &request.params;
        let is_plain = !params.capture_numeric_value && !params.expose_internals;
        (request.method == "HeapProfiler.takeHeapSnapshot" && is_plain).then_some(request)
    }

    /// Whether the client wants `HeapProfiler.reportHeapSnapshotProgress`.
    pub fn reports_progress(&self) -> bool {
        self.params.report_progress
    }
}

/// Takes a snapshot into a file that has no name any more. `None` where V8's own has to do.
pub fn take(isolate: &mut v8::Isolate) -> Option<File> {
    let path = capture::take_plain_snapshot(isolate, Contents::default())?;
    let path = std::path::PathBuf::from(String::from_utf8(path).ok()?);
    let file = File::open(&path);
    // Where it cannot be removed it stays: a whole snapshot under a name of Node's.
    let _ = std::fs::remove_file(&path);
    file.ok()
}

/// The progress that `DevTools` waits for.
pub fn progress_message(bytes: u64) -> String {
    format!(
        "{{\"method\":\"HeapProfiler.reportHeapSnapshotProgress\",\
         \"params\":{{\"done\":{bytes},\"total\":{bytes},\"finished\":true}}}}"
    )
}

/// The message with a part of a snapshot.
pub fn chunk_message(chunk: &str) -> String {
    const HEAD: &str = "{\"method\":\"HeapProfiler.addHeapSnapshotChunk\",\"params\":{\"chunk\":";
    let quoted = serde_json::to_string(chunk).unwrap_or_default();
    format!("{HEAD}{quoted}}}}}")
}

/// The next `size` bytes of the text, less a character that is not whole, which stays in `rest`.
/// `None` at its end, or where it cannot be read.
pub fn next_chunk(file: &mut impl Read, rest: &mut Vec<u8>, size: usize) -> Option<String> {
    let mut bytes = std::mem::take(rest);
    let kept = bytes.len();
    bytes.resize(size, 0);
    let mut length = kept;
    while length < size {
        match file.read(&mut bytes[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    bytes.truncate(length);
    if length == 0 {
        return None;
    }
    let whole = match std::str::from_utf8(&bytes) {
        Err(error) if error.error_len().is_none() && length == size => error.valid_up_to(),
        _ => length,
    };
    *rest = bytes.split_off(whole);
    Some(
        String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_end_between_characters() {
        let text = "a\u{e9}\u{20ac}\u{1f600}z".repeat(9);
        for size in 4..12 {
            let mut bytes = text.as_bytes();
            let mut rest = Vec::new();
            let mut joined = String::new();
            while let Some(chunk) = next_chunk(&mut bytes, &mut rest, size) {
                assert!(chunk.len() <= size);
                joined.push_str(&chunk);
            }
            assert_eq!(joined, text, "{size}");
        }
    }

    #[test]
    fn text_that_is_none_ends_too() {
        let mut rest = Vec::new();
        let mut bytes: &[u8] = b"ab\xff\xe2\x82";
        assert!(next_chunk(&mut bytes, &mut rest, 5).is_some());
        while next_chunk(&mut bytes, &mut rest, 5).is_some() {}
        assert!(rest.is_empty());
    }

    #[test]
    fn only_plain_requests_are_ours() {
        let is_ours = |text: &str| Request::of(text).is_some();
        assert!(is_ours(
            r#"{"id":1,"method":"HeapProfiler.takeHeapSnapshot"}"#
        ));
        assert!(is_ours(
            r#"{"id":1,"method":"HeapProfiler.takeHeapSnapshot","params":{"reportProgress":true}}"#
        ));
        assert!(!is_ours(
            r#"{"id":1,"method":"HeapProfiler.takeHeapSnapshot","params":{"exposeInternals":true}}"#
        ));
        assert!(!is_ours(
            r#"{"id":1,"method":"Runtime.evaluate","params":{"expression":"'HeapProfiler.takeHeapSnapshot'"}}"#
        ));
        assert!(!is_ours(r#"{"id":"HeapProfiler.takeHeapSnapshot"#));
        let message = chunk_message("a\"b");
        let parsed: serde_json::Value = serde_json::from_str(&message).unwrap();
        assert_eq!(parsed["params"]["chunk"], "a\"b");
    }
}
