//! Programs that use much memory and lose none: they end well and leave nothing behind.

use crate::fixtures::{Fixture, one_test_each};

fn leaves_no_trace(fixture: &Fixture) {
    assert_eq!(fixture.get("expect"), Some("ok"));
    let run = fixture.run();
    assert!(run.status.success(), "{}", run.account());
    assert!(run.files.is_empty(), "{}", run.account());
    assert_eq!(run.stderr, "", "{}", run.account());
}

one_test_each! { "healthy", leaves_no_trace:
    bounded_cache
    caught_range_errors
    churn
    cleared_interval
    deep_recursion
    ending_timers
    freed_buffers
    json_round_trips
    listeners
    microtasks
    nearly_full
    strings
    weak_map
    weak_ref
}
