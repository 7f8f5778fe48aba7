//! `oomhost test`: which files are tests (`find`), what their first lines ask for (`directives`), each
//! in a process of its own (`process`), what came of it (`verdict`), what is known already
//! (`baseline`), and several at a time (`schedule`).
//!
//! A test's scenario is repeated and measured within its process, by `js/internal/leak_runner.js` and
//! `heap::rounds`; what comes here is what it has written down.

mod artifacts;
mod baseline;
mod directives;
mod find;
mod output;
mod pattern;
mod process;
mod read;
mod schedule;
mod verdict;

pub use baseline::Baseline;
pub use directives::duration;
pub use find::{Fixture, find};
pub use process::Settings;
pub use schedule::{Keep, Plan, RunError, run, update_baseline};
