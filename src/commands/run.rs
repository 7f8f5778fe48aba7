//! `oomhost run`: one script in one isolate, until nothing keeps it alive.

use std::ffi::CStr;

use serde_json::{Value, json};

use crate::builtins::capture::{on_signal, report_on_signal};
use crate::capture::{self, OnFull, Request, profile};
use crate::cli::{
    self, Command, Config, EnvFiles, ExitCode, InputType, OnRequest, ProfileConfig, ScriptSource,
    Surroundings, V8FlagVerdict, V8Flags,
};
use crate::engine::{self, Engine, HostOptions, host, run_loop};
use crate::event_loop::{Event, signals};
use crate::inspector::{self, Agent};
use crate::sys;
use crate::sys::last_stand::LastStand;
use crate::sys::{process, signal_names};
use crate::workers::{self, Launch};

/// Said where V8 crashes before it can call anybody.
const NO_START: &CStr = c"oomhost: V8 could not start: it needs a heap of 4 MB \
(--max-old-space-size=4, --max-heap-size=12) and some address space (ulimit -v)\n";

/// Runs the script; the process ends here.
pub fn script(config: Config) -> ExitCode {
    signals::restore_defaults();
    if config.ignore_sigusr1 {
        // Where the system refuses it does what it did.
        let _ = signals::disable(libc::SIGUSR1);
    }
    take_env_files(&config.env_files);
    if config.leak_test.is_some() {
        process::die_with_parent();
    }
    let debugging = (config.inspect.clone(), script_path(&config));
    let requests = config.on_request.clone();
    if let Some(threads) = config.pool_size {
        engine::set_pool_size(threads);
    }
    let launch = launch_of(config);
    workers::set_settings(workers::Settings {
        inherited: launch.clone(),
        read: launch_of_worker,
    });
    let Launch {
        host: options,
        capture,
        profiles,
        script: main,
    } = launch;
    let starting = LastStand::begin(NO_START, c"");
    let mut engine = Engine::new(options);
    drop(starting);
    let code = engine.enter(|scope| {
        let events = host(scope).event_loop.sender();
        // The loop is gone only while the process ends.
        let wake = move || drop(events.send(Event::Capture));
        let _captures = capture::install(scope, capture, 0, OnFull::EndProcess, wake)
            .inspect_err(|error| eprintln!("oomhost: nothing will be captured: {error}"));
        profile::start(scope, &profiles, 0);
        if profiles.cpu.is_some() || profiles.heap.is_some() {
            complete_profiles_at_signals(scope);
        }
        listen_for_requests(scope, &requests);
        let (inspect, path) = debugging;
        debug(scope, &inspect, path.as_deref());
        let main = engine::string(scope, &main.to_string()).into();
        engine::start(scope, "start", &[main]);
        let code = run_loop::run(scope);
        inspector::wait_for_disconnect(scope);
        profile::finish(scope);
        host(scope).workers.leave();
        ExitCode::from_script(code)
    });
    // The heap goes with the process: tearing it down object by object only costs time.
    code.exit()
}

/// Sets what the files say and the environment does not.
fn take_env_files(files: &EnvFiles) {
    for path in &files.missing {
        eprintln!("{path} not found. Continuing without it.");
    }
    // The last value of a name is the one that counts.
    for (name, value) in files.variables.iter().rev() {
        process::add_variable(name, value);
    }
}

fn launch_of(config: Config) -> Launch {
    Launch {
        capture: capture_options(&config),
        profiles: profile_options(&config),
        script: main_of(&config),
        host: host_options(config),
    }
}

/// What `execArgv` of a worker, and the `NODE_OPTIONS` of an environment of its own, say; else the
/// words that no worker takes: those that are no option, or one of the whole process.
fn launch_of_worker(words: &[String], node_options: Option<&str>) -> Result<Launch, Vec<String>> {
    let parse = |words: &[String], node_options: Option<&str>| {
        let surroundings = Surroundings {
            node_options: node_options.map(str::to_owned),
            no_warnings: std::env::var_os("NODE_NO_WARNINGS").is_some_and(|value| value == "1"),
            stdin_is_terminal: false,
            memory_bytes: || Some(sys::memory_for_process()),
        };
        let words = words.iter().map(String::as_str).chain(["worker.js"]);
        match cli::parse(words.map(Into::into), &surroundings, &mut NoFlags) {
            Ok(Command::Run(config)) if config.title.is_none() => Some(*config),
            _ => None,
        }
    };
    if let Some(config) = parse(words, node_options) {
        return Ok(launch_of(config));
    }
    let refused: Vec<String> = words
        .iter()
        .filter(|word| parse(std::slice::from_ref(*word), None).is_none())
        .cloned()
        .collect();
    Err(match node_options {
        Some(text) if refused.is_empty() => vec![text.to_owned()],
        _ if refused.is_empty() => words.to_vec(),
        _ => refused,
    })
}

