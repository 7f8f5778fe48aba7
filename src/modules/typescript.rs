//! TypeScript to JavaScript by blanking types: every line and column stays where it was.

use std::sync::{Arc, Mutex, PoisonError};

use swc_common::errors::{DiagnosticBuilder, Emitter, Handler};
use swc_common::sync::Lrc;
use swc_common::{BytePos, SourceMap};
use swc_ts_fast_strip::{ErrorCode, Options, operate};

/// Why types could not be blanked.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// `ERR_INVALID_TYPESCRIPT_SYNTAX`, or `ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX` for what has a
    /// meaning at run time (enums, namespaces, parameter properties).
    pub code: &'static str,
    pub message: String,
    /// `file:line`, the source line and carets; empty where the place is not known.
    pub place: String,
}

/// A message with its place in the map of sources.
type Complaint = (String, Option<(BytePos, BytePos)>);

/// The first thing that the parser complained of.
#[derive(Clone, Default)]
struct First(Arc<Mutex<Option<Complaint>>>);

impl Emitter for First {
    fn emit(&mut self, diagnostic: &mut DiagnosticBuilder<'_>) {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if first.is_none() {
            let span = diagnostic.span.primary_span();
            *first = Some((diagnostic.message(), span.map(|span| (span.lo, span.hi))));
        }
    }
}

/// `text` without its types. `name` stands for the file in errors.
///
/// # Errors
/// [`Failure`] for text that is not TypeScript, or that needs more than blanking.
pub fn strip(text: &str, name: &str) -> Result<String, Failure> {
    let first = First::default();
    let map: Lrc<SourceMap> = Lrc::default();
    let handler = Handler::with_emitter(true, false, Box::new(first.clone()));
    let options = Options {
        filename: Some(name.to_owned()),
        deprecated_ts_module_as_error: Some(true),
        ..Options::default()
    };
    let error = match operate(&map, &handler, text.to_owned(), options) {
        Ok(output) => return Ok(output.code),
        Err(error) => error,
    };
    let first = first
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let (message, span) = first.unwrap_or((error.message, None));
    let code = match error.code {
        ErrorCode::UnsupportedSyntax => "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX",
        _ => "ERR_INVALID_TYPESCRIPT_SYNTAX",
    };
    Err(Failure {
        code,
        message,
        // The one file of the map starts at position 1.
        place: span.map_or_else(String::new, |(low, high)| {
            place(
                text,
                name,
                low.0.saturating_sub(1) as usize,
                high.0.saturating_sub(1) as usize,
            )
        }),
    })
}

fn place(text: &str, name: &str, low: usize, high: usize) -> String {
    let before = text.get(..low).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let number = before.matches('\n').count() + 1;
    let indent: String = before[line_start..]
        .chars()
        .map(|c| if c == '\t' { '\t' } else { ' ' })
        .collect();
    let end = high.min(line_start + line.len());
    let width = text.get(low..end).map_or(1, |part| part.chars().count());
    format!(
        "{name}:{number}\n{line}\n{indent}{}",
        "^".repeat(width.max(1))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_become_blanks() {
        let text = "const x: number = 1;\ninterface A { b: string }\nexport type B = A;\n";
        let stripped = strip(text, "a.ts").expect("erasable");
        assert_eq!(stripped.len(), text.len());
        assert!(stripped.starts_with("const x         = 1;\n "));
    }

    #[test]
    fn an_enum_is_refused_with_its_place() {
        let failure = strip("let a = 1;\n  enum X { A }\n", "e.ts").expect_err("not erasable");
        assert_eq!(failure.code, "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX");
        assert_eq!(
            failure.message,
            "TypeScript enum is not supported in strip-only mode"
        );
        assert_eq!(failure.place, "e.ts:2\n  enum X { A }\n  ^^^^^^^^^^^^");
    }

    #[test]
    fn a_syntax_error_has_its_place() {
        let failure = strip("let x: = 1", "f.ts").expect_err("no type");
        assert_eq!(failure.code, "ERR_INVALID_TYPESCRIPT_SYNTAX");
        assert_eq!(failure.place, "f.ts:1\nlet x: = 1\n       ^");
    }
}
