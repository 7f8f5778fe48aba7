//! `binding.http2`: HTTP/2 sessions over nghttp2. A session is a number to JavaScript, which moves
//! the bytes between it and a socket: `receive()` and then `events()`, `send()` and then `written()`.
//!
//! No function here calls JavaScript. What nghttp2 refuses is one of its own codes, below 0.

#![expect(unsafe_code, reason = "nghttp2 is a C library")]

mod callbacks;
mod event;
mod memory;
mod session;
mod state;

use std::cell::RefCell;
use std::rc::Rc;

use super::bytes::{view_arg, writable};
use super::fs::memory::array_buffer_of;
use super::method;
use super::numbered::Numbered;
use crate::engine::string;
use session::{Body, Options, Pair, Session};
use state::{Limits, Padding};

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

/// nghttp2's `NGHTTP2_ERR_INVALID_STATE`: what a session that is gone answers.
const GONE: i32 = -519;

/// The settings in the order in which JavaScript reads them.
pub const SETTINGS: [u32; 7] = [1, 2, 3, 4, 5, 6, 8];

/// Most programs have none of this: the natives come when `load()` is called.
pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "load", load);
}

/// `load()`: puts all others on the binding.
fn load(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let target = args.this();
    method(scope, target, "newSession", new_session);
    method(scope, target, "free", free);
    method(scope, target, "receive", receive);
    method(scope, target, "events", events);
    method(scope, target, "send", send);
    method(scope, target, "written", written);
    method(scope, target, "failure", failure);
    method(scope, target, "wants", wants);
    method(scope, target, "frames", frames);
    method(scope, target, "request", request);
    method(scope, target, "respond", respond);
    method(scope, target, "inform", inform);
    method(scope, target, "sendTrailers", send_trailers);
    method(scope, target, "promise", promise);
    method(scope, target, "write", write);
    method(scope, target, "end", end);
    method(scope, target, "abandon", abandon);
    method(scope, target, "consume", consume);
    method(scope, target, "reset", reset);
    method(scope, target, "settings", settings);
    method(scope, target, "settingsInForce", settings_in_force);
    method(scope, target, "packSettings", pack_settings);
    method(scope, target, "ping", ping);
    method(scope, target, "goaway", goaway);
    method(scope, target, "terminate", terminate);
    method(scope, target, "setLocalWindowSize", set_local_window_size);
    method(scope, target, "setNextStreamID", set_next_stream_id);
    method(scope, target, "altsvc", altsvc);
    method(scope, target, "origin", origin);
    method(scope, target, "sessionState", session_state);
    method(scope, target, "streamState", stream_state);
    method(scope, target, "errorText", error_text);
}

/// The sessions of an isolate, in one of its slots.
type Sessions = Rc<RefCell<Numbered<Rc<Session>>>>;

fn sessions(scope: &mut Scope<'_, '_>) -> Sessions {
    if let Some(sessions) = scope.get_slot::<Sessions>() {
        return sessions.clone();
    }
    let sessions = Sessions::default();
    scope.set_slot(sessions.clone());
    sessions
}

fn session_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>) -> Option<Rc<Session>> {
    let id = args.get(0).uint32_value(scope)?;
    sessions(scope).borrow().get(id).cloned()
}

/// Answers with what `work` makes of the session, or [`GONE`].
fn with_session(
    scope: &mut Scope<'_, '_>,
    args: &Args<'_>,
    result: &mut Ret<'_>,
    work: impl FnOnce(&mut Scope<'_, '_>, &Session) -> i32,
) {
    let status = match session_arg(scope, args) {
        Some(session) => work(scope, &session),
        None => GONE,
    };
    result.set_int32(status);
}

fn int_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> i32 {
    args.get(index).int32_value(scope).unwrap_or(0)
}

fn uint_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> u32 {
    args.get(index).uint32_value(scope).unwrap_or(0)
}

/// A string's UTF-16 units, each cut to its low byte.
fn latin1_bytes(scope: &mut Scope<'_, '_>, value: v8::Local<'_, v8::Value>) -> Vec<u8> {
    let Some(text) = value.to_string(scope) else {
        return Vec::new();
    };
    let mut bytes = vec![0; text.length()];
    text.write_one_byte_v2(scope, 0, &mut bytes, v8::WriteFlags::empty());
    bytes
}

