//! How the text of a built-in becomes a function. `build.rs` has this file too.

use v8::script_compiler::{CompileOptions, NoCacheReason, Source};

/// What a built-in is given.
pub const PARAMETERS: &[&str] = &["exports", "require", "module", "binding"];

/// What the startup blob refers to a text by.
pub fn external_reference(text: &'static v8::OneByteConst) -> v8::ExternalReference {
    v8::ExternalReference {
        pointer: std::ptr::from_ref(text).cast_mut().cast(),
    }
}

/// The function with this text as its body, or an exception.
pub fn compile<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    id: &str,
    text: &'static v8::OneByteConst,
    parameters: &[&str],
    options: CompileOptions,
) -> Option<v8::Local<'s, v8::Function>> {
    let name = v8::String::new(scope, &format!("node:{id}"))?.into();
    let origin =
        v8::ScriptOrigin::new(scope, name, 0, 0, false, 0, None, false, false, false, None);
    // V8 reads the text where it lies.
    let text = v8::String::new_from_onebyte_const(scope, text)?;
    let parameters = parameters.iter();
    let parameters: Option<Vec<_>> = parameters
        .map(|name| v8::String::new(scope, name))
        .collect();
    v8::script_compiler::compile_function(
        scope,
        &mut Source::new(text, Some(&origin)),
        &parameters?,
        &[],
        options,
        NoCacheReason::NoReason,
    )
}
