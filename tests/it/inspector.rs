//! The `DevTools` port: by hand, and with `chrome-remote-interface` (`tests/inspector`), which npm installs
//! into the build's folder when it can.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use crate::child::{Ended, chromium, oomhost};
use crate::faults::skip;

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inspector")
}

/// Where the client is installed, or why it is not.
fn client() -> Result<&'static Path, &'static str> {
    static CLIENT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let found = CLIENT.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("inspector-client");
        if folder.join("node_modules/chrome-remote-interface").exists() {
            return Ok(folder);
        }
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        fs::copy(scripts().join("package.json"), folder.join("package.json"))
            .map_err(|error| error.to_string())?;
        let installed = Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--no-package-lock"])
            .current_dir(&folder)
            .output()
            .map_err(|error| format!("npm cannot be run: {error}"))?;
        if installed.status.success() {
            Ok(folder)
        } else {
            let said = String::from_utf8_lossy(&installed.stderr);
            Err(format!("npm cannot install the client: {said}"))
        }
    });
    found.as_deref().map_err(String::as_str)
}

/// Runs one of the scripts, which asserts by itself.
fn drive(name: &str) {
    drive_with(name, &[]);
}

fn drive_with(name: &str, more: &[&OsStr]) {
    let folder = match client() {
        Ok(folder) => folder,
        Err(reason) => skip!("{reason}"),
    };
    let ended = Ended::of(
        Command::new("node")
            .arg(scripts().join(name))
            .arg(env!("CARGO_BIN_EXE_oomhost"))
            .args(more)
            .env("INSPECTOR_CLIENT", folder)
            .env_remove("NODE_OPTIONS"),
    );
    print!("{}", ended.stdout);
    assert_eq!(ended.code, Some(0), "{name}: {}", ended.stderr);
}

#[test]
fn runtime_domain() {
    drive("runtime.mjs");
}

#[test]
fn debugger_domain() {
    drive("debugger.mjs");
}

#[test]
fn heap_profiler_domain() {
    drive("heap.mjs");
}

#[test]
fn busy_and_sleeping_scripts_are_served() {
    drive("busy.mjs");
}

#[test]
fn two_clients_at_a_time() {
    drive("two.mjs");
}

#[test]
fn a_slow_client_costs_no_memory() {
    drive("slow.mjs");
}

#[test]
fn out_of_memory_is_captured_with_a_debugger_attached() {
    drive("oom.mjs");
}

#[test]
fn a_script_opens_and_closes_the_port() {
    drive("open.mjs");
}

#[test]
fn the_front_end_of_chromium_shows_what_we_send() {
    let Some(chromium) = chromium() else {
        skip!("there is no chromium on this machine, and CHROMIUM names none");
    };
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("chromium");
    drive_with("chromium.mjs", &[&chromium, pictures.as_os_str()]);
}

/// A program with its port open; killed when dropped.
struct Debugged {
    child: Child,
    /// `127.0.0.1:PORT/ID`.
    place: String,
}

impl Debugged {
    fn start(flags: &[&str]) -> Self {
        let mut child = oomhost()
            .args(flags)
            .args(["-e", "setInterval(() => {}, 1000)"])
            .stderr(Stdio::piped())
            .spawn()
            .expect("oomhost starts");
        let mut line = String::new();
        // Closed then: the program must not mind.
        let stderr = child.stderr.take().expect("piped");
        BufReader::new(stderr).read_line(&mut line).expect("a line");
        let place = line
            .trim()
            .strip_prefix("Debugger listening on ws://")
            .unwrap_or_else(|| panic!("{line}"))
            .to_owned();
        Self { child, place }
    }

    fn address(&self) -> &str {
        self.place.split('/').next().expect("an address")
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).expect("the port is open");
        let timeout = Some(Duration::from_secs(20));
        stream.set_read_timeout(timeout).expect("a timeout");
        stream
    }

    /// All that is answered to `request`; nothing where the connection is closed at once.
    fn ask(&self, request: &str) -> String {
        let mut stream = self.connect();
        let mut answer = String::new();
        let asked = stream.write_all(request.as_bytes());
        match asked.and_then(|()| stream.read_to_string(&mut answer)) {
            Err(error) if !is_closed(&error) => panic!("no answer: {error}"),
            _ => answer,
        }
    }

    fn get(&self, path: &str, host: &str) -> String {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"))
    }
}

impl Drop for Debugged {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_closed(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionReset};

