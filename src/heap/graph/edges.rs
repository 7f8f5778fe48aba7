//! The edge section: where each edge leads is kept, 4 bytes an edge; names are read from the file
//! again where they are wanted.

use std::ops::Range;

use super::bits::Bits;
use super::columns::{Nodes, Split, divide, low};
use super::names::Names;
use super::numbers::{NotANumber, Part, Section};
use super::{Edge, Kinds, Known, Node, Release, names};
use crate::heap::error::FormatError;
use crate::heap::header::MAX_WIDTH;
use crate::heap::parallel;
use crate::heap::snapshot::Snapshot;

/// The place of every so-many-th edge in the file is kept.
const STRIDE: usize = 128;

/// The edges.
#[derive(Debug)]
pub(super) struct Edges<'a> {
    links: Vec<Link>,
    section: Section<'a>,
    width: usize,
    name_column: usize,
    /// Offsets in the section of the edges whose number is a multiple of [`STRIDE`].
    places: Vec<usize>,
    /// The edges to values of `WeakMap`s, by number, with their names; and the same as a set.
    ephemerons: Vec<(Edge, u32)>,
    is_ephemeron: Bits,
}

/// Where an edge leads, its type, and whether it cannot matter for dominators.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Link(u32);

const NODE_BITS: u32 = 28;
const KIND_MASK: u32 = 7;
const SLACK: u32 = 1 << 31;

/// Stands for the type `property` where the name is `__proto__`: V8 has 7 types, and 8 fit.
pub(super) const PROTOTYPE: u8 = 7;

impl Link {
    fn new(to: Node, kind: u8, is_slack: bool) -> Self {
        let slack = if is_slack { SLACK } else { 0 };
        Self(to | u32::from(kind) << NODE_BITS | slack)
    }

    #[inline]
    pub fn to(self) -> Node {
        self.0 & ((1 << NODE_BITS) - 1)
    }

    #[inline]
    pub fn kind(self) -> u8 {
        (self.0 >> NODE_BITS & KIND_MASK) as u8
    }

    /// Whether the edge may be essential (`computeIsEssentialEdge` in `DevTools`); the rest depends on
    /// the page alone. Weak edges are not, edges of a node to itself, shortcuts but the root's, and
    /// those from a `WeakMap`'s table to a value, which is its key's.
    #[inline]
    pub fn may_retain(self) -> bool {
        self.0 & SLACK == 0
    }
}

/// What one thread fills.
struct EdgePart<'c> {
    part: Part,
    links: &'c mut [Link],
}

/// What all threads read.
struct Context<'b, 'a> {
    section: Section<'a>,
    snapshot: &'b Snapshot<'a>,
    nodes: &'b Nodes,
    names: &'b Names<'a>,
    kinds: &'b Kinds,
    prototype: names::Numbers,
}

#[derive(Default)]
struct Extras {
    places: Vec<usize>,
    ephemerons: Vec<(Edge, u32)>,
}

impl<'a> Edges<'a> {
    pub fn read(
        snapshot: &Snapshot<'a>,
        nodes: &Nodes,
        names: &Names<'a>,
        kinds: &Kinds,
        release: &Release<'_>,
    ) -> Result<Self, FormatError> {
        let (text, base) = snapshot.edge_text();
        let section = Section {
            text,
            base,
            name: "edges",
        };
        let columns = &snapshot.header.edge;
        if columns.kinds.len() > usize::from(PROTOTYPE) {
            let what = format!("there are {} types of edges", columns.kinds.len());
            return Err(FormatError::at(0, what));
        }
        let (parts, count) = divide(&section, columns.width, snapshot.header.edge_count, "edges")?;
        let mut links = vec![Link::default(); count];
        let tasks = {
            let mut links = Split(&mut links);
            let tasks = parts.into_iter().map(|part| EdgePart {
                links: links.next(part.rows.len()),
                part,
            });
            tasks.collect::<Vec<_>>()
        };
        let context = Context {
            section,
            snapshot,
            nodes,
            names,
            kinds,
            prototype: names.numbers_of(Known::Prototype),
        };
        let extras = parallel::each(tasks, |mut task| {
            let extras = task.fill(&context);
            release.bytes(base + task.part.bytes.start..base + task.part.bytes.end);
            extras
        });
        let extras = parallel::all(extras)?;
        let ephemerons: Vec<(Edge, u32)> = extras
            .iter()
            .flat_map(|part| part.ephemerons.iter().copied())
            .collect();
        let mut is_ephemeron = Bits::default();
        if !ephemerons.is_empty() {
            is_ephemeron = Bits::new(count);
            for (edge, _) in &ephemerons {
                is_ephemeron.add(*edge);
            }
        }
        Ok(Self {
            links,
            section,
            width: columns.width,
            name_column: columns.name_or_index,
            places: extras.into_iter().flat_map(|part| part.places).collect(),
            ephemerons,
            is_ephemeron,
        })
    }

