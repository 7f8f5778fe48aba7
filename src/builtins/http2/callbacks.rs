//! What nghttp2 calls while it receives or sends. None of this runs JavaScript: what JavaScript has
//! to know becomes an [`Event`].

use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::slice;

use libnghttp2_sys as ng;

use super::event::{Event, Header, InForce};
use super::state::{Padding, State, Stream, Taken};

type Frame = *const ng::nghttp2_frame;
type Raw = *mut ng::nghttp2_session;

/// Which function nghttp2 calls when.
pub struct Callbacks(NonNull<ng::nghttp2_session_callbacks>);

impl Callbacks {
    pub fn new() -> Self {
        let mut raw = ptr::null_mut();
        // SAFETY: nghttp2 writes the pointer there.
        unsafe { ng::nghttp2_session_callbacks_new(&raw mut raw) };
        let raw = NonNull::new(raw).expect("memory for nghttp2's callbacks");
        let all = raw.as_ptr();
        macro_rules! set {
            ($setter:ident, $function:expr) => {
                // SAFETY: `all` was just made, and the function has the setter's own type.
                unsafe { ng::$setter(all, Some($function)) }
            };
        }
        set!(
            nghttp2_session_callbacks_set_on_begin_headers_callback,
            on_begin_headers
        );
        set!(nghttp2_session_callbacks_set_on_header_callback, on_header);
        set!(
            nghttp2_session_callbacks_set_on_frame_recv_callback,
            on_frame_received
        );
        set!(
            nghttp2_session_callbacks_set_on_data_chunk_recv_callback,
            on_data
        );
        set!(
            nghttp2_session_callbacks_set_on_stream_close_callback,
            on_stream_close
        );
        set!(
            nghttp2_session_callbacks_set_on_frame_send_callback,
            on_frame_sent
        );
        set!(
            nghttp2_session_callbacks_set_on_frame_not_send_callback,
            on_frame_not_sent
        );
        set!(
            nghttp2_session_callbacks_set_on_invalid_frame_recv_callback,
            on_invalid_frame
        );
        set!(nghttp2_session_callbacks_set_error_callback2, on_error_text);
        set!(
            nghttp2_session_callbacks_set_select_padding_callback2,
            select_padding
        );
        Self(raw)
    }

    pub fn as_ptr(&self) -> *const ng::nghttp2_session_callbacks {
        self.0.as_ptr()
    }
}

impl Drop for Callbacks {
    fn drop(&mut self) {
        // SAFETY: made by nghttp2 and freed once; sessions have copied what is in it.
        unsafe { ng::nghttp2_session_callbacks_del(self.0.as_ptr()) };
    }
}

/// Where data frames get their bytes.
pub fn data_provider() -> ng::nghttp2_data_provider2 {
    ng::nghttp2_data_provider2 {
        source: ng::nghttp2_data_source {
            ptr: ptr::null_mut(),
        },
        read_callback: Some(read_data),
    }
}

/// The state that belongs to a session.
///
/// # Safety
/// `user_data` is what the session was made with.
unsafe fn state_of<'a>(user_data: *mut c_void) -> &'a State {
    // SAFETY: the session holds the state until nghttp2 has let go of it, and everybody has it by
    // shared references only.
    unsafe { &*user_data.cast::<State>() }
}

/// # Safety
/// nghttp2 says that `length` bytes lie at `data` as long as the callback runs.
unsafe fn bytes<'a>(data: *const u8, length: usize) -> &'a [u8] {
    if data.is_null() || length == 0 {
        return &[];
    }
    // SAFETY: see above.
    unsafe { slice::from_raw_parts(data, length) }
}

/// The head that every frame has.
///
/// # Safety
/// `frame` is one that nghttp2 has given to a callback.
unsafe fn head_of(frame: Frame) -> ng::nghttp2_frame_hd {
    // SAFETY: every member of the union begins with the head.
    unsafe { (*frame).hd }
}

