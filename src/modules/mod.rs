//! CommonJS, ECMAScript modules, resolution, TypeScript stripping.

pub mod resolve;
pub mod source;

use resolve::Resolvers;

/// What the loaders of one isolate remember.
#[derive(Default)]
pub struct Modules {
    pub resolvers: Resolvers,
}

/// Sets the isolate's module callbacks.
pub fn install(_isolate: &mut v8::Isolate) {}
