//! Functions that V8 calls as promises come and settle, for `v8.promiseHooks`.
#![expect(unsafe_code, reason = "V8's C++ API by its symbol")]

use std::ptr;

unsafe extern "C" {
    // The `v8` crate does not bind it. `Local`s are passed as pointers; empty ones are null.
    #[link_name = "_ZN2v87Context15SetPromiseHooksENS_5LocalINS_8FunctionEEES3_S3_S3_"]
    fn set_promise_hooks(
        context: *const v8::Context,
        init: *const v8::Function,
        before: *const v8::Function,
        after: *const v8::Function,
        resolve: *const v8::Function,
    );
}

/// Sets the four hooks of the current context: init, before, after, resolve.
pub fn set(scope: &mut v8::PinScope<'_, '_>, hooks: [Option<v8::Local<'_, v8::Function>>; 4]) {
    let context = scope.get_current_context();
    let [init, before, after, resolve] =
        hooks.map(|hook| hook.map_or(ptr::null(), |hook| ptr::from_ref(&*hook)));
    // SAFETY: handles of open scopes, or null; the symbol is of the pinned crate's header.
    unsafe { set_promise_hooks(ptr::from_ref(&*context), init, before, after, resolve) };
}
