//! A valid snapshot made of what is left.

use std::ops::Range;

use super::{Remains, Section, placeholder};
use crate::heap::rows::Rows;

/// Bytes that are gathered before they are written.
const GATHERED: usize = 64 << 10;

/// What came of [`Remains::write`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Length of the snapshot in bytes.
    pub bytes: u64,
    /// Nodes that have fewer edges than they had.
    pub nodes_cut_off: u64,
}

impl Remains<'_> {
    /// Writes the snapshot to `out`, from front to back in pieces of any size.
    ///
    /// A whole one is written byte for byte. Else the counts in the header and of the nodes are
    /// made to fit what is there, lost strings are replaced by `lost#N`, and what is
    /// incomplete of allocation traces is left out.
    ///
    /// # Errors
    /// The first of `out`, which is not called again.
    pub fn write<E>(&self, out: &mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<Written, E> {
        let mut out = Writer {
            out,
            gathered: Vec::with_capacity(GATHERED),
            bytes: 0,
        };
        let nodes_cut_off = match self.whole {
            Some(length) => {
                out.all(&self.bytes[..length])?;
                0
            }
            None => self.write_sections(&mut out)?,
        };
        Ok(Written {
            bytes: out.finish()?,
            nodes_cut_off,
        })
    }

    fn write_sections<E>(&self, out: &mut Writer<'_, E>) -> Result<u64, E> {
        let lesser = &self.lesser;
        let none = Section::default();
        let has_traces = lesser.functions.complete && lesser.tree.complete;
        let (functions, tree) = if has_traces {
            (&lesser.functions, &lesser.tree)
        } else {
            (&none, &none)
        };

        out.all(b"{\"snapshot\":")?;
        out.all(
            self.header_with_counts(functions.count)
                .to_string()
                .as_bytes(),
        )?;
        out.all(b",\n\"nodes\":[")?;
        let nodes_cut_off = self.write_nodes(out)?;
        for (name, section) in [
            ("edges", &self.edges),
            ("trace_function_infos", functions),
            ("trace_tree", tree),
            ("samples", &lesser.samples),
            ("locations", &lesser.locations),
            ("strings", &self.strings),
        ] {
            out.all(b"],\n\"")?;
            out.all(name.as_bytes())?;
            out.all(b"\":[")?;
            out.all(self.text(&section.range))?;
        }
        for string in self.strings.count..self.strings_needed {
            out.all(if string > 0 {
                b",\n\"".as_slice()
            } else {
                b"\""
            })?;
            out.all(placeholder(string).as_bytes())?;
            out.all(b"\"")?;
        }
        out.all(b"]}")?;
        Ok(nodes_cut_off)
    }

    fn header_with_counts(&self, functions: u64) -> serde_json::Value {
        let mut header = self.header_json.clone();
        header["node_count"] = self.nodes.count.into();
        header["edge_count"] = self.edges.count.into();
        header["trace_function_count"] = functions.into();
        header
    }

    /// Returns how many nodes got a smaller edge count.
    fn write_nodes<E>(&self, out: &mut Writer<'_, E>) -> Result<u64, E> {
        let columns = &self.header.node;
        let range = &self.nodes.range;
        let mut rows = Rows::new(self.text(range), range.start, "nodes");
        let mut row = vec![0; columns.width];
        // Edges stand in the order of the nodes that they leave: the first nodes keep theirs,
        // and stay as they are.
        let mut edges_left = self.edges.count;
        let mut unchanged = range.start..range.start;
        let mut cut_off = 0;
        while let Ok(true) = rows.next_into(&mut row) {
            let edges = row[columns.edge_count];
            row[columns.edge_count] = edges.min(edges_left);
            edges_left -= row[columns.edge_count];
            let is_cut_off = row[columns.edge_count] < edges;
            if cut_off == 0 {
                if !is_cut_off {
                    unchanged.end = rows.offset();
                    continue;
                }
                out.all(self.text(&unchanged))?;
            }
            let is_first = cut_off == 0 && unchanged.is_empty();
            cut_off += u64::from(is_cut_off);
            out.row(&row, is_first)?;
        }
        if cut_off == 0 {
            out.all(self.text(&unchanged))?;
        }
        Ok(cut_off)
    }

    fn text(&self, range: &Range<usize>) -> &[u8] {
        &self.bytes[range.clone()]
    }
}

/// Gathers small pieces; large ones pass through.
struct Writer<'w, E> {
    out: &'w mut dyn FnMut(&[u8]) -> Result<(), E>,
    gathered: Vec<u8>,
    bytes: u64,
}

impl<E> Writer<'_, E> {
    fn all(&mut self, bytes: &[u8]) -> Result<(), E> {
        if self.gathered.len() + bytes.len() > GATHERED {
            self.flush()?;
        }
        if bytes.len() > GATHERED {
            self.bytes += bytes.len() as u64;
            (self.out)(bytes)
        } else {
            self.gathered.extend_from_slice(bytes);
            Ok(())
        }
    }

    fn row(&mut self, row: &[u64], is_first: bool) -> Result<(), E> {
        let mut separator: &[u8] = if is_first { b"" } else { b",\n" };
        for number in row {
            self.all(separator)?;
            self.all(number.to_string().as_bytes())?;
            separator = b",";
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), E> {
        self.bytes += self.gathered.len() as u64;
        (self.out)(&self.gathered)?;
        self.gathered.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<u64, E> {
        self.flush()?;
        Ok(self.bytes)
    }
}
