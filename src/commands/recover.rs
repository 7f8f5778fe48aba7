//! `oomhost recover FILE.partial`: a valid snapshot of what an interrupted capture left.

use std::ffi::{CString, OsString};
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::heap::{Part, Remains, SnapshotFile, Written};
use crate::report::text::{grouped, size};
use crate::sys::Errno;
use crate::sys::file::{self, Existing};

/// How many names of unfinished files are passed over before it is given up.
const ATTEMPTS: u32 = 100;

/// Access rights of a snapshot: it holds the program's data, so its user's only.
const MODE: u32 = 0o600;

/// Writes to `output` a valid snapshot of what the file at `path` holds; returns the account of
/// what that is, what is lost, and where it is now. The file at `path` stays as it is.
///
/// The file is read twice in order; memory does not grow with it.
///
/// # Errors
/// The file cannot be read or holds too little, or the snapshot cannot be written, which
/// includes that its path is taken. Nothing is left behind then.
pub fn run(path: &Path, output: &Path) -> anyhow::Result<String> {
    #[expect(unsafe_code, reason = "see below")]
    // SAFETY: the capture that wrote the file is over. For a file that somebody changes
    // meanwhile, the reader is written to survive any bytes, and a page cut away ends this
    // process with SIGBUS, before the snapshot gets its name.
    let file = unsafe { SnapshotFile::open(path) }
        .with_context(|| format!("cannot read {}", path.display()))?;
    if fs::symlink_metadata(output).is_ok() {
        bail!(taken(output));
    }
    let remains = Remains::find(file.bytes()).map_err(|error| {
        anyhow::anyhow!(
            "nothing can be saved of {}: {error}\nTake a new snapshot.",
            path.display()
        )
    })?;
    let cannot_write = || format!("cannot write {}", output.display());
    let mut unfinished = Unfinished::create(output).with_context(cannot_write)?;
    let written = remains
        .write(&mut |bytes| unfinished.file.write_all(bytes))
        .with_context(cannot_write)?;
    if !unfinished.finish(output).with_context(cannot_write)? {
        bail!(taken(output));
    }
    Ok(account(path, output, &remains, written))
}

fn taken(output: &Path) -> String {
    format!(
        "{} is there already, and is not overwritten: move it away, or give another path with \
         --output",
        output.display()
    )
}

/// A file beside its future name. Dropped before [`Unfinished::finish`], it is removed.
struct Unfinished {
    file: File,
    path: PathBuf,
    finished: bool,
}

impl Unfinished {
    /// Makes `OUTPUT.recovered.partial`, with a number where that is taken.
    fn create(output: &Path) -> io::Result<Self> {
        let mut attempt = 0;
        loop {
            let mut path = OsString::from(output);
            if attempt > 0 {
                path.push(format!(".recovered-{attempt}.partial"));
            } else {
                path.push(".recovered.partial");
            }
            let made = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(MODE)
                .open(&path);
            match made {
                Ok(file) => {
                    return Ok(Self {
                        file,
                        path: path.into(),
                        finished: false,
                    });
                }
                Err(error)
                    if error.kind() == io::ErrorKind::AlreadyExists && attempt < ATTEMPTS =>
                {
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Brings the file to the device and gives it its name; `false` where that is taken.
    fn finish(mut self, output: &Path) -> io::Result<bool> {
        self.file.sync_all()?;
        let from = CString::new(self.path.as_os_str().as_bytes())?;
        let to = CString::new(output.as_os_str().as_bytes())?;
        match file::rename(&from, &to, Existing::Keep) {
            Ok(()) => {}
            Err(Errno(libc::EEXIST)) => return Ok(false),
            Err(Errno(number)) => return Err(io::Error::from_raw_os_error(number)),
        }
        self.finished = true;
        // Makes the name itself survive a crash of the machine. A folder that cannot be opened or
        // synced is no reason to call the file bad.
        let folder = output.parent().filter(|path| !path.as_os_str().is_empty());
        let _ = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
        Ok(true)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.finished {
            // Nothing more can be done about a file that cannot be removed.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn account(path: &Path, output: &Path, remains: &Remains<'_>, written: Written) -> String {
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
            "{} nodes, and all edges: nothing tells who holds what, a retained size is an \
             object's own",
            grouped(nodes.of - nodes.found)
        ));
    } else if !edges.is_all() {
        losses.push(format!(
            "edges of {} nodes: what they hold has too few retainers, and retained sizes are too \
             small",
            grouped(written.nodes_cut_off)
        ));
    }
    if !strings.is_all() {
        let count = strings.of - strings.found;
        let all = if strings.found == 0 { "all " } else { "" };
        losses.push(format!(
            "{all}{} names (V8 writes them last): lost#N stands for each, one number for one name",
            grouped(count)
        ));
    }
    if !remains.has_locations() {
        losses.push("where functions stand in their scripts".to_owned());
    }
    losses
}
