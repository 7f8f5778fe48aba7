//! From a specifier to a file, by Node's rules. `oxc_resolver` walks packages; what it leaves open
//! (which extensions, which package scope a file is in) is here.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use oxc_resolver::{ResolveContext, ResolveError, ResolveOptions, Resolver};
use rustc_hash::FxHashMap;
use serde_json::Value;

/// Who asks: `require` tries extensions and folders, `import` takes the path as it stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    Require,
    Import,
}

/// Why there is no file, in the terms of Node's errors.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    NotFound,
    /// The file that a package's "exports" or "imports" names.
    TargetNotFound(PathBuf),
    /// The package's "exports" has no such subpath.
    NotExported {
        package: PathBuf,
        subpath: String,
    },
    /// The package's "imports" has no such key.
    ImportNotDefined {
        package: PathBuf,
    },
    InvalidTarget {
        package: PathBuf,
        key: String,
        target: String,
    },
    InvalidConfig {
        package_json: PathBuf,
        message: String,
    },
    InvalidSpecifier {
        reason: &'static str,
    },
    /// An "imports" target that names a built-in module.
    Builtin(String),
}

/// The nearest `package.json` above a file.
#[derive(Debug, Default)]
pub struct Scope {
    /// The `package.json`, where there is one.
    pub package_json: Option<PathBuf>,
    /// Its "type", where that is `module` or `commonjs`.
    pub package_type: Option<&'static str>,
    /// Whether it has "exports".
    pub has_exports: bool,
    /// Its main file and its name, where that is one of [`STAND_INS`].
    pub stand_in: Option<(PathBuf, &'static str)>,
}

/// Packages whose native add-ons cannot load here, and which are built in instead.
const STAND_INS: &[&str] = &["node-oom-heapdump", "heapdump", "v8-profiler-next"];

/// Who asks, the extensions that are tried, the one folder that is searched if not all.
type Use = (Kind, String, Option<PathBuf>);

/// The resolvers of one isolate. They share one cache of the file system.
#[derive(Default)]
pub struct Resolvers {
    by_use: RefCell<FxHashMap<Use, Rc<Resolver>>>,
    scopes: RefCell<FxHashMap<PathBuf, Rc<Scope>>>,
}

impl Resolvers {
    /// The real path of the file that `specifier` means in a module in `directory` (absolute).
    ///
    /// `extensions` are those that `require` tries, in order, joined by commas. With `lookup` a bare
    /// specifier is looked for in that folder alone instead of every `node_modules` above.
    ///
    /// # Errors
    /// [`Failure`] says why there is none.
    pub fn resolve(
        &self,
        kind: Kind,
        conditions: &[String],
        extensions: &str,
        lookup: Option<&Path>,
        directory: &Path,
        specifier: &str,
    ) -> Result<PathBuf, Failure> {
        let resolver = self.resolver(kind, conditions, extensions, lookup);
        // `?` and `#` are part of a path here; the resolver would take them for a query.
        if specifier.contains(['?', '#', '\0']) && !specifier.starts_with('#') {
            return literal(&resolver, directory, specifier);
        }
        match resolver.resolve(directory, specifier) {
            Ok(resolution) => Ok(resolution.into_path_buf()),
            Err(error) => match failure(error) {
                Failure::NotFound => Err(self
                    .missing_target(&resolver, directory, specifier)
                    .map_or(Failure::NotFound, Failure::TargetNotFound)),
                other => Err(other),
            },
        }
    }

    /// What is not there though the package's configuration names it. Looks again, so only where
    /// nothing was found.
    fn missing_target(
        &self,
        resolver: &Resolver,
        directory: &Path,
        specifier: &str,
    ) -> Option<PathBuf> {
        if specifier.starts_with(['.', '/']) {
            return None;
        }
        let mut seen = ResolveContext::default();
        let _ = resolver.resolve_with_context(directory, specifier, None, &mut seen);
        let mut candidates: Vec<PathBuf> = seen
            .missing_dependencies
            .into_iter()
            .filter(|path| !path.ends_with("package.json") && self.is_named(path, specifier))
            .collect();
        candidates.sort_by_key(|path| path.as_os_str().len());
        candidates.into_iter().next()
    }

    /// Whether `path` lies in the package that `specifier` names, or for `#specifier` asks, and
    /// that package says by itself what its files are.
    fn is_named(&self, path: &Path, specifier: &str) -> bool {
        let scope = self.scope(path);
        let Some(package_json) = &scope.package_json else {
            return false;
        };
        if specifier.starts_with('#') {
            return !path
                .components()
                .any(|part| part.as_os_str() == "node_modules");
        }
        let depth = if specifier.starts_with('@') { 2 } else { 1 };
        let name: PathBuf = specifier.split('/').take(depth).collect();
        let folder = package_json.parent().unwrap_or(package_json);
        scope.has_exports && folder.ends_with(Path::new("node_modules").join(name))
    }

