//! What to do when memory runs out, as a pure state machine: no V8, no I/O.
//!
//! V8 has two ways to tell: the near-heap-limit callback, which may raise the
//! limit, and the out-of-memory handler, after which the process ends. The
//! rules:
//!
//! - By default one snapshot is taken, in whichever of the two comes first, and
//!   the process aborts. Where the collection before the snapshot frees enough
//!   for V8 to go on, it goes on, and one more snapshot may be taken at the end.
//! - With a budget of *n* (`--heapsnapshot-near-heap-limit=n`) the callback
//!   takes *n* snapshots and each time raises the limit by one young generation,
//!   as Node's `Environment::NearHeapLimitCallback` does; afterwards the limit
//!   stands and V8 ends the process. Once little is in use, V8 goes back to
//!   the initial limit (`AutomaticallyRestoreInitialHeapLimit`).
//! - A callback during a capture gets one fixed ceiling, however often it comes:
//!   collecting for a snapshot needs a little room, and a limit that rises with
//!   each call would be no limit.
//! - Near a limit of resident memory (`--capture-at-rss`) garbage is collected
//!   first. A capture of what is left counts against the budget, the program goes
//!   on, and by default one snapshot remains for V8's own limit.
//! - Heap profiles that are wanted near the limit (`v8.setHeapProfileNearHeapLimit`) come first: each
//!   time one is written and the limit raised as above, until there were as many as asked for.
//! - Nothing is tried twice on the way down: an out-of-memory error inside a
//!   capture or inside the handler ends the process.

use super::crossing::Reach;

/// How many snapshots the automatic captures may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// One, and then abort: the default.
    OnceThenAbort,
    /// This many, and the program goes on after each.
    Times(u32),
}

/// The heap as the near-heap-limit callback finds it, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pressure {
    /// V8's current limit of the old generation.
    pub limit: usize,
    /// What is in use of it.
    pub used: usize,
    /// What the young generation may grow to.
    pub young_generation: usize,
}

/// What the near-heap-limit callback does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtLimit {
    /// Return this limit to V8 and do nothing else. The current limit means
    /// that V8 looks for itself whether it can go on.
    Return(usize),
    /// Write a heap profile, then ask [`Policy::profiled`].
    Profile,
    /// Take a snapshot, then ask [`Policy::captured`].
    Capture,
}

/// What the near-heap-limit callback does after a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterCapture {
    /// End the process.
    Abort,
    /// Return this limit to V8; the program goes on.
    Return(usize),
}

/// What is done where the watcher of resident memory has asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtResident {
    /// Use has fallen meanwhile: nothing.
    NotNear,
    /// No capture is wanted (any more): nothing.
    NotWanted,
    /// Collect garbage, then ask [`Policy::still_near_resident_limit`].
    Collect,
}

/// What the out-of-memory handler does before the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtDeath {
    /// Tier 0, and a snapshot.
    ReportAndCapture,
    /// Tier 0 only.
    Report,
    /// Memory ran out within a capture: throw the unfinished file away.
    AbandonCapture,
    /// Memory ran out within the handler itself.
    Nothing,
}

/// The condition in which V8 calls the out-of-memory handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heap {
    /// On the isolate's own thread, outside a garbage collection: V8 can walk it.
    Walkable,
    /// In the middle of a garbage collection: objects may be half moved.
    Collecting,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Running,
    Capturing,
    Dying,
}

/// The state of one isolate's captures. Sizes are in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    budget: Budget,
    taken: u32,
    phase: Phase,
    /// The fixed ceiling of the current capture, once a nested call asked for it.
    ceiling: Option<usize>,
    /// The program went on after the last automatic capture.
    went_on: bool,
    /// How many more times a heap profile is written near the limit.
    profiles: u32,
}

/// Heap in use from which on a heap counts as full, in percent of its limit.
/// Below it, what failed was one large request, and V8 decides.
const FULL_PERCENT: usize = 80;

/// The least room that a ceiling leaves above the limit.
const LEAST_HEADROOM: usize = 64 << 20;

/// V8 takes a returned limit as raised only if it is higher than what it has.
const LEAST_RAISE: usize = 256 << 10;

impl Policy {
    /// The policy of an isolate that has captured nothing.
    #[must_use]
    pub fn new(budget: Budget) -> Self {
        Self {
            budget,
            taken: 0,
            phase: Phase::Running,
            ceiling: None,
            went_on: false,
            profiles: 0,
        }
    }

    /// Changes the budget; what was taken so far does not count against it.
    pub fn set_budget(&mut self, budget: Budget) {
        self.budget = budget;
        self.taken = 0;
    }

    /// Wants heap profiles near the limit.
    pub fn set_profiles(&mut self, times: u32) {
        self.profiles = times;
    }

    /// Whether the process ends after the next automatic capture.
    #[must_use]
    pub fn ends_with_capture(&self) -> bool {
        self.budget == Budget::OnceThenAbort
    }

    /// Whether a capture is under way.
    #[must_use]
    pub fn is_capturing(&self) -> bool {
        self.phase == Phase::Capturing
    }

    /// Whether nothing but the end is left.
    #[must_use]
    pub fn is_dying(&self) -> bool {
        self.phase == Phase::Dying
    }

    /// The isolate, a worker's, ends.
    pub fn ends(&mut self) {
        self.phase = Phase::Dying;
    }

