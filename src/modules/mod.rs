//! CommonJS, ECMAScript modules, resolution, TypeScript stripping.

/// What the loaders of one isolate remember.
#[derive(Default)]
pub struct Modules {}

/// Sets the isolate's module callbacks.
pub fn install(_isolate: &mut v8::Isolate) {}
