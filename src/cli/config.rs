//! Second stage: the validated configuration of a run. Everything in here can be obeyed.

use std::path::PathBuf;
use std::time::Duration;

use super::Surroundings;
use super::env_file::EnvFiles;
use super::error::CliError;
use super::inspect::{InspectConfig, Wait};
use super::modules::ModuleConfig;
use super::network::Network;
use super::options::Id;
use super::profiles::ProfileConfig;
use super::scan::{Given, Typed};
use super::signals;
use super::{V8FlagVerdict, V8Flags};
use crate::compression::Format;

/// A run of a script, as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own, independent of the others"
)]
pub struct Config {
    /// Where the script is.
    pub script: ScriptSource,
    /// What `process.argv` holds after the executable and, where there is one, the script's path.
    /// For a script on stdin that was asked for by `-`, the `-` is the first of them, as in Node.
    pub args: Vec<String>,
    /// What `process.execArgv` holds: the options of the command line as typed.
    pub exec_argv: Vec<String>,
    /// What `--env-file` and `--env-file-if-exists` add to the environment.
    pub env_files: EnvFiles,
    /// Parse the script only (`--check`).
    pub check: bool,
    /// `--require`, in order, those of `NODE_OPTIONS` first.
    pub requires: Vec<String>,
    /// `--import`, in order, those of `NODE_OPTIONS` first.
    pub imports: Vec<String>,
    /// `--conditions`, in order.
    pub conditions: Vec<String>,
    /// How modules are found and loaded.
    pub modules: ModuleConfig,
    /// What code from `--eval` or stdin is; `None` leaves it to its syntax.
    pub input_type: Option<InputType>,
    /// `--v8-pool-size`: threads for V8's background jobs; 0 lets V8 choose.
    pub pool_size: Option<u32>,
    /// `process.title`, where asked for.
    pub title: Option<String>,
    /// What happens with warnings.
    pub warnings: Warnings,
    /// What a rejection does that nobody handles.
    pub unhandled_rejections: UnhandledRejections,
    /// How names are looked up and their addresses tried.
    pub network: Network,
    /// Show where an uncaught error was thrown (`--trace-uncaught`).
    pub trace_uncaught: bool,
    /// Show who calls `process.exit()` (`--trace-exit`).
    pub trace_exit: bool,
    /// SIGUSR1 does nothing (`--disable-sigusr1`).
    pub ignore_sigusr1: bool,
    /// Map stack traces to the original sources (`--enable-source-maps`).
    pub source_maps: bool,
    /// Let scripts load what is under `internal/`, as Node's own tests do (`--expose-internals`).
    pub expose_internals: bool,
    /// What happens when memory runs out.
    pub capture: CaptureConfig,
    /// The `DevTools` port.
    pub inspect: InspectConfig,
    /// What is written when it is asked for.
    pub on_request: OnRequest,
    /// The CPU profile of the whole run.
    pub cpu_prof: ProfileConfig,
    /// The sampling heap profile of the whole run.
    pub heap_prof: ProfileConfig,
    /// What `oomhost test` wants of the process of a test, as JSON.
    pub leak_test: Option<String>,
}

/// What is written, beside profiles, when it is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own, independent of the others"
)]
pub struct OnRequest {
    /// The signal that asks for a heap snapshot.
    pub snapshot_signal: Option<i32>,
    /// Whether a signal asks for a report.
    pub report_on_signal: bool,
    /// Which one; SIGUSR2 if not given.
    pub report_signal: Option<i32>,
    /// Whether an uncaught error leaves a report.
    pub report_uncaught_exception: bool,
    /// Reports without the environment.
    pub report_exclude_env: bool,
    /// Reports without network interfaces.
    pub report_exclude_network: bool,
    /// Snapshots with allocation stacks.
    pub track_allocations: bool,
    /// A sampling heap profile beside each automatic snapshot.
    pub heap_prof_on_oom: bool,
}

/// Where the script is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptSource {
    /// A file, as typed: relative to the current directory, perhaps without its extension.
    File(String),
    /// The code itself (`--eval`, `--print`).
    Eval {
        /// The code.
        code: String,
        /// Print the completion value.
        print: bool,
    },
    /// Standard input: `-`, or no script while stdin is no terminal.
    Stdin {
        /// Print the completion value.
        print: bool,
    },
}

/// The module format of code that has no file name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputType {
    /// `CommonJS`.
    CommonJs,
    /// An ECMAScript module.
    Module,
    /// `CommonJS` in TypeScript.
    CommonJsTypeScript,
    /// An ECMAScript module in TypeScript.
    ModuleTypeScript,
}

