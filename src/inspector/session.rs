//! One session with V8's inspector: a client on the port, or a script's own `inspector.Session`.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use v8::inspector::{
    Channel, ChannelImpl, StringBuffer, StringView, V8Inspector, V8InspectorClientTrustLevel,
    V8InspectorSession,
};

use super::inbox::SessionId;
use super::outbox::Outbox;
use super::{GROUP, raw::Raw};
use crate::engine;

/// A number that no session had; 0 and 1 are the server's own.
pub fn next_id() -> SessionId {
    static NEXT: AtomicU64 = AtomicU64::new(2);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A session, and to whom it speaks.
pub struct Session {
    v8: V8InspectorSession,
    /// Of a client on the port.
    outbox: Option<Arc<Outbox>>,
    /// Of a script.
    local: Option<Local>,
    /// The client is gone. A session that is in the middle of a message lives until that is done.
    over: Cell<bool>,
    /// It has made V8 keep something for each object, which our snapshots do not show.
    tracks_objects: Cell<bool>,
}

impl Session {
    /// A session for a client on the port.
    pub fn remote(inspector: &V8Inspector, outbox: Arc<Outbox>) -> Self {
        let channel = Channel::new(Box::new(Remote(Arc::clone(&outbox))));
        Self {
            v8: connect(inspector, channel),
            outbox: Some(outbox),
            local: None,
            over: Cell::new(false),
            tracks_objects: Cell::new(false),
        }
    }

    /// A session for a script, which gets each message by `local`'s function.
    pub fn local(inspector: &V8Inspector, local: Local) -> Self {
        Self {
            v8: connect(inspector, Channel::new(Box::new(local.clone()))),
            outbox: None,
            local: Some(local),
            over: Cell::new(false),
            tracks_objects: Cell::new(false),
        }
    }

    /// A message to V8. What it answers is sent before this returns, unless V8 has to wait itself.
    pub fn dispatch(&self, text: &str) {
        if text.contains("HeapProfiler.startTrackingHeapObjects") {
            self.tracks_objects.set(true);
        } else if text.contains("HeapProfiler.stopTrackingHeapObjects") {
            self.tracks_objects.set(false);
        }
        if text.is_ascii() {
            self.v8
                .dispatch_protocol_message(StringView::from(text.as_bytes()));
        } else {
            let units: Vec<u16> = text.encode_utf16().collect();
            self.v8
                .dispatch_protocol_message(StringView::from(&units[..]));
        }
    }

    /// Sends an answer that V8 did not make.
    pub fn send(&self, text: String) {
        if let Some(outbox) = &self.outbox {
            outbox.push(text);
        } else if let Some(local) = &self.local {
            local.call(&text);
        }
    }

    /// Sends a snapshot as chunks. To the port later, to a script at once.
    pub fn send_snapshot(&self, mut file: std::fs::File) {
        if let Some(outbox) = &self.outbox {
            outbox.push_snapshot(file);
        } else if let Some(local) = &self.local {
            let mut rest = Vec::new();
            while let Some(chunk) =
                super::snapshot::next_chunk(&mut file, &mut rest, super::snapshot::CHUNK)
            {
                local.call(&super::snapshot::chunk_message(&chunk));
            }
        }
    }

    /// The next statement pauses, if the client has the debugger on.
    pub fn pause_on_next_statement(&self, reason: &str) {
        let reason = StringView::from(reason.as_bytes());
        self.v8
            .schedule_pause_on_next_statement(reason, StringView::from(&b"{}"[..]));
    }

    /// Whether it is a client on the port that is still there.
    pub fn is_attached(&self) -> bool {
        self.outbox.is_some() && !self.over.get()
    }

    /// The client is gone.
    pub fn end(&self) {
        self.over.set(true);
        if let Some(outbox) = &self.outbox {
            outbox.close();
        }
    }

    /// Whether V8 keeps something for each object.
    pub fn tracks_objects(&self) -> bool {
        self.tracks_objects.get()
    }
}

fn connect(inspector: &V8Inspector, channel: Channel) -> V8InspectorSession {
    inspector.connect(
        GROUP,
        channel,
        StringView::empty(),
        V8InspectorClientTrustLevel::FullyTrusted,
    )
}

/// The text of a message.
pub fn text(view: StringView<'_>) -> String {
    match (view.characters8(), view.characters16()) {
        (Some(bytes), _) if bytes.is_ascii() => String::from_utf8_lossy(bytes).into_owned(),
        (Some(bytes), _) => bytes.iter().copied().map(char::from).collect(),
        (None, Some(units)) => String::from_utf16_lossy(units),
        (None, None) => String::new(),
    }
}

fn text_of(message: &v8::UniquePtr<StringBuffer>) -> String {
    message
        .as_ref()
        .map(|message| text(message.string()))
        .unwrap_or_default()
}

/// V8's way to a client on the port.
struct Remote(Arc<Outbox>);

impl ChannelImpl for Remote {
    fn send_response(&self, _call_id: i32, message: v8::UniquePtr<StringBuffer>) {
        self.0.push(text_of(&message));
    }

    fn send_notification(&self, message: v8::UniquePtr<StringBuffer>) {
        let text = text_of(&message);
        if text.starts_with("{\"method\":\"HeapProfiler.addHeapSnapshotChunk\"") {
            self.0.push_when_there_is_room(text);
        } else {
            self.0.notify(text);
        }
    }

    fn flush_protocol_notifications(&self) {}
}

/// V8's way to a script.
#[derive(Clone)]
pub struct Local {
    isolate: Raw,
    context: v8::Global<v8::Context>,
    /// `onMessage(json)`; it does not throw.
    function: v8::Global<v8::Function>,
}

impl Local {
    /// Calls `function` with each message, in `context`.
    pub fn new(
        isolate: Raw,
        context: v8::Global<v8::Context>,
        function: v8::Global<v8::Function>,
    ) -> Self {
        Self {
            isolate,
            context,
            function,
        }
    }

    fn call(&self, text: &str) {
        let mut isolate = self.isolate.isolate();
        v8::scope_with_context!(let scope, &mut isolate, &self.context);
        let function = v8::Local::new(scope, &self.function);
        // Longer than V8's longest string: nobody could read it.
        let Some(text) = v8::String::new(scope, text) else {
            return;
        };
        engine::call_only(scope, function, &[text.into()]);
    }
}

impl ChannelImpl for Local {
    fn send_response(&self, _call_id: i32, message: v8::UniquePtr<StringBuffer>) {
        self.call(&text_of(&message));
    }

    fn send_notification(&self, message: v8::UniquePtr<StringBuffer>) {
        self.call(&text_of(&message));
    }

    fn flush_protocol_notifications(&self) {}
}
