//! Sockets that wait: for connections, or to be connected. Each is a number to JavaScript.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::rc::Rc;

use socket2::Socket;

use super::{Args, Ret, Scope};
use super::{address_arg, errno_of, into_descriptor, socket_arg, status_of};
use crate::builtins::async_context::AsyncContext;
use crate::builtins::kept;
use crate::builtins::numbered::Numbered;
use crate::builtins::{descriptors, method};
use crate::engine::{call, host};
use crate::event_loop::EventLoop;
use crate::event_loop::io::Ready;

/// Connections taken in one turn at most, so that others have theirs.
const ACCEPTS: usize = 64;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "listen", listen);
    method(scope, target, "connect", connect);
    method(scope, target, "stopWaiting", stop_waiting);
    method(scope, target, "setRef", set_ref);
}

enum For {
    Connections,
    /// To be connected; what the system said at once, where it did.
    Peer(Option<i32>),
}

struct Waiting {
    fd: RawFd,
    watch: Cell<u64>,
    wants: For,
    referenced: Cell<bool>,
    ended: Cell<bool>,
    callback: v8::Global<v8::Function>,
    context: AsyncContext,
}

/// Those of an isolate, in one of its slots.
#[derive(Default)]
struct AllWaiting {
    held: RefCell<Numbered<Rc<Waiting>>>,
    /// A descriptor to give up when there are no more, so that a connection can be taken and closed.
    spare: RefCell<Option<std::fs::File>>,
}

fn all(scope: &mut Scope<'_, '_>) -> Rc<AllWaiting> {
    kept(scope)
}

impl AllWaiting {
    fn have_spare(&self) {
        if self.spare.borrow().is_none() {
            self.spare.replace(std::fs::File::open("/dev/null").ok());
        }
    }

    /// Takes the connections that wait and closes them: nobody could be told of them. `false` where
    /// even that cannot be done.
    fn refuse_waiting(&self, listener: &Socket) -> bool {
        if self.spare.take().is_none() {
            return false;
        }
        while listener.accept().is_ok() {}
        self.have_spare();
        true
    }
}

impl Waiting {
    fn arm(&self, event_loop: &EventLoop) {
        if self.ended.get() {
            return;
        }
        let listening = matches!(self.wants, For::Connections);
        let wanted = Ready {
            readable: listening,
            writable: !listening,
        };
        event_loop
            .io
            .want(self.watch.get(), wanted, self.referenced.get());
    }

    fn call(&self, scope: &mut Scope<'_, '_>, value: i32) {
        self.context.run(scope, |scope| {
            let callback = v8::Local::new(scope, &self.callback);
            let value = v8::Integer::new(scope, value).into();
            call(scope, callback, &[value]);
        });
    }

    fn on_ready(&self, scope: &mut Scope<'_, '_>, id: u32) {
        match self.wants {
            For::Connections => {
                self.accept(scope);
                self.arm(&host(scope).event_loop);
            }
            For::Peer(known) => {
                let outcome = known.unwrap_or_else(|| {
                    let socket = super::borrowed(self.fd);
                    match socket.and_then(|socket| socket.take_error()) {
                        Ok(None) => 0,
                        Ok(Some(error)) | Err(error) => errno_of(&error),
                    }
                });
                end(scope, id);
                self.call(scope, outcome);
            }
        }
    }

    fn accept(&self, scope: &mut Scope<'_, '_>) {
        for _ in 0..ACCEPTS {
            if self.ended.get() {
                return;
            }
            let Ok(listener) = super::borrowed(self.fd) else {
                return;
            };
            // Of four calls that follow, one is enough.
            match listener.accept4(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC) {
                Ok((socket, _)) => {
                    let fd = into_descriptor(scope, socket);
                    self.call(scope, fd);
                }
                Err(error) => match error.raw_os_error() {
                    Some(libc::EAGAIN) | None => return,
                    Some(libc::ECONNABORTED | libc::EINTR) => {}
                    Some(libc::EMFILE | libc::ENFILE) if all(scope).refuse_waiting(&listener) => {
                        return;
                    }
                    Some(errno) => {
                        self.call(scope, -errno);
                        return;
                    }
                },
            }
        }
    }
}

