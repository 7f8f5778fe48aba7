//! The isolate's side: V8's inspector, its sessions, and who waits for whom.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use v8::inspector::{
    StringBuffer, StringView, V8Inspector, V8InspectorClient, V8InspectorClientImpl,
};

use super::http::Target;
use super::inbox::{Inbox, Incoming, SessionId};
use super::raw::{self, Raw};
use super::server::{Server, StartError};
use super::session::{self, Local, Session};
use super::{GROUP, clock, snapshot};
use crate::engine::{self, host};
use crate::event_loop::{Event, signals};
use crate::{builtins, capture};

/// What the isolate's thread knows of being debugged.
pub struct Agent {
    isolate: Raw,
    /// Before `inspector`, because they must go first.
    sessions: RefCell<FxHashMap<SessionId, Rc<Session>>>,
    /// Sessions whose clients left while JavaScript ran; the loop ends them.
    left: RefCell<Vec<Rc<Session>>>,
    inspector: OnceCell<V8Inspector>,
    context: v8::Global<v8::Context>,
    inbox: Arc<Inbox>,
    server: RefCell<Option<Server>>,
    /// V8 has stopped JavaScript and wants messages only.
    paused: Cell<bool>,
    /// A client has yet to say that the program may begin.
    waiting: Cell<bool>,
    /// The main script is to pause at its first statement.
    break_on_start: Cell<bool>,
    /// A call of the console is being shown to clients.
    in_console: Cell<bool>,
}

/// V8's way to us.
struct Client(Weak<Agent>);

impl V8InspectorClientImpl for Client {
    fn run_message_loop_on_pause(&self, _group: i32) {
        if let Some(agent) = self.0.upgrade() {
            agent.paused.set(true);
            agent.serve_while(|agent| agent.paused.get() && agent.is_attached());
            agent.paused.set(false);
        }
    }

    fn quit_message_loop_on_pause(&self) {
        if let Some(agent) = self.0.upgrade() {
            agent.paused.set(false);
        }
    }

    fn run_if_waiting_for_debugger(&self, _group: i32) {
        if let Some(agent) = self.0.upgrade() {
            agent.waiting.set(false);
        }
    }

    fn ensure_default_context_in_group(&self, _group: i32) -> Option<v8::Local<'_, v8::Context>> {
        let agent = self.0.upgrade()?;
        Some(agent.isolate.local(&agent.context))
    }

    /// Files are URLs to clients.
    fn resource_name_to_url(&self, name: &StringView) -> Option<v8::UniquePtr<StringBuffer>> {
        let name = session::text(*name);
        if !name.starts_with('/') {
            return None;
        }
        let url = url::Url::from_file_path(name).ok()?;
        Some(StringBuffer::create(StringView::from(
            url.as_str().as_bytes(),
        )))
    }
}

impl Agent {
    /// The agent of this isolate, made when it is first asked for.
    pub fn of(scope: &mut v8::PinScope<'_, '_>) -> Rc<Self> {
        let host = host(scope);
        let made = host.inspector.get_or_init(|| Self::new(scope));
        Rc::clone(made)
    }

    fn new(scope: &mut v8::PinScope<'_, '_>) -> Rc<Self> {
        let interrupts = scope.thread_safe_handle();
        let events = host(scope).event_loop.sender();
        let inbox = Arc::new(Inbox::new(move || {
            raw::interrupt(&interrupts);
            // The loop is gone only while the process ends.
            let _ = events.send(Event::Inspector);
        }));
        let context = scope.get_current_context();
        let agent = Rc::new(Self {
            isolate: Raw::of(scope),
            sessions: RefCell::default(),
            left: RefCell::default(),
            inspector: OnceCell::new(),
            context: v8::Global::new(scope, context),
            inbox,
            server: RefCell::new(None),
            paused: Cell::new(false),
            waiting: Cell::new(false),
            break_on_start: Cell::new(false),
            in_console: Cell::new(false),
        });
        let mut client = V8InspectorClient::new(Box::new(Client(Rc::downgrade(&agent))));
        clock::set(&mut client);
        let inspector = V8Inspector::create(scope, client);
        let name = format!("oomhost[{}]", std::process::id());
        inspector.context_created(
            context,
            GROUP,
            StringView::from(name.as_bytes()),
            StringView::from(&b"{\"isDefault\":true}"[..]),
        );
        let _ = agent.inspector.set(inspector);
        builtins::inspector::wrap_console(scope);
        agent
    }

    fn inspector(&self) -> &V8Inspector {
        self.inspector
            .get()
            .expect("set when the agent is made, before anybody has it")
    }

    // ---- The port -------------------------------------------------------------------------------

