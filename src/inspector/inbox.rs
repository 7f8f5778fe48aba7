//! What clients have sent, on its way to the isolate's thread.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::outbox::Outbox;

/// A session's number; the server's and the script's own have the same range.
pub type SessionId = u64;

/// What the server tells the isolate's thread.
pub enum Incoming {
    /// A client's WebSocket is open.
    Connected(SessionId, Arc<Outbox>),
    /// A message of the protocol.
    Message(SessionId, String),
    /// The client is gone.
    Disconnected(SessionId),
}

/// The queue, which wakes the isolate's thread wherever it is: in JavaScript, asleep in its loop, or
/// paused.
pub struct Inbox {
    queue: Mutex<VecDeque<Incoming>>,
    /// For the thread that is paused.
    arrived: Condvar,
    /// For the thread that is not.
    wake: Box<dyn Fn() + Send + Sync>,
    /// Whether it was woken since it last looked.
    woken: AtomicBool,
}

impl Inbox {
    /// An empty queue. `wake` makes the isolate's thread call [`Self::take`], and is called from
    /// other threads.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            queue: Mutex::default(),
            arrived: Condvar::new(),
            wake: Box::new(wake),
            woken: AtomicBool::new(false),
        }
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<Incoming>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues and wakes.
    pub fn post(&self, incoming: Incoming) {
        self.queue().push_back(incoming);
        self.arrived.notify_all();
        if !self.woken.swap(true, Ordering::AcqRel) {
            (self.wake)();
        }
    }

    /// The next one, if there is one.
    pub fn take(&self) -> Option<Incoming> {
        self.woken.store(false, Ordering::Release);
        self.queue().pop_front()
    }

    /// The next one, which may be a while.
    pub fn wait(&self) -> Option<Incoming> {
        let queue = self.queue();
        let mut queue = self
            .arrived
            .wait_while(queue, |queue| queue.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        queue.pop_front()
    }
}
