//! One HTTP/2 connection, as nghttp2 has it. Nothing here knows of V8.

use std::ffi::CStr;
use std::ptr::{self, NonNull};
use std::rc::Rc;
use std::slice;

use libnghttp2_sys as ng;

use super::callbacks::{Callbacks, data_provider, settings_in_force};
use super::event::{Event, InForce};
use super::memory;
use super::state::{Limits, Padding, State, Stream};

/// What `http2.connect` and `http2.createServer` may be told; `None` is nghttp2's own choice.
#[derive(Default)]
pub struct Options {
    pub max_deflate_dynamic_table_size: Option<usize>,
    pub max_reserved_remote_streams: Option<u32>,
    pub max_send_header_block_length: Option<usize>,
    pub peer_max_concurrent_streams: Option<u32>,
    pub max_settings: Option<usize>,
    pub stream_reset_burst: Option<u64>,
    pub stream_reset_rate: Option<u64>,
    /// Whether whitespace around a header's value is refused.
    pub no_surrounding_whitespace: Option<bool>,
}

/// One header to send.
pub struct Pair {
    pub name: Vec<u8>,
    pub value: Vec<u8>,
    pub sensitive: bool,
}

/// What becomes of the data that follows headers.
#[derive(Clone, Copy)]
pub struct Body {
    /// There is none: the headers end the stream.
    pub empty: bool,
    /// Trailers follow it.
    pub trailers: bool,
}

pub struct Session {
    raw: NonNull<ng::nghttp2_session>,
    // nghttp2 has its address; freed after the session, which `drop` ends.
    state: Rc<State>,
}

/// nghttp2's options, freed when they go.
struct RawOptions(NonNull<ng::nghttp2_option>);

impl RawOptions {
    fn new(server: bool, options: &Options) -> Self {
        let mut raw = ptr::null_mut();
        // SAFETY: nghttp2 writes the pointer there.
        unsafe { ng::nghttp2_option_new(&raw mut raw) };
        let this = Self(NonNull::new(raw).expect("memory for nghttp2's options"));
        macro_rules! set {
            ($setter:ident, $($value:expr),+) => {
                // SAFETY: the options are alive, and the values are plain numbers.
                unsafe { ng::$setter(this.0.as_ptr(), $($value),+) }
            };
        }
        // Closed streams would be kept for priorities, which nobody uses.
        set!(nghttp2_option_set_no_closed_streams, 1);
        // A window opens when JavaScript has read.
        set!(nghttp2_option_set_no_auto_window_update, 1);
        if !server {
            for kind in [ng::NGHTTP2_ALTSVC, ng::NGHTTP2_ORIGIN] {
                let kind = u8::try_from(kind).unwrap_or(0);
                set!(nghttp2_option_set_builtin_recv_extension_type, kind);
            }
        }
        if let Some(size) = options.max_deflate_dynamic_table_size {
            set!(nghttp2_option_set_max_deflate_dynamic_table_size, size);
        }
        if let Some(count) = options.max_reserved_remote_streams {
            set!(nghttp2_option_set_max_reserved_remote_streams, count);
        }
        if let Some(length) = options.max_send_header_block_length {
            set!(nghttp2_option_set_max_send_header_block_length, length);
        }
        let streams = options.peer_max_concurrent_streams.unwrap_or(100);
        set!(nghttp2_option_set_peer_max_concurrent_streams, streams);
        if let Some(count) = options.max_settings {
            set!(nghttp2_option_set_max_settings, count);
        }
        if options.stream_reset_burst.is_some() || options.stream_reset_rate.is_some() {
            // nghttp2's own, where only one of them is told.
            let burst = options.stream_reset_burst.unwrap_or(1000);
            let rate = options.stream_reset_rate.unwrap_or(33);
            set!(nghttp2_option_set_stream_reset_rate_limit, burst, rate);
        }
        if let Some(refused) = options.no_surrounding_whitespace {
            let allowed = i32::from(!refused);
            set!(
                nghttp2_option_set_no_rfc9113_leading_and_trailing_ws_validation,
                allowed
            );
        }
        this
    }
}

