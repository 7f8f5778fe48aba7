//! Evaluates the built-in JavaScript under `js/` once, at build time, and keeps the resulting heap
//! as V8's startup blob, so that a starting process only has to deserialise it.
//!
//! No native function exists here: `binding.<name>` are empty objects that `src/builtins` fills when
//! a process starts. The only external references are the built-ins' texts, which stay in the image
//! of the program and out of the blob.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::{env, fs};

use v8::script_compiler::CompileOptions;

#[path = "src/builtins/compile.rs"]
mod compile;

/// Where what we compiled of V8 lies.
const PREBUILT: &str = "third_party/v8/prebuilt";

/// The blob's context that has the built-ins, as `engine` knows it.
const MAIN_CONTEXT: usize = 0;

fn main() {
    println!("cargo:rerun-if-changed=js");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/builtins/compile.rs");
    println!("cargo:rerun-if-changed={PREBUILT}");
    println!("cargo:rustc-check-cfg=cfg(v8_patches)");
    if env::var("TARGET").is_ok_and(|target| target == "x86_64-unknown-linux-gnu") {
        // A tenth of the start-up of a position-independent binary goes into its 150,000
        // relocations.
        println!("cargo:rustc-link-arg-bins=-no-pie");
        // The patches of V8 are compiled for this target alone; `src/main.rs` links them.
        let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
        let prebuilt = Path::new(&root).join(PREBUILT);
        if prebuilt.join("libv8_patches.a").exists() {
            println!("cargo:rustc-link-search=native={}", prebuilt.display());
            println!("cargo:rustc-cfg=v8_patches");
        }
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let sources = collect(Path::new("js")).leak();
    for id in EAGER {
        assert!(
            sources.iter().any(|builtin| builtin.id == *id),
            "EAGER has {id}, js/ has not"
        );
    }
    fs::write(out.join("startup.blob"), startup_blob(sources)).expect("the blob can be written");
    fs::write(out.join("builtins.rs"), table(sources)).expect("the table can be written");
}

/// Built-ins of which a small program calls most functions, down to the end of the process. The blob
/// has the bytecode of them all; of any other only that of what ran here, and V8 compiles a function
/// when it is first called. All of all built-ins is another 0.85 MB.
const EAGER: &[&str] = &[
    "events",
    "internal/bootstrap",
    "internal/console",
    "internal/modules/builtins",
    "internal/modules/cjs",
    "internal/modules/cjs_start",
    "internal/modules/helpers",
    "internal/modules/resolve",
    "internal/modules/run_main",
    "internal/options",
    "internal/path",
    "internal/process/env",
    "internal/process/identity",
    "internal/process/lifecycle",
    "internal/process/object",
    "internal/process/output_stream",
    "internal/process/promises",
    "internal/process/signals",
    "internal/process/stdio",
    "internal/process/task_queues",
    "internal/process/warning",
    "internal/streams/state",
    "internal/streams/writable",
];

/// One built-in: its id (`fs/promises`, `internal/errors`), whether scripts may load it, its text.
struct Builtin {
    id: String,
    public: bool,
    text: v8::OneByteConst,
}

fn collect(root: &Path) -> Vec<Builtin> {
    let mut builtins = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("js/ can be read") {
            let path = entry.expect("js/ can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "js") {
                let relative = path
                    .strip_prefix(root)
                    .expect("under js/")
                    .with_extension("");
                let relative = relative.to_str().expect("ASCII names");
                let public = relative.strip_prefix("node/");
                let text = fs::read_to_string(&path).expect("a built-in can be read");
                assert!(text.is_ascii(), "{} is not ASCII", path.display());
                // V8 reads it until the build ends.
                let text = v8::String::create_external_onebyte_const(text.leak().as_bytes());
                builtins.push(Builtin {
                    id: public.unwrap_or(relative).to_owned(),
                    public: public.is_some(),
                    text,
                });
            }
        }
    }
    builtins.sort_by(|a, b| a.id.cmp(&b.id));
    builtins
}

