//! The texts of the built-in modules, and `binding.builtins`: those of them that are not in the
//! startup blob.

use v8::script_compiler::CompileOptions;

use super::compile::{PARAMETERS, external_reference};
use super::{method, string_arg, string_array};

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

/// Id and text of each, sorted by id; ASCII, as `build.rs` sees to.
static SOURCES: &[(&str, v8::OneByteConst)] = include!(concat!(env!("OUT_DIR"), "/builtins.rs"));

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "compile", compile);
    method(scope, target, "has", has);
    method(scope, target, "ids", ids);
}

/// The texts that the startup blob refers to, in the order in which `build.rs` gave them to V8.
pub fn external_references() -> Vec<v8::ExternalReference> {
    SOURCES
        .iter()
        .map(|(_, text)| external_reference(text))
        .collect()
}

fn find(id: &str) -> Option<usize> {
    SOURCES.binary_search_by(|(known, _)| (*known).cmp(id)).ok()
}

/// `has(id)` → whether there is such a module.
fn has(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    result.set_bool(find(&string_arg(scope, &args, 0)).is_some());
}

/// `ids()` → that of each, sorted.
fn ids(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let ids = SOURCES.iter().map(|(id, _)| id);
    result.set(string_array(scope, ids).into());
}

/// `compile(id)` → the function `(exports, require, module, binding)`, or undefined where there is no
/// such module.
fn compile(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let id = string_arg(scope, &args, 0);
    let Some(at) = find(&id) else { return };
    let (id, text) = &SOURCES[at];
    let options = CompileOptions::NoCompileOptions;
    let function = super::compile::compile(scope, id, text, PARAMETERS, options);
    if let Some(function) = function {
        result.set(function.into());
    }
}
