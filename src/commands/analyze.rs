//! `oomhost analyze FILE`: what a heap snapshot holds.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};

use super::open::{Opened, open};
use crate::heap::{Census, FormatError, Snapshot};
use crate::report::text::{self, grouped, size};

/// Classes that the table of `analyze` names.
const CLASSES: usize = 40;

/// Prints the facts of the snapshot at `path` and its census to standard output.
///
/// # Errors
/// The file cannot be read or is no whole heap snapshot; the message says which and what to
/// do. A closed standard output is no error.
pub fn run(path: &Path) -> anyhow::Result<()> {
    let account = with_snapshot(path, |snapshot, opened| {
        let census = Census::take(snapshot)?;
        Ok(account(path, opened, snapshot, &census))
    })?;
    match io::stdout().lock().write_all(account.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// The few lines about the snapshot at `path` that end the log of an out-of-memory.
///
/// Reads the file twice in order and needs a few megabytes of memory, whatever its size.
///
/// # Errors
/// As for [`run`].
pub fn summary(path: &Path) -> anyhow::Result<String> {
    with_snapshot(path, |snapshot, _| {
        Ok(text::summary(&Census::take(snapshot)?))
    })
}

fn with_snapshot<T>(
    path: &Path,
    read: impl FnOnce(&Snapshot<'_>, &Opened) -> Result<T, FormatError>,
) -> anyhow::Result<T> {
    let opened = open(path)?;
    if let Some(fault) = &opened.fault {
        bail!(
            "{} {fault}\nSave what is before that with: oomhost recover {0} --output=PATH",
            path.display()
        );
    }
    Snapshot::parse(opened.text.bytes())
        .and_then(|snapshot| read(&snapshot, &opened))
        .map_err(|error| {
            let advice = if path.extension().is_some_and(|end| end == "partial") {
                format!(
                    "The capture that wrote it was interrupted; save what it holds with: \
                     oomhost recover {}",
                    path.display()
                )
            } else {
                "Give it a .heapsnapshot file as V8, Node or Chrome DevTools saves it.".to_owned()
            };
            anyhow::anyhow!(
                "{} is not a whole heap snapshot: {error}\n{advice}",
                path.display()
            )
        })
}

fn account(path: &Path, opened: &Opened, snapshot: &Snapshot<'_>, census: &Census) -> String {
    let header = &snapshot.header;
    let facts = [
        (
            "file",
            format!(
                "{} ({} bytes)",
                size(snapshot.file_size()),
                grouped(snapshot.file_size())
            ),
        ),
        ("nodes", grouped(census.nodes)),
        ("edges", grouped(header.edge_count)),
        (
            "self size",
            format!(
                "{} ({} bytes)",
                size(census.self_size),
                grouped(census.self_size)
            ),
        ),
        ("native bytes", grouped(header.extra_native_bytes)),
    ];
    let mut out = format!("{}\n", path.display());
    if let Some((format, length)) = opened.compressed {
        let _ = writeln!(
            out,
            "  {:12}  {} ({} bytes) with {}",
            "compressed",
            size(length),
            grouped(length),
            format.name()
        );
    }
    for (name, value) in facts {
        let _ = writeln!(out, "  {name:12}  {value}");
    }
    out.push_str("\nConstructors by self size:\n");
    out.push_str(&text::table(census, CLASSES));
    out
}
