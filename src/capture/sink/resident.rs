//! How much of the file is in memory while it is being written: in a memory
//! cgroup of its own, where nothing else has pages of files.
#![expect(unsafe_code, reason = "mincore")]

use super::tests::naming;
use super::writer::MOST_RESIDENT;
use super::*;
use crate::sys::mem::PAGE;
use std::fs;
use std::io::BufRead as _;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Bytes that are written, many times what the container holds.
const LENGTH: usize = 512 << 20;
const LIMIT: u64 = 48 << 20;

/// Where the child writes.
const PLACE: &str = "OOMHOST_TEST_SINK_PLACE";

/// A memory cgroup of version 1 or 2 below the test's own.
struct Group {
    path: PathBuf,
    /// What its `memory.stat` calls pages that are dirty, on their way, and all.
    names: [&'static str; 3],
}

impl Group {
    fn make(limit: u64) -> Option<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let own = fs::read_to_string("/proc/self/cgroup").ok()?;
        let find = |prefix: &str| own.lines().find_map(|line| line.split_once(prefix));
        let (folder, file, names) = match (find(":memory:"), find("0::")) {
            (Some((_, path)), _) => (
                format!("/sys/fs/cgroup/memory{path}"),
                "memory.limit_in_bytes",
                ["total_dirty", "total_writeback", "total_cache"],
            ),
            (None, Some((_, path))) => (
                format!("/sys/fs/cgroup{path}"),
                "memory.max",
                ["file_dirty", "file_writeback", "file"],
            ),
            _ => return None,
        };
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("oomhost-sink-{}-{number}", std::process::id());
        let path = Path::new(&folder).join(name);
        fs::create_dir(&path).ok()?;
        let group = Self { path, names };
        fs::write(group.path.join(file), limit.to_string()).ok()?;
        Some(group)
    }

    fn figures(&self) -> [u64; 3] {
        let text = fs::read_to_string(self.path.join("memory.stat")).unwrap();
        self.names.map(|name| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
                .unwrap_or_else(|| panic!("{name} in {text}"))
        })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // An empty group that stays does no harm.
        let _ = fs::remove_dir(&self.path);
    }
}

/// Bytes of a file that are in memory, whoever has them there.
fn resident(file: &fs::File) -> u64 {
    let length = usize::try_from(file.metadata().unwrap().len()).unwrap();
    if length == 0 {
        return 0;
    }
    let mut pages = vec![0_u8; length.div_ceil(PAGE)];
    // SAFETY: a new mapping, which nobody reads: `mincore` fills a byte for each
    // of its pages, and it goes.
    unsafe {
        let start = libc::mmap(
            std::ptr::null_mut(),
            length,
            libc::PROT_READ,
            libc::MAP_SHARED,
            file.as_raw_fd(),
            0,
        );
        assert_ne!(start, libc::MAP_FAILED);
        assert_eq!(libc::mincore(start, length, pages.as_mut_ptr()), 0);
        libc::munmap(start, length);
    }
    pages.iter().filter(|&&page| page & 1 != 0).count() as u64 * PAGE as u64
}

/// Writes a file in a container; the most that there was of dirty pages and those
/// on their way, of page cache, and of the file in memory, and what it says.
fn write_in(group: &Group) -> ([u64; 3], String) {
    let place = tempfile::tempdir().unwrap();
    let mut child = Command::new("sh")
        .args(["-c", "echo $$ > \"$0/cgroup.procs\" && exec \"$@\""])
        .arg(&group.path)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "capture::sink::resident::child", "--nocapture"])
        .env(PLACE, place.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let partial = place.path().join("x.partial");
    let mut file = None;
    let mut most = [0; 3];
    let status = loop {
        let [dirty, on_its_way, cache] = group.figures();
        if file.is_none() {
            file = fs::File::open(&partial).ok();
        }
        let resident = file.as_ref().map_or(0, resident);
        for (most, now) in most.iter_mut().zip([dirty + on_its_way, cache, resident]) {
            *most = now.max(*most);
        }
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    assert!(status.success());
    let said = std::io::BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .find(|line| line.contains("MB/s"))
        .unwrap();
    assert_eq!(
        fs::metadata(place.path().join("x")).unwrap().len(),
        LENGTH as u64
    );
    (most, said)
}

/// The cgroup's own counters run behind, and a page that goes from one to the other may be in both.
const MOST_DIRTY: u64 = 13 << 20;

/// No test of its own: what [`write_in`] starts.
#[test]
fn child() {
    let Some(place) = std::env::var_os(PLACE) else {
        return;
    };
    let name = naming(&Path::new(&place).join("x"));
    let mut reserve = Reserve::take();
    let chunk: Vec<u8> = (0..64 << 10).map(|i| b"0123456789,\n"[i % 12]).collect();
    let began = Instant::now();
    let mut sink = Sink::create(&mut reserve, &name, Existing::Keep).unwrap();
    for _ in 0..LENGTH / chunk.len() {
        sink.write(&chunk).unwrap();
    }
    let written = began.elapsed();
    sink.finish().unwrap();
    let all = began.elapsed();
    #[expect(clippy::cast_precision_loss, reason = "a figure to print")]
    let rate = (LENGTH >> 20) as f64 / all.as_secs_f64();
    println!(
        "{} ms until it is written, {} ms until it is on the disk, {rate:.0} MB/s",
        written.as_millis(),
        all.as_millis()
    );
}

#[test]
fn at_most_16_mb_of_the_file_are_in_memory() {
    let Some(group) = Group::make(LIMIT) else {
        eprintln!("SKIPPED: no memory cgroup can be made");
        return;
    };
    let (most, said) = write_in(&group);
    let [dirty, cache, resident] = most.map(|bytes| bytes >> 10);
    eprintln!(
        "of {} MB in a container of {} MB: dirty and on its way {dirty} KiB, \
         page cache {cache} KiB, of the file in memory {resident} KiB; {said}",
        LENGTH >> 20,
        LIMIT >> 20,
    );
    assert!(most[0] <= MOST_DIRTY, "{most:?}");
    assert!(most[2] <= MOST_RESIDENT, "{most:?}");
}
