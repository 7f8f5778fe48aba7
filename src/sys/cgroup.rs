//! The memory cgroup that this process lives in: limit, usage, and how much of
//! that the kernel can take back.
//!
//! [`MemoryGroup::open`] belongs to the start of the process (it reads
//! `/proc/self/cgroup` and `mountinfo` and keeps descriptors);
//! [`MemoryGroup::read`] and [`MemoryGroup::tightest`] allocate nothing.

use super::file;
use super::fixed::FixedPath;
use super::process::parse_u64;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Limits hold for a group and everything below it; deeper nesting than this
/// is not looked at.
const LEVELS: usize = 4;

/// Version 1 says "no limit" with a number near 2^63; so does anything beyond
/// the address space of the machine.
const NO_LIMIT: u64 = 1 << 60;

/// Bytes of `memory.stat` that are read; what is looked for stands in them (the
/// file has some 2,000 bytes).
const STATISTICS: usize = 8 << 10;

/// Which interface the kernel offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    /// `memory.limit_in_bytes`, `memory.usage_in_bytes`.
    V1,
    /// `memory.max`, `memory.current`.
    V2,
}

/// A memory cgroup and its ancestors, with their files held open.
#[derive(Debug, Default)]
pub struct MemoryGroup {
    levels: [Option<Level>; LEVELS],
}

#[derive(Debug)]
struct Level {
    limit: OwnedFd,
    usage: OwnedFd,
    /// `memory.stat`.
    statistics: Option<OwnedFd>,
    version: Version,
}

/// Limit and usage at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The lowest limit that applies, in bytes; `None` where there is none.
    pub limit: Option<u64>,
    /// Bytes charged to the group that has this limit (or to our own),
    /// the page cache of its files included.
    pub usage: u64,
}

impl MemoryGroup {
    /// Finds the process's group. Without cgroups it answers nothing later.
    #[must_use]
    pub fn open() -> Self {
        own_place().map_or_else(Self::default, |place| Self::at(&place))
    }

    fn at(place: &Place) -> Self {
        let (limit, usage) = place.version.files();
        let mut group = Self::default();
        for (level, directory) in group.levels.iter_mut().zip(place.directories()) {
            *level = open_in(directory, limit)
                .zip(open_in(directory, usage))
                .map(|(limit, usage)| Level {
                    limit,
                    usage,
                    statistics: open_in(directory, "memory.stat"),
                    version: place.version,
                });
        }
        group
    }

    /// Reads limit and usage. Allocates nothing.
    #[must_use]
    pub fn read(&self) -> Option<Memory> {
        let mut found: Option<Memory> = None;
        for level in self.levels.iter().flatten() {
            let limit = level.limit();
            let Some(usage) = level.usage() else {
                continue;
            };
            let lowest = found.and_then(|memory| memory.limit);
            let binding = match (limit, lowest) {
                (Some(limit), Some(lowest)) => limit < lowest,
                (Some(_), None) => true,
                (None, _) => found.is_none(),
            };
            if binding {
                found = Some(Memory { limit, usage });
            }
        }
        found
    }

    /// The group with a limit that is nearest to it: the one in which the kernel
    /// will kill first. `None` where there is no limit. Allocates nothing.
    ///
    /// `share` says which part of a limit matters; the nearest group is the one with
    /// the fewest bytes left up to that.
    #[must_use]
    pub fn tightest(&self, share: impl Fn(u64) -> u64) -> Option<Tight> {
        self.levels
            .iter()
            .flatten()
            .filter_map(|level| {
                let limit = level.limit()?;
                let usage = level.usage()?;
                Some(Tight {
                    limit,
                    used: usage.saturating_sub(level.reclaimable()),
                    share: share(limit),
                })
            })
            .min_by_key(|tight| tight.share.saturating_sub(tight.used))
    }
}

/// A group with a limit at one moment, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tight {
    /// Its limit.
    pub limit: u64,
    /// What is charged to it and cannot be reclaimed without swapping: usage less
    /// file pages. The kernel kills when this reaches the limit.
    pub used: u64,
    /// The part of the limit that was asked for.
    pub share: u64,
}

impl Level {
    fn limit(&self) -> Option<u64> {
        limit_of(self.limit.as_fd())
    }

    fn usage(&self) -> Option<u64> {
        let mut buffer = [0; 64];
        parse_u64(file::read_start(self.usage.as_fd(), &mut buffer))
    }

