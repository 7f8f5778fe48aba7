//! What happens to files and folders, as inotify tells it: for `fs.watch`.
//!
//! An isolate has one descriptor of inotify, made when something is first watched. Two watches of one
//! file share one of the kernel's.

#![expect(unsafe_code, reason = "plain libc calls")]

use std::cell::{Cell, RefCell};
use std::ffi::CString;
use std::os::fd::RawFd;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::{Args, Failure, NameForm, Ret, Scope, checked, int_arg, path_arg, uint_arg};
use crate::builtins::async_context::AsyncContext;
use crate::builtins::method;
use crate::engine::{call, host};
use crate::event_loop::EventLoop;
use crate::event_loop::io::Ready;

/// What libuv asks for.
const WANTED: u32 = libc::IN_ATTRIB
    | libc::IN_CREATE
    | libc::IN_MODIFY
    | libc::IN_DELETE
    | libc::IN_DELETE_SELF
    | libc::IN_MOVE_SELF
    | libc::IN_MOVED_FROM
    | libc::IN_MOVED_TO;

/// Bytes read at once: room for some hundred events with names.
const CHUNK: usize = 16384;

/// Bytes before an event's name: `wd`, `mask`, `cookie` and the length of the name.
const HEAD: usize = size_of::<libc::inotify_event>();

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "watchStart", watch_start);
    method(scope, target, "watchStop", watch_stop);
    method(scope, target, "watchRef", watch_ref);
}

struct Watch {
    /// The kernel's number; several watches may have the same.
    number: Cell<i32>,
    referenced: Cell<bool>,
    form: NameForm,
    on_event: v8::Global<v8::Function>,
    context: AsyncContext,
}

/// One event of the kernel's.
struct Happened {
    number: i32,
    mask: u32,
    /// The name in a folder that is watched, or empty.
    name: Vec<u8>,
}

/// The watches of an isolate, in one of its slots.
struct Watches {
    inotify: RawFd,
    ready: Cell<u64>,
    last: Cell<u32>,
    open: RefCell<FxHashMap<u32, Rc<Watch>>>,
}

impl Drop for Watches {
    fn drop(&mut self) {
        // SAFETY: ours, closed once.
        unsafe { libc::close(self.inotify) };
    }
}

/// The watches of this isolate, with their descriptor.
fn watches(scope: &mut Scope<'_, '_>) -> Result<Rc<Watches>, Failure> {
    if let Some(watches) = scope.get_slot::<Rc<Watches>>() {
        return Ok(watches.clone());
    }
    // SAFETY: takes flags.
    let inotify = checked(unsafe { libc::inotify_init1(libc::IN_NONBLOCK | libc::IN_CLOEXEC) })?;
    let watches = Rc::new(Watches {
        inotify,
        ready: Cell::new(0),
        last: Cell::new(0),
        open: RefCell::default(),
    });
    let event_loop = &host(scope).event_loop;
    let told = Rc::downgrade(&watches);
    let ready = event_loop
        .io
        .watch(&event_loop.sender(), inotify, move |scope, _: Ready| {
            if let Some(watches) = told.upgrade() {
                watches.on_ready(scope);
            }
        })?;
    watches.ready.set(ready);
    scope.set_slot(watches.clone());
    Ok(watches)
}

impl Watches {
    /// Tells the loop what is wanted now.
    fn update(&self, event_loop: &EventLoop) {
        let open = self.open.borrow();
        let wanted = Ready {
            readable: !open.is_empty(),
            writable: false,
        };
        let referenced = open.values().any(|watch| watch.referenced.get());
        event_loop.io.want(self.ready.get(), wanted, referenced);
    }

    fn on_ready(&self, scope: &mut Scope<'_, '_>) {
        let mut chunk = vec![0_u8; CHUNK];
        loop {
            // SAFETY: the chunk is writable for its length.
            let count = unsafe { libc::read(self.inotify, chunk.as_mut_ptr().cast(), chunk.len()) };
            // Else all is read, or a signal came: the descriptor is watched again.
            let Ok(count @ 1..) = usize::try_from(count) else {
                break;
            };
            let mut rest = &chunk[..count];
            while let Some((happened, length)) = parse(rest) {
                self.tell(scope, &happened);
                rest = &rest[length..];
            }
        }
        self.update(&host(scope).event_loop);
    }

