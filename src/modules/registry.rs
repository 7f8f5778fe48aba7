//! ECMAScript modules as V8 knows them. JavaScript (`js/internal/modules/esm.js`) decides what is
//! loaded and linked and names modules by number; here are the modules behind the numbers.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use super::source::origin;
use crate::engine::{exception, function_of, host, string};

/// A module of the registry.
pub type Id = u32;

/// A specifier with its import attributes as one text, and whether the source alone is wanted: what a
/// module asks for.
type Request = (String, String, bool);

/// What a request is.
pub enum Target {
    Module(Id),
    /// The source object that `import source` gives.
    Source(v8::Global<v8::Object>),
}

struct Record {
    module: v8::Global<v8::Module>,
    links: FxHashMap<Request, Target>,
    synthetic: Option<Synthetic>,
}

/// What makes a module that is no source text.
struct Synthetic {
    names: Vec<String>,
    /// Returns the exports' values; taken when it is called.
    evaluate: Option<v8::Global<v8::Function>>,
}

/// The modules of one isolate. They live as long as it does.
#[derive(Default)]
pub struct Registry {
    records: RefCell<Vec<Record>>,
    /// V8's hash of a module is not unique.
    by_hash: RefCell<FxHashMap<i32, Vec<Id>>>,
}

impl Registry {
    fn add(
        &self,
        scope: &v8::PinScope<'_, '_>,
        module: v8::Local<v8::Module>,
        synthetic: Option<Synthetic>,
    ) -> Id {
        let mut records = self.records.borrow_mut();
        let id = Id::try_from(records.len()).expect("fewer than 4 billion modules");
        records.push(Record {
            module: v8::Global::new(scope, module),
            links: FxHashMap::default(),
            synthetic,
        });
        let hash = module.get_identity_hash().get();
        self.by_hash.borrow_mut().entry(hash).or_default().push(id);
        id
    }

    /// The module with this number.
    pub fn module<'s>(
        &self,
        scope: &v8::PinScope<'s, '_>,
        id: Id,
    ) -> Option<v8::Local<'s, v8::Module>> {
        let records = self.records.borrow();
        Some(v8::Local::new(scope, &records.get(id as usize)?.module))
    }

    fn id_of(&self, scope: &v8::PinScope<'_, '_>, module: v8::Local<v8::Module>) -> Option<Id> {
        let hash = module.get_identity_hash().get();
        let candidates = self.by_hash.borrow().get(&hash)?.clone();
        candidates
            .into_iter()
            .find(|&id| self.module(scope, id) == Some(module))
    }

    /// Says what each of a module's requests is; `targets` are in the order of [`requests`].
    pub fn link(&self, scope: &v8::PinScope<'_, '_>, id: Id, targets: Vec<Target>) {
        let Some(module) = self.module(scope, id) else {
            return;
        };
        let requests = requests(scope, module);
        let links = requests
            .into_iter()
            .map(|request| {
                let wants_source = request.phase == v8::ModuleImportPhase::kSource;
                (
                    request.specifier,
                    request.attributes.join("\0"),
                    wants_source,
                )
            })
            .zip(targets)
            .collect();
        if let Some(record) = self.records.borrow_mut().get_mut(id as usize) {
            record.links = links;
        }
    }

    fn linked(&self, id: Id, request: &Request) -> Option<Id> {
        let records = self.records.borrow();
        match records.get(id as usize)?.links.get(request)? {
            Target::Module(id) => Some(*id),
            Target::Source(_) => None,
        }
    }

    fn linked_source<'s>(
        &self,
        scope: &v8::PinScope<'s, '_>,
        id: Id,
        request: &Request,
    ) -> Option<v8::Local<'s, v8::Object>> {
        let records = self.records.borrow();
        match records.get(id as usize)?.links.get(request)? {
            Target::Source(source) => Some(v8::Local::new(scope, source)),
            Target::Module(_) => None,
        }
    }
}

/// What a module imports.
pub struct ModuleRequest {
    pub specifier: String,
    pub phase: v8::ModuleImportPhase,
    /// Key, value, key, value ...
    pub attributes: Vec<String>,
}

/// The requests of a source text module, each once for each set of attributes.
pub fn requests(scope: &v8::PinScope<'_, '_>, module: v8::Local<v8::Module>) -> Vec<ModuleRequest> {
    let requests = module.get_module_requests();
    (0..requests.length())
        .filter_map(|index| {
            let request: v8::Local<v8::ModuleRequest> =
                requests.get(scope, index)?.try_into().ok()?;
            Some(ModuleRequest {
                specifier: request.get_specifier().to_rust_string_lossy(scope),
                phase: request.get_phase(),
                attributes: attributes(scope, request.get_import_attributes(), 3),
            })
        })
        .collect()
}

