//! How the process ends: Node's exit codes under one type.

/// An exit code of the process. The named ones mean what Node's documentation says of them
/// ("Process exit codes" in its page on `process`); a script may choose any other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExitCode(u8);

impl ExitCode {
    /// All is well.
    pub const SUCCESS: Self = Self(0);
    /// An error or a rejection that nobody caught, which includes a script that is not there.
    pub const UNCAUGHT: Self = Self(1);
    /// Our own JavaScript could not be parsed.
    pub const INTERNAL_PARSE: Self = Self(3);
    /// Our own JavaScript failed before the script began.
    pub const INTERNAL_EVALUATION: Self = Self(4);
    /// V8 gave up for a reason other than those that abort.
    pub const FATAL: Self = Self(5);
    /// The function that handles uncaught errors was no function.
    pub const HANDLER_MISSING: Self = Self(6);
    /// A handler of `uncaughtException` threw.
    pub const HANDLER_THREW: Self = Self(7);
    /// A bad option or a bad value of one: nothing was started.
    pub const INVALID_ARGUMENT: Self = Self(9);
    /// Our own JavaScript threw while it started the script.
    pub const INTERNAL_RUNTIME: Self = Self(10);
    /// A bad port or host for the debugger.
    pub const INVALID_DEBUG_ARGUMENT: Self = Self(12);
    /// A top-level `await` that nothing will settle.
    pub const UNSETTLED_AWAIT: Self = Self(13);
    /// `oomhost test`: a leak, or another test that did not come to what it states.
    pub const TEST_FAILED: Self = Self(1);
    /// `oomhost test`: bad options, directives or baseline file; nothing was run.
    pub const TEST_USAGE: Self = Self(2);
    /// `oomhost test`: the runner itself failed.
    pub const TEST_RUNNER: Self = Self(3);
    /// What a shell shows for a process that ended by SIGABRT (128 + 6), as it does when memory
    /// runs out. The process does not exit with it: it aborts.
    pub const ABORTED: Self = Self(134);

    /// What `process.exit(code)` ends with: the system keeps the low eight bits.
    #[must_use]
    pub const fn from_script(code: i32) -> Self {
        Self(code.to_le_bytes()[0])
    }

    /// What a shell shows for a process that ended by `signal`.
    #[must_use]
    pub const fn from_signal(signal: u8) -> Self {
        Self(signal.saturating_add(128))
    }

    /// The code as the parent process sees it.
    #[must_use]
    pub const fn value(self) -> u8 {
        self.0
    }

    /// Ends the process here, without a return to `main`: for `process.exit()`, which must not
    /// unwind through V8's frames. No destructor and no `atexit` function runs, as V8's threads may
    /// still be at work; our output is unbuffered, so nothing is lost.
    pub fn exit(self) -> ! {
        #![expect(unsafe_code, reason = "_exit")]
        // SAFETY: _exit has no preconditions.
        unsafe { libc::_exit(i32::from(self.0)) }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.0)
    }
}

#[cfg(test)]
mod tests {
    use super::ExitCode;

    #[test]
    fn a_script_s_code_keeps_its_low_eight_bits() {
        assert_eq!(ExitCode::from_script(0), ExitCode::SUCCESS);
        assert_eq!(ExitCode::from_script(256 + 7).value(), 7);
        assert_eq!(ExitCode::from_script(-1).value(), 255);
    }

    #[test]
    fn a_signal_adds_128() {
        assert_eq!(ExitCode::from_signal(6), ExitCode::ABORTED);
    }
}