/// Watches a socket; its number, or a negative errno.
fn wait(
    scope: &mut Scope<'_, '_>,
    fd: RawFd,
    wants: For,
    callback: v8::Local<v8::Function>,
) -> io::Result<u32> {
    let waiting = Rc::new(Waiting {
        fd,
        watch: Cell::new(0),
        wants,
        referenced: Cell::new(true),
        ended: Cell::new(false),
        callback: v8::Global::new(scope, callback),
        context: AsyncContext::current(scope),
    });
    let all = all(scope);
    let id = all.held.borrow_mut().add(waiting.clone());
    let host = host(scope);
    let event_loop = &host.event_loop;
    let watched = waiting.clone();
    let watch = event_loop
        .io
        .watch(&event_loop.sender(), fd, move |scope, _| {
            watched.on_ready(scope, id);
        })
        .inspect_err(|_| drop(all.held.borrow_mut().take_out(id)))?;
    waiting.watch.set(watch);
    waiting.arm(event_loop);
    Ok(id)
}

/// Ends what waits; the descriptor stays open.
fn end(scope: &mut Scope<'_, '_>, id: u32) {
    let waiting = all(scope).held.borrow_mut().take_out(id);
    if let Some(waiting) = waiting {
        waiting.ended.set(true);
        host(scope).event_loop.io.unwatch(waiting.watch.get());
    }
}

/// `listen(fd, backlog, onConnection)` → a number for `stopWaiting`, or a negative errno.
/// `onConnection` gets a descriptor that does not wait, or a negative errno.
fn listen(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let backlog = args.get(1).int32_value(scope).unwrap_or(511);
    let Ok(callback) = v8::Local::<v8::Function>::try_from(args.get(2)) else {
        return;
    };
    let listening = socket_arg(scope, &args).and_then(|socket| {
        socket.listen(backlog)?;
        socket.set_nonblocking(true)?;
        all(scope).have_spare();
        descriptors::hold(scope, socket.as_raw_fd());
        wait(scope, socket.as_raw_fd(), For::Connections, callback)
    });
    match listening {
        Ok(id) => result.set_uint32(id),
        Err(error) => result.set_int32(errno_of(&error)),
    }
}

/// `connect(fd, address, port, callback)` or `connect(fd, path, undefined, callback)` → a number for
/// `stopWaiting`, or a negative errno. `callback(status)` comes later.
fn connect(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Ok(callback) = v8::Local::<v8::Function>::try_from(args.get(3)) else {
        return;
    };
    let connecting = socket_arg(scope, &args).and_then(|socket| {
        let address = address_arg(scope, &args, 1)?;
        let status = status_of(socket.connect(&address));
        // libuv tells of these later, and of all that concern a path.
        let known = match -status {
            libc::EINPROGRESS | libc::EINTR => None,
            0 | libc::ECONNREFUSED => Some(status),
            _ if address.is_unix() => Some(status),
            errno => return Err(io::Error::from_raw_os_error(errno)),
        };
        wait(scope, socket.as_raw_fd(), For::Peer(known), callback)
    });
    match connecting {
        Ok(id) => result.set_uint32(id),
        Err(error) => result.set_int32(errno_of(&error)),
    }
}

/// `stopWaiting(number)`: its callback is not called any more. The descriptor stays open.
fn stop_waiting(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    if let Some(id) = args.get(0).uint32_value(scope) {
        end(scope, id);
    }
}

/// `setRef(number, on)`: whether waiting for connections keeps the program running.
fn set_ref(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let Some(id) = args.get(0).uint32_value(scope) else {
        return;
    };
    let on = args.get(1).boolean_value(scope);
    let waiting = all(scope).held.borrow().get(id).cloned();
    if let Some(waiting) = waiting {
        waiting.referenced.set(on);
        waiting.arm(&host(scope).event_loop);
    }
}
