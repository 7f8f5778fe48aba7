//! How names are looked up, and how their addresses are tried.

use super::error::CliError;
use super::options::Id;

/// What the options say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// `verbatim`, `ipv4first` or `ipv6first` (`--dns-result-order`).
    pub dns_result_order: Option<String>,
    /// Try one address of a name after the other (`--network-family-autoselection`).
    pub family_autoselection: bool,
    /// Milliseconds for an address but the last
    /// (`--network-family-autoselection-attempt-timeout`).
    pub attempt_timeout: Option<u32>,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            dns_result_order: None,
            family_autoselection: true,
            attempt_timeout: None,
        }
    }
}

impl Network {
    pub(super) fn set(&mut self, id: Id, text: String) -> Result<(), CliError> {
        if id == Id::DnsResultOrder {
            if !["", "verbatim", "ipv4first", "ipv6first"].contains(&text.as_str()) {
                return Err(CliError::Invalid(format!(
                    "--dns-result-order must be verbatim, ipv4first or ipv6first. Got: {text}"
                )));
            }
            self.dns_result_order = Some(text);
            return Ok(());
        }
        let time = text.parse().ok().filter(|time| *time > 0);
        self.attempt_timeout = Some(time.ok_or_else(|| {
            CliError::Invalid(format!(
                "--network-family-autoselection-attempt-timeout must be a number of milliseconds. \
                 Got: {text}"
            ))
        })?);
        Ok(())
    }
}
