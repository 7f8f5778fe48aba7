//! The variables of a live function.
//!
//! `debug::ScopeIterator` by its symbols, as in `snapshot`.
#![expect(unsafe_code, reason = "V8's C++ API by its symbols")]

use super::snapshot::{Opaque, pointer_to};
use std::ffi::c_void;

unsafe extern "C" {
    /// Returns a `std::unique_ptr`, which V8's C++ library passes as a plain pointer
    /// (`_LIBCPP_ABI_ENABLE_UNIQUE_PTR_TRIVIAL_ABI`).
    #[link_name = "_ZN2v85debug13ScopeIterator17CreateForFunctionEPNS_7IsolateENS_5LocalINS_8FunctionEEE"]
    fn create_for_function(isolate: *mut Opaque, function: *const v8::Function) -> *mut Scopes;
}

/// `v8::debug::ScopeIterator`: its table of virtual functions comes first.
#[repr(C)]
struct Scopes {
    table: *const Functions,
}

/// In the order of declaration in V8's `src/debug/debug-interface.h`.
#[repr(C)]
struct Functions {
    destroy: *const c_void,
    destroy_and_free: unsafe extern "C" fn(*mut Scopes),
    done: unsafe extern "C" fn(*mut Scopes) -> bool,
    advance: unsafe extern "C" fn(*mut Scopes),
    type_of: *const c_void,
    object: *const c_void,
    function_debug_name: *const c_void,
    script_id: *const c_void,
    has_location_info: *const c_void,
    start_location: *const c_void,
    end_location: *const c_void,
    set_variable_value:
        unsafe extern "C" fn(*mut Scopes, *const v8::String, *const v8::Value) -> bool,
}

/// Sets the variable `name` that `function` sees, in the nearest scope that has it, to undefined.
/// Returns whether there is one.
pub fn forget_variable(
    scope: &mut v8::PinScope<'_, '_>,
    function: v8::Local<'_, v8::Function>,
    name: v8::Local<'_, v8::String>,
) -> bool {
    let undefined: v8::Local<v8::Value> = v8::undefined(scope).into();
    let isolate = pointer_to(scope);
    // SAFETY: the isolate is live and on its thread, and the handle outlives the call.
    let scopes = unsafe { create_for_function(isolate, &raw const *function) };
    if scopes.is_null() {
        return false;
    }
    // SAFETY: a live object, whose first word is the address of its table.
    let table = unsafe { &*(*scopes).table };
    let mut is_set = false;
    // SAFETY: the iterator is live and its own function is called on it.
    while !is_set && !unsafe { (table.done)(scopes) } {
        // SAFETY: it is not done; the handles outlive the call.
        is_set =
            unsafe { (table.set_variable_value)(scopes, &raw const *name, &raw const *undefined) };
        // SAFETY: it is not done.
        unsafe { (table.advance)(scopes) };
    }
    // SAFETY: the iterator is ours, and not used again.
    unsafe { (table.destroy_and_free)(scopes) };
    is_set
}
