//! Answers for programs.

use serde::Serialize;

/// `answer` as JSON, with a newline at its end.
///
/// # Errors
/// Whatever serde says; the answers of this room are all plain.
pub fn text(answer: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string_pretty(answer).map(|text| text + "\n")
}