/// The stream that a frame with headers is about, and the category of these.
///
/// # Safety
/// `frame` is one of `HEADERS` or `PUSH_PROMISE` that nghttp2 has given to a callback.
unsafe fn headed_stream(frame: Frame) -> (i32, u32) {
    // SAFETY: as the caller promises.
    let head = unsafe { head_of(frame) };
    if u32::from(head.type_) == ng::NGHTTP2_PUSH_PROMISE {
        // SAFETY: the type says which member of the union it is.
        let promise = unsafe { (*frame).push_promise };
        (promise.promised_stream_id, ng::NGHTTP2_HCAT_REQUEST)
    } else {
        // SAFETY: likewise.
        let headers = unsafe { (*frame).headers };
        (head.stream_id, headers.cat)
    }
}

/// Has the session answer a stream with `RST_STREAM`.
fn reset(session: Raw, stream: i32, code: u32) {
    // SAFETY: nghttp2 allows this in its callbacks.
    unsafe {
        ng::nghttp2_submit_rst_stream(session, 0, stream, code);
    }
}

unsafe extern "C" fn on_begin_headers(session: Raw, frame: Frame, user_data: *mut c_void) -> c_int {
    // SAFETY: nghttp2 passes what the session was made with.
    let state = unsafe { state_of(user_data) };
    // SAFETY: nghttp2 calls this for frames with headers.
    let (stream, category) = unsafe { headed_stream(frame) };
    if !state.knows(stream) {
        let [streams, header_bytes] = [
            ng::NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
            ng::NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
        ]
        // SAFETY: the session is the one that calls.
        .map(|setting| unsafe { ng::nghttp2_session_get_local_settings(session, setting) });
        if !state.has_room_for_stream(streams) {
            if state.one_more_rejected() {
                return ng::NGHTTP2_ERR_CALLBACK_FAILURE;
            }
            reset(session, stream, ng::NGHTTP2_ENHANCE_YOUR_CALM);
            return ng::NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        }
        state.add(stream, Stream::of_peer(header_bytes));
    }
    state.begin_headers(stream, category);
    0
}

unsafe extern "C" fn on_header(
    session: Raw,
    frame: Frame,
    name: *const u8,
    name_length: usize,
    value: *const u8,
    value_length: usize,
    flags: u8,
    user_data: *mut c_void,
) -> c_int {
    if name_length == 0 {
        return 0;
    }
    // SAFETY: nghttp2 passes what the session was made with.
    let state = unsafe { state_of(user_data) };
    // SAFETY: nghttp2 calls this for frames with headers.
    let (stream, _) = unsafe { headed_stream(frame) };
    // SAFETY: nghttp2 gives both with their lengths.
    let [name, value] = [(name, name_length), (value, value_length)]
        .map(|(data, length)| unsafe { bytes(data, length) }.to_vec());
    let header = Header {
        name,
        value,
        sensitive: u32::from(flags) & ng::NGHTTP2_NV_FLAG_NO_INDEX != 0,
    };
    if state.add_header(stream, header) {
        return 0;
    }
    reset(session, stream, ng::NGHTTP2_ENHANCE_YOUR_CALM);
    ng::NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE
}

