//! `binding.modules`: what the loaders in `js/internal/modules` need of the system and of V8.

use std::io::Read as _;
use std::path::Path;

use url::Url;

use super::{method, string_arg, string_array};
use crate::engine::{host, string};
use crate::modules::resolve::Search;
use crate::modules::source::{self, Compiled};
use crate::modules::typescript;

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "readFile", read_file);
    method(scope, target, "readStdin", read_stdin);
    method(scope, target, "isDirectory", is_directory);
    method(scope, target, "isWasm", is_wasm);
    method(scope, target, "resolve", resolve);
    method(scope, target, "conditions", conditions);
    method(scope, target, "forget", forget);
    method(scope, target, "packageScope", package_scope);
    method(scope, target, "compileCommonJs", compile_common_js);
    method(scope, target, "hasModuleSyntax", has_module_syntax);
    method(scope, target, "parsesAsScript", parses_as_script);
    method(scope, target, "runScript", run_script);
    method(scope, target, "pathToFileUrl", path_to_file_url);
    method(scope, target, "fileUrlToPath", file_url_to_path);
    method(scope, target, "resolveUrl", resolve_url);
    method(scope, target, "fileKind", file_kind);
    method(scope, target, "stripTypes", strip_types);
    super::esm::fill(scope, target);
}

/// `readFile(path)` -> text (invalid UTF-8 replaced), or a negative errno.
fn read_file(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    match std::fs::read(string_arg(scope, &args, 0)) {
        Ok(bytes) => return_text(scope, &bytes, result),
        Err(error) => result.set_int32(errno(&error)),
    }
}

/// `readStdin()` -> all of standard input as text, or a negative errno.
fn read_stdin(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let mut bytes = Vec::new();
    match std::io::stdin().lock().read_to_end(&mut bytes) {
        Ok(_) => return_text(scope, &bytes, result),
        Err(error) => result.set_int32(errno(&error)),
    }
}

fn errno(error: &std::io::Error) -> i32 {
    -error.raw_os_error().unwrap_or(libc::EIO)
}

fn return_text(scope: &mut Scope<'_, '_>, bytes: &[u8], mut result: Ret<'_>) {
    match v8::String::new_from_utf8(scope, bytes, v8::NewStringType::Normal) {
        Some(text) => result.set(text.into()),
        None => result.set_int32(-libc::EFBIG),
    }
}

/// `isDirectory(path)`.
fn is_directory(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    result.set_bool(Path::new(&string_arg(scope, &args, 0)).is_dir());
}

/// `isWasm(path)`: whether a file begins as a `WebAssembly` module does.
fn is_wasm(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let mut magic = [0; 4];
    let is_wasm = std::fs::File::open(string_arg(scope, &args, 0))
        .and_then(|mut file| file.read_exact(&mut magic))
        .is_ok_and(|()| &magic == b"\0asm");
    result.set_bool(is_wasm);
}

/// `resolve(directory, specifier, extensions, lookupFolder, keepLinks)` -> the path of what `require`
/// finds, or undefined.
fn resolve(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let directory = string_arg(scope, &args, 0);
    let specifier = string_arg(scope, &args, 1);
    let extensions = string_arg(scope, &args, 2);
    let lookup = args.get(3).is_string().then(|| string_arg(scope, &args, 3));
    let host = host(scope);
    let search = Search {
        conditions: &host.options.conditions,
        extensions: &extensions,
        lookup: lookup.as_deref().map(Path::new),
        keep_links: args.get(4).is_true(),
    };
    let resolvers = &host.modules.resolvers;
    if let Some(path) = resolvers.resolve(search, Path::new(&directory), &specifier) {
        result.set(string(scope, &path.to_string_lossy()).into());
    }
}

/// `conditions()` -> those that hold for "exports" and "imports" beside `import` or `require`.
fn conditions(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let conditions = string_array(scope, &host(scope).options.conditions);
    result.set(conditions.into());
}

/// `forget()`: the file system may have changed since it was last looked at.
fn forget(scope: &mut Scope<'_, '_>, _args: Args<'_>, _result: Ret<'_>) {
    host(scope).modules.resolvers.forget();
}

/// `packageScope(path)` -> `[type, packageJson, standIn]` of the nearest package.json, each undefined
/// where it does not say or is not there. `standIn` is the built-in module that replaces the file at
/// `path`.
fn package_scope(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = string_arg(scope, &args, 0);
    let package = host(scope).modules.resolvers.scope(Path::new(&path));
    let package_json = package.package_json.as_ref();
    let package_json = package_json.map(|path| path.to_string_lossy());
    let stand_in = package.stand_in.as_ref();
    let stand_in = stand_in.filter(|(main, _)| main == Path::new(&path));
    let stand_in = stand_in.map(|(_, name)| *name);
    let values = [package.package_type, package_json.as_deref(), stand_in].map(|text| match text {
        Some(text) => string(scope, text).into(),
        None => v8::undefined(scope).into(),
    });
    result.set(v8::Array::new_with_elements(scope, &values).into());
}

