//! Whether a test came to what it states.

use std::path::Path;

use super::baseline::Baseline;
use super::directives::{Directives, Expect};
use super::process::{Ended, HEAP, Settings};
use crate::report::tests::{Expected, LeakFacts, Outcome, TestFacts};

/// Finds the leaks in a snapshot that was left when memory ran out.
pub type Suspects<'s> = dyn Fn(&Path) -> Result<Vec<LeakFacts>, String> + Sync + 's;

/// Facts of a test that is not run.
pub fn skipped(file: &Path, directives: &Directives, settings: &Settings, why: &str) -> TestFacts {
    let mut facts = blank(file, directives, settings);
    facts.outcome = Outcome::Skipped;
    facts.message = Some(why.to_owned());
    facts
}

fn blank(file: &Path, directives: &Directives, settings: &Settings) -> TestFacts {
    let timeout = directives.timeout.unwrap_or(settings.timeout);
    TestFacts {
        file: file.display().to_string(),
        run: 1,
        runs: 1,
        outcome: Outcome::Passed,
        message: None,
        expected: Expected {
            expect: directives
                .expect
                .map_or_else(|| "flat or exit 0".to_owned(), |expect| expect.to_string()),
            timeout: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX),
            heap: directives.heap.unwrap_or(HEAP),
        },
        duration: 0.0,
        ended: None,
        rounds: Vec::new(),
        leaks: Vec::new(),
        stdout: String::new(),
        stderr: String::new(),
        artifacts: Vec::new(),
    }
}

/// Judges a process that has ended.
pub fn judge(
    file: &Path,
    directives: &Directives,
    settings: &Settings,
    baseline: &Baseline,
    ended: &Ended,
    suspects: &Suspects<'_>,
) -> TestFacts {
    let mut facts = blank(file, directives, settings);
    facts.duration = ended.duration.as_secs_f64() * 1000.0;
    facts.ended = Some(ended.how());
    let ran_out = is_oom(ended);
    let mut unread = None;
    if let Some(measured) = &ended.measured {
        facts.rounds.push(measured.warmup);
        facts.rounds.extend(&measured.rounds);
        facts.leaks.clone_from(&measured.leaks);
    } else if let Some(snapshot) = ended.snapshot.as_deref().filter(|_| ran_out) {
        match suspects(snapshot) {
            Ok(found) => facts.leaks = found,
            Err(error) => unread = Some(error),
        }
    }
    let expect = directives.expect;
    let wrong = match expect {
        _ if ended.status.is_none() => Some(format!(
            "it took longer than {} ms and was killed",
            facts.expected.timeout
        )),
        Some(Expect::Oom) => unread
            .or_else(|| out_of_memory(ended, ran_out))
            .or_else(|| first_leak(directives, &facts.leaks)),
        _ if ran_out || ended.was_full => Some(ran_full(ended, &facts)),
        Some(Expect::Exit(code)) => exit(ended, code),
        Some(Expect::Grows) => measured(ended).or_else(|| first_leak(directives, &facts.leaks)),
        Some(Expect::Flat) => measured(ended).or_else(|| flat(&facts.leaks)),
        None if ended.has_scenario => measured(ended).or_else(|| flat(&facts.leaks)),
        None => exit(ended, 0),
    };
    facts.outcome = if wrong.is_some() {
        Outcome::Failed
    } else {
        Outcome::Passed
    };
    facts.message = wrong;
    // What nobody expected may be known.
    let is_unexpected = !matches!(expect, Some(Expect::Oom | Expect::Grows));
    if is_unexpected && ended.status.is_some() && !facts.leaks.is_empty() {
        apply(baseline, &mut facts);
    }
    if facts.outcome == Outcome::Failed {
        facts.stdout.clone_from(&ended.stdout);
        facts.stderr.clone_from(&ended.stderr);
    }
    facts
}

/// Marks leaks that the baseline knows; a test with no others does not fail.
fn apply(baseline: &Baseline, facts: &mut TestFacts) {
    let mut expired = None;
    for leak in &mut facts.leaks {
        match baseline.find(leak) {
            Some(Ok(why)) => leak.known = Some(why),
            Some(Err(why)) => expired = Some(why),
            None => {}
        }
    }
    if let Some(why) = expired
        && let Some(message) = &mut facts.message
    {
        *message = format!("{message}; {why}");
    }
    // At the limit there may be more suspects than leaks: the first one decides.
    let is_known = if facts.rounds.is_empty() {
        facts.leaks[0].known.is_some()
    } else {
        facts.leaks.iter().all(|leak| leak.known.is_some())
    };
    if is_known && facts.outcome == Outcome::Failed {
        facts.outcome = Outcome::Known;
        facts.message = facts.leaks[0].known.clone();
    }
}

