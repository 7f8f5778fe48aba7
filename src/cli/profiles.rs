//! Options of profiles of the whole run: `--cpu-prof` and `--heap-prof` with what belongs to them.

use std::path::PathBuf;

use super::error::CliError;
use super::options::Id;

/// One profile as asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileConfig {
    /// `--cpu-prof`, `--heap-prof`.
    pub enabled: bool,
    /// `-dir`; without it the directory of diagnostic files.
    pub directory: Option<PathBuf>,
    /// `-name`; Node's name without it.
    pub name: Option<String>,
    /// `-interval`, in microseconds or bytes; not 0.
    pub interval: Option<u64>,
    /// A value of `-interval` that is none.
    bad_interval: Option<String>,
}

impl ProfileConfig {
    /// Takes the value of one of its options; [`Self::check`] judges it.
    pub(super) fn set(&mut self, id: Id, text: String) {
        match id {
            Id::CpuProfDir | Id::HeapProfDir => self.directory = Some(text.into()),
            Id::CpuProfName | Id::HeapProfName => self.name = Some(text),
            _ => {
                self.interval = text.parse().ok().filter(|&interval| interval > 0);
                self.bad_interval = self.interval.is_none().then_some(text);
            }
        }
    }

    /// # Errors
    /// If something belongs to a profile that is not asked for, or its interval is none. `option` is
    /// `cpu-prof` or `heap-prof`.
    pub(super) fn check(&self, option: &str) -> Result<(), CliError> {
        if self.enabled {
            return match &self.bad_interval {
                Some(text) => Err(CliError::Invalid(format!(
                    "--{option}-interval must be a whole number above 0. Got: {text}"
                ))),
                None => Ok(()),
            };
        }
        for (given, suffix) in [
            (self.name.is_some(), "name"),
            (self.directory.is_some(), "dir"),
            (
                self.interval.is_some() || self.bad_interval.is_some(),
                "interval",
            ),
        ] {
            if given {
                return Err(CliError::Invalid(format!(
                    "--{option}-{suffix} must be used with --{option}"
                )));
            }
        }
        Ok(())
    }
}
