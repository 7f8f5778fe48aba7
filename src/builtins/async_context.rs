//! `binding.async`: the value that V8 carries from a promise's creation to its reactions; and we from
//! what JavaScript asks for to its callback.

use super::method;

/// That value, at one moment.
pub struct AsyncContext(v8::Global<v8::Value>);

impl AsyncContext {
    /// The one of what runs now.
    pub fn current(scope: &v8::PinScope<'_, '_>) -> Self {
        let value = scope.get_continuation_preserved_embedder_data();
        Self(v8::Global::new(scope, value))
    }

    /// Does `work`, which calls back into JavaScript, with this value. Afterwards there is none.
    pub fn run(
        &self,
        scope: &mut v8::PinScope<'_, '_>,
        work: impl FnOnce(&mut v8::PinScope<'_, '_>),
    ) {
        v8::scope!(let scope, scope);
        let value = v8::Local::new(scope, &self.0);
        scope.set_continuation_preserved_embedder_data(value);
        work(scope);
        let none = v8::undefined(scope).into();
        scope.set_continuation_preserved_embedder_data(none);
    }
}

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
