//! Where functions and constructors stand in their scripts.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rustc_hash::FxHashSet;

use super::graph::{Graph, Node};
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
        let width = snapshot.header.node.width as u64;
        let wanted: FxHashSet<Node> = wanted.iter().copied().collect();
        let mut found = HashMap::new();
        let mut scripts: HashMap<u64, String> = HashMap::new();
        let mut open: Vec<(Node, u64, Location)> = Vec::new();
        let mut rows = snapshot.locations();
        let mut row = vec![0; columns.width];
        while let Ok(true) = rows.next_into(&mut row) {
            let Ok(node) = Node::try_from(row[object] / width) else {
                continue;
            };
            if node as usize >= graph.len() {
                continue;
            }
            let script = columns.script.map_or(0, |column| row[column]);
            let is_wanted = wanted.contains(&node);
            if !is_wanted && scripts.contains_key(&script) {
                continue;
            }
            if let Entry::Vacant(unknown) = scripts.entry(script) {
                // The script's own node, or what a function has of it.
                let own = columns.script_node.map(|column| row[column] / width);
                let name = own
                    .and_then(|own| Node::try_from(own).ok())
                    .filter(|own| *own != 0 && (*own as usize) < graph.len())
                    .map(|own| graph.names().get(graph.name(own), 4096))
                    .or_else(|| script_of_function(graph, node));
                // V8 15 says that it is one.
                let name = name.map(|name| match name.strip_prefix("system / Script / ") {
                    Some(path) => path.to_owned(),
                    None => name,
                });
                if let Some(name) = name.filter(|name| !name.is_empty()) {
                    unknown.insert(name);
                }
            }
            if is_wanted {
                let place = Location {
                    script: None,
                    line: row[line].saturating_add(1),
                    column: row[column].saturating_add(1),
                    compiled: None,
                };
                open.push((node, script, place));
            }
        }
        for (node, script, place) in open {
            let script = scripts.get(&script).cloned();
            found.insert(node, Location { script, ..place });
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

/// The name of the script of a function: `shared`, then `script`.
fn script_of_function(graph: &Graph<'_>, node: Node) -> Option<String> {
    if graph.kind(node) != "closure" {
        return None;
    }
    let shared = graph.child(node, &["shared"])?;
    let script = graph.child(shared, &["script", "raw_script", "script_or_debug_info"])?;
    Some(graph.names().get(graph.name(script), 4096))
}
