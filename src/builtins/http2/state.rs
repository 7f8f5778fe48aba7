//! What we keep of a session beside what nghttp2 keeps: it is what nghttp2's callbacks see.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::mem::MaybeUninit;

use rustc_hash::FxHashMap;

use super::event::{Event, Header};

/// Bytes that one header counts for beyond its name and value (RFC 9113, section 6.5.2).
const HEADER_OVERHEAD: usize = 32;

/// Bytes of headers in one block that no setting goes beyond; Node's figure.
const MOST_HEADER_BYTES: u32 = 0xff_ffff;

/// Bytes that a stream counts for.
const STREAM_SIZE: usize = 512;

/// What a session does not go beyond.
pub struct Limits {
    /// Headers in one block.
    pub header_pairs: usize,
    /// Frames that make no sense, before the session ends.
    pub invalid_frames: u32,
    /// Streams that were refused, before the session ends.
    pub rejected_streams: u32,
    /// Bytes in use at which no more streams are accepted.
    pub memory: usize,
}

/// How much padding frames get: `PADDING_STRATEGY_*` of `http2.constants`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    None,
    Aligned,
    Max,
}

/// Bytes of one `write()` that are not in a frame yet.
struct Chunk {
    /// Told when the last byte is in a frame; 0 for nobody.
    write: u32,
    bytes: Vec<u8>,
    taken: usize,
}

/// A stream, from its first frame until JavaScript and nghttp2 have both let go of it.
#[derive(Default)]
pub struct Stream {
    chunks: VecDeque<Chunk>,
    /// No more chunks come.
    ended: bool,
    /// Trailers follow the last chunk.
    trailers: bool,
    /// The block of headers that is being received.
    headers: Vec<Header>,
    headers_size: usize,
    /// Bytes that a block may have.
    headers_most: usize,
    category: u32,
    held: Held,
}

/// Who has not let go of a stream yet.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Held {
    #[default]
    ByBoth,
    /// nghttp2 has closed it.
    ByScript,
    /// JavaScript has destroyed it.
    ByNghttp2,
}

/// What a data frame gets.
pub enum Taken {
    /// So many bytes.
    Some(usize),
    /// So many bytes, and they are the last; whether trailers follow.
    Last(usize, bool),
    /// None for now.
    Later,
}

/// The state itself. Callbacks have it by a shared reference, so everything is in cells, and no
/// borrow lasts longer than one method.
pub struct State {
    pub limits: Limits,
    pub padding: Padding,
    events: RefCell<Vec<Event>>,
    streams: RefCell<FxHashMap<i32, Stream>>,
    /// Writes whose bytes are in frames since they were last asked for.
    written: RefCell<Vec<u32>>,
    /// Streams that are not closed.
    open: Cell<usize>,
    /// Bytes that nghttp2 and the chunks here take.
    pub memory: Cell<usize>,
    /// Frames that came, and that were sent.
    pub frames_received: Cell<u32>,
    pub frames_sent: Cell<u32>,
    /// GOAWAYs that JavaScript has asked for and that are not sent.
    goaways: Cell<u32>,
    invalid_frames: Cell<u32>,
    rejected_streams: Cell<u32>,
    /// Node's code for why a callback ended the session.
    pub failure: Cell<Option<&'static str>>,
}

impl State {
    pub fn new(limits: Limits, padding: Padding) -> Self {
        Self {
            limits,
            padding,
            events: RefCell::default(),
            streams: RefCell::default(),
            written: RefCell::default(),
            open: Cell::new(0),
            memory: Cell::new(0),
            frames_received: Cell::new(0),
            frames_sent: Cell::new(0),
            goaways: Cell::new(0),
            invalid_frames: Cell::new(0),
            rejected_streams: Cell::new(0),
            failure: Cell::new(None),
        }
    }

    pub fn happened(&self, event: Event) {
        self.events.borrow_mut().push(event);
    }

