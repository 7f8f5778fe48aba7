//! A memory cgroup of its own for a child process, below that of this one; version 1 or 2.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use super::{cgroup, process};

/// How often processes that will not go are killed again, every 10 ms.
const ATTEMPTS: u32 = 200;

/// A cgroup with a limit. Whatever is still in it is killed, and it is removed, when this is dropped.
#[derive(Debug)]
pub struct Container {
    folder: PathBuf,
    events: &'static str,
}

impl Container {
    /// Makes one with a limit in bytes; `None` where that cannot be, mostly for want of rights.
    #[must_use]
    pub fn make(limit: u64) -> Option<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let (above, is_v1) = cgroup::memory_folder()?;
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let folder = Path::new(&above).join(format!("oomhost-{}-{number}", process::id()));
        fs::create_dir(&folder).ok()?;
        let (file, events) = if is_v1 {
            ("memory.limit_in_bytes", "memory.oom_control")
        } else {
            ("memory.max", "memory.events")
        };
        let container = Self { folder, events };
        fs::write(container.folder.join(file), limit.to_string()).ok()?;
        // Where there is swap, it would only delay the end.
        let _ = fs::write(
            container.folder.join("memory.memsw.limit_in_bytes"),
            limit.to_string(),
        );
        let _ = fs::write(container.folder.join("memory.swap.max"), "0");
        Some(container)
    }

    /// Moves a process into it, with all that it starts later. Returns whether that was possible.
    pub fn take_in(&self, id: u32) -> bool {
        fs::write(self.folder.join("cgroup.procs"), id.to_string()).is_ok()
    }

    /// Whether the kernel has killed one of its processes for want of memory.
    #[must_use]
    pub fn was_full(&self) -> bool {
        let events = fs::read_to_string(self.folder.join(self.events)).unwrap_or_default();
        let kills = events
            .lines()
            .find_map(|line| line.strip_prefix("oom_kill "));
        kills.is_some_and(|kills| kills.trim() != "0")
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        for _ in 0..ATTEMPTS {
            if fs::remove_dir(&self.folder).is_ok() {
                return;
            }
            let left = fs::read_to_string(self.folder.join("cgroup.procs")).unwrap_or_default();
            for id in left.lines().filter_map(|id| id.parse().ok()) {
                process::kill(id);
            }
            thread::sleep(Duration::from_millis(10));
        }
        // A group that stays does no harm.
    }
}
