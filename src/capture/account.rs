//! What tier 0 tells, as plain values: gathered first, written afterwards.

use super::crossing::Reach;
use crate::sys::cgroup::{Memory, MemoryGroup};
use crate::sys::fixed::{Fixed, Lossy};
use crate::sys::process::Statm;
use crate::sys::{clock, process};
use std::fmt;

/// Whose memory a limit of resident memory counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The memory cgroup's.
    Container,
    /// The machine's.
    Machine,
    /// The process's own, against a size that the user gave.
    Process,
}

impl Whose {
    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Machine => "machine",
            Self::Process => "process",
        }
    }
}

/// Resident memory and its limit, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resident {
    /// Whose.
    pub whose: Whose,
    /// Use, and the use at which a capture is wanted.
    pub reach: Reach,
    /// What there is at most.
    pub limit: u64,
}

/// Why there is an account.
#[derive(Clone, Copy, Debug)]
pub enum Cause<'a> {
    /// The near-heap-limit callback, and the process ends after the capture or
    /// goes on.
    NearLimit {
        /// V8's limit of the old generation, in bytes.
        limit: usize,
        /// Whether the process ends with the capture.
        fatal: bool,
    },
    /// The out-of-memory handler.
    OutOfMemory {
        /// Where in V8, such as `invalid table size`.
        location: &'a [u8],
        /// More about it, where V8 has more to say.
        detail: &'a [u8],
        /// The JavaScript heap is full, rather than the process's memory.
        is_heap: bool,
    },
    /// Resident memory reached `--capture-at-rss`; the program goes on.
    NearResidentLimit(Resident),
    /// An uncaught error that says that memory ran out.
    Uncaught {
        /// Its class and message.
        message: &'a [u8],
    },
    /// Nothing is wrong: a script, a signal or an option asks.
    Asked {
        /// What Node's reports have as `header.event`.
        event: &'a [u8],
        /// What they have as `header.trigger`.
        trigger: &'static str,
    },
}

impl Cause<'_> {
    /// Node's words for it, which its reports have as `header.event`.
    #[must_use]
    pub fn event(&self) -> impl fmt::Display {
        fmt::from_fn(|f| match self {
            Self::NearLimit { fatal: true, .. } | Self::OutOfMemory { is_heap: true, .. } => {
                f.write_str("Allocation failed - JavaScript heap out of memory")
            }
            Self::OutOfMemory { is_heap: false, .. } => {
                f.write_str("Allocation failed - process out of memory")
            }
            Self::NearLimit { fatal: false, .. } => f.write_str("Near heap limit"),
            Self::NearResidentLimit(_) => f.write_str("Near memory limit"),
            Self::Uncaught { message } => write!(f, "{}", Lossy(message)),
            Self::Asked { event, .. } => write!(f, "{}", Lossy(event)),
        })
    }

    /// What Node's reports have as `header.trigger`.
    #[must_use]
    pub fn trigger(&self) -> &'static str {
        match self {
            Self::NearLimit { fatal: true, .. } | Self::OutOfMemory { .. } => "OOMError",
            Self::NearLimit { fatal: false, .. } => "NearHeapLimit",
            Self::NearResidentLimit(_) => "NearMemoryLimit",
            Self::Uncaught { .. } => "Exception",
            Self::Asked { trigger, .. } => trigger,
        }
    }

    /// The last words of a process that ends of it, in Node's form.
    #[must_use]
    pub fn last_words(&self) -> impl fmt::Display {
        fmt::from_fn(|f| {
            let location = match self {
                Self::OutOfMemory { location, .. } => location,
                _ => b"Reached heap limit".as_slice(),
            };
            write!(f, "FATAL ERROR: {} {}", Lossy(location), self.event())
        })
    }
}

/// One of V8's heap spaces; sizes in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Space {
    /// V8's name, such as `old_space`.
    pub name: &'static str,
    /// Memory reserved for it.
    pub size: usize,
    /// Memory that exists.
    pub physical: usize,
    /// Memory of its objects.
    pub used: usize,
    /// Memory left.
    pub available: usize,
}

/// V8 has ten spaces today.
const SPACES: usize = 16;