    /// Opens the port. Says so on stderr, or why not.
    pub fn open(&self, host: &str, port: u16, script: Option<&str>) -> bool {
        let target = Target {
            id: uuid::Uuid::new_v4().to_string(),
            title: script.map_or_else(|| format!("oomhost[{}]", std::process::id()), str::to_owned),
            url: format!("file://{}", script.unwrap_or_default()),
        };
        match Server::start(host, port, target, Arc::clone(&self.inbox)) {
            Ok(server) => {
                say(&format!("Debugger listening on {}\n{HELP}", server.url()));
                *self.server.borrow_mut() = Some(server);
                true
            }
            Err(StartError::Unresolved(error)) => {
                say(&format!("Unable to resolve \"{host}\": {}", reason(&error)));
                false
            }
            Err(StartError::Failed(error)) => {
                say(&format!(
                    "Starting inspector on {host}:{port} failed: {}",
                    reason(&error)
                ));
                false
            }
        }
    }

    /// The address of the WebSocket, where the port is open.
    pub fn url(&self) -> Option<String> {
        self.server.borrow().as_ref().map(Server::url)
    }

    /// Closes the port and all of its connections.
    pub fn close(&self) {
        let Some(server) = self.server.take() else {
            return;
        };
        let url = server.url();
        drop(server);
        self.serve();
        say(&format!("Debugger ending on {url}\n{HELP}"));
    }

    // ---- Messages -------------------------------------------------------------------------------

    /// Serves what clients have sent.
    pub fn serve(&self) {
        drop(self.left.take());
        while let Some(incoming) = self.inbox.take() {
            self.take(incoming);
        }
    }

    /// Likewise, while JavaScript runs. It may stand at a breakpoint that it is just leaving: V8 fails a
    /// check of its own where the debugger goes at that moment (`RedirectActiveFunctions` in its
    /// `debug-frames.cc`), so that a session whose client has left pauses nothing from now on, and
    /// goes later.
    pub fn serve_in_interrupt(&self) {
        while let Some(incoming) = self.inbox.take() {
            if let Incoming::Disconnected(id) = incoming {
                let ended = self.sessions.borrow_mut().remove(&id);
                if let Some(session) = ended {
                    session.end();
                    self.left.borrow_mut().push(session);
                }
            } else {
                self.take(incoming);
            }
        }
    }

    /// Serves clients, and nothing else, as long as `wanted` says.
    fn serve_while(&self, wanted: impl Fn(&Self) -> bool) {
        while wanted(self) {
            if let Some(incoming) = self.inbox.wait() {
                self.take(incoming);
            }
        }
    }

    fn take(&self, incoming: Incoming) {
        let mut isolate = self.isolate.isolate();
        v8::scope_with_context!(let scope, &mut isolate, &self.context);
        match incoming {
            Incoming::Connected(id, outbox) => {
                let session = Session::remote(self.inspector(), outbox);
                self.sessions.borrow_mut().insert(id, Rc::new(session));
                say("Debugger attached.");
            }
            Incoming::Message(id, text) => self.dispatch(scope, id, &text),
            Incoming::Disconnected(id) => self.disconnect(id),
        }
    }

    /// A message of the session `id`, if that is still there.
    pub fn dispatch(&self, scope: &mut v8::PinScope<'_, '_>, id: SessionId, text: &str) {
        let Some(session) = self.sessions.borrow().get(&id).cloned() else {
            return;
        };
        let tracks = |session: &Rc<Session>| session.tracks_objects();
        let ours = snapshot::Request::of(text)
            .filter(|_| !self.sessions.borrow().values().any(tracks))
            .and_then(|request| Some((request, snapshot::take(scope)?)));
        if let Some((request, file)) = ours {
            let bytes = file.metadata().map_or(0, |metadata| metadata.len());
            if request.reports_progress() {
                session.send(snapshot::progress_message(bytes));
            }
            session.send_snapshot(file);
            session.send(format!("{{\"id\":{},\"result\":{{}}}}", request.id));
            return;
        }
        session.dispatch(text);
        // V8's debugger asks at the heap's limit too, and V8 asks only whoever came last.
        capture::stay_first_at_the_limit();
    }

    /// A session for a script; `function` gets every message.
    pub fn connect(
        &self,
        scope: &mut v8::PinScope<'_, '_>,
        function: v8::Local<v8::Function>,
    ) -> SessionId {
        let function = v8::Global::new(scope, function);
        let local = Local::new(self.isolate, self.context.clone(), function);
        let id = session::next_id();
        let session = Session::local(self.inspector(), local);
        self.sessions.borrow_mut().insert(id, Rc::new(session));
        id
    }

