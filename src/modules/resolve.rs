//! From what `require` asks for to a file, by Node's rules. `oxc_resolver` walks packages; what it
//! leaves open (which extensions, which package scope a file is in) is here. Why there is no file,
//! and what `import` asks for, is JavaScript's to say (`js/internal/modules/package_resolve.js`).

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use oxc_resolver::{ResolveOptions, Resolver};
use rustc_hash::FxHashMap;
use serde_json::Value;

/// The nearest `package.json` above a file.
#[derive(Debug, Default)]
pub struct Scope {
    /// The `package.json`, where there is one.
    pub package_json: Option<PathBuf>,
    /// Its "type", where that is `module` or `commonjs`.
    pub package_type: Option<&'static str>,
    /// Its main file and its name, where that is one of [`STAND_INS`].
    pub stand_in: Option<(PathBuf, &'static str)>,
}

/// Packages whose native add-ons cannot load here, and which are built in instead.
const STAND_INS: &[&str] = &["node-oom-heapdump", "heapdump", "v8-profiler-next"];

/// How one search goes.
#[derive(Clone, Copy)]
pub struct Search<'a> {
    /// The conditions for "exports" and "imports".
    pub conditions: &'a [String],
    /// The extensions that are tried, in order, joined by commas.
    pub extensions: &'a str,
    /// The one folder where a bare specifier is looked for, instead of every `node_modules` above.
    pub lookup: Option<&'a Path>,
    /// Whether a file is known by the path that it was found under, not by the real one.
    pub keep_links: bool,
}

/// What makes one search another than the last: extensions, folder, links.
type Use = (String, Option<PathBuf>, bool);

/// The resolvers of one isolate. They share one cache of the file system.
#[derive(Default)]
pub struct Resolvers {
    by_use: RefCell<FxHashMap<Use, Rc<Resolver>>>,
    scopes: RefCell<FxHashMap<PathBuf, Rc<Scope>>>,
}

impl Resolvers {
    /// The path of the file that `specifier` means in a module in `directory` (absolute), if there
    /// is one and its package lets it be found.
    pub fn resolve(
        &self,
        search: Search<'_>,
        directory: &Path,
        specifier: &str,
    ) -> Option<PathBuf> {
        let resolver = self.resolver(search);
        // `?` and `#` are part of a path here; the resolver would take them for a query.
        if specifier.contains(['?', '#', '\0']) && !specifier.starts_with('#') {
            return literal(&resolver, directory, specifier);
        }
        let found = resolver.resolve(directory, specifier).ok()?;
        Some(found.into_path_buf())
    }

    /// Forgets what the file system looked like.
    pub fn forget(&self) {
        if let Some(resolver) = self.by_use.borrow().values().next() {
            resolver.clear_cache();
        }
        self.scopes.borrow_mut().clear();
    }

    fn resolver(&self, search: Search<'_>) -> Rc<Resolver> {
        let key = (
            search.extensions.to_owned(),
            search.lookup.map(Path::to_owned),
            search.keep_links,
        );
        let mut resolvers = self.by_use.borrow_mut();
        if let Some(resolver) = resolvers.get(&key) {
            return resolver.clone();
        }
        let options = options(search);
        let resolver = Rc::new(match resolvers.values().next() {
            Some(other) => other.clone_with_options(options),
            None => Resolver::new(options),
        });
        resolvers.insert(key, resolver.clone());
        resolver
    }

    /// The package scope of the file at `path` (absolute).
    pub fn scope(&self, path: &Path) -> Rc<Scope> {
        let Some(folder) = path.parent() else {
            return Rc::default();
        };
        if let Some(scope) = self.scopes.borrow().get(folder) {
            return scope.clone();
        }
        let scope = if folder.ends_with("node_modules") {
            Rc::default()
        } else {
            match read_scope(folder) {
                Some(scope) => Rc::new(scope),
                None => self.scope(folder),
            }
        };
        self.scopes
            .borrow_mut()
            .insert(folder.to_owned(), scope.clone());
        scope
    }
}

fn read_scope(folder: &Path) -> Option<Scope> {
    let file = folder.join("package.json");
    let text = std::fs::read(&file).ok()?;
    let config: Value = serde_json::from_slice(&text).unwrap_or_default();
    let package_type = match config.get("type").and_then(Value::as_str) {
        Some("module") => Some("module"),
        Some("commonjs") => Some("commonjs"),
        _ => None,
    };
    let name = config.get("name").and_then(Value::as_str);
    let stand_in = STAND_INS.iter().find(|known| name == Some(**known));
    let main = config.get("main").and_then(Value::as_str);
    Some(Scope {
        stand_in: stand_in.map(|known| (folder.join(main.unwrap_or("index.js")), *known)),
        package_json: Some(file),
        package_type,
    })
}

fn options(search: Search<'_>) -> ResolveOptions {
    let condition_names = std::iter::once("require".to_owned())
        .chain(search.conditions.iter().cloned())
        .collect();
    let extensions = search.extensions.split(',').map(str::to_owned).collect();
    let modules = search.lookup.map_or_else(
        || vec!["node_modules".to_owned()],
        |folder| vec![folder.to_string_lossy().into_owned()],
    );
    ResolveOptions {
        condition_names,
        extensions,
        modules,
        builtin_modules: true,
        symlinks: !search.keep_links,
        ..ResolveOptions::default()
    }
}

/// A path that has `?` or `#` in a name: a file, perhaps without its extension, or a folder.
fn literal(resolver: &Resolver, directory: &Path, specifier: &str) -> Option<PathBuf> {
    if !specifier.starts_with(['/', '.']) {
        return None;
    }
    let path = directory.join(specifier);
    let options = resolver.options();
    let file = std::iter::once("")
        .chain(options.extensions.iter().map(String::as_str))
        .map(|extension| {
            let mut name = path.as_os_str().to_owned();
            name.push(extension);
            PathBuf::from(name)
        })
        .find(|path| path.is_file());
    match file {
        Some(file) if options.symlinks => file.canonicalize().ok(),
        None if path.is_dir() => {
            let main = resolver.resolve(&path, "./").ok()?;
            Some(main.into_path_buf())
        }
        file => file,
    }
}
