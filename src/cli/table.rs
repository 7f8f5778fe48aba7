//! The one table of options: the scanner obeys it, and the help text is made from it.

use super::options::Group::{Capture, Debug, Errors, Hidden, Modules, Profiles, Run};
use super::options::Takes::{Code, Nothing, Optional, Switch, Value};
use super::options::{Id, Spec};

/// Every option of our own, in the order of the help text.
pub(super) const OPTIONS: &[Spec] = &[
    Spec::new(
        Id::Eval,
        Run,
        "eval",
        Value("CODE"),
        "Run CODE instead of a script file",
    )
    .short('e')
    .typed_only(),
    Spec::new(
        Id::Print,
        Run,
        "print",
        Code,
        "The same, and print the value of its last expression",
    )
    .short('p')
    .typed_only(),
    Spec::new(
        Id::Check,
        Run,
        "check",
        Switch,
        "Parse the script, but do not run it",
    )
    .short('c')
    .typed_only(),
    Spec::new(
        Id::V8PoolSize,
        Run,
        "v8-pool-size",
        Value("N"),
        "Threads for V8's jobs (one for each processor beside the script's, 1 to 4); 0: V8's choice",
    ),
    Spec::new(Id::Title, Run, "title", Value("TITLE"), "Set process.title"),
    Spec::new(Id::Help, Run, "help", Nothing, "Show this help")
        .short('h')
        .typed_only(),
    Spec::new(
        Id::Version,
        Run,
        "version",
        Nothing,
        "Show the version, and V8's",
    )
    .short('v')
    .typed_only(),
    Spec::new(
        Id::V8Options,
        Run,
        "v8-options",
        Nothing,
        "Show all flags of V8",
    )
    .typed_only(),
    Spec::new(
        Id::Require,
        Modules,
        "require",
        Value("MODULE"),
        "Load MODULE with require() before the script; may be repeated",
    )
    .short('r'),
    Spec::new(
        Id::Import,
        Modules,
        "import",
        Value("MODULE"),
        "Load MODULE with import() before the script; may be repeated",
    ),
    Spec::new(
        Id::Conditions,
        Modules,
        "conditions",
        Value("NAME"),
        "Condition for packages' exports and imports; may be repeated",
    )
    .short('C'),
    Spec::new(
        Id::InputType,
        Modules,
        "input-type",
        Value("TYPE"),
        "What --eval and stdin hold: commonjs, module,\ncommonjs-typescript or module-typescript",
    ),
    Spec::new(
        Id::Loader,
        Modules,
        "experimental-loader",
        Value("MODULE"),
        "Load MODULE with hooks that say what is imported and how; may be repeated",
    )
    .aliases(&["loader"]),
    Spec::new(
        Id::PreserveSymlinks,
        Modules,
        "preserve-symlinks",
        Switch,
        "Know a module by the path that it was found under, not by the real one",
    ),
    Spec::new(
        Id::PreserveSymlinksMain,
        Modules,
        "preserve-symlinks-main",
        Switch,
        "The same for the script itself",
    ),
    Spec::new(
        Id::EntryUrl,
        Modules,
        "entry-url",
        Switch,
        "The script is given as a URL",
    ),
    Spec::new(
        Id::TraceRequireModule,
        Modules,
        "trace-require-module",
        Value("MODE"),
        "Warn of each require() of an ECMAScript module: all, or no-node-modules",
    ),
    Spec::new(
        Id::PrintRequiredTla,
        Modules,
        "experimental-print-required-tla",
        Switch,
        "Say which top-level await keeps a module from being required",
    ),
    Spec::new(
        Id::ImportMetaResolve,
        Modules,
        "experimental-import-meta-resolve",
        Switch,
        "Give import.meta.resolve() its second argument, the parent URL",
    ),
    Spec::new(
        Id::RequireModule,
        Modules,
        "experimental-require-module",
        Switch,
        "Refuse to require() ECMAScript modules",
    )
    .shown("no-experimental-require-module")
    .aliases(&["require-module"]),
    Spec::new(
        Id::DetectModule,
        Modules,
        "experimental-detect-module",
        Switch,
        "Take a file for CommonJS whose name and package say nothing, whatever its syntax",
    )
    .shown("no-experimental-detect-module"),
    Spec::new(
        Id::Addons,
        Modules,
        "addons",
        Switch,
        "Do not ask packages for exports with the condition node-addons",
    )
    .shown("no-addons"),
    Spec::new(
        Id::GlobalSearchPaths,
        Modules,
        "global-search-paths",
        Switch,
        "Search for modules neither in NODE_PATH nor in the home directory",
    )
    .shown("no-global-search-paths"),
    Spec::new(
        Id::DnsResultOrder,
        Run,
        "dns-result-order",
        Value("ORDER"),
        "Order of a name's addresses: verbatim (the default),\n\
         ipv4first, ipv6first",
    ),
    Spec::new(
        Id::NetworkFamilyAutoselection,
        Run,
        "network-family-autoselection",
        Switch,
        "Try only the first address of a name",
    )
    .shown("no-network-family-autoselection")
    .aliases(&["enable-network-family-autoselection"]),
    Spec::new(
        Id::NetworkFamilyAttemptTimeout,
        Run,
        "network-family-autoselection-attempt-timeout",
        Value("MS"),
        "How long one address is tried, 500 by default",
    ),
    Spec::new(
        Id::UnhandledRejections,
        Errors,
        "unhandled-rejections",
        Value("MODE"),
        "What an unhandled rejection does: throw (the\n\
         default), strict, warn, warn-with-error-code, none",
    ),
    Spec::new(
        Id::EnvFile,
        Run,
        "env-file",
        Value("FILE"),
        "Take variables from FILE that the environment has not;\nmay be given several times",
    )
    .typed_only(),
    Spec::new(
        Id::EnvFileIfExists,
        Run,
        "env-file-if-exists",
        Value("FILE"),
        "The same, where FILE exists",
    )
    .typed_only(),
    Spec::new(
        Id::EnableSourceMaps,
        Errors,
        "enable-source-maps",
        Switch,
        "Name places of the original sources in stack traces",
    ),
    Spec::new(
        Id::TraceExit,
        Errors,
        "trace-exit",
        Switch,
        "Show who calls process.exit()",
    ),
    // Nobody listens to it here; what remains of the option is that the signal ends no process.
    Spec::new(Id::DisableSigusr1, Hidden, "disable-sigusr1", Switch, ""),
    Spec::new(
        Id::TraceUncaught,
        Errors,
        "trace-uncaught",
        Switch,
        "Show where an uncaught error was thrown, too",
    ),
    Spec::new(
        Id::Warnings,
        Errors,
        "warnings",
        Switch,
        "Print no warnings",
    )
    .shown("no-warnings"),
    Spec::new(
        Id::DisableWarning,
        Errors,
        "disable-warning",
        Value("NAME"),
        "Print no warnings of this type or code; may be repeated",
    ),
    Spec::new(
        Id::TraceWarnings,
        Errors,
        "trace-warnings",
        Switch,
        "Print warnings with a stack",
    ),
    Spec::new(
        Id::Deprecation,
        Errors,
        "deprecation",
        Switch,
        "Print no deprecation warnings",
    )
    .shown("no-deprecation"),
    Spec::new(
        Id::TraceDeprecation,
        Errors,
        "trace-deprecation",
        Switch,
        "Print deprecation warnings with a stack",
    ),
    Spec::new(
        Id::ThrowDeprecation,
        Errors,
        "throw-deprecation",
        Switch,
        "Throw deprecation warnings as errors",
    ),
    Spec::new(
        Id::PendingDeprecation,
        Errors,
        "pending-deprecation",
        Switch,
        "Warn of what will be deprecated, too",
    ),
    Spec::new(
        Id::RedirectWarnings,
        Errors,
        "redirect-warnings",
        Value("FILE"),
        "Write warnings to FILE, not to stderr",
    ),
    Spec::new(
        Id::NearHeapLimit,
        Capture,
        "heapsnapshot-near-heap-limit",
        Value("N"),
        "Write a snapshot at each of the first N times that the heap is full, and let the\n\
         script go on; without this one is written and the process aborts; 0 writes none",
    ),
    Spec::new(
        Id::CaptureAtRss,
        Capture,
        "capture-at-rss",
        Optional("SIZE|PERCENT"),
        "Write a snapshot when resident memory, Buffers and WebAssembly included, reaches a size\n\
         (512mb, 2gb, plain bytes) or a share (90%) of the container's or machine's memory, and\n\
         let the script go on; 95% without a value",
    ),
    Spec::new(
        Id::OomSnapshot,
        Capture,
        "oom-snapshot",
        Value("PATH"),
        "Name of the snapshot; %p is the process id, %t the time, %n a sequence number",
    ),
    Spec::new(
        Id::DiagnosticDir,
        Capture,
        "diagnostic-dir",
        Value("DIR"),
        "Directory of snapshots and reports; the default is the current one",
    ),
    Spec::new(
        Id::CaptureDir,
        Capture,
        "capture-dir",
        Value("DIR"),
        "Directory, on a disk, of the scratch file that a snapshot is built in; the default is\n\
         the snapshot's own",
    ),
    Spec::new(
        Id::CaptureDeadline,
        Capture,
        "capture-deadline",
        Value("TIME"),
        "How long a snapshot may take: seconds, or 90s, 10m (the default), 2h; 0 is for ever",
    ),
    Spec::new(
        Id::Verbose,
        Capture,
        "verbose",
        Switch,
        "Tell what a capture decides: where its memory comes from, where it writes",
    ),
    Spec::new(
        Id::SnapshotCompress,
        Capture,
        "snapshot-compress",
        Value("FORMAT"),
        "Compress snapshots with gzip or zstd while they are written; their names end with .gz\n\
         or .zst",
    ),
    Spec::new(
        Id::ReportOnFatalError,
        Capture,
        "report-on-fatalerror",
        Switch,
        "Write no report.*.json when memory runs out",
    )
    .shown("no-report-on-fatalerror"),
    Spec::new(
        Id::ReportDirectory,
        Capture,
        "report-directory",
        Value("DIR"),
        "Directory of reports",
    )
    .aliases(&["report-dir"]),
    Spec::new(
        Id::ReportFilename,
        Capture,
        "report-filename",
        Value("NAME"),
        "File name of the report, or stdout or stderr",
    ),
    Spec::new(
        Id::ReportCompact,
        Capture,
        "report-compact",
        Switch,
        "Write the report as one line",
    ),
    Spec::new(
        Id::OldSpacePercentage,
        Capture,
        "max-old-space-size-percentage",
        Value("PERCENT"),
        "Limit of the heap as a share of the machine's or container's memory; it wins over\n\
         --max-old-space-size",
    ),
    Spec::new(
        Id::TrackAllocations,
        Capture,
        "track-allocations",
        Switch,
        "Make snapshots say where each object was allocated; V8's own generator writes them then,\nwith far more memory, and everything is slower",
    )
    .aliases(&["track-heap-objects"]),
    Spec::new(
        Id::HeapProfOnOom,
        Capture,
        "heap-prof-on-oom",
        Switch,
        "Write a sampling heap profile beside each snapshot: which functions allocated what is\nstill alive",
    ),
    Spec::new(
        Id::CpuProf,
        Profiles,
        "cpu-prof",
        Switch,
        "Write a CPU profile of the whole run (CPU.*.cpuprofile) when\nthe script ends, by a signal or process.exit() as well",
    ),
    Spec::new(
        Id::CpuProfDir,
        Profiles,
        "cpu-prof-dir",
        Value("DIR"),
        "Directory of the CPU profile; made if it is missing",
    ),
    Spec::new(
        Id::CpuProfName,
        Profiles,
        "cpu-prof-name",
        Value("NAME"),
        "File name of the CPU profile; ${pid} is the process id",
    ),
    Spec::new(
        Id::CpuProfInterval,
        Profiles,
        "cpu-prof-interval",
        Value("US"),
        "Microseconds between two samples; the default is 1000",
    ),
    Spec::new(
        Id::HeapProf,
        Profiles,
        "heap-prof",
        Switch,
        "Write a sampling heap profile (Heap.*.heapprofile) likewise:\nwhich functions allocated what is still alive",
    ),
    Spec::new(
        Id::HeapProfDir,
        Profiles,
        "heap-prof-dir",
        Value("DIR"),
        "Directory of the heap profile; made if it is missing",
    ),
    Spec::new(
        Id::HeapProfName,
        Profiles,
        "heap-prof-name",
        Value("NAME"),
        "File name of the heap profile; ${pid} is the process id",
    ),
    Spec::new(
        Id::HeapProfInterval,
        Profiles,
        "heap-prof-interval",
        Value("BYTES"),
        "Bytes between two samples, on average; the default is 524288",
    ),
    Spec::new(
        Id::HeapSnapshotSignal,
        Profiles,
        "heapsnapshot-signal",
        Value("SIGNAL"),
        "Write a heap snapshot when the signal arrives, and go on",
    ),
    Spec::new(
        Id::ReportOnSignal,
        Profiles,
        "report-on-signal",
        Switch,
        "Write a report when the signal arrives, and go on",
    ),
    Spec::new(
        Id::ReportSignal,
        Profiles,
        "report-signal",
        Value("SIGNAL"),
        "The signal for a report; the default is SIGUSR2",
    ),
    Spec::new(
        Id::ReportUncaughtException,
        Profiles,
        "report-uncaught-exception",
        Switch,
        "Write a report when an error that nothing caught ends the\nscript",
    ),
    Spec::new(
        Id::ReportExcludeEnv,
        Profiles,
        "report-exclude-env",
        Switch,
        "Leave the environment's variables out of reports",
    ),
    Spec::new(
        Id::ReportExcludeNetwork,
        Profiles,
        "report-exclude-network",
        Switch,
        "Leave network interfaces out of reports",
    ),
    Spec::new(Id::ExposeInternals, Hidden, "expose-internals", Switch, "").typed_only(),
    Spec::new(Id::Interactive, Hidden, "interactive", Switch, "")
        .short('i')
        .typed_only(),
    // What `oomhost test` tells the process of a test.
    Spec::new(Id::LeakTest, Hidden, "leak-test", Value("JSON"), "").typed_only(),
    Spec::new(
        Id::Inspect,
        Debug,
        "inspect",
        Optional("[HOST:]PORT"),
        "Open the DevTools port, 127.0.0.1:9229; 0 is any free one.\n\
         Whoever reaches it can run code",
    ),
    Spec::new(
        Id::InspectBrk,
        Debug,
        "inspect-brk",
        Optional("[HOST:]PORT"),
        "The same, and pause at the first statement once a debugger\n\
         is attached",
    ),
    Spec::new(
        Id::InspectWait,
        Debug,
        "inspect-wait",
        Optional("[HOST:]PORT"),
        "The same, and begin once a debugger is attached",
    ),
    Spec::new(
        Id::InspectPort,
        Debug,
        "inspect-port",
        Value("[HOST:]PORT"),
        "Where the port is, without opening it",
    )
    .aliases(&["debug-port"]),
    // Options of Node's whose effect is what we do anyway. A negation that would switch something
    // off which stays on here is not in this list, and so refused.
    Spec::new(
        Id::NoOp,
        Hidden,
        "experimental-abortcontroller",
        Nothing,
        "",
    ),
    // No memory that a buffer is made of has been used before.
    Spec::new(Id::NoOp, Hidden, "zero-fill-buffers", Nothing, ""),
    Spec::new(Id::NoOp, Hidden, "experimental-fetch", Nothing, ""),
    Spec::new(
        Id::NoOp,
        Hidden,
        "experimental-global-customevent",
        Nothing,
        "",
    ),
    Spec::new(
        Id::NoOp,
        Hidden,
        "experimental-global-navigator",
        Nothing,
        "",
    ),
    Spec::new(
        Id::NoOp,
        Hidden,
        "experimental-global-webcrypto",
        Nothing,
        "",
    ),
    Spec::new(Id::NoOp, Hidden, "experimental-json-modules", Nothing, ""),
    Spec::new(Id::NoOp, Hidden, "experimental-modules", Nothing, ""),
    Spec::new(Id::NoOp, Hidden, "experimental-repl-await", Switch, ""),
    Spec::new(Id::NoOp, Hidden, "experimental-report", Nothing, ""),
    Spec::new(Id::NoOp, Hidden, "experimental-wasm-modules", Nothing, ""),
    Spec::new(Id::NoOp, Hidden, "experimental-strip-types", Nothing, "").aliases(&["strip-types"]),
    Spec::new(
        Id::NoOp,
        Hidden,
        "experimental-top-level-await",
        Nothing,
        "",
    ),
    Spec::new(Id::NoOp, Hidden, "no-experimental-eventsource", Nothing, ""),
    Spec::new(Id::NoOp, Hidden, "no-experimental-ffi", Nothing, ""),
    Spec::new(Id::NoOp, Hidden, "no-experimental-sqlite", Nothing, ""),
    Spec::new(Id::NoOp, Hidden, "no-experimental-webstorage", Nothing, "")
        .aliases(&["no-webstorage"]),
    Spec::new(Id::NoOp, Hidden, "no-experimental-websocket", Nothing, ""),
    Spec::new(Id::NoOp, Hidden, "no-inspect", Nothing, ""),
    Spec::new(Id::NoOp, Hidden, "node-snapshot", Switch, "").typed_only(),
    Spec::new(Id::NoOp, Hidden, "verify-base-objects", Switch, ""),
];

/// `-pe CODE`, Node's only option of two letters.
pub(super) const PRINT_EVAL: Spec =
    Spec::new(Id::PrintEval, Hidden, "eval", Value("CODE"), "").typed_only();