    /// Ends a session. In the middle of a message of its own it lives until that is done.
    pub fn disconnect(&self, id: SessionId) {
        let ended = self.sessions.borrow_mut().remove(&id);
        if let Some(session) = ended {
            session.end();
        }
    }

    fn is_attached(&self) -> bool {
        let sessions = self.sessions.borrow();
        sessions.values().any(|session| session.is_attached())
    }

    // ---- Waiting --------------------------------------------------------------------------------

    /// Waits for a client that says `Runtime.runIfWaitingForDebugger`.
    pub fn wait_for_debugger(&self) {
        self.waiting.set(true);
        self.serve_while(|agent| agent.waiting.get());
    }

    /// The main script will pause at its first statement.
    pub fn break_on_start(&self) {
        self.break_on_start.set(true);
    }

    /// Makes the next statement pause, if [`Self::break_on_start`] was asked for.
    pub fn before_main(&self) {
        if self.break_on_start.take() {
            for session in self.sessions.borrow().values() {
                session.pause_on_next_statement("Break on start");
            }
        }
    }

    /// The program is at its end: clients may look at what it printed until they leave.
    pub fn wait_for_disconnect(&self) {
        self.serve();
        if self.server.borrow().is_none() || !self.is_attached() {
            return;
        }
        {
            let mut isolate = self.isolate.isolate();
            v8::scope!(let scope, &mut isolate);
            let context = v8::Local::new(scope, &self.context);
            self.inspector().context_destroyed(context);
        }
        say("Waiting for the debugger to disconnect...");
        // No listener of the script's will run any more: Ctrl-C ends the wait.
        for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM] {
            // Nothing is lost where the system refuses.
            let _ = signals::ignore(signal);
        }
        self.serve_while(Self::is_attached);
    }

    // ---- What V8 does not see by itself ---------------------------------------------------------

    /// Tells clients of an error that nothing caught.
    pub fn exception_thrown(
        &self,
        scope: &mut v8::PinScope<'_, '_>,
        exception: v8::Local<v8::Value>,
        message: v8::Local<v8::Message>,
    ) {
        let context = scope.get_current_context();
        let detail: Vec<u16> = message
            .get(scope)
            .to_rust_string_lossy(scope)
            .encode_utf16()
            .collect();
        let name = message
            .get_script_resource_name(scope)
            .map(|name| name.to_rust_string_lossy(scope))
            .unwrap_or_default();
        let name: Vec<u16> = name.encode_utf16().collect();
        let line = message.get_line_number(scope).unwrap_or(0);
        let column = message.get_start_column() + 1;
        let trace = message.get_stack_trace(scope);
        let script_id = trace
            .and_then(|trace| trace.get_frame(scope, 0))
            .map_or(0, |frame| frame.get_script_id());
        let trace = self.inspector().create_stack_trace(trace);
        self.inspector().exception_thrown(
            context,
            StringView::from(&b"Uncaught"[..]),
            exception,
            StringView::from(&detail[..]),
            StringView::from(&name[..]),
            u32::try_from(line).unwrap_or(0),
            u32::try_from(column).unwrap_or(0),
            trace,
            i32::try_from(script_id).unwrap_or(0),
        );
    }

    /// Whether a call of the console may be shown to clients: not from within another.
    pub fn enter_console(&self) -> bool {
        !self.in_console.replace(true)
    }

    /// The end of what [`Self::enter_console`] began.
    pub fn leave_console(&self) {
        self.in_console.set(false);
    }

    /// Ends everything, before the isolate goes.
    pub fn shut_down(&self) {
        self.server.take();
        self.left.borrow_mut().clear();
        self.sessions.borrow_mut().clear();
    }
}

const HELP: &str = "For help, see: https://nodejs.org/learn/getting-started/debugging";

/// A line on stderr. Where that is closed nobody is there to be told.
fn say(line: &str) {
    builtins::process::write_all(libc::STDERR_FILENO, format!("{line}\n").as_bytes());
}

/// What the system said, without Rust's number behind it.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let text = text
        .strip_prefix("failed to lookup address information: ")
        .unwrap_or(text);
    text.to_lowercase()
}

/// Where `engine` keeps the agent of an isolate.
pub type Slot = OnceCell<Rc<Agent>>;

/// [`Agent::exception_thrown`], where there is an agent.
pub fn exception_thrown(
    scope: &mut v8::PinScope<'_, '_>,
    exception: v8::Local<v8::Value>,
    message: v8::Local<v8::Message>,
) {
    if let Some(agent) = engine::host(scope).inspector.get() {
        agent.exception_thrown(scope, exception, message);
    }
}