    /// What happened since this was last asked.
    pub fn take_events(&self) -> Vec<Event> {
        self.events.take()
    }

    /// The writes that are in frames since this was last asked.
    pub fn take_written(&self) -> Vec<u32> {
        self.written.take()
    }

    fn on<T>(&self, stream: i32, work: impl FnOnce(&mut Stream) -> T) -> Option<T> {
        self.streams.borrow_mut().get_mut(&stream).map(work)
    }

    fn use_memory(&self, more: usize) {
        self.memory.set(self.memory.get().saturating_add(more));
    }

    fn free_memory(&self, less: usize) {
        self.memory.set(self.memory.get().saturating_sub(less));
    }

    /// Whether `maximum` streams (our setting) and the memory allow another.
    pub fn has_room_for_stream(&self, maximum: u32) -> bool {
        self.open.get() < maximum as usize
            && self.memory.get().saturating_add(STREAM_SIZE) <= self.limits.memory
    }

    /// JavaScript asks for GOAWAY.
    pub fn goaway_asked(&self) {
        self.goaways.set(self.goaways.get().saturating_add(1));
    }

    /// GOAWAY is sent; false where nghttp2 does so by itself, because it has done with the peer.
    pub fn goaway_sent(&self) -> bool {
        let asked = self.goaways.get();
        self.goaways.set(asked.saturating_sub(1));
        asked > 0
    }

    /// Whether that was one refusal too many, which ends the session.
    pub fn one_more_rejected(&self) -> bool {
        let count = self.rejected_streams.get();
        self.rejected_streams.set(count.saturating_add(1));
        count > self.limits.rejected_streams
    }

    /// Likewise of frames that make no sense.
    pub fn one_more_invalid(&self) -> bool {
        let count = self.invalid_frames.get();
        self.invalid_frames.set(count.saturating_add(1));
        if count > self.limits.invalid_frames {
            self.failure.set(Some("ERR_HTTP2_TOO_MANY_INVALID_FRAMES"));
            return true;
        }
        false
    }

    pub fn knows(&self, stream: i32) -> bool {
        self.streams.borrow().contains_key(&stream)
    }

    /// Whether JavaScript wants to hear of the stream.
    pub fn is_wanted(&self, stream: i32) -> bool {
        self.on(stream, |stream| stream.held != Held::ByNghttp2) == Some(true)
    }

    /// Adds a stream, which is new.
    pub fn add(&self, id: i32, stream: Stream) {
        let old = self.streams.borrow_mut().insert(id, stream);
        if old.is_none() {
            self.open.set(self.open.get() + 1);
        }
    }

    /// A block of headers begins.
    pub fn begin_headers(&self, stream: i32, category: u32) {
        self.on(stream, |stream| {
            stream.headers.clear();
            stream.headers_size = 0;
            stream.category = category;
        });
    }

    /// Adds to the block; false where it would be too long.
    pub fn add_header(&self, stream: i32, header: Header) -> bool {
        let pairs = self.limits.header_pairs;
        self.on(stream, |stream| {
            let size = header.name.len() + header.value.len() + HEADER_OVERHEAD;
            if stream.headers.len() >= pairs || stream.headers_size + size > stream.headers_most {
                return false;
            }
            stream.headers_size += size;
            stream.headers.push(header);
            true
        })
        .unwrap_or(true)
    }

    /// The block is complete.
    pub fn end_headers(&self, id: i32, flags: u8) {
        let block = self.on(id, |stream| {
            (
                std::mem::take(&mut stream.headers),
                stream.category,
                stream.held != Held::ByNghttp2,
            )
        });
        if let Some((headers, category, true)) = block {
            self.happened(Event::Headers {
                stream: id,
                category,
                flags,
                headers,
            });
        }
    }

