//! One connection to the port: a request, and perhaps a WebSocket after it. Nothing here waits: what
//! the socket does not take or have just now is gone on with when it is ready.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::sync::Arc;

use mio::net::TcpStream;
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

use super::http::{self, Answer, Target};
use super::outbox::{Item, Outbox};

/// Bytes of one message from a client: a script to evaluate may be long.
const LONGEST_MESSAGE: usize = 256 << 20;

/// What a connection has to tell.
pub enum News {
    /// The WebSocket is open; its messages to the client come from this queue.
    Connected(Arc<Outbox>),
    /// A message of the client.
    Message(String),
}

/// The connection is over.
pub struct Ended;

enum Stage {
    /// Reading a request.
    Request(Vec<u8>),
    /// Sending what answers it, up to the WebSocket that follows or the end.
    Answering {
        bytes: Vec<u8>,
        sent: usize,
        /// What the client sent behind its request, where a WebSocket follows.
        then: Option<Vec<u8>>,
    },
    Open(Box<Open>),
    /// For the moment in which one stage becomes another.
    Between,
}

/// A connection and how far it is.
pub struct Connection {
    stream: Option<TcpStream>,
    stage: Stage,
    waker: Arc<mio::Waker>,
}

/// An open WebSocket.
struct Open {
    socket: WebSocket<TcpStream>,
    outbox: Arc<Outbox>,
    /// Bytes of the message that is with `socket` and not all with the kernel.
    in_flight: Option<usize>,
    snapshot: Option<Snapshot>,
}

/// A snapshot that is being sent.
struct Snapshot {
    file: File,
    /// The end of a chunk that ended within a character.
    rest: Vec<u8>,
}

impl Connection {
    /// A new one. `waker` wakes the server when there is something to send.
    pub fn new(stream: TcpStream, waker: Arc<mio::Waker>) -> Self {
        Self {
            stream: Some(stream),
            stage: Stage::Request(Vec::new()),
            waker,
        }
    }

    /// The socket, to register and deregister it.
    pub fn stream(&mut self) -> Option<&mut TcpStream> {
        match &mut self.stage {
            Stage::Open(open) => Some(open.socket.get_mut()),
            _ => self.stream.as_mut(),
        }
    }

    /// Goes on as far as the socket lets it.
    ///
    /// # Errors
    /// [`Ended`], when the connection is done or broken.
    pub fn drive(&mut self, target: &Target, tell: &mut dyn FnMut(News)) -> Result<(), Ended> {
        loop {
            let on = match &mut self.stage {
                Stage::Request(_) => self.read_request(target)?,
                Stage::Answering { .. } => self.send_answer(tell)?,
                Stage::Open(open) => return open.drive(tell),
                Stage::Between => return Err(Ended),
            };
            if !on {
                return Ok(());
            }
        }
    }

    /// Whether there is a stage to go on with.
    fn read_request(&mut self, target: &Target) -> Result<bool, Ended> {
        let (Stage::Request(bytes), Some(stream)) = (&mut self.stage, &mut self.stream) else {
            return Err(Ended);
        };
        let mut buffer = [0; 4096];
        let count = match stream.read(&mut buffer) {
            Ok(0) => return Err(Ended),
            Ok(count) => count,
            Err(error) => return would_block(&error),
        };
        bytes.extend_from_slice(&buffer[..count]);
        match http::answer(bytes, target) {
            Answer::More => {}
            Answer::Close(answer) => self.answer(answer, None),
            Answer::Upgrade(answer, length) => {
                let behind = bytes.split_off(length);
                self.answer(answer, Some(behind));
            }
        }
        Ok(true)
    }

    fn answer(&mut self, bytes: Vec<u8>, then: Option<Vec<u8>>) {
        self.stage = Stage::Answering {
            bytes,
            sent: 0,
            then,
        };
    }

