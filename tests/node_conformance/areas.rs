//! Which of Node's test files say something about which module.

/// Files whose name, in one of some folders, begins with one of some words.
pub struct Area {
    pub name: &'static str,
    /// The share of passes, in percent, that is aimed at.
    pub goal: u32,
    folders: &'static [&'static str],
    prefixes: &'static [&'static str],
}

const PLAIN: &[&str] = &["parallel", "sequential"];

/// A file belongs to the first that wants it.
pub const AREAS: &[Area] = &[
    // What the project itself is about.
    Area {
        name: "core",
        goal: 59,
        folders: &["parallel", "sequential", "pummel"],
        prefixes: &[
            "abort-fatal-error",
            "cpu-prof-",
            "diagnostic-dir-cpu-prof",
            "diagnostic-dir-heap-prof",
            "get-heapsnapshot-options",
            "heap-prof-",
            "heapdump",
            "heapsnapshot-near-heap-limit",
            "inspector-heapdump",
            "max-old-space-size-percentage",
            "memory-usage",
            "process-available-memory",
            "process-constrained-memory",
            "report-fatalerror-oomerror-",
            "v8-",
            "worker-heap",
            "worker-nearheaplimit-deadlock",
            "worker-resource-limits",
            "write-heapsnapshot-options",
        ],
    },
    area(
        "events",
        95,
        &["event-", "events-", "eventtarget", "eventsource"],
    ),
    area("path", 95, &["path"]),
    area("url", 95, &["url-", "whatwg-url-", "urlpattern"]),
    area("querystring", 95, &["querystring"]),
    area("string_decoder", 95, &["string-decoder"]),
    area("os", 95, &["os"]),
    area("buffer", 95, &["buffer-", "blob", "file.", "btoa-atob"]),
    area(
        "timers",
        95,
        &[
            "timers-",
            "next-tick",
            "nexttick",
            "set-immediate",
            "queue-microtask",
        ],
    ),
    area("assert", 85, &["assert"]),
    area(
        "util",
        85,
        &["util", "whatwg-encoding", "parse-args", "mime-"],
    ),
    area("console", 85, &["console"]),
    area("process", 85, &["process-", "unhandled-", "uncaught-"]),
    area(
        "perf_hooks",
        85,
        &["perf-hooks", "perf-", "performance", "performanceobserver"],
    ),
    area("diagnostics_channel", 85, &["diagnostics-channel"]),
    area("http2", 60, &["http2"]),
    area("fs", 80, &["fs-", "filehandle"]),
    area(
        "stream",
        80,
        &[
            "stream",
            "readable",
            "writable",
            "whatwg-readable",
            "whatwg-readablebyte",
            "whatwg-writable",
            "whatwg-transform",
            "whatwg-webstreams",
            "webstream",
            "global-webstream",
        ],
    ),
    area("child_process", 80, &["child-process"]),
    area(
        "module",
        60,
        &["module", "require", "cjs", "find-package-json"],
    ),
    Area {
        name: "es-module",
        goal: 60,
        folders: &["es-module"],
        prefixes: &[""],
    },
    Area {
        name: "async_hooks",
        goal: 60,
        folders: &["parallel", "sequential", "async-hooks"],
        prefixes: &[
            "async-",
            "asyncresource",
            "embedder",
            "enable-disable",
            "improper",
        ],
    },
    area(
        "worker",
        60,
        &["worker", "broadcastchannel", "messag", "structuredclone"],
    ),
    area(
        "crypto",
        60,
        &[
            "crypto-hash",
            "crypto-hmac",
            "crypto-random",
            "crypto-oneshot-hash",
            "crypto-getrandomvalues",
            "crypto-timing-safe",
        ],
    ),
    area(
        "net",
        85,
        &[
            "net-",
            "dns-lookup",
            "dns-default-order",
            "dns-set-default-order",
            "socketaddress",
            "blocklist",
        ],
    ),
    area("dgram", 85, &["dgram-"]),
    area("zlib", 95, &["zlib"]),
];

const fn area(name: &'static str, goal: u32, prefixes: &'static [&'static str]) -> Area {
    Area {
        name,
        goal,
        folders: PLAIN,
        prefixes,
    }
}

/// The area of `folder/test-NAME.js`.
pub fn of(folder: &str, file: &str) -> Option<&'static Area> {
    let name = file.strip_prefix("test-")?;
    AREAS.iter().find(|area| {
        area.folders.contains(&folder)
            && area.prefixes.iter().any(|prefix| {
                // A whole word, unless it ends with a hyphen.
                name.strip_prefix(prefix).is_some_and(|rest| {
                    prefix.is_empty()
                        || prefix.ends_with('-')
                        || rest.starts_with(|next: char| !next.is_ascii_lowercase() || next == 's')
                        || prefix.ends_with("messag")
                })
            })
    })
}
