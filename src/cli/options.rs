//! What an option is, and how a typed name finds one in the [`super::table`].

use super::foreign::{UNSUPPORTED, V8_IN_NODE_OPTIONS, V8_SHOWN};
use super::table::{OPTIONS, PRINT_EVAL};

/// What an option means to [`super::config`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Id {
    Addons,
    CaptureAtRss,
    CaptureDeadline,
    CaptureDir,
    Check,
    Conditions,
    CpuProf,
    CpuProfDir,
    CpuProfInterval,
    CpuProfName,
    Deprecation,
    DetectModule,
    DiagnosticDir,
    DisableSigusr1,
    DisableWarning,
    DnsResultOrder,
    EnableSourceMaps,
    EntryUrl,
    EnvFile,
    EnvFileIfExists,
    Eval,
    ExposeInternals,
    GlobalSearchPaths,
    HeapProf,
    HeapProfDir,
    HeapProfInterval,
    HeapProfName,
    HeapProfOnOom,
    HeapSnapshotSignal,
    Help,
    Import,
    ImportMetaResolve,
    InputType,
    Inspect,
    InspectBrk,
    InspectPort,
    InspectWait,
    Interactive,
    LeakTest,
    Loader,
    NearHeapLimit,
    NetworkFamilyAttemptTimeout,
    NetworkFamilyAutoselection,
    NoOp,
    OldSpacePercentage,
    OomSnapshot,
    PendingDeprecation,
    PreserveSymlinks,
    PreserveSymlinksMain,
    Print,
    PrintEval,
    PrintRequiredTla,
    RedirectWarnings,
    ReportCompact,
    ReportDirectory,
    ReportExcludeEnv,
    ReportExcludeNetwork,
    ReportFilename,
    ReportOnFatalError,
    ReportOnSignal,
    ReportSignal,
    ReportUncaughtException,
    Require,
    RequireModule,
    SnapshotCompress,
    ThrowDeprecation,
    Title,
    TraceDeprecation,
    TraceExit,
    TraceRequireModule,
    TraceUncaught,
    TraceWarnings,
    TrackAllocations,
    UnhandledRejections,
    V8Options,
    Verbose,
    Version,
    Warnings,
    V8PoolSize,
}

/// What follows an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// Nothing, and it cannot be negated.
    Nothing,
    /// Nothing, and `--no-` turns it off.
    Switch,
    /// A value, after `=` or as the next argument; the text is its name in the help.
    Value(&'static str),
    /// A value after `=`, or none.
    Optional(&'static str),
    /// Code as the next argument, unless that is an option or missing: `--print`.
    Code,
}

/// Headings of the help text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Run,
    Modules,
    Errors,
    Capture,
    Debug,
    Profiles,
    /// Accepted, but of no interest in the help.
    Hidden,
}

impl Group {
    pub(super) const fn heading(self) -> &'static str {
        match self {
            Self::Run => "Running (as in Node.js)",
            Self::Modules => "Modules (as in Node.js)",
            Self::Errors => "Errors and warnings (as in Node.js)",
            Self::Capture => "When memory runs out",
            Self::Debug => "Debugging (as in Node.js)",
            Self::Profiles => "Profiles and reports (as in Node.js)",
            Self::Hidden => "Accepted",
        }
    }
}

/// One option.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spec {
    pub id: Id,
    /// Name without its dashes, positive form.
    pub long: &'static str,
    pub short: Option<char>,
    pub aliases: &'static [&'static str],
    pub takes: Takes,
    /// Whether `NODE_OPTIONS` may hold it.
    pub in_node_options: bool,
    pub group: Group,
    pub help: &'static str,
    /// The form that the help shows, where it is not the positive one.
    pub shown: Option<&'static str>,
}

impl Spec {
    pub(super) const fn new(
        id: Id,
        group: Group,
        long: &'static str,
        takes: Takes,
        help: &'static str,
    ) -> Self {
        Self {
            id,
            long,
            short: None,
            aliases: &[],
            takes,
            in_node_options: true,
            group,
            help,
            shown: None,
        }
    }

    pub(super) const fn short(mut self, short: char) -> Self {
        self.short = Some(short);
        self
    }

    pub(super) const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    pub(super) const fn shown(mut self, shown: &'static str) -> Self {
        self.shown = Some(shown);
        self
    }

    /// Refused in `NODE_OPTIONS`, as Node does with what belongs to one run alone.
    pub(super) const fn typed_only(mut self) -> Self {
        self.in_node_options = false;
        self
    }

    fn is_named(&self, long: &str) -> bool {
        self.long == long || self.aliases.contains(&long)
    }
}

