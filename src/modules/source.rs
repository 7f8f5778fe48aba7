//! Compiling a script's source text, and telling `CommonJS` from an ECMAScript module by its syntax.

use crate::engine::exception;

/// The parameters of the function that a `CommonJS` module is.
const WRAPPER_PARAMETERS: [&str; 5] = ["exports", "require", "module", "__filename", "__dirname"];

/// V8's messages for syntax that only a module may have.
const MODULE_ONLY: [&str; 3] = [
    "Cannot use import statement outside a module",
    "Unexpected token 'export'",
    "Cannot use 'import.meta' outside a module",
];

/// V8's messages for what is an error in `CommonJS` but may be right in a module: top-level await,
/// and declarations of the wrapper's own parameters.
const MAYBE_MODULE: [&str; 8] = [
    "await is only valid in async functions and the top level bodies of modules",
    "Unexpected reserved word",
    "missing ) after argument list",
    "Identifier 'exports' has already been declared",
    "Identifier 'require' has already been declared",
    "Identifier 'module' has already been declared",
    "Identifier '__filename' has already been declared",
    "Identifier '__dirname' has already been declared",
];

/// Where a text comes from, as V8 names it in stacks and gives it to `import()`.
pub fn origin<'s>(
    scope: &v8::PinScope<'s, '_>,
    name: v8::Local<'s, v8::Value>,
    is_module: bool,
) -> v8::ScriptOrigin<'s> {
    // Shared cross origin, else clients of the inspector are not shown what was thrown.
    v8::ScriptOrigin::new(
        scope, name, 0, 0, true, 0, None, false, false, is_module, None,
    )
}

/// What a text turned out to be.
pub enum Compiled<'s> {
    /// The function of a `CommonJS` module.
    CommonJs(v8::Local<'s, v8::Function>),
    /// It has the syntax of an ECMAScript module.
    Module,
    /// A syntax error, to be rethrown as it is.
    Error(v8::Local<'s, v8::Value>),
}

/// Whether `text` can only be an ECMAScript module.
pub fn has_module_syntax<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    text: v8::Local<'s, v8::String>,
    name: v8::Local<'s, v8::Value>,
) -> bool {
    matches!(compile_common_js(scope, text, name, true), Compiled::Module)
}

/// Compiles `text` as a `CommonJS` module. Without `detect` the syntax of an ECMAScript module is an
/// error as any other.
pub fn compile_common_js<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    text: v8::Local<'s, v8::String>,
    name: v8::Local<'s, v8::Value>,
    detect: bool,
) -> Compiled<'s> {
    let parameters = WRAPPER_PARAMETERS.map(|name| crate::engine::string(scope, name));
    let origin = origin(scope, name, false);
    let mut source = v8::script_compiler::Source::new(text, Some(&origin));
    v8::tc_scope!(let scope, scope);
    let function = v8::script_compiler::compile_function(
        scope,
        &mut source,
        &parameters,
        &[],
        v8::script_compiler::CompileOptions::NoCompileOptions,
        v8::script_compiler::NoCacheReason::NoReason,
    );
    if let Some(function) = function {
        return Compiled::CommonJs(function);
    }
    let Some(error) = scope.exception() else {
        return Compiled::Error(v8::undefined(scope).into());
    };
    let message = scope.message();
    scope.reset();
    let text_of_error = message
        .map(|message| message.get(scope).to_rust_string_lossy(scope))
        .unwrap_or_default();
    let text_of_error = text_of_error
        .strip_prefix("Uncaught SyntaxError: ")
        .unwrap_or_default();
    let is_module = MODULE_ONLY.contains(&text_of_error)
        || ((MAYBE_MODULE.contains(&text_of_error) || has_await(scope, text))
            && parses_as_module(scope, text, name));
    if detect && is_module {
        return Compiled::Module;
    }
    if let Some(message) = message {
        exception::place_in_stack(scope, error, message);
    }
    Compiled::Error(error)
}

/// Whether there is an `await`, which makes any error of the syntax behind it possible.
fn has_await(scope: &v8::PinScope<'_, '_>, text: v8::Local<v8::String>) -> bool {
    text.to_rust_string_lossy(scope).contains("await")
}

/// Whether `text` is a script that may run in the global scope.
pub fn parses_as_script<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    text: v8::Local<'s, v8::String>,
    name: v8::Local<'s, v8::Value>,
) -> bool {
    let origin = origin(scope, name, false);
    v8::tc_scope!(let scope, scope);
    v8::Script::compile(scope, text, Some(&origin)).is_some()
}

fn parses_as_module<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    text: v8::Local<'s, v8::String>,
    name: v8::Local<'s, v8::Value>,
) -> bool {
    let origin = origin(scope, name, true);
    v8::tc_scope!(let scope, scope);
    let mut source = v8::script_compiler::Source::new(text, Some(&origin));
    v8::script_compiler::compile_module(scope, &mut source).is_some()
}

/// Runs `text` as a script in the global scope; `None` where it threw, which is left to be caught.
pub fn run_script<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    text: v8::Local<'s, v8::String>,
    name: v8::Local<'s, v8::Value>,
) -> Option<v8::Local<'s, v8::Value>> {
    let origin = origin(scope, name, false);
    v8::Script::compile(scope, text, Some(&origin))?.run(scope)
}
