//! What a capture finds of disk and memory, and what it makes of that: pure, as [`super::policy`].

/// Where the memory of a capture comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// A scratch file on a disk.
    Arena,
    /// Plain memory.
    Plain,
}

/// What a capture finds, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// What is in use of the heap.
    pub used: u64,
    /// Free on the scratch file's disk.
    pub disk: u64,
    /// Memory that the machine and the container still have.
    pub memory: u64,
    /// V8's own generator will build its graph.
    pub graph: bool,
}

/// What a capture takes (and the file, where it goes to the same disk) as a multiple
/// of the heap. 100 MB of small objects: 11 MB of tables and 340 to 460 MB of file.
const CAPTURE_PER_HEAP: u64 = 6;

/// The same with V8's graph: 1,350 to 1,550 MB of it.
const GRAPH_PER_HEAP: u64 = 20;

/// A graph that is only strings and few edges is no smaller than this.
const LEAST_CAPTURE: u64 = 64 << 20;

impl Room {
    /// The arena, unless its disk is likely too small and memory is plentiful: a
    /// capture takes the same time in both, so that plain memory, which may get the
    /// process killed, has no other merit.
    #[must_use]
    pub fn choose(self) -> Memory {
        let need = self.need();
        if self.disk < need && self.memory >= need {
            Memory::Plain
        } else {
            Memory::Arena
        }
    }

    /// The most that a capture of the heap is expected to take, in bytes.
    #[must_use]
    pub fn need(self) -> u64 {
        let per_heap = if self.graph {
            GRAPH_PER_HEAP
        } else {
            CAPTURE_PER_HEAP
        };
        self.used.saturating_mul(per_heap).max(LEAST_CAPTURE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_memory_is_for_small_disks_and_much_memory() {
        let room = |used: u64, disk: u64, memory: u64| Room {
            used: used << 20,
            disk: disk << 20,
            memory: memory << 20,
            graph: true,
        };
        assert_eq!(room(100, 50_000, 50_000).choose(), Memory::Arena);
        assert_eq!(room(100, 50_000, 10).choose(), Memory::Arena);
        assert_eq!(room(100, 500, 10).choose(), Memory::Arena);
        assert_eq!(room(100, 500, 50_000).choose(), Memory::Plain);
        assert_eq!(room(1, 50, 50_000).choose(), Memory::Plain);
        assert_eq!(room(1, 65, 50_000).choose(), Memory::Arena);
        let small = Room {
            graph: false,
            ..room(100, 1000, 50_000)
        };
        assert_eq!(small.choose(), Memory::Arena);
    }
}
