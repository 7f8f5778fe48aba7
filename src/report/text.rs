//! Tables for a terminal or a CI log.

use std::fmt::Write as _;
use std::path::Path;

use super::model::SuspectFacts;
use crate::heap::{Census, Checked, Class, printable};

/// Constructors that the summary names at most.
const CONSTRUCTORS: usize = 6;

/// Of V8's own groups, the summary names at most these.
const GROUPS: usize = 4;

/// What the language brings along: worth naming only after the program's own classes.
/// ECMAScript's global constructors, the wrappers that `DevTools` names after them, and what Node's
/// timers consist of.
const BUILT_IN: [&str; 57] = [
    "AggregateError",
    "Array",
    "ArrayBuffer",
    "AsyncContextFrame",
    "AsyncFunction",
    "AsyncGenerator",
    "AsyncGeneratorFunction",
    "BigInt",
    "BigInt64Array",
    "BigUint64Array",
    "Boolean",
    "Buffer",
    "DataView",
    "Date",
    "Error",
    "EvalError",
    "FinalizationRegistry",
    "Float16Array",
    "Float32Array",
    "Float64Array",
    "Function",
    "Generator",
    "GeneratorFunction",
    "Immediate",
    "Int16Array",
    "Int32Array",
    "Int8Array",
    "Iterator",
    "Map",
    "Map Iterator",
    "Number",
    "Object",
    "Promise",
    "Proxy",
    "RangeError",
    "ReferenceError",
    "RegExp",
    "Set",
    "Set Iterator",
    "SharedArrayBuffer",
    "String",
    "Symbol",
    "SyntaxError",
    "Timeout",
    "TimersList",
    "TypeError",
    "URIError",
    "Uint16Array",
    "Uint32Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "WeakMap",
    "WeakRef",
    "WeakSet",
    "console",
    "global",
    "process",
];

/// Who made the objects of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Maker {
    Program,
    Language,
    Engine,
}

/// Where a class comes in a list of what a programmer may know: the program's own first, V8's last.
#[must_use]
pub fn rank(name: &str) -> u8 {
    match maker_of(name) {
        Maker::Program => 0,
        Maker::Language => 1,
        Maker::Engine => 2,
    }
}

fn maker(class: &Class) -> Maker {
    maker_of(&class.name)
}

fn maker_of(name: &str) -> Maker {
    if name.starts_with('(') || name.contains(" / ") {
        Maker::Engine
    } else if BUILT_IN.binary_search(&name).is_ok() {
        Maker::Language
    } else {
        Maker::Program
    }
}

/// The account for the end of a log, at most twelve lines: the constructors with the most
/// and the largest objects, the program's own first, then V8's own groups.
///
/// Only what holds at least a hundredth of the objects or of the bytes is named.
#[must_use]
pub fn summary(census: &Census) -> String {
    let worth_naming = |class: &&Class| {
        class.self_size >= census.self_size / 100 || class.count >= census.nodes / 100
    };
    let pick = |wanted: Maker| {
        census
            .classes
            .iter()
            .filter(worth_naming)
            .filter(move |class| maker(class) == wanted)
    };
    let mut constructors: Vec<&Class> = pick(Maker::Program)
        .chain(pick(Maker::Language))
        .take(CONSTRUCTORS)
        .collect();
    if constructors.is_empty() {
        constructors.extend(
            census
                .classes
                .iter()
                .filter(|class| maker(class) != Maker::Engine)
                .take(1),
        );
    }
    let groups: Vec<&Class> = pick(Maker::Engine).take(GROUPS).collect();

    let mut out = format!(
        "Largest constructors of {} objects, {}:\n",
        grouped(census.nodes),
        size(census.self_size)
    );
    let columns = Columns::of(constructors.iter().chain(&groups).copied());
    for class in constructors {
        columns.write(&mut out, class, census);
    }
    if !groups.is_empty() {
        out.push_str("V8's own groups:\n");
        for class in groups {
            columns.write(&mut out, class, census);
        }
    }
    out
}

/// The suspects for the end of a log; two at most.
#[must_use]
pub fn suspects(suspects: &[SuspectFacts]) -> String {
    let mut out = String::new();
    if !suspects.is_empty() {
        out.push_str("Leak suspects:\n");
    }
    for (at, suspect) in suspects.iter().take(2).enumerate() {
        for line in super::screen::suspect_lines(at + 1, suspect) {
            let _ = writeln!(out, "{line}");
        }
    }
    out
}

/// What `--check` says of a valid file.
#[must_use]
pub fn checked(path: &Path, checked: &Checked) -> String {
    format!(
        "{} is a valid heap snapshot: {} nodes, {} edges, {} strings, {}\n",
        printable(&path.display().to_string()),
        grouped(checked.nodes),
        grouped(checked.edges),
        grouped(checked.strings),
        size(checked.self_size)
    )
}

/// Widths that make `name ×count, size` stand in columns.
struct Columns {
    name: usize,
    count: usize,
    size: usize,
}

/// Longer names are cut, so that one of them does not push the figures off the screen.
const NAME_WIDTH: usize = 48;