/// Keys and values of V8's list of import attributes, whose entries have `width` parts.
pub fn attributes(
    scope: &v8::PinScope<'_, '_>,
    list: v8::Local<v8::FixedArray>,
    width: usize,
) -> Vec<String> {
    (0..list.length())
        .step_by(width)
        .flat_map(|start| [start, start + 1])
        .filter_map(|index| list.get(scope, index))
        .filter_map(|data| v8::Local::<v8::Value>::try_from(data).ok())
        .map(|value| value.to_rust_string_lossy(scope))
        .collect()
}

/// Compiles a source text module; throws the syntax error.
pub fn compile<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    text: v8::Local<'s, v8::String>,
    url: v8::Local<'s, v8::Value>,
) -> Option<Id> {
    let origin = origin(scope, url, true);
    let mut source = v8::script_compiler::Source::new(text, Some(&origin));
    v8::tc_scope!(let scope, scope);
    let Some(module) = v8::script_compiler::compile_module(scope, &mut source) else {
        rethrow_placed(scope);
        return None;
    };
    Some(host(scope).modules.registry.add(scope, module, None))
}

/// Makes a module whose exports are the values that `evaluate()` returns, in the order of `names`.
pub fn create_synthetic(
    scope: &mut v8::PinScope<'_, '_>,
    url: v8::Local<v8::String>,
    names: Vec<String>,
    evaluate: v8::Local<v8::Function>,
) -> Id {
    let export_names: Vec<_> = names.iter().map(|name| string(scope, name)).collect();
    let module = v8::Module::create_synthetic_module(scope, url, &export_names, evaluate_synthetic);
    let evaluate = v8::Global::new(scope, evaluate);
    let registry = &host(scope).modules.registry;
    let evaluate = Some(evaluate);
    registry.add(scope, module, Some(Synthetic { names, evaluate }))
}

fn evaluate_synthetic<'s>(
    context: v8::Local<'s, v8::Context>,
    module: v8::Local<'s, v8::Module>,
) -> Option<v8::Local<'s, v8::Value>> {
    v8::callback_scope!(unsafe scope, context);
    let promise = v8::PromiseResolver::new(scope)?;
    set_exports(scope, module)?;
    let undefined = v8::undefined(scope).into();
    promise.resolve(scope, undefined)?;
    Some(promise.get_promise(scope).into())
}

fn set_exports(scope: &mut v8::PinScope<'_, '_>, module: v8::Local<v8::Module>) -> Option<()> {
    let host = host(scope);
    let id = host.modules.registry.id_of(scope, module)?;
    let evaluate = host.modules.registry.records.borrow_mut()[id as usize]
        .synthetic
        .as_mut()
        .and_then(|synthetic| synthetic.evaluate.take());
    // In a cycle through `require` it is being evaluated already, further up the stack.
    let Some(evaluate) = evaluate else {
        return Some(());
    };
    let evaluate = v8::Local::new(scope, evaluate);
    let receiver = v8::undefined(scope).into();
    let values = evaluate.call(scope, receiver, &[])?.try_into().ok()?;
    update_synthetic(scope, id, values)
}

/// Gives the exports of a synthetic module their values, in the order of its names.
pub fn update_synthetic(
    scope: &mut v8::PinScope<'_, '_>,
    id: Id,
    values: v8::Local<v8::Array>,
) -> Option<()> {
    let registry = &host(scope).modules.registry;
    let module = registry.module(scope, id)?;
    let names = {
        let records = registry.records.borrow();
        records.get(id as usize)?.synthetic.as_ref()?.names.clone()
    };
    for (index, name) in (0..).zip(&names) {
        let value = values.get_index(scope, index)?;
        let name = string(scope, name);
        module.set_synthetic_module_export(scope, name, value)?;
    }
    Some(())
}

/// Instantiates a module whose graph is linked; throws where an import is not exported.
pub fn instantiate(scope: &mut v8::PinScope<'_, '_>, id: Id) {
    let host = host(scope);
    let Some(module) = host.modules.registry.module(scope, id) else {
        return;
    };
    v8::tc_scope!(let scope, scope);
    if module
        .instantiate_module2(scope, resolve_linked, resolve_source)
        .is_none()
    {
        rethrow_placed(scope);
    }
}

fn resolve_linked<'s>(
    context: v8::Local<'s, v8::Context>,
    specifier: v8::Local<'s, v8::String>,
    import_attributes: v8::Local<'s, v8::FixedArray>,
    referrer: v8::Local<'s, v8::Module>,
) -> Option<v8::Local<'s, v8::Module>> {
    v8::callback_scope!(unsafe scope, context);
    let registry = &host(scope).modules.registry;
    let request = (
        specifier.to_rust_string_lossy(scope),
        attributes(scope, import_attributes, 3).join("\0"),
        false,
    );
    let from = registry.id_of(scope, referrer)?;
    registry.module(scope, registry.linked(from, &request)?)
}

