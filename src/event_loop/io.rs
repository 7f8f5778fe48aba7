//! Descriptors that become readable or writable: one thread waits for all of them and tells the
//! loop, which reads and writes on the isolate's thread, as libuv does.
//!
//! A watch is armed for one event at a time (`EPOLLONESHOT`): what comes in while JavaScript is busy
//! stays in the kernel and fills no queue of ours.

#![expect(unsafe_code, reason = "epoll has no safe form in the standard library")]

use std::cell::{Cell, RefCell};
use std::io::{Error, Result};
use std::os::fd::RawFd;
use std::rc::Rc;
use std::{ptr, thread};

use crossbeam_channel::Sender;
use rustc_hash::FxHashMap;

use super::Event;

/// Events that one wait brings at most.
const BATCH: usize = 64;

/// The number that tells the thread to end; watches count from 1.
const END: u64 = 0;

/// What a descriptor is ready for, or watched for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    /// A read does not wait: there are bytes, the end, or an error.
    pub readable: bool,
    /// A write does not wait: there is room, or an error.
    pub writable: bool,
}

type Callback = Rc<dyn Fn(&mut v8::PinScope<'_, '_>, Ready)>;

struct Watch {
    fd: RawFd,
    armed: Ready,
    keeps_alive: bool,
    callback: Callback,
}

/// The descriptors that one loop watches.
#[derive(Default)]
pub struct Io {
    poller: RefCell<Option<Poller>>,
    watches: RefCell<FxHashMap<u64, Watch>>,
    last: Cell<u64>,
    alive: Cell<usize>,
}

impl Io {
    /// Makes a watch of `fd`, armed for nothing; `callback` is called on the loop's thread each time
    /// that what it is armed for has come. The descriptor must stay open until [`Self::unwatch`].
    ///
    /// # Errors
    /// `EPERM` for files and folders, which are always ready; what the system says of no room.
    pub fn watch(
        &self,
        events: &Sender<Event>,
        fd: RawFd,
        callback: impl Fn(&mut v8::PinScope<'_, '_>, Ready) + 'static,
    ) -> Result<u64> {
        let mut poller = self.poller.borrow_mut();
        let poller = match &*poller {
            Some(poller) => poller,
            None => poller.insert(Poller::start(events.clone())?),
        };
        let id = self.last.get() + 1;
        poller.control(libc::EPOLL_CTL_ADD, fd, libc::EPOLLONESHOT, id)?;
        self.last.set(id);
        let watch = Watch {
            fd,
            armed: Ready::default(),
            keeps_alive: false,
            callback: Rc::new(callback),
        };
        self.watches.borrow_mut().insert(id, watch);
        Ok(id)
    }

    /// Asks for the next event of these kinds; for none, where both are false. As in libuv, the watch
    /// keeps the program running while there is something to write, or to be read if it is
    /// `referenced`.
    pub fn want(&self, id: u64, wanted: Ready, referenced: bool) {
        self.arm(id, wanted);
        self.keep_alive(id, wanted.writable || (wanted.readable && referenced));
    }

    fn arm(&self, id: u64, wanted: Ready) {
        let mut watches = self.watches.borrow_mut();
        let Some(watch) = watches.get_mut(&id) else {
            return;
        };
        let nothing = Ready::default();
        // What is armed for nothing is left as it is: a closed pipe would tell that it is closed.
        if watch.armed == wanted || wanted == nothing {
            return;
        }
        watch.armed = wanted;
        let mut flags = libc::EPOLLONESHOT;
        if wanted.readable {
            flags |= libc::EPOLLIN | libc::EPOLLRDHUP;
        }
        if wanted.writable {
            flags |= libc::EPOLLOUT;
        }
        if let Some(poller) = &*self.poller.borrow() {
            // An open descriptor that was added can be changed.
            let _ = poller.control(libc::EPOLL_CTL_MOD, watch.fd, flags, id);
        }
    }

    /// Whether the watch keeps the program running.
    fn keep_alive(&self, id: u64, on: bool) {
        if let Some(watch) = self.watches.borrow_mut().get_mut(&id)
            && watch.keeps_alive != on
        {
            watch.keeps_alive = on;
            let alive = self.alive.get();
            self.alive.set(if on { alive + 1 } else { alive - 1 });
        }
    }

    /// Ends a watch. Events that are on their way are dropped.
    pub fn unwatch(&self, id: u64) {
        self.keep_alive(id, false);
        if let Some(watch) = self.watches.borrow_mut().remove(&id)
            && let Some(poller) = &*self.poller.borrow()
        {
            // It was added, and is open still.
            let _ = poller.control(libc::EPOLL_CTL_DEL, watch.fd, 0, id);
        }
    }

