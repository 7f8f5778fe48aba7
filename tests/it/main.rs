//! End-to-end tests: the real binary, started as a child.

mod third_party;