/// Memory ran out: the process aborted, or an error that means the same ended it, and left its account.
fn is_oom(ended: &Ended) -> bool {
    let said = ended.stderr.contains("<--- oomhost: ");
    let aborted = ended.how() == "SIGABRT";
    said && (aborted || ended.how() == "exit 1" || ended.how() == "SIGKILL")
}

fn out_of_memory(ended: &Ended, ran_out: bool) -> Option<String> {
    if ended.was_full {
        return Some("the kernel killed it: its container was full".to_owned());
    }
    if !ran_out {
        return Some(format!(
            "it should run out of memory and ended with {}{}",
            ended.how(),
            last_line(ended)
        ));
    }
    (ended.snapshot.is_none()).then(|| "it ran out of memory and left no snapshot".to_owned())
}

fn ran_full(ended: &Ended, facts: &TestFacts) -> String {
    if ended.was_full {
        return "the kernel killed it: its container was full".to_owned();
    }
    match facts.leaks.first() {
        Some(leak) => format!("it ran out of memory: {} at {}", leak.culprit, leak.path),
        None => "it ran out of memory".to_owned(),
    }
}

fn exit(ended: &Ended, code: u8) -> Option<String> {
    (ended.how() != format!("exit {code}")).then(|| {
        format!(
            "it should exit with {code} and ended with {}{}",
            ended.how(),
            last_line(ended)
        )
    })
}

/// Whether there is a measurement; otherwise why there is none.
fn measured(ended: &Ended) -> Option<String> {
    if ended.measured.is_some() {
        return None;
    }
    let how = ended.how();
    // Node's code for a promise that nothing can settle any more.
    Some(if ended.has_scenario && how == "exit 13" {
        "the promise that its scenario returned is not settled, and nothing is left to do"
            .to_owned()
    } else if how == "exit 0" && !ended.has_scenario {
        "it ended before its scenario was measured; a test exports a function, as module.exports or \
         export default, whose promise, if it returns one, is settled"
            .to_owned()
    } else {
        format!(
            "it ended with {how} before its scenario was measured{}",
            last_line(ended)
        )
    })
}

/// What it said last of an error, or of a leak test of its own that failed.
fn last_line(ended: &Ended) -> String {
    let lines = || ended.stderr.lines().map(str::trim);
    let error = lines().find(|line| line.contains("Error: ") || line.contains("Error ["));
    let mut results = ended.stdout.lines();
    let line = error
        .or_else(|| results.find(|line| line.starts_with("not ok - ")))
        .or_else(|| lines().rfind(|line| !line.is_empty()));
    line.map_or_else(String::new, |line| {
        let short: String = line.chars().take(200).collect();
        format!(": {short}")
    })
}

fn flat(leaks: &[LeakFacts]) -> Option<String> {
    let leak = leaks.first()?;
    let more = match leaks.len() {
        1 => String::new(),
        count => format!(", and {} more", count - 1),
    };
    Some(format!("{} leaks at {}{more}", leak.culprit, leak.path))
}

/// Holds the first leak against what is stated of it.
fn first_leak(directives: &Directives, leaks: &[LeakFacts]) -> Option<String> {
    let Some(first) = leaks.first() else {
        return Some("nothing leaks".to_owned());
    };
    let wrong = mismatch(directives, first)?;
    let later = leaks
        .iter()
        .skip(1)
        .position(|leak| mismatch(directives, leak).is_none());
    Some(match later {
        Some(at) => format!("{wrong}; leak {} of {} would do", at + 2, leaks.len()),
        None => wrong,
    })
}

fn mismatch(directives: &Directives, leak: &LeakFacts) -> Option<String> {
    if let Some(culprit) = &directives.culprit {
        let is_one = |name: &str| name == culprit || name.strip_suffix("()") == Some(culprit);
        if !is_one(&leak.culprit) && !leak.kinds.iter().any(|kind| is_one(&kind.name)) {
            return Some(format!(
                "the culprit should be {culprit} and is {} at {}",
                leak.culprit, leak.path
            ));
        }
    }
    if let Some(pattern) = &directives.path
        && !pattern.matches(&leak.path)
    {
        return Some(format!(
            "the path should be {} and is {}",
            pattern.text(),
            leak.path
        ));
    }
    if let Some(bound) = &directives.retained
        && !bound.holds(leak.bytes)
    {
        return Some(format!(
            "it should retain {bound} and retains {} bytes",
            leak.bytes
        ));
    }
    directives
        .signature
        .as_ref()
        .filter(|signature| **signature != leak.signature)
        .map(|signature| {
            format!(
                "the signature should be {signature} and is {}",
                leak.signature
            )
        })
}