    /// Calls all watches of what happened to; they may stop each other meanwhile.
    fn tell(&self, scope: &mut Scope<'_, '_>, happened: &Happened) {
        // -1 says that the kernel had no room for more events; libuv tells nobody either.
        let concerned =
            |watch: &Watch| happened.number != -1 && watch.number.get() == happened.number;
        let mut ids: Vec<u32> = {
            let open = self.open.borrow();
            open.iter()
                .filter(|(_, watch)| concerned(watch))
                .map(|(id, _)| *id)
                .collect()
        };
        ids.sort_unstable();
        for id in ids {
            let watch = self.open.borrow().get(&id).cloned();
            let Some(watch) = watch else { continue };
            if happened.mask & libc::IN_IGNORED != 0 {
                // The file is gone, and the kernel's watch with it.
                watch.number.set(-1);
            }
            watch.call(scope, happened);
        }
    }

    /// The kernel's watch goes with the last of ours.
    fn stop(&self, id: u32) {
        let mut open = self.open.borrow_mut();
        let Some(watch) = open.remove(&id) else {
            return;
        };
        let number = watch.number.get();
        if number != -1 && !open.values().any(|other| other.number.get() == number) {
            // SAFETY: takes numbers. It fails where the file has gone just now.
            unsafe { libc::inotify_rm_watch(self.inotify, number) };
        }
    }
}

impl Watch {
    fn call(&self, scope: &mut Scope<'_, '_>, happened: &Happened) {
        self.context.run(scope, |scope| {
            let on_event = v8::Local::new(scope, &self.on_event);
            let mask = v8::Integer::new_from_unsigned(scope, happened.mask).into();
            let name = if happened.name.is_empty() {
                v8::undefined(scope).into()
            } else {
                self.form.name(scope, &happened.name)
            };
            call(scope, on_event, &[mask, name]);
        });
    }
}

/// The first event of what was read, and how many bytes it took.
fn parse(bytes: &[u8]) -> Option<(Happened, usize)> {
    let word = |at: usize| -> Option<[u8; 4]> { bytes.get(at..at + 4)?.try_into().ok() };
    let name_length = u32::from_ne_bytes(word(12)?) as usize;
    let name = bytes.get(HEAD..HEAD + name_length)?;
    let end = memchr::memchr(0, name).unwrap_or(name.len());
    let happened = Happened {
        number: i32::from_ne_bytes(word(0)?),
        mask: u32::from_ne_bytes(word(4)?),
        name: name[..end].to_vec(),
    };
    Some((happened, HEAD + name_length))
}

/// `watchStart(path, asBytes, flags, onEvent)` → the watch's number, or a negative errno. `onEvent`
/// gets inotify's mask, and the name where it is of something in a folder. `flags` are inotify's,
/// such as `IN_ONLYDIR`.
fn watch_start(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = path_arg(scope, &args, 0);
    let form = NameForm::from_arg(scope, &args, 1);
    let flags = uint_arg(scope, &args, 2);
    let Ok(on_event) = v8::Local::<v8::Function>::try_from(args.get(3)) else {
        return;
    };
    let (watches, number) = match start(scope, &path, flags) {
        Ok(started) => started,
        Err(failure) => {
            result.set_int32(-failure.errno);
            return;
        }
    };
    let watch = Rc::new(Watch {
        number: Cell::new(number),
        referenced: Cell::new(true),
        form,
        on_event: v8::Global::new(scope, on_event),
        context: AsyncContext::current(scope),
    });
    let id = watches.last.get() + 1;
    watches.last.set(id);
    watches.open.borrow_mut().insert(id, watch);
    watches.update(&host(scope).event_loop);
    result.set_uint32(id);
}

fn start(
    scope: &mut Scope<'_, '_>,
    path: &CString,
    flags: u32,
) -> Result<(Rc<Watches>, i32), Failure> {
    let watches = watches(scope)?;
    // SAFETY: the path ends with a NUL.
    let number = checked(unsafe {
        libc::inotify_add_watch(watches.inotify, path.as_ptr(), WANTED | flags)
    })?;
    Ok((watches, number))
}

/// `watchStop(watch)`: it is told of nothing any more.
fn watch_stop(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let id = int_arg(scope, &args, 0).cast_unsigned();
    if let Ok(watches) = watches(scope) {
        watches.stop(id);
        watches.update(&host(scope).event_loop);
    }
}

/// `watchRef(watch, on)`: whether the watch keeps the program running.
fn watch_ref(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let id = int_arg(scope, &args, 0).cast_unsigned();
    let on = args.get(1).boolean_value(scope);
    if let Ok(watches) = watches(scope) {
        if let Some(watch) = watches.open.borrow().get(&id) {
            watch.referenced.set(on);
        }
        watches.update(&host(scope).event_loop);
    }
}
