//! The tree of a sampling heap profile, whose nodes lie within each other: two levels of JSON for each
//! frame of a stack, more than a JSON reader that calls itself would take.

use super::read::{CallFrame, Frames, count, json};
use super::{Kind, MOST_FRAMES, Node, Profile, ProfileError};

/// Reads `head` of `text`, which is known to be JSON, an object with such a key.
///
/// # Errors
/// What is wrong with a node.
pub fn read(text: &[u8], samples: u64) -> Result<Profile, ProfileError> {
    let mut scan = Scan { text, at: 0 };
    scan.find_head()?;
    let mut frames = Frames::default();
    let mut nodes: Vec<Node> = Vec::new();
    // The nodes that are being read, each within the one before.
    let mut open: Vec<Opened> = vec![Opened::default()];
    while let Some(node) = open.last_mut() {
        match scan.next_key() {
            Some(b"\"children\"") => {
                scan.expect(b'[', "children")?;
                node.in_children = true;
            }
            Some(key) => {
                let value = scan.value();
                match key {
                    b"\"callFrame\"" => {
                        let frame: CallFrame =
                            serde_json::from_slice(value).map_err(|error| json(&error))?;
                        node.frame = Some(frame);
                    }
                    b"\"selfSize\"" => {
                        node.size =
                            Some(serde_json::from_slice(value).map_err(|error| json(&error))?);
                    }
                    _ => {}
                }
                continue;
            }
            None => {}
        }
        // Before its children, who name it as their parent.
        let parent = open
            .len()
            .checked_sub(2)
            .and_then(|above| open[above].place);
        if let Some(node) = open.last_mut()
            && node.place.is_none()
        {
            node.place = Some(nodes.len());
            nodes.push(Node {
                parent,
                frame: 0,
                value: 0,
            });
        }
        // Into the next child, or out of those that have no more.
        while let Some(node) = open.last_mut() {
            if node.in_children && scan.next_element() {
                if open.len() > MOST_FRAMES {
                    return Err(ProfileError::TooDeep);
                }
                scan.expect(b'{', "a node")?;
                open.push(Opened::default());
                break;
            }
            if std::mem::take(&mut node.in_children) {
                // Its own keys go on behind its children.
                break;
            }
            node.finish(&mut nodes, &mut frames)?;
            open.pop();
        }
    }
    Ok(Profile {
        kind: Kind::Heap,
        frames: frames.list,
        nodes,
        samples,
        idle: 0,
    })
}

/// A node that is being read.
#[derive(Default)]
struct Opened {
    frame: Option<CallFrame>,
    size: Option<f64>,
    /// Where it is in the profile, once that is known.
    place: Option<usize>,
    /// What comes next is a child, or the end of the children.
    in_children: bool,
}

impl Opened {
    fn finish(&mut self, nodes: &mut [Node], frames: &mut Frames) -> Result<(), ProfileError> {
        let missing =
            |what| ProfileError::Json(format!("a node of the heap profile has no {what}"));
        let frame = self.frame.take().ok_or_else(|| missing("callFrame"))?;
        let size = self.size.ok_or_else(|| missing("selfSize"))?;
        if let Some(place) = self.place {
            nodes[place].frame = frames.add(frame.frame());
            nodes[place].value = count(size);
        }
        Ok(())
    }
}

/// A place in a text that is known to be JSON, so that what is not looked for can be passed over.
struct Scan<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Scan<'t> {
    /// The next byte that is neither blank nor a comma or colon, which stays.
    fn peek(&mut self) -> u8 {
        while let Some(byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | b':') {
                return *byte;
            }
            self.at += 1;
        }
        b'}'
    }

    /// Behind the brace that opens `head`.
    fn find_head(&mut self) -> Result<(), ProfileError> {
        self.expect(b'{', "the profile")?;
        while let Some(key) = self.next_key() {
            if key == b"\"head\"" {
                return self.expect(b'{', "head");
            }
            self.value();
        }
        Err(ProfileError::Neither)
    }

    fn expect(&mut self, wanted: u8, what: &str) -> Result<(), ProfileError> {
        if self.peek() != wanted {
            let kind = if wanted == b'[' { "array" } else { "object" };
            return Err(ProfileError::Json(format!(
                "{what} should be an {kind} at byte {}",
                self.at
            )));
        }
        self.at += 1;
        Ok(())
    }

    /// The next key of an object, in its quotes; `None` behind the brace that ends the object.
    fn next_key(&mut self) -> Option<&'t [u8]> {
        if self.peek() == b'"' {
            return Some(self.value());
        }
        self.at += 1;
        None
    }

    /// Whether an array goes on; else it is passed.
    fn next_element(&mut self) -> bool {
        let goes_on = self.peek() != b']';
        if !goes_on {
            self.at += 1;
        }
        goes_on
    }

    /// The value that begins here.
    fn value(&mut self) -> &'t [u8] {
        self.peek();
        let start = self.at;
        let mut depth = 0_usize;
        while let Some(&byte) = self.text.get(self.at) {
            match byte {
                b'"' => self.pass_string(),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                b'}' | b']' => break,
                b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => break,
                _ => {
                    self.at += 1;
                    continue;
                }
            }
            if depth == 0 {
                break;
            }
        }
        &self.text[start..self.at]
    }

    fn pass_string(&mut self) {
        self.at += 1;
        while let Some(&byte) = self.text.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'"' => return,
                _ => {}
            }
        }
    }
}