    matches!(error.kind(), ConnectionReset | BrokenPipe)
}

#[test]
fn other_names_than_localhost_are_refused() {
    let debugged = Debugged::start(&["--inspect=0"]);
    let (_, id) = debugged.place.split_once('/').expect("an id");
    let port = debugged.address().rsplit(':').next().expect("a port");
    for path in ["/json", "/json/list", "/json/version", "/json/protocol"] {
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            let answer = debugged.get(path, &format!("{host}:{port}"));
            assert!(
                answer.starts_with("HTTP/1.0 200 OK"),
                "{path} {host}: {answer}"
            );
        }
        let answer = debugged.get(path, &format!("rebound.example:{port}"));
        assert!(answer.starts_with("HTTP/1.0 400 "), "{path}: {answer}");
        assert!(!answer.contains(id), "{answer}");
    }
    let upgrade = |host: &str, path: &str| {
        debugged.ask(&format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\
             \u{88}\u{80}"
        ))
    };
    assert!(upgrade("rebound.example", &format!("/{id}")).starts_with("HTTP/1.0 400 "));
    assert!(
        upgrade("localhost", "/00000000-0000-4000-8000-000000000000").starts_with("HTTP/1.0 400 ")
    );
}

#[test]
fn junk_and_crowds_do_no_harm() {
    let debugged = Debugged::start(&["--inspect=0"]);
    let mut crowd: Vec<_> = (0..100).map(|_| debugged.connect()).collect();
    for (index, stream) in crowd.iter_mut().enumerate() {
        // Some are closed at once, and writing to them fails.
        let _ = stream.write_all(&vec![u8::try_from(index).unwrap_or(0); index * 1000]);
    }
    drop(crowd);
    // What the crowd left is closed when the server comes to it.
    let answered = |request: &str| {
        for _ in 0..100 {
            let answer = debugged.ask(request);
            if !answer.is_empty() {
                return answer;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        String::new()
    };
    let answer = answered("\u{16}\u{3}\u{1}\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.0 400 "), "{answer}");
    let answer = answered("GET /json/version HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(answer.contains("node.js/v"), "{answer}");
}

#[test]
fn loopback_is_the_default_and_other_addresses_are_asked_for() {
    let debugged = Debugged::start(&["--inspect=0"]);
    assert!(
        debugged.place.starts_with("127.0.0.1:"),
        "{}",
        debugged.place
    );
    let debugged = Debugged::start(&["--inspect-port=[::1]:0", "--inspect"]);
    assert!(debugged.place.starts_with("[::1]:"), "{}", debugged.place);
    let answer = debugged.get("/json/version", "localhost");
    assert!(answer.starts_with("HTTP/1.0 200 OK"), "{answer}");
}

#[test]
fn a_port_that_is_taken_is_said_and_the_script_runs() {
    let debugged = Debugged::start(&["--inspect=0"]);
    let address = debugged.address();
    let ended = Ended::of(oomhost().args([&format!("--inspect-brk={address}"), "-p", "1 + 1"]));
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stdout, "2\n");
    let expected = format!("Starting inspector on {address} failed: address already in use\n");
    assert_eq!(ended.stderr, expected);
    let ended = Ended::of(oomhost().args(["--inspect=no.such.host.invalid", "-p", "1"]));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "1\n"));
    let said = "Unable to resolve \"no.such.host.invalid\": ";
    assert!(ended.stderr.starts_with(said), "{}", ended.stderr);
    for place in ["1", "80", "65536", "localhost:http"] {
        let ended = Ended::of(oomhost().args([&format!("--inspect={place}"), "-p", "1"]));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(9), ""));
        assert!(
            ended.stderr.contains("must be 0 or in range 1024 to 65535"),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn nothing_is_open_unless_asked_for() {
    let code = "console.log(require('inspector').url()); \
                require('fs').readdirSync('/proc/self/task').length";
    let ended = Ended::of(oomhost().args(["-p", code]));
    let mut lines = ended.stdout.lines();
    assert_eq!(lines.next(), Some("undefined"));
    let without: u32 = lines
        .next()
        .and_then(|line| line.parse().ok())
        .expect("threads");
    let ended = Ended::of(oomhost().args(["--inspect=0", "-p", code]));
    let with: u32 = ended
        .stdout
        .lines()
        .nth(1)
        .and_then(|line| line.parse().ok())
        .expect("threads");
    assert_eq!(with, without + 1, "a thread of its own");
}
