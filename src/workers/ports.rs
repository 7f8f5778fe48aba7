//! Message ports: two ends that pass cloned values between loops, or a group of them
//! (`BroadcastChannel`). Nothing here knows JavaScript: a message is bytes and what goes with them.

#![expect(
    unsafe_code,
    reason = "memory of array buffers goes from thread to thread"
)]

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

use crossbeam_channel::Sender;
use rustc_hash::FxHashMap;

use crate::event_loop::Event;

type Store = v8::SharedRef<v8::BackingStore>;

/// A serialised value and what travels beside its bytes.
#[derive(Default)]
pub struct Message {
    pub bytes: Vec<u8>,
    /// The memory of shared buffers, by the id that the bytes have.
    pub shared: Vec<Store>,
    /// The memory of buffers that were transferred, likewise.
    pub moved: Vec<Store>,
    /// WebAssembly modules, likewise.
    pub modules: Vec<Arc<v8::CompiledWasmModule>>,
    /// Ports that were transferred, in the order of the transfer list.
    pub ports: Vec<Endpoint>,
}

// SAFETY: a backing store is memory that V8 counts references of with atomics, from any thread; the
// bytes in it are the scripts' to share.
unsafe impl Send for Message {}

impl Message {
    /// The same value once more, for another receiver. Nothing that was transferred can be in it.
    fn copy(&self) -> Self {
        Self {
            bytes: self.bytes.clone(),
            shared: self.shared.clone(),
            moved: Vec::new(),
            modules: self.modules.clone(),
            ports: Vec::new(),
        }
    }
}

/// Whose loop hears of a message, and under which number.
struct Owner {
    events: Sender<Event>,
    id: u64,
}

#[derive(Default)]
struct Queue {
    messages: VecDeque<Message>,
    owner: Option<Owner>,
    /// The owner wants messages (`port.start()`).
    receiving: bool,
    /// The owner's loop has been told and has not looked yet.
    told: bool,
    /// The other end is gone.
    closed: bool,
}

impl Queue {
    fn tell(&mut self) {
        let wanted = (self.receiving && !self.messages.is_empty()) || self.is_finished();
        if let Some(owner) = &self.owner
            && wanted
            && !self.told
        {
            // The loop is gone only while its thread ends.
            self.told = owner.events.send(Event::Port(owner.id)).is_ok();
        }
    }

    fn is_finished(&self) -> bool {
        self.closed && self.messages.is_empty()
    }
}

#[derive(Default)]
struct Inbox(Mutex<Queue>);

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, message: Message) {
        let mut queue = self.lock();
        queue.messages.push_back(message);
        queue.tell();
    }
}

/// Everybody who listens to one name.
struct Group {
    name: String,
    members: Mutex<Vec<Weak<Inbox>>>,
}

static GROUPS: LazyLock<Mutex<FxHashMap<String, Weak<Group>>>> = LazyLock::new(Mutex::default);

/// The ports at which threads take messages from any other, by Node's thread id.
static THREADS: LazyLock<Mutex<FxHashMap<u64, Weak<Inbox>>>> = LazyLock::new(Mutex::default);

enum Others {
    /// Whoever has the other end. The end of one closes the other.
    One(Weak<Inbox>),
    /// A thread, which stays open for others.
    Thread(Weak<Inbox>),
    Group(Arc<Group>),
}

/// One end of a channel. Dropping it closes the channel.
pub struct Endpoint {
    own: Arc<Inbox>,
    others: Others,
}

impl Endpoint {
    /// Two ends of a new channel.
    pub fn pair() -> (Self, Self) {
        let (one, two) = (Arc::<Inbox>::default(), Arc::<Inbox>::default());
        (
            Self {
                own: one.clone(),
                others: Others::One(Arc::downgrade(&two)),
            },
            Self {
                own: two,
                others: Others::One(Arc::downgrade(&one)),
            },
        )
    }

    /// A new member of the group `name`, which all threads of the process share.
    pub fn member(name: &str) -> Self {
        let mut groups = GROUPS.lock().unwrap_or_else(PoisonError::into_inner);
        let group = groups.get(name).and_then(Weak::upgrade).unwrap_or_else(|| {
            let group = Arc::new(Group {
                name: name.to_owned(),
                members: Mutex::default(),
            });
            groups.insert(name.to_owned(), Arc::downgrade(&group));
            group
        });
        let own = Arc::<Inbox>::default();
        let mut members = group.members.lock().unwrap_or_else(PoisonError::into_inner);
        members.push(Arc::downgrade(&own));
        drop(members);
        Self {
            own,
            others: Others::Group(group),
        }
    }

