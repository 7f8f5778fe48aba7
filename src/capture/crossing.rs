//! When a watcher of memory asks for a capture, and when it looks again: a pure
//! state machine, like [`super::policy`], which has the last word.
//!
//! - It asks once each time that use reaches the threshold, and again only after
//!   use has been well below it, or after a collection brought it there.
//! - It looks the more often the nearer the threshold is: never so late that a
//!   program at [`FASTEST`] could have passed it long ago, and, unless use grows, never
//!   so often that looking costs more than one part in [`COST_SHARE`] of a processor.

/// Use of memory, and the use at which a capture is wanted. In bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// What is in use.
    pub used: u64,
    /// What is to be captured.
    pub threshold: u64,
}

impl Reach {
    /// The threshold is reached.
    #[must_use]
    pub fn is_there(self) -> bool {
        self.used >= self.threshold
    }

    /// Far enough below the threshold for the next time to be another one.
    #[must_use]
    pub fn is_well_below(self) -> bool {
        self.used < self.threshold / 10 * 9
    }

    /// Bytes up to the threshold.
    #[must_use]
    pub fn distance(self) -> u64 {
        self.threshold.saturating_sub(self.used)
    }
}

/// What the isolate's thread says to the last request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing yet: it has not come to a safe point.
    Pending,
    /// Use was below the threshold again: the same crossing may still come.
    Fell,
    /// There was a capture, or none is wanted any more.
    Done,
}

/// What the watcher does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Ask the isolate for a capture.
    pub ask: bool,
    /// Nanoseconds until the next look, unless an answer comes first.
    pub wait: u64,
    /// That look may find the threshold crossed: it must not be late.
    pub armed: bool,
}

/// Bytes in a nanosecond that the fastest program fills: 4 GB a second, what one
/// processor core writes to pages that the kernel has to clear first.
const FASTEST: u64 = 4;

/// Looks at use that does not grow take at most one part in this many of a processor.
const COST_SHARE: u64 = 200;

/// Use grows if it is that many bytes more than a look before.
const GROWTH: u64 = 256 << 10;

/// Bounds of the time between two looks, in nanoseconds.
const LEAST_WAIT: u64 = 1_000_000;
const MOST_WAIT: u64 = 1_000_000_000;

/// Between two looks that can only find that use has fallen, in nanoseconds.
const WAIT_FOR_FALL: u64 = 100_000_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// Not crossed.
    #[default]
    Armed,
    /// The isolate has been asked.
    Asked,
    /// Answered; nothing more until use has fallen.
    Spent,
}

/// How far the present crossing of the threshold has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Crossing {
    stage: Stage,
    /// Use at the last look.
    before: u64,
}

impl Crossing {
    /// What follows from a look. Each takes `cost` nanoseconds of a processor, waking
    /// up included.
    pub fn look(&mut self, reach: Reach, answer: Answer, cost: u64) -> Step {
        self.stage = match (self.stage, answer) {
            (Stage::Asked, Answer::Fell) => Stage::Armed,
            (Stage::Asked, Answer::Done) => Stage::Spent,
            (Stage::Spent, _) if reach.is_well_below() => Stage::Armed,
            (same, _) => same,
        };
        let ask = self.stage == Stage::Armed && reach.is_there();
        if ask {
            self.stage = Stage::Asked;
        }
        let grows = reach.used > self.before.saturating_add(GROWTH);
        self.before = reach.used;
        let wait = match self.stage {
            Stage::Armed => (reach.distance() / FASTEST).clamp(LEAST_WAIT, MOST_WAIT),
            Stage::Asked | Stage::Spent => WAIT_FOR_FALL,
        };
        let affordable = cost.saturating_mul(COST_SHARE).min(MOST_WAIT);
        Step {
            ask,
            wait: if grows { wait } else { wait.max(affordable) },
            armed: self.stage == Stage::Armed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1 << 20;
    const COST: u64 = 5_000;

    fn at(used: u64) -> Reach {
        Reach {
            used: used * MB,
            threshold: 100 * MB,
        }
    }

    #[test]
    fn asks_once_a_crossing() {
        let mut crossing = Crossing::default();
        assert!(!crossing.look(at(99), Answer::Pending, COST).ask);
        let step = crossing.look(at(100), Answer::Pending, COST);
        assert!(step.ask && !step.armed);
        assert!(!crossing.look(at(120), Answer::Pending, COST).ask);
        assert!(!crossing.look(at(120), Answer::Done, COST).ask);
        // Just below is the same crossing.
        assert!(!crossing.look(at(95), Answer::Done, COST).ask);
        assert!(!crossing.look(at(100), Answer::Done, COST).ask);
        assert!(!crossing.look(at(80), Answer::Done, COST).ask);
        assert!(crossing.look(at(100), Answer::Done, COST).ask);
    }

    #[test]
    fn does_not_forget_its_question_while_use_falls_and_rises() {
        let mut crossing = Crossing::default();
        assert!(crossing.look(at(100), Answer::Pending, COST).ask);
        assert!(!crossing.look(at(50), Answer::Pending, COST).ask);
        assert!(!crossing.look(at(100), Answer::Pending, COST).ask);
    }

    #[test]
    fn a_crossing_that_a_collection_undid_may_come_again() {
        let mut crossing = Crossing::default();
        assert!(crossing.look(at(100), Answer::Pending, COST).ask);
        assert!(!crossing.look(at(50), Answer::Fell, COST).ask);
        assert_eq!(crossing.stage, Stage::Armed);
        assert!(crossing.look(at(100), Answer::Fell, COST).ask);
    }

    /// The wait after use that was the same before.
    fn steady(reach: Reach, cost: u64) -> u64 {
        let mut crossing = Crossing::default();
        crossing.look(reach, Answer::Pending, cost);
        crossing.look(reach, Answer::Pending, cost).wait
    }

    #[test]
    fn looks_more_often_near_the_threshold() {
        assert_eq!(steady(at(0), COST), 100 * MB / FASTEST);
        assert!(steady(at(50), COST) < steady(at(0), COST));
        assert_eq!(steady(at(99), COST), LEAST_WAIT);
        let far = Reach {
            used: 0,
            threshold: u64::MAX,
        };
        assert_eq!(steady(far, COST), MOST_WAIT);
        assert_eq!(steady(far, u64::MAX), MOST_WAIT);
    }

    #[test]
    fn what_looking_costs_counts_unless_use_grows() {
        const DEAR: u64 = 50_000;
        assert_eq!(steady(at(99), DEAR), 10_000_000, "a half per cent at most");
        let mut crossing = Crossing::default();
        crossing.look(at(98), Answer::Pending, DEAR);
        assert_eq!(
            crossing.look(at(99), Answer::Pending, DEAR).wait,
            LEAST_WAIT
        );
    }

    #[test]
    fn a_threshold_of_nothing_is_always_there() {
        let nothing = Reach {
            used: 0,
            threshold: 0,
        };
        assert!(nothing.is_there() && !nothing.is_well_below());
    }
}