    /// Bytes of the usage that the kernel takes back before it kills: the pages of
    /// files, whether used lately or not, and caches of its own where it counts
    /// them (version 2). What is in tmpfs or locked is in none of these.
    fn reclaimable(&self) -> u64 {
        let names: &[&[u8]] = match self.version {
            Version::V1 => &[b"total_inactive_file", b"total_active_file"],
            Version::V2 => &[b"inactive_file", b"active_file", b"slab_reclaimable"],
        };
        let Some(statistics) = &self.statistics else {
            return 0;
        };
        let mut buffer = [0; STATISTICS];
        sum_of(file::read_start(statistics.as_fd(), &mut buffer), names)
    }
}

/// The sum of the values behind these names in lines of `NAME VALUE`.
fn sum_of(text: &[u8], names: &[&[u8]]) -> u64 {
    text.split(|&byte| byte == b'\n')
        .filter_map(|line| {
            let space = line.iter().position(|&byte| byte == b' ')?;
            let (name, value) = line.split_at_checked(space)?;
            names.contains(&name).then_some(())?;
            parse_u64(value.get(1..)?)
        })
        .fold(0, u64::saturating_add)
}

/// The folder of the memory cgroup that this process is in, and whether it is of version 1.
#[must_use]
pub fn memory_folder() -> Option<(String, bool)> {
    let place = own_place()?;
    Some((place.directory, place.version == Version::V1))
}

/// The lowest limit of this process's groups, in bytes; `None` where there is none. Reads nothing
/// else.
#[must_use]
pub fn memory_limit() -> Option<u64> {
    let place = own_place()?;
    let (limit, _usage) = place.version.files();
    place
        .directories()
        .filter_map(|directory| limit_of(open_in(directory, limit)?.as_fd()))
        .min()
}

fn own_place() -> Option<Place> {
    let groups = read_whole("/proc/self/cgroup").ok()?;
    let mounts = read_whole("/proc/self/mountinfo").ok()?;
    locate(&groups, &mounts)
}

fn limit_of(file: BorrowedFd<'_>) -> Option<u64> {
    let mut buffer = [0; 64];
    parse_u64(file::read_start(file, &mut buffer)).filter(|&limit| limit < NO_LIMIT)
}

/// Reads a file of `/proc`, which does not know its size, in few calls.
fn read_whole(path: &str) -> io::Result<String> {
    let mut text = String::with_capacity(16 << 10);
    File::open(path)?.read_to_string(&mut text)?;
    Ok(text)
}

fn open_in(directory: &str, name: &str) -> Option<OwnedFd> {
    let mut path = FixedPath::new();
    // A `Fixed` never fails; a path that does not fit is refused below.
    let _ = write!(path, "{directory}/{name}");
    if path.overflowed() {
        return None;
    }
    file::open(path.as_c_str(), libc::O_RDONLY, 0).ok()
}

#[derive(Debug, PartialEq, Eq)]
struct Place {
    version: Version,
    mount: String,
    directory: String,
}

impl Version {
    /// The names of a group's files for limit and usage.
    fn files(self) -> (&'static str, &'static str) {
        match self {
            Self::V1 => ("memory.limit_in_bytes", "memory.usage_in_bytes"),
            Self::V2 => ("memory.max", "memory.current"),
        }
    }
}

impl Place {
    /// The group's directory and those above it, as far as limits are looked at.
    fn directories(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(Some(self.directory.as_str()), |directory| {
            let (parent, _) = directory.rsplit_once('/')?;
            (parent.len() >= self.mount.len()).then_some(parent)
        })
        .take(LEVELS)
    }
}

/// Where the group's directory is, from `/proc/self/cgroup` and
/// `/proc/self/mountinfo`: version 1's memory controller if there is one
/// (then version 2 does not have it), else version 2.
fn locate(groups: &str, mounts: &str) -> Option<Place> {
    let mut unified = None;
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) =
            (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        if controllers
            .split(',')
            .any(|controller| controller == "memory")
        {
            if let Some(place) = mounted(mounts, path, Version::V1) {
                return Some(place);
            }
        } else if controllers.is_empty() {
            unified = mounted(mounts, path, Version::V2);
        }
    }
    unified
}

