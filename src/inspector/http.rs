//! The HTTP side of the port, as Node answers: where the debugger is (`/json`, `/json/list`), what it
//! is (`/json/version`), what it understands (`/json/protocol`), and the way into the WebSocket.

use std::fmt::Write as _;

use serde_json::json;
use tungstenite::handshake::derive_accept_key;

/// Bytes that a request may have.
pub const LONGEST_REQUEST: usize = 16 << 10;

/// What can be debugged here.
#[derive(Clone, Debug)]
pub struct Target {
    /// The path of its WebSocket, without the slash.
    pub id: String,
    /// What a person sees in a list of targets.
    pub title: String,
    /// `file://` and the script's path.
    pub url: String,
}

/// What becomes of a connection after its request.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// The request is not whole yet.
    More,
    /// The bytes to send; then the connection is closed.
    Close(Vec<u8>),
    /// The bytes to send; then a WebSocket begins, of which the client may have sent some already,
    /// from this byte of the request on.
    Upgrade(Vec<u8>, usize),
}

/// Reads what came of a request so far, and answers it when it is whole.
pub fn answer(bytes: &[u8], target: &Target) -> Answer {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    let length = match request.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if bytes.len() < LONGEST_REQUEST => return Answer::More,
        _ => return refusal(),
    };
    let header = |name: &str| {
        request
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))
            .map(|header| String::from_utf8_lossy(header.value).trim().to_owned())
    };
    let host = header("host").unwrap_or_default();
    if request.method != Some("GET") || !is_allowed_host(&host) {
        return refusal();
    }
    let path = request.path.unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    let upgrades = header("upgrade").is_some_and(|what| what.eq_ignore_ascii_case("websocket"));
    match header("sec-websocket-key") {
        Some(key) if upgrades && path.strip_prefix('/') == Some(target.id.as_str()) => {
            let accept = derive_accept_key(key.as_bytes());
            let text = format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
                 Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
            );
            Answer::Upgrade(text.into_bytes(), length)
        }
        _ if upgrades => refusal(),
        _ => page(path, &host, target),
    }
}

fn page(path: &str, host: &str, target: &Target) -> Answer {
    match path {
        "/json" | "/json/list" => json_page(&pretty(&json!([list_entry(host, target)]))),
        "/json/version" => json_page(&pretty(&json!({
            "Browser": format!("node.js/{}", crate::NODE_VERSION),
            "Protocol-Version": "1.1",
        }))),
        "/json/protocol" => json_page(&super::protocol::json().to_string()),
        _ => match path.strip_prefix("/json/activate/") {
            Some(id) if id == target.id => plain_page("Target activated"),
            _ => refusal(),
        },
    }
}

fn list_entry(host: &str, target: &Target) -> serde_json::Value {
    let Target { id, title, url } = target;
    let place = format!("{host}/{id}");
    let front_end = |page: &str| {
        format!("devtools://devtools/bundled/{page}.html?experiments=true&v8only=true&ws={place}")
    };
    json!({
        "description": "node.js instance",
        "devtoolsFrontendUrl": front_end("js_app"),
        "devtoolsFrontendUrlCompat": front_end("inspector"),
        "faviconUrl": "https://nodejs.org/static/images/favicons/favicon.ico",
        "id": id,
        "title": title,
        "type": "node",
        "url": url,
        "webSocketDebuggerUrl": format!("ws://{place}"),
    })
}

fn pretty(value: &serde_json::Value) -> String {
    // Values made here have no keys but strings, and print.
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn json_page(body: &str) -> Answer {
    respond("application/json; charset=UTF-8", body)
}

fn plain_page(body: &str) -> Answer {
    respond("text/html; charset=UTF-8", body)
}

fn respond(kind: &str, body: &str) -> Answer {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write!(
        text,
        "HTTP/1.0 200 OK\r\nContent-Type: {kind}\r\nCache-Control: no-cache\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    Answer::Close(text.into_bytes())
}

/// What Node says to whatever it does not know.
fn refusal() -> Answer {
    Answer::Close(
        b"HTTP/1.0 400 Bad Request\r\nContent-Type: text/html; charset=UTF-8\r\n\r\n\
          WebSockets request was expected\r\n"
            .to_vec(),
    )
}

/// Whether a `Host` header names this machine by itself: an IP address or `localhost`. A page that has
/// its own name resolved to 127.0.0.1 (DNS rebinding) sends that name.
fn is_allowed_host(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let is_v6 = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
        .is_some_and(|name| name.parse::<std::net::Ipv6Addr>().is_ok());
    name.is_empty()
        || name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::Ipv4Addr>().is_ok()
        || is_v6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        Target {
            id: "abc".to_owned(),
            title: "x.js".to_owned(),
            url: "file:///x.js".to_owned(),
        }
    }

    fn get(path: &str, headers: &str) -> Answer {
        let request = format!("GET {path} HTTP/1.1\r\n{headers}\r\n");
        answer(request.as_bytes(), &target())
    }

    fn body(answer: Answer) -> serde_json::Value {
        let Answer::Close(bytes) = answer else {
            panic!("{answer:?}");
        };
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.0 200 OK\r\n"), "{head}");
        serde_json::from_str(body).unwrap()
    }

    #[test]
    fn only_addresses_and_localhost_are_hosts() {
        for host in [
            "",
            "localhost",
            "LOCALHOST:9229",
            "127.0.0.1:9229",
            "10.1.2.3",
            "[::1]:9229",
            "[::1]",
        ] {
            assert!(is_allowed_host(host), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:9229",
            "localhost.evil.example",
            "127.0.0.1.evil.example:9229",
            "127.0.0.1:9229:evil.example",
            "[evil]:9229",
            "[::1].evil.example",
            "127.1",
            "1.2.3.400",
            "::1",
        ] {
            assert!(!is_allowed_host(host), "{host}");
        }
        assert_eq!(get("/json", "Host: evil.example\r\n"), refusal());
    }

    #[test]
    fn a_request_may_come_in_pieces() {
        let request = b"GET /json/version HTTP/1.1\r\nHost: localhost:1\r\n\r\n";
        for end in 0..request.len() {
            assert_eq!(answer(&request[..end], &target()), Answer::More);
        }
        assert_eq!(
            body(answer(request, &target()))["Protocol-Version"],
            json!("1.1")
        );
    }

    #[test]
    fn what_is_no_request_is_refused() {
        assert_eq!(answer(b"\x16\x03\x01\x02", &target()), refusal());
        assert_eq!(answer(&[b'a'; LONGEST_REQUEST], &target()), refusal());
        assert_eq!(
            answer(b"POST /json HTTP/1.1\r\nHost: localhost\r\n\r\n", &target()),
            refusal()
        );
        assert_eq!(get("/json/else", ""), refusal());
    }

    #[test]
    fn a_list_names_the_host_that_was_asked() {
        let list = body(get("/json", "Host: localhost:77\r\n"));
        assert_eq!(
            list[0]["webSocketDebuggerUrl"],
            json!("ws://localhost:77/abc")
        );
    }

    #[test]
    fn a_web_socket_needs_the_id() {
        let headers = "Host: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                       Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        let Answer::Upgrade(bytes, _) = get("/abc", headers) else {
            panic!("no upgrade");
        };
        let text = String::from_utf8(bytes).unwrap();
        // The example of RFC 6455.
        assert!(text.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{text}");
        assert_eq!(get("/other", headers), refusal());
        assert_eq!(
            get("/abc", &headers.replace("127.0.0.1", "evil.example")),
            refusal()
        );
    }
}
