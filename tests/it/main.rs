//! End-to-end tests: the real binary, started as a child.

mod fixtures;
mod healthy;
mod leaks;
mod third_party;
