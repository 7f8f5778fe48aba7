//! What happened in a session while nghttp2 worked: kept until nghttp2 is done, then told to
//! JavaScript, which may do with the session what it likes.

use crate::builtins::fs::memory::array_buffer_of;

type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

/// A header as it came, in bytes that nghttp2 has looked at.
pub struct Header {
    pub name: Vec<u8>,
    pub value: Vec<u8>,
    /// Must not be put into a table on its way (`NGHTTP2_NV_FLAG_NO_INDEX`).
    pub sensitive: bool,
}

/// Settings that are in force, in the order of [`super::SETTINGS`].
pub type InForce = [u32; super::SETTINGS.len()];

/// One event. JavaScript gets an array: the number of the kind, then the fields in their order.
pub enum Event {
    Headers {
        stream: i32,
        category: u32,
        flags: u8,
        headers: Vec<Header>,
    },
    Data {
        stream: i32,
        bytes: Vec<u8>,
    },
    /// No more data comes.
    End {
        stream: i32,
    },
    Close {
        stream: i32,
        code: u32,
    },
    /// Every data frame was made; trailers may follow.
    WantTrailers {
        stream: i32,
    },
    /// The peer's settings, as pairs of number and value, and what is in force with them.
    Settings {
        entries: Vec<(i32, u32)>,
        remote: InForce,
    },
    /// The peer has ours, which are in force now.
    SettingsAck {
        local: InForce,
    },
    Ping {
        payload: [u8; 8],
    },
    PingAck {
        payload: [u8; 8],
    },
    Goaway {
        code: u32,
        last: i32,
        data: Vec<u8>,
    },
    /// A frame of ours that could not be sent.
    FrameError {
        stream: i32,
        kind: u8,
        code: u32,
    },
    Priority {
        stream: i32,
        parent: i32,
        weight: i32,
        exclusive: bool,
    },
    Altsvc {
        stream: i32,
        origin: Vec<u8>,
        value: Vec<u8>,
    },
    Origin {
        origins: Vec<Vec<u8>>,
    },
    /// The session is broken; the code is one of nghttp2's own.
    Error {
        code: i32,
    },
    /// nghttp2 has done with the peer and told it so; likewise.
    GivenUp {
        code: i32,
    },
}

/// Bytes as a Latin-1 string; '' where V8 has no room for it.
pub fn latin1<'s>(scope: &Scope<'s, '_>, bytes: &[u8]) -> v8::Local<'s, v8::String> {
    v8::String::new_from_one_byte(scope, bytes, v8::NewStringType::Normal)
        .unwrap_or_else(|| v8::String::empty(scope))
}

/// The names of headers are few.
fn name_of<'s>(scope: &Scope<'s, '_>, bytes: &[u8]) -> v8::Local<'s, v8::String> {
    v8::String::new_from_one_byte(scope, bytes, v8::NewStringType::Internalized)
        .unwrap_or_else(|| v8::String::empty(scope))
}

fn array<'s>(
    scope: &mut Scope<'s, '_>,
    values: &[v8::Local<'s, v8::Value>],
) -> v8::Local<'s, v8::Value> {
    v8::Array::new_with_elements(scope, values).into()
}

fn int<'s>(scope: &mut Scope<'s, '_>, value: i32) -> v8::Local<'s, v8::Value> {
    v8::Integer::new(scope, value).into()
}

fn uint<'s>(scope: &mut Scope<'s, '_>, value: impl Into<u32>) -> v8::Local<'s, v8::Value> {
    v8::Integer::new_from_unsigned(scope, value.into()).into()
}

fn bytes<'s>(scope: &mut Scope<'s, '_>, bytes: &[u8]) -> v8::Local<'s, v8::Value> {
    array_buffer_of(scope, bytes).into()
}

/// `[name, value, name, value, ...]` and the names that are sensitive.
fn headers_of<'s>(scope: &mut Scope<'s, '_>, headers: &[Header]) -> [v8::Local<'s, v8::Value>; 2] {
    let mut pairs = Vec::with_capacity(headers.len() * 2);
    let mut sensitive = Vec::new();
    for header in headers {
        let name: v8::Local<'_, v8::Value> = name_of(scope, &header.name).into();
        pairs.push(name);
        pairs.push(latin1(scope, &header.value).into());
        if header.sensitive {
            sensitive.push(name);
        }
    }
    [array(scope, &pairs), array(scope, &sensitive)]
}

/// Settings as JavaScript gets them.
pub fn in_force_to_js<'s>(
    scope: &mut Scope<'s, '_>,
    settings: InForce,
) -> v8::Local<'s, v8::Value> {
    let values = settings.map(|value| uint(scope, value));
    array(scope, &values)
}

impl Event {
    /// As JavaScript gets it; `internal/http2/handle` has the same numbers.
    pub fn to_js<'s>(&self, scope: &mut Scope<'s, '_>) -> v8::Local<'s, v8::Value> {
        let fields = match self {
            Self::Headers {
                stream,
                category,
                flags,
                headers,
            } => {
                let [pairs, sensitive] = headers_of(scope, headers);
                vec![
                    int(scope, 0),
                    int(scope, *stream),
                    uint(scope, *category),
                    uint(scope, *flags),
                    pairs,
                    sensitive,
                ]
            }
            Self::Data {
                stream,
                bytes: data,
            } => vec![int(scope, 1), int(scope, *stream), bytes(scope, data)],
            Self::End { stream } => vec![int(scope, 2), int(scope, *stream)],
            Self::Close { stream, code } => {
                vec![int(scope, 3), int(scope, *stream), uint(scope, *code)]
            }
            Self::WantTrailers { stream } => vec![int(scope, 4), int(scope, *stream)],
            Self::Settings { entries, remote } => {
                let mut flat = Vec::with_capacity(entries.len() * 2);
                for (id, value) in entries {
                    flat.push(int(scope, *id));
                    flat.push(uint(scope, *value));
                }
                vec![
                    int(scope, 5),
                    array(scope, &flat),
                    in_force_to_js(scope, *remote),
                ]
            }
            Self::SettingsAck { local } => vec![int(scope, 6), in_force_to_js(scope, *local)],
            Self::Ping { payload } => vec![int(scope, 7), bytes(scope, payload)],
            Self::PingAck { payload } => vec![int(scope, 8), bytes(scope, payload)],
            Self::Goaway { code, last, data } => vec![
                int(scope, 9),
                uint(scope, *code),
                int(scope, *last),
                bytes(scope, data),
            ],
            Self::FrameError { stream, kind, code } => vec![
                int(scope, 10),
                int(scope, *stream),
                uint(scope, *kind),
                uint(scope, *code),
            ],
            Self::Priority {
                stream,
                parent,
                weight,
                exclusive,
            } => vec![
                int(scope, 11),
                int(scope, *stream),
                int(scope, *parent),
                int(scope, *weight),
                v8::Boolean::new(scope, *exclusive).into(),
            ],
            Self::Altsvc {
                stream,
                origin,
                value,
            } => vec![
                int(scope, 12),
                int(scope, *stream),
                latin1(scope, origin).into(),
                latin1(scope, value).into(),
            ],
            Self::Origin { origins } => {
                let origins: Vec<v8::Local<'_, v8::Value>> = origins
                    .iter()
                    .map(|origin| latin1(scope, origin).into())
                    .collect();
                vec![int(scope, 13), array(scope, &origins)]
            }
            Self::Error { code } => vec![int(scope, 14), int(scope, *code)],
            Self::GivenUp { code } => vec![int(scope, 15), int(scope, *code)],
        };
        array(scope, &fields)
    }
}