unsafe extern "C" fn on_frame_received(
    session: Raw,
    frame: Frame,
    user_data: *mut c_void,
) -> c_int {
    // SAFETY: nghttp2 passes what the session was made with.
    let state = unsafe { state_of(user_data) };
    let count = &state.frames_received;
    count.set(count.get().saturating_add(1));
    // SAFETY: nghttp2 gives a frame.
    let head = unsafe { head_of(frame) };
    let stream = head.stream_id;
    let flags = u32::from(head.flags);
    let ack = flags & ng::NGHTTP2_FLAG_ACK != 0;
    match u32::from(head.type_) {
        ng::NGHTTP2_DATA if flags & ng::NGHTTP2_FLAG_END_STREAM != 0 && state.is_wanted(stream) => {
            state.happened(Event::End { stream });
        }
        // Empty, and not the last: a peer that does nothing but keep us busy.
        ng::NGHTTP2_DATA
            if head.length == 0
                && flags & ng::NGHTTP2_FLAG_END_STREAM == 0
                && state.one_more_invalid() =>
        {
            return 1;
        }
        ng::NGHTTP2_HEADERS | ng::NGHTTP2_PUSH_PROMISE => {
            // SAFETY: a frame with headers.
            let (stream, _) = unsafe { headed_stream(frame) };
            state.end_headers(stream, head.flags);
        }
        ng::NGHTTP2_SETTINGS if ack => state.happened(Event::SettingsAck {
            // SAFETY: the session is the one that calls.
            local: unsafe { settings_in_force(session, false) },
        }),
        ng::NGHTTP2_SETTINGS => {
            // SAFETY: the type says which member of the union it is.
            let settings = unsafe { (*frame).settings };
            state.happened(Event::Settings {
                entries: settings_of(settings),
                // SAFETY: the session is the one that calls.
                remote: unsafe { settings_in_force(session, true) },
            });
        }
        ng::NGHTTP2_PING => {
            // SAFETY: the type says which member of the union it is.
            let payload = unsafe { (*frame).ping }.opaque_data;
            state.happened(if ack {
                Event::PingAck { payload }
            } else {
                Event::Ping { payload }
            });
        }
        ng::NGHTTP2_GOAWAY => {
            // SAFETY: the type says which member of the union it is.
            let goaway = unsafe { (*frame).goaway };
            // SAFETY: nghttp2 gives the data with its length.
            let data = unsafe { bytes(goaway.opaque_data, goaway.opaque_data_len) };
            state.happened(Event::Goaway {
                code: goaway.error_code,
                last: goaway.last_stream_id,
                data: data.to_vec(),
            });
        }
        ng::NGHTTP2_PRIORITY => {
            // SAFETY: the type says which member of the union it is.
            let priority = unsafe { (*frame).priority }.pri_spec;
            state.happened(Event::Priority {
                stream,
                parent: priority.stream_id,
                weight: priority.weight,
                exclusive: priority.exclusive != 0,
            });
        }
        ng::NGHTTP2_ALTSVC => {
            // SAFETY: of an extension that nghttp2 knows, the payload has the type of that.
            let payload = unsafe { (*frame).ext }
                .payload
                .cast::<ng::nghttp2_ext_altsvc>();
            // SAFETY: likewise.
            let altsvc = unsafe { *payload };
            // SAFETY: nghttp2 gives both with their lengths.
            let [origin, value] = [
                (altsvc.origin, altsvc.origin_len),
                (altsvc.field_value, altsvc.field_value_len),
            ]
            .map(|(data, length)| unsafe { bytes(data, length) }.to_vec());
            state.happened(Event::Altsvc {
                stream,
                origin,
                value,
            });
        }
        ng::NGHTTP2_ORIGIN => {
            // SAFETY: of an extension that nghttp2 knows, the payload has the type of that.
            let payload = unsafe { (*frame).ext }
                .payload
                .cast::<ng::nghttp2_ext_origin>();
            // SAFETY: likewise.
            let origins = unsafe { *payload };
            state.happened(Event::Origin {
                origins: origins_of(origins),
            });
        }
        _ => {}
    }
    0
}

/// The settings in force, the peer's or ours.
///
/// # Safety
/// The session is alive.
pub unsafe fn settings_in_force(session: Raw, remote: bool) -> InForce {
    let get = if remote {
        ng::nghttp2_session_get_remote_settings
    } else {
        ng::nghttp2_session_get_local_settings
    };
    // SAFETY: as the caller promises; nghttp2 knows these settings.
    super::SETTINGS.map(|id| unsafe { get(session, id) })
}

fn settings_of(settings: ng::nghttp2_settings) -> Vec<(i32, u32)> {
    if settings.iv.is_null() {
        return Vec::new();
    }
    // SAFETY: nghttp2 says that so many entries lie there while its callback runs.
    let entries = unsafe { slice::from_raw_parts(settings.iv, settings.niv) };
    entries
        .iter()
        .map(|entry| (entry.settings_id, entry.value))
        .collect()
}

