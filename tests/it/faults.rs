//! Places and faults for captures: folders, small disks, containers.

use std::fs;
use std::path::Path;
use std::process::Command;

use oomhost::heap::{Snapshot, check};
use tempfile::TempDir;

/// Skips a test that this machine cannot run, and says so.
macro_rules! skip {
    ($($reason:tt)*) => {{
        eprintln!("SKIPPED: {}", format_args!($($reason)*));
        return;
    }};
}

pub(crate) use skip;

pub use crate::container::group::Group;

pub fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// The names in a folder, sorted.
pub fn names(place: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(place)
        .expect("the folder is readable")
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

pub fn snapshots(place: &Path) -> Vec<String> {
    let mut names = names(place);
    names.retain(|name| name.ends_with(".heapsnapshot"));
    names
}

pub fn reports(place: &Path) -> Vec<String> {
    let mut names = names(place);
    names.retain(|name| name.starts_with("report."));
    names
}

/// The file is a whole snapshot.
pub fn is_whole(path: &Path) {
    let bytes = fs::read(path).expect("the snapshot is readable");
    let snapshot = Snapshot::parse(&bytes).unwrap_or_else(|error| panic!("{error}"));
    check(&snapshot).unwrap_or_else(|error| panic!("{error}"));
}

/// A small file system of its own, mounted until it is dropped.
pub struct Disk {
    place: TempDir,
}

impl Disk {
    pub fn mount(kibibytes: u64) -> Result<Self, String> {
        let place = folder();
        let image = place.path().join("image");
        let disk = place.path().join("disk");
        fs::create_dir(&disk).unwrap();
        fs::File::create(&image)
            .and_then(|file| file.set_len(kibibytes * 1024))
            .unwrap();
        succeed(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(&image))?;
        succeed(
            Command::new("mount")
                .args(["-o", "loop"])
                .args([&image, &disk]),
        )?;
        Ok(Self { place })
    }

    pub fn path(&self) -> std::path::PathBuf {
        self.place.path().join("disk")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // What stays mounted is told by the removal of the folder.
        let _ = Command::new("umount").arg(self.path()).status();
    }
}

pub fn succeed(command: &mut Command) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}
