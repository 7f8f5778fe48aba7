//! The file split into its header and sections.

use std::ops::Range;

use memchr::memchr3;

use super::error::FormatError;
use super::header::Header;
use super::parallel;
use super::rows::Rows;
use super::strings::{self, Strings};

/// The text of a heap snapshot, split; no section is read yet.
#[derive(Debug, Clone)]
pub struct Snapshot<'a> {
    bytes: &'a [u8],
    /// What the columns mean, and how many nodes and edges there must be.
    pub header: Header,
    nodes: Range<usize>,
    edges: Range<usize>,
    strings: Range<usize>,
    trace_functions: Range<usize>,
    trace_tree: Range<usize>,
    samples: Range<usize>,
    locations: Range<usize>,
}

impl<'a> Snapshot<'a> {
    /// Splits `bytes`, the whole text of a `.heapsnapshot` file.
    ///
    /// V8 writes the header first and the strings last; both are relied on. Sections that
    /// are not known by name are passed over.
    ///
    /// # Errors
    /// The header is no valid one, a section is missing or twice there, or the file is cut
    /// off. The inside of the sections is not looked at.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, FormatError> {
        let mut cursor = Cursor::at(bytes, 0);
        let (header, _) = cursor.header()?;

        let mut known: [(&str, Option<Range<usize>>); 7] = [
            ("nodes", None),
            ("edges", None),
            ("trace_function_infos", None),
            ("trace_tree", None),
            ("samples", None),
            ("locations", None),
            ("strings", None),
        ];
        loop {
            cursor.expect(b',')?;
            cursor.skip_blanks();
            let key_at = cursor.pos;
            let key = cursor.key()?;
            let is_strings = key == b"strings";
            let range = if is_strings {
                cursor.rest_of_file()?
            } else {
                cursor.array()?
            };
            if let Some((name, place)) = known.iter_mut().find(|(name, _)| name.as_bytes() == key)
                && place.replace(range).is_some()
            {
                return Err(FormatError::at(
                    key_at,
                    format!("section \"{name}\" is there twice"),
                ));
            }
            if is_strings {
                break;
            }
        }
        let [
            nodes,
            edges,
            trace_functions,
            trace_tree,
            samples,
            locations,
            strings,
        ] = known.map(|(name, range)| {
            range.ok_or_else(|| {
                FormatError::at(bytes.len(), format!("section \"{name}\" is missing"))
            })
        });
        Ok(Self {
            bytes,
            header,
            nodes: nodes?,
            edges: edges?,
            strings: strings?,
            trace_functions: trace_functions.unwrap_or_default(),
            trace_tree: trace_tree.unwrap_or_default(),
            samples: samples.unwrap_or_default(),
            locations: locations.unwrap_or_default(),
        })
    }

    /// The whole file.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Bytes of the whole file.
    #[must_use]
    pub fn file_size(&self) -> u64 {
        self.bytes.len() as u64
    }

    pub(super) fn nodes(&self) -> Rows<'a> {
        self.rows(&self.nodes, "nodes")
    }

    pub(super) fn edges(&self) -> Rows<'a> {
        self.rows(&self.edges, "edges")
    }

    pub(super) fn trace_functions(&self) -> Rows<'a> {
        self.rows(&self.trace_functions, "trace_function_infos")
    }

    /// The text between the brackets of the trace tree, and its offset in the file.
    pub(super) fn trace_tree_text(&self) -> (&'a [u8], usize) {
        (&self.bytes[self.trace_tree.clone()], self.trace_tree.start)
    }

    pub(super) fn samples(&self) -> Rows<'a> {
        self.rows(&self.samples, "samples")
    }

    pub(super) fn locations(&self) -> Rows<'a> {
        self.rows(&self.locations, "locations")
    }

    pub(super) fn strings(&self) -> Strings<'a> {
        Strings::new(&self.bytes[self.strings.clone()], self.strings.start)
    }

    /// The text of the node section and its offset in the file; likewise the others.
    pub(super) fn node_text(&self) -> (&'a [u8], usize) {
        (&self.bytes[self.nodes.clone()], self.nodes.start)
    }

    pub(super) fn edge_text(&self) -> (&'a [u8], usize) {
        (&self.bytes[self.edges.clone()], self.edges.start)
    }

    pub(super) fn location_text(&self) -> (&'a [u8], usize) {
        (&self.bytes[self.locations.clone()], self.locations.start)
    }

    pub(super) fn string_text(&self) -> (&'a [u8], usize) {
        (&self.bytes[self.strings.clone()], self.strings.start)
    }

    fn rows(&self, range: &Range<usize>, section: &'static str) -> Rows<'a> {
        Rows::new(&self.bytes[range.clone()], range.start, section)
    }
}