fn origins_of(origins: ng::nghttp2_ext_origin) -> Vec<Vec<u8>> {
    if origins.ov.is_null() {
        return Vec::new();
    }
    // SAFETY: nghttp2 says that so many entries lie there while its callback runs.
    let entries = unsafe { slice::from_raw_parts(origins.ov, origins.nov) };
    entries
        .iter()
        // SAFETY: each with its length.
        .map(|entry| unsafe { bytes(entry.origin, entry.origin_len) }.to_vec())
        .collect()
}

unsafe extern "C" fn on_data(
    session: Raw,
    _flags: u8,
    stream: i32,
    data: *const u8,
    length: usize,
    user_data: *mut c_void,
) -> c_int {
    if length == 0 {
        return 0;
    }
    // SAFETY: nghttp2 passes what the session was made with.
    let state = unsafe { state_of(user_data) };
    // The connection goes on for other streams; this one's window opens when it is read.
    // SAFETY: nghttp2 allows this in its callbacks.
    unsafe { ng::nghttp2_session_consume_connection(session, length) };
    if state.is_wanted(stream) {
        // SAFETY: nghttp2 gives the data with its length.
        let bytes = unsafe { bytes(data, length) }.to_vec();
        state.happened(Event::Data { stream, bytes });
    }
    0
}

unsafe extern "C" fn on_stream_close(
    _session: Raw,
    stream: i32,
    code: u32,
    user_data: *mut c_void,
) -> c_int {
    // SAFETY: nghttp2 passes what the session was made with.
    unsafe { state_of(user_data) }.closed(stream, code);
    0
}

/// The code of `RST_STREAM` that says what one of nghttp2's own says.
fn http2_code(error: c_int) -> u32 {
    match error {
        ng::NGHTTP2_ERR_STREAM_CLOSED => ng::NGHTTP2_STREAM_CLOSED,
        ng::NGHTTP2_ERR_HEADER_COMP => ng::NGHTTP2_COMPRESSION_ERROR,
        ng::NGHTTP2_ERR_FRAME_SIZE_ERROR => ng::NGHTTP2_FRAME_SIZE_ERROR,
        ng::NGHTTP2_ERR_FLOW_CONTROL => ng::NGHTTP2_FLOW_CONTROL_ERROR,
        ng::NGHTTP2_ERR_REFUSED_STREAM => ng::NGHTTP2_REFUSED_STREAM,
        ng::NGHTTP2_ERR_PROTO | ng::NGHTTP2_ERR_HTTP_HEADER | ng::NGHTTP2_ERR_HTTP_MESSAGING => {
            ng::NGHTTP2_PROTOCOL_ERROR
        }
        _ => ng::NGHTTP2_INTERNAL_ERROR,
    }
}

unsafe extern "C" fn on_frame_sent(_session: Raw, frame: Frame, user_data: *mut c_void) -> c_int {
    // SAFETY: nghttp2 passes what the session was made with.
    let state = unsafe { state_of(user_data) };
    let count = &state.frames_sent;
    count.set(count.get().saturating_add(1));
    // SAFETY: nghttp2 gives a frame.
    let head = unsafe { head_of(frame) };
    if u32::from(head.type_) == ng::NGHTTP2_GOAWAY && !state.goaway_sent() {
        // SAFETY: the type says which member of the union it is.
        let code = unsafe { (*frame).goaway }.error_code;
        state.happened(Event::GivenUp {
            code: library_code(code),
        });
    }
    0
}

/// The other way round: nghttp2's own code that says what one of GOAWAY says.
fn library_code(code: u32) -> c_int {
    match code {
        ng::NGHTTP2_STREAM_CLOSED => ng::NGHTTP2_ERR_STREAM_CLOSED,
        ng::NGHTTP2_COMPRESSION_ERROR => ng::NGHTTP2_ERR_HEADER_COMP,
        ng::NGHTTP2_FRAME_SIZE_ERROR => ng::NGHTTP2_ERR_FRAME_SIZE_ERROR,
        ng::NGHTTP2_FLOW_CONTROL_ERROR => ng::NGHTTP2_ERR_FLOW_CONTROL,
        ng::NGHTTP2_ENHANCE_YOUR_CALM => ng::NGHTTP2_ERR_FLOODED,
        ng::NGHTTP2_INTERNAL_ERROR => ng::NGHTTP2_ERR_INTERNAL,
        _ => ng::NGHTTP2_ERR_PROTO,
    }
}