/// An isolate's heap; sizes in bytes, under V8's names.
#[derive(Clone, Copy, Debug, Default)]
pub struct Heap {
    pub total: usize,
    pub executable: usize,
    pub physical: usize,
    pub available: usize,
    pub global_handles: usize,
    pub used_global_handles: usize,
    pub used: usize,
    pub limit: usize,
    pub malloced: usize,
    pub peak_malloced: usize,
    /// Memory outside the heap that objects keep: array buffers, above all.
    pub external: usize,
    pub native_contexts: usize,
    pub detached_contexts: usize,
    pub zaps_garbage: bool,
    pub(super) spaces: [Space; SPACES],
    pub(super) space_count: usize,
}

impl Heap {
    /// Adds a space; beyond sixteen they are left out.
    pub fn add_space(&mut self, space: Space) {
        if let Some(place) = self.spaces.get_mut(self.space_count) {
            *place = space;
            self.space_count += 1;
        }
    }

    /// The spaces.
    #[must_use]
    pub fn spaces(&self) -> &[Space] {
        self.spaces.get(..self.space_count).unwrap_or_default()
    }

    /// Bytes in use that count against the near-heap-limit callback's limit:
    /// everything outside the young generation.
    #[must_use]
    pub fn used_old(&self) -> usize {
        self.spaces()
            .iter()
            .filter(|space| !matches!(space.name, "new_space" | "new_large_object_space"))
            .map(|space| space.used)
            .sum()
    }
}

/// A JavaScript stack as text: a line a frame, innermost first.
pub type Stack = Fixed<8192>;

/// What the process is found in: opened at its start, read when it matters.
#[derive(Debug)]
pub struct Vitals {
    statm: Statm,
    cgroup: MemoryGroup,
    /// Monotonic nanoseconds at the start.
    started: u64,
    /// Seconds that local time is ahead of UTC.
    pub local_offset: i64,
}

impl Vitals {
    /// Opens what will be read. For the start of the process.
    #[must_use]
    pub fn open() -> Self {
        Self {
            statm: Statm::open(),
            cgroup: MemoryGroup::open(),
            started: clock::monotonic_ns(),
            local_offset: clock::local_offset_s(),
        }
    }

    /// Resident set size in bytes.
    #[must_use]
    pub fn rss(&self) -> Option<u64> {
        self.statm.rss()
    }

    /// Limit and usage of the process's memory cgroup.
    #[must_use]
    pub fn cgroup(&self) -> Option<Memory> {
        self.cgroup.read()
    }

    /// Bytes of memory that the machine has free and the container may still use.
    #[must_use]
    pub fn headroom(&self) -> u64 {
        let (_total, free) = process::machine_memory();
        self.cgroup()
            .and_then(|memory| Some(memory.limit?.saturating_sub(memory.usage)))
            .map_or(free, |left| left.min(free))
    }

    /// Nanoseconds since the start.
    #[must_use]
    pub fn uptime_ns(&self) -> u64 {
        clock::monotonic_ns().saturating_sub(self.started)
    }
}

/// All of it, at one moment.
pub struct Account<'a> {
    /// Why.
    pub cause: Cause<'a>,
    /// The heap; missing where V8 may not be asked.
    pub heap: Option<&'a Heap>,
    /// The JavaScript stack; empty where V8 may not be asked.
    pub stack: &'a Stack,
    /// Bytes that array buffers hold, those of Buffers and typed arrays.
    pub array_buffers: u64,
    /// Resident set size in bytes.
    pub rss: Option<u64>,
    /// The memory cgroup.
    pub cgroup: Option<Memory>,
    /// Node's thread id: 0 is the main thread.
    pub thread: u64,
    /// V8 is in the middle of a garbage collection, and its figures with it.
    pub collecting: bool,
    /// Monotonic nanoseconds when the account began.
    pub began: u64,
}

/// Displays bytes as V8 and Node do, in MB of 2^20.
#[must_use]
pub fn megabytes(bytes: u64) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        let tenths = (u128::from(bytes) * 10 + (1 << 19)) >> 20;
        write!(f, "{}.{} MB", tenths / 10, tenths % 10)
    })
}

