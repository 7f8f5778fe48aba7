//! `oomhost run`: one script in one isolate, until nothing keeps it alive.

use std::ffi::CStr;
use std::time::Instant;

use serde_json::{Value, json};

use crate::builtins::capture::{on_signal, report_on_signal};
use crate::capture::{self, Request, profile};
use crate::cli::{self, Config, ExitCode, InputType, OnRequest, ProfileConfig, ScriptSource};
use crate::engine::{self, Engine, HostOptions, call, call_only, host};
use crate::event_loop::{Event, signals};
use crate::inspector::{self, Agent};
use crate::sys::last_stand::LastStand;
use crate::sys::{process, signal_names};

/// Said where V8 crashes before it can call anybody.
const NO_START: &CStr = c"oomhost: V8 could not start: it needs a heap of 4 MB \
(--max-old-space-size=4, --max-heap-size=12) and some address space (ulimit -v)\n";

/// Runs the script; the process ends here.
pub fn script(config: Config) -> ExitCode {
    signals::restore_defaults();
    if config.leak_test.is_some() {
        process::die_with_parent();
    }
    let main = main_of(&config);
    let capture = capture_options(&config);
    let debugging = (config.inspect.clone(), script_path(&config));
    let profiles = profile_options(&config);
    let requests = config.on_request.clone();
    let starting = LastStand::begin(NO_START, c"");
    let mut engine = Engine::new(host_options(config));
    drop(starting);
    let code = engine.enter(|scope| {
        let events = host(scope).event_loop.sender();
        // The loop is gone only while the process ends.
        let wake = move || drop(events.send(Event::Capture));
        let _captures = capture::install(scope, capture, 0, wake)
            .inspect_err(|error| eprintln!("oomhost: nothing will be captured: {error}"));
        profile::start(scope, &profiles);
        if profiles.cpu.is_some() || profiles.heap.is_some() {
            complete_profiles_at_signals(scope);
        }
        listen_for_requests(scope, &requests);
        let (inspect, path) = debugging;
        debug(scope, &inspect, path.as_deref());
        start(scope, &main);
        let code = run_loop(scope);
        profile::finish(scope);
        code
    });
    // The heap goes with the process: tearing it down object by object only costs time.
    code.exit()
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
    let options = json!({
        "--unhandled-rejections": config.unhandled_rejections.as_str(),
        "--trace-uncaught": config.trace_uncaught,
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
        "--diagnostic-dir": config.capture.diagnostic_dir,
        "--no-warnings": !warnings.enabled,
        "--trace-warnings": warnings.trace,
        "--disable-warning": warnings.disabled,
        "--no-deprecation": !warnings.deprecation,
        "--trace-deprecation": warnings.trace_deprecation,
        "--throw-deprecation": warnings.throw_deprecation,
        "--leak-test": config.leak_test.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok()),
    });
    let mut args = Vec::new();
    args.extend(script_path(&config));
    args.extend(config.args);
    HostOptions {
        args,
        exec_argv: config.exec_argv,
        title: config.title,
        options,
        conditions: config.conditions,
    }
}

/// `path` made absolute and normal, without asking the file system (as `path.resolve`).
fn absolute(path: &str) -> String {
    std::path::absolute(path).map_or_else(
        |_| path.to_owned(),
        |path| path.to_string_lossy().into_owned(),
    )
}

/// `internal/bootstrap`'s `start(main)`, where `main` says what to run.
fn start(scope: &mut v8::PinScope<'_, '_>, main: &Value) {
    let host = host(scope);
    let internals = host.internals.get().expect("set when the isolate is made");
    let internals = v8::Local::new(scope, internals);
    let bootstrap = engine::object_of(scope, internals, "bootstrap");
    let start = engine::function_of(scope, bootstrap, "start").expect("bootstrap exports start");
    let main = engine::string(scope, &main.to_string());
    host.event_loop.update_now();
    call(scope, start, &[main.into()]);
}

/// Turns the loop until nothing keeps it alive, then `beforeExit` and `exit`, as Node does.
fn run_loop(scope: &mut v8::PinScope<'_, '_>) -> ExitCode {
    let host = host(scope);
    let callbacks = host.callbacks.get().expect("set when the isolate is made");
    loop {
        run_timers(scope);
        while host.event_loop.is_alive(scope) {
            turn(scope);
        }
        let before_exit = v8::Local::new(scope, &callbacks.before_exit);
        call(scope, before_exit, &[]);
        if !host.event_loop.is_alive(scope) {
            break;
        }
    }
    let exit = v8::Local::new(scope, &callbacks.exit);
    let code = call(scope, exit, &[]).and_then(|code| code.int32_value(scope));
    inspector::wait_for_disconnect(scope);
    ExitCode::from_script(code.unwrap_or(0))
}

/// One turn: poll, immediates, timers (libuv's order since 1.45).
fn turn(scope: &mut v8::PinScope<'_, '_>) {
    v8::scope!(let scope, scope);
    let host = host(scope);
    // A CPU profile shows the wait as "(idle)".
    scope.set_idle(true);
    let events = host.event_loop.poll(scope);
    scope.set_idle(false);
    for event in events {
        match event {
            Event::Completed(id, result) => {
                if let Some(finish) = host.event_loop.take_finish(id) {
                    v8::scope!(let scope, scope);
                    host.event_loop.update_now();
                    finish(scope, result);
                    engine::drain(scope);
                }
            }
            Event::DelayedTask(due, task) if due > Instant::now() => {
                host.event_loop.delay(due, task);
            }
            Event::Task(task) | Event::DelayedTask(_, task) => {
                task.run();
                engine::drain(scope);
            }
            Event::Capture => capture::at_safe_point(),
            Event::Inspector => {
                inspector::serve(scope);
                engine::drain(scope);
            }
            Event::Signal(number) => {
                let callbacks = host.callbacks.get().expect("set when the isolate is made");
                let function = v8::Local::new(scope, &callbacks.signal);
                let number = v8::Integer::new(scope, number).into();
                call(scope, function, &[number]);
            }
        }
    }
    host.event_loop.update_now();
    let callbacks = host.callbacks.get().expect("set when the isolate is made");
    let process_immediate = v8::Local::new(scope, &callbacks.process_immediate);
    while call_only(scope, process_immediate, &[]).is_none() {}
    engine::drain(scope);
    run_timers(scope);
}

/// Runs the timers that are due and arms the native timer for the next one.
#[expect(clippy::cast_precision_loss, reason = "milliseconds since the start")]
fn run_timers(scope: &mut v8::PinScope<'_, '_>) {
    let host = host(scope);
    if !host.event_loop.take_due_timer() {
        return;
    }
    v8::scope!(let scope, scope);
    let callbacks = host.callbacks.get().expect("set when the isolate is made");
    let process_timers = v8::Local::new(scope, &callbacks.process_timers);
    let next = loop {
        let now = v8::Number::new(scope, host.event_loop.now() as f64).into();
        if let Some(next) = call_only(scope, process_timers, &[now]) {
            break next.number_value(scope).unwrap_or(0.0);
        }
        // A handled exception: the lists are consistent, run the rest of those due.
    };
    if next != 0.0 {
        let now = host.event_loop.update_now() as f64;
        host.event_loop.set_timer_ref(next > 0.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped"
        )]
        host.event_loop
            .schedule_timer((next.abs() - now).clamp(1.0, 2_147_483_647.0) as u64);
    }
    // Only now: a tick may start a timer that is due earlier.
    engine::drain(scope);
}