impl Drop for RawOptions {
    fn drop(&mut self) {
        // SAFETY: made by nghttp2 and freed once; sessions have copied what is in it.
        unsafe { ng::nghttp2_option_del(self.0.as_ptr()) };
    }
}

/// Calls a function of nghttp2 that takes the session and plain numbers.
macro_rules! ng {
    ($session:ident, $function:ident $(, $argument:expr)*) => {
        // SAFETY: the session is alive as long as `self`, nothing else works with it meanwhile
        // (nghttp2's callbacks run no JavaScript), and the other arguments are numbers.
        unsafe { ng::$function($session.raw.as_ptr() $(, $argument)*) }
    };
}

/// `pairs` as nghttp2 wants them; it copies what they point to.
fn name_values(pairs: &[Pair]) -> Vec<ng::nghttp2_nv> {
    pairs
        .iter()
        .map(|pair| ng::nghttp2_nv {
            name: pair.name.as_ptr().cast_mut(),
            value: pair.value.as_ptr().cast_mut(),
            namelen: pair.name.len(),
            valuelen: pair.value.len(),
            flags: u8::from(pair.sensitive),
        })
        .collect()
}

impl Session {
    /// `None` where there is no memory for it.
    pub fn new(server: bool, options: &Options, limits: Limits, padding: Padding) -> Option<Self> {
        let state = Rc::new(State::new(limits, padding));
        let callbacks = Callbacks::new();
        let raw_options = RawOptions::new(server, options);
        let mut memory = memory::counted_for(Rc::as_ptr(&state));
        let user_data = Rc::as_ptr(&state).cast_mut().cast();
        let new = if server {
            ng::nghttp2_session_server_new3
        } else {
            ng::nghttp2_session_client_new3
        };
        let mut raw = ptr::null_mut();
        // SAFETY: nghttp2 writes the pointer and copies callbacks, options and `memory`; the state
        // outlives the session.
        let status = unsafe {
            new(
                &raw mut raw,
                callbacks.as_ptr(),
                user_data,
                raw_options.0.as_ptr(),
                &raw mut memory,
            )
        };
        if status != 0 {
            return None;
        }
        Some(Self {
            raw: NonNull::new(raw)?,
            state,
        })
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// Works through what the peer sent. What it means are events of the state.
    ///
    /// # Errors
    /// nghttp2's code, where the session cannot go on.
    pub fn receive(&self, bytes: &[u8]) -> Result<(), i32> {
        // SAFETY: the session is alive, see `ng!`, and the bytes stay meanwhile.
        let status = unsafe {
            ng::nghttp2_session_mem_recv2(self.raw.as_ptr(), bytes.as_ptr(), bytes.len())
        };
        if status < 0 {
            return Err(i32::try_from(status).unwrap_or(ng::NGHTTP2_ERR_NOMEM));
        }
        Ok(())
    }

    /// What is to go to the peer now: frames until there are no more, or `most` bytes are reached.
    ///
    /// # Errors
    /// nghttp2's code, where the session cannot go on.
    pub fn send(&self, most: usize) -> Result<Vec<u8>, i32> {
        let mut out = Vec::new();
        while out.len() < most {
            let mut data = ptr::null();
            // SAFETY: the session is alive, see `ng!`; nghttp2 writes the pointer.
            let length = unsafe { ng::nghttp2_session_mem_send2(self.raw.as_ptr(), &raw mut data) };
            let Ok(length) = usize::try_from(length) else {
                return Err(i32::try_from(length).unwrap_or(ng::NGHTTP2_ERR_NOMEM));
            };
            if length == 0 {
                break;
            }
            // SAFETY: nghttp2 says that so many bytes lie there until it is called again.
            out.extend_from_slice(unsafe { slice::from_raw_parts(data, length) });
        }
        Ok(out)
    }

    /// Whether frames wait to be sent.
    pub fn wants_to_write(&self) -> bool {
        ng!(self, nghttp2_session_want_write) != 0
    }

    /// Whether more may come from the peer.
    pub fn wants_to_read(&self) -> bool {
        ng!(self, nghttp2_session_want_read) != 0
    }

    /// The stream's number, or nghttp2's code below 0.
    pub fn request(&self, pairs: &[Pair], body: Body) -> i32 {
        let values = name_values(pairs);
        let provider = data_provider();
        let provider = if body.empty {
            ptr::null()
        } else {
            &raw const provider
        };
        // SAFETY: the session is alive, see `ng!`; nghttp2 copies headers and provider.
        let id = unsafe {
            ng::nghttp2_submit_request2(
                self.raw.as_ptr(),
                ptr::null(),
                values.as_ptr(),
                values.len(),
                provider,
                ptr::null_mut(),
            )
        };
        self.add(id, body)
    }

    fn add(&self, id: i32, body: Body) -> i32 {
        if id > 0 {
            let setting = ng::NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE;
            let header_bytes = ng!(self, nghttp2_session_get_local_settings, setting);
            let stream = Stream::of_ours(header_bytes, body.empty, body.trailers);
            self.state.add(id, stream);
        }
        id
    }

    /// nghttp2's code, below 0 where it refuses.
    pub fn respond(&self, stream: i32, pairs: &[Pair], body: Body) -> i32 {
        let values = name_values(pairs);
        let provider = data_provider();
        let empty = body.empty || self.state.is_ended(stream);
        if body.trailers && !empty {
            self.state.set_trailers(stream);
        }
        let provider = if empty {
            ptr::null()
        } else {
            &raw const provider
        };
        // SAFETY: the session is alive, see `ng!`; nghttp2 copies headers and provider.
        unsafe {
            ng::nghttp2_submit_response2(
                self.raw.as_ptr(),
                stream,
                values.as_ptr(),
                values.len(),
                provider,
            )
        }
    }

    /// Headers with a status of 1xx; nghttp2's code, below 0 where it refuses.
    pub fn inform(&self, stream: i32, pairs: &[Pair]) -> i32 {
        let values = name_values(pairs);
        // SAFETY: the session is alive, see `ng!`; nghttp2 copies the headers.
        unsafe {
            ng::nghttp2_submit_headers(
                self.raw.as_ptr(),
                0,
                stream,
                ptr::null(),
                values.as_ptr(),
                values.len(),
                ptr::null_mut(),
            )
        }
    }

    /// nghttp2's code, below 0 where it refuses. Without trailers an empty data frame ends the
    /// stream: some clients do not take empty headers.
    pub fn send_trailers(&self, stream: i32, pairs: &[Pair]) -> i32 {
        if pairs.is_empty() {
            let end = u8::try_from(ng::NGHTTP2_FLAG_END_STREAM).unwrap_or(1);
            let provider = data_provider();
            // SAFETY: the session is alive, see `ng!`; nghttp2 copies the provider.
            return unsafe {
                ng::nghttp2_submit_data2(self.raw.as_ptr(), end, stream, &raw const provider)
            };
        }
        let values = name_values(pairs);
        // SAFETY: the session is alive, see `ng!`; nghttp2 copies the headers.
        unsafe {
            ng::nghttp2_submit_trailer(self.raw.as_ptr(), stream, values.as_ptr(), values.len())
        }
    }

    /// The promised stream's number, or nghttp2's code below 0.
    pub fn promise(&self, stream: i32, pairs: &[Pair], body: Body) -> i32 {
        let values = name_values(pairs);
        // SAFETY: the session is alive, see `ng!`; nghttp2 copies the headers.
        let id = unsafe {
            ng::nghttp2_submit_push_promise(
                self.raw.as_ptr(),
                0,
                stream,
                values.as_ptr(),
                values.len(),
                ptr::null_mut(),
            )
        };
        self.add(id, body)
    }

    /// Puts bytes behind what the stream has to send; `write` is told when they are in frames.
    pub fn write(&self, stream: i32, write: u32, bytes: Vec<u8>) -> bool {
        let known = self.state.write(stream, write, bytes);
        if known {
            ng!(self, nghttp2_session_resume_data, stream);
        }
        known
    }

    /// No more writes come.
    pub fn end(&self, stream: i32) -> bool {
        let known = self.state.end(stream);
        if known {
            ng!(self, nghttp2_session_resume_data, stream);
        }
        known
    }

    /// JavaScript has read so many bytes of the stream: its window opens by as much.
    pub fn consume(&self, stream: i32, bytes: usize) {
        ng!(self, nghttp2_session_consume_stream, stream, bytes);
    }

    /// nghttp2's code, below 0 where it refuses.
    pub fn reset(&self, stream: i32, code: u32) -> i32 {
        ng!(self, nghttp2_submit_rst_stream, 0, stream, code)
    }

    /// nghttp2's code, below 0 where it refuses.
    pub fn settings(&self, entries: &[(i32, u32)]) -> i32 {
        let entries: Vec<ng::nghttp2_settings_entry> = entries
            .iter()
            .map(|&(settings_id, value)| ng::nghttp2_settings_entry { settings_id, value })
            .collect();
        // SAFETY: the session is alive, see `ng!`; nghttp2 copies the entries.
        unsafe {
            ng::nghttp2_submit_settings(self.raw.as_ptr(), 0, entries.as_ptr(), entries.len())
        }
    }

    /// The settings that are in force, ours or the peer's.
    pub fn settings_in_force(&self, remote: bool) -> InForce {
        // SAFETY: the session is alive, see `ng!`.
        unsafe { settings_in_force(self.raw.as_ptr(), remote) }
    }

    /// nghttp2's code, below 0 where it refuses.
    pub fn ping(&self, payload: [u8; 8]) -> i32 {
        // SAFETY: the session is alive, see `ng!`; nghttp2 copies 8 bytes.
        unsafe { ng::nghttp2_submit_ping(self.raw.as_ptr(), 0, payload.as_ptr()) }
    }

    /// nghttp2's code, below 0 where it refuses. Without a `last` stream, the last that was seen.
    pub fn goaway(&self, code: u32, last: i32, data: &[u8]) -> i32 {
        self.state.goaway_asked();
        let last = if last > 0 {
            last
        } else {
            ng!(self, nghttp2_session_get_last_proc_stream_id)
        };
        // SAFETY: the session is alive, see `ng!`; nghttp2 copies the data.
        unsafe {
            ng::nghttp2_submit_goaway(self.raw.as_ptr(), 0, last, code, data.as_ptr(), data.len())
        }
    }

    /// GOAWAY, after which nothing more is read or written.
    pub fn terminate(&self, code: u32) -> i32 {
        self.state.goaway_asked();
        ng!(self, nghttp2_session_terminate_session, code)
    }

    /// nghttp2's code, below 0 where it refuses. Of the whole connection, in bytes.
    pub fn set_local_window_size(&self, size: i32) -> i32 {
        ng!(self, nghttp2_session_set_local_window_size, 0, 0, size)
    }

    /// nghttp2's code, below 0 where it refuses.
    pub fn set_next_stream_id(&self, id: i32) -> i32 {
        ng!(self, nghttp2_session_set_next_stream_id, id)
    }

    /// nghttp2's code, below 0 where it refuses.
    pub fn altsvc(&self, stream: i32, origin: &[u8], value: &[u8]) -> i32 {
        // SAFETY: the session is alive, see `ng!`; nghttp2 copies both.
        unsafe {
            ng::nghttp2_submit_altsvc(
                self.raw.as_ptr(),
                0,
                stream,
                origin.as_ptr(),
                origin.len(),
                value.as_ptr(),
                value.len(),
            )
        }
    }

    /// nghttp2's code, below 0 where it refuses.
    pub fn origin(&self, origins: &[Vec<u8>]) -> i32 {
        let entries: Vec<ng::nghttp2_origin_entry> = origins
            .iter()
            .map(|origin| ng::nghttp2_origin_entry {
                origin: origin.as_ptr().cast_mut(),
                origin_len: origin.len(),
            })
            .collect();
        // SAFETY: the session is alive, see `ng!`; nghttp2 copies the entries.
        unsafe { ng::nghttp2_submit_origin(self.raw.as_ptr(), 0, entries.as_ptr(), entries.len()) }
    }

    /// The numbers of `http2Session.state`, in the order of its properties.
    pub fn figures(&self) -> [f64; 9] {
        #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
        let size = |value: usize| value as f64;
        [
            ng!(self, nghttp2_session_get_effective_local_window_size).into(),
            ng!(self, nghttp2_session_get_effective_recv_data_length).into(),
            ng!(self, nghttp2_session_get_next_stream_id).into(),
            ng!(self, nghttp2_session_get_local_window_size).into(),
            ng!(self, nghttp2_session_get_last_proc_stream_id).into(),
            ng!(self, nghttp2_session_get_remote_window_size).into(),
            size(ng!(self, nghttp2_session_get_outbound_queue_size)),
            size(ng!(self, nghttp2_session_get_hd_deflate_dynamic_table_size)),
            size(ng!(self, nghttp2_session_get_hd_inflate_dynamic_table_size)),
        ]
    }

    /// The numbers of `http2Stream.state`, in the order of its properties; those of an idle stream
    /// where there is none.
    pub fn stream_figures(&self, id: i32) -> [i32; 6] {
        let stream = ng!(self, nghttp2_session_find_stream, id);
        if stream.is_null() {
            let idle = ng::NGHTTP2_STREAM_STATE_IDLE.cast_signed();
            return [idle, 0, 0, 0, 0, 0];
        }
        // SAFETY: just found, and nghttp2 has not worked since.
        let state = unsafe { ng::nghttp2_stream_get_state(stream) };
        // SAFETY: likewise.
        let weight = unsafe { ng::nghttp2_stream_get_weight(stream) };
        // SAFETY: likewise.
        let sum = unsafe { ng::nghttp2_stream_get_sum_dependency_weight(stream) };
        [
            state.cast_signed(),
            weight,
            sum,
            ng!(self, nghttp2_session_get_stream_local_close, id),
            ng!(self, nghttp2_session_get_stream_remote_close, id),
            ng!(self, nghttp2_session_get_stream_local_window_size, id),
        ]
    }

    /// What happened since this was last asked.
    pub fn take_events(&self) -> Vec<Event> {
        self.state.take_events()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: made by nghttp2, ended once, while the state is still there.
        unsafe { ng::nghttp2_session_del(self.raw.as_ptr()) };
    }
}

/// Settings as the payload of a SETTINGS frame; `None` where nghttp2 refuses one.
pub fn pack_settings(entries: &[(i32, u32)]) -> Option<Vec<u8>> {
    let entries: Vec<ng::nghttp2_settings_entry> = entries
        .iter()
        .map(|&(settings_id, value)| ng::nghttp2_settings_entry { settings_id, value })
        .collect();
    let mut payload = vec![0; entries.len() * 6];
    // SAFETY: both with their lengths; nghttp2 writes at most as much.
    let length = unsafe {
        ng::nghttp2_pack_settings_payload2(
            payload.as_mut_ptr(),
            payload.len(),
            entries.as_ptr(),
            entries.len(),
        )
    };
    (usize::try_from(length) == Ok(payload.len())).then_some(payload)
}

/// nghttp2's text for one of its codes.
pub fn error_text(code: i32) -> String {
    // SAFETY: nghttp2 has a text for each number.
    let text = unsafe { ng::nghttp2_strerror(code) };
    // SAFETY: a constant of nghttp2's, which ends with 0.
    unsafe { CStr::from_ptr(text) }
        .to_string_lossy()
        .into_owned()
}
