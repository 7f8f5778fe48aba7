//! The node section, read in parts straight to its columns.

use std::ops::Range;

use super::numbers::{Part, Section};
use super::sizes::Sizes;
use super::{Edge, Node, Release};
use crate::heap::error::FormatError;
use crate::heap::header::MAX_WIDTH;
use crate::heap::parallel;
use crate::heap::snapshot::Snapshot;

/// The largest size that is kept exactly when sizes are added up (as in `DevTools`).
const MAX_SIZE: u64 = 1 << 53;

/// The nodes, a column each.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    pub kind: Vec<u8>,
    pub name: Vec<u32>,
    pub id: Vec<u32>,
    pub self_size: Sizes,
    /// Where the edges of each node begin, and where those of the last end.
    first_edge: Vec<u32>,
    /// Nodes that the file says are attached (1) to the document or detached (2) from it.
    pub detachedness: Vec<(Node, u8)>,
}

/// What one thread fills of the nodes' columns.
struct NodePart<'c> {
    part: Part,
    kind: &'c mut [u8],
    name: &'c mut [u32],
    id: &'c mut [u32],
    self_size: &'c mut [u32],
    edge_count: &'c mut [u32],
}

/// What a part has beside its columns.
#[derive(Default)]
struct NodeExtras {
    large: Vec<(usize, u64)>,
    detachedness: Vec<(Node, u8)>,
    edges: u64,
}

impl Nodes {
    pub fn read(
        snapshot: &Snapshot<'_>,
        strings: usize,
        release: &Release<'_>,
    ) -> Result<Self, FormatError> {
        let (text, base) = snapshot.node_text();
        let section = Section {
            text,
            base,
            name: "nodes",
        };
        let columns = &snapshot.header.node;
        let (parts, count) = divide(&section, columns.width, snapshot.header.node_count, "nodes")?;
        let mut kind = vec![0; count];
        let mut name = vec![0; count];
        let mut id = vec![0; count];
        let mut self_size = vec![0; count];
        let mut first_edge = vec![0; count + 1];
        let tasks = {
            let mut kind = Split(&mut kind);
            let mut name = Split(&mut name);
            let mut id = Split(&mut id);
            let mut self_size = Split(&mut self_size);
            let mut edge_count = Split(&mut first_edge[1..]);
            let tasks = parts.into_iter().map(|part| NodePart {
                kind: kind.next(part.rows.len()),
                name: name.next(part.rows.len()),
                id: id.next(part.rows.len()),
                self_size: self_size.next(part.rows.len()),
                edge_count: edge_count.next(part.rows.len()),
                part,
            });
            tasks.collect::<Vec<_>>()
        };
        let extras = parallel::each(tasks, |mut task| {
            let extras = task.fill(&section, snapshot, strings);
            release.bytes(base + task.part.bytes.start..base + task.part.bytes.end);
            extras
        });
        let extras = parallel::all(extras)?;
        let edges: u64 = extras.iter().map(|part| part.edges).sum();
        if edges != snapshot.header.edge_count {
            let at = snapshot.edge_text().1;
            let there = snapshot.header.edge_count;
            let what = format!("the nodes count {edges} edges together, the header says {there}");
            return Err(FormatError::at(at, what));
        }
        if edges >= u64::from(u32::MAX) {
            let what = format!("{edges} edges are too many");
            return Err(FormatError::at(snapshot.edge_text().1, what));
        }
        // Counts to places.
        let mut sum = 0_u32;
        for place in &mut first_edge {
            sum += *place;
            *place = sum;
        }
        let large = extras.iter().flat_map(|part| part.large.iter().copied());
        Ok(Self {
            kind,
            name,
            id,
            self_size: Sizes::new(self_size, large),
            first_edge,
            detachedness: extras
                .iter()
                .flat_map(|part| part.detachedness.iter().copied())
                .collect(),
        })
    }

    pub fn len(&self) -> usize {
        self.kind.len()
    }

    /// The node that has this edge.
    pub fn holder(&self, edge: Edge) -> Node {
        let after = self.first_edge.partition_point(|first| *first <= edge);
        low(after.saturating_sub(1) as u64)
    }

