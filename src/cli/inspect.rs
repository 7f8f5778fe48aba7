//! `--inspect` and its like: where the `DevTools` port is, and what the program waits for.

use super::error::CliError;

/// Whether the program waits for a debugger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wait {
    /// It runs at once.
    No,
    /// It waits for one (`--inspect-wait`).
    Attach,
    /// It waits, and pauses at its first statement (`--inspect-brk`).
    Break,
}

/// What the options say of the port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InspectConfig {
    /// The port is opened, and what the program waits for then.
    pub wait: Option<Wait>,
    /// The address to listen at, a name or an IP address without brackets.
    pub host: String,
    /// The port; 0 is any.
    pub port: u16,
}

impl Default for InspectConfig {
    fn default() -> Self {
        Self {
            wait: None,
            host: "127.0.0.1".to_owned(),
            port: 9229,
        }
    }
}

impl InspectConfig {
    /// `--inspect`, `--inspect-brk`, `--inspect-wait`: the strictest counts.
    pub(super) fn open(&mut self, wait: Wait) {
        self.wait = self.wait.max(Some(wait));
    }

    /// `[host:]port`, or a host alone.
    ///
    /// # Errors
    /// At a port that is neither 0 nor in the range from 1024 to 65535, as in Node.
    pub(super) fn place(&mut self, option: &str, text: &str) -> Result<(), CliError> {
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (Some(host), None),
            Some((host, rest)) => (Some(host), Some(rest.strip_prefix(':').unwrap_or(rest))),
            None => match text.rsplit_once(':') {
                Some((host, port)) => (Some(host), Some(port)),
                None if text.bytes().all(|byte| byte.is_ascii_digit()) => (None, Some(text)),
                None => (Some(text), None),
            },
        };
        if let Some(port) = port {
            self.port = port
                .parse()
                .ok()
                .filter(|&port: &u16| port == 0 || port >= 1024)
                .ok_or_else(|| {
                    CliError::Invalid(format!(
                        "{option}: the port must be 0 or in range 1024 to 65535. Got: {text}"
                    ))
                })?;
        }
        if let Some(host) = host.filter(|host| !host.is_empty()) {
            host.clone_into(&mut self.host);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(text: &str) -> Option<(String, u16)> {
        let mut config = InspectConfig::default();
        config.place("--inspect", text).ok()?;
        Some((config.host, config.port))
    }

    #[test]
    fn hosts_and_ports_are_told_apart() {
        for (text, host, port) in [
            ("0", "127.0.0.1", 0),
            ("1024", "127.0.0.1", 1024),
            ("localhost", "localhost", 9229),
            ("localhost:0", "localhost", 0),
            ("0.0.0.0:65535", "0.0.0.0", 65535),
            ("[::1]", "::1", 9229),
            ("[::1]:9000", "::1", 9000),
            (":9000", "127.0.0.1", 9000),
        ] {
            assert_eq!(placed(text), Some((host.to_owned(), port)), "{text}");
        }
        for text in [
            "",
            "1",
            "80",
            "65536",
            "99999999",
            "localhost:",
            "localhost:x",
            "::",
        ] {
            assert_eq!(placed(text), None, "{text}");
        }
    }

    #[test]
    fn the_strictest_wait_counts() {
        let mut config = InspectConfig::default();
        config.open(Wait::Break);
        config.open(Wait::No);
        assert_eq!(config.wait, Some(Wait::Break));
    }
}
