//! What waits to be sent to one client: filled by the isolate's thread, emptied by the server's.
//!
//! A client that reads slowly, or not at all, must cost neither memory nor the program. So the chunks
//! of V8's own snapshots wait for room (the isolate's thread with them), a snapshot of ours is a file
//! that the server reads as fast as the client does, and a client that leaves [`MOST_QUEUED`] of
//! anything else unread is disconnected.

use std::collections::VecDeque;
use std::fs::File;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes up to which a chunk of a snapshot is queued without waiting.
const ROOM: usize = 1 << 20;

/// Bytes behind which no notification is queued any more.
const MOST_QUEUED: usize = 64 << 20;

/// One thing to send.
pub enum Item {
    /// A message of the protocol.
    Text(String),
    /// A finished heap snapshot, which is sent as chunks.
    Snapshot(File),
}

#[derive(Default)]
struct State {
    queue: VecDeque<Item>,
    /// Bytes of text that are queued or being sent.
    bytes: usize,
    closed: bool,
}

/// The queue of one client.
pub struct Outbox {
    state: Mutex<State>,
    /// Told when there is more room, or none will be needed.
    room: Condvar,
    waker: Arc<mio::Waker>,
}

impl Outbox {
    /// An empty queue whose server is woken by `waker`.
    pub fn new(waker: Arc<mio::Waker>) -> Self {
        Self {
            state: Mutex::default(),
            room: Condvar::new(),
            waker,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        // It fails only where the server is gone, and nothing is sent any more.
        let _ = self.waker.wake();
    }

    /// Queues an answer, however long the queue is: the client asked for it.
    pub fn push(&self, text: String) {
        let mut state = self.state();
        if !state.closed {
            state.bytes += text.len();
            state.queue.push_back(Item::Text(text));
        }
        drop(state);
        self.wake();
    }

    /// Queues what the client did not ask for just now; disconnects one that reads nothing.
    pub fn notify(&self, text: String) {
        if self.state().bytes > MOST_QUEUED {
            self.close();
        } else {
            self.push(text);
        }
    }

    /// Queues a chunk, as soon as there is room or the client is gone.
    pub fn push_when_there_is_room(&self, chunk: String) {
        let state = self.state();
        let waits = |state: &mut State| !state.closed && state.bytes >= ROOM;
        drop(
            self.room
                .wait_while(state, waits)
                .unwrap_or_else(PoisonError::into_inner),
        );
        self.push(chunk);
    }

    /// Queues a finished snapshot.
    pub fn push_snapshot(&self, file: File) {
        let mut state = self.state();
        if !state.closed {
            state.queue.push_back(Item::Snapshot(file));
        }
        drop(state);
        self.wake();
    }

    /// For the server: what is to be sent next.
    pub fn pop(&self) -> Option<Item> {
        self.state().queue.pop_front()
    }

    /// For the server: that many bytes of text are with the kernel.
    pub fn sent(&self, bytes: usize) {
        let mut state = self.state();
        state.bytes = state.bytes.saturating_sub(bytes);
        drop(state);
        self.room.notify_all();
    }

    /// Nothing more is sent. For either side; the server then closes the connection.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.queue.clear();
        drop(state);
        self.room.notify_all();
        self.wake();
    }

    /// Whether the connection is to be closed.
    pub fn is_closed(&self) -> bool {
        self.state().closed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::*;

    fn outbox() -> (mio::Poll, Arc<Outbox>) {
        let poll = mio::Poll::new().unwrap();
        let waker = mio::Waker::new(poll.registry(), mio::Token(0)).unwrap();
        (poll, Arc::new(Outbox::new(Arc::new(waker))))
    }

    #[test]
    fn chunks_wait_for_room() {
        let (_poll, outbox) = outbox();
        let pushed = Arc::new(AtomicUsize::new(0));
        let pushing = thread::spawn({
            let (outbox, pushed) = (Arc::clone(&outbox), Arc::clone(&pushed));
            move || {
                for _ in 0..64 {
                    outbox.push_when_there_is_room("x".repeat(100 << 10));
                    pushed.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        while outbox.state().bytes < ROOM {
            thread::yield_now();
        }
        thread::sleep(Duration::from_millis(50));
        assert_eq!(pushed.load(Ordering::SeqCst), 11);
        while pushed.load(Ordering::SeqCst) < 64 {
            assert!(outbox.state().bytes < ROOM + (100 << 10));
            if let Some(Item::Text(text)) = outbox.pop() {
                outbox.sent(text.len());
            }
        }
        pushing.join().unwrap();
    }

    #[test]
    fn who_waits_for_a_client_that_leaves_is_let_go() {
        let (_poll, outbox) = outbox();
        outbox.push("x".repeat(ROOM));
        let pushing = thread::spawn({
            let outbox = Arc::clone(&outbox);
            move || outbox.push_when_there_is_room("chunk".to_owned())
        });
        thread::sleep(Duration::from_millis(20));
        outbox.close();
        pushing.join().unwrap();
        assert!(outbox.is_closed() && outbox.pop().is_none());
    }

    #[test]
    fn who_reads_nothing_is_disconnected() {
        let (_poll, outbox) = outbox();
        for _ in 0..64 {
            outbox.notify("x".repeat(1 << 20));
        }
        outbox.push("an answer".to_owned());
        assert!(!outbox.is_closed());
        outbox.notify("one more".to_owned());
        assert!(outbox.is_closed());
    }
}
