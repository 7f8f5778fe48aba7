//! Signals in options' values.

use super::error::CliError;
use crate::sys::signal_names;

/// The number of the signal that `text` names; `option` is for the error.
pub(super) fn number(option: &str, text: &str) -> Result<i32, CliError> {
    signal_names::number(text).ok_or_else(|| {
        CliError::Invalid(format!(
            "--{option} must be a signal that can be listened to, such as SIGUSR2. Got: {text}"
        ))
    })
}