    /// The port at which the thread `id` takes messages from any other.
    pub fn of_thread(id: u64) -> Self {
        let own = Arc::<Inbox>::default();
        let mut threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
        threads.retain(|_, inbox| inbox.strong_count() > 0);
        threads.insert(id, Arc::downgrade(&own));
        Self {
            own,
            others: Others::Thread(Weak::new()),
        }
    }

    /// A port to the thread `id`, if that takes messages.
    pub fn to_thread(id: u64) -> Option<Self> {
        let threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
        let thread = threads.get(&id).filter(|inbox| inbox.strong_count() > 0)?;
        Some(Self {
            own: Arc::default(),
            others: Others::Thread(thread.clone()),
        })
    }

    /// Queues a message for the other end, or for all others of a group. Lost where nobody is there.
    pub fn post(&self, message: Message) {
        match &self.others {
            Others::One(other) | Others::Thread(other) => {
                if let Some(other) = other.upgrade() {
                    other.push(message);
                }
            }
            Others::Group(group) => {
                let members = group.members.lock().unwrap_or_else(PoisonError::into_inner);
                for member in members.iter().filter_map(Weak::upgrade) {
                    if !Arc::ptr_eq(&member, &self.own) {
                        member.push(message.copy());
                    }
                }
            }
        }
    }

    /// Whether `other` is this end's other end.
    fn is_paired_with(&self, other: &Self) -> bool {
        matches!(&self.others, Others::One(weak) if weak.as_ptr() == Arc::as_ptr(&other.own))
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        match &self.others {
            Others::Thread(_) => {}
            Others::One(other) => {
                if let Some(other) = other.upgrade() {
                    let mut queue = other.lock();
                    queue.closed = true;
                    queue.tell();
                }
            }
            Others::Group(group) => {
                let mut members = group.members.lock().unwrap_or_else(PoisonError::into_inner);
                members.retain(|member| member.as_ptr() != Arc::as_ptr(&self.own));
                let is_last = members.is_empty();
                drop(members);
                if is_last {
                    let mut groups = GROUPS.lock().unwrap_or_else(PoisonError::into_inner);
                    // Somebody may have joined, or begun anew, meanwhile.
                    let is_gone = groups
                        .get(&group.name)
                        .is_none_or(|known| known.strong_count() <= 1);
                    if is_gone {
                        groups.remove(&group.name);
                    }
                }
            }
        }
    }
}

/// The ports of one isolate, by the numbers that JavaScript knows them by.
#[derive(Default)]
pub struct Ports {
    table: RefCell<FxHashMap<u64, Endpoint>>,
    last: Cell<u64>,
    /// The port whose messages are being delivered, and whether it shall be closed after them.
    delivering: Cell<Option<(u64, bool)>>,
}

impl Ports {
    /// Takes a port in; messages wait until `start` is called.
    pub fn add(&self, endpoint: Endpoint, events: &Sender<Event>) -> u64 {
        let id = self.last.get() + 1;
        self.last.set(id);
        let mut queue = endpoint.own.lock();
        queue.owner = Some(Owner {
            events: events.clone(),
            id,
        });
        queue.receiving = false;
        queue.told = false;
        queue.tell();
        drop(queue);
        self.table.borrow_mut().insert(id, endpoint);
        id
    }

    /// Gives a port away: for another thread, or, dropped, closed.
    pub fn take(&self, id: u64) -> Option<Endpoint> {
        let endpoint = self.table.borrow_mut().remove(&id)?;
        endpoint.own.lock().owner = None;
        Some(endpoint)
    }

    /// Whether the port is there.
    pub fn has(&self, id: u64) -> bool {
        self.table.borrow().contains_key(&id)
    }

    /// From now on the loop hears of messages (`true`), or no more.
    pub fn set_receiving(&self, id: u64, on: bool) {
        if let Some(endpoint) = self.table.borrow().get(&id) {
            let mut queue = endpoint.own.lock();
            queue.receiving = on;
            queue.tell();
        }
    }

    /// Posts a message through the port. Lost where there is none.
    pub fn post(&self, id: u64, message: Message) {
        let posting = self.table.borrow();
        if let Some(endpoint) = posting.get(&id) {
            endpoint.post(message);
        } else {
            drop(posting);
            // Ports in it are closed by this, which may tell our own loop.
            drop(message);
        }
    }

