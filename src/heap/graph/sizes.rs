//! Sizes in bytes, of which few need more than 32 bits.

use rustc_hash::FxHashMap;

/// A size for each node.
#[derive(Debug, Clone, Default)]
pub(super) struct Sizes {
    /// `u32::MAX` where the size is in `large`.
    small: Vec<u32>,
    large: FxHashMap<usize, u64>,
}

impl Sizes {
    pub fn new(small: Vec<u32>, large: impl IntoIterator<Item = (usize, u64)>) -> Self {
        Self {
            small,
            large: large.into_iter().collect(),
        }
    }

    pub fn len(&self) -> usize {
        self.small.len()
    }

    #[inline]
    pub fn get(&self, at: usize) -> u64 {
        match self.small[at] {
            u32::MAX => self.large.get(&at).copied().unwrap_or(u64::from(u32::MAX)),
            size => u64::from(size),
        }
    }

    pub fn add(&mut self, at: usize, more: u64) {
        self.set(at, self.get(at).saturating_add(more));
    }

    pub fn set(&mut self, at: usize, size: u64) {
        match u32::try_from(size) {
            Ok(small) if small != u32::MAX => self.small[at] = small,
            _ => {
                self.small[at] = u32::MAX;
                self.large.insert(at, size);
            }
        }
    }
}
