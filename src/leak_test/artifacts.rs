//! What is kept of a test.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::process::Ended;
use crate::report::tests::TestFacts;

/// Writes an analysis of a snapshot as a page.
pub type Page<'p> = dyn Fn(&Path) -> Result<String, String> + Sync + 'p;

/// Keeps the snapshot (compressed), the page about it and a log in a folder of the test's name below
/// `folder`, which replaces what an earlier run has left there. Returns the files.
///
/// # Errors
/// Where something cannot be written.
pub fn keep(
    folder: &Path,
    facts: &TestFacts,
    ended: &Ended,
    page: &Page<'_>,
) -> io::Result<Vec<PathBuf>> {
    let folder = folder.join(name(facts));
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::create_dir_all(&folder)?;
    let mut kept = Vec::new();
    let log = folder.join("log.txt");
    let text = format!(
        "{}\nexpected: {}\nended: {}\n{}\n--- stdout\n{}\n--- stderr\n{}\n",
        facts.name(),
        facts.expected.expect,
        ended.how(),
        facts.account(),
        ended.stdout,
        ended.stderr
    );
    fs::write(&log, text)?;
    kept.push(log);
    if let Some(snapshot) = &ended.snapshot {
        if let Ok(text) = page(snapshot) {
            let path = folder.join("report.html");
            fs::write(&path, text)?;
            kept.push(path);
        }
        kept.push(keep_snapshot(snapshot, &folder)?);
    }
    Ok(kept)
}

fn keep_snapshot(snapshot: &Path, folder: &Path) -> io::Result<PathBuf> {
    let name = snapshot.file_name().unwrap_or_default().to_string_lossy();
    // The user's flags may have asked for compression.
    if !name.ends_with(".heapsnapshot") {
        let path = folder.join(&*name);
        fs::copy(snapshot, &path)?;
        return Ok(path);
    }
    let path = folder.join("heap.heapsnapshot.zst");
    zstd::stream::copy_encode(File::open(snapshot)?, File::create(&path)?, 1)?;
    Ok(path)
}

/// The test's path as the name of one folder.
fn name(facts: &TestFacts) -> String {
    let mut name: String = facts
        .file
        .chars()
        .map(|letter| match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' | '_' => letter,
            _ => '-',
        })
        .collect();
    while let Some(rest) = name.strip_prefix(['.', '-']) {
        name = rest.to_owned();
    }
    if facts.runs > 1 {
        name = format!("{name}.{}", facts.run);
    }
    name
}