    /// Whether the ports are the two ends of one channel.
    pub fn are_paired(&self, one: u64, two: u64) -> bool {
        let table = self.table.borrow();
        match (table.get(&one), table.get(&two)) {
            (Some(one), Some(two)) => one.is_paired_with(two),
            _ => false,
        }
    }

    /// Messages of a port are delivered from now on; what this returns goes to [`Self::end_delivery`].
    pub fn begin_delivery(&self, id: u64) -> Option<(u64, bool)> {
        self.delivering.replace(Some((id, false)))
    }

    /// The delivery is over: whether the port was to be closed meanwhile.
    pub fn end_delivery(&self, outer: Option<(u64, bool)>) -> bool {
        self.delivering
            .replace(outer)
            .is_some_and(|(_, closing)| closing)
    }

    /// If messages of the port are being delivered, it is to be closed after them.
    pub fn close_after_delivery(&self, id: u64) -> bool {
        let delivering = self.delivering.get();
        let is_this = delivering.is_some_and(|(delivered, _)| delivered == id);
        if is_this {
            self.delivering.set(Some((id, true)));
        }
        is_this
    }

    /// The loop looks: how many messages there are now.
    pub fn look(&self, id: u64) -> usize {
        self.table.borrow().get(&id).map_or(0, |endpoint| {
            let mut queue = endpoint.own.lock();
            queue.told = false;
            queue.messages.len()
        })
    }

    /// The next message, if the owner wants messages, or in any case (`forced`).
    pub fn next(&self, id: u64, forced: bool) -> Option<Message> {
        let table = self.table.borrow();
        let mut queue = table.get(&id)?.own.lock();
        if queue.receiving || forced {
            queue.messages.pop_front()
        } else {
            None
        }
    }

    /// Has the loop look once more, if there is something left; returns whether the channel is at
    /// its end.
    pub fn look_again(&self, id: u64) -> bool {
        let table = self.table.borrow();
        let Some(endpoint) = table.get(&id) else {
            return false;
        };
        let mut queue = endpoint.own.lock();
        if queue.is_finished() {
            return true;
        }
        queue.tell();
        false
    }

    /// Closes all of them.
    pub fn close_all(&self) {
        let ports = std::mem::take(&mut *self.table.borrow_mut());
        drop(ports);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message {
        Message {
            bytes: text.as_bytes().to_vec(),
            ..Message::default()
        }
    }

    fn texts(ports: &Ports, id: u64) -> Vec<String> {
        std::iter::from_fn(|| ports.next(id, true))
            .map(|message| String::from_utf8(message.bytes).unwrap())
            .collect()
    }

    #[test]
    fn messages_wait_for_a_start_and_survive_a_move() {
        let (events, heard) = crossbeam_channel::unbounded();
        let ports = Ports::default();
        let (one, two) = Endpoint::pair();
        let (one, two) = (ports.add(one, &events), ports.add(two, &events));
        ports.post(one, message("a"));
        assert!(heard.is_empty());
        let moved = ports.take(two).unwrap();
        ports.post(one, message("b"));
        let two = ports.add(moved, &events);
        ports.set_receiving(two, true);
        assert!(matches!(heard.try_recv(), Ok(Event::Port(id)) if id == two));
        assert_eq!(texts(&ports, two), ["a", "b"]);
    }

    #[test]
    fn an_end_that_goes_closes_the_other_after_its_messages() {
        let (events, heard) = crossbeam_channel::unbounded();
        let ports = Ports::default();
        let (one, two) = Endpoint::pair();
        let (one, two) = (ports.add(one, &events), ports.add(two, &events));
        assert!(ports.are_paired(one, two));
        ports.post(one, message("last"));
        drop(ports.take(one));
        assert!(heard.is_empty());
        assert!(!ports.look_again(two));
        assert_eq!(texts(&ports, two), ["last"]);
        assert!(ports.look_again(two));
    }

    #[test]
    fn a_group_hears_what_the_others_say() {
        let (events, _heard) = crossbeam_channel::unbounded();
        let ports = Ports::default();
        let ids: Vec<u64> = (0..3)
            .map(|_| ports.add(Endpoint::member("ports::tests"), &events))
            .collect();
        ports.post(ids[0], message("hello"));
        assert!(texts(&ports, ids[0]).is_empty());
        assert_eq!(texts(&ports, ids[1]), ["hello"]);
        assert_eq!(texts(&ports, ids[2]), ["hello"]);
        ports.close_all();
        assert!(!GROUPS.lock().unwrap().contains_key("ports::tests"));
    }
}
