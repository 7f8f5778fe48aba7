//! Debugging: the `DevTools` port (`--inspect`) and the sessions of `node:inspector`.
//!
//! [`agent`] is the isolate's side: V8's own inspector (`v8::inspector`) with a [`session`] for each
//! client. [`server`] is a thread of its own with one [`connection`] a client: [`http`], then a
//! WebSocket. What clients send goes through [`inbox`], which wakes the isolate's thread wherever it
//! is: an interrupt stops JavaScript that runs, an event wakes the loop, and a thread that is paused
//! or waits for a debugger waits for nothing else. What they get goes through an [`outbox`] each.
//! [`snapshot`] answers `HeapProfiler.takeHeapSnapshot` with our generator.

mod agent;
mod clock;
mod connection;
mod http;
mod inbox;
mod outbox;
mod protocol;
mod raw;
mod server;
mod session;
mod snapshot;

pub use agent::{Agent, Slot, exception_thrown};

use crate::engine::host;

/// The only context group.
const GROUP: i32 = 1;

/// Serves what clients have sent, where there are any. In the loop.
pub fn serve(isolate: &mut v8::Isolate) {
    if let Some(agent) = host(isolate).inspector.get() {
        agent.serve();
    }
}

/// Likewise, in an interrupt.
fn serve_in_interrupt(isolate: &v8::Isolate) {
    if let Some(agent) = host(isolate).inspector.get() {
        agent.serve_in_interrupt();
    }
}

/// The program ends: waits for clients to leave, as Node does.
pub fn wait_for_disconnect(isolate: &v8::Isolate) {
    if let Some(agent) = host(isolate).inspector.get() {
        agent.wait_for_disconnect();
    }
}

/// A native is about to call into a script's main code, which may have to pause first.
pub fn before_main(isolate: &v8::Isolate) {
    if let Some(agent) = host(isolate).inspector.get() {
        agent.before_main();
    }
}
