//! Where captures write: the directories that the user named or the working
//! directory, Node's names, and what is said of a directory.

use super::{FixedPath, Lossy, Refusal, State, file, megabytes, names, process, say};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

impl State {
    /// Appends the directory of automatic snapshots.
    pub(super) fn push_directory_of_captures(&self, out: &mut FixedPath) {
        if let Some(pattern) = self.oom_snapshot.get() {
            names::directory_of(pattern.as_os_str().as_bytes(), out);
        } else if let Some(named) = &self.options.diagnostic_dir {
            out.push(named.as_os_str().as_bytes());
        } else {
            out.push(b".");
        }
    }

    pub(super) fn push_directory_of_scratch(&self, out: &mut FixedPath) {
        if let Some(named) = &self.options.capture_dir {
            out.push(named.as_os_str().as_bytes());
        } else {
            self.push_directory_of_captures(out);
        }
    }

    pub fn push_default_name(&self, out: &mut FixedPath) {
        self.push_diagnostic_name(out, "Heap", "heapsnapshot");
    }

    /// Appends Node's name for a file that has none of its own.
    pub fn push_diagnostic_name(&self, out: &mut FixedPath, prefix: &str, extension: &str) {
        push_directory(out, self.options.diagnostic_dir.as_deref());
        let offset = self.vitals.local_offset;
        names::push_node_name(out, prefix, extension, self.thread, offset);
    }
}

/// Appends the directory that the user named, or the working directory.
pub(super) fn push_directory(out: &mut FixedPath, directory: Option<&Path>) {
    if let Some(directory) = directory {
        names::push_directory(out, directory.as_os_str().as_bytes());
    } else {
        let mut working = FixedPath::new();
        process::push_working_directory(&mut working);
        names::push_directory(out, working.as_bytes());
    }
}

pub(super) fn warn_of_memory_file_system(directory: &FixedPath) {
    if file::file_system(directory.as_c_str()).is_ok_and(|system| system.in_memory) {
        say!(
            "oomhost: {} is in memory (tmpfs): a heap snapshot there needs the memory that is short\n",
            Lossy(directory.as_bytes())
        );
    }
}

pub(super) fn tell_refusal(refusal: Refusal, directory: &FixedPath) {
    let name = Lossy(directory.as_bytes());
    match refusal {
        Refusal::InMemory => say!(
            "oomhost: no scratch file in {name}, which is in memory (tmpfs): the capture takes plain memory\n"
        ),
        Refusal::Small(free) => say!(
            "oomhost: no scratch file in {name}, which has {} left: the capture takes plain memory\n",
            megabytes(free)
        ),
        Refusal::System(error) => {
            say!("oomhost: no scratch file in {name}: {error}; the capture takes plain memory\n");
        }
    }
}
