//! How far the file is a heap snapshot.

use memchr::{memchr, memmem};

use super::{Lesser, Remains, Section};
use crate::heap::error::FormatError;
use crate::heap::header::Header;
use crate::heap::rows::Rows;
use crate::heap::snapshot::Cursor;
use crate::heap::strings;

impl<'a> Remains<'a> {
    /// Reads as far into `bytes` as it is a heap snapshot.
    ///
    /// What follows a break inside is not used, but for a string table that begins behind it.
    ///
    /// # Errors
    /// The file is none, or does not reach behind the first node: nothing can be saved.
    pub fn find(bytes: &'a [u8]) -> Result<Self, FormatError> {
        let text = until_nul(bytes);
        let mut cursor = Cursor::at(text, 0);
        let (header, header_range) = cursor.header()?;
        let header_json = serde_json::from_slice(&text[header_range.clone()])
            .map_err(|error| FormatError::at(header_range.start, format!("the header: {error}")))?;
        cursor.expect(b',')?;
        let key_at = cursor.pos;
        if cursor.key()? != b"nodes" {
            let what = "the header is not followed by the nodes";
            return Err(FormatError::at(key_at, what));
        }
        cursor.expect(b'[')?;

        let mut scan = Scan::new(header, bytes.len());
        let nodes = scan.nodes(text, cursor.pos);
        if nodes.count == 0 {
            let what = "there is no whole node";
            return Err(FormatError::at(cursor.pos, what));
        }
        cursor.pos = nodes.range.end;
        let mut remains = Self {
            bytes,
            header_json,
            whole: None,
            edges_of_nodes: scan.edges_of_nodes.min(scan.header.edge_count),
            nodes,
            edges: Section::default(),
            lesser: Lesser::default(),
            strings: Section::default(),
            strings_needed: 0,
            header: scan.header.clone(),
        };
        let in_order = remains.read_on(&mut scan, &mut cursor).is_some();
        remains.strings_needed = scan.strings_needed;
        if !in_order {
            remains.read_strings_behind(cursor.pos);
        } else if remains.is_all_there(scan.edges_of_nodes)
            && cursor.expect(b']').is_ok()
            && cursor.expect(b'}').is_ok()
        {
            remains.whole = Some(cursor.pos);
        }
        Ok(remains)
    }

    /// Reads what follows the nodes, up to the string table and in it; `None` where the
    /// order of V8 or the text ends before that. The cursor is left there.
    fn read_on(&mut self, scan: &mut Scan, cursor: &mut Cursor<'a>) -> Option<()> {
        let text = cursor.bytes;
        if !self.nodes.complete {
            return None;
        }
        cursor.expect(b']').ok()?;
        cursor.expect(b',').ok()?;
        (cursor.key().ok()? == b"edges").then_some(())?;
        cursor.expect(b'[').ok()?;
        self.edges = scan.edges(text, cursor.pos, self.edges_of_nodes);
        cursor.pos = self.edges.range.end;
        if !self.edges.complete {
            return None;
        }
        cursor.expect(b']').ok()?;
        loop {
            cursor.expect(b',').ok()?;
            let key = cursor.key().ok()?;
            if key == b"strings" {
                cursor.expect(b'[').ok()?;
                self.strings = read_strings(text, cursor.pos);
                cursor.pos = self.strings.range.end;
                return Some(());
            }
            let mut ahead = Cursor::at(text, cursor.pos);
            ahead.expect(b'[').ok()?;
            let start = ahead.pos;
            let Lesser {
                functions,
                tree,
                samples,
                locations,
            } = &mut self.lesser;
            match key {
                b"trace_function_infos" => *functions = scan.functions(text, start),
                b"samples" => *samples = scan.samples(text, start),
                b"locations" => *locations = scan.locations(text, start),
                _ => {}
            }
            let range = cursor.array().ok()?;
            if key == b"trace_tree" {
                *tree = Section {
                    count: 0,
                    range,
                    complete: true,
                };
            }
        }
    }

    /// Looks for the string table behind the break at `broken`. The text that begins it cannot
    /// stand inside a string, where its quotes would be escaped.
    fn read_strings_behind(&mut self, broken: usize) {
        const BEGINNING: &[u8] = b"\"strings\":[";
        if let Some(at) = memmem::find(&self.bytes[broken..], BEGINNING) {
            let start = broken + at + BEGINNING.len();
            let end = start + until_nul(&self.bytes[start..]).len();
            self.strings = read_strings(&self.bytes[..end], start);
        }
    }

    /// Whether every section is complete and agrees with the header.
    fn is_all_there(&self, edges_of_nodes: u64) -> bool {
        let Lesser {
            functions,
            samples,
            locations,
            ..
        } = &self.lesser;
        // A section that is absent is no loss.
        let whole = |section: &Section| section.complete || section.range.start == 0;
        self.nodes.complete
            && self.edges.complete
            && edges_of_nodes == self.header.edge_count
            && [functions, samples, locations].into_iter().all(whole)
            && functions.count == self.header.trace_function_count
            && self.strings.complete
            && self.strings.count >= self.strings_needed
    }
}

/// The rules for rows, and what they add up to.
struct Scan {
    header: Header,
    edges_of_nodes: u64,
    strings_needed: u64,
    /// No string has this number or a larger one, else the row that says so is broken: each
    /// node and edge brings one string at most.
    strings_bound: u64,
}