unsafe extern "C" fn on_frame_not_sent(
    _session: Raw,
    frame: Frame,
    error: c_int,
    user_data: *mut c_void,
) -> c_int {
    // What was meant for somebody who has gone.
    if matches!(
        error,
        ng::NGHTTP2_ERR_SESSION_CLOSING
            | ng::NGHTTP2_ERR_STREAM_CLOSED
            | ng::NGHTTP2_ERR_STREAM_CLOSING
    ) {
        return 0;
    }
    // SAFETY: nghttp2 gives a frame.
    let head = unsafe { head_of(frame) };
    // SAFETY: nghttp2 passes what the session was made with.
    unsafe { state_of(user_data) }.happened(Event::FrameError {
        stream: head.stream_id,
        kind: head.type_,
        code: http2_code(error),
    });
    0
}

unsafe extern "C" fn on_invalid_frame(
    _session: Raw,
    _frame: Frame,
    error: c_int,
    user_data: *mut c_void,
) -> c_int {
    // SAFETY: nghttp2 passes what the session was made with.
    let state = unsafe { state_of(user_data) };
    if state.one_more_invalid() {
        return 1;
    }
    // SAFETY: asks about a number.
    let fatal = unsafe { ng::nghttp2_is_fatal(error) } != 0;
    if fatal || matches!(error, ng::NGHTTP2_ERR_STREAM_CLOSED | ng::NGHTTP2_ERR_PROTO) {
        state.happened(Event::Error { code: error });
    }
    0
}

unsafe extern "C" fn on_error_text(
    _session: Raw,
    error: c_int,
    _text: *const c_char,
    _length: usize,
    user_data: *mut c_void,
) -> c_int {
    // The only sign that the peer does not speak HTTP/2.
    if error == ng::NGHTTP2_ERR_SETTINGS_EXPECTED {
        let code = ng::NGHTTP2_ERR_PROTO;
        // SAFETY: nghttp2 passes what the session was made with.
        unsafe { state_of(user_data) }.happened(Event::Error { code });
    }
    0
}

unsafe extern "C" fn select_padding(
    _session: Raw,
    frame: Frame,
    most: usize,
    user_data: *mut c_void,
) -> ng::nghttp2_ssize {
    // SAFETY: nghttp2 gives a frame.
    let length = unsafe { head_of(frame) }.length;
    // SAFETY: nghttp2 passes what the session was made with.
    let padded = match unsafe { state_of(user_data) }.padding {
        Padding::None => length,
        // With the head of 9 bytes, a multiple of 8.
        Padding::Aligned => match (length + 9) % 8 {
            0 => length,
            over => most.min(length + 8 - over),
        },
        Padding::Max => most,
    };
    padded.cast_signed()
}

unsafe extern "C" fn read_data(
    _session: Raw,
    stream: i32,
    buffer: *mut u8,
    length: usize,
    data_flags: *mut u32,
    _source: *mut ng::nghttp2_data_source,
    user_data: *mut c_void,
) -> ng::nghttp2_ssize {
    // SAFETY: nghttp2 passes what the session was made with.
    let state = unsafe { state_of(user_data) };
    // SAFETY: nghttp2 gives room for `length` bytes of its own.
    let frame = unsafe { slice::from_raw_parts_mut(buffer.cast::<MaybeUninit<u8>>(), length) };
    match state.take(stream, frame) {
        Taken::Some(count) => count.cast_signed(),
        Taken::Last(count, trailers) => {
            let mut flags = ng::NGHTTP2_DATA_FLAG_EOF;
            if trailers {
                flags |= ng::NGHTTP2_DATA_FLAG_NO_END_STREAM;
                state.happened(Event::WantTrailers { stream });
            }
            // SAFETY: nghttp2 gives a place for the flags.
            unsafe { *data_flags |= flags };
            count.cast_signed()
        }
        Taken::Later => ng::NGHTTP2_ERR_DEFERRED as ng::nghttp2_ssize,
    }
}
