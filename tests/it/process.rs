//! How processes end and what they say: each script of `tests/fixtures/process` holds behind its
//! code what Node 26 does with it, see `tests/fixtures/process/README.md`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::child::{Ended, oomhost};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/process")
}

/// What a script prints and how it ends, in the words of the fixtures.
#[derive(Debug, PartialEq)]
struct Account {
    stdout: String,
    stderr: String,
    code: Option<i32>,
}

/// Behind the code: `//> ` begins a line of stdout, `//! ` one of stderr, `//= ` the exit code.
fn expected(source: &str) -> Account {
    let mut account = Account {
        stdout: String::new(),
        stderr: String::new(),
        code: None,
    };
    for line in source.lines() {
        let (text, line) = match line.get(..3) {
            Some("//>") => (&mut account.stdout, &line[3..]),
            Some("//!") => (&mut account.stderr, &line[3..]),
            Some("//=") => {
                account.code = line[3..].trim().parse().ok();
                continue;
            }
            _ => continue,
        };
        text.push_str(line.strip_prefix(' ').unwrap_or(line));
        text.push('\n');
    }
    account
}

/// Runs the script with the options of its first line, `// flags: ...`.
fn actual(script: &Path, source: &str) -> Account {
    let flags = source
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("// flags:"))
        .unwrap_or_default();
    let child = oomhost()
        .args(flags.split_whitespace())
        .arg(script)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("oomhost starts");
    let pid = child.id();
    let ended = Ended::from(child.wait_with_output().expect("oomhost ends"));
    Account {
        stdout: neutral(&ended.stdout, pid),
        stderr: neutral(&ended.stderr, pid),
        code: ended.code,
    }
}

/// Takes out what differs between machines, versions and our internals and Node's: the directory,
/// the process id, the version, the frames and source lines of built-in modules.
fn neutral(text: &str, pid: u32) -> String {
    let dir = fixtures();
    let text = text
        .replace(&dir.display().to_string(), "{dir}")
        .replace(&format!("(node:{pid})"), "(node:{pid})")
        .replace(
            &format!("oomhost v{}", env!("CARGO_PKG_VERSION")),
            "oomhost {version}",
        );
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("node:") && !line.contains(' ') {
            // The source line and the carets below it.
            lines.nth(1);
        } else if !is_internal_frame(line) {
            kept.push_str(line);
            kept.push('\n');
        } else if line.ends_with(" {") {
            kept.push_str("    {\n");
        }
    }
    kept
}

fn is_internal_frame(line: &str) -> bool {
    let line = line.trim_start();
    let is_frame = line.starts_with("at ")
        && (line.contains("(node:") || line.contains("at node:") || line.contains("async node:"));
    is_frame || line.ends_with("lines matching cause stack trace ...")
}

#[test]
fn processes_end_as_node_s_do() {
    const THREADS: usize = 4;

    let mut scripts: Vec<PathBuf> = fs::read_dir(fixtures())
        .expect("the fixtures")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_file() && path.extension().is_some_and(|end| end != "md"))
        .collect();
    scripts.sort();
    assert!(scripts.len() > 100, "the fixtures are not there");
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(script) = scripts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let source = fs::read_to_string(script).expect("a readable script");
                    let (expected, actual) = (expected(&source), actual(script, &source));
                    if expected != actual {
                        let name = script.display();
                        let difference = format!(
                            "{name}\nexpected {:?}\n{}{}\nactual {:?}\n{}{}\n",
                            expected.code,
                            expected.stdout,
                            expected.stderr,
                            actual.code,
                            actual.stdout,
                            actual.stderr
                        );
                        failures.lock().expect("no panic").push(difference);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no panic");
    assert!(
        failures.is_empty(),
        "{} of {} scripts differ\n{}",
        failures.len(),
        scripts.len(),
        failures.join("\n")
    );
}

fn eval(code: &str) -> Command {
    let mut command = oomhost();
    command.args(["-e", code]);
    command
}

/// Runs `oomhost "$@"` in a shell, as `$oomhost`, which pipes and closes what it likes.
fn shell(line: &str) -> Ended {
    let mut command = Command::new("bash");
    command
        .env("oomhost", env!("CARGO_BIN_EXE_oomhost"))
        .env_remove("NODE_OPTIONS")
        .args(["-c", line])
        .stdin(Stdio::null());
    Ended::of(&mut command)
}

