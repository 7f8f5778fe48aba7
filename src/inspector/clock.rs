//! The time that clients are told. V8 asks its embedder for it by `V8InspectorClient::currentTimeMS`,
//! which the `v8` crate does not bind: its class inherits one that says 0.
//!
//! So the object gets a copy of its table of virtual functions with that one replaced. This is sound
//! as long as the order of the functions in `v8-inspector.h` is this one's, and the crate, which brings
//! header and archive, is pinned (`=152.2.0`); `tests/it/inspector` looks at a message's time.
#![expect(unsafe_code, reason = "a C++ object's virtual functions")]

use std::ffi::c_void;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use v8::inspector::V8InspectorClient;

/// Words in front of the functions: offset to top, type information.
const HEAD: usize = 2;

/// Virtual functions of `V8InspectorClient`, the destructor's two included.
const FUNCTIONS: usize = 34;

/// Of `currentTimeMS`.
const CURRENT_TIME_MS: usize = 26;

type Table = [usize; HEAD + FUNCTIONS];

static TABLE: OnceLock<Table> = OnceLock::new();

// The crate's type is a pointer to the object.
const _: () = assert!(size_of::<V8InspectorClient>() == size_of::<*mut c_void>());

/// Makes `client` tell the time.
pub fn set(client: &mut V8InspectorClient) {
    let client: *mut V8InspectorClient = client;
    // SAFETY: the type is one pointer, to a pinned box that begins with the C++ object.
    let object = unsafe { client.cast::<*mut *const usize>().read() };
    // SAFETY: the object's first word points to the functions of its table.
    let functions = unsafe { object.read() };
    let table = TABLE.get_or_init(|| {
        // SAFETY: two words are in front of the functions, in the same table.
        let start = unsafe { functions.sub(HEAD) };
        // SAFETY: the table is that long, by the header, and constant.
        let mut table = unsafe { start.cast::<Table>().read() };
        table[HEAD + CURRENT_TIME_MS] =
            current_time_ms as extern "C" fn(*mut c_void) -> f64 as usize;
        table
    });
    // SAFETY: the object's own place for it, which V8 reads only when it calls the object; the table
    // lives for ever.
    unsafe { object.write(table[HEAD..].as_ptr()) };
}

/// Milliseconds since 1970.
extern "C" fn current_time_ms(_client: *mut c_void) -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}
