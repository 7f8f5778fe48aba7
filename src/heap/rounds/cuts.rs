//! Which references would have to go for a leak's objects to die.

use rustc_hash::FxHashSet;
use serde::Serialize;

use super::View;
use super::view::Site;
use crate::heap::graph::{Graph, Node};
use crate::heap::path::{Path, Step, is_native_context};

/// Holders that are cut at once, at most.
const HOLDERS: usize = 5000;

/// Characters of a property's name, at most.
const MAX_NAME: usize = 4096;

/// Alternatives that are worth trying.
const LEVELS: usize = 4;

/// References that go together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cut {
    /// The reference, in the program's words.
    pub what: String,
    /// What is done for that.
    pub operations: Vec<Operation>,
}

/// Something that can be done in the live isolate.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "do", rename_all = "camelCase")]
pub enum Operation {
    /// Empty an array, a `Map`, a `Set` or a table.
    Clear {
        /// The object's id.
        id: u32,
    },
    /// Delete properties.
    Delete {
        /// The object's id.
        id: u32,
        /// Which ones.
        keys: Vec<Key>,
    },
    /// Set a variable to undefined.
    Forget {
        /// The id of a function that sees the variable.
        id: u32,
        /// The variable's name.
        name: String,
    },
}

/// What a property is found by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Key {
    /// The name; of a symbol its description.
    pub name: String,
    /// Whether it is a symbol.
    pub symbol: bool,
}

/// The cuts for a place, that of the nearest reference first.
pub fn of(graph: &Graph<'_>, view: &View, site: &Site) -> Vec<Cut> {
    let mut cuts: Vec<Cut> = Vec::new();
    let steps = Path::to(graph, view.routes(), site.example).0;
    for at in outwards(graph, &steps) {
        if cuts.len() == LEVELS {
            break;
        }
        let Some(operation) = operation(graph, view, &steps, at) else {
            continue;
        };
        let operations = if cuts.is_empty() {
            everywhere(graph, view, site)
        } else {
            vec![operation]
        };
        if cuts
            .last()
            .is_some_and(|cut| cut.operations[0] == operations[0])
        {
            continue;
        }
        cuts.push(Cut {
            what: what(graph, view, &steps, at),
            operations,
        });
    }
    cuts
}

/// The steps that may be cut, from the inside outwards. What V8's native context has would stay if a
/// way to that context were cut: there are many more.
fn outwards(graph: &Graph<'_>, steps: &[Step]) -> impl Iterator<Item = usize> {
    let context = steps
        .iter()
        .rposition(|step| is_native_context(graph, step.node));
    (context.map_or(0, |at| at + 1)..steps.len()).rev()
}

/// The same cut wherever in the place new objects are: an array or a table is emptied, of an object each
/// property is deleted that leads to one of them.
fn everywhere(graph: &Graph<'_>, view: &View, site: &Site) -> Vec<Operation> {
    let mut operations: Vec<Operation> = Vec::new();
    let mut seen: FxHashSet<Node> = FxHashSet::default();
    let tops: FxHashSet<Node> = site.tops.iter().copied().collect();
    for top in [site.example].iter().chain(&site.tops) {
        if operations.len() == HOLDERS {
            break;
        }
        let holder = view.holder(*top);
        if !seen.insert(holder) {
            continue;
        }
        let steps = Path::to(graph, view.routes(), *top).0;
        let mut nearest = outwards(graph, &steps).find_map(|at| operation(graph, view, &steps, at));
        if let Some(Operation::Delete { id, keys }) = &mut nearest
            && *id == graph.id(holder)
        {
            let all: Vec<Key> = keys_of(graph, holder, &tops).collect();
            // None leads there itself where what it holds is in between.
            if !all.is_empty() {
                *keys = all;
            }
        }
        operations.extend(nearest.filter(|nearest| !operations.contains(nearest)));
    }
    operations
}

/// The properties of `object` that lead to one of `targets`.
fn keys_of(
    graph: &Graph<'_>,
    object: Node,
    targets: &FxHashSet<Node>,
) -> impl Iterator<Item = Key> {
    let edges = graph.edges(object).filter(|edge| {
        graph.edge_kind(*edge) == "property" && targets.contains(&graph.target(*edge))
    });
    edges.filter_map(|edge| key(&graph.names().get(graph.edge_name(edge), MAX_NAME)))
}

/// What a script finds the property by that an edge is named after, if it can.
fn key(edge_name: &str) -> Option<Key> {
    if edge_name == "__proto__" || edge_name.starts_with('#') {
        return None;
    }
    let symbol = edge_name
        .strip_prefix("<symbol ")
        .and_then(|name| name.strip_suffix('>'));
    Some(Key {
        name: symbol.unwrap_or(edge_name).to_owned(),
        symbol: symbol.is_some(),
    })
}

/// How the reference of step `at` can be cut, if it can.
fn operation(graph: &Graph<'_>, view: &View, steps: &[Step], at: usize) -> Option<Operation> {
    let step = &steps[at];
    let from = at.checked_sub(1).map_or(0, |before| steps[before].node);
    if step.kind == "context" {
        return forget(graph, from, &step.name);
    }
    if view.is_object(from) {
        return match &*step.kind {
            "property" => key(&step.name).map(|key| Operation::Delete {
                id: graph.id(from),
                keys: vec![key],
            }),
            "element" => Some(Operation::Clear { id: graph.id(from) }),
            _ => None,
        };
    }
    // The table or the elements of an object.
    let owner = at.checked_sub(2).map(|before| steps[before].node)?;
    let into = &steps[at - 1];
    let is_store =
        into.kind == "internal" && matches!(&*into.name, "elements" | "properties" | "table");
    (is_store && view.is_object(owner)).then(|| Operation::Clear {
        id: graph.id(owner),
    })
}

/// A variable of the scope `scope`, through a function that is closed over it.
fn forget(graph: &Graph<'_>, scope: Node, name: &str) -> Option<Operation> {
    let function = graph
        .retainers(scope)
        .find(|node| graph.kind(*node) == "closure")?;
    Some(Operation::Forget {
        id: graph.id(function),
        name: name.to_owned(),
    })
}

fn what(graph: &Graph<'_>, view: &View, steps: &[Step], at: usize) -> String {
    super::source(graph, view, steps[at].node, false)
}
