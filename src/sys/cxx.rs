//! What Ada, the URL parser, asks of a C++ runtime beyond what V8's archive has.
//!
//! The headers of libstdc++ report a string that is too long, or a place that is not in it, by one
//! of these functions, which throw. Ada is compiled without exceptions (`.cargo/config.toml`), and
//! a program that comes here has no memory left or a broken Ada: the process ends.
#![expect(
    unsafe_code,
    reason = "functions that are called by name from C++ code"
)]

use std::ffi::c_char;
use std::process::abort;

/// `std::__throw_length_error(char const*)`
// SAFETY: nothing else defines the name: libstdc++ is not linked.
#[unsafe(export_name = "_ZSt20__throw_length_errorPKc")]
extern "C" fn length_error(_: *const c_char) -> ! {
    abort()
}

/// `std::__throw_logic_error(char const*)`
// SAFETY: as `length_error`.
#[unsafe(export_name = "_ZSt19__throw_logic_errorPKc")]
extern "C" fn logic_error(_: *const c_char) -> ! {
    abort()
}

/// `std::__throw_out_of_range_fmt(char const*, ...)`, whose further arguments are the caller's.
// SAFETY: as `length_error`.
#[unsafe(export_name = "_ZSt24__throw_out_of_range_fmtPKcz")]
extern "C" fn out_of_range(_: *const c_char) -> ! {
    abort()
}

/// `std::__throw_bad_array_new_length()`
// SAFETY: as `length_error`.
#[unsafe(export_name = "_ZSt28__throw_bad_array_new_lengthv")]
extern "C" fn bad_array_new_length() -> ! {
    abort()
}

/// `std::ios_base::Init::Init()`: a file that includes `<iostream>` makes the standard streams
/// ready (GCC 12 and older). Ada writes to none.
// SAFETY: as `length_error`; `this` is left alone.
#[unsafe(export_name = "_ZNSt8ios_base4InitC1Ev")]
extern "C" fn init_streams(_: *mut u8) {}

/// `std::ios_base::Init::~Init()`
// SAFETY: as `init_streams`.
#[unsafe(export_name = "_ZNSt8ios_base4InitD1Ev")]
extern "C" fn close_streams(_: *mut u8) {}
