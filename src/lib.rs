//! `oomhost` runs Node-style scripts on V8 and, when memory runs out or when it is asked, leaves a
//! complete, readable account of the heap. `src/README.md` is the map of the rooms.

pub mod builtins;
pub mod commands;
pub mod engine;
pub mod event_loop;
pub mod exit;
pub mod heap;
pub mod modules;
pub mod report;

use std::process::ExitCode;

/// The process's allocator: capture must choose where its memory comes from, so every allocation of
/// the process, V8's own included (`override`), goes through mimalloc.
mod allocator {
    #![expect(unsafe_code, reason = "GlobalAlloc over mimalloc's C functions")]

    use std::alloc::{GlobalAlloc, Layout};

    use libmimalloc_sys as mi;

    pub struct MiMalloc;

    // SAFETY: mimalloc's aligned functions keep GlobalAlloc's contract: blocks of at least the
    // asked size and alignment, or null.
    unsafe impl GlobalAlloc for MiMalloc {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            // SAFETY: alignment is a power of two by Layout's invariant.
            unsafe { mi::mi_malloc_aligned(layout.size(), layout.align()).cast() }
        }

        unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
            // SAFETY: as above.
            unsafe { mi::mi_zalloc_aligned(layout.size(), layout.align()).cast() }
        }

        unsafe fn dealloc(&self, block: *mut u8, _layout: Layout) {
            // SAFETY: the block came from this allocator.
            unsafe { mi::mi_free(block.cast()) }
        }

        unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            // SAFETY: the block came from this allocator with this alignment.
            unsafe { mi::mi_realloc_aligned(block.cast(), size, layout.align()).cast() }
        }
    }
}

#[global_allocator]
static ALLOCATOR: allocator::MiMalloc = allocator::MiMalloc;

/// The whole program: arguments in, exit code out.
#[must_use]
pub fn run() -> ExitCode {
    builtins::process::process_start();
    let mut args = std::env::args().skip(1);
    let Some(script) = args.next() else {
        eprintln!("oomhost: no script");
        return exit::Code::BAD_ARGUMENT.into();
    };
    let options = engine::HostOptions {
        script: Some(script.clone()),
        args: args.collect(),
        ..engine::HostOptions::default()
    };
    let main = serde_json::json!({ "kind": "file", "path": script });
    commands::run::script(options, &main).into()
}
