//! Hostile snapshots: whatever the bytes are, reading them ends with an answer or a clear error.
//!
//! ```sh
//! cargo test --release --test fuzz                    # 2,000 changed files, the same in every run
//! FUZZ_SECONDS=600 FUZZ_SEED=7 cargo test --release --test fuzz -- --nocapture
//! ```
//!
//! A plain test and no `cargo fuzz` target: that wants a nightly compiler and instruments V8's archive
//! for nothing. [`read`] is what such a target would call. Files are changed in ways that a reader of
//! this format may stumble over: bytes, numbers, whole rows, lengths in the header, the end.

use std::time::{Duration, Instant};

use oomhost::heap::{
    Account, Census, Classes, Findings, Graph, Locations, Path, Release, Remains, Routes, Snapshot,
    SourcePath, Traces, check, suspects,
};

/// Files of a run without a time.
const FILES: u32 = 2000;

/// All that is done with a file.
fn read(bytes: &[u8]) -> bool {
    if let Ok(remains) = Remains::find(bytes) {
        let written = remains.write(&mut |_| Ok::<(), std::io::Error>(()));
        assert!(written.is_ok());
    }
    let Ok(snapshot) = Snapshot::parse(bytes) else {
        return false;
    };
    let counted = Census::take(&snapshot);
    let checked = check(&snapshot);
    let graph = Graph::build(&snapshot, &Release::nothing());
    // A valid file may be more than a graph has room for: ids of 64 bits, 8 types of edges.
    let is_limit = graph.as_ref().err().is_some_and(|error| {
        let limits = ["types of edges", "too large", "too many"];
        limits.iter().any(|limit| error.what.contains(limit))
    });
    assert!(
        checked.is_err() || (counted.is_ok() && (graph.is_ok() || is_limit)),
        "a valid file is not read"
    );
    let Ok(graph) = graph else { return false };
    let routes = Routes::find(&graph);
    let classes = Classes::of(&graph);
    let found = suspects(&graph, &routes, &routes.sums(&graph), &classes);
    let findings = Findings::of(&graph);
    let nodes: Vec<u32> = found.iter().map(|suspect| suspect.node).collect();
    let places = Locations::find(&snapshot, &graph, &nodes);
    for node in graph.nodes().take(50) {
        let path = Path::to(&graph, &routes, node);
        let _ = (SourcePath::of(&graph, &path), places.get(node));
    }
    let totals = classes.totals(&graph);
    assert!(totals.len() <= classes.len() && findings.biggest.len() <= 10);
    if let Ok(traces) = Traces::read(&snapshot) {
        let first = Account::take(&graph, &traces, None);
        let account = Account::take(&graph, &traces, Some(&first));
        assert_eq!(account.nodes, graph.len() as u64);
    }
    checked.is_ok()
}

/// Random numbers below what is asked (xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap_or(0)
    }
}

