//! The string table: found by number, and the strings that mean something to the analysis.

use std::ops::Range;

use memchr::memchr;
use rustc_hash::FxHasher;
use std::hash::Hasher as _;

use super::Release;
use crate::heap::error::FormatError;
use crate::heap::parallel;
use crate::heap::snapshot::Snapshot;
use crate::heap::strings::{self, Strings};

/// Bytes of the table that one thread reads at a time.
const PART: usize = 2 << 20;

/// The place of every so-many-th string is kept; the others are walked to.
const STRIDE: usize = 8;

/// Names that decide over distances, sizes, dominators and paths; most as in `DevTools`
/// (`JSHeapSnapshot` in its `heap_snapshot_worker/HeapSnapshot.ts`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    SloppyFunctionMap,
    NativeContext,
    MapDescriptors,
    ExternalStringData,
    DocumentTrees,
    Prototype,
}

const KNOWN: [(&[u8], Known); 6] = [
    (b"sloppy_function_map", Known::SloppyFunctionMap),
    (b"system / NativeContext", Known::NativeContext),
    (b"(map descriptors)", Known::MapDescriptors),
    (b"system / ExternalStringData", Known::ExternalStringData),
    (b"(Document DOM trees)", Known::DocumentTrees),
    (b"__proto__", Known::Prototype),
];

/// The name of an edge to a `WeakMap`'s value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ephemeron {
    string: u32,
    /// The same for the two edges of a pair, from the key and from the table; a hash.
    pub pair: u64,
    /// Id of the table.
    pub table: u64,
}

/// The strings of a snapshot; they stay in the file.
#[derive(Debug)]
pub struct Names<'a> {
    text: &'a [u8],
    base: usize,
    parts: Vec<Part>,
    count: usize,
    known: Vec<(u32, Known)>,
    ephemerons: Vec<Ephemeron>,
}

#[derive(Debug, Default)]
struct Part {
    /// Number of the first string.
    first: usize,
    count: usize,
    /// Offsets in the table of every [`STRIDE`]th string's opening quote.
    places: Vec<usize>,
    known: Vec<(usize, Known)>,
    ephemerons: Vec<(usize, Ephemeron)>,
}

impl<'a> Names<'a> {
    /// Finds the strings, on all cores: no string has a bare newline in it, so that the table can be
    /// divided at those between strings.
    pub(super) fn read(
        snapshot: &Snapshot<'a>,
        release: &Release<'_>,
    ) -> Result<Self, FormatError> {
        let (text, base) = snapshot.string_text();
        let ranges = divide(text);
        let parts = parallel::each(ranges, |range| {
            let part = Part::read(text, base, range.clone());
            release.bytes(base + range.start..base + range.end);
            part
        });
        let mut parts = parallel::all(parts)?;
        let mut count = 0;
        let mut known = Vec::new();
        let mut ephemerons = Vec::new();
        for part in &mut parts {
            part.first = count;
            let number = |at: usize| {
                u32::try_from(count + at).map_err(|_| FormatError::at(base, "too many strings"))
            };
            for (at, name) in std::mem::take(&mut part.known) {
                known.push((number(at)?, name));
            }
            for (at, ephemeron) in std::mem::take(&mut part.ephemerons) {
                let string = number(at)?;
                ephemerons.push(Ephemeron {
                    string,
                    ..ephemeron
                });
            }
            count += part.count;
        }
        u32::try_from(count).map_err(|_| FormatError::at(base, "too many strings"))?;
        Ok(Self {
            text,
            base,
            parts,
            count,
            known,
            ephemerons,
        })
    }

    /// Strings in the table.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The string with this number, cut after `limit` characters with an ellipsis; empty where there
    /// is none.
    #[must_use]
    pub fn get(&self, string: u32, limit: usize) -> String {
        strings::decode(self.raw(string), limit)
    }

    /// The string with this number as it stands in the file, escapes and all.
    pub(super) fn raw(&self, string: u32) -> &'a [u8] {
        let string = string as usize;
        let at = self.parts.partition_point(|part| part.first <= string);
        let Some(part) = at.checked_sub(1).map(|at| &self.parts[at]) else {
            return b"";
        };
        let within = string - part.first;
        let Some(&place) = part.places.get(within / STRIDE) else {
            return b"";
        };
        Strings::new(&self.text[place..], self.base + place)
            .nth(within % STRIDE)
            .and_then(Result::ok)
            .map_or(b"", |string| string.text)
    }

    /// The numbers of a name that has a meaning; mostly one.
    pub(super) fn numbers_of(&self, name: Known) -> Numbers {
        Numbers(
            self.known
                .iter()
                .filter(|(_, known)| *known == name)
                .map(|(string, _)| *string)
                .collect(),
        )
    }

    /// What an internal edge's name says of a `WeakMap`, if it does.
    pub(super) fn ephemeron(&self, string: u32) -> Option<&Ephemeron> {
        let (first, last) = (self.ephemerons.first()?, self.ephemerons.last()?);
        if string < first.string || string > last.string {
            return None;
        }
        self.ephemerons
            .binary_search_by_key(&string, |ephemeron| ephemeron.string)
            .ok()
            .map(|at| &self.ephemerons[at])
    }
}

