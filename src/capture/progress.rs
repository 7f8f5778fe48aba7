//! Progress of a capture on standard error, once it takes longer than a second.
//!
//! A terminal gets a bar that moves; a log gets a line every few seconds.

use super::account::{duration, megabytes};
use crate::sys::fixed::Fixed;
use crate::sys::watchdog::Running;
use crate::sys::{clock, stderr};
use std::fmt::Write as _;

const SECOND: u64 = 1_000_000_000;

/// Nothing is shown before this time.
const PATIENCE: u64 = SECOND;

/// How often a bar moves, and how often a log gets a line.
const BAR_INTERVAL: u64 = SECOND / 10;
const LOG_INTERVAL: u64 = 3 * SECOND;

/// Characters of the bar.
const BAR_WIDTH: u64 = 30;

/// The ordered phases of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// V8 collects garbage; it does not say how far it is.
    Collecting,
    /// V8 visits the objects and builds its graph.
    Walking,
    /// The graph becomes the file.
    Writing,
    /// The file goes to the device.
    Syncing,
}

impl Phase {
    fn label(self) -> &'static str {
        match self {
            Self::Collecting => "collecting garbage",
            Self::Walking => "walking the heap",
            Self::Writing => "writing",
            Self::Syncing => "bringing the file to the disk",
        }
    }
}

/// The progress of one capture.
#[derive(Debug)]
pub struct Progress {
    began: u64,
    phase: Phase,
    phase_began: u64,
    shown: u64,
    terminal: bool,
    bar_on_screen: bool,
    done: u64,
    total: u64,
    bytes: u64,
    deadline: Option<Running>,
}

impl Progress {
    /// Begins; with a deadline, the capture should end when that has passed.
    #[must_use]
    pub fn begin(deadline: Option<Running>) -> Self {
        let now = clock::monotonic_ns();
        Self {
            began: now,
            phase: Phase::Collecting,
            phase_began: now,
            shown: 0,
            terminal: stderr::is_terminal(),
            bar_on_screen: false,
            done: 0,
            total: 0,
            bytes: 0,
            deadline,
        }
    }

    /// Whether the capture has taken longer than it may.
    #[must_use]
    pub fn is_out_of_time(&self) -> bool {
        self.deadline.as_ref().is_some_and(Running::has_passed)
    }

    /// Enters a phase.
    pub fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.phase_began = clock::monotonic_ns();
        // The others tell how far they are, soon.
        if matches!(phase, Phase::Collecting | Phase::Syncing) {
            self.show(self.phase_began);
        }
    }

    /// V8 has visited `done` of about `total` objects.
    pub fn walked(&mut self, done: u32, total: u32) {
        self.done = u64::from(done);
        self.total = u64::from(total);
        if self.phase == Phase::Walking {
            self.show(clock::monotonic_ns());
        } else {
            self.enter(Phase::Walking);
        }
    }

    /// The file has this many bytes.
    pub fn written(&mut self, bytes: u64) {
        self.bytes = bytes;
        self.show(clock::monotonic_ns());
    }

    /// Ends; returns the nanoseconds since the beginning.
    pub fn end(&mut self) -> u64 {
        if self.bar_on_screen {
            stderr::write(b"\r\x1b[K");
            self.bar_on_screen = false;
        }
        clock::monotonic_ns().saturating_sub(self.began)
    }

    fn show(&mut self, now: u64) {
        let interval = if self.terminal {
            BAR_INTERVAL
        } else {
            LOG_INTERVAL
        };
        if now.saturating_sub(self.began) < PATIENCE || now.saturating_sub(self.shown) < interval {
            return;
        }
        self.shown = now;
        let mut line = Fixed::<256>::new();
        self.render(&mut line, now);
        stderr::write(line.as_bytes());
        self.bar_on_screen = self.terminal;
    }

    fn render(&self, line: &mut Fixed<256>, now: u64) {
        let since = now.saturating_sub(self.began);
        line.push(if self.terminal {
            b"\r\x1b[K".as_slice()
        } else {
            b"oomhost: "
        });
        let _ = write!(line, "{}", self.phase.label());
        match self.phase {
            Phase::Walking if self.total > 0 => {
                if self.terminal {
                    line.push(b" [");
                    let filled = self.done.saturating_mul(BAR_WIDTH) / self.total;
                    for place in 0..BAR_WIDTH {
                        line.push(if place < filled { b"#" } else { b"-" });
                    }
                    line.push(b"]");
                }
                let percent = self.done.saturating_mul(100) / self.total;
                let _ = write!(line, " {percent} %, {} objects", self.done);
            }
            Phase::Writing => {
                let spent = now.saturating_sub(self.phase_began);
                let _ = write!(
                    line,
                    " {}, {}",
                    megabytes(self.bytes),
                    rate(self.bytes, spent)
                );
            }
            _ => {}
        }
        let _ = write!(line, ", {}", duration(since));
        if !self.terminal {
            line.push(b"\n");
        }
    }
}

/// Displays bytes per time as `MB/s`.
pub fn rate(bytes: u64, nanoseconds: u64) -> impl std::fmt::Display {
    let per_second = u128::from(bytes) * u128::from(SECOND) / u128::from(nanoseconds.max(1));
    let per_second = u64::try_from(per_second).unwrap_or(u64::MAX);
    std::fmt::from_fn(move |f| write!(f, "{}/s", megabytes(per_second)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(progress: &Progress, now: u64) -> String {
        let mut line = Fixed::new();
        progress.render(&mut line, now);
        String::from_utf8(line.as_bytes().to_vec()).unwrap()
    }

    fn at(phase: Phase, terminal: bool) -> Progress {
        Progress {
            began: 0,
            phase,
            phase_began: SECOND,
            shown: 0,
            terminal,
            bar_on_screen: false,
            done: 500_000,
            total: 1_000_000,
            bytes: 30 << 20,
            deadline: None,
        }
    }

    #[test]
    fn a_line_for_a_log() {
        assert_eq!(
            rendered(&at(Phase::Walking, false), 2 * SECOND),
            "oomhost: walking the heap 50 %, 500000 objects, 2.0 s\n"
        );
        assert_eq!(
            rendered(&at(Phase::Writing, false), 3 * SECOND),
            "oomhost: writing 30.0 MB, 15.0 MB/s, 3.0 s\n"
        );
    }

    #[test]
    fn a_bar_for_a_terminal() {
        let line = rendered(&at(Phase::Walking, true), 2 * SECOND);
        assert!(line.starts_with("\r\x1b[Kwalking the heap [###############---------------] 50 %"));
        assert!(!line.ends_with('\n'));
    }
}
