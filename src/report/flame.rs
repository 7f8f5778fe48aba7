//! A profile as a flame graph (SVG) and as a list of its largest functions.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use inferno::flamegraph::color::{BasicPalette, Palette};
use inferno::flamegraph::{self, Options};

use super::text::{grouped, size};
use crate::heap::printable;
use crate::profile::{Frame, Kind, Profile};

/// Bytes that the stacks of a graph may have as text, with all of their callers.
const MOST_TEXT: usize = 1 << 30;

/// Writes the graph: one self-contained file that can be zoomed and searched in any browser.
///
/// # Errors
/// Whatever `out` reports; [`io::ErrorKind::InvalidData`] where nothing was measured, or the stacks
/// are too long for a graph.
pub fn svg(profile: &Profile, title: &str, out: impl io::Write) -> io::Result<()> {
    let stacks = stacks(profile)?;
    let mut options = Options::default();
    title.clone_into(&mut options.title);
    options.subtitle = Some(subtitle(profile));
    options.deterministic = true;
    match profile.kind {
        Kind::Cpu => {
            options.colors = Palette::Basic(BasicPalette::Hot);
            "microseconds".clone_into(&mut options.count_name);
        }
        Kind::Heap => {
            options.colors = Palette::Basic(BasicPalette::Mem);
            "bytes".clone_into(&mut options.count_name);
        }
    }
    "Function:".clone_into(&mut options.name_type);
    // Names in the system's fonts, which every machine has.
    "monospace".clone_into(&mut options.font_type);
    flamegraph::from_lines(&mut options, stacks.iter().map(String::as_str), out)
}

/// `caller;callee VALUE`, each stack once.
fn stacks(profile: &Profile) -> io::Result<Vec<String>> {
    let labels: Vec<String> = profile.frames.iter().map(label).collect();
    let mut merged: BTreeMap<Vec<usize>, u64> = BTreeMap::new();
    let mut text = 0;
    for (at, node) in profile.nodes.iter().enumerate() {
        if node.value == 0 {
            continue;
        }
        let mut stack: Vec<usize> = profile
            .callers(at)
            // Not the root, which says nothing.
            .filter(|&caller| profile.nodes[caller].parent.is_some())
            .map(|caller| profile.nodes[caller].frame)
            .collect();
        stack.reverse();
        stack.push(node.frame);
        text += stack
            .iter()
            .map(|&frame| labels[frame].len() + 1)
            .sum::<usize>();
        if text > MOST_TEXT {
            return Err(invalid("its stacks are too long for a graph"));
        }
        let value = merged.entry(stack).or_default();
        *value = value.saturating_add(node.value);
    }
    if merged.is_empty() {
        return Err(invalid("nothing was measured in it"));
    }
    let lines = merged.into_iter().map(|(stack, value)| {
        let names: Vec<&str> = stack.iter().map(|&frame| labels[frame].as_str()).collect();
        format!("{} {value}", names.join(";"))
    });
    Ok(lines.collect())
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// `name file.js:3`, without what has a meaning in a line of stacks.
fn label(frame: &Frame) -> String {
    let place = frame.place();
    let file = place.rsplit('/').next().unwrap_or_default();
    let text = if file.is_empty() {
        frame.name.clone()
    } else {
        format!("{} {file}", frame.name)
    };
    text.chars()
        .map(|char| match char {
            ';' => ',',
            char if char.is_control() => ' ',
            char => char,
        })
        .collect()
}

fn subtitle(profile: &Profile) -> String {
    let mut text = amount(profile.kind, profile.sum());
    if profile.samples > 0 {
        let _ = write!(text, ", {} samples", grouped(profile.samples));
    }
    if profile.idle > 0 {
        let _ = write!(text, ", and {} idle", amount(Kind::Cpu, profile.idle));
    }
    text
}

/// The `limit` largest functions by what is their own.
pub fn top(profile: &Profile, limit: usize) -> String {
    let kind = match profile.kind {
        Kind::Cpu => "CPU profile",
        Kind::Heap => "Sampling heap profile",
    };
    let shares = profile.shares();
    let mut out = format!("{kind}: {}\n", subtitle(profile));
    let sum = profile.sum();
    let _ = writeln!(
        out,
        "{:>10} {:>7}  {:>10} {:>7}  function",
        "self", "", "total", ""
    );
    for share in shares.iter().take(limit) {
        let frame = &profile.frames[share.frame];
        let _ = writeln!(
            out,
            "{:>10} {:>7}  {:>10} {:>7}  {}",
            amount(profile.kind, share.own),
            percent(share.own, sum),
            amount(profile.kind, share.total),
            percent(share.total, sum),
            format!("{}  {}", printable(&frame.name), printable(&frame.place())).trim_end()
        );
    }
    let more = shares.len().saturating_sub(limit);
    if more > 0 {
        let _ = writeln!(out, "  and {} more", grouped(more as u64));
    }
    out
}

fn amount(kind: Kind, value: u64) -> String {
    match kind {
        Kind::Heap => size(value),
        Kind::Cpu if value < 10_000 => format!("{}.{} ms", value / 1000, value % 1000 / 100),
        Kind::Cpu if value < 1_000_000 => format!("{} ms", value / 1000),
        Kind::Cpu => format!("{}.{:02} s", value / 1_000_000, value % 1_000_000 / 10_000),
    }
}

fn percent(part: u64, whole: u64) -> String {
    let tenths = u128::from(part) * 1000 / u128::from(whole.max(1));
    format!("{}.{} %", tenths / 10, tenths % 10)
}
