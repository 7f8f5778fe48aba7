//! `CommonJS`, ECMAScript modules, resolution, TypeScript stripping. The loaders themselves are
//! JavaScript, in `js/internal/modules`.

pub mod cjs_exports;
pub mod registry;
pub mod resolve;
pub mod source;
pub mod typescript;

use registry::Registry;
use resolve::Resolvers;

/// What the loaders of one isolate remember.
#[derive(Default)]
pub struct Modules {
    pub registry: Registry,
    pub resolvers: Resolvers,
}

/// Sets the isolate's module callbacks.
pub fn install(isolate: &mut v8::Isolate) {
    isolate.set_host_import_module_with_phase_dynamically_callback(registry::import_dynamically);
    isolate.set_host_initialize_import_meta_object_callback(registry::initialize_meta);
}
