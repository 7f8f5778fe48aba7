//! Threads for work that blocks (files, name look-ups): at most four, as libuv has, each started
//! when there is work for it.

use std::cell::Cell;
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
