//! How the process ends: exit codes, and the one place that calls `_exit`.

use crate::engine;

/// An exit code, named as Node's documentation of `process` names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code(pub u8);

impl Code {
    /// Everything went as it should.
    pub const OK: Self = Self(0);
    /// An uncaught error, or a script that is not there.
    pub const UNCAUGHT: Self = Self(1);
    /// The handler of uncaught errors threw.
    pub const HANDLER_THREW: Self = Self(7);
    /// A bad option or value on the command line.
    pub const BAD_ARGUMENT: Self = Self(9);
    /// Top-level `await` never settled.
    pub const UNSETTLED_AWAIT: Self = Self(13);
}

impl From<Code> for std::process::ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code.0)
    }
}

/// Ends the process at once: no destructors, no `atexit`, as other threads may still run V8's jobs.
/// All our output is unbuffered, so nothing is lost.
pub fn now(code: Code) -> ! {
    #![expect(unsafe_code, reason = "_exit")]
    // SAFETY: _exit has no preconditions.
    unsafe { libc::_exit(i32::from(code.0)) }
}

/// What the script set as `process.exitCode`, if it did.
pub fn requested(scope: &mut v8::PinScope<'_, '_>) -> Option<Code> {
    engine::host(scope).exit_code.get().map(Code)
}