impl Scan {
    fn new(header: Header, file_size: usize) -> Self {
        let strings_bound = header
            .node_count
            .saturating_add(header.edge_count)
            .saturating_add(header.trace_function_count.saturating_mul(2))
            .saturating_add(1)
            .min(file_size as u64);
        Self {
            header,
            edges_of_nodes: 0,
            strings_needed: 0,
            strings_bound,
        }
    }

    fn nodes(&mut self, text: &[u8], start: usize) -> Section {
        let columns = &self.header.node;
        let mut first = true;
        let of = self.header.node_count;
        walk("nodes", text, start, columns.width, Some(of), |row| {
            let kind = usize::try_from(row[columns.kind]).unwrap_or(usize::MAX);
            let Some(kind) = columns.kinds.get(kind) else {
                return false;
            };
            let name = row[columns.name];
            let is_root = kind == "synthetic" && row[columns.id] == 1;
            if name >= self.strings_bound || (first && !is_root) {
                return false;
            }
            first = false;
            self.strings_needed = self.strings_needed.max(name + 1);
            self.edges_of_nodes = self.edges_of_nodes.saturating_add(row[columns.edge_count]);
            true
        })
    }

    /// `nodes` must be complete: edges may go to any of them.
    fn edges(&mut self, text: &[u8], start: usize, of: u64) -> Section {
        let columns = &self.header.edge;
        let by_index = columns.kinds_by_index();
        let node_width = self.header.node.width as u64;
        let nodes = self.header.node_count;
        walk("edges", text, start, columns.width, Some(of), |row| {
            let kind = usize::try_from(row[columns.kind]).unwrap_or(usize::MAX);
            let Some(by_index) = by_index.get(kind) else {
                return false;
            };
            let name = row[columns.name_or_index];
            if !by_index {
                if name >= self.strings_bound {
                    return false;
                }
                self.strings_needed = self.strings_needed.max(name + 1);
            }
            is_node(row[columns.to_node], node_width, nodes)
        })
    }

    fn functions(&self, text: &[u8], start: usize) -> Section {
        let width = self.header.trace_function_width.max(1);
        let of = self.header.trace_function_count;
        walk("trace_function_infos", text, start, width, Some(of), |_| {
            true
        })
    }

    fn samples(&self, text: &[u8], start: usize) -> Section {
        let width = self.header.sample_width.max(1);
        let column = self.header.sample_id;
        let mut last = 0;
        walk("samples", text, start, width, None, |row| {
            let rises = row[column] >= last;
            last = row[column];
            rises
        })
    }

    fn locations(&self, text: &[u8], start: usize) -> Section {
        let width = self.header.location_width.max(1);
        let column = self.header.location_node;
        let node_width = self.header.node.width as u64;
        let nodes = self.header.node_count;
        walk("locations", text, start, width, None, |row| {
            is_node(row[column], node_width, nodes)
        })
    }
}

fn is_node(index: u64, width: u64, nodes: u64) -> bool {
    index.is_multiple_of(width) && index / width < nodes
}

/// Reads rows of `section` from `start` on, as far as they are whole and `valid`, and as many as
/// the header says where it does.
fn walk(
    section: &'static str,
    text: &[u8],
    start: usize,
    width: usize,
    of: Option<u64>,
    mut valid: impl FnMut(&[u64]) -> bool,
) -> Section {
    let mut rows = Rows::new(&text[start..], start, section);
    let mut row = vec![0; width];
    let mut count = 0;
    let mut end = start;
    while of.is_none_or(|of| count < of) && matches!(rows.next_into(&mut row), Ok(true)) {
        // A number that nothing follows may have had more digits.
        let is_whole = matches!(
            text.get(rows.offset()),
            Some(b',' | b']' | b'\n' | b' ' | b'\r' | b'\t')
        );
        if !is_whole || !valid(&row) {
            break;
        }
        count += 1;
        end = rows.offset();
    }
    let is_closed = text[end..].trim_ascii_start().first() == Some(&b']');
    Section {
        count,
        range: start..end,
        complete: is_closed && of.is_none_or(|of| count == of),
    }
}

/// Reads strings from `start` on, as far as they are whole and valid JSON.
fn read_strings(text: &[u8], start: usize) -> Section {
    let mut cursor = Cursor::at(text, start);
    let mut count = 0;
    let mut end = start;
    while let Some(string) = next_string(&mut cursor, count == 0) {
        if strings::invalid_at(string).is_some() {
            break;
        }
        count += 1;
        end = cursor.pos;
    }
    Section {
        count,
        range: start..end,
        complete: text[end..].trim_ascii_start().first() == Some(&b']'),
    }
}

fn next_string<'a>(cursor: &mut Cursor<'a>, is_first: bool) -> Option<&'a [u8]> {
    if !is_first {
        cursor.expect(b',').ok()?;
    }
    cursor.expect(b'"').ok()?;
    let start = cursor.pos;
    let end = strings::closing_quote(cursor.bytes, start)?;
    cursor.pos = end + 1;
    Some(&cursor.bytes[start..end])
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    &bytes[..memchr(0, bytes).unwrap_or(bytes.len())]
}
