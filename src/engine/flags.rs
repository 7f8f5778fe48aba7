//! V8's own flags, asked of V8 itself.

use crate::cli::{V8FlagVerdict, V8Flags};

/// Sets flags in V8. Only before [`super::initialize`].
pub struct EngineFlags;

/// Stands where the program's name does in an argument vector; V8 leaves it there.
const PROGRAM: &str = "oomhost";

/// Flags of V8's that end the process or print on their own; they are no part of our interface.
const REFUSED: &[&str] = &["help", "version"];

impl V8Flags for EngineFlags {
    fn accept(&mut self, flag: &str, next: Option<&str>) -> V8FlagVerdict {
        let name = flag.trim_start_matches('-').replace('_', "-");
        if !flag.starts_with("--") || REFUSED.contains(&name.as_str()) {
            return V8FlagVerdict::Unknown;
        }
        let mut args = vec![PROGRAM.to_owned(), flag.to_owned()];
        args.extend(next.map(str::to_owned));
        let left = v8::V8::set_flags_from_command_line(args);
        let flag_left = left.get(1).is_some_and(|word| word == flag);
        match (flag_left, next) {
            (true, _) => V8FlagVerdict::Unknown,
            (false, Some(_)) if left.len() == 1 => V8FlagVerdict::WithNext,
            (false, _) => V8FlagVerdict::Alone,
        }
    }
}
