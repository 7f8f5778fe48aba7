//! `binding.pipe`: descriptors that are read and written as they become ready (pipes, sockets,
//! terminals), for streams to stand on. Each is a number to JavaScript.
//!
//! What the system refuses is a negative errno; the end of what can be read is libuv's `UV_EOF`.

#![expect(unsafe_code, reason = "plain libc calls")]

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::os::fd::RawFd;
use std::rc::Rc;

use super::async_context::AsyncContext;
use super::descriptors;
use super::fs::memory::{Source, array_buffer_of};
use super::numbered::Numbered;
use super::{kept, method};
use crate::engine::{call, host};
use crate::event_loop::EventLoop;
use crate::event_loop::io::Ready;
use crate::sys::child::waited;

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

const UV_EOF: i32 = -4095;

/// Bytes read at once, as libuv does.
const CHUNK: usize = 65536;

/// Reads in one turn at most, so that one pipe that is always full does not stop all others.
const READS: usize = 32;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "pair", pair);
    method(scope, target, "open", open);
    method(scope, target, "readStart", read_start);
    method(scope, target, "readStop", read_stop);
    method(scope, target, "write", write);
    method(scope, target, "shutdown", shutdown);
    method(scope, target, "close", close);
    method(scope, target, "closeDescriptor", close_descriptor);
    method(scope, target, "setRef", set_ref);
    method(scope, target, "writeQueueSize", write_queue_size);
}

struct Pipe {
    fd: RawFd,
    watch: Cell<u64>,
    reading: Cell<bool>,
    referenced: Cell<bool>,
    on_read: v8::Global<v8::Function>,
    context: AsyncContext,
    writes: RefCell<VecDeque<Write>>,
    shutdown: RefCell<Option<v8::Global<v8::Function>>>,
    closed: Cell<bool>,
}

/// What the kernel had no room for yet: JavaScript's own bytes, as in Node.
struct Write {
    source: Source,
    written: usize,
    callback: v8::Global<v8::Function>,
}

/// The pipes of an isolate, in one of its slots.
#[derive(Default)]
struct Pipes {
    open: RefCell<Numbered<Rc<Pipe>>>,
    /// What is read goes here first.
    chunk: RefCell<Vec<u8>>,
}

fn pipes(scope: &mut Scope<'_, '_>) -> Rc<Pipes> {
    kept(scope)
}

fn pipe_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>) -> Option<Rc<Pipe>> {
    let id = args.get(0).uint32_value(scope)?;
    pipes(scope).open.borrow().get(id).cloned()
}

fn last_errno() -> i32 {
    std::io::Error::last_os_error()
        .raw_os_error()
        .unwrap_or(libc::EIO)
}

impl Pipe {
    /// Tells the loop what is wanted now.
    fn update(&self, event_loop: &EventLoop) {
        if self.closed.get() {
            return;
        }
        let writing = !self.writes.borrow().is_empty();
        let wanted = Ready {
            readable: self.reading.get(),
            writable: writing || self.shutdown.borrow().is_some(),
        };
        event_loop
            .io
            .want(self.watch.get(), wanted, self.referenced.get());
    }

    fn call(
        &self,
        scope: &mut Scope<'_, '_>,
        callback: &v8::Global<v8::Function>,
        value: impl for<'s> FnOnce(&mut Scope<'s, '_>) -> v8::Local<'s, v8::Value>,
    ) {
        self.context.run(scope, |scope| {
            let callback = v8::Local::new(scope, callback);
            let value = value(scope);
            call(scope, callback, &[value]);
        });
    }

    fn call_with_status(
        &self,
        scope: &mut Scope<'_, '_>,
        callback: &v8::Global<v8::Function>,
        status: i32,
    ) {
        self.call(scope, callback, |scope| {
            v8::Integer::new(scope, status).into()
        });
    }

    fn on_ready(&self, scope: &mut Scope<'_, '_>, ready: Ready) {
        if ready.readable {
            self.read_all(scope);
        }
        if ready.writable && !self.closed.get() {
            self.write_all(scope);
        }
        self.update(&host(scope).event_loop);
    }

    fn read_all(&self, scope: &mut Scope<'_, '_>) {
        let pipes = pipes(scope);
        // Nobody else reads meanwhile: the loop calls one watch after the other.
        let mut chunk = pipes.chunk.take();
        chunk.resize(CHUNK, 0);
        self.read_into(scope, &mut chunk);
        pipes.chunk.replace(chunk);
    }

