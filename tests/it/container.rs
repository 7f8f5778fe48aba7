//! The quick cells of the benchmark `container`: what a capture promises in a full container,
//! without its times.

#[path = "../bench/container/cell.rs"]
mod cell;
#[path = "../bench/container/group.rs"]
pub mod group;
#[expect(dead_code, reason = "the benchmark has more columns")]
#[path = "../bench/container/run.rs"]
mod run;
#[path = "../bench/container/signal.rs"]
pub mod signal;
#[path = "../bench/container/snapshots.rs"]
mod snapshots;

use std::time::Duration;

use cell::{Cell, Program, anonymous_bound};
use group::Group;

use crate::faults::skip;

/// A capture takes a second or two.
const PATIENCE: Duration = Duration::from_mins(2);

#[test]
fn a_full_container_kills_no_capture_and_costs_no_anonymous_memory() {
    if let Err(reason) = Group::make(64 << 20) {
        skip!("no memory cgroup can be made: {reason}");
    }
    for cell in cell::quick() {
        holds(&cell);
    }
}

fn holds(cell: &Cell) {
    let program = Program::oomhost();
    let outcome = run::run(cell, &program, PATIENCE)
        .unwrap_or_else(|error| panic!("{}, {cell:?}: {error}", program.name));
    assert!(outcome.survived(), "{cell:?}: {outcome:?}");
    assert_eq!(outcome.bad, 0, "{cell:?}: {outcome:?}");
    assert_eq!(
        outcome.complete,
        outcome.valid == 1,
        "{cell:?}: {outcome:?}"
    );
    assert!(
        outcome.more_anonymous <= anonymous_bound(cell.heap),
        "{cell:?}: {outcome:?}"
    );
    assert!(outcome.complete, "{cell:?}: {outcome:?}");
}
