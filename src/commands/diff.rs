//! `oomhost diff A B [C...]`: what grew between snapshots of one program.

use std::path::Path;

use super::analyze::with_graph_of;
use crate::cli::{DiffOptions, Format};
use crate::heap::{Account, Traces};
use crate::report::diff::Diff;
use crate::report::json;

/// Compares the snapshots; returns the answer.
///
/// One snapshot is in memory at a time; of the ones before only counts and ids are kept.
///
/// # Errors
/// A file cannot be read or is no whole heap snapshot.
pub fn run(options: &DiffOptions) -> anyhow::Result<String> {
    let mut accounts: Vec<(String, Account)> = Vec::new();
    for file in &options.files {
        let before = accounts.last().map(|(_, account)| account);
        let account = account(file, before)?;
        // Ids are compared with the next snapshot's alone.
        if let Some((_, before)) = accounts.last_mut() {
            before.ids = Vec::new();
        }
        accounts.push((file.display().to_string(), account));
    }
    let diff = Diff::of(&accounts);
    Ok(match options.format {
        Format::Json => json::text(&diff)?,
        _ => diff.text(options.top),
    })
}

fn account(file: &Path, before: Option<&Account>) -> anyhow::Result<Account> {
    with_graph_of(file, |snapshot, graph| {
        let traces = Traces::read(snapshot)?;
        Ok(Account::take(graph, &traces, before))
    })
}
