//! V8 as the judge of its own flags, before it is started.

#![expect(unsafe_code, reason = "stderr is redirected while V8 speaks")]

use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, AsRawFd as _, RawFd};

use crate::cli::{V8FlagVerdict, V8Flags};

/// V8 copies a flag's name into a buffer of 1 KiB and aborts where that is too small
/// (`SplitArgument` in V8's `src/flags/flags.cc`). No flag of its own comes near.
const LONGEST: usize = 1000;

/// Flags that V8 has renamed, by the name that scripts for older Node releases use.
const RENAMED: [(&str, &str); 1] = [("always-compact", "compact-on-every-full-gc")];

/// Sets V8's flags. Only for the time before [`super::initialize`], on the only thread.
pub struct EngineFlags;

impl V8Flags for EngineFlags {
    fn accept(&mut self, flag: &str, next: Option<&str>) -> V8FlagVerdict {
        if flag.len() > LONGEST {
            return V8FlagVerdict::Unknown;
        }
        let words: Vec<String> = ["oomhost".to_owned(), current(flag)]
            .into_iter()
            .chain(next.map(str::to_owned))
            .collect();
        let offered = words.len();
        let (left, said) = hearing(|| v8::V8::set_flags_from_command_line(words));
        if let Some(error) = said.lines().find_map(|line| line.strip_prefix("Error: ")) {
            return V8FlagVerdict::Illegal(error.to_owned());
        }
        match offered - left.len() {
            0 => V8FlagVerdict::Unknown,
            1 => V8FlagVerdict::Alone,
            _ => V8FlagVerdict::WithNext,
        }
    }
}

/// `flag` under the name that V8 has for it today.
fn current(flag: &str) -> String {
    let plain = flag.replace('_', "-");
    for (former, name) in RENAMED {
        for negation in ["", "no-"] {
            if plain == format!("--{negation}{former}") {
                return format!("--{negation}{name}");
            }
        }
    }
    flag.to_owned()
}

/// Calls `speaker` and returns what it wrote to stderr meanwhile, which V8 does about a bad value
/// instead of returning an error. At most a pipe's capacity (64 KiB) may be written. Where stderr
/// cannot be redirected, `speaker` speaks aloud and nothing is heard.
fn hearing<T>(speaker: impl FnOnce() -> T) -> (T, String) {
    let Ok((saved, mut reader, writer)) = io::stderr()
        .as_fd()
        .try_clone_to_owned()
        .and_then(|saved| io::pipe().map(|(reader, writer)| (saved, reader, writer)))
    else {
        return (speaker(), String::new());
    };
    redirect_stderr(writer.as_raw_fd());
    drop(writer);
    let result = speaker();
    // This closes the pipe's last writer too, so that the reader comes to its end.
    redirect_stderr(saved.as_raw_fd());
    let mut said = String::new();
    if reader.read_to_string(&mut said).is_err() {
        said.clear();
    }
    (result, said)
}

fn redirect_stderr(target: RawFd) {
    // SAFETY: dup2 touches no memory; both descriptors are open and stay owned by their owners.
    unsafe { libc::dup2(target, libc::STDERR_FILENO) };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One test, for flags are the process's and tests share one.
    #[test]
    fn v8_tells_what_it_takes() {
        let mut flags = EngineFlags;
        let alone = V8FlagVerdict::Alone;
        assert_eq!(flags.accept("--expose-gc", Some("a.js")), alone);
        assert_eq!(flags.accept("--no_expose_gc", None), alone);
        assert_eq!(flags.accept("--always_compact", None), alone);
        assert_eq!(flags.accept("--no-always-compact", None), alone);
        assert_eq!(flags.accept("--stack-size=984", Some("a.js")), alone);
        assert_eq!(
            flags.accept("--stack_size", Some("984")),
            V8FlagVerdict::WithNext
        );
        assert_eq!(
            flags.accept("--not-a-flag", Some("a.js")),
            V8FlagVerdict::Unknown
        );
        let long = format!("--{}", "x".repeat(2000));
        assert_eq!(flags.accept(&long, None), V8FlagVerdict::Unknown);
        for (flag, next, said) in [
            (
                "--stack-size",
                Some("a.js"),
                "illegal value for flag --stack-size of type int",
            ),
            (
                "--stack-size",
                None,
                "missing value for flag --stack-size of type int",
            ),
            (
                "--expose-gc=1",
                None,
                "illegal value for flag --expose-gc=1 of type bool",
            ),
        ] {
            assert_eq!(
                flags.accept(flag, next),
                V8FlagVerdict::Illegal(said.to_owned())
            );
        }
    }
}
