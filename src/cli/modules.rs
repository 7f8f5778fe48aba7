//! Options of how modules are found and loaded.

use super::error::CliError;
use super::options::Id;

/// What is loaded how, beside `--conditions`, `--import` and `--require`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own, independent of the others"
)]
pub struct ModuleConfig {
    /// `--experimental-loader`, in order.
    pub loaders: Vec<String>,
    /// Whether `require()` takes ECMAScript modules; `--no-experimental-require-module` switches it
    /// off.
    pub require_module: bool,
    /// `--trace-require-module`: of which `require()` of an ECMAScript module a warning tells.
    pub trace_require_module: Option<String>,
    /// `--experimental-print-required-tla`.
    pub print_required_tla: bool,
    /// Whether the syntax of a file decides where nothing else does.
    pub detect_module: bool,
    /// `--preserve-symlinks`: a module is known by the path that it was found under.
    pub preserve_symlinks: bool,
    /// The same for the main script.
    pub preserve_symlinks_main: bool,
    /// `--experimental-import-meta-resolve`: its second argument.
    pub import_meta_resolve: bool,
    /// `--entry-url`: the main script is given as a URL.
    pub entry_url: bool,
    /// Whether packages' "exports" are asked for `node-addons`.
    pub addons: bool,
    /// Whether `NODE_PATH` and the folders in the user's home are searched.
    pub global_search_paths: bool,
}

impl Default for ModuleConfig {
    fn default() -> Self {
        Self {
            loaders: Vec::new(),
            require_module: true,
            trace_require_module: None,
            print_required_tla: false,
            detect_module: true,
            preserve_symlinks: false,
            preserve_symlinks_main: false,
            import_meta_resolve: false,
            entry_url: false,
            addons: true,
            global_search_paths: true,
        }
    }
}

impl ModuleConfig {
    /// The conditions that hold for packages' "exports" and "imports" in any case, with those that
    /// the user gave.
    pub fn conditions(&self, given: Vec<String>) -> Vec<String> {
        let on = |name: &str, on: bool| on.then(|| name.to_owned());
        [
            on("node", true),
            on("module-sync", self.require_module),
            on("node-addons", self.addons),
        ]
        .into_iter()
        .flatten()
        .chain(given)
        .collect()
    }

    /// Takes a switch, if it is one of these.
    pub(super) fn switch(&mut self, id: Id, on: bool) {
        let switch = match id {
            Id::RequireModule => &mut self.require_module,
            Id::PrintRequiredTla => &mut self.print_required_tla,
            Id::DetectModule => &mut self.detect_module,
            Id::PreserveSymlinks => &mut self.preserve_symlinks,
            Id::PreserveSymlinksMain => &mut self.preserve_symlinks_main,
            Id::ImportMetaResolve => &mut self.import_meta_resolve,
            Id::EntryUrl => &mut self.entry_url,
            Id::Addons => &mut self.addons,
            Id::GlobalSearchPaths => &mut self.global_search_paths,
            _ => return,
        };
        *switch = on;
    }

    /// Takes the value of `--trace-require-module`.
    pub(super) fn trace(&mut self, mode: String) -> Result<(), CliError> {
        if mode != "all" && mode != "no-node-modules" {
            return Err(CliError::Invalid(
                "invalid value for --trace-require-module".to_owned(),
            ));
        }
        self.trace_require_module = Some(mode);
        Ok(())
    }
}
