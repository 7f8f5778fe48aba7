//! Threads for work that blocks (files, name look-ups): at most four, as libuv has, each started
//! when there is work for it. And threads for work that may wait without end, as many as wait.

use std::cell::Cell;
use std::io::Result;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender};

use super::Event;

/// libuv's default for `UV_THREADPOOL_SIZE`.
const THREADS: usize = 4;

type Work = Box<dyn FnOnce() -> Event + Send>;

pub struct Pool {
    work: Sender<Work>,
    queue: Receiver<Work>,
    events: Sender<Event>,
    started: Cell<usize>,
}

impl Pool {
    pub fn new(events: Sender<Event>) -> Self {
        let (work, queue) = crossbeam_channel::unbounded();
        Self {
            work,
            queue,
            events,
            started: Cell::new(0),
        }
    }

    /// Queues `work`; its event goes to the loop.
    pub fn run(&self, work: Work) {
        if self.started.get() < THREADS && self.start_thread() {
            self.started.set(self.started.get() + 1);
        }
        if self.started.get() == 0 {
            // No thread can be had: do it here rather than never.
            let _ = self.events.send(work());
            return;
        }
        self.work
            .send(work)
            .expect("the pool holds the receiving end");
    }

    fn start_thread(&self) -> bool {
        let (queue, events) = (self.queue.clone(), self.events.clone());
        thread::Builder::new()
            .name("oomhost-worker".into())
            .spawn(move || {
                for work in queue {
                    if events.send(work()).is_err() {
                        return;
                    }
                }
            })
            .is_ok()
    }
}

/// Threads of which each waits for one thing, and then for the next: a thread that ends leaves memory
/// to its allocator.
pub struct Waiters {
    work: Sender<Work>,
    queue: Receiver<Work>,
    events: Sender<Event>,
    /// Threads that nobody has work for. Only the loop's thread takes one.
    idle: Arc<AtomicUsize>,
}

impl Waiters {
    pub fn new(events: Sender<Event>) -> Self {
        let (work, queue) = crossbeam_channel::unbounded();
        Self {
            work,
            queue,
            events,
            idle: Arc::default(),
        }
    }

    /// Has a thread do `work` at once; its event goes to the loop.
    ///
    /// # Errors
    /// If no thread can be had.
    pub fn run(&self, work: Work) -> Result<()> {
        if self.idle.load(Ordering::Relaxed) > 0 {
            self.idle.fetch_sub(1, Ordering::Relaxed);
        } else {
            self.start_thread()?;
        }
        self.work
            .send(work)
            .expect("the loop holds the receiving end");
        Ok(())
    }

    fn start_thread(&self) -> Result<()> {
        let (queue, events, idle) = (self.queue.clone(), self.events.clone(), self.idle.clone());
        thread::Builder::new()
            .name("oomhost-waiter".into())
            .spawn(move || {
                for work in queue {
                    let event = work();
                    idle.fetch_add(1, Ordering::Relaxed);
                    // The loop is gone only while the process ends.
                    if events.send(event).is_err() {
                        return;
                    }
                }
            })
            .map(drop)
    }
}
