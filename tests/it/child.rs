//! `oomhost` as a child process.

use std::ffi::OsString;
use std::process::{Command, Output, Stdio};

/// What a child left behind.
#[derive(Debug)]
pub struct Ended {
    /// All of its standard output.
    pub stdout: String,
    /// All of its standard error.
    pub stderr: String,
    /// Its exit code, or none where a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
}

impl Ended {
    /// Runs `command` to its end, with nothing on stdin unless it says otherwise.
    pub fn of(command: &mut Command) -> Self {
        command.output().expect("the program starts").into()
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        use std::os::unix::process::ExitStatusExt as _;

        Self {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code(),
            signal: output.status.signal(),
        }
    }
}

/// The binary under test, without the environment's own options and with nothing on stdin.
pub fn oomhost() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oomhost"));
    command.env_remove("NODE_OPTIONS").stdin(Stdio::null());
    command
}

/// A Chromium that runs: what the variable `CHROMIUM` names, or else the one on the path.
pub fn chromium() -> Option<OsString> {
    let named = std::env::var_os("CHROMIUM").unwrap_or_else(|| "chromium".into());
    let version = Command::new(&named).arg("--version").output().ok()?;
    version.status.success().then_some(named)
}