/// The directory under the mount that shows `path`; a container's mount shows
/// only a part of the hierarchy, named by its fourth field.
fn mounted(mounts: &str, path: &str, version: Version) -> Option<Place> {
    mounts.lines().find_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let mut after = after.split(' ');
        let matches = match (after.next()?, version) {
            ("cgroup", Version::V1) => after.nth(1)?.split(',').any(|option| option == "memory"),
            ("cgroup2", Version::V2) => true,
            _ => false,
        };
        if !matches {
            return None;
        }
        let mut before = before.split(' ').skip(3);
        let (root, mount) = (before.next()?, before.next()?);
        let below = path
            .strip_prefix(root.trim_end_matches('/'))
            .filter(|below| below.is_empty() || below.starts_with('/'))
            .unwrap_or_default();
        Some(Place {
            version,
            mount: mount.to_owned(),
            directory: format!("{mount}{}", below.trim_end_matches('/')),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn finds_version_1_before_2() {
        let groups = "5:cpu:/\n4:memory:/docker/abc\n0::/x\n";
        let mounts = "30 25 0:26 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n\
                      31 25 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let place = locate(groups, mounts).unwrap();
        assert_eq!(place.version, Version::V1);
        assert_eq!(place.directory, "/sys/fs/cgroup/memory");
    }

    #[test]
    fn finds_version_2() {
        let mounts = "31 25 0:27 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n";
        let place = locate("0::/user.slice/a.scope\n", mounts).unwrap();
        assert_eq!(place.version, Version::V2);
        assert_eq!(place.directory, "/sys/fs/cgroup/user.slice/a.scope");
        assert_eq!(
            locate("0::/\n", mounts).unwrap().directory,
            "/sys/fs/cgroup"
        );
        assert_eq!(locate("0::/\n", ""), None);
    }

    #[test]
    fn the_lowest_limit_of_the_hierarchy_counts() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        let put = |directory: &std::path::Path, limit: &str, usage: &str| {
            fs::write(directory.join("memory.max"), limit).unwrap();
            fs::write(directory.join("memory.current"), usage).unwrap();
        };
        put(&inner, "max\n", "10\n");
        put(&root.path().join("a"), "500\n", "100\n");
        put(root.path(), "800\n", "700\n");
        let group = version_2(root.path(), &inner);
        assert_eq!(
            group.read(),
            Some(Memory {
                limit: Some(500),
                usage: 100
            })
        );
        fs::write(root.path().join("a/memory.max"), "max\n").unwrap();
        fs::write(root.path().join("memory.max"), "max\n").unwrap();
        assert_eq!(
            group.read(),
            Some(Memory {
                limit: None,
                usage: 10
            })
        );
    }

    fn version_2(mount: &std::path::Path, directory: &std::path::Path) -> MemoryGroup {
        let text = |path: &std::path::Path| path.to_str().unwrap().to_owned();
        MemoryGroup::at(&Place {
            version: Version::V2,
            mount: text(mount),
            directory: text(directory),
        })
    }

    #[test]
    fn the_group_nearest_to_its_limit_is_the_tightest() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("a");
        fs::create_dir(&inner).unwrap();
        let put = |directory: &std::path::Path, name: &str, text: &str| {
            fs::write(directory.join(name), text).unwrap();
        };
        let group = || version_2(root.path(), &inner);
        put(&inner, "memory.max", "1000\n");
        put(&inner, "memory.current", "600\n");
        put(root.path(), "memory.max", "2000\n");
        put(root.path(), "memory.current", "1900\n");
        let half = |limit| limit / 2;
        // Without statistics all of it counts.
        let outer = Tight {
            limit: 2000,
            used: 1900,
            share: 2000,
        };
        assert_eq!(group().tightest(|limit| limit), Some(outer));
        put(
            root.path(),
            "memory.stat",
            "anon 1\ninactive_file 700\nactive_file 200\nslab_reclaimable 50\nslab 9\n",
        );
        let found = group().tightest(half).unwrap();
        assert_eq!(found.limit, 1000);
        assert_eq!((found.used, found.share), (600, 500));
        put(&inner, "memory.max", "max\n");
        let found = group().tightest(half).unwrap();
        assert_eq!((found.limit, found.used), (2000, 950));
        put(root.path(), "memory.max", "max\n");
        assert_eq!(group().tightest(half), None);
    }

    #[test]
    fn file_pages_are_summed_up() {
        let text = b"total_cache 9\ntotal_inactive_file 5\ninactive_file 1\ntotal_active_file 7\n";
        let names: &[&[u8]] = &[b"total_inactive_file", b"total_active_file"];
        assert_eq!(sum_of(text, names), 12);
        assert_eq!(sum_of(b"total_inactive_file\nx y\n", names), 0);
        assert_eq!(sum_of(b"", names), 0);
    }

    #[test]
    fn the_real_group_is_read_where_there_is_one() {
        let group = MemoryGroup::open();
        assert!(group.read().is_none_or(|memory| memory.usage > 0));
    }
}
