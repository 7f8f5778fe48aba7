//! Source maps: from places in what ran to places in what was written.
//!
//! A script names its map in a comment, `//# sourceMappingURL=`, as a file or as a `data:` URL with the
//! map in it; without one, a file of the script's name and `.map` is asked for. Scripts are looked for
//! under the names that the snapshot has for them, so where the program is not installed nothing is
//! mapped. Nothing is fetched from a network.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use data_encoding::BASE64_NOPAD;
use swc_sourcemap::DecodedMap;

use crate::heap::Location;

/// Scripts and maps larger than this, in bytes, are left alone.
const LARGEST: u64 = 256 << 20;

/// The maps of scripts, read as they are asked for.
#[derive(Default)]
pub struct SourceMaps(HashMap<String, Option<SourceMap>>);

struct SourceMap {
    map: DecodedMap,
    /// The folder that sources are named from.
    folder: PathBuf,
}

impl SourceMaps {
    /// Where what stands at `place` was written, which is then `compiled`; `place` as it is where no map
    /// says so.
    pub fn original(&mut self, place: Location) -> Location {
        let Some(script) = &place.script else {
            return place;
        };
        let map = self
            .0
            .entry(script.clone())
            .or_insert_with(|| SourceMap::of(script));
        let found = map
            .as_ref()
            .and_then(|map| map.original(place.line, place.column));
        match found {
            Some((script, line, column)) => Location {
                script: Some(script),
                line,
                column,
                compiled: Some(Box::new(place)),
            },
            None => place,
        }
    }
}

impl SourceMap {
    /// The map of the script with this name, if it is a file on this machine that has one.
    fn of(script: &str) -> Option<Self> {
        let script = match script.strip_prefix("file://") {
            Some(_) => url::Url::parse(script).ok()?.to_file_path().ok()?,
            None => PathBuf::from(script),
        };
        // A relative name is one that somebody made up, or of another folder.
        if !script.is_absolute() {
            return None;
        }
        let text = read(&script)?;
        match named_map(&text) {
            Some(url) if url.starts_with("data:") => Some(Self {
                map: decoded(&data_of(url)?)?,
                folder: script.parent()?.to_owned(),
            }),
            Some(url) => Self::at(&script.parent()?.join(path_of(url)?)),
            None => {
                let mut beside = script.into_os_string();
                beside.push(".map");
                Self::at(Path::new(&beside))
            }
        }
    }

    fn at(path: &Path) -> Option<Self> {
        Some(Self {
            map: decoded(&read(path)?)?,
            folder: path.parent()?.to_owned(),
        })
    }

    /// Source, line and column of what stands there; lines and columns count from 1.
    fn original(&self, line: u64, column: u64) -> Option<(String, u64, u64)> {
        let line = u32::try_from(line.checked_sub(1)?).ok()?;
        let column = u32::try_from(column.checked_sub(1)?).ok()?;
        let token = self.map.lookup_token(line, column)?;
        if token.get_dst_line() != line || token.get_src_line() == u32::MAX {
            return None;
        }
        let source = self.named(token.get_source()?);
        let [line, column] =
            [token.get_src_line(), token.get_src_col()].map(|from_0| u64::from(from_0) + 1);
        Some((source, line, column))
    }

    /// The path of a source, or its URL.
    fn named(&self, source: &str) -> String {
        match path_of(source) {
            Some(path) => plain(&self.folder.join(path)).display().to_string(),
            None => source.to_owned(),
        }
    }
}

/// What a script says last of where its map is.
fn named_map(script: &[u8]) -> Option<&str> {
    const NAME: &[u8] = b" sourceMappingURL=";
    let at = memchr::memmem::rfind(script, NAME)?;
    let is_comment = [&b"//#"[..], b"//@", b"/*#", b"/*@"]
        .iter()
        .any(|start| script[..at].ends_with(start));
    if !is_comment {
        return None;
    }
    let url = &script[at + NAME.len()..];
    let end = url
        .iter()
        .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'\'' | b'"' | b'*'));
    std::str::from_utf8(&url[..end.unwrap_or(url.len())]).ok()
}

/// The contents of a `data:` URL.
fn data_of(url: &str) -> Option<Vec<u8>> {
    let (kind, data) = url.strip_prefix("data:")?.split_once(',')?;
    if !kind.ends_with(";base64") {
        return Some(percent_decoded(data));
    }
    BASE64_NOPAD
        .decode(data.trim_end_matches('=').as_bytes())
        .ok()
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        let digits = behind
            .get(..2)
            .and_then(|two| std::str::from_utf8(two).ok());
        match digits.map(|digits| u8::from_str_radix(digits, 16)) {
            Some(Ok(escaped)) if byte == b'%' => {
                out.push(escaped);
                rest = &behind[2..];
            }
            _ => {
                out.push(byte);
                rest = behind;
            }
        }
    }
    out
}

fn decoded(text: &[u8]) -> Option<DecodedMap> {
    swc_sourcemap::decode_slice(text).ok()
}