/// What an option's name leads to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found {
    /// The option, turned on (or given) or, with `--no-`, off.
    Ours(&'static Spec, bool),
    /// `--no-` before an option that cannot be negated.
    BadNegation,
    /// None of ours: perhaps V8's.
    Foreign,
}

/// Looks up an option as typed, without its `=value`. Underscores in a long name count as dashes.
pub(super) fn find(name: &str) -> Found {
    let Some(long) = name.strip_prefix("--") else {
        return find_short(name);
    };
    let long = long.replace('_', "-");
    if let Some(spec) = OPTIONS.iter().find(|spec| spec.is_named(&long)) {
        return Found::Ours(spec, true);
    }
    let Some(positive) = long.strip_prefix("no-") else {
        return Found::Foreign;
    };
    match OPTIONS.iter().find(|spec| spec.is_named(positive)) {
        Some(spec) if spec.takes == Takes::Switch => Found::Ours(spec, false),
        Some(spec) if spec.id == Id::NoOp => Found::Foreign,
        Some(_) => Found::BadNegation,
        None => Found::Foreign,
    }
}

fn find_short(name: &str) -> Found {
    if name == "-pe" {
        return Found::Ours(&PRINT_EVAL, true);
    }
    let mut letters = name.chars().skip(1);
    let (Some(letter), None) = (letters.next(), letters.next()) else {
        return Found::Foreign;
    };
    match OPTIONS.iter().find(|spec| spec.short == Some(letter)) {
        Some(spec) => Found::Ours(spec, true),
        None => Found::Foreign,
    }
}

/// The bare name of a flag: no dashes in front, no `no-`, underscores as dashes, no `=value`.
fn bare(typed: &str) -> String {
    let name = typed.split('=').next().unwrap_or_default();
    let name = name.trim_start_matches('-').replace('_', "-");
    name.strip_prefix("no-").map_or(name.clone(), str::to_owned)
}

/// Whether this is an option of Node's that we refuse knowingly.
pub(super) fn is_unsupported(typed: &str) -> bool {
    UNSUPPORTED.contains(&bare(typed).as_str())
}

/// Whether `NODE_OPTIONS` may hold this flag of V8's.
pub(super) fn v8_allowed_in_node_options(typed: &str) -> bool {
    V8_IN_NODE_OPTIONS.contains(&bare(typed).as_str())
}

/// Every flag that `NODE_OPTIONS` may hold, as `process.allowedNodeEnvironmentFlags` lists them.
pub fn environment_flags() -> Vec<String> {
    let own = OPTIONS.iter().filter(|spec| spec.in_node_options);
    own.flat_map(|spec| {
        let long = format!("--{}", spec.long);
        [Some(long), spec.short.map(|short| format!("-{short}"))]
    })
    .flatten()
    .chain(V8_IN_NODE_OPTIONS.iter().map(|name| format!("--{name}")))
    .collect()
}

/// The known long option that looks most like `typed`, if any comes close.
pub(super) fn nearest(typed: &str) -> Option<String> {
    const CLOSE: f64 = 0.8;
    let name = typed
        .split('=')
        .next()?
        .strip_prefix("--")?
        .replace('_', "-");
    let ours = OPTIONS
        .iter()
        .filter(|spec| spec.group != Group::Hidden)
        .flat_map(|spec| {
            [spec.long]
                .into_iter()
                .chain(spec.shown)
                .chain(spec.aliases.iter().copied())
        });
    let v8 = V8_SHOWN.iter().map(|shown| shown.0);
    ours.chain(v8)
        .chain(V8_IN_NODE_OPTIONS.iter().copied())
        .map(|known| (strsim::normalized_damerau_levenshtein(known, &name), known))
        .filter(|(likeness, _)| *likeness >= CLOSE)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, known)| format!("--{known}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let mut names: Vec<&str> = OPTIONS
            .iter()
            .flat_map(|spec| [spec.long].into_iter().chain(spec.aliases.iter().copied()))
            .collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        let mut letters: Vec<char> = OPTIONS.iter().filter_map(|spec| spec.short).collect();
        let all = letters.len();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!(letters.len(), all);
    }

    #[test]
    fn suggestions_are_near_or_none() {
        assert_eq!(nearest("--expos-gc").as_deref(), Some("--expose-gc"));
        assert_eq!(
            nearest("--diagnostics_dir=x").as_deref(),
            Some("--diagnostic-dir")
        );
        assert_eq!(nearest("--no-warning").as_deref(), Some("--no-warnings"));
        assert_eq!(nearest("--foo"), None);
        assert_eq!(nearest("-x"), None);
    }
}
