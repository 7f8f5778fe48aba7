//! Modules: each test writes a small program into a folder of its own and runs it. What is expected
//! is what Node 26 prints for the same program, but where a test says otherwise.

mod common_js;
mod es_modules;
mod interplay;
mod packages;
mod start;
mod typescript;

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::child::{Ended, oomhost};

/// A folder with a program's files. `$DIR` in what is expected stands for its path.
struct Program {
    folder: TempDir,
    path: String,
}

impl Program {
    /// Writes `files`, each a path in the folder and its text.
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the program");
        let path = folder.path().canonicalize().expect("the folder is there");
        let program = Self {
            path: path.to_string_lossy().into_owned(),
            folder,
        };
        for (name, text) in files {
            program.write(name, text);
        }
        program
    }

    fn write(&self, name: &str, text: &str) {
        let file = self.folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap_or(Path::new("/"))).expect("a folder");
        fs::write(file, text).expect("a file of the program");
    }

    /// Runs `oomhost` with `args` in the folder.
    fn run(&self, args: &[&str]) -> Ended {
        let mut command = oomhost();
        command.args(args).current_dir(self.folder.path());
        command.env_remove("NODE_PATH").env("HOME", &self.path);
        let mut ended = Ended::of(&mut command);
        ended.stdout = ended.stdout.replace(&self.path, "$DIR");
        ended.stderr = ended.stderr.replace(&self.path, "$DIR");
        ended
    }

    /// Runs `oomhost` with `args`, which must end well and print `lines`.
    #[track_caller]
    fn prints(&self, args: &[&str], lines: &[&str]) {
        let ended = self.run(args);
        let printed: Vec<&str> = ended.stdout.lines().collect();
        assert_eq!(printed, lines, "stderr: {}", ended.stderr);
        assert_eq!(ended.code, Some(0), "stderr: {}", ended.stderr);
    }

    /// Runs `oomhost` with `args`, which must end with exit code 1 and say each of `parts` on
    /// stderr.
    #[track_caller]
    fn fails(&self, args: &[&str], parts: &[&str]) {
        let ended = self.run(args);
        for part in parts {
            assert!(
                ended.stderr.contains(part),
                "no {part:?} in:\n{}",
                ended.stderr
            );
        }
        assert_eq!(ended.code, Some(1), "stderr: {}", ended.stderr);
    }
}