fn view_bytes(args: &Args<'_>, index: i32) -> Vec<u8> {
    writable(view_arg(args, index)).to_vec()
}

fn elements<'s>(
    scope: &mut Scope<'s, '_>,
    value: v8::Local<'_, v8::Value>,
) -> Vec<v8::Local<'s, v8::Value>> {
    let Ok(array) = v8::Local::<v8::Array>::try_from(value) else {
        return Vec::new();
    };
    (0..array.length())
        .filter_map(|index| array.get_index(scope, index))
        .collect()
}

/// Argument `index`: `[name, value, sensitive, ...]`.
fn pairs_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> Vec<Pair> {
    let values = elements(scope, args.get(index));
    values
        .chunks_exact(3)
        .map(|header| Pair {
            name: latin1_bytes(scope, header[0]),
            value: latin1_bytes(scope, header[1]),
            sensitive: header[2].is_true(),
        })
        .collect()
}

/// Arguments `index` and the next: whether the stream has no body, and whether it has trailers.
fn body_arg(args: &Args<'_>, index: i32) -> Body {
    Body {
        empty: args.get(index).is_true(),
        trailers: args.get(index + 1).is_true(),
    }
}

/// Argument `index`: `[id, value, ...]`.
fn settings_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> Vec<(i32, u32)> {
    let values = elements(scope, args.get(index));
    values
        .chunks_exact(2)
        .map(|entry| {
            let id = entry[0].int32_value(scope).unwrap_or(0);
            (id, entry[1].uint32_value(scope).unwrap_or(0))
        })
        .collect()
}

/// `newSession(server, options)` → its number, or undefined where there is no memory. The options
/// are numbers, or undefined for what is not told, in the order in which they are taken here.
fn new_session(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let server = args.get(0).is_true();
    let values = elements(scope, args.get(1));
    let mut values = values.into_iter();
    let mut next = || {
        let value = values.next()?;
        if value.is_undefined() {
            return None;
        }
        value.uint32_value(scope)
    };
    let size = |value: Option<u32>| value.map(|value| value as usize);
    let options = Options {
        max_deflate_dynamic_table_size: size(next()),
        max_reserved_remote_streams: next(),
        max_send_header_block_length: size(next()),
        peer_max_concurrent_streams: next(),
        max_settings: size(next()),
        stream_reset_burst: next().map(u64::from),
        stream_reset_rate: next().map(u64::from),
        no_surrounding_whitespace: next().map(|value| value != 0),
    };
    let padding = match next() {
        Some(1) => Padding::Aligned,
        Some(2) => Padding::Max,
        _ => Padding::None,
    };
    // Node's own limits, and what a request or a response cannot be without.
    let least = if server { 4 } else { 1 };
    let limits = Limits {
        header_pairs: size(next()).unwrap_or(128).max(least),
        invalid_frames: next().unwrap_or(1000),
        rejected_streams: next().unwrap_or(100),
        memory: size(next()).unwrap_or(10).saturating_mul(1_000_000),
    };
    if let Some(session) = Session::new(server, &options, limits, padding) {
        let id = sessions(scope).borrow_mut().add(Rc::new(session));
        result.set_uint32(id);
    }
}

/// `free(session)`.
fn free(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let id = uint_arg(scope, &args, 0);
    let gone = sessions(scope).borrow_mut().take_out(id);
    drop(gone);
}

/// `receive(session, view)` → 0, or nghttp2's code.
fn receive(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    with_session(scope, &args, &mut result, |_, session| {
        let bytes = writable(view_arg(&args, 1));
        session.receive(bytes).err().unwrap_or(0)
    });
}

/// `events(session)` → an array of what happened since this was last asked, or undefined.
fn events(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Some(session) = session_arg(scope, &args) else {
        return;
    };
    let events = session.take_events();
    if events.is_empty() {
        return;
    }
    let values: Vec<_> = events.iter().map(|event| event.to_js(scope)).collect();
    result.set(v8::Array::new_with_elements(scope, &values).into());
}

