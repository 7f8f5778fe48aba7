//! `binding.modules`: compiling and reading the script's own modules.

use super::{method, string_arg};
use crate::engine::string;

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "readFile", read_file);
    method(scope, target, "compileFunction", compile_function);
}

/// `readFile(path)` → text, or a negative errno.
fn read_file(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    match std::fs::read(string_arg(scope, &args, 0)) {
        Ok(bytes) => result.set(string(scope, &String::from_utf8_lossy(&bytes)).into()),
        Err(error) => result.set_int32(-error.raw_os_error().unwrap_or(libc::EIO)),
    }
}

/// `compileFunction(text, filename, parameters)` → the function; throws the syntax error.
fn compile_function(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Ok(text) = v8::Local::<v8::String>::try_from(args.get(0)) else {
        return;
    };
    let Ok(names) = v8::Local::<v8::Array>::try_from(args.get(2)) else {
        return;
    };
    let parameters: Vec<v8::Local<v8::String>> = (0..names.length())
        .filter_map(|index| names.get_index(scope, index)?.try_into().ok())
        .collect();
    let origin = v8::ScriptOrigin::new(
        scope,
        args.get(1),
        0,
        0,
        false,
        0,
        None,
        false,
        false,
        false,
        None,
    );
    let function = v8::script_compiler::compile_function(
        scope,
        &mut v8::script_compiler::Source::new(text, Some(&origin)),
        &parameters,
        &[],
        v8::script_compiler::CompileOptions::NoCompileOptions,
        v8::script_compiler::NoCacheReason::NoReason,
    );
    if let Some(function) = function {
        result.set(function.into());
    }
}
