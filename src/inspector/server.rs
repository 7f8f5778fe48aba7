//! The port: a thread that serves it whatever the script does.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token, Waker};
use rustc_hash::FxHashMap;

use super::connection::{Connection, News};
use super::http::Target;
use super::inbox::{Inbox, Incoming, SessionId};
use super::session::next_id;

/// Connections at a time; more are closed at once, so that a client gone mad does not take all the
/// descriptors of the program.
const MOST_CONNECTIONS: usize = 64;

const LISTENER: Token = Token(0);
const WAKER: Token = Token(1);

/// Why the port is not open.
#[derive(Debug)]
pub enum StartError {
    /// The host's name has no address, and why.
    Unresolved(io::Error),
    /// The address cannot be had, or not the thread.
    Failed(io::Error),
}

/// An open port. Dropped, it is closed, and so are its connections.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    target: Target,
    stop: Arc<AtomicBool>,
    waker: Arc<Waker>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Opens a port, any if it is 0, and serves it.
    ///
    /// # Errors
    /// As [`StartError`] says.
    pub fn start(
        host: &str,
        port: u16,
        target: Target,
        inbox: Arc<Inbox>,
    ) -> Result<Self, StartError> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let address = (bare, port)
            .to_socket_addrs()
            .and_then(|mut all| all.next().ok_or_else(|| io::ErrorKind::NotFound.into()))
            .map_err(StartError::Unresolved)?;
        let failed = StartError::Failed;
        let mut listener = TcpListener::bind(address).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let poll = Poll::new().map_err(failed)?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER).map_err(failed)?);
        poll.registry()
            .register(&mut listener, LISTENER, Interest::READABLE)
            .map_err(failed)?;
        let stop = Arc::new(AtomicBool::new(false));
        let serving = Serving {
            poll,
            listener,
            connections: FxHashMap::default(),
            target: target.clone(),
            inbox,
            waker: Arc::clone(&waker),
            stop: Arc::clone(&stop),
        };
        let thread = thread::Builder::new()
            .name("oomhost-inspect".to_owned())
            .spawn(move || serving.run())
            .map_err(failed)?;
        Ok(Self {
            address,
            target,
            stop,
            waker,
            thread: Some(thread),
        })
    }

    /// The address of the WebSocket.
    pub fn url(&self) -> String {
        format!("ws://{}/{}", self.address, self.target.id)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        // Without a waker there is no thread to join either.
        if self.waker.wake().is_ok()
            && let Some(thread) = self.thread.take()
        {
            // It does not panic.
            let _ = thread.join();
        }
    }
}

/// What the thread has.
struct Serving {
    poll: Poll,
    listener: TcpListener,
    /// By the numbers that their sessions will have, if they become sessions.
    connections: FxHashMap<SessionId, Held>,
    target: Target,
    inbox: Arc<Inbox>,
    waker: Arc<Waker>,
    stop: Arc<AtomicBool>,
}

struct Held {
    connection: Connection,
    /// It became a WebSocket.
    is_session: bool,
}

impl Serving {
    fn run(mut self) {
        let mut events = Events::with_capacity(64);
        loop {
            match self.poll.poll(&mut events, None) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            }
            if self.stop.load(Ordering::Acquire) {
                break;
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.accept(),
                    WAKER => self.drive_sessions(),
                    Token(id) => self.drive(id as SessionId),
                }
            }
        }
        // What is queued goes out as far as the sockets take it.
        let ids: Vec<_> = self.connections.keys().copied().collect();
        for id in ids {
            self.drive(id);
            self.end(id);
        }
    }

    fn accept(&mut self) {
        // Where descriptors are short the rest waits for the next client's knock.
        while let Ok((mut stream, _)) = self.listener.accept() {
            if self.connections.len() >= MOST_CONNECTIONS {
                continue;
            }
            let id = next_id();
            let token = Token(usize::try_from(id).unwrap_or(usize::MAX));
            let interest = Interest::READABLE | Interest::WRITABLE;
            let registered = self.poll.registry().register(&mut stream, token, interest);
            if registered.is_ok() {
                let connection = Connection::new(stream, Arc::clone(&self.waker));
                self.connections.insert(
                    id,
                    Held {
                        connection,
                        is_session: false,
                    },
                );
                self.drive(id);
            }
        }
    }

    fn drive_sessions(&mut self) {
        let sessions = self.connections.iter().filter(|(_, held)| held.is_session);
        let ids: Vec<_> = sessions.map(|(id, _)| *id).collect();
        for id in ids {
            self.drive(id);
        }
    }

    fn drive(&mut self, id: SessionId) {
        let Some(held) = self.connections.get_mut(&id) else {
            return;
        };
        let inbox = &self.inbox;
        let is_session = &mut held.is_session;
        let driven = held.connection.drive(&self.target, &mut |news| match news {
            News::Connected(outbox) => {
                *is_session = true;
                inbox.post(Incoming::Connected(id, outbox));
            }
            News::Message(text) => inbox.post(Incoming::Message(id, text)),
        });
        if driven.is_err() {
            self.end(id);
        }
    }

    fn end(&mut self, id: SessionId) {
        let Some(mut held) = self.connections.remove(&id) else {
            return;
        };
        if let Some(stream) = held.connection.stream() {
            // It goes with the descriptor anyway.
            let _ = self.poll.registry().deregister(stream);
        }
        if held.is_session {
            self.inbox.post(Incoming::Disconnected(id));
        }
    }
}