/// A path, or what a `file:` URL means; `None` for other URLs.
fn path_of(url: &str) -> Option<PathBuf> {
    if url.starts_with("file://") {
        return url::Url::parse(url).ok()?.to_file_path().ok();
    }
    let is_url = url
        .split_once(':')
        .is_some_and(|(scheme, _)| !scheme.contains(['/', '\\', '.']));
    (!is_url).then(|| PathBuf::from(url))
}

/// The path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

/// A regular file that is not too large.
fn read(path: &Path) -> Option<Vec<u8>> {
    // Asked before opening, which would wait for the other end of a pipe.
    let facts = fs::metadata(path).ok()?;
    if !facts.is_file() || facts.len() > LARGEST {
        return None;
    }
    let mut text = Vec::new();
    let file = File::open(path).ok()?;
    file.take(LARGEST).read_to_end(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(script: &Path, line: u64, column: u64) -> Location {
        Location {
            script: Some(script.display().to_string()),
            line,
            column,
            compiled: None,
        }
    }

    fn mapped(script: &Path, line: u64, column: u64) -> Option<(String, u64, u64)> {
        let found = SourceMaps::default().original(place(script, line, column));
        found.compiled.as_ref()?;
        Some((found.script?, found.line, found.column))
    }

    /// Line 1 from column 1 on is line 10, column 5 of `../src/kept.ts`; column 9 of line 2 is line 11.
    const MAP: &str =
        r#"{"version":3,"sources":["../src/kept.ts"],"names":[],"mappings":"AASI;QACA"}"#;

    #[test]
    fn maps_in_scripts_beside_them_and_named_by_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let dist = folder.path().join("dist");
        fs::create_dir(&dist).expect("a folder");
        let source = folder.path().join("src/kept.ts").display().to_string();
        let write = |name: &str, text: &str| {
            let path = dist.join(name);
            fs::write(&path, text).expect("a file");
            path
        };
        write("named.json", MAP);
        write("beside.js.map", MAP);
        let base64 = data_encoding::BASE64.encode(MAP.as_bytes());
        let percent = MAP.replace('"', "%22").replace(' ', "%20");
        for (name, comment) in [
            ("named.js", "//# sourceMappingURL=named.json".to_owned()),
            ("beside.js", String::new()),
            (
                "inline.js",
                format!("//# sourceMappingURL=data:application/json;charset=utf-8;base64,{base64}"),
            ),
            (
                "percent.js",
                format!("/*# sourceMappingURL=data:application/json,{percent} */"),
            ),
        ] {
            let script = write(name, &format!("let a;\n        let b;\n{comment}\n"));
            assert_eq!(
                mapped(&script, 1, 5),
                Some((source.clone(), 10, 5)),
                "{name}"
            );
            assert_eq!(
                mapped(&script, 2, 9),
                Some((source.clone(), 11, 5)),
                "{name}"
            );
            // In front of what the map knows of the line, and behind all lines.
            assert_eq!(mapped(&script, 2, 3), None, "{name}");
            assert_eq!(mapped(&script, 3, 1), None, "{name}");
        }
        let url = Path::new(&format!("file://{}", dist.display())).join("named.js");
        assert_eq!(mapped(&url, 1, 1), Some((source, 10, 5)));
    }

    #[test]
    fn what_has_no_map() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in [
            ("none.js", "let a;"),
            ("gone.js", "//# sourceMappingURL=gone.map"),
            ("self.js", "//# sourceMappingURL=self.js"),
            ("folder.js", "//# sourceMappingURL=."),
            ("far.js", "//# sourceMappingURL=https://example.com/a.map"),
            (
                "cut.js",
                "//# sourceMappingURL=data:application/json;base64,eyJ",
            ),
            ("no-comment.js", "'a sourceMappingURL=none.js'"),
        ] {
            let script = folder.path().join(name);
            fs::write(&script, text).expect("a file");
            assert_eq!(mapped(&script, 1, 1), None, "{name}");
        }
        for script in [
            "relative.js",
            "node:fs",
            "",
            "/nowhere.js",
            "evalmachine.<anonymous>",
        ] {
            assert_eq!(mapped(Path::new(script), 1, 1), None, "{script}");
        }
    }

    #[test]
    fn names_of_sources() {
        let map = |source: &str| SourceMap {
            map: decoded(MAP.replace("../src/kept.ts", source).as_bytes()).expect("a map"),
            folder: PathBuf::from("/app/dist"),
        };
        for (source, wanted) in [
            ("a.ts", "/app/dist/a.ts"),
            ("./../src/a.ts", "/app/src/a.ts"),
            ("/other/a.ts", "/other/a.ts"),
            ("file:///other/a.ts", "/other/a.ts"),
            ("webpack://app/./src/a.ts", "webpack://app/./src/a.ts"),
        ] {
            let original = map(source).original(1, 1);
            assert_eq!(original, Some((wanted.to_owned(), 10, 5)));
        }
    }
}
