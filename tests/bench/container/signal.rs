//! Signals to a process that was started here.
#![expect(unsafe_code, reason = "talks to libc")]

/// Ends it.
pub fn kill(id: u64) {
    send(id, libc::SIGKILL);
}

/// Stops all of its threads, soon.
pub fn stop(id: u64) {
    send(id, libc::SIGSTOP);
}

/// Lets them go on.
pub fn go_on(id: u64) {
    send(id, libc::SIGCONT);
}

fn send(id: u64, signal: libc::c_int) {
    // 0 and negative ids would mean groups of processes.
    if let Ok(id @ 1..) = libc::pid_t::try_from(id) {
        // SAFETY: no memory is involved.
        unsafe { libc::kill(id, signal) };
    }
}
