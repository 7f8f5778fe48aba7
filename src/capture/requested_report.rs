//! Reports that are asked for: by `process.report`, a signal, or `--report-uncaught-exception`.

use super::ReportOptions;
use super::account::Cause;
use super::report;
use super::tiers::{Desk, Found, State, say};
use super::trigger::current;
use super::{names, stack};
use crate::sys::fixed::{FixedPath, Lossy};
use crate::sys::{clock, file};
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicI32, Ordering};

/// The signal that asks for a report; 0 is none.
static SIGNAL: AtomicI32 = AtomicI32::new(0);

/// The signal that asks for a report; 0 is none.
pub fn report_signal() -> i32 {
    SIGNAL.load(Ordering::Relaxed)
}

/// Makes `signal` ask for a report; 0 is none.
pub fn report_on_signal(signal: i32) {
    SIGNAL.store(signal, Ordering::Relaxed);
}

/// Node's name for the next report, without a directory.
pub fn next_report_name() -> String {
    let mut name = FixedPath::new();
    if let Some(state) = current() {
        let offset = state.program().local_offset;
        names::push_node_name(&mut name, "report", "json", state.thread, offset);
    }
    Lossy(name.as_bytes()).to_string()
}

/// Changes what is chosen about reports.
pub fn set_report_options(options: ReportOptions) {
    if let Some(state) = current() {
        state.report.replace(options);
    }
}

/// The report as JSON; `None` where it cannot be made. `trigger` is what Node's reports have under
/// that name.
pub fn report_json(isolate: &mut v8::Isolate, trigger: &'static str) -> Option<String> {
    let state = current()?;
    let cause = Cause::Asked {
        event: b"JavaScript API",
        trigger,
    };
    let heap = stack::heap(isolate);
    let mut desk = state.desk.try_borrow_mut().ok()?;
    let Desk {
        buffer,
        stack,
        path,
        ..
    } = &mut *desk;
    stack.clear();
    path.clear();
    let account = state.account(&Found {
        cause,
        heap: Some(&heap),
        stack,
        began: clock::monotonic_ns(),
    });
    let memory = file::create_in_memory().ok()?;
    let buffer = buffer.as_mut_slice();
    report::write_to(
        memory.as_fd(),
        path,
        buffer,
        true,
        &account,
        &state.program(),
    )
    .ok()?;
    let mut memory = File::from(memory);
    memory.rewind().ok()?;
    let mut text = String::new();
    memory.read_to_string(&mut text).ok()?;
    Some(text)
}

/// Writes a report because of an error that nobody caught, where the options ask for that.
pub fn report_uncaught(scope: &mut v8::PinScope<'_, '_>, error: v8::Local<'_, v8::Value>) {
    let Some(state) = current() else {
        return;
    };
    if !state.report.borrow().on_uncaught_exception {
        return;
    }
    let cause = Cause::Asked {
        event: b"Exception",
        trigger: "Exception",
    };
    if let Ok(mut desk) = state.desk.try_borrow_mut() {
        stack::of_error(scope, error, &mut desk.stack);
    }
    state.write_requested(scope, cause);
}

impl State {
    /// Writes a report because a signal asks for it.
    pub fn report_for_signal(&self, isolate: &mut v8::Isolate, name: &str) {
        let cause = Cause::Asked {
            event: name.as_bytes(),
            trigger: "Signal",
        };
        if let Ok(mut desk) = self.desk.try_borrow_mut() {
            let Desk { printer, stack, .. } = &mut *desk;
            stack::current(isolate, printer, stack);
        }
        self.write_requested(isolate, cause);
    }

    /// Writes a report with the stack that is on the desk, and tells in Node's words.
    fn write_requested(&self, isolate: &mut v8::Isolate, cause: Cause<'_>) {
        let heap = stack::heap(isolate);
        let Ok(mut desk) = self.desk.try_borrow_mut() else {
            return;
        };
        let Desk {
            buffer,
            stack,
            path,
            ..
        } = &mut *desk;
        let account = self.account(&Found {
            cause,
            heap: Some(&heap),
            stack,
            began: clock::monotonic_ns(),
        });
        let written = self.write_report(buffer.as_mut_slice(), path, &account, &self.program());
        let path = Lossy(path.as_bytes());
        match written {
            Ok(()) => say!("\nWriting Node.js report to file: {path}\nNode.js report completed\n"),
            Err(errno) => say!("oomhost: no report: {errno}, open '{path}'\n"),
        }
    }
}