/// Flags of V8 are the process's.
struct NoFlags;

impl V8Flags for NoFlags {
    fn accept(&mut self, _flag: &str, _next: Option<&str>) -> V8FlagVerdict {
        V8FlagVerdict::Unknown
    }
}

/// Opens the `DevTools` port, if that was asked for, and waits as was asked for.
fn debug(scope: &mut v8::PinScope<'_, '_>, config: &cli::InspectConfig, script: Option<&str>) {
    let Some(wait) = config.wait else {
        return;
    };
    let agent = Agent::of(scope);
    if agent.open(&config.host, config.port, script) && wait != cli::InspectWait::No {
        agent.wait_for_debugger();
    }
}

/// The script's file, as an absolute path.
fn script_path(config: &Config) -> Option<String> {
    match &config.script {
        ScriptSource::File(path) => Some(absolute(path)),
        _ => None,
    }
}

/// The user's choices about captures.
fn capture_options(config: &Config) -> capture::Options {
    let requests = &config.on_request;
    let config = config.capture.clone();
    capture::Options {
        near_heap_limit: config.near_heap_limit,
        capture_at_rss: config.capture_at_rss.map(|at| match at {
            cli::AtRss::Bytes(bytes) => capture::AtRss::Bytes(bytes),
            cli::AtRss::Percent(percent) => capture::AtRss::Percent(percent),
        }),
        oom_snapshot: config.oom_snapshot,
        diagnostic_dir: config.diagnostic_dir,
        capture_dir: config.capture_dir,
        capture_deadline: config.capture_deadline,
        verbose: config.verbose,
        snapshot_compress: config.snapshot_compress,
        report: capture::ReportOptions {
            on_fatal_error: config.report,
            on_uncaught_exception: requests.report_uncaught_exception,
            directory: config.report_directory,
            filename: config.report_filename,
            compact: config.report_compact,
            exclude_env: requests.report_exclude_env,
        },
        heap_profile: requests.heap_prof_on_oom,
    }
}

/// The profiles of the whole run.
fn profile_options(config: &Config) -> profile::Options {
    let wanted = |profile: &ProfileConfig, interval| {
        profile.enabled.then(|| profile::Wanted {
            directory: profile
                .directory
                .clone()
                .or_else(|| config.capture.diagnostic_dir.clone()),
            name: profile.name.clone(),
            interval: profile.interval.unwrap_or(interval),
        })
    };
    profile::Options {
        heap_at_oom: config.on_request.heap_prof_on_oom,
        cpu: wanted(&config.cpu_prof, profile::CPU_INTERVAL),
        heap: wanted(&config.heap_prof, profile::HEAP_INTERVAL),
    }
}

/// SIGINT and SIGTERM end the process with its profiles written, as in Node, unless the script
/// listens to them.
fn complete_profiles_at_signals(scope: &mut v8::PinScope<'_, '_>) {
    for number in [libc::SIGINT, libc::SIGTERM] {
        on_signal(scope, number, move |listened| {
            (!listened).then_some(Request::EndBy(number))
        });
    }
}

/// `--heapsnapshot-signal`, `--report-on-signal`, `--track-allocations`.
fn listen_for_requests(scope: &mut v8::PinScope<'_, '_>, requests: &OnRequest) {
    if requests.track_allocations {
        profile::start_tracking(scope, true);
    }
    if let Some(number) = requests.snapshot_signal {
        on_signal(scope, number, |_| Some(Request::Snapshot));
    }
    if requests.report_on_signal {
        report_on_signal(scope, requests.report_signal.unwrap_or(libc::SIGUSR2));
    }
}

