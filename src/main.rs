//! The `oomhost` program; everything is in the library.

use std::process::ExitCode;

// What we change in V8. It is linked to the program, not to the library: the linker meets it here
// before the stock V8 in the `v8` crate, so that it never takes the stock objects of the same files
// (`third_party/v8/README.md`), and what links the library alone has stock V8, to compare with.
#[cfg(v8_patches)]
#[expect(
    unsafe_code,
    reason = "declares what `third_party/v8/generator/generator.h` does"
)]
mod v8_patches {
    use oomhost::Stream;
    use std::ffi::{c_int, c_void};

    #[link(
        name = "v8_patches",
        kind = "static",
        modifiers = "+whole-archive,-bundle"
    )]
    unsafe extern "C" {
        pub fn oomhost_write_heap_snapshot(
            isolate: *mut c_void,
            lasting_ids: bool,
            stream: *const Stream,
        ) -> c_int;
        pub fn oomhost_write_heap_snapshot_by_v8(
            isolate: *mut c_void,
            lasting_ids: bool,
            stream: *const Stream,
        ) -> c_int;
    }

    pub const GENERATOR: oomhost::Generator = oomhost::Generator {
        write: oomhost_write_heap_snapshot,
        write_by_v8: oomhost_write_heap_snapshot_by_v8,
    };
}

#[cfg(v8_patches)]
const V8: oomhost::V8 = oomhost::V8::Patched(v8_patches::GENERATOR);

#[cfg(not(v8_patches))]
const V8: oomhost::V8 = oomhost::V8::Stock;

fn main() -> ExitCode {
    oomhost::run(V8)
}
