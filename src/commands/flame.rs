//! `oomhost flame FILE`: a profile as a flame graph and as a list.

use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};

use super::open::open;
use super::unfinished::Destination;
use crate::profile;
use crate::report::flame;
use crate::sys::file::Existing;

/// Writes the graph of the profile at `path` to `output`; returns the `top` largest functions and
/// where the graph is.
///
/// # Errors
/// The file cannot be read or is no profile, or `output` cannot be written, which includes that it is
/// there and is to be kept. Nothing is left behind then.
pub fn run(path: &Path, output: &Path, top: usize, existing: Existing) -> anyhow::Result<String> {
    let opened = open(path)?;
    if let Some(fault) = opened.fault {
        bail!("{} {fault}", path.display());
    }
    let no_profile = || format!("{} is no profile", path.display());
    let profile = profile::read(opened.text.bytes()).with_context(no_profile)?;
    let destination = Destination::unless_forced(output, existing);
    destination.check()?;
    let mut unfinished = destination.create("flame")?;
    let title = path.file_name().unwrap_or_default().to_string_lossy();
    let mut out = BufWriter::new(&mut unfinished.file);
    match flame::svg(&profile, &title, &mut out) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Err(error).with_context(|| format!("{} makes no graph", path.display()));
        }
        written => written
            .and_then(|()| out.flush())
            .with_context(|| destination.cannot_write())?,
    }
    drop(out);
    unfinished.finish()?;
    Ok(format!(
        "{}Wrote {}",
        flame::top(&profile, top),
        output.display()
    ))
}
