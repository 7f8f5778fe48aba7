//! What other threads ask of the isolate's: it is done at the next safe point, in a loop that never
//! returns as well as asleep in the event loop.

use super::profile;
use super::watch::on_interrupt;
use crate::sys::process;
use std::sync::atomic::{AtomicI32, Ordering};

/// The signal that shall end the process; 0 is none.
static END: AtomicI32 = AtomicI32::new(0);

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// The end of the process by this signal, once the profiles of the run are written.
    EndBy(i32),
}

/// Asks the main isolate, from any thread. The event loop has to be woken, too, to call
/// [`super::at_safe_point`].
pub fn request(isolate: &v8::IsolateHandle, request: Request) {
    match request {
        Request::EndBy(signal) => END.store(signal, Ordering::Release),
    }
    isolate.request_interrupt(on_interrupt, std::ptr::null_mut());
}

/// Does what was asked for.
pub(super) fn serve(isolate: &mut v8::Isolate) {
    let signal = END.swap(0, Ordering::AcqRel);
    if signal != 0 {
        profile::finish(isolate);
        process::end_by_signal(signal);
    }
}
