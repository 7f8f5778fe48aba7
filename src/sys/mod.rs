//! Safe wrappers over libc, made for a process that is running out of memory.
//!
//! What the dying path needs ([`mod@file`], [`mem`], [`sigbus`], [`stderr`], the
//! readers of [`cgroup`] and [`process`]) allocates nothing, takes no lock and
//! never panics; what only the start of the process needs says so in its
//! documentation. Everything that is Linux-only in this crate lives here.

pub mod cgroup;
pub mod child;
pub mod clock;
pub mod container;
mod cxx;
pub mod errno;
pub mod file;
pub mod fixed;
pub mod fork;
#[cfg(test)]
pub mod heap_probe;
pub mod last_stand;
pub mod mem;
pub mod process;
pub mod sigbus;
pub mod signal_names;
pub mod spawn;
pub mod stderr;
pub mod text_stream;
pub mod watchdog;

pub use errno::Errno;

/// Bytes of memory that are left for the process: what the machine has available or, where that is
/// less, what its cgroup's limit leaves beyond what the kernel cannot take back.
#[must_use]
pub fn memory_left() -> u64 {
    let machine = process::Meminfo::open().available().unwrap_or(0);
    cgroup::MemoryGroup::open()
        .tightest(|limit| limit)
        .map_or(machine, |tight| {
            machine.min(tight.limit.saturating_sub(tight.used))
        })
}

/// Bytes of memory that the process may use: the machine's or, where that is less, those of its
/// cgroup.
#[must_use]
pub fn memory_for_process() -> u64 {
    let (machine, _free) = process::machine_memory();
    cgroup::memory_limit().map_or(machine, |limit| limit.min(machine))
}
