//! Objects of ours that JavaScript knows by a number.

use rustc_hash::FxHashMap;

/// Those of a thread or an isolate, until JavaScript takes them out. Numbers begin at 1 and come once.
#[derive(Debug)]
pub struct Numbered<T> {
    last: u32,
    held: FxHashMap<u32, T>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self {
            last: 0,
            held: FxHashMap::default(),
        }
    }
}

impl<T> Numbered<T> {
    /// Keeps `object`; its number.
    pub fn add(&mut self, object: T) -> u32 {
        self.last += 1;
        self.held.insert(self.last, object);
        self.last
    }

    /// The object of that number.
    pub fn get(&self, number: u32) -> Option<&T> {
        self.held.get(&number)
    }

    /// Likewise.
    pub fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.held.get_mut(&number)
    }

    /// The object, which is the caller's from now on.
    pub fn take_out(&mut self, number: u32) -> Option<T> {
        self.held.remove(&number)
    }
}
