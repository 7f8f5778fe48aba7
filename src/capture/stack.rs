//! What V8 says about its heap and its stack, without memory of ours.
#![expect(unsafe_code, reason = "V8's stack printer by its symbol")]
use super::account::{Heap, Space, Stack};
use crate::sys::text_stream::TextStream;
use std::fmt::Write as _;

/// Frames beyond these are left out.
const FRAMES: usize = 24;

/// Asks for the heap's figures. Allocates nothing.
pub fn heap(isolate: &mut v8::Isolate) -> Heap {
    let statistics = isolate.get_heap_statistics();
    let mut heap = Heap {
        total: statistics.total_heap_size(),
        executable: statistics.total_heap_size_executable(),
        physical: statistics.total_physical_size(),
        available: statistics.total_available_size(),
        global_handles: statistics.total_global_handles_size(),
        used_global_handles: statistics.used_global_handles_size(),
        used: statistics.used_heap_size(),
        limit: statistics.heap_size_limit(),
        malloced: statistics.malloced_memory(),
        peak_malloced: statistics.peak_malloced_memory(),
        external: statistics.external_memory(),
        native_contexts: statistics.number_of_native_contexts(),
        detached_contexts: statistics.number_of_detached_contexts(),
        zaps_garbage: statistics.does_zap_garbage(),
        ..Heap::default()
    };
    for index in 0..isolate.number_of_heap_spaces() {
        if let Some(space) = isolate.get_heap_space_statistics(index) {
            heap.add_space(Space {
                name: space.space_name().to_str().unwrap_or("unknown"),
                size: space.space_size(),
                physical: space.physical_space_size(),
                used: space.space_used_size(),
                available: space.space_available_size(),
            });
        }
    }
    heap
}

/// Writes the JavaScript stack to `out`, a line a frame.
///
/// V8's own printer for this very case: it allocates nothing on V8's heap and
/// copes with optimized code that is interrupted in the middle of an allocation
/// (there it knows the function, and has the position of its beginning), where
/// `v8::StackTrace` ends the process: "Missing deoptimization information".
/// Not within a garbage collection.
pub fn current(isolate: &mut v8::Isolate, printer: &mut TextStream, out: &mut Stack) {
    unsafe extern "C" {
        #[link_name = "_ZN2v88internal7Isolate17PrintMinimalStackEP8_IO_FILE"]
        fn print_minimal_stack(isolate: v8::UnsafeRawIsolatePtr, out: *mut libc::FILE);
    }
    out.clear();
    let text = printer.collect(|stream| {
        // SAFETY: the isolate is live and this is its thread. `v8::Isolate` and
        // `v8::internal::Isolate` are one object; the symbol is of the pinned
        // crate's source (see `snapshot`).
        unsafe { print_minimal_stack(isolate.as_raw_isolate_ptr(), stream.as_ptr()) };
    });
    rewrite(text, out);
}

/// Turns V8's `NAME in SCRIPT:LINE:COLUMN` into `at NAME (SCRIPT:LINE:COLUMN)`.
/// `=` stands for the script of the line before, `<none>` for no name, and `$`
/// ends the text.
fn rewrite(text: &[u8], out: &mut Stack) {
    let mut script: &[u8] = b"";
    let lines = text.split(|&byte| byte == b'\n');
    for line in lines.filter(|line| !line.is_empty()).take(FRAMES) {
        if line == b"$" {
            break;
        }
        let separator = b" in ";
        let Some(at) = line
            .windows(separator.len())
            .rposition(|window| window == separator)
        else {
            out.push(b"at ");
            out.push(line);
            out.push(b"\n");
            continue;
        };
        let name = line.get(..at).unwrap_or_default();
        let place = line.get(at + separator.len()..).unwrap_or_default();
        let end = position_start(place);
        let (file, position) = place.split_at_checked(end).unwrap_or((place, b""));
        if file != b"=" {
            script = file;
        }
        let named = !name.is_empty() && name != b"<none>";
        out.push(b"at ");
        if named {
            out.push(name);
            out.push(b" (");
        }
        out.push(script);
        out.push(position);
        out.push(if named { b")\n" } else { b"\n" });
    }
}

/// Where `:LINE:COLUMN` starts; the end if there is none.
fn position_start(place: &[u8]) -> usize {
    let mut start = place.len();
    for _ in 0..2 {
        let before = place.get(..start).unwrap_or_default();
        let digits = before
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        match before.len().checked_sub(digits + 1) {
            Some(colon) if digits > 0 && before.get(colon) == Some(&b':') => start = colon,
            _ => break,
        }
    }
    start
}

/// Writes the stack that an error was thrown with to `out`, a line a frame.
pub fn of_error(
    scope: &mut v8::PinScope<'_, '_>,
    error: v8::Local<'_, v8::Value>,
    out: &mut Stack,
) {
    out.clear();
    let Some(trace) = v8::Exception::get_stack_trace(scope, error) else {
        return;
    };
    for index in 0..trace.get_frame_count().min(FRAMES) {
        if let Some(frame) = trace.get_frame(scope, index) {
            push_frame(scope, frame, out);
        }
    }
}

fn push_frame(scope: &mut v8::PinScope<'_, '_>, frame: v8::Local<v8::StackFrame>, out: &mut Stack) {
    out.push(b"at ");
    let function = frame
        .get_function_name(scope)
        .filter(|name| name.length() > 0);
    if let Some(name) = function {
        if frame.is_constructor() {
            out.push(b"new ");
        }
        push_string(scope, name, out);
        out.push(b" (");
    }
    match frame
        .get_script_name_or_source_url(scope)
        .filter(|name| name.length() > 0)
    {
        Some(name) => push_string(scope, name, out),
        None => out.push(if frame.is_eval() {
            b"eval"
        } else {
            b"<anonymous>"
        }),
    }
    // A `Fixed` never fails.
    let _ = write!(out, ":{}:{}", frame.get_line_number(), frame.get_column());
    out.push(if function.is_some() { b")\n" } else { b"\n" });
}

/// Appends a name, its first 512 bytes, without line breaks.
fn push_string(scope: &v8::Isolate, string: v8::Local<v8::String>, out: &mut Stack) {
    let mut buffer = [0; 512];
    let length = string.write_utf8_v2(
        scope,
        &mut buffer,
        v8::WriteFlags::kReplaceInvalidUtf8,
        None,
    );
    let bytes = buffer.get_mut(..length).unwrap_or_default();
    for byte in bytes.iter_mut().filter(|byte| **byte == b'\n') {
        *byte = b' ';
    }
    out.push(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str) -> String {
        let mut out = Stack::new();
        rewrite(text.as_bytes(), &mut out);
        String::from_utf8(out.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn v8s_lines_become_nodes() {
        assert_eq!(
            rewritten(
                "grow in /a/b.js:3:15\n<none> in =:5:1\nload in node:internal/x\nwasm[3]\n$\nno more"
            ),
            "at grow (/a/b.js:3:15)\nat /a/b.js:5:1\nat load (node:internal/x)\nat wasm[3]\n"
        );
        assert_eq!(rewritten("$\n"), "");
        assert_eq!(rewritten("f in x:y\n"), "at f (x:y)\n");
    }
}