impl Columns {
    fn of<'a>(classes: impl Iterator<Item = &'a Class>) -> Self {
        classes.fold(
            Self {
                name: 0,
                count: 0,
                size: 0,
            },
            |widths, class| Self {
                name: widths.name.max(one_line(&class.name).chars().count()),
                count: widths.count.max(grouped(class.count).len()),
                size: widths.size.max(size(class.self_size).len()),
            },
        )
    }

    fn write(&self, out: &mut String, class: &Class, census: &Census) {
        let count = format!("\u{d7}{},", grouped(class.count));
        let _ = write!(
            out,
            "  {:name$} {count:>count_width$} {:>size$}",
            one_line(&class.name),
            size(class.self_size),
            name = self.name,
            // The sign and the comma.
            count_width = self.count + 2,
            size = self.size,
        );
        // One object that makes up most of its class, and a part of the heap to speak of.
        let Class {
            largest,
            count,
            self_size,
            ..
        } = class;
        if largest.self_size > self_size / 2
            && largest.self_size >= census.self_size / 20
            && *count > 1
        {
            let _ = write!(
                out,
                ", of which @{} has {}",
                largest.id,
                size(largest.self_size)
            );
        } else if *count == 1 {
            let _ = write!(out, ", @{}", largest.id);
        }
        out.push('\n');
    }
}

/// A name as one line of text, the end cut.
pub(super) fn one_line(name: &str) -> String {
    let front: String = name.chars().take(NAME_WIDTH + 1).collect();
    cut(&printable(&front), NAME_WIDTH)
}

/// The first `most` characters of a text, the last of them an ellipsis where there are more.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let front: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{front}\u{2026}")
}

/// `1234567` as `1,234,567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Bytes in the decimal units that `DevTools` shows: `96 MB`, `1.2 kB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    // Rounded before the unit is chosen, so that 999,999 bytes are 1.0 MB and not 1000 kB.
    let mut unit = 0;
    let mut scale = 1000_u64;
    while unit + 1 < UNITS.len() && bytes / scale + u64::from(bytes % scale >= scale / 2) >= 1000 {
        unit += 1;
        scale *= 1000;
    }
    let tenths = (u128::from(bytes) * 10 + u128::from(scale) / 2) / u128::from(scale);
    if tenths < 100 {
        format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    } else {
        let whole = (u128::from(bytes) + u128::from(scale) / 2) / u128::from(scale);
        format!("{whole} {}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::Largest;

    fn class(name: &str, count: u64, self_size: u64, largest: u64) -> Class {
        Class {
            name: name.to_owned(),
            count,
            self_size,
            largest: Largest {
                id: 77,
                self_size: largest,
            },
        }
    }

    #[test]
    fn built_ins_are_sorted_for_the_search() {
        assert!(BUILT_IN.is_sorted());
    }

    #[test]
    fn the_program_s_classes_come_first_and_v8_s_groups_last() {
        let census = Census {
            classes: vec![
                class("(array)", 900, 120_000_000, 64_000_000),
                class("LeakingClass1", 1_204_311, 96_344_880, 80),
                class("Object", 1_000_000, 28_000_000, 28),
                class("(string)", 5000, 9_000_000, 1024),
                class("Parser", 12, 400, 40),
                class("system / Context", 20, 300, 40),
            ],
            nodes: 2_300_000,
            self_size: 253_345_580,
        };
        assert_eq!(
            summary(&census),
            "Largest constructors of 2,300,000 objects, 253 MB:\n  \
             LeakingClass1 ×1,204,311,  96 MB\n  \
             Object        ×1,000,000,  28 MB\n\
             V8's own groups:\n  \
             (array)             ×900, 120 MB, of which @77 has 64 MB\n  \
             (string)          ×5,000, 9.0 MB\n"
        );
    }

    #[test]
    fn never_more_than_twelve_lines() {
        let census = Census {
            classes: (0..50)
                .map(|i| {
                    class(
                        &format!("{}Class\n{i})", if i % 2 == 0 { "(" } else { "" }),
                        50,
                        50,
                        1,
                    )
                })
                .collect(),
            nodes: 2500,
            self_size: 2500,
        };
        assert_eq!(summary(&census).lines().count(), 12);
    }

    #[test]
    fn an_empty_heap_has_a_summary() {
        let census = Census {
            classes: Vec::new(),
            nodes: 0,
            self_size: 0,
        };
        assert_eq!(
            summary(&census),
            "Largest constructors of 0 objects, 0 B:\n"
        );
    }

    #[test]
    fn figures() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_204_311), "1,204,311");
        assert_eq!(size(999), "999 B");
        assert_eq!(size(1000), "1.0 kB");
        assert_eq!(size(9_949), "9.9 kB");
        assert_eq!(size(9_950), "10 kB");
        assert_eq!(size(96_344_880), "96 MB");
        assert_eq!(size(999_499), "999 kB");
        assert_eq!(size(999_500), "1.0 MB");
        assert_eq!(size(u64::MAX), "18 EB");
    }
}