    /// nghttp2 has closed the stream.
    pub fn closed(&self, id: i32, code: u32) {
        let before = self.on(id, |stream| {
            let before = stream.held;
            if before == Held::ByBoth {
                stream.held = Held::ByScript;
            }
            before
        });
        match before {
            None | Some(Held::ByScript) => return,
            Some(Held::ByBoth) => self.happened(Event::Close { stream: id, code }),
            Some(Held::ByNghttp2) => self.forget(id),
        }
        self.open.set(self.open.get() - 1);
    }

    /// JavaScript has destroyed the stream: its chunks go, their writes are told nothing.
    pub fn abandon(&self, id: i32) {
        let left = self.on(id, |stream| {
            let size: usize = stream.chunks.iter().map(|chunk| chunk.bytes.len()).sum();
            stream.chunks.clear();
            stream.headers = Vec::new();
            let closed = stream.held == Held::ByScript;
            stream.held = Held::ByNghttp2;
            (size, closed)
        });
        if let Some((size, closed)) = left {
            self.free_memory(size);
            if closed {
                self.forget(id);
            }
        }
    }

    fn forget(&self, id: i32) {
        self.streams.borrow_mut().remove(&id);
    }

    /// Puts bytes behind what the stream still has to send; false where there is no such stream.
    pub fn write(&self, id: i32, write: u32, bytes: Vec<u8>) -> bool {
        let size = bytes.len();
        let chunk = Chunk {
            write,
            bytes,
            taken: 0,
        };
        let known = self
            .on(id, |stream| stream.chunks.push_back(chunk))
            .is_some();
        if known {
            self.use_memory(size);
        }
        known
    }

    /// No more writes come; false where there is no such stream.
    pub fn end(&self, id: i32) -> bool {
        self.on(id, |stream| stream.ended = true).is_some()
    }

    pub fn is_ended(&self, id: i32) -> bool {
        self.on(id, |stream| stream.ended) == Some(true)
    }

    pub fn set_trailers(&self, id: i32) {
        self.on(id, |stream| stream.trailers = true);
    }

    /// Moves bytes of the stream into a frame.
    pub fn take(&self, id: i32, frame: &mut [MaybeUninit<u8>]) -> Taken {
        let mut done = Vec::new();
        let taken = self.on(id, |stream| {
            let count = stream.fill(frame, &mut done);
            if !stream.chunks.is_empty() {
                return Taken::Some(count);
            }
            if stream.ended && stream.held != Held::ByNghttp2 {
                return Taken::Last(count, std::mem::take(&mut stream.trailers));
            }
            if count == 0 {
                Taken::Later
            } else {
                Taken::Some(count)
            }
        });
        for (write, size) in done {
            self.free_memory(size);
            if write != 0 {
                self.written.borrow_mut().push(write);
            }
        }
        taken.unwrap_or(Taken::Later)
    }
}

impl Stream {
    /// One that the peer begins, while our setting `max_header_list_size` is in force.
    pub fn of_peer(max_header_list_size: u32) -> Self {
        Self {
            headers_most: max_header_list_size.min(MOST_HEADER_BYTES) as usize,
            ..Self::default()
        }
    }

    /// One that we begin: whether there will be no data, or trailers behind it.
    pub fn of_ours(max_header_list_size: u32, empty: bool, trailers: bool) -> Self {
        Self {
            ended: empty,
            trailers: trailers && !empty,
            ..Self::of_peer(max_header_list_size)
        }
    }

    /// Copies from the chunks until `frame` is full or they are empty; `done` gets number and size
    /// of each that is used up.
    fn fill(&mut self, frame: &mut [MaybeUninit<u8>], done: &mut Vec<(u32, usize)>) -> usize {
        let mut count = 0;
        while let Some(first) = self.chunks.front_mut() {
            let left = &first.bytes[first.taken..];
            let size = left.len().min(frame.len() - count);
            frame[count..count + size].write_copy_of_slice(&left[..size]);
            count += size;
            first.taken += size;
            if first.taken < first.bytes.len() {
                break;
            }
            done.push((first.write, first.bytes.len()));
            self.chunks.pop_front();
        }
        count
    }
}