#[test]
fn a_signal_ends_a_process_that_does_not_listen() {
    for (name, number) in [
        ("SIGTERM", 15),
        ("SIGINT", 2),
        ("SIGHUP", 1),
        ("SIGUSR2", 12),
    ] {
        let code = format!("process.kill(process.pid, '{name}'); setTimeout(() => {{}}, 5000)");
        assert_eq!(Ended::of(&mut eval(&code)).signal, Some(number), "{name}");
    }
}

#[test]
fn signals_that_the_parent_ignored_end_the_process_too() {
    let line = "trap '' HUP INT; \"$oomhost\" -e 'process.kill(process.pid, \"SIGHUP\"); \
                setTimeout(() => {}, 5000)'; echo $?";
    assert_eq!(shell(line).stdout, "129\n");
}

#[test]
fn a_file_size_limit_is_an_error_of_the_write() {
    let line = "cd \"$(mktemp -d)\" && ulimit -f 1 && \"$oomhost\" -e '\
                try { require(\"fs\").writeFileSync(\"f\", Buffer.alloc(1e6)) } \
                catch (e) { console.log(e.code) }'; echo $?";
    assert_eq!(shell(line).stdout, "EFBIG\n0\n");
}

#[test]
fn a_removed_listener_gives_the_default_back() {
    let code = "
        const listener = () => console.log('heard');
        process.on('SIGTERM', listener);
        process.removeListener('SIGTERM', listener);
        setTimeout(() => process.kill(process.pid, 'SIGTERM'), 1);
        setTimeout(() => {}, 5000);";
    let ended = Ended::of(&mut eval(code));
    assert_eq!((ended.stdout.as_str(), ended.signal), ("", Some(15)));
}

#[test]
fn signals_from_outside_reach_listeners() {
    let ended = shell(
        r#"
        out=$(mktemp)
        "$oomhost" -e '
            process.on("SIGINT", (name, number) => {
                console.log(name, number);
                process.exitCode = 3;
                clearInterval(timer);
            });
            const timer = setInterval(() => {}, 1000);
            console.log("ready");
        ' >"$out" &
        pid=$!
        until grep -q ready "$out"; do sleep 0.05; done
        kill -INT $pid
        wait $pid
        code=$?
        cat "$out"
        rm "$out"
        echo "code $code"
        "#,
    );
    assert_eq!(ended.stdout, "ready\nSIGINT 2\ncode 3\n", "{ended:?}");
}

/// Each calls `process.exit(5)` where leaving at once is hard.
const EXITS: &[&str] = &[
    "[1, 2].sort(() => process.exit(5))",
    "JSON.stringify({ get a() { process.exit(5) } })",
    "JSON.parse('[1]', () => process.exit(5))",
    "'x'.replace(/x/, () => process.exit(5))",
    "new Proxy({}, { get() { process.exit(5) } }).x",
    "class A { constructor() { process.exit(5) } } new A()",
    "require('fs').readFile('/etc/hostname', () => process.exit(5))",
    "require('fs').promises.readFile('/etc/hostname').then(() => process.exit(5))",
    "process.on('exit', () => { for (;;) process.exit(5) }); process.exit(4)",
    "process.on('beforeExit', () => process.exit(5)); clearInterval(alive)",
    "process.on('uncaughtException', () => process.exit(5)); null.x",
    "process.on('unhandledRejection', () => process.exit(5)); Promise.reject()",
    "process.on('SIGTERM', () => process.exit(5)); process.kill(process.pid)",
    "process.on('warning', () => process.exit(5)); process.emitWarning('x')",
    "queueMicrotask(() => process.exit(5))",
    "process.nextTick(() => process.exit(5))",
    "setTimeout(() => setImmediate(() => process.exit(5)))",
    "(function deep() { try { deep() } catch { process.exit(5) } })()",
    "globalThis.r = new FinalizationRegistry(() => process.exit(5)); r.register({}, 1); \
     setTimeout(gc)",
    "Error.prepareStackTrace = () => process.exit(5); new Error().stack",
    "console.log({ [util.inspect.custom]() { process.exit(5) } })",
    "process.stdout.write('x', () => process.exit(5))",
    "structuredClone({ get a() { process.exit(5) } })",
    "import('data:text/javascript,process.exit(5)')",
    "(async () => { for await (const x of (async function* () { process.exit(5) })()); })()",
    "const t = new EventTarget(); t.addEventListener('x', () => process.exit(5)); \
     t.dispatchEvent(new Event('x'))",
];