    #[inline]
    pub fn edges(&self, node: Node) -> Range<Edge> {
        self.first_edge[node as usize]..self.first_edge[node as usize + 1]
    }
}

impl NodePart<'_> {
    fn fill(
        &mut self,
        section: &Section<'_>,
        snapshot: &Snapshot<'_>,
        strings: usize,
    ) -> Result<NodeExtras, FormatError> {
        let columns = &snapshot.header.node;
        let kinds = columns.kinds.len().min(256) as u64;
        let strings = strings as u64;
        let mut extras = NodeExtras::default();
        let mut numbers = section.reader(&self.part);
        let mut values = [0_u64; MAX_WIDTH];
        let row = &mut values[..columns.width];
        for at in 0..self.part.rows.len() {
            let start = numbers.pos;
            for value in row.iter_mut() {
                *value = numbers
                    .next()
                    .map_err(|wrong| section.error(numbers.pos, wrong.what()))?;
            }
            let number = self.part.rows.start + at;
            let wrong = |what: &str, value: u64| {
                let what = format!("node {number} has {what} {value}");
                FormatError::at(section.base + start, what)
            };
            let (kind, name) = (row[columns.kind], row[columns.name]);
            if kind >= kinds {
                return Err(wrong("the unknown type", kind));
            }
            if name >= strings {
                return Err(wrong("a name that is not in the string table,", name));
            }
            let id = row[columns.id];
            let size = row[columns.self_size];
            let edges = row[columns.edge_count];
            self.kind[at] = byte(kind);
            self.name[at] = low(name);
            self.id[at] = u32::try_from(id).map_err(|_| wrong("too large an id,", id))?;
            match u32::try_from(size) {
                Ok(small) if small != u32::MAX => self.self_size[at] = small,
                _ if size >= MAX_SIZE => return Err(wrong("too large a size,", size)),
                _ => {
                    self.self_size[at] = u32::MAX;
                    extras.large.push((number, size));
                }
            }
            self.edge_count[at] =
                u32::try_from(edges).map_err(|_| wrong("too many edges,", edges))?;
            extras.edges = extras.edges.saturating_add(edges);
            if let Some(state) = columns.detachedness.map(|column| row[column] & 3)
                && state != 0
            {
                extras.detachedness.push((low(number as u64), byte(state)));
            }
        }
        Ok(extras)
    }
}

/// Finds the parts of a section and how many rows there are, which must be as many as the header
/// says.
pub(super) fn divide(
    section: &Section<'_>,
    width: usize,
    wanted: u64,
    what: &str,
) -> Result<(Vec<Part>, usize), FormatError> {
    let mut parts = section.parts();
    let commas = parallel::each(parts.iter().collect(), |part| section.count(part));
    let rows = section.number_rows(&mut parts, &commas, width)?;
    let end = section.base + section.text.len();
    if rows as u64 != wanted {
        let what = format!("there are {rows} {what}, the header says {wanted}");
        return Err(FormatError::at(end, what));
    }
    if rows == 0 && what == "nodes" {
        return Err(FormatError::at(end, "there is no node"));
    }
    // An edge has room for 28 bits of a node's number, as in V8 (`HeapEntry::index_`).
    let most = if what == "nodes" {
        1 << 28
    } else {
        u32::MAX as usize
    };
    if rows >= most {
        return Err(FormatError::at(end, format!("{rows} {what} are too many")));
    }
    Ok((parts, rows))
}

/// A column that is given out from its front.
pub(super) struct Split<'c, T>(pub &'c mut [T]);

impl<'c, T> Split<'c, T> {
    pub fn next(&mut self, count: usize) -> &'c mut [T] {
        let (taken, rest) = std::mem::take(&mut self.0).split_at_mut(count);
        self.0 = rest;
        taken
    }
}

/// A number that is known to fit.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "compared before")]
pub(super) fn low(value: u64) -> u32 {
    value as u32
}

/// Likewise, for 8 bits.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "compared before")]
fn byte(value: u64) -> u8 {
    value as u8
}