    fn send_answer(&mut self, tell: &mut dyn FnMut(News)) -> Result<bool, Ended> {
        let (Stage::Answering { bytes, sent, .. }, Some(stream)) =
            (&mut self.stage, &mut self.stream)
        else {
            return Err(Ended);
        };
        while *sent < bytes.len() {
            match stream.write(&bytes[*sent..]) {
                Ok(0) => return Err(Ended),
                Ok(count) => *sent += count,
                Err(error) => return would_block(&error),
            }
        }
        let stage = std::mem::replace(&mut self.stage, Stage::Between);
        let (
            Stage::Answering {
                then: Some(behind), ..
            },
            Some(stream),
        ) = (stage, self.stream.take())
        else {
            return Err(Ended);
        };
        let outbox = Arc::new(Outbox::new(Arc::clone(&self.waker)));
        self.stage = Stage::Open(Box::new(Open::new(stream, behind, Arc::clone(&outbox))));
        tell(News::Connected(outbox));
        Ok(true)
    }
}

fn would_block(error: &io::Error) -> Result<bool, Ended> {
    match error.kind() {
        io::ErrorKind::WouldBlock => Ok(false),
        io::ErrorKind::Interrupted => Ok(true),
        _ => Err(Ended),
    }
}

impl Open {
    fn new(stream: TcpStream, behind: Vec<u8>, outbox: Arc<Outbox>) -> Self {
        // Every message is written at once, so that the queue alone holds what waits.
        let config = WebSocketConfig::default()
            .read_buffer_size(16 << 10)
            .write_buffer_size(0)
            .max_message_size(Some(LONGEST_MESSAGE))
            .max_frame_size(Some(LONGEST_MESSAGE));
        // Without it every second small message would wait for the client's delayed acknowledgement;
        // a socket that has no such option is as well.
        let _ = stream.set_nodelay(true);
        let socket = WebSocket::from_partially_read(stream, behind, Role::Server, Some(config));
        Self {
            socket,
            outbox,
            in_flight: None,
            snapshot: None,
        }
    }

    fn drive(&mut self, tell: &mut dyn FnMut(News)) -> Result<(), Ended> {
        while let Some(message) = proceed(self.socket.read())? {
            // The protocol is text; pings and the closing handshake are the crate's.
            if let Message::Text(text) = message {
                tell(News::Message(text.to_string()));
            }
        }
        if self.outbox.is_closed() {
            return Err(Ended);
        }
        loop {
            if let Some(bytes) = self.in_flight {
                if proceed(self.socket.flush())?.is_none() {
                    return Ok(());
                }
                self.in_flight = None;
                self.outbox.sent(bytes);
            }
            let Some((text, counted)) = self.next() else {
                // A pong, perhaps.
                proceed(self.socket.flush())?;
                return Ok(());
            };
            self.in_flight = Some(counted);
            proceed(self.socket.write(Message::text(text)))?;
        }
    }

    /// The next message, and how many bytes of it the queue counts.
    fn next(&mut self) -> Option<(String, usize)> {
        loop {
            if let Some(snapshot) = &mut self.snapshot {
                if let Some(text) = snapshot.next_message() {
                    return Some((text, 0));
                }
                self.snapshot = None;
            }
            match self.outbox.pop()? {
                Item::Text(text) => {
                    let counted = text.len();
                    return Some((text, counted));
                }
                Item::Snapshot(file) => self.snapshot = Some(Snapshot::new(file)),
            }
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // The isolate's thread may be waiting for room.
        self.outbox.close();
    }
}

/// `None` where the socket is not ready.
fn proceed<T>(result: Result<T, Error>) -> Result<Option<T>, Ended> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(_) => Err(Ended),
    }
}

impl Snapshot {
    fn new(file: File) -> Self {
        Self {
            file,
            rest: Vec::new(),
        }
    }

    /// `HeapProfiler.addHeapSnapshotChunk` of the next bytes; `None` at the end of the file.
    fn next_message(&mut self) -> Option<String> {
        super::snapshot::next_chunk(&mut self.file, &mut self.rest, super::snapshot::CHUNK)
            .map(|chunk| super::snapshot::chunk_message(&chunk))
    }
}