    /// Takes what is ready already, which spares a way over the thread: what a program writes to
    /// itself, or finds when it has been busy.
    pub(super) fn take_now(&self, events: &mut Vec<Event>) {
        if self.watches.borrow().is_empty() {
            return;
        }
        if let Some(poller) = &*self.poller.borrow() {
            let mut batch = [NOTHING; BATCH];
            for event in poll(poller.epoll, &mut batch, 0) {
                if event.u64 != END {
                    events.push(Event::Ready(event.u64, ready_of(event)));
                }
            }
        }
    }

    /// Whether a watch keeps the program running.
    pub(super) fn is_alive(&self) -> bool {
        self.alive.get() > 0
    }

    /// Whom to call for an event; the watch is armed for nothing from here on.
    pub(crate) fn take_ready(&self, id: u64) -> Option<Callback> {
        let mut watches = self.watches.borrow_mut();
        let watch = watches.get_mut(&id)?;
        watch.armed = Ready::default();
        Some(watch.callback.clone())
    }

    /// Drops the callbacks, which hold handles of the isolate, and ends the thread.
    pub(super) fn shut_down(&self) {
        let watches = self.watches.take();
        drop(watches);
        self.alive.set(0);
        self.poller.take();
    }
}

/// The descriptor of epoll and the thread that waits on it.
struct Poller {
    epoll: RawFd,
    /// Readable when the thread is to end.
    end: RawFd,
}

impl Poller {
    fn start(events: Sender<Event>) -> Result<Self> {
        // SAFETY: takes a flag.
        let epoll = checked(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        // SAFETY: takes numbers.
        let end = checked(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) })
            .inspect_err(|_| close(epoll))?;
        let poller = Self { epoll, end };
        poller.control(libc::EPOLL_CTL_ADD, end, libc::EPOLLIN, END)?;
        thread::Builder::new()
            .name("oomhost-io".into())
            .spawn(move || {
                wait_for_events(epoll, &events);
                close(epoll);
                close(end);
            })?;
        Ok(poller)
    }

    fn control(&self, operation: i32, fd: RawFd, flags: i32, id: u64) -> Result<()> {
        let mut event = libc::epoll_event {
            events: flags.cast_unsigned(),
            u64: id,
        };
        // SAFETY: a valid event; descriptors are numbers.
        checked(unsafe { libc::epoll_ctl(self.epoll, operation, fd, &raw mut event) })?;
        Ok(())
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        let one = 1_u64;
        // SAFETY: eight bytes of this frame. The thread closes both descriptors.
        unsafe { libc::write(self.end, ptr::from_ref(&one).cast(), 8) };
    }
}

const NOTHING: libc::epoll_event = libc::epoll_event { events: 0, u64: 0 };

/// What is ready within `timeout` milliseconds; -1 is without end. Nothing, where a signal arrived.
fn poll(
    epoll: RawFd,
    batch: &mut [libc::epoll_event; BATCH],
    timeout: i32,
) -> &[libc::epoll_event] {
    let room = i32::try_from(BATCH).unwrap_or(1);
    // SAFETY: room for as many events as are asked for.
    let count = unsafe { libc::epoll_wait(epoll, batch.as_mut_ptr(), room, timeout) };
    &batch[..usize::try_from(count).unwrap_or(0)]
}

fn ready_of(event: &libc::epoll_event) -> Ready {
    let flags = event.events.cast_signed();
    let failed = flags & (libc::EPOLLERR | libc::EPOLLHUP) != 0;
    Ready {
        readable: failed || flags & (libc::EPOLLIN | libc::EPOLLRDHUP) != 0,
        writable: failed || flags & libc::EPOLLOUT != 0,
    }
}

fn wait_for_events(epoll: RawFd, events: &Sender<Event>) {
    let mut batch = [NOTHING; BATCH];
    loop {
        for event in poll(epoll, &mut batch, -1) {
            let id = event.u64;
            if id == END || events.send(Event::Ready(id, ready_of(event))).is_err() {
                return;
            }
        }
    }
}

fn checked(result: i32) -> Result<i32> {
    if result == -1 {
        Err(Error::last_os_error())
    } else {
        Ok(result)
    }
}

fn close(fd: RawFd) {
    // SAFETY: descriptors of ours, closed once.
    unsafe { libc::close(fd) };
}