/// `send(session, most)` → an `ArrayBuffer` for the peer, undefined where nothing is to be sent, or
/// nghttp2's code.
fn send(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let most = uint_arg(scope, &args, 1) as usize;
    let Some(session) = session_arg(scope, &args) else {
        return;
    };
    match session.send(most) {
        Ok(bytes) if bytes.is_empty() => {}
        Ok(bytes) => result.set(array_buffer_of(scope, &bytes).into()),
        Err(code) => result.set_int32(code),
    }
}

/// `written(session)` → the numbers of writes whose bytes `send()` has given out since this was last
/// asked, or undefined.
fn written(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Some(session) = session_arg(scope, &args) else {
        return;
    };
    let writes = session.state().take_written();
    if writes.is_empty() {
        return;
    }
    let values: Vec<v8::Local<'_, v8::Value>> = writes
        .iter()
        .map(|&write| v8::Integer::new_from_unsigned(scope, write).into())
        .collect();
    result.set(v8::Array::new_with_elements(scope, &values).into());
}

/// `failure(session)` → the code of the error by which we ended the session, or undefined.
fn failure(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    if let Some(session) = session_arg(scope, &args)
        && let Some(code) = session.state().failure.get()
    {
        result.set(string(scope, code).into());
    }
}

/// `wants(session)` → whether it wants to write (1) and to read (2), added up.
fn wants(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    if let Some(session) = session_arg(scope, &args) {
        let write = i32::from(session.wants_to_write());
        let read = i32::from(session.wants_to_read());
        result.set_int32(write + 2 * read);
    }
}

/// `frames(session)` → how many were received and sent.
fn frames(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    if let Some(session) = session_arg(scope, &args) {
        let state = session.state();
        let counts = [&state.frames_received, &state.frames_sent]
            .map(|count| v8::Integer::new_from_unsigned(scope, count.get()).into());
        result.set(v8::Array::new_with_elements(scope, &counts).into());
    }
}

/// `request(session, headers, empty, trailers)` → the stream's number, or nghttp2's code.
fn request(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    with_session(scope, &args, &mut result, |scope, session| {
        let pairs = pairs_arg(scope, &args, 1);
        session.request(&pairs, body_arg(&args, 2))
    });
}

/// `respond(session, stream, headers, empty, trailers)`.
fn respond(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    with_session(scope, &args, &mut result, |scope, session| {
        let stream = int_arg(scope, &args, 1);
        let pairs = pairs_arg(scope, &args, 2);
        session.respond(stream, &pairs, body_arg(&args, 3))
    });
}

/// `inform(session, stream, headers)`: with a status of 1xx.
fn inform(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    with_session(scope, &args, &mut result, |scope, session| {
        let stream = int_arg(scope, &args, 1);
        let pairs = pairs_arg(scope, &args, 2);
        session.inform(stream, &pairs)
    });
}

/// `sendTrailers(session, stream, headers)`.
fn send_trailers(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    with_session(scope, &args, &mut result, |scope, session| {
        let stream = int_arg(scope, &args, 1);
        let pairs = pairs_arg(scope, &args, 2);
        session.send_trailers(stream, &pairs)
    });
}

/// `promise(session, stream, headers, empty, trailers)` → the promised stream's number, or nghttp2's
/// code.
fn promise(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    with_session(scope, &args, &mut result, |scope, session| {
        let stream = int_arg(scope, &args, 1);
        let pairs = pairs_arg(scope, &args, 2);
        session.promise(stream, &pairs, body_arg(&args, 3))
    });
}

/// `write(session, stream, write, view)` → 0, or [`GONE`]; `written()` tells of `write` unless it is
/// 0.
fn write(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    with_session(scope, &args, &mut result, |scope, session| {
        let stream = int_arg(scope, &args, 1);
        let write = uint_arg(scope, &args, 2);
        let known = session.write(stream, write, view_bytes(&args, 3));
        if known { 0 } else { GONE }
    });
}

/// `end(session, stream)`: no more writes come.
fn end(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    with_session(scope, &args, &mut result, |scope, session| {
        let stream = int_arg(scope, &args, 1);
        if session.end(stream) { 0 } else { GONE }
    });
}

