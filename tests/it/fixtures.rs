//! The scripts of `tests/fixtures`, what their first lines ask for, and a run of one of them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::{Condvar, LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::child::oomhost;

/// Memory that a capture may need at its peak, in bytes: stock V8 takes 4 kB for each index of
/// the longest array, whatever the heap's size. As many run at once as the machine has room for.
const RUN_MEMORY: u64 = 2_500_000_000;

/// A run that takes longer hangs. Generous, for builds without optimisation on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// A script and the directives in its leading `//@ name: value` lines.
pub struct Fixture {
    pub path: PathBuf,
    directives: Vec<(String, String)>,
}

impl Fixture {
    /// The script `name.js` in the folder `kind`; underscores in the name are dashes there.
    pub fn open(kind: &str, name: &str) -> Self {
        let name = format!("{}.js", name.replace('_', "-"));
        let path = folder(kind).join(name);
        let text = fs::read_to_string(&path).expect("the fixture is readable");
        let directives = text
            .lines()
            .map_while(|line| line.strip_prefix("//@ ")?.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Self { path, directives }
    }

    /// The value of a directive, if the script has it.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.directives
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Runs the script with `oomhost` and the flags that it asks for, in an empty folder.
    pub fn run(&self) -> Run {
        self.run_with(&[], &[])
    }

    /// Likewise, with more flags and more in its environment.
    pub fn run_with(&self, flags: &[&str], environment: &[(&str, &str)]) -> Run {
        let _turn = Turn::wait();
        let folder = tempfile::tempdir().expect("a folder to run in");
        let output = tempfile::tempdir().expect("a folder for the output");
        let [stdout, stderr] = ["stdout", "stderr"].map(|name| output.path().join(name));
        let mut child = oomhost()
            .args(self.get("flags").unwrap_or_default().split_whitespace())
            .args(flags)
            .arg(&self.path)
            .envs(environment.iter().copied())
            .current_dir(folder.path())
            .stdout(File::create(&stdout).expect("a file for stdout"))
            .stderr(File::create(&stderr).expect("a file for stderr"))
            .spawn()
            .expect("oomhost starts");
        let pid = child.id();
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("waiting for oomhost") {
                break status;
            }
            if start.elapsed() > PATIENCE {
                child.kill().expect("killing a hanging oomhost");
                child.wait().expect("waiting for a killed oomhost");
                panic!("{} hangs:\n{}", self.path.display(), read(&stderr));
            }
            thread::sleep(Duration::from_millis(5));
        };
        let mut files: Vec<String> = fs::read_dir(folder.path())
            .expect("the folder is readable")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        files.sort();
        Run {
            pid,
            status,
            stdout: read(&stdout),
            stderr: read(&stderr),
            files,
            folder,
        }
    }
}

/// What a run came to.
pub struct Run {
    pub pid: u32,
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
    /// Names of what the run left in its folder.
    pub files: Vec<String>,
    /// The folder itself, gone with this value.
    pub folder: TempDir,
}

impl Run {
    /// Everything worth knowing when the run was not as it should be.
    pub fn account(&self) -> String {
        format!(
            "{}, files {:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.status, self.files, self.stdout, self.stderr
        )
    }
}

/// The scripts of a folder, named as [`Fixture::open`] takes them.
pub fn names(kind: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder(kind))
        .expect("the folder of fixtures is readable")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            path.file_stem()
                .expect("a name")
                .to_string_lossy()
                .replace('-', "_")
        })
        .collect();
    names.sort();
    names
}

fn folder(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(kind)
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).expect("the output is readable")).into_owned()
}

static AT_ONCE: LazyLock<u64> = LazyLock::new(|| (available_memory() / RUN_MEMORY).max(1));
static RUNNING: Mutex<u64> = Mutex::new(0);
static ENDED: Condvar = Condvar::new();

/// The right to run one script now, given back when dropped.
struct Turn;

impl Turn {
    fn wait() -> Self {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running = ENDED
            .wait_while(running, |running| *running >= *AT_ONCE)
            .unwrap_or_else(PoisonError::into_inner);
        *running += 1;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        ENDED.notify_one();
    }
}

/// What the kernel says is left, in bytes; 0 where it does not say.
fn available_memory() -> u64 {
    let Ok(text) = fs::read_to_string("/proc/meminfo") else {
        return 0;
    };
    text.lines()
        .find_map(|line| {
            line.strip_prefix("MemAvailable:")?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .map_or(0, |kilobytes: u64| kilobytes * 1024)
}

/// One test for each script of a folder, and one that says when a script has none.
macro_rules! one_test_each {
    ($kind:literal, $check:path: $($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                $check(&$crate::fixtures::Fixture::open($kind, stringify!($name)));
            }
        )*

        #[test]
        fn every_script_has_its_test() {
            assert_eq!($crate::fixtures::names($kind), [$(stringify!($name)),*]);
        }
    };
}
pub(crate) use one_test_each;

/// A test for each script of `tests/fixtures/leaks`.
macro_rules! one_test_each_leak {
    ($check:path) => {
        $crate::fixtures::one_test_each! { "leaks", $check:
            array_buffers
            array_fill
            closures
            dictionary
            errors
            fast_growth
            generators
            giant_array
            giant_string
            json_parse
            linked_list
            listeners
            map_growth
            microtask
            promises
            recursion
            regexp
            set_growth
            slow_growth
            string_length
            timer
            tree
            typed_arrays
            wasm_memory
            weak_map
        }
    };
}
pub(crate) use one_test_each_leak;