/// Node's modes for rejections that nobody handles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnhandledRejections {
    /// Emit `unhandledRejection`; without a listener raise an uncaught error.
    #[default]
    Throw,
    /// Raise an uncaught error; when that is handled, emit `unhandledRejection`.
    Strict,
    /// Always warn.
    Warn,
    /// Emit `unhandledRejection`; without a listener warn and set the exit code to 1.
    WarnWithErrorCode,
    /// Be silent.
    None,
}

impl UnhandledRejections {
    /// The mode as Node spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Throw => "throw",
            Self::Strict => "strict",
            Self::Warn => "warn",
            Self::WarnWithErrorCode => "warn-with-error-code",
            Self::None => "none",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [
            Self::Throw,
            Self::Strict,
            Self::Warn,
            Self::WarnWithErrorCode,
            Self::None,
        ]
        .into_iter()
        .find(|mode| mode.as_str() == text)
    }
}

/// What `process.emitWarning` does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one of Node's switches, independent of the others"
)]
pub struct Warnings {
    /// Print warnings at all.
    pub enabled: bool,
    /// Print them with their stack.
    pub trace: bool,
    /// Types and codes that are not printed.
    pub disabled: Vec<String>,
    /// Print deprecation warnings.
    pub deprecation: bool,
    /// Print deprecation warnings with their stack.
    pub trace_deprecation: bool,
    /// Throw deprecation warnings.
    pub throw_deprecation: bool,
    /// Warn of what will be deprecated, too.
    pub pending_deprecation: bool,
    /// Where warnings go in place of stderr.
    pub redirect: Option<String>,
}

/// What happens when memory runs out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureConfig {
    /// How often a snapshot is written before the process is let die. `None`: the default, one
    /// snapshot and then abort. `Some(n)`: n snapshots, after each of which the script goes on;
    /// `Some(0)` switches snapshots off.
    pub near_heap_limit: Option<u32>,
    /// Resident memory at which a snapshot is written; `None` is off.
    pub capture_at_rss: Option<AtRss>,
    /// Name of the snapshot; may hold `%p` (process id), `%t` (time), `%n` (sequence) and `%%`,
    /// and nothing else after a `%`.
    pub oom_snapshot: Option<PathBuf>,
    /// Directory of whatever file is not given one of its own.
    pub diagnostic_dir: Option<PathBuf>,
    /// Directory of the scratch file that a capture takes its memory from; `None` is the
    /// snapshot's.
    pub capture_dir: Option<PathBuf>,
    /// How long a capture may take; `None` is for ever.
    pub capture_deadline: Option<Duration>,
    /// Tell what captures decide.
    pub verbose: bool,
    /// How snapshots are compressed.
    pub snapshot_compress: Option<Format>,
    /// Whether a `report.*.json` is written.
    pub report: bool,
    /// Directory of reports; goes before `diagnostic_dir`.
    pub report_directory: Option<PathBuf>,
    /// File name of the report; `stdout` and `stderr` stand for the streams.
    pub report_filename: Option<String>,
    /// The report as one line.
    pub report_compact: bool,
}

/// Resident memory at which a snapshot is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtRss {
    /// RSS of the process, in bytes; not 0.
    Bytes(u64),
    /// Percent of the memory that the process may use, 1 to 100.
    Percent(u8),
}

impl AtRss {
    /// What `--capture-at-rss` means without a value.
    const DEFAULT: Self = Self::Percent(95);

    fn parse(text: &str) -> Result<Self, CliError> {
        let parsed = match text.strip_suffix('%') {
            Some(percent) => percent
                .parse()
                .ok()
                .filter(|percent| (1..=100).contains(percent))
                .map(Self::Percent),
            None => size(text).filter(|&bytes| bytes > 0).map(Self::Bytes),
        };
        parsed.ok_or_else(|| {
            CliError::Invalid(format!(
                "--capture-at-rss must be a size (512mb, 2gb, plain bytes) or a whole \
                 percentage up to 100%. Got: {text}"
            ))
        })
    }
}

