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
}

impl ProfileConfig {
    /// Takes the value of one of its options, whose name the error needs.
    pub(super) fn set(&mut self, id: Id, text: String) -> Result<(), CliError> {
        match id {
            Id::CpuProfDir | Id::HeapProfDir => self.directory = Some(text.into()),
            Id::CpuProfName | Id::HeapProfName => self.name = Some(text),
            _ => {
                let interval = text.parse().ok().filter(|&interval| interval > 0);
                self.interval = Some(interval.ok_or_else(|| {
                    let option = if id == Id::CpuProfInterval {
                        "cpu"
                    } else {
                        "heap"
                    };
                    CliError::Invalid(format!(
                        "--{option}-prof-interval must be a whole number above 0. Got: {text}"
                    ))
                })?);
            }
        }
        Ok(())
    }

    /// # Errors
    /// If something belongs to a profile that is not asked for. `option` is `cpu-prof` or
    /// `heap-prof`.
    pub(super) fn check(&self, option: &str) -> Result<(), CliError> {
        if self.enabled {
            return Ok(());
        }
        for (given, suffix) in [
            (self.name.is_some(), "name"),
            (self.directory.is_some(), "dir"),
            (self.interval.is_some(), "interval"),
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
