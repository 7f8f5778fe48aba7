//! The vendored V8 archive is the one that `third_party/v8/README.md` describes.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

const SUMS: &str = "SHA256SUMS";

fn prebuilt() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("third_party/v8/prebuilt")
}

/// The lines of `SHA256SUMS`, as `sha256sum` writes them: digest in lower-case
/// hexadecimal, two spaces, file name.
fn recorded() -> Vec<(String, String)> {
    let sums = fs::read_to_string(prebuilt().join(SUMS)).expect("SHA256SUMS is readable");
    sums.lines()
        .map(|line| {
            let (digest, name) = line.split_once("  ").expect("a digest and a name");
            (name.to_owned(), digest.to_owned())
        })
        .collect()
}

fn sha256_hex(bytes: &[u8]) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(bytes) {
        write!(hex, "{byte:02x}").expect("a string takes every write");
    }
    hex
}

#[test]
fn vendored_v8_has_its_recorded_checksums() {
    let recorded = recorded();
    assert!(!recorded.is_empty());
    for (name, digest) in recorded {
        let bytes = fs::read(prebuilt().join(&name)).expect("the recorded file is readable");
        assert_eq!(sha256_hex(&bytes), digest, "{name}");
    }
}

#[test]
fn every_vendored_v8_file_has_a_checksum() {
    let recorded: BTreeSet<String> = recorded().into_iter().map(|(name, _)| name).collect();
    let present: BTreeSet<String> = fs::read_dir(prebuilt())
        .expect("the folder is readable")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a plain name")
        })
        .filter(|name| name != SUMS)
        .collect();
    assert_eq!(present, recorded);
}

#[test]
fn patches_are_of_the_v8_that_is_linked() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("Cargo.toml is readable");
    let version = manifest
        .lines()
        .find_map(|line| line.strip_prefix("v8 = \"=")?.strip_suffix('"'))
        .expect("Cargo.toml pins v8");
    for entry in fs::read_dir(root.join("third_party/v8/patches")).expect("there are patches") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a patch is readable");
        let title = text.lines().next().unwrap_or_default();
        assert!(
            title.contains(&format!("(crate v8 {version})")),
            "{}: {title}",
            path.display()
        );
    }
}