/// Bytes of a size: digits, and perhaps a unit of 1024, as V8 counts.
fn size(text: &str) -> Option<u64> {
    let end = text
        .find(|char: char| !char.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let shift = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

impl Config {
    fn new(surroundings: &Surroundings) -> Self {
        Self {
            script: ScriptSource::Stdin { print: false },
            args: Vec::new(),
            exec_argv: Vec::new(),
            env_files: EnvFiles::default(),
            check: false,
            requires: Vec::new(),
            imports: Vec::new(),
            conditions: Vec::new(),
            modules: ModuleConfig::default(),
            input_type: None,
            pool_size: None,
            title: None,
            warnings: Warnings {
                enabled: !surroundings.no_warnings,
                trace: false,
                disabled: Vec::new(),
                deprecation: true,
                trace_deprecation: false,
                throw_deprecation: false,
                pending_deprecation: false,
                redirect: None,
            },
            unhandled_rejections: UnhandledRejections::default(),
            network: Network::default(),
            trace_uncaught: false,
            trace_exit: false,
            ignore_sigusr1: false,
            source_maps: false,
            expose_internals: false,
            on_request: OnRequest::default(),
            cpu_prof: ProfileConfig::default(),
            heap_prof: ProfileConfig::default(),
            leak_test: None,
            capture: CaptureConfig {
                near_heap_limit: None,
                capture_at_rss: None,
                oom_snapshot: None,
                diagnostic_dir: None,
                capture_dir: None,
                capture_deadline: Some(CAPTURE_DEADLINE),
                verbose: false,
                snapshot_compress: None,
                report: true,
                report_directory: None,
                report_filename: None,
                report_compact: false,
            },
            inspect: InspectConfig::default(),
        }
    }
}

/// How long a capture may take unless `--capture-deadline` says otherwise.
const CAPTURE_DEADLINE: Duration = Duration::from_mins(10);

/// What options say about the script, until the positional words are seen too.
#[derive(Default)]
struct Wanted {
    eval: Option<String>,
    print: bool,
    interactive: bool,
    old_space_percentage: Option<f64>,
}

/// Makes the configuration of a run of what `NODE_OPTIONS` and the command line hold.
///
/// # Errors
/// At a value that its option cannot have, and at options that exclude each other.
pub(super) fn validate(
    from_environment: Typed,
    typed: Typed,
    env_files: EnvFiles,
    surroundings: &Surroundings,
    v8: &mut dyn V8Flags,
) -> Result<Config, CliError> {
    let mut config = Config::new(surroundings);
    if env_files.get("NODE_NO_WARNINGS") == Some("1") {
        config.warnings.enabled = false;
    }
    let mut wanted = Wanted::default();
    for (id, given) in from_environment.options.into_iter().chain(typed.options) {
        match given {
            Given::Switch(on) => switch(&mut config, &mut wanted, id, on),
            Given::Text(text) => value(&mut config, &mut wanted, id, text)?,
        }
    }
    config.exec_argv = typed.exec_argv;
    config.env_files = env_files;
    config.cpu_prof.check("cpu-prof")?;
    config.heap_prof.check("heap-prof")?;
    if wanted.interactive {
        return Err(CliError::Invalid(
            "--interactive is not supported: oomhost has no prompt".to_owned(),
        ));
    }
    if let Some(percentage) = wanted.old_space_percentage {
        limit_old_space(percentage, surroundings, v8)?;
    }
    if config.check && (wanted.eval.is_some() || wanted.print) {
        return Err(CliError::Invalid(
            "either --check or --eval can be used, not both".to_owned(),
        ));
    }
    (config.script, config.args) = source(wanted, typed.rest, surroundings)?;
    Ok(config)
}

fn source(
    wanted: Wanted,
    mut rest: Vec<String>,
    surroundings: &Surroundings,
) -> Result<(ScriptSource, Vec<String>), CliError> {
    let print = wanted.print;
    if let Some(code) = wanted.eval {
        return Ok((ScriptSource::Eval { code, print }, rest));
    }
    match rest.first().map(String::as_str) {
        Some("-" | "") => Ok((ScriptSource::Stdin { print }, rest)),
        Some(_) if print => Err(CliError::Invalid(
            "--print needs its code right behind it, and takes no script file".to_owned(),
        )),
        Some(_) => {
            let file = rest.remove(0);
            Ok((ScriptSource::File(file), rest))
        }
        None if surroundings.stdin_is_terminal => Err(CliError::Invalid(
            "no script given, and there is no prompt; see oomhost --help".to_owned(),
        )),
        None => Ok((ScriptSource::Stdin { print }, rest)),
    }
}

fn switch(config: &mut Config, wanted: &mut Wanted, id: Id, on: bool) {
    match id {
        Id::Check => config.check = on,
        Id::Print => wanted.print = on,
        Id::Interactive => wanted.interactive = on,
        Id::ExposeInternals => config.expose_internals = on,
        Id::NetworkFamilyAutoselection => config.network.family_autoselection = on,
        Id::TraceExit => config.trace_exit = on,
        Id::DisableSigusr1 => config.ignore_sigusr1 = on,
        Id::EnableSourceMaps => config.source_maps = on,
        Id::TraceUncaught => config.trace_uncaught = on,
        Id::Warnings => config.warnings.enabled = on,
        Id::TraceWarnings => config.warnings.trace = on,
        Id::Deprecation => config.warnings.deprecation = on,
        Id::TraceDeprecation => config.warnings.trace_deprecation = on,
        Id::ThrowDeprecation => config.warnings.throw_deprecation = on,
        Id::PendingDeprecation => config.warnings.pending_deprecation = on,
        Id::CaptureAtRss => config.capture.capture_at_rss = Some(AtRss::DEFAULT),
        Id::Verbose => config.capture.verbose = on,
        Id::Inspect => config.inspect.open(Wait::No),
        Id::InspectWait => config.inspect.open(Wait::Attach),
        Id::InspectBrk => config.inspect.open(Wait::Break),
        Id::ReportOnSignal => config.on_request.report_on_signal = on,
        Id::ReportUncaughtException => config.on_request.report_uncaught_exception = on,
        Id::ReportExcludeEnv => config.on_request.report_exclude_env = on,
        Id::ReportExcludeNetwork => config.on_request.report_exclude_network = on,
        Id::TrackAllocations => config.on_request.track_allocations = on,
        Id::HeapProfOnOom => config.on_request.heap_prof_on_oom = on,
        Id::CpuProf => config.cpu_prof.enabled = on,
        Id::HeapProf => config.heap_prof.enabled = on,
        Id::ReportOnFatalError => config.capture.report = on,
        Id::ReportCompact => config.capture.report_compact = on,
        // --help and its like are answered before; no-ops do nothing; the rest has values.
        _ => config.modules.switch(id, on),
    }
}

fn value(config: &mut Config, wanted: &mut Wanted, id: Id, text: String) -> Result<(), CliError> {
    match id {
        Id::Eval => wanted.eval = Some(text),
        Id::Print | Id::PrintEval => {
            wanted.print = true;
            wanted.eval = Some(text);
        }
        Id::Require => config.requires.push(text),
        Id::Import => config.imports.push(text),
        Id::Conditions => config.conditions.push(text),
        Id::Loader => config.modules.loaders.push(text),
        Id::TraceRequireModule => config.modules.trace(text)?,
        Id::InputType => config.input_type = Some(input_type(&text)?),
        Id::Title => config.title = Some(text),
        Id::V8PoolSize => {
            config.pool_size = Some(text.parse().map_err(|_| {
                CliError::Invalid(format!(
                    "--v8-pool-size must be a number of threads. Got: {text}"
                ))
            })?);
        }
        Id::LeakTest => config.leak_test = Some(text),
        Id::DisableWarning => config.warnings.disabled.push(text),
        Id::RedirectWarnings => config.warnings.redirect = Some(text),
        Id::UnhandledRejections => {
            config.unhandled_rejections = UnhandledRejections::parse(&text).ok_or_else(|| {
                CliError::Invalid("invalid value for --unhandled-rejections".to_owned())
            })?;
        }
        Id::DnsResultOrder | Id::NetworkFamilyAttemptTimeout => config.network.set(id, text)?,
        Id::NearHeapLimit => config.capture.near_heap_limit = Some(near_heap_limit(&text)?),
        Id::CaptureAtRss => config.capture.capture_at_rss = Some(AtRss::parse(&text)?),
        Id::OomSnapshot => config.capture.oom_snapshot = Some(oom_snapshot(text)?),
        Id::CaptureDeadline => config.capture.capture_deadline = deadline(&text)?,
        Id::CaptureDir => config.capture.capture_dir = Some(text.into()),
        Id::SnapshotCompress => config.capture.snapshot_compress = Some(compression(&text)?),
        Id::DiagnosticDir => config.capture.diagnostic_dir = Some(text.into()),
        Id::ReportDirectory => config.capture.report_directory = Some(text.into()),
        Id::ReportFilename => config.capture.report_filename = Some(text),
        Id::Inspect => inspect(config, Wait::No, "--inspect", &text)?,
        Id::InspectWait => inspect(config, Wait::Attach, "--inspect-wait", &text)?,
        Id::InspectBrk => inspect(config, Wait::Break, "--inspect-brk", &text)?,
        Id::InspectPort => config.inspect.place("--inspect-port", &text)?,
        Id::HeapSnapshotSignal => {
            config.on_request.snapshot_signal =
                Some(signals::number("heapsnapshot-signal", &text)?);
        }
        Id::ReportSignal => {
            config.on_request.report_signal = Some(signals::number("report-signal", &text)?);
        }
        Id::CpuProfDir | Id::CpuProfName | Id::CpuProfInterval => config.cpu_prof.set(id, text),
        Id::HeapProfDir | Id::HeapProfName | Id::HeapProfInterval => {
            config.heap_prof.set(id, text);
        }
        Id::OldSpacePercentage => wanted.old_space_percentage = Some(percentage(&text)?),
        // Switches have no text.
        _ => {}
    }
    Ok(())
}

fn inspect(config: &mut Config, wait: Wait, option: &str, place: &str) -> Result<(), CliError> {
    config.inspect.open(wait);
    config.inspect.place(option, place)
}

fn input_type(text: &str) -> Result<InputType, CliError> {
    match text {
        "commonjs" => Ok(InputType::CommonJs),
        "module" => Ok(InputType::Module),
        "commonjs-typescript" => Ok(InputType::CommonJsTypeScript),
        "module-typescript" => Ok(InputType::ModuleTypeScript),
        _ => Err(CliError::Invalid(
            "--input-type must be \"module\", \"commonjs\", \"module-typescript\" or \
             \"commonjs-typescript\""
                .to_owned(),
        )),
    }
}

fn near_heap_limit(text: &str) -> Result<u32, CliError> {
    if text.starts_with('-') {
        return Err(CliError::Invalid(
            "--heapsnapshot-near-heap-limit must not be negative".to_owned(),
        ));
    }
    text.parse().map_err(|_| {
        CliError::Invalid(format!(
            "--heapsnapshot-near-heap-limit must be a whole number. Got: {text}"
        ))
    })
}

fn compression(text: &str) -> Result<Format, CliError> {
    Format::ALL
        .into_iter()
        .find(|format| format.name() == text)
        .ok_or_else(|| {
            CliError::Invalid(format!(
                "--snapshot-compress must be gzip or zstd. Got: {text}"
            ))
        })
}

/// Checks the placeholders of a snapshot's name.
fn oom_snapshot(text: String) -> Result<PathBuf, CliError> {
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char != '%' {
            continue;
        }
        let letter = chars.next();
        if !matches!(letter, Some('p' | 't' | 'n' | '%')) {
            let unknown = letter.map(String::from).unwrap_or_default();
            return Err(CliError::Invalid(format!(
                "--oom-snapshot knows %p, %t, %n and %%, not %{unknown}"
            )));
        }
    }
    Ok(text.into())
}

/// A time: a whole number of seconds, or of what the letter behind it says.
fn deadline(text: &str) -> Result<Option<Duration>, CliError> {
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) if text.ends_with('m') => (number, 60),
        Some(number) if text.ends_with('h') => (number, 60 * 60),
        Some(number) => (number, 1),
        None => (text, 1),
    };
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    match number.parse::<u64>() {
        Ok(0) => Ok(None),
        Ok(number) if is_number => Ok(Some(Duration::from_secs(number.saturating_mul(unit)))),
        _ => Err(CliError::Invalid(format!(
            "--capture-deadline must be a time such as 600, 90s, 10m or 2h. Got: {text}"
        ))),
    }
}

fn percentage(text: &str) -> Result<f64, CliError> {
    match text.parse::<f64>() {
        Ok(percentage) if percentage > 0.0 && percentage <= 100.0 => Ok(percentage),
        _ => Err(CliError::Invalid(format!(
            "--max-old-space-size-percentage must be greater than 0 and up to 100. Got: {text}"
        ))),
    }
}

/// Tells V8 the limit of the old generation as a share of the memory that the process may use.
fn limit_old_space(
    percentage: f64,
    surroundings: &Surroundings,
    v8: &mut dyn V8Flags,
) -> Result<(), CliError> {
    const MIB: f64 = 1024.0 * 1024.0;
    let Some(memory) = (surroundings.memory_bytes)() else {
        return Err(CliError::Invalid(
            "--max-old-space-size-percentage: the size of the memory cannot be read".to_owned(),
        ));
    };
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "memory is far below 2^53 bytes and the share is positive"
    )]
    let megabytes = (memory as f64 * percentage / 100.0 / MIB) as u64;
    match v8.accept(&format!("--max-old-space-size={megabytes}"), None) {
        V8FlagVerdict::Illegal(text) => Err(CliError::V8(text)),
        _ => Ok(()),
    }
}