/// Bytes that one thread looks through at a time.
const PART: usize = 2 << 20;

/// The first bracket or quote at `from` or behind it. The sections of numbers, most of the file, have
/// none; all cores go through them.
fn mark(bytes: &[u8], from: usize) -> Option<usize> {
    let find = |start: usize| {
        let part = &bytes[start..bytes.len().min(start + PART)];
        memchr3(b'[', b']', b'"', part).map(|at| start + at)
    };
    let found = find(from);
    if found.is_some() {
        return found;
    }
    let mut from = from + PART;
    let round = parallel::threads() * 4;
    loop {
        let starts: Vec<usize> = (from.min(bytes.len())..bytes.len())
            .step_by(PART)
            .take(round)
            .collect();
        from = starts.last()? + PART;
        let found = parallel::each(starts, find).into_iter().flatten().next();
        if found.is_some() {
            return found;
        }
    }
}

/// A place in the file, between values.
pub(super) struct Cursor<'a> {
    pub bytes: &'a [u8],
    pub pos: usize,
}

impl<'a> Cursor<'a> {
    pub fn at(bytes: &'a [u8], pos: usize) -> Self {
        Self { bytes, pos }
    }

    /// The header at the start of the file, and where it stands.
    pub fn header(&mut self) -> Result<(Header, Range<usize>), FormatError> {
        self.expect(b'{')?;
        let start = self.pos;
        if self.key()? != b"snapshot" {
            return Err(FormatError::at(
                start,
                "the file does not start with {\"snapshot\":",
            ));
        }
        let start = self.pos;
        let (header, end) = Header::parse(self.bytes, start)?;
        self.pos = end;
        Ok((header, start..end))
    }

    fn skip_blanks(&mut self) {
        while let Some(b'\n' | b' ' | b'\r' | b'\t') = self.bytes.get(self.pos) {
            self.pos += 1;
        }
    }

    /// Passes over blanks and this byte; stays before another.
    pub fn expect(&mut self, wanted: u8) -> Result<(), FormatError> {
        self.skip_blanks();
        match self.bytes.get(self.pos) {
            Some(&found) if found == wanted => {
                self.pos += 1;
                Ok(())
            }
            Some(_) => Err(FormatError::at(
                self.pos,
                format!("'{}' is missing", char::from(wanted)),
            )),
            None => Err(self.cut_off()),
        }
    }

    /// A key with its colon.
    pub fn key(&mut self) -> Result<&'a [u8], FormatError> {
        self.expect(b'"')?;
        let start = self.pos;
        let end = strings::closing_quote(self.bytes, start).ok_or_else(|| self.cut_off())?;
        self.pos = end + 1;
        self.expect(b':')?;
        Ok(&self.bytes[start..end])
    }

    /// Passes over an array and returns what is between its brackets.
    pub fn array(&mut self) -> Result<Range<usize>, FormatError> {
        self.expect(b'[')?;
        let start = self.pos;
        let mut depth = 1_usize;
        while depth > 0 {
            let at = mark(self.bytes, self.pos).ok_or_else(|| self.cut_off())?;
            self.pos = at + 1;
            match self.bytes[at] {
                b'[' => depth += 1,
                b']' => depth -= 1,
                _ => {
                    self.pos = strings::closing_quote(self.bytes, self.pos)
                        .ok_or_else(|| self.cut_off())?
                        + 1;
                }
            }
        }
        Ok(start..self.pos - 1)
    }

    /// An array that is the last thing in the file, up to the two brackets that close it.
    /// Found from the end, so that the largest section but two is not walked for it.
    fn rest_of_file(&mut self) -> Result<Range<usize>, FormatError> {
        self.expect(b'[')?;
        let start = self.pos;
        let mut rest = self.bytes[start..].trim_ascii_end();
        for closing in [b'}', b']'] {
            rest = rest
                .strip_suffix(&[closing])
                .ok_or_else(|| self.cut_off())?
                .trim_ascii_end();
        }
        Ok(start..start + rest.len())
    }

    fn cut_off(&self) -> FormatError {
        FormatError::at(self.bytes.len(), "the file is cut off")
    }
}
