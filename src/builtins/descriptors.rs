//! Descriptors that JavaScript has by their numbers: a worker that is stopped in the middle of its
//! work leaves them behind, and they are closed with its isolate.

use std::cell::RefCell;
use std::os::fd::RawFd;
use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::kept;
use crate::sys::child::waited;

/// Those of an isolate, in one of its slots.
#[derive(Default)]
struct Held(RefCell<FxHashSet<RawFd>>);

impl Drop for Held {
    fn drop(&mut self) {
        for fd in self.0.take() {
            waited::close(fd);
        }
    }
}

/// From now on `fd` is the isolate's.
pub fn hold(isolate: &mut v8::Isolate, fd: RawFd) {
    kept::<Held>(isolate).0.borrow_mut().insert(fd);
}

/// Somebody else closes it, or has.
pub fn release(isolate: &v8::Isolate, fd: RawFd) {
    if let Some(held) = isolate.get_slot::<Rc<Held>>() {
        held.0.borrow_mut().remove(&fd);
    }
}