fn resolve_source<'s>(
    context: v8::Local<'s, v8::Context>,
    specifier: v8::Local<'s, v8::String>,
    import_attributes: v8::Local<'s, v8::FixedArray>,
    referrer: v8::Local<'s, v8::Module>,
) -> Option<v8::Local<'s, v8::Object>> {
    v8::callback_scope!(unsafe scope, context);
    let registry = &host(scope).modules.registry;
    let request = (
        specifier.to_rust_string_lossy(scope),
        attributes(scope, import_attributes, 3).join("\0"),
        true,
    );
    let from = registry.id_of(scope, referrer)?;
    registry.linked_source(scope, from, &request)
}

/// `file:line`, source line and caret of the top-level awaits that a module still waits for.
pub fn stalled(scope: &mut v8::PinScope<'_, '_>, id: Id) -> Vec<String> {
    let host = host(scope);
    let Some(module) = host.modules.registry.module(scope, id) else {
        return Vec::new();
    };
    module
        .get_stalled_top_level_await_message(scope)
        .into_iter()
        .filter_map(|(_, message)| exception::arrow(scope, message))
        .collect()
}

fn rethrow_placed(scope: &mut v8::PinnedRef<'_, v8::TryCatch<'_, '_, v8::HandleScope<'_>>>) {
    if let (Some(error), Some(message)) = (scope.exception(), scope.message()) {
        scope.reset();
        exception::place_in_stack(scope, error, message);
        scope.throw_exception(error);
    }
    scope.rethrow();
}

/// The function `name` of `internal/modules/esm`.
fn esm_function<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    name: &str,
) -> Option<v8::Local<'s, v8::Function>> {
    let host = host(scope);
    let internals = v8::Local::new(scope, host.internals.get()?);
    let require = function_of(scope, internals, "requireBuiltin")?;
    let id = string(scope, "internal/modules/esm").into();
    let receiver = v8::undefined(scope).into();
    let exports: v8::Local<v8::Object> = require.call(scope, receiver, &[id])?.try_into().ok()?;
    function_of(scope, exports, name)
}

/// The symbol that `builtins/vm` gave to the text which imports.
fn symbol_of<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    host_defined_options: v8::Local<'s, v8::Data>,
) -> Option<v8::Local<'s, v8::Value>> {
    let options: v8::Local<v8::FixedArray> = host_defined_options.try_into().ok()?;
    if options.length() == 0 {
        return None;
    }
    options.get(scope, 0)?.try_into().ok()
}

/// `import()` and `import.source()`: JavaScript's `importDynamically(specifier, referrer, attributes,
/// symbol)` and `importSourceDynamically` do it.
pub fn import_dynamically<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    host_defined_options: v8::Local<'s, v8::Data>,
    resource_name: v8::Local<'s, v8::Value>,
    specifier: v8::Local<'s, v8::String>,
    phase: v8::ModuleImportPhase,
    import_attributes: v8::Local<'s, v8::FixedArray>,
) -> Option<v8::Local<'s, v8::Promise>> {
    let name = if phase == v8::ModuleImportPhase::kSource {
        "importSourceDynamically"
    } else {
        "importDynamically"
    };
    let function = esm_function(scope, name)?;
    let attributes: Vec<v8::Local<v8::Value>> = attributes(scope, import_attributes, 2)
        .iter()
        .map(|text| string(scope, text).into())
        .collect();
    let attributes = v8::Array::new_with_elements(scope, &attributes);
    let receiver: v8::Local<v8::Value> = v8::undefined(scope).into();
    let symbol = symbol_of(scope, host_defined_options).unwrap_or(receiver);
    let promise = function.call(
        scope,
        receiver,
        &[specifier.into(), resource_name, attributes.into(), symbol],
    )?;
    promise.try_into().ok()
}

/// Fills `import.meta`: JavaScript's `initializeMeta(id, meta)`.
pub extern "C" fn initialize_meta(
    context: v8::Local<v8::Context>,
    module: v8::Local<v8::Module>,
    meta: v8::Local<v8::Object>,
) {
    v8::callback_scope!(unsafe scope, context);
    let registry = &host(scope).modules.registry;
    let Some(id) = registry.id_of(scope, module) else {
        return;
    };
    let Some(function) = esm_function(scope, "initializeMeta") else {
        return;
    };
    let id = v8::Integer::new_from_unsigned(scope, id).into();
    let receiver = v8::undefined(scope).into();
    // What it throws stays pending, for the module to see.
    let _ = function.call(scope, receiver, &[id, meta.into()]);
}
