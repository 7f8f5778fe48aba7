//! The texts of the built-in modules, and `binding.builtins`: those of them that are not in the
//! startup blob.

use super::{method, string_arg, string_array};
use crate::engine::string;

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
        .map(|(_, text)| v8::ExternalReference {
            pointer: std::ptr::from_ref(text).cast_mut().cast(),
        })
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
    let name = string(scope, &format!("node:{id}")).into();
    let origin =
        v8::ScriptOrigin::new(scope, name, 0, 0, false, 0, None, false, false, false, None);
    // V8 reads the text where it lies.
    let Some(text) = v8::String::new_from_onebyte_const(scope, &SOURCES[at].1) else {
        return;
    };
    let parameters = ["exports", "require", "module", "binding"].map(|name| string(scope, name));
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
