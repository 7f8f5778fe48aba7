//! `oomhost` runs Node-style scripts on V8 and, when memory runs out or when it is asked, leaves a
//! complete, readable account of the heap. `src/README.md` is the map of the rooms.

mod builtins;
mod capture;
mod cli;
mod commands;
mod compression;
mod engine;
mod event_loop;
pub mod heap;
mod inspector;
mod leak_test;
mod modules;
mod profile;
mod report;
mod sys;
mod workers;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use cli::{Command, Surroundings};

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

/// `process.version`: the version of Node whose documentation is our specification.
const NODE_VERSION: &str = "v24.11.0";

pub use capture::{Generator, Stream, WriteSnapshot};

/// Which V8 the program was linked with, which only the program itself knows.
#[derive(Debug, Clone, Copy)]
pub enum V8 {
    /// As the `v8` crate has it. Everything works, but captures take more memory and time.
    Stock,
    /// With the patches and the generator of `third_party/v8`.
    Patched(Generator),
}

/// The whole program: arguments in, exit code out. `v8` is what `--version` says.
#[must_use]
pub fn run(v8: V8) -> ExitCode {
    builtins::process::process_start();
    if let V8::Patched(generator) = v8 {
        capture::install_generator(generator);
    }
    let surroundings = Surroundings {
        node_options: std::env::var("NODE_OPTIONS").ok(),
        no_warnings: std::env::var_os("NODE_NO_WARNINGS").is_some_and(|value| value == "1"),
        stdin_is_terminal: std::io::stdin().is_terminal(),
        memory_bytes: || Some(sys::memory_for_process()),
    };
    let words = std::env::args_os().skip(1);
    match cli::parse(words, &surroundings, &mut engine::EngineFlags) {
        Ok(command) => execute(command, v8).into(),
        Err(error) => {
            // Where stderr is gone nobody is there to be told.
            let program = std::env::args_os().next();
            let program = program.as_deref().map(std::ffi::OsStr::to_string_lossy);
            let program = program.as_deref().unwrap_or("oomhost");
            let _ = writeln!(std::io::stderr(), "{}", error.report(program));
            error.exit_code().into()
        }
    }
}

fn execute(command: Command, v8: V8) -> cli::ExitCode {
    match command {
        Command::Run(config) => commands::run::script(*config),
        Command::Analyze(options) => {
            or_failed(commands::analyze::run(&options).map(|()| cli::ExitCode::SUCCESS))
        }
        Command::Diff(options) => {
            or_failed(commands::diff::run(&options).map(|text| commands::print(&text)))
        }
        Command::Flame(options) => or_failed(flame(&options)),
        Command::Recover(options) => or_failed(
            commands::recover::run(&options.file, &options.output)
                .map(|account| commands::print(&account)),
        ),
        Command::Test(options) => commands::test::run(&options),
        Command::Unpack(options) => or_failed(unpack(&options)),
        Command::Help(text) => commands::print(&text),
        Command::Version => commands::print(&cli::version(
            engine::v8_version(),
            matches!(v8, V8::Patched(_)),
        )),
        Command::V8Options => engine::print_v8_options(),
    }
}

fn flame(options: &cli::FlameOptions) -> anyhow::Result<cli::ExitCode> {
    let existing = existing(options.force);
    commands::flame::run(&options.file, &options.output, options.top, existing)
        .map(|text| commands::print(&text))
}

fn existing(force: bool) -> sys::file::Existing {
    if force {
        sys::file::Existing::Replace
    } else {
        sys::file::Existing::Keep
    }
}

fn unpack(options: &cli::UnpackOptions) -> anyhow::Result<cli::ExitCode> {
    let existing = existing(options.force);
    commands::unpack::run(&options.file, &options.output, existing)
        .map(|text| commands::print(&text))
}

fn or_failed(outcome: anyhow::Result<cli::ExitCode>) -> cli::ExitCode {
    outcome.unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "oomhost: {error:#}");
        cli::ExitCode::UNCAUGHT
    })
}
