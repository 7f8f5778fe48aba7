//! `binding.async`: the value that V8 carries from a promise's creation to its reactions.

use super::method;

pub fn fill(scope: &mut v8::PinScope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "getContinuationData", get_continuation_data);
    method(scope, target, "setContinuationData", set_continuation_data);
}

fn get_continuation_data(
    scope: &mut v8::PinScope<'_, '_>,
    _args: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    result.set(scope.get_continuation_preserved_embedder_data());
}

fn set_continuation_data(
    scope: &mut v8::PinScope<'_, '_>,
    args: v8::FunctionCallbackArguments<'_>,
    _result: v8::ReturnValue<'_>,
) {
    scope.set_continuation_preserved_embedder_data(args.get(0));
}
