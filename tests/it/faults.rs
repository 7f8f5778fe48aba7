//! Places and faults for captures: folders, small disks, containers.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

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

/// A memory cgroup of version 1 or 2 below the test's own, until it is dropped.
pub struct Group(std::path::PathBuf);

impl Group {
    pub fn make(limit: u64) -> Result<Self, String> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let own = fs::read_to_string("/proc/self/cgroup").map_err(|error| error.to_string())?;
        let find = |prefix: &str| own.lines().find_map(|line| line.split_once(prefix));
        let (folder, file) = if let Some((_, path)) = find(":memory:") {
            (
                format!("/sys/fs/cgroup/memory{path}"),
                "memory.limit_in_bytes",
            )
        } else if let Some((_, path)) = find("0::") {
            (format!("/sys/fs/cgroup{path}"), "memory.max")
        } else {
            return Err("no memory cgroup".to_owned());
        };
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("oomhost-test-{}-{number}", std::process::id());
        let group = Self(Path::new(&folder).join(name));
        fs::create_dir(&group.0)
            .and_then(|()| fs::write(group.0.join(file), limit.to_string()))
            .map_err(|error| format!("{}: {error}", group.0.display()))?;
        Ok(group)
    }

    /// Its directory.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // An empty group that stays does no harm.
        let _ = fs::remove_dir(&self.0);
    }
}