#[test]
fn exit_leaves_from_anywhere() {
    for code in EXITS {
        let code = format!("const alive = setTimeout(process.exit, 20_000, 9); {code}");
        let ended = Ended::of(oomhost().args(["--expose-gc", "-e", &code]));
        assert_eq!(ended.code, Some(5), "{code}: {ended:?}");
    }
}

#[test]
fn abort_is_a_signal() {
    assert_eq!(Ended::of(&mut eval("process.abort()")).signal, Some(6));
}

#[test]
fn a_reader_that_goes_away_is_no_error_of_console() {
    let ended = shell(
        r#""$oomhost" -e 'for (let i = 0; i < 50000; i++) console.log("line " + i)' | head -1
        echo "code ${PIPESTATUS[0]}""#,
    );
    assert_eq!(ended.stdout, "line 0\ncode 0\n");
    assert_eq!(ended.stderr, "");
}

#[test]
fn a_reader_that_goes_away_is_an_error_event_of_stdout() {
    let uncaught = shell(
        r#""$oomhost" -e '
            const write = () => process.stdout.write("x".repeat(100000));
            setInterval(write, 1);
        ' | head -c 1
        echo "code ${PIPESTATUS[0]}""#,
    );
    assert_eq!(uncaught.stdout, "xcode 1\n");
    assert!(
        uncaught.stderr.contains("Error: write EPIPE"),
        "{uncaught:?}"
    );
    let heard = shell(
        r#""$oomhost" -e '
            process.stdout.on("error", (error) => {
                console.error(error.message, error.code, error.syscall, error.errno);
                process.exit(4);
            });
            setInterval(() => process.stdout.write("x".repeat(100000)), 1);
        ' | head -c 1
        echo "code ${PIPESTATUS[0]}""#,
    );
    assert_eq!(heard.stdout, "xcode 4\n");
    assert_eq!(heard.stderr, "write EPIPE EPIPE write -32\n");
}

#[test]
fn closed_and_full_streams_are_no_panic() {
    let both = r#"-e 'console.log("out"); console.error("err")'"#;
    for (redirect, stdout, stderr) in [
        (">&-", "", "err\n"),
        ("2>&-", "out\n", ""),
        ("<&-", "out\n", "err\n"),
        (">/dev/full", "", "err\n"),
    ] {
        let ended = shell(&format!(r#""$oomhost" {both} {redirect}"#));
        assert_eq!(
            (ended.stdout.as_str(), ended.stderr.as_str(), ended.code),
            (stdout, stderr, Some(0)),
            "{redirect}"
        );
    }
    let version = shell(r#""$oomhost" --version | true; "$oomhost" --help >&-; echo $?"#);
    assert_eq!(
        (version.stdout.as_str(), version.stderr.as_str()),
        ("0\n", "")
    );
}

#[test]
fn all_output_arrives_before_the_process_is_gone() {
    const LENGTH: usize = 3_000_000;

    for ending in ["", "process.exit(3)", "throw new Error('end')"] {
        let code = format!("process.stdout.write('y'.repeat({LENGTH})); {ending}");
        let ended = Ended::of(&mut eval(&code));
        assert_eq!(ended.stdout.len(), LENGTH, "{ending}");
        let code = format!("process.stderr.write('y'.repeat({LENGTH})); {ending}");
        let ended = Ended::of(&mut eval(&code));
        assert!(ended.stderr.len() >= LENGTH, "{ending}");
    }
}

#[test]
fn an_idle_process_uses_no_processor_time() {
    let code = "
        setInterval(() => {}, 10_000);
        setTimeout(() => {
            const before = process.cpuUsage();
            setTimeout(() => {
                const { user, system } = process.cpuUsage(before);
                console.log(user + system < 50_000);
                process.exit();
            }, 500);
        }, 100);";
    assert_eq!(Ended::of(&mut eval(code)).stdout, "true\n");
}