/// A small valid heap: cycles, a weak map, strings, locations, contexts.
fn seed(random: &mut Random) -> String {
    let strings = [
        "<dummy>",
        "",
        "(GC roots)",
        "(Stack roots)",
        "global",
        "system / NativeContext",
        "global_object",
        "Array",
        "elements",
        "Map",
        "table",
        "system / Context",
        "context",
        "3 / part of key (A @9) -> value (B @11) pair in WeakMap (table @13)",
        "4 / part of key (A @9) -> value (B @11) pair in WeakMap (table @13)",
        "__proto__",
        "a long \\u00e9 text \\n",
    ];
    let count = 4 + random.below(30);
    let mut nodes = Vec::new();
    let mut edges = Vec::new();
    for node in 0..count {
        let kind = match node {
            0..3 => 9,
            _ => random.below(15),
        };
        let name = if node == 0 {
            1
        } else {
            random.below(strings.len())
        };
        let mine = random.below(5);
        for _ in 0..mine {
            let kind = random.below(7);
            let name = random.below(strings.len());
            edges.push(format!("{kind},{name},{}", 6 * random.below(count)));
        }
        let size = random.below(10_000);
        nodes.push(format!(
            "{kind},{name},{},{size},{mine},{}",
            2 * node + 1,
            random.below(3)
        ));
    }
    let strings: Vec<String> = strings.iter().map(|text| format!("\"{text}\"")).collect();
    format!(
        "{{\"snapshot\":{{\"meta\":{{\"node_fields\":[\"type\",\"name\",\"id\",\"self_size\",\
         \"edge_count\",\"detachedness\"],\"node_types\":[[\"hidden\",\"array\",\"string\",\"object\",\
         \"code\",\"closure\",\"regexp\",\"number\",\"native\",\"synthetic\",\"concatenated string\",\
         \"sliced string\",\"symbol\",\"bigint\",\"object shape\"],\"string\",\"number\",\"number\",\
         \"number\",\"number\"],\"edge_fields\":[\"type\",\"name_or_index\",\"to_node\"],\"edge_types\":\
         [[\"context\",\"element\",\"property\",\"internal\",\"hidden\",\"shortcut\",\"weak\"],\
         \"string_or_number\",\"node\"],\"location_fields\":[\"object_index\",\"script_id\",\"line\",\
         \"column\"]}},\"node_count\":{},\"edge_count\":{}}},\n\"nodes\":[{}],\n\"edges\":[{}],\n\
         \"locations\":[{},1,2,3],\n\"strings\":[{}]}}",
        nodes.len(),
        edges.len(),
        nodes.join(","),
        edges.join(","),
        6 * random.below(count),
        strings.join(",\n"),
    )
}

/// Changes a file in one way.
fn change(bytes: &mut Vec<u8>, random: &mut Random) {
    const TOKENS: &[u8] = b"[]{},:\"\\0123456789u-.eE \n\x00\x1f\xff";
    if bytes.is_empty() {
        return;
    }
    let at = random.below(bytes.len());
    match random.below(7) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = TOKENS[random.below(TOKENS.len())],
        2 => bytes.insert(at, TOKENS[random.below(TOKENS.len())]),
        3 => {
            bytes.remove(at);
        }
        4 => bytes.truncate(at),
        5 => {
            // A run of the file, once more.
            let end = (at + random.below(40)).min(bytes.len());
            let run = bytes[at..end].to_vec();
            bytes.splice(at..at, run);
        }
        _ => {
            // Another number.
            let digit = bytes[at..].iter().position(u8::is_ascii_digit);
            if let Some(digit) = digit {
                let start = at + digit;
                let length = bytes[start..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_digit())
                    .count();
                let values = [
                    "0",
                    "1",
                    "6",
                    "7",
                    "255",
                    "4294967295",
                    "4294967296",
                    "18446744073709551615",
                ];
                let value = values[random.below(values.len())];
                bytes.splice(start..start + length, value.bytes());
            }
        }
    }
}

#[test]
fn hostile_files_are_refused_or_read() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let seconds = number("FUZZ_SECONDS");
    let mut random = Random(number("FUZZ_SEED").unwrap_or(0x9E37_79B9_7F4A_7C15).max(1));
    let start = Instant::now();
    let (mut files, mut valid) = (0, 0);
    loop {
        let is_over = match seconds {
            Some(seconds) => start.elapsed() > Duration::from_secs(seconds),
            None => files >= FILES,
        };
        if is_over {
            break;
        }
        let text = seed(&mut random);
        assert!(read(text.as_bytes()), "a valid file is refused: {text}");
        let mut bytes = text.into_bytes();
        for _ in 0..=random.below(4) {
            change(&mut bytes, &mut random);
        }
        let bytes_of_failure = bytes.clone();
        let outcome = std::panic::catch_unwind(move || read(&bytes));
        assert!(
            outcome.is_ok(),
            "this file makes a panic: {}",
            bytes_of_failure.escape_ascii()
        );
        valid += u32::from(outcome.unwrap_or(false));
        files += 1;
    }
    println!("{files} files, of which {valid} were still valid");
}