/// A few numbers of strings.
#[derive(Debug, Clone)]
pub(super) struct Numbers(Vec<u32>);

impl Numbers {
    #[inline]
    pub fn has(&self, string: u32) -> bool {
        self.0.contains(&string)
    }
}

/// Ranges of the table that end behind a newline.
fn divide(text: &[u8]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let wanted = (start + PART).min(text.len());
        let end = memchr(b'\n', &text[wanted..]).map_or(text.len(), |at| wanted + at + 1);
        ranges.push(start..end);
        start = end;
    }
    ranges
}

impl Part {
    fn read(text: &[u8], base: usize, range: Range<usize>) -> Result<Self, FormatError> {
        let mut bytes = &text[range.clone()];
        // The commas between two parts belong to neither.
        let mut start = range.start;
        if start > 0 {
            let blank = bytes.len() - bytes.trim_ascii_start().len();
            if bytes.get(blank) == Some(&b',') {
                bytes = &bytes[blank + 1..];
                start += blank + 1;
            }
        }
        bytes = bytes.trim_ascii_end();
        if range.end < text.len() {
            bytes = bytes.strip_suffix(b",").unwrap_or(bytes);
        }
        let mut part = Self::default();
        for string in Strings::new(bytes, base + start) {
            let string = string?;
            if part.count.is_multiple_of(STRIDE) {
                part.places.push(string.offset - base);
            }
            if let Some((_, known)) = KNOWN.iter().find(|(name, _)| *name == string.text) {
                part.known.push((part.count, *known));
            } else if let Some(ephemeron) = ephemeron(string.text) {
                part.ephemerons.push((part.count, ephemeron));
            }
            part.count += 1;
        }
        Ok(part)
    }
}

/// Reads a name such as `7 / part of key (Object @1) -> value (Metadata @3) pair in WeakMap (table
/// @5)`, by the expression that `DevTools` has for it (`tryParseWeakMapEdgeName`).
fn ephemeron(text: &[u8]) -> Option<Ephemeron> {
    if !text.first()?.is_ascii_digit() {
        return None;
    }
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = text[digits..].strip_prefix(b" / part of key (")?;
    // `.` is anything but the end of a line.
    if !rest.iter().all(|byte| byte.is_ascii() && *byte != b'\\') {
        let whole = strings::decode(rest, rest.len());
        if whole.contains(['\n', '\r', '\u{2028}', '\u{2029}']) {
            return None;
        }
    }
    let front = rest.strip_suffix(b")")?;
    let table_at = front.iter().rposition(|byte| *byte == b'@')?;
    let table = &front[table_at + 1..];
    let pair = front[..table_at].strip_suffix(b" pair in WeakMap (table ")?;
    let value_at = after_key(pair)?;
    let value = pair[value_at..].strip_suffix(b")")?;
    let id = value.iter().rev().take_while(|byte| byte.is_ascii_digit());
    let id = id.count();
    if id == 0 || !value[..value.len() - id].ends_with(b" @") {
        return None;
    }
    if table.is_empty() || !table.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let table = std::str::from_utf8(table).ok()?.parse().ok()?;
    let mut hasher = FxHasher::default();
    hasher.write(&text[digits..]);
    Some(Ephemeron {
        string: 0,
        pair: hasher.finish(),
        table,
    })
}

/// Where the value's name begins: behind the first ` @digits) -> value (`.
fn after_key(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let start = from + memchr::memmem::find(&text[from..], b" @")? + 2;
        let digits = text[start..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit());
        let end = start + digits.count();
        if end > start && text[end..].starts_with(b") -> value (") {
            return Some(end + b") -> value (".len());
        }
        from = start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_weak_map_values() {
        let name = "7 / part of key (Object @1) -> value (Metadata @3) pair in WeakMap (table @51)";
        let read = |name: &str| ephemeron(name.as_bytes());
        assert_eq!(read(name).map(|e| e.table), Some(51));
        let other = name.replacen('7', "812", 1);
        assert_eq!(read(name), read(&other));
        assert_ne!(read(name), read(&name.replace("@3", "@5")));
        let odd = name.replace("Object", "a) -> value (b @x)");
        assert_eq!(read(&odd).map(|e| e.table), Some(51));
        for wrong in [
            name.replace("7 /", "/"),
            name.replace("@51", "@"),
            name.replace("@3", "@"),
            name.replace(" -> ", " - "),
            name.replace("table", "tables"),
            name.replace("Object", "Ob\\nject"),
            format!("{name} "),
        ] {
            assert_eq!(read(&wrong), None, "{wrong}");
        }
    }
}