/// Displays nanoseconds as seconds with one decimal, or as milliseconds where
/// they are few.
#[must_use]
pub fn duration(nanoseconds: u64) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        let milliseconds = nanoseconds / 1_000_000;
        if milliseconds < 1000 {
            write!(f, "{milliseconds} ms")
        } else {
            let tenths = milliseconds / 100;
            write!(f, "{}.{} s", tenths / 10, tenths % 10)
        }
    })
}

impl Account<'_> {
    /// Writes it to standard error for people.
    pub fn print(&self, print: &mut dyn FnMut(fmt::Arguments<'_>), uptime_ns: u64) {
        print(format_args!(
            "\n<--- oomhost: {}, pid {}",
            self.headline(),
            process::id(),
        ));
        if self.thread != 0 {
            print(format_args!(", worker {}", self.thread));
        }
        print(format_args!(", after {} --->\n", duration(uptime_ns)));
        if let Some(heap) = self.heap {
            if self.collecting {
                print(format_args!("in the middle of a garbage collection:\n"));
            }
            print(format_args!(
                "heap: {} used, limit {}, external {}, malloced {}\n",
                megabytes(heap.used as u64),
                megabytes(heap.limit as u64),
                megabytes(heap.external as u64),
                megabytes(heap.malloced as u64),
            ));
            for space in heap.spaces().iter().filter(|space| space.size > 0) {
                print(format_args!(
                    "  {:<26} {:>12} used, {:>12} reserved\n",
                    space.name,
                    Aligned(megabytes(space.used as u64)),
                    Aligned(megabytes(space.size as u64)),
                ));
            }
        }
        if let Some(rss) = self.rss {
            print(format_args!(
                "process: RSS {}, array buffers (Buffers, typed arrays) {}",
                megabytes(rss),
                megabytes(self.array_buffers)
            ));
            if let Some(heap) = self.heap {
                let others = rss
                    .saturating_sub(heap.physical as u64)
                    .saturating_sub(self.array_buffers);
                print(format_args!(
                    ", others (WebAssembly, native) {}",
                    megabytes(others)
                ));
            }
            print(format_args!("\n"));
        }
        match self.cgroup {
            Some(Memory {
                limit: Some(limit),
                usage,
            }) => print(format_args!(
                "cgroup: {} used, limit {}\n",
                megabytes(usage),
                megabytes(limit)
            )),
            Some(Memory { limit: None, usage }) => {
                print(format_args!(
                    "cgroup: {} used, no limit\n",
                    megabytes(usage)
                ));
            }
            None => {}
        }
        if self.stack.as_bytes().is_empty() {
            print(format_args!("JavaScript stack: not available\n"));
        } else {
            print(format_args!("JavaScript stack:\n"));
            for frame in frames(self.stack) {
                print(format_args!("    {}\n", Lossy(frame)));
            }
        }
    }

    fn headline(&self) -> impl fmt::Display {
        fmt::from_fn(|f| match self.cause {
            Cause::NearLimit { limit, .. } => {
                write!(f, "heap near its limit of {}", megabytes(limit as u64))
            }
            Cause::OutOfMemory {
                location, detail, ..
            } => {
                write!(f, "out of memory: {}", Lossy(location))?;
                if detail.is_empty() {
                    Ok(())
                } else {
                    write!(f, " ({})", Lossy(detail))
                }
            }
            Cause::NearResidentLimit(found) => write_resident(f, found),
            Cause::Uncaught { message } => write!(f, "out of memory: {}", Lossy(message)),
            Cause::Asked { event, .. } => write!(f, "{}", Lossy(event)),
        })
    }
}

fn write_resident(f: &mut fmt::Formatter<'_>, found: Resident) -> fmt::Result {
    let used = megabytes(found.reach.used);
    let limit = megabytes(found.limit);
    match found.whose {
        Whose::Container => write!(
            f,
            "resident memory near the container's limit of {limit}: {used} in use"
        ),
        Whose::Machine => write!(
            f,
            "resident memory near the {limit} that the machine has for it: {used} in use"
        ),
        Whose::Process => write!(f, "resident memory of {used} at --capture-at-rss={limit}"),
    }
}

