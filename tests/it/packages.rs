//! Packages from the npm registry, newest versions, with a page of use each (`fixtures/packages`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::child::{Ended, oomhost};
use crate::faults::skip;

/// The pages, by the package that each uses.
fn pages() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/packages");
    let mut pages: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    pages.sort();
    pages
}

fn package(page: &Path) -> String {
    let stem = page.file_stem().expect("a file");
    stem.to_string_lossy().into_owned()
}

/// Installs them where the registry can be reached, or says why not.
fn install(folder: &Path, pages: &[PathBuf]) -> Result<(), String> {
    if pages
        .iter()
        .all(|page| folder.join("node_modules").join(package(page)).exists())
    {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    fs::write(folder.join("package.json"), r#"{ "private": true }"#)
        .map_err(|error| error.to_string())?;
    let installed = Command::new("npm")
        .args(["install", "--ignore-scripts", "--no-audit", "--no-fund"])
        .args(pages.iter().map(|page| package(page)))
        .current_dir(folder)
        .output()
        .map_err(|error| format!("npm cannot be run: {error}"))?;
    if installed.status.success() {
        Ok(())
    } else {
        let said = String::from_utf8_lossy(&installed.stderr);
        Err(format!("npm cannot install packages: {said}"))
    }
}

#[test]
fn each_does_a_page_of_what_it_is_for() {
    let pages = pages();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages");
    if let Err(reason) = install(&folder, &pages) {
        skip!("{reason}");
    }
    let mut failed = Vec::new();
    for page in &pages {
        // Modules are looked for from where the page lies.
        let copy = folder.join(page.file_name().expect("a file"));
        fs::copy(page, &copy).expect("the folder can be written to");
        let ended = Ended::of(oomhost().current_dir(&folder).arg(&copy));
        if ended.code != Some(0) {
            failed.push(format!("{}: {}", page.display(), ended.stderr));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