/// Every built-in by its id, sorted, as the sources are: what `src/builtins/sources.rs` includes.
fn table(sources: &[Builtin]) -> String {
    let rows: Vec<String> = sources
        .iter()
        .map(|builtin| {
            let (id, text) = (&builtin.id, builtin.text.as_str());
            format!("({id:?}, const {{ v8::String::create_external_onebyte_const({text:?}.as_bytes()) }}),\n")
        })
        .collect();
    format!("&[\n{}]", rows.concat())
}

fn startup_blob(sources: &'static [Builtin]) -> Vec<u8> {
    let platform = v8::new_default_platform(1, false).make_shared();
    v8::V8::initialize_platform(platform);
    v8::V8::initialize();
    // In the order of the table.
    let texts: Vec<_> = sources
        .iter()
        .map(|builtin| compile::external_reference(&builtin.text))
        .collect();
    let mut creator = v8::Isolate::snapshot_creator(Some(Cow::from(texts)), None);
    {
        v8::scope!(let scope, &mut creator);
        let context = v8::Context::new(scope, v8::ContextOptions::default());
        let scope = &mut v8::ContextScope::new(scope, context);
        let functions = v8::Object::new(scope);
        let public_ids = v8::Array::new(scope, 0);
        let mut loader = None;
        for builtin in sources {
            let parameters: &[&str] = if builtin.id == "internal/loader" {
                &["functions", "publicIds"]
            } else {
                compile::PARAMETERS
            };
            let function = compiled(scope, builtin, parameters);
            if builtin.id == "internal/loader" {
                loader = Some(function);
                continue;
            }
            let id = v8::String::new(scope, &builtin.id).expect("a short string");
            functions.set(scope, id.into(), function.into());
            if builtin.public {
                public_ids.set_index(scope, public_ids.length(), id.into());
            }
        }
        let loader = loader.expect("js/internal/loader.js exists");
        v8::tc_scope!(let scope, scope);
        let undefined = v8::undefined(scope).into();
        let internals = loader.call(scope, undefined, &[functions.into(), public_ids.into()]);
        let Some(internals) = internals else {
            fail(&exception_text(scope));
        };
        // The default one, which has nothing of ours, is what `vm.createContext` makes.
        let plain = v8::Context::new(scope, v8::ContextOptions::default());
        scope.set_default_context(plain);
        assert_eq!(scope.add_context(context), MAIN_CONTEXT);
        scope.add_context_data(context, internals);
    }
    creator
        .create_blob(v8::FunctionCodeHandling::Keep)
        .expect("V8 makes a blob")
        .to_vec()
}

fn compiled<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    builtin: &'static Builtin,
    parameters: &[&str],
) -> v8::Local<'s, v8::Function> {
    v8::tc_scope!(let scope, scope);
    let options = if EAGER.contains(&builtin.id.as_str()) {
        CompileOptions::EagerCompile
    } else {
        CompileOptions::NoCompileOptions
    };
    let function = compile::compile(scope, &builtin.id, &builtin.text, parameters, options);
    match function {
        Some(function) => function,
        None => fail(&exception_text(scope)),
    }
}

/// Ends the build. Not a panic: unwinding through V8's snapshot creator aborts and hides the text.
fn fail(text: &str) -> ! {
    eprintln!("{text}");
    std::process::exit(1);
}

fn exception_text(
    scope: &mut v8::PinnedRef<'_, v8::TryCatch<'_, '_, v8::HandleScope<'_>>>,
) -> String {
    let exception = scope
        .exception()
        .map(|value| value.to_rust_string_lossy(scope));
    let place = scope.message().map(|message| {
        let file = message
            .get_script_resource_name(scope)
            .map(|name| name.to_rust_string_lossy(scope))
            .unwrap_or_default();
        format!("{file}:{}", message.get_line_number(scope).unwrap_or(0))
    });
    let stack = scope
        .stack_trace()
        .map(|stack| stack.to_rust_string_lossy(scope));
    format!(
        "built-in JavaScript failed at {}: {}\n{}",
        place.unwrap_or_default(),
        exception.unwrap_or_default(),
        stack.unwrap_or_default()
    )
}
