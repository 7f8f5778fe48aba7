//! Where functions and constructors stand in their scripts.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rustc_hash::{FxHashMap, FxHashSet};

use super::graph::numbers::{Part, Section};
use super::graph::{Graph, Node};
use super::parallel;
use super::snapshot::Snapshot;

/// A place in a script, as programmers count: from 1.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Location {
    /// The script's name, mostly its path; `None` where the snapshot does not tell.
    pub script: Option<String>,
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
    /// The place in the script that ran, if this is where its source map says that it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compiled: Option<Box<Location>>,
}

/// The locations of some nodes.
#[derive(Debug, Default)]
pub struct Locations(HashMap<Node, Location>);

impl Locations {
    /// Reads the snapshot's locations and keeps those of `wanted`: of a function where it is defined, of
    /// another object where its constructor is.
    #[must_use]
    pub fn find(snapshot: &Snapshot<'_>, graph: &Graph<'_>, wanted: &[Node]) -> Self {
        let columns = &snapshot.header.location;
        let (Some(object), Some(line), Some(column)) =
            (columns.object, columns.line, columns.column)
        else {
            return Self::default();
        };
        let (text, base) = snapshot.location_text();
        let section = Section {
            text,
            base,
            name: "locations",
        };
        let mut parts = section.parts();
        let commas: Vec<usize> = parts.iter().map(|part| section.count(part)).collect();
        if section
            .number_rows(&mut parts, &commas, columns.width)
            .is_err()
        {
            return Self::default();
        }
        let reader = Reader {
            section,
            graph,
            node_width: snapshot.header.node.width as u64,
            width: columns.width,
            object,
            line,
            column,
            script: columns.script,
            script_node: columns.script_node,
            wanted: wanted.iter().copied().collect(),
        };
        let read = parallel::each(parts, |part| reader.read(&part));
        let mut scripts: FxHashMap<u64, &String> = FxHashMap::default();
        for part in &read {
            for (script, name) in &part.scripts {
                scripts.entry(*script).or_insert(name);
            }
        }
        let mut found = HashMap::new();
        for part in &read {
            for (node, script, place) in &part.open {
                let place = Location {
                    script: scripts.get(script).map(|name| (*name).clone()),
                    ..place.clone()
                };
                found.insert(*node, place);
            }
        }
        Self(found)
    }

    /// Puts other locations in the place of all.
    #[must_use]
    pub fn map(self, mut change: impl FnMut(Location) -> Location) -> Self {
        let places = self.0.into_iter();
        Self(places.map(|(node, place)| (node, change(place))).collect())
    }

    /// The location of a node, if it was asked for and the snapshot has it.
    #[must_use]
    pub fn get(&self, node: Node) -> Option<&Location> {
        self.0.get(&node)
    }
}

/// What all threads know that read locations.
struct Reader<'r, 'a> {
    section: Section<'a>,
    graph: &'r Graph<'a>,
    node_width: u64,
    /// Numbers of a location, and which of them is what.
    width: usize,
    object: usize,
    line: usize,
    column: usize,
    script: Option<usize>,
    script_node: Option<usize>,
    wanted: FxHashSet<Node>,
}

/// What one of them found.
#[derive(Default)]
struct Found {
    /// The names of scripts, by number.
    scripts: FxHashMap<u64, String>,
    /// Nodes that are wanted, with the numbers of their scripts.
    open: Vec<(Node, u64, Location)>,
}

impl Reader<'_, '_> {
    fn read(&self, part: &Part) -> Found {
        let mut found = Found::default();
        let mut numbers = self.section.reader(part);
        let mut row = vec![0; self.width];
        for _ in part.rows.clone() {
            for value in &mut row {
                let Ok(number) = numbers.next() else {
                    return found;
                };
                *value = number;
            }
            let Some(node) = self.node(row[self.object]) else {
                continue;
            };
            let script = self.script.map_or(0, |column| row[column]);
            if let Entry::Vacant(unknown) = found.scripts.entry(script)
                && let Some(name) = self.script_name(node, &row)
            {
                unknown.insert(name);
            }
            if self.wanted.contains(&node) {
                let place = Location {
                    script: None,
                    line: row[self.line].saturating_add(1),
                    column: row[self.column].saturating_add(1),
                    compiled: None,
                };
                found.open.push((node, script, place));
            }
        }
        found
    }

    fn node(&self, place: u64) -> Option<Node> {
        let node = Node::try_from(place / self.node_width).ok()?;
        ((node as usize) < self.graph.len()).then_some(node)
    }

    /// The name of the script's own node, or of what a function has of it.
    fn script_name(&self, node: Node, row: &[u64]) -> Option<String> {
        let own = self.script_node.and_then(|column| self.node(row[column]));
        let name = own
            .filter(|own| *own != 0)
            .map(|own| self.graph.names().get(self.graph.name(own), 4096))
            .or_else(|| script_of_function(self.graph, node))?;
        // V8 15 says that it is one.
        let name = match name.strip_prefix("system / Script / ") {
            Some(path) => path.to_owned(),
            None => name,
        };
        Some(name).filter(|name| !name.is_empty())
    }
}

/// The name of the script of a function: `shared`, then `script`.
fn script_of_function(graph: &Graph<'_>, node: Node) -> Option<String> {
    if graph.kind(node) != "closure" {
        return None;
    }
    let shared = graph.child(node, &["shared"])?;
    let script = graph.child(shared, &["script", "raw_script", "script_or_debug_info"])?;
    Some(graph.names().get(graph.name(script), 4096))
}