    pub fn len(&self) -> usize {
        self.links.len()
    }

    #[inline]
    pub fn link(&self, edge: Edge) -> Link {
        self.links[edge as usize]
    }

    pub fn all(&self) -> &[Link] {
        &self.links
    }

    #[inline]
    pub fn links(&self, edges: Range<Edge>) -> &[Link] {
        &self.links[edges.start as usize..edges.end as usize]
    }

    /// The name of an edge to a `WeakMap`'s value.
    #[inline]
    pub fn ephemeron_name(&self, edge: Edge) -> Option<u32> {
        if !self.is_ephemeron.has(edge) {
            return None;
        }
        let at = self
            .ephemerons
            .binary_search_by_key(&edge, |(edge, _)| *edge);
        at.ok().map(|at| self.ephemerons[at].1)
    }

    /// The names of these edges, or what they are named by; read from the file.
    pub fn names(&self, edges: Range<Edge>) -> impl Iterator<Item = u32> + '_ {
        let first = edges.start as usize;
        let place = self.places.get(first / STRIDE).copied();
        let mut numbers = self.section.from(place.unwrap_or(self.section.text.len()));
        let skipped = first % STRIDE;
        (0..skipped + edges.len())
            .map(move |_| {
                let mut name = 0;
                for column in 0..self.width {
                    let value = numbers.next_index().unwrap_or(0);
                    if column == self.name_column {
                        name = u32::try_from(value).unwrap_or(0);
                    }
                }
                name
            })
            .skip(skipped)
    }
}

impl EdgePart<'_> {
    fn fill(&mut self, context: &Context<'_, '_>) -> Result<Extras, FormatError> {
        let Context {
            section,
            snapshot,
            nodes,
            names,
            kinds,
            prototype,
        } = context;
        let columns = &snapshot.header.edge;
        let by_index = columns.kinds_by_index();
        let node_width = snapshot.header.node.width;
        let (node_count, strings) = (nodes.len() as u64, names.count() as u64);
        let mut extras = Extras::default();
        let mut from = nodes.holder(low(self.part.rows.start as u64));
        let mut from_end = nodes.edges(from).end;
        let mut numbers = section.reader(&self.part);
        let mut values = [0_u64; MAX_WIDTH];
        let row = &mut values[..columns.width];
        for (at, link) in self.part.rows.clone().zip(self.links.iter_mut()) {
            let start = numbers.pos;
            for (column, value) in row.iter_mut().enumerate() {
                let next = if column == columns.name_or_index {
                    numbers.next_index()
                } else {
                    numbers.next()
                };
                *value =
                    next.map_err(|wrong: NotANumber| section.error(numbers.pos, wrong.what()))?;
            }
            let wrong =
                |what: String| FormatError::at(section.base + start, format!("edge {at} {what}"));
            let kind = row[columns.kind];
            let Some((mut kind, by_index)) = u8::try_from(kind)
                .ok()
                .and_then(|kind| Some((kind, by_index.get(usize::from(kind))?)))
            else {
                return Err(wrong(format!("has the unknown type {kind}")));
            };
            let name = row[columns.name_or_index];
            if name >= strings && !by_index {
                return Err(wrong(format!("has the name {name}, of {strings} strings")));
            }
            let Ok(name) = u32::try_from(name) else {
                return Err(wrong(format!("has the index {name}, which is too large")));
            };
            let to = row[columns.to_node];
            let node = divided(to, node_width);
            if node * node_width as u64 != to || node >= node_count {
                return Err(wrong(format!("goes to {to}, where no node starts")));
            }
            let (edge, to) = (low(at as u64), low(node));
            while from_end <= edge {
                from += 1;
                from_end = nodes.edges(from).end;
            }
            let mut is_slack =
                kind == kinds.weak || to == from || (kind == kinds.shortcut && from != 0);
            if kind == kinds.internal
                && let Some(ephemeron) = names.ephemeron(name)
            {
                extras.ephemerons.push((edge, name));
                is_slack |= ephemeron.table == u64::from(nodes.id[from as usize]);
            }
            if kind == kinds.property && prototype.has(name) {
                kind = PROTOTYPE;
            }
            if at.is_multiple_of(STRIDE) {
                extras.places.push(start);
            }
            *link = Link::new(to, kind, is_slack);
        }
        Ok(extras)
    }
}

/// `place / width`; for the widths that V8 writes the compiler does it without dividing.
#[inline]
fn divided(place: u64, width: usize) -> u64 {
    match width {
        5 => place / 5,
        6 => place / 6,
        7 => place / 7,
        _ => place / width as u64,
    }
}