    /// Forgets what the file system looked like.
    pub fn forget(&self) {
        if let Some(resolver) = self.by_use.borrow().values().next() {
            resolver.clear_cache();
        }
        self.scopes.borrow_mut().clear();
    }

    fn resolver(
        &self,
        kind: Kind,
        conditions: &[String],
        extensions: &str,
        lookup: Option<&Path>,
    ) -> Rc<Resolver> {
        let key = (kind, extensions.to_owned(), lookup.map(Path::to_owned));
        let mut resolvers = self.by_use.borrow_mut();
        if let Some(resolver) = resolvers.get(&key) {
            return resolver.clone();
        }
        let options = options(kind, conditions, extensions, lookup);
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
        has_exports: config
            .get("exports")
            .is_some_and(|exports| !exports.is_null()),
    })
}

fn options(
    kind: Kind,
    conditions: &[String],
    extensions: &str,
    lookup: Option<&Path>,
) -> ResolveOptions {
    let by_kind = match kind {
        Kind::Require => "require",
        Kind::Import => "import",
    };
    let condition_names = ["node", by_kind, "module-sync", "node-addons"]
        .into_iter()
        .map(str::to_owned)
        .chain(conditions.iter().cloned())
        .collect();
    let extensions = match kind {
        Kind::Require => extensions.split(',').map(str::to_owned).collect(),
        // Only for a package's "main" without "exports", where Node tries these.
        Kind::Import => [".js", ".json", ".node"].map(str::to_owned).to_vec(),
    };
    let modules = lookup.map_or_else(
        || vec!["node_modules".to_owned()],
        |folder| vec![folder.to_string_lossy().into_owned()],
    );
    ResolveOptions {
        condition_names,
        extensions,
        modules,
        fully_specified: kind == Kind::Import,
        builtin_modules: true,
        ..ResolveOptions::default()
    }
}

/// A path that has `?` or `#` in a name.
fn literal(resolver: &Resolver, directory: &Path, specifier: &str) -> Result<PathBuf, Failure> {
    if !specifier.starts_with(['/', '.']) {
        return Err(Failure::NotFound);
    }
    let path = directory.join(specifier);
    let none = [String::new()];
    let extensions = if resolver.options().fully_specified {
        &none[..]
    } else {
        &resolver.options().extensions[..]
    };
    std::iter::once("")
        .chain(extensions.iter().map(String::as_str))
        .map(|extension| {
            let mut name = path.as_os_str().to_owned();
            name.push(extension);
            PathBuf::from(name)
        })
        .find(|path| path.is_file())
        .and_then(|path| path.canonicalize().ok())
        .ok_or(Failure::NotFound)
}

fn failure(error: ResolveError) -> Failure {
    match error {
        ResolveError::PackagePathNotExported {
            subpath,
            package_path,
            ..
        } => Failure::NotExported {
            package: package_path,
            subpath,
        },
        ResolveError::PackageImportNotDefined(_, package_json) => Failure::ImportNotDefined {
            package: folder_of(&package_json),
        },
        ResolveError::InvalidPackageTarget(target, key, package_json) => Failure::InvalidTarget {
            package: folder_of(&package_json),
            key,
            target,
        },
        ResolveError::Json(error) => Failure::InvalidConfig {
            package_json: error.path,
            message: error.message,
        },
        ResolveError::InvalidPackageConfig(path)
        | ResolveError::InvalidPackageConfigDefault(path)
        | ResolveError::InvalidPackageConfigDirectory(path) => Failure::InvalidConfig {
            package_json: path,
            message: "\"exports\" cannot contain some keys starting with '.' and some not. The \
                      exports object must either be an object of package subpath keys or an object \
                      of main entry condition name keys only."
                .to_owned(),
        },
        ResolveError::InvalidModuleSpecifier(..) => Failure::InvalidSpecifier {
            reason: "is not a valid internal imports specifier name",
        },
        ResolveError::Builtin { resolved, .. } => Failure::Builtin(resolved),
        _ => Failure::NotFound,
    }
}

fn folder_of(path: &Path) -> PathBuf {
    if path.ends_with("package.json") {
        path.parent().map_or_else(PathBuf::new, Path::to_owned)
    } else {
        path.to_owned()
    }
}