    /// V8 is near its limit.
    pub fn near_limit(&mut self, pressure: Pressure) -> AtLimit {
        if self.phase != Phase::Running {
            return AtLimit::Return(self.fixed_ceiling(pressure));
        }
        if self.profiles > 0 {
            self.profiles -= 1;
            self.begin();
            return AtLimit::Profile;
        }
        let wanted = match self.budget {
            Budget::OnceThenAbort => self.may_capture() && pressure.is_full(),
            Budget::Times(_) => self.may_capture(),
        };
        if !wanted {
            return AtLimit::Return(pressure.limit);
        }
        self.begin();
        AtLimit::Capture
    }

    /// The heap profile that [`AtLimit::Profile`] asked for was written, or could not be: the new limit.
    /// Sizes as for [`Policy::captured`].
    pub fn profiled(&mut self, now: Pressure, raised: usize) -> usize {
        self.end();
        now.raised(raised)
    }

    /// Nothing is being sampled, so no profile can be written, now or later: near the limit is asked
    /// again.
    pub fn not_sampling(&mut self) {
        self.end();
        self.profiles = 0;
    }

    /// The capture that [`AtLimit::Capture`] asked for has ended, well or badly
    /// (a capture that failed counts as taken, as in Node). `now` has the limit
    /// that the callback was given and what is in use after the capture;
    /// `raised` is what nested calls have added to the limit.
    pub fn captured(&mut self, now: Pressure, raised: usize) -> AfterCapture {
        self.end();
        self.taken = self.taken.saturating_add(1);
        match self.budget {
            Budget::OnceThenAbort if now.is_full() => {
                self.phase = Phase::Dying;
                AfterCapture::Abort
            }
            Budget::OnceThenAbort => {
                self.went_on = true;
                AfterCapture::Return(now.limit)
            }
            Budget::Times(_) => AfterCapture::Return(now.raised(raised)),
        }
    }

    /// V8 has run out of memory for good.
    pub fn out_of_memory(&mut self, heap: Heap) -> AtDeath {
        let before = std::mem::replace(&mut self.phase, Phase::Dying);
        match before {
            Phase::Dying => AtDeath::Nothing,
            Phase::Capturing => AtDeath::AbandonCapture,
            Phase::Running if heap == Heap::Walkable && self.may_capture() => {
                self.ceiling = None;
                self.taken = self.taken.saturating_add(1);
                AtDeath::ReportAndCapture
            }
            Phase::Running => AtDeath::Report,
        }
    }

    /// An uncaught error says that memory ran out: whether to capture it. If
    /// so, [`Policy::finished`] must follow.
    pub fn uncaught(&mut self) -> bool {
        let wanted = self.phase == Phase::Running && self.may_capture();
        if wanted {
            self.begin();
            self.taken = self.taken.saturating_add(1);
        }
        wanted
    }

    /// Resident memory is near its limit.
    pub fn near_resident_limit(&self, reach: Reach) -> AtResident {
        let in_budget = match self.budget {
            // What is left is for the end, should it come.
            Budget::OnceThenAbort => self.taken == 0,
            Budget::Times(times) => self.taken < times,
        };
        if self.phase != Phase::Running || !in_budget {
            AtResident::NotWanted
        } else if reach.is_there() {
            AtResident::Collect
        } else {
            AtResident::NotNear
        }
    }

    /// The collection that [`AtResident::Collect`] asked for is over: whether to
    /// capture. If so, [`Policy::finished`] must follow, and the program goes on.
    ///
    /// Garbage is no reason. But what stays near the limit is, even if it is below:
    /// to collect again and again would hold the program up.
    pub fn still_near_resident_limit(&mut self, reach: Reach) -> bool {
        let wanted = !reach.is_well_below() && self.phase == Phase::Running;
        if wanted {
            self.begin();
            self.taken = self.taken.saturating_add(1);
            self.went_on = true;
        }
        wanted
    }

    /// The script asks for a snapshot: whether one can be taken now. If so,
    /// [`Policy::finished`] must follow. It counts against no budget.
    pub fn requested(&mut self) -> bool {
        let free = self.phase == Phase::Running;
        if free {
            self.begin();
        }
        free
    }

    /// A capture that was no matter of the limit has ended.
    pub fn finished(&mut self) {
        self.end();
    }

    fn begin(&mut self) {
        self.phase = Phase::Capturing;
        self.ceiling = None;
    }

    fn end(&mut self) {
        if self.phase == Phase::Capturing {
            self.phase = Phase::Running;
        }
    }

    fn may_capture(&self) -> bool {
        match self.budget {
            Budget::OnceThenAbort => self.taken == 0 || (self.went_on && self.taken == 1),
            Budget::Times(times) => self.taken < times,
        }
    }

    fn fixed_ceiling(&mut self, pressure: Pressure) -> usize {
        let headroom = (pressure.young_generation.saturating_mul(2)).max(LEAST_HEADROOM);
        *self.ceiling.get_or_insert(
            pressure
                .limit
                .saturating_add(pressure.limit / 8)
                .saturating_add(headroom),
        )
    }
}

impl Pressure {
    fn is_full(self) -> bool {
        self.used >= self.limit / 100 * FULL_PERCENT
    }

    /// A limit that V8 takes for raised, whatever nested calls have added to it.
    pub fn raised(self, nested: usize) -> usize {
        let least = nested.saturating_add(LEAST_RAISE);
        self.limit.saturating_add(self.young_generation.max(least))
    }
}

#[cfg(test)]
mod tests;
