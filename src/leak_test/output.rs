//! What a test writes, read all the time and kept up to a bound.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Bytes that are kept of the beginning, and of the end.
const KEPT: usize = 32 << 10;

/// How long output is waited for once the process is gone: somebody else may still have the pipe.
const PATIENCE: Duration = Duration::from_millis(500);

/// A stream that is being read.
pub struct Output(Option<Receiver<String>>);

impl Output {
    /// Reads `stream` on a thread of its own until its end.
    pub fn of(stream: Option<impl Read + Send + 'static>) -> Self {
        let Some(mut stream) = stream else {
            return Self(None);
        };
        let (sender, receiver) = channel();
        let thread = std::thread::Builder::new().name("oomhost-output".into());
        let started = thread.spawn(move || {
            // Nobody waits any more where the run is over.
            let _ = sender.send(read(&mut stream));
        });
        Self(started.ok().map(|_| receiver))
    }

    /// What was written.
    pub fn text(self) -> String {
        let text = self.0.and_then(|lines| lines.recv_timeout(PATIENCE).ok());
        text.unwrap_or_default()
    }
}

fn read(stream: &mut impl Read) -> String {
    let mut start = Vec::new();
    let mut end = VecDeque::new();
    let mut lost = 0_u64;
    let mut buffer = vec![0; 16 << 10];
    loop {
        let bytes = match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => &buffer[..count],
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        let (front, rest) = bytes.split_at(bytes.len().min(KEPT - start.len()));
        start.extend_from_slice(front);
        end.extend(rest);
        let more = end.len().saturating_sub(KEPT);
        end.drain(..more);
        lost += more as u64;
    }
    let mut text = String::from_utf8_lossy(&start).into_owned();
    if lost > 0 {
        text += &["\n... ", &lost.to_string(), " bytes left out ...\n"].concat();
    }
    let end: Vec<u8> = end.into();
    text.push_str(&String::from_utf8_lossy(&end));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_much_output_is_left_out() {
        let text = Output::of(Some(std::io::repeat(b'a').take(10 << 20))).text();
        assert!(text.len() < 3 * KEPT, "{}", text.len());
        assert!(text.contains("bytes left out"));
        assert_eq!(Output::of(Some(&b"\xffshort"[..])).text(), "\u{fffd}short");
        assert_eq!(Output::of(None::<&[u8]>).text(), "");
    }
}