/// `compileCommonJs(text, filename, detect)` -> the module's function, or with `detect` `undefined`
/// where the text has the syntax of an ECMAScript module; throws the syntax error.
fn compile_common_js<'s>(scope: &mut Scope<'s, '_>, args: Args<'s>, mut result: Ret<'_>) {
    let Ok(text) = v8::Local::<v8::String>::try_from(args.get(0)) else {
        return;
    };
    match source::compile_common_js(scope, text, args.get(1), args.get(2).is_true()) {
        Compiled::CommonJs(function) => result.set(function.into()),
        Compiled::Module => {}
        Compiled::Error(error) => {
            scope.throw_exception(error);
        }
    }
}

/// `hasModuleSyntax(text, filename)`.
fn has_module_syntax<'s>(scope: &mut Scope<'s, '_>, args: Args<'s>, mut result: Ret<'_>) {
    if let Ok(text) = v8::Local::<v8::String>::try_from(args.get(0)) {
        result.set_bool(source::has_module_syntax(scope, text, args.get(1)));
    }
}

/// `parsesAsScript(text, filename)`.
fn parses_as_script<'s>(scope: &mut Scope<'s, '_>, args: Args<'s>, mut result: Ret<'_>) {
    if let Ok(text) = v8::Local::<v8::String>::try_from(args.get(0)) {
        result.set_bool(source::parses_as_script(scope, text, args.get(1)));
    }
}

/// `runScript(text, filename)` -> the completion value; throws what the script throws.
fn run_script<'s>(scope: &mut Scope<'s, '_>, args: Args<'s>, mut result: Ret<'_>) {
    let Ok(text) = v8::Local::<v8::String>::try_from(args.get(0)) else {
        return;
    };
    crate::inspector::before_main(scope);
    if let Some(value) = source::run_script(scope, text, args.get(1)) {
        result.set(value);
    }
}

/// `pathToFileUrl(path)` -> the `file:` URL of an absolute path.
fn path_to_file_url(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let mut escaped = String::from("file://");
    for c in string_arg(scope, &args, 0).chars() {
        // What the URL parser would take for something else, drop, or not escape as Node does.
        match c {
            '%' => escaped.push_str("%25"),
            '\\' => escaped.push_str("%5C"),
            '\n' => escaped.push_str("%0A"),
            '\r' => escaped.push_str("%0D"),
            '\t' => escaped.push_str("%09"),
            '?' => escaped.push_str("%3F"),
            '#' => escaped.push_str("%23"),
            '[' => escaped.push_str("%5B"),
            ']' => escaped.push_str("%5D"),
            '^' => escaped.push_str("%5E"),
            '|' => escaped.push_str("%7C"),
            c => escaped.push(c),
        }
    }
    if let Ok(url) = Url::parse(&escaped) {
        result.set(string(scope, url.as_str()).into());
    }
}

/// `fileUrlToPath(url)` -> the path, or undefined where it is no `file:` URL of a local path.
fn file_url_to_path(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let url = string_arg(scope, &args, 0);
    let path = Url::parse(&url)
        .ok()
        .and_then(|url| url.to_file_path().ok());
    if let Some(path) = path {
        result.set(string(scope, &path.to_string_lossy()).into());
    }
}

/// `resolveUrl(specifier, base)` -> the absolute URL, or undefined where it is none. `base` may be
/// undefined.
fn resolve_url(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let specifier = string_arg(scope, &args, 0);
    let url = if args.get(1).is_undefined() {
        Url::parse(&specifier)
    } else {
        Url::parse(&string_arg(scope, &args, 1)).and_then(|base| base.join(&specifier))
    };
    if let Ok(url) = url {
        result.set(string(scope, url.as_str()).into());
    }
}

/// `fileKind(path)` -> the real path of a file, 1 for a folder, 0 where there is nothing.
fn file_kind(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = string_arg(scope, &args, 0);
    let path = Path::new(&path);
    match path.metadata() {
        Ok(metadata) if metadata.is_dir() => result.set_int32(1),
        Ok(_) => match path.canonicalize() {
            Ok(real) => result.set(string(scope, &real.to_string_lossy()).into()),
            Err(_) => result.set_int32(0),
        },
        Err(_) => result.set_int32(0),
    }
}

/// `stripTypes(text, name)` -> JavaScript, or `[code, message, place]`.
fn strip_types(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let text = string_arg(scope, &args, 0);
    let name = string_arg(scope, &args, 1);
    match typescript::strip(&text, &name) {
        Ok(code) => result.set(string(scope, &code).into()),
        Err(failure) => {
            let words = [failure.code, &failure.message, &failure.place];
            result.set(string_array(scope, words).into());
        }
    }
}