    fn read_into(&self, scope: &mut Scope<'_, '_>, chunk: &mut [u8]) {
        for _ in 0..READS {
            if !self.reading.get() || self.closed.get() {
                return;
            }
            // SAFETY: the chunk is writable for its length.
            let count = unsafe { libc::read(self.fd, chunk.as_mut_ptr().cast(), CHUNK) };
            match usize::try_from(count) {
                Ok(0) => {
                    self.reading.set(false);
                    self.call_with_status(scope, &self.on_read, UV_EOF);
                }
                Ok(count) => {
                    self.call(scope, &self.on_read, |scope| {
                        array_buffer_of(scope, &chunk[..count]).into()
                    });
                    if count < CHUNK {
                        return;
                    }
                }
                Err(_) => match last_errno() {
                    libc::EAGAIN => return,
                    libc::EINTR => {}
                    errno => {
                        self.reading.set(false);
                        self.call_with_status(scope, &self.on_read, -errno);
                    }
                },
            }
        }
    }

    fn write_all(&self, scope: &mut Scope<'_, '_>) {
        while !self.closed.get() {
            let outcome = {
                let mut writes = self.writes.borrow_mut();
                let Some(first) = writes.front_mut() else {
                    break;
                };
                match write_some(self.fd, &first.source, first.written) {
                    Ok(written) => {
                        first.written = written;
                        if written < first.source.span().1 {
                            return;
                        }
                        0
                    }
                    Err(errno) => -errno,
                }
            };
            let first = self.writes.borrow_mut().pop_front();
            if let Some(first) = first {
                self.call_with_status(scope, &first.callback, outcome);
            }
        }
        let callback = self.shutdown.take();
        if let Some(callback) = callback {
            let status = shut_down(self.fd);
            self.call_with_status(scope, &callback, status);
        }
    }
}

impl Drop for Pipe {
    /// A worker has ended with the pipe open.
    fn drop(&mut self) {
        if !self.closed.get() {
            waited::close(self.fd);
        }
    }
}

/// Writes until the kernel has no more room; how much is written then, with what was before.
fn write_some(fd: RawFd, source: &Source, mut written: usize) -> Result<usize, i32> {
    let (data, length) = source.span();
    while written < length {
        let rest = data.wrapping_add(written);
        // SAFETY: the source has length bytes, and is given to the kernel only.
        let count = unsafe { libc::write(fd, rest.cast(), length - written) };
        match usize::try_from(count) {
            Ok(count) => written += count,
            Err(_) => match last_errno() {
                libc::EAGAIN => break,
                libc::EINTR => {}
                errno => return Err(errno),
            },
        }
    }
    Ok(written)
}

fn shut_down(fd: RawFd) -> i32 {
    // SAFETY: takes numbers.
    if unsafe { libc::shutdown(fd, libc::SHUT_WR) } == 0 {
        0
    } else {
        -last_errno()
    }
}

/// `pair()` → `[ours, theirs]`, two connected descriptors, or a negative errno.
fn pair(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    match waited::pair() {
        Ok((ours, theirs)) => {
            let ends = [ours, theirs].map(|fd| v8::Integer::new(scope, fd).into());
            result.set(v8::Array::new_with_elements(scope, &ends).into());
        }
        Err(errno) => result.set_int32(-errno.0),
    }
}

/// `open(fd, onRead)` → the pipe's number, or a negative errno. The descriptor does not wait any
/// more and is the pipe's. `onRead` gets an `ArrayBuffer`, or a negative errno, the last of them.
fn open(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let fd = args.get(0).int32_value(scope).unwrap_or(-1);
    let Ok(on_read) = v8::Local::<v8::Function>::try_from(args.get(1)) else {
        return;
    };
    // SAFETY: takes numbers.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    // SAFETY: as above.
    if flags == -1 || unsafe { libc::fcntl(fd, libc::F_SETFL, flags | libc::O_NONBLOCK) } == -1 {
        result.set_int32(-last_errno());
        return;
    }
    let pipe = Rc::new(Pipe {
        fd,
        watch: Cell::new(0),
        reading: Cell::new(false),
        referenced: Cell::new(true),
        on_read: v8::Global::new(scope, on_read),
        context: AsyncContext::current(scope),
        writes: RefCell::default(),
        shutdown: RefCell::default(),
        closed: Cell::new(false),
    });
    let event_loop = &host(scope).event_loop;
    let watched = pipe.clone();
    let watch = event_loop
        .io
        .watch(&event_loop.sender(), fd, move |scope, ready| {
            watched.on_ready(scope, ready);
        });
    match watch {
        Ok(watch) => pipe.watch.set(watch),
        Err(error) => {
            // The descriptor stays the caller's.
            pipe.closed.set(true);
            result.set_int32(-error.raw_os_error().unwrap_or(libc::EIO));
            return;
        }
    }
    descriptors::release(scope, fd);
    let id = pipes(scope).open.borrow_mut().add(pipe);
    result.set_uint32(id);
}