/// The frames of a stack, `at …` each.
pub fn frames(stack: &Stack) -> impl Iterator<Item = &[u8]> {
    stack
        .as_bytes()
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
}

/// Pads what displays in pieces.
struct Aligned<T>(T);

impl<T: fmt::Display> fmt::Display for Aligned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Fixed::<64>::new();
        // A `Fixed` never fails.
        let _ = fmt::write(&mut text, format_args!("{}", self.0));
        f.pad(std::str::from_utf8(text.as_bytes()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    #[test]
    fn figures() {
        assert_eq!(megabytes(0).to_string(), "0.0 MB");
        assert_eq!(megabytes(100 << 20).to_string(), "100.0 MB");
        assert_eq!(megabytes((1 << 20) * 3 / 2).to_string(), "1.5 MB");
        assert_eq!(megabytes(u64::MAX).to_string(), "17592186044416.0 MB");
        assert_eq!(duration(12_000_000).to_string(), "12 ms");
        assert_eq!(duration(1_250_000_000).to_string(), "1.2 s");
    }

    #[test]
    fn nodes_last_words() {
        let cause = Cause::OutOfMemory {
            location: b"invalid table size",
            detail: b"",
            is_heap: true,
        };
        assert_eq!(
            cause.last_words().to_string(),
            "FATAL ERROR: invalid table size Allocation failed - JavaScript heap out of memory"
        );
    }

    #[test]
    fn whose_memory_it_is_is_told() {
        for (whose, text) in [
            (
                Whose::Container,
                "resident memory near the container's limit of 4.0 MB: 3.0 MB in use",
            ),
            (
                Whose::Machine,
                "resident memory near the 4.0 MB that the machine has for it: 3.0 MB in use",
            ),
            (
                Whose::Process,
                "resident memory of 3.0 MB at --capture-at-rss=4.0 MB",
            ),
        ] {
            let account = Account {
                cause: Cause::NearResidentLimit(Resident {
                    whose,
                    reach: Reach {
                        used: 3 << 20,
                        threshold: 2 << 20,
                    },
                    limit: 4 << 20,
                }),
                heap: None,
                stack: &Stack::new(),
                array_buffers: 0,
                rss: None,
                cgroup: None,
                thread: 0,
                collecting: false,
                began: 0,
            };
            assert_eq!(account.headline().to_string(), text);
        }
    }

    #[test]
    fn the_text_has_every_figure() {
        let mut heap = Heap {
            used: 99 << 20,
            limit: 104 << 20,
            physical: 100 << 20,
            ..Heap::default()
        };
        heap.add_space(Space {
            name: "old_space",
            size: 100 << 20,
            used: 98 << 20,
            ..Space::default()
        });
        heap.add_space(Space {
            name: "new_space",
            used: 1 << 20,
            ..Space::default()
        });
        assert_eq!(heap.used_old(), 98 << 20);
        let mut stack = Stack::new();
        stack.push(b"at leak (/a.js:1:2)\nat /a.js:3:4\n");
        let account = Account {
            cause: Cause::NearLimit {
                limit: 100 << 20,
                fatal: true,
            },
            heap: Some(&heap),
            stack: &stack,
            array_buffers: 30 << 20,
            rss: Some(150 << 20),
            cgroup: Some(Memory {
                limit: Some(256 << 20),
                usage: 200 << 20,
            }),
            thread: 0,
            collecting: false,
            began: 0,
        };
        let mut text = String::new();
        account.print(&mut |piece| text.write_fmt(piece).unwrap(), 1_500_000_000);
        for part in [
            "heap near its limit of 100.0 MB",
            "after 1.5 s",
            "heap: 99.0 MB used, limit 104.0 MB",
            "  old_space                       98.0 MB used,     100.0 MB reserved\n",
            "RSS 150.0 MB, array buffers (Buffers, typed arrays) 30.0 MB, \
             others (WebAssembly, native) 20.0 MB\n",
            "cgroup: 200.0 MB used, limit 256.0 MB",
            "    at leak (/a.js:1:2)\n    at /a.js:3:4\n",
        ] {
            assert!(text.contains(part), "{part:?} is not in {text}");
        }
        assert!(!text.contains("new_space"), "an empty space: {text}");
    }
}
