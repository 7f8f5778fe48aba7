//! A memory cgroup of version 1 or 2, made below that of this process.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

/// It is removed when it is dropped, with the processes that are still in it.
#[derive(Debug)]
pub struct Group {
    path: PathBuf,
    files: &'static Files,
}

/// How the two versions call what is used here.
#[derive(Debug)]
struct Files {
    limit: &'static str,
    usage: &'static str,
    /// Anonymous memory, in `memory.stat`.
    anonymous: &'static str,
    /// Has a line `oom_kill N`.
    events: &'static str,
}

const V1: Files = Files {
    limit: "memory.limit_in_bytes",
    usage: "memory.usage_in_bytes",
    anonymous: "total_rss ",
    events: "memory.oom_control",
};

const V2: Files = Files {
    limit: "memory.max",
    usage: "memory.current",
    anonymous: "anon ",
    events: "memory.events",
};

impl Group {
    /// A group with a limit, in bytes.
    pub fn make(limit: u64) -> Result<Self, String> {
        let group = Self::unlimited()?;
        group.set_limit(limit)?;
        Ok(group)
    }

    /// A group without a limit.
    pub fn unlimited() -> Result<Self, String> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let own = fs::read_to_string("/proc/self/cgroup").map_err(|error| error.to_string())?;
        let find = |prefix: &str| own.lines().find_map(|line| line.split_once(prefix));
        let (folder, files) = if let Some((_, path)) = find(":memory:") {
            (format!("/sys/fs/cgroup/memory{path}"), &V1)
        } else if let Some((_, path)) = find("0::") {
            (format!("/sys/fs/cgroup{path}"), &V2)
        } else {
            return Err("no memory cgroup".to_owned());
        };
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("oomhost-test-{}-{number}", std::process::id());
        let path = Path::new(&folder).join(name);
        fs::create_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let group = Self { path, files };
        if !group.path.join(files.limit).exists() {
            return Err(format!("{folder} has no memory controller to give on"));
        }
        // Where there is swap, it would hide what a container without has to bear. Version 2.
        let _ = fs::write(group.path.join("memory.swap.max"), "0");
        Ok(group)
    }

    /// Its directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Sets the limit, in bytes.
    pub fn set_limit(&self, bytes: u64) -> Result<(), String> {
        let path = self.path.join(self.files.limit);
        fs::write(&path, bytes.to_string())
            .map_err(|error| format!("{}: {error}", path.display()))?;
        // Memory and swap together, for the reason above. Version 1, where it counts swap.
        let _ = fs::write(
            self.path.join("memory.memsw.limit_in_bytes"),
            bytes.to_string(),
        );
        Ok(())
    }

    /// What is charged to it, in bytes: its file cache and the kernel's memory included.
    pub fn usage(&self) -> u64 {
        number(&self.read(self.files.usage))
    }

    /// Its anonymous memory, in bytes.
    pub fn anonymous(&self) -> u64 {
        self.read("memory.stat")
            .lines()
            .find_map(|line| line.strip_prefix(self.files.anonymous))
            .map_or(0, number)
    }

    /// How many of its processes the kernel has killed.
    pub fn kills(&self) -> u64 {
        self.read(self.files.events)
            .lines()
            .find_map(|line| line.strip_prefix("oom_kill "))
            .map_or(0, number)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path.join(name)).unwrap_or_default()
    }
}

fn number(text: &str) -> u64 {
    text.trim().parse().unwrap_or(0)
}

impl Drop for Group {
    fn drop(&mut self) {
        for _ in 0..100 {
            if fs::remove_dir(&self.path).is_ok() {
                return;
            }
            // Children of a program that was killed; nobody else can be in here.
            for id in self.read("cgroup.procs").lines().map(number) {
                super::signal::kill(id);
            }
            thread::sleep(Duration::from_millis(20));
        }
        // A group that stays does no harm.
    }
}