/// `readStart(pipe)`: calls `onRead` from now on.
fn read_start(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    if let Some(pipe) = pipe_arg(scope, &args) {
        pipe.reading.set(true);
        pipe.update(&host(scope).event_loop);
    }
}

/// `readStop(pipe)`.
fn read_stop(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    if let Some(pipe) = pipe_arg(scope, &args) {
        pipe.reading.set(false);
        pipe.update(&host(scope).event_loop);
    }
}

/// `write(pipe, stringOrBytes, callback)` → 0 where all of it is written, 1 where `callback(status)`
/// will tell, or a negative errno.
fn write(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Some(pipe) = pipe_arg(scope, &args) else {
        result.set_int32(-libc::EBADF);
        return;
    };
    let source = Source::from_js(scope, args.get(1));
    let mut written = 0;
    if pipe.writes.borrow().is_empty() {
        match write_some(pipe.fd, &source, 0) {
            Ok(count) if count == source.span().1 => {
                result.set_int32(0);
                return;
            }
            Ok(count) => written = count,
            Err(errno) => {
                result.set_int32(-errno);
                return;
            }
        }
    }
    let Ok(callback) = v8::Local::<v8::Function>::try_from(args.get(2)) else {
        return;
    };
    pipe.writes.borrow_mut().push_back(Write {
        source,
        written,
        callback: v8::Global::new(scope, callback),
    });
    pipe.update(&host(scope).event_loop);
    result.set_int32(1);
}

/// `shutdown(pipe, callback)`: ends what we write, once it is written; `callback(status)` always
/// comes later.
fn shutdown(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let Some(pipe) = pipe_arg(scope, &args) else {
        return;
    };
    if let Ok(callback) = v8::Local::<v8::Function>::try_from(args.get(1)) {
        pipe.shutdown
            .replace(Some(v8::Global::new(scope, callback)));
        pipe.update(&host(scope).event_loop);
    }
}

/// `close(pipe)` → the callbacks that will not be called, an array. Closes the descriptor.
fn close(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Some(id) = args.get(0).uint32_value(scope) else {
        return;
    };
    let pipe = pipes(scope).open.borrow_mut().take_out(id);
    let Some(pipe) = pipe else {
        return;
    };
    pipe.closed.set(true);
    host(scope).event_loop.io.unwatch(pipe.watch.get());
    waited::close(pipe.fd);
    let writes = pipe.writes.take();
    let callbacks: Vec<v8::Local<v8::Value>> = writes
        .iter()
        .map(|write| &write.callback)
        .chain(pipe.shutdown.take().as_ref())
        .map(|callback| v8::Local::new(scope, callback).into())
        .collect();
    result.set(v8::Array::new_with_elements(scope, &callbacks).into());
}

/// `closeDescriptor(fd)`: one that no pipe was opened over.
fn close_descriptor(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    if let Some(fd) = args.get(0).int32_value(scope) {
        descriptors::release(scope, fd);
        waited::close(fd);
    }
}

/// `setRef(pipe, on)`: whether reading keeps the program running; writing always does.
fn set_ref(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let on = args.get(1).boolean_value(scope);
    if let Some(pipe) = pipe_arg(scope, &args) {
        pipe.referenced.set(on);
        pipe.update(&host(scope).event_loop);
    }
}

/// `writeQueueSize(pipe)` → bytes that wait to be written.
#[expect(clippy::cast_precision_loss, reason = "below 2^53 bytes")]
fn write_queue_size(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Some(pipe) = pipe_arg(scope, &args) else {
        return;
    };
    let bytes: usize = pipe
        .writes
        .borrow()
        .iter()
        .map(|write| write.source.span().1 - write.written)
        .sum();
    result.set_double(bytes as f64);
}
