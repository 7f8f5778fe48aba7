//! The `oomhost` program; everything is in the library.

use std::process::ExitCode;

use oomhost::V8;

// What we change in V8. It is linked to the program, not to the library: the linker meets it here
// before the stock V8 in the `v8` crate, so that it never takes the stock objects of the same files
// (`third_party/v8/README.md`), and what links the library alone has stock V8, to compare with.
#[cfg(v8_patches)]
#[expect(unsafe_code, reason = "nothing is declared, only linked")]
#[link(
    name = "v8_patches",
    kind = "static",
    modifiers = "+whole-archive,-bundle"
)]
unsafe extern "C" {}

fn main() -> ExitCode {
    oomhost::run(if cfg!(v8_patches) {
        V8::Patched
    } else {
        V8::Stock
    })
}