/// What `internal/modules/run_main` is told to run.
fn main_of(config: &Config) -> Value {
    let mut main = match &config.script {
        ScriptSource::File(path) => json!({ "kind": "file", "path": path }),
        ScriptSource::Eval { code, print } => {
            json!({ "kind": "eval", "code": code, "print": print })
        }
        ScriptSource::Stdin { print } => json!({ "kind": "stdin", "print": print }),
    };
    main["check"] = json!(config.check);
    main["requires"] = json!(config.requires);
    main["imports"] = json!(config.imports);
    main["inputType"] = json!(config.input_type.map(|input_type| match input_type {
        InputType::CommonJs => "commonjs",
        InputType::Module => "module",
        InputType::CommonJsTypeScript => "commonjs-typescript",
        InputType::ModuleTypeScript => "module-typescript",
    }));
    main
}

fn host_options(config: Config) -> HostOptions {
    let warnings = &config.warnings;
    let mut options = json!({
        "--unhandled-rejections": config.unhandled_rejections.as_str(),
        "--dns-result-order": config.network.dns_result_order,
        "--network-family-autoselection": config.network.family_autoselection,
        "--network-family-autoselection-attempt-timeout": config.network.attempt_timeout,
        "--trace-uncaught": config.trace_uncaught,
        "--trace-exit": config.trace_exit,
        "--enable-source-maps": config.source_maps,
        "--expose-internals": config.expose_internals,
        "--experimental-loader": config.modules.loaders,
        "--experimental-require-module": config.modules.require_module,
        "--trace-require-module": config.modules.trace_require_module,
        "--experimental-print-required-tla": config.modules.print_required_tla,
        "--experimental-detect-module": config.modules.detect_module,
        "--preserve-symlinks": config.modules.preserve_symlinks,
        "--preserve-symlinks-main": config.modules.preserve_symlinks_main,
        "--experimental-import-meta-resolve": config.modules.import_meta_resolve,
        "--entry-url": config.modules.entry_url,
        "--addons": config.modules.addons,
        "--global-search-paths": config.modules.global_search_paths,
        "--inspect-brk": config.inspect.wait == Some(cli::InspectWait::Break),
        "--inspect-port": { "host": config.inspect.host, "port": config.inspect.port },
        "--heapsnapshot-near-heap-limit": config.capture.near_heap_limit,
        "--report-on-fatalerror": config.capture.report,
        "--report-directory": config.capture.report_directory,
        "--report-filename": config.capture.report_filename,
        "--report-compact": config.capture.report_compact,
        "--report-on-signal": config.on_request.report_on_signal,
        "--report-signal": config.on_request.report_signal.and_then(signal_names::name),
        "--report-uncaught-exception": config.on_request.report_uncaught_exception,
        "--report-exclude-env": config.on_request.report_exclude_env,
        "--report-exclude-network": config.on_request.report_exclude_network,
        "--heapsnapshot-signal": config.on_request.snapshot_signal.and_then(signal_names::name),
        "--diagnostic-dir": config.capture.diagnostic_dir,
        "--leak-test": config.leak_test.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok()),
    });
    let of_warnings = [
        ("--no-warnings", json!(!warnings.enabled)),
        ("--trace-warnings", json!(warnings.trace)),
        ("--disable-warning", json!(warnings.disabled)),
        ("--no-deprecation", json!(!warnings.deprecation)),
        ("--trace-deprecation", json!(warnings.trace_deprecation)),
        ("--throw-deprecation", json!(warnings.throw_deprecation)),
        ("--pending-deprecation", json!(warnings.pending_deprecation)),
        ("--redirect-warnings", json!(warnings.redirect)),
    ];
    for (name, value) in of_warnings {
        options[name] = value;
    }
    let mut args = Vec::new();
    args.extend(script_path(&config));
    args.extend(config.args);
    HostOptions {
        args,
        exec_argv: config.exec_argv,
        title: config.title,
        options,
        conditions: config.modules.conditions(config.conditions),
    }
}

/// `path` made absolute and normal, without asking the file system (as `path.resolve`).
fn absolute(path: &str) -> String {
    std::path::absolute(path).map_or_else(
        |_| path.to_owned(),
        |path| path.to_string_lossy().into_owned(),
    )
}
