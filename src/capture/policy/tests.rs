use super::*;

const MB: usize = 1 << 20;
const YOUNG: usize = 48 * MB;
const LIMIT: usize = 100 * MB;

fn at(limit: usize, used: usize) -> Pressure {
    Pressure {
        limit,
        used,
        young_generation: YOUNG,
    }
}

fn once() -> Policy {
    Policy::new(Budget::OnceThenAbort)
}

fn times(n: u32) -> Policy {
    Policy::new(Budget::Times(n))
}

#[test]
fn by_default_one_capture_then_abort() {
    let mut policy = once();
    assert_eq!(policy.near_limit(at(LIMIT, LIMIT)), AtLimit::Capture);
    assert_eq!(policy.captured(at(LIMIT, LIMIT), 0), AfterCapture::Abort);
    assert_eq!(policy.taken, 1);
}

#[test]
fn a_large_request_on_a_small_heap_is_left_to_v8() {
    let mut policy = once();
    assert_eq!(
        policy.near_limit(at(LIMIT, 20 * MB)),
        AtLimit::Return(LIMIT)
    );
    assert_eq!(
        policy.out_of_memory(Heap::Walkable),
        AtDeath::ReportAndCapture
    );
}

#[test]
fn nested_calls_get_one_ceiling() {
    let mut policy = once();
    assert_eq!(policy.near_limit(at(LIMIT, LIMIT)), AtLimit::Capture);
    let AtLimit::Return(ceiling) = policy.near_limit(at(LIMIT, LIMIT)) else {
        panic!("a nested capture");
    };
    assert!(ceiling >= LIMIT + 2 * YOUNG);
    for _ in 0..10 {
        assert_eq!(
            policy.near_limit(at(ceiling, ceiling)),
            AtLimit::Return(ceiling)
        );
    }
}

#[test]
fn the_ceiling_is_that_of_the_capture_not_of_an_earlier_one() {
    let mut policy = times(2);
    assert_eq!(policy.near_limit(at(LIMIT, LIMIT)), AtLimit::Capture);
    let first = policy.near_limit(at(LIMIT, LIMIT));
    policy.captured(at(LIMIT, LIMIT), 0);
    assert_eq!(policy.near_limit(at(3 * LIMIT, LIMIT)), AtLimit::Capture);
    let second = policy.near_limit(at(3 * LIMIT, LIMIT));
    assert_ne!(first, second);
}

#[test]
fn going_on_where_the_collection_freed_enough() {
    let mut policy = once();
    assert_eq!(policy.near_limit(at(LIMIT, LIMIT)), AtLimit::Capture);
    assert_eq!(
        policy.captured(at(LIMIT, 30 * MB), 0),
        AfterCapture::Return(LIMIT)
    );
    // The heap at the real end is worth a second snapshot, and no third.
    assert_eq!(policy.near_limit(at(LIMIT, LIMIT)), AtLimit::Capture);
    assert_eq!(
        policy.captured(at(LIMIT, 30 * MB), 0),
        AfterCapture::Return(LIMIT)
    );
    assert_eq!(policy.near_limit(at(LIMIT, LIMIT)), AtLimit::Return(LIMIT));
    assert_eq!(policy.out_of_memory(Heap::Walkable), AtDeath::Report);
}

#[test]
fn a_budget_of_n_raises_by_one_young_generation_each_time() {
    let mut policy = times(2);
    let mut limit = LIMIT;
    for _ in 0..2 {
        // Node captures at every call, however much is in use.
        assert_eq!(policy.near_limit(at(limit, limit / 2)), AtLimit::Capture);
        let next = limit + YOUNG;
        assert_eq!(
            policy.captured(at(limit, limit), 0),
            AfterCapture::Return(next)
        );
        limit = next;
    }
    assert_eq!(policy.near_limit(at(limit, limit)), AtLimit::Return(limit));
    assert_eq!(policy.out_of_memory(Heap::Walkable), AtDeath::Report);
}

#[test]
fn the_returned_limit_is_above_what_nested_calls_raised() {
    let mut policy = times(1);
    policy.near_limit(at(LIMIT, LIMIT));
    let AfterCapture::Return(limit) = policy.captured(at(LIMIT, LIMIT), 200 * MB) else {
        panic!("an abort");
    };
    assert!(limit > LIMIT + 200 * MB);
}

#[test]
fn a_budget_of_zero_captures_nothing() {
    let mut policy = times(0);
    assert_eq!(policy.near_limit(at(LIMIT, LIMIT)), AtLimit::Return(LIMIT));
    assert_eq!(policy.out_of_memory(Heap::Walkable), AtDeath::Report);
    assert!(!policy.uncaught() || policy.taken == 0);
}

#[test]
fn the_budget_can_be_set_by_the_script() {
    let mut policy = once();
    assert!(policy.ends_with_capture());
    policy.set_budget(Budget::Times(1));
    assert!(!policy.ends_with_capture());
    assert_eq!(policy.near_limit(at(LIMIT, LIMIT)), AtLimit::Capture);
    assert_eq!(
        policy.captured(at(LIMIT, LIMIT), 0),
        AfterCapture::Return(LIMIT + YOUNG)
    );
    policy.set_budget(Budget::Times(1));
    assert_eq!(policy.near_limit(at(LIMIT, LIMIT)), AtLimit::Capture);
}