/// `abandon(session, stream)`: nobody wants to hear of it any more.
fn abandon(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    if let Some(session) = session_arg(scope, &args) {
        session.state().abandon(int_arg(scope, &args, 1));
    }
}

/// `consume(session, stream, bytes)`: so many were read.
fn consume(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    if let Some(session) = session_arg(scope, &args) {
        let stream = int_arg(scope, &args, 1);
        session.consume(stream, uint_arg(scope, &args, 2) as usize);
    }
}

/// `reset(session, stream, code)`.
fn reset(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    with_session(scope, &args, &mut result, |scope, session| {
        let stream = int_arg(scope, &args, 1);
        session.reset(stream, uint_arg(scope, &args, 2))
    });
}

/// `settings(session, entries)`.
fn settings(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    with_session(scope, &args, &mut result, |scope, session| {
        session.settings(&settings_arg(scope, &args, 1))
    });
}

/// `settingsInForce(session, remote)` → the values in the order of [`SETTINGS`].
fn settings_in_force(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    if let Some(session) = session_arg(scope, &args) {
        let settings = session.settings_in_force(args.get(1).is_true());
        result.set(event::in_force_to_js(scope, settings));
    }
}

/// `packSettings(entries)` → an `ArrayBuffer`, or undefined where nghttp2 refuses one.
fn pack_settings(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let entries = settings_arg(scope, &args, 0);
    if let Some(payload) = session::pack_settings(&entries) {
        result.set(array_buffer_of(scope, &payload).into());
    }
}

/// `ping(session, view of 8 bytes)`.
fn ping(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    with_session(scope, &args, &mut result, |_, session| {
        match view_bytes(&args, 1).try_into() {
            Ok(payload) => session.ping(payload),
            Err(_) => GONE,
        }
    });
}

/// `goaway(session, code, last, view | undefined)`.
fn goaway(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    with_session(scope, &args, &mut result, |scope, session| {
        let code = uint_arg(scope, &args, 1);
        let last = int_arg(scope, &args, 2);
        let data = if args.get(3).is_undefined() {
            Vec::new()
        } else {
            view_bytes(&args, 3)
        };
        session.goaway(code, last, &data)
    });
}

/// `terminate(session, code)`.
fn terminate(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    with_session(scope, &args, &mut result, |scope, session| {
        session.terminate(uint_arg(scope, &args, 1))
    });
}

/// `setLocalWindowSize(session, bytes)`.
fn set_local_window_size(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    with_session(scope, &args, &mut result, |scope, session| {
        session.set_local_window_size(int_arg(scope, &args, 1))
    });
}

/// `setNextStreamID(session, id)`.
fn set_next_stream_id(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    with_session(scope, &args, &mut result, |scope, session| {
        session.set_next_stream_id(int_arg(scope, &args, 1))
    });
}

/// `altsvc(session, stream, origin, value)`.
fn altsvc(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    with_session(scope, &args, &mut result, |scope, session| {
        let stream = int_arg(scope, &args, 1);
        let origin = latin1_bytes(scope, args.get(2));
        let value = latin1_bytes(scope, args.get(3));
        session.altsvc(stream, &origin, &value)
    });
}

/// `origin(session, origins)`.
fn origin(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    with_session(scope, &args, &mut result, |scope, session| {
        let origins: Vec<Vec<u8>> = elements(scope, args.get(1))
            .into_iter()
            .map(|origin| latin1_bytes(scope, origin))
            .collect();
        session.origin(&origins)
    });
}

/// `sessionState(session)` → its figures.
fn session_state(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    if let Some(session) = session_arg(scope, &args) {
        let values = session
            .figures()
            .map(|value| v8::Number::new(scope, value).into());
        result.set(v8::Array::new_with_elements(scope, &values).into());
    }
}

/// `streamState(session, stream)` → its figures.
fn stream_state(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    if let Some(session) = session_arg(scope, &args) {
        let stream = int_arg(scope, &args, 1);
        let values = session
            .stream_figures(stream)
            .map(|value| v8::Integer::new(scope, value).into());
        result.set(v8::Array::new_with_elements(scope, &values).into());
    }
}

/// `errorText(code)`: nghttp2's.
fn error_text(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let code = int_arg(scope, &args, 0);
    result.set(string(scope, &session::error_text(code)).into());
}
