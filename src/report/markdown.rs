//! The overview for an issue or a comment.

use std::fmt::Write as _;

use super::model::Model;
use super::screen::suspect_lines;
use super::text::{grouped, one_line, size};

/// Rows of a table where nothing else is asked for.
const TOP: usize = 15;

/// The overview.
#[must_use]
pub fn text(model: &Model, top: Option<usize>) -> String {
    let top = top.unwrap_or(TOP);
    let file = &model.file;
    let by = file
        .producer
        .as_ref()
        .map_or_else(String::new, |by| format!(", by {}", escaped(by)));
    let mut out = format!(
        "# Heap of {}\n\n{}: {}{by}; {} nodes, {} edges\n\n## Leak suspects\n\n",
        size(file.heap_bytes),
        escaped(&file.path),
        size(file.bytes),
        grouped(file.nodes),
        grouped(file.edges)
    );
    if model.suspects.is_empty() {
        out.push_str("None: nothing holds a tenth of the heap together.\n");
    }
    for (at, suspect) in model.suspects.iter().enumerate() {
        let lines = suspect_lines(at + 1, suspect);
        for (number, line) in lines.iter().enumerate() {
            let indent = if number == 0 { "" } else { "   " };
            let end = if number + 1 < lines.len() { "  " } else { "" };
            let _ = writeln!(out, "{indent}{}{end}", escaped(line.trim_start()));
        }
        let _ = writeln!(out, "   signature `{}`\n", suspect.signature);
    }
    out.push_str("\n## Constructors\n\n| constructor | objects | shallow | retained |\n|---|---:|---:|---:|\n");
    for class in model.constructors.iter().take(top) {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            escaped(&one_line(&class.name)),
            grouped(class.count),
            size(class.shallow_bytes),
            size(class.retained_bytes)
        );
    }
    out.push_str(
        "\n## Biggest objects\n\n| object | shallow | retained | where |\n|---|---:|---:|---|\n",
    );
    for object in model.biggest_objects.iter().take(top) {
        let _ = writeln!(
            out,
            "| {} @{} | {} | {} | {} |",
            escaped(&one_line(&object.class)),
            object.id,
            size(object.shallow_bytes),
            size(object.retained_bytes),
            escaped(&object.source)
        );
    }
    out
}

/// A text in which nothing means anything to Markdown.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(
            letter,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&'
        ) {
            out.push('\\');
        }
        out.push(if letter.is_control() {
            '\u{fffd}'
        } else {
            letter
        });
    }
    out
}