#[test]
fn the_handler_captures_only_a_heap_that_can_be_walked() {
    for (heap, expected) in [
        (Heap::Walkable, AtDeath::ReportAndCapture),
        (Heap::Collecting, AtDeath::Report),
    ] {
        assert_eq!(once().out_of_memory(heap), expected);
    }
}

#[test]
fn nothing_is_tried_twice_on_the_way_down() {
    let mut policy = once();
    policy.near_limit(at(LIMIT, LIMIT));
    assert_eq!(
        policy.out_of_memory(Heap::Walkable),
        AtDeath::AbandonCapture
    );
    assert_eq!(policy.out_of_memory(Heap::Walkable), AtDeath::Nothing);

    let mut policy = once();
    assert_eq!(
        policy.out_of_memory(Heap::Walkable),
        AtDeath::ReportAndCapture
    );
    // Collections of the last capture still get their room.
    assert!(matches!(
        policy.near_limit(at(LIMIT, LIMIT)),
        AtLimit::Return(limit) if limit > LIMIT
    ));
    assert_eq!(policy.out_of_memory(Heap::Walkable), AtDeath::Nothing);
    assert!(!policy.requested());
    assert!(!policy.uncaught());
}

#[test]
fn a_requested_snapshot_counts_against_no_budget() {
    let mut policy = once();
    assert!(policy.requested());
    assert!(!policy.requested(), "one at a time");
    assert!(matches!(
        policy.near_limit(at(LIMIT, LIMIT)),
        AtLimit::Return(limit) if limit > LIMIT
    ));
    policy.finished();
    assert_eq!(policy.near_limit(at(LIMIT, LIMIT)), AtLimit::Capture);
}

#[test]
fn an_uncaught_error_uses_the_budget() {
    let mut policy = once();
    assert!(policy.uncaught());
    policy.finished();
    assert!(!policy.uncaught());
    assert_eq!(policy.out_of_memory(Heap::Walkable), AtDeath::Report);
}

fn resident(used: u64) -> Reach {
    Reach {
        used,
        threshold: 100,
    }
}

#[test]
fn resident_memory_is_captured_once_and_the_end_as_well() {
    let mut policy = once();
    assert_eq!(
        policy.near_resident_limit(resident(99)),
        AtResident::NotNear
    );
    assert_eq!(
        policy.near_resident_limit(resident(100)),
        AtResident::Collect
    );
    assert!(policy.still_near_resident_limit(resident(99)));
    assert_eq!(
        policy.near_resident_limit(resident(100)),
        AtResident::NotWanted,
        "never nested"
    );
    assert!(!policy.requested());
    policy.finished();
    assert_eq!(
        policy.near_resident_limit(resident(100)),
        AtResident::NotWanted
    );
    assert_eq!(policy.near_limit(at(LIMIT, LIMIT)), AtLimit::Capture);
    assert_eq!(policy.captured(at(LIMIT, LIMIT), 0), AfterCapture::Abort);
}

#[test]
fn garbage_is_no_reason_to_capture() {
    let mut policy = once();
    for _ in 0..3 {
        assert_eq!(
            policy.near_resident_limit(resident(100)),
            AtResident::Collect
        );
        assert!(!policy.still_near_resident_limit(resident(80)));
    }
    assert_eq!(policy.taken, 0);
}

#[test]
fn resident_captures_keep_to_the_budget() {
    let mut policy = times(2);
    for _ in 0..2 {
        assert_eq!(
            policy.near_resident_limit(resident(120)),
            AtResident::Collect
        );
        assert!(policy.still_near_resident_limit(resident(120)));
        policy.finished();
    }
    assert_eq!(
        policy.near_resident_limit(resident(120)),
        AtResident::NotWanted
    );
    assert_eq!(policy.near_limit(at(LIMIT, LIMIT)), AtLimit::Return(LIMIT));
    assert_eq!(
        times(0).near_resident_limit(resident(120)),
        AtResident::NotWanted
    );
}

#[test]
fn profiles_come_before_the_capture() {
    let mut policy = once();
    policy.set_profiles(2);
    for _ in 0..2 {
        assert_eq!(policy.near_limit(at(LIMIT, LIMIT)), AtLimit::Profile);
        // V8 needs a little room for the profile.
        assert!(
            matches!(policy.near_limit(at(LIMIT, LIMIT)), AtLimit::Return(more) if more > LIMIT)
        );
        let raised = policy.profiled(at(LIMIT, LIMIT), 60 * MB);
        assert!(raised > LIMIT + 60 * MB);
    }
    assert_eq!(policy.near_limit(at(LIMIT, LIMIT)), AtLimit::Capture);
}

#[test]
fn without_sampling_the_capture_comes_at_once() {
    let mut policy = once();
    policy.set_profiles(2);
    assert_eq!(policy.near_limit(at(LIMIT, LIMIT)), AtLimit::Profile);
    policy.not_sampling();
    assert_eq!(policy.near_limit(at(LIMIT, LIMIT)), AtLimit::Capture);
}

#[test]
fn absurd_sizes_do_not_overflow() {
    let mut policy = times(u32::MAX);
    let absurd = Pressure {
        limit: usize::MAX,
        used: usize::MAX,
        young_generation: usize::MAX,
    };
    assert_eq!(policy.near_limit(absurd), AtLimit::Capture);
    assert_eq!(policy.near_limit(absurd), AtLimit::Return(usize::MAX));
    assert_eq!(
        policy.captured(absurd, usize::MAX),
        AfterCapture::Return(usize::MAX)
    );
}
