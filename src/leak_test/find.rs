//! Which files are tests.

use std::fs;
use std::path::{Path, PathBuf};

use super::directives::{self, DirectiveError, Directives};
use super::read;

/// A test.
#[derive(Debug, Clone)]
pub struct Fixture {
    /// The file.
    pub file: PathBuf,
    /// What its first lines say.
    pub directives: Directives,
}

/// Why nothing was run.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// A path or pattern that nothing is at.
    #[error("{0}: no such file, folder or pattern")]
    Nothing(String),
    /// A file that is no test.
    #[error("{0} is no test: it has no //@ directive and is not named *.leak.js (.mjs, .cjs, .ts)")]
    NoTest(PathBuf),
    /// A pattern that is none.
    #[error("{0}: {1}")]
    Pattern(String, String),
    /// What cannot be read.
    #[error("cannot read {0}: {1}")]
    Unreadable(PathBuf, std::io::Error),
    /// Directives that cannot be obeyed, one a line.
    #[error("{}", lines(.0))]
    Directives(Vec<DirectiveError>),
}

fn lines(errors: &[DirectiveError]) -> String {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// The tests that `paths` name: files, folders with everything below them, patterns with `*`, `?`, `[...]`
/// and `**`. In the order of their names, each once.
///
/// # Errors
/// As [`FindError`] says; wrong directives of all files together.
pub fn find(paths: &[String]) -> Result<Vec<Fixture>, FindError> {
    let here = [".".to_owned()];
    let paths = if paths.is_empty() { &here[..] } else { paths };
    let mut files = Vec::new();
    for given in paths {
        let path = Path::new(given);
        match fs::metadata(path) {
            Ok(facts) if facts.is_dir() => walk(path, &mut files)?,
            Ok(_) => files.push((without_dot(path), true)),
            Err(_) if given.contains(['*', '?', '[']) => matching(given, &mut files)?,
            Err(_) => return Err(FindError::Nothing(given.clone())),
        }
    }
    files.sort();
    files.dedup_by(|a, b| a.0 == b.0);
    let mut tests = Vec::new();
    let mut errors = Vec::new();
    for (file, is_named) in files {
        let bytes =
            read::regular(&file).map_err(|error| FindError::Unreadable(file.clone(), error))?;
        let text = String::from_utf8_lossy(&bytes);
        if !is_test_name(&file) && !directives::has_any(&text) {
            if is_named {
                return Err(FindError::NoTest(file));
            }
            continue;
        }
        match Directives::parse(&file, &text) {
            Ok(directives) => tests.push(Fixture { file, directives }),
            Err(wrong) => errors.extend(wrong),
        }
    }
    if errors.is_empty() {
        Ok(tests)
    } else {
        Err(FindError::Directives(errors))
    }
}

/// A path by which a file is known once, however it was found.
fn without_dot(path: &Path) -> PathBuf {
    path.strip_prefix(".").unwrap_or(path).to_owned()
}

/// `*.leak.js` and its like.
fn is_test_name(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| {
        [".leak.js", ".leak.mjs", ".leak.cjs", ".leak.ts"]
            .iter()
            .any(|end| name.ends_with(end))
    })
}

/// Adds the tests below a folder; hidden folders and `node_modules` are not looked into.
fn walk(folder: &Path, files: &mut Vec<(PathBuf, bool)>) -> Result<(), FindError> {
    let unreadable = |error| FindError::Unreadable(folder.to_owned(), error);
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // Links to folders are not followed, so that there is an end.
        let kind = entry.file_type().map_err(unreadable)?;
        let path = folder.join(entry.file_name());
        let path = without_dot(&path);
        if kind.is_dir() {
            if !name.starts_with('.') && name != "node_modules" {
                walk(&path, files)?;
            }
        } else if is_test_name(&path) && path.is_file() {
            files.push((path, false));
        }
    }
    Ok(())
}

fn matching(pattern: &str, files: &mut Vec<(PathBuf, bool)>) -> Result<(), FindError> {
    let failed =
        |error: &dyn std::fmt::Display| FindError::Pattern(pattern.to_owned(), error.to_string());
    let before = files.len();
    // As in a shell, a star is no hidden file.
    let options = glob::MatchOptions {
        require_literal_leading_dot: true,
        ..glob::MatchOptions::default()
    };
    for path in glob::glob_with(pattern, options).map_err(|error| failed(&error))? {
        let path = path.map_err(|error| failed(&error))?;
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            files.push((without_dot(&path), false));
        }
    }
    if files.len() == before {
        return Err(FindError::Nothing(pattern.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_files_and_patterns() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in [
            "a/x.leak.js",
            "a/b/y.leak.mjs",
            "a/plain.js",
            "a/node_modules/n.leak.js",
            "a/.git/g.leak.js",
            "told.js",
        ] {
            fs::create_dir_all(path(name).parent().unwrap()).unwrap();
            let text = if name == "told.js" {
                "//@ expect: exit 0\n"
            } else {
                ""
            };
            fs::write(path(name), text).unwrap();
        }
        let names = |given: &[&str]| -> Result<Vec<String>, String> {
            let given: Vec<String> = given
                .iter()
                .map(|name| path(name).display().to_string())
                .collect();
            let found = find(&given).map_err(|error| error.to_string())?;
            Ok(found
                .iter()
                .map(|test| {
                    test.file
                        .strip_prefix(folder.path())
                        .unwrap()
                        .display()
                        .to_string()
                })
                .collect())
        };
        let both = ["a/b/y.leak.mjs", "a/x.leak.js"];
        assert_eq!(names(&["a"]).unwrap(), both);
        assert_eq!(names(&["a", "a/x.leak.js"]).unwrap(), both);
        assert_eq!(
            names(&["a/**/*.js"]).unwrap(),
            ["a/node_modules/n.leak.js", "a/x.leak.js"]
        );
        assert_eq!(names(&["told.js"]).unwrap(), ["told.js"]);
        assert!(names(&["a/plain.js"]).unwrap_err().contains("is no test"));
        assert!(names(&["gone"]).unwrap_err().contains("no such file"));
        assert!(names(&["gone*"]).unwrap_err().contains("no such file"));
        fs::write(path("told.js"), "//@ expect: ever\n//@ heap: 1\n").unwrap();
        assert_eq!(names(&["told.js"]).unwrap_err().lines().count(), 2);
    }
}
