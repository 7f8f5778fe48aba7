//! `oomhost recover FILE.partial`: a valid snapshot of what an interrupted capture left.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;

use super::open::{Opened, open};
use super::unfinished::Destination;
use crate::heap::{Part, Remains, Written};
use crate::report::text::{counted, grouped, size};

/// Writes to `output` a valid snapshot of what the file at `path` holds; returns the account of
/// what that is, what is lost, and where it is now. The file at `path` stays as it is.
///
/// The file is read twice in order; memory does not grow with it. Compressed data is used as
/// far as it is good; the snapshot made of it is plain.
///
/// # Errors
/// The file cannot be read or holds too little, or the snapshot cannot be written, which
/// includes that its path is taken. Nothing is left behind then.
pub fn run(path: &Path, output: &Path) -> anyhow::Result<String> {
    let opened = open(path)?;
    let destination = Destination::free(output);
    destination.check()?;
    let remains = Remains::find(opened.text.bytes()).map_err(|error| {
        anyhow::anyhow!(
            "nothing can be saved of {}: {error}\nTake a new snapshot.",
            path.display()
        )
    })?;
    let mut unfinished = destination.create("recovered")?;
    let written = remains
        .write(&mut |bytes| unfinished.file.write_all(bytes))
        .with_context(|| destination.cannot_write())?;
    unfinished.finish()?;
    Ok(account(path, output, &opened, &remains, written))
}

fn account(
    path: &Path,
    output: &Path,
    opened: &Opened,
    remains: &Remains<'_>,
    written: Written,
) -> String {
    let (nodes, edges, strings) = (remains.nodes(), remains.edges(), remains.strings());
    let part = |part: Part| format!("{} of {}", grouped(part.found), grouped(part.of));
    // Further nodes and edges had names that nobody knows of.
    let of_strings = if remains.is_whole() || (nodes.is_all() && edges.is_all()) {
        part(strings)
    } else {
        format!(
            "{} of at least {}",
            grouped(strings.found),
            grouped(strings.of)
        )
    };
    let mut out = format!(
        "{} holds {} nodes, {} edges, {of_strings} strings\n",
        path.display(),
        part(nodes),
        part(edges),
    );
    if let Some(fault) = &opened.fault {
        let _ = writeln!(out, "Its compressed data {fault}");
    }
    let losses = losses(remains, written);
    if losses.is_empty() {
        out.push_str("Nothing is lost.\n");
    }
    for loss in losses {
        let _ = writeln!(out, "Lost: {loss}");
    }
    let _ = write!(
        out,
        "Wrote snapshot of {} to {}",
        size(written.bytes),
        output.display()
    );
    out
}

fn losses(remains: &Remains<'_>, written: Written) -> Vec<String> {
    let (nodes, edges, strings) = (remains.nodes(), remains.edges(), remains.strings());
    let mut losses = Vec::new();
    if !nodes.is_all() {
        losses.push(format!(
            "{}, and all edges: nothing tells who holds what, a retained size is an object's own",
            counted(nodes.of - nodes.found, "node")
        ));
    } else if !edges.is_all() {
        losses.push(format!(
            "edges of {}: what they hold has too few retainers, and retained sizes are too small",
            counted(written.nodes_cut_off, "node")
        ));
    }
    if !strings.is_all() {
        let count = strings.of - strings.found;
        let all = if strings.found == 0 { "all " } else { "" };
        losses.push(format!(
            "{all}{} (V8 writes them last): lost#N stands for each, one number for one name",
            counted(count, "name")
        ));
    }
    if !remains.has_locations() {
        losses.push("where functions stand in their scripts".to_owned());
    }
    losses
}
