//! Which references would have to go for a leak's objects to die.

use serde::Serialize;

use super::View;
use super::view::Site;
use crate::heap::graph::{Graph, Node};
use crate::heap::path::{Path, Step};

/// Holders that are cut at once, at most.
const HOLDERS: usize = 5000;

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "do", rename_all = "camelCase")]
pub enum Operation {
    /// Empty an array, a `Map`, a `Set` or a table.
    Clear {
        /// The object's id.
        id: u32,
    },
    /// Delete a property.
    Delete {
        /// The object's id.
        id: u32,
        /// The property's name; of a symbol its description.
        name: String,
        /// Whether it is a symbol.
        symbol: bool,
    },
    /// Set a variable to undefined.
    Forget {
        /// The id of a function that sees the variable.
        id: u32,
        /// The variable's name.
        name: String,
    },
}

/// The cuts for a place, that of the nearest reference first.
pub fn of(graph: &Graph<'_>, view: &View, site: &Site) -> Vec<Cut> {
    let mut cuts: Vec<Cut> = Vec::new();
    let steps = Path::to(graph, view.routes(), site.example).0;
    for at in (0..steps.len()).rev() {
        if cuts.len() == LEVELS {
            break;
        }
        let Some(operation) = operation(graph, view, &steps, at) else {
            continue;
        };
        let mut operations = vec![operation];
        if cuts.is_empty() {
            // Wherever in the place new objects are.
            let mut holders = site.holders.clone();
            holders.sort_unstable();
            holders.dedup();
            for top in &site.tops {
                if operations.len() >= HOLDERS {
                    break;
                }
                let Ok(at) = holders.binary_search(&view.holder(*top)) else {
                    continue;
                };
                holders.remove(at);
                let steps = Path::to(graph, view.routes(), *top).0;
                let nearest = (0..steps.len())
                    .rev()
                    .find_map(|at| self::operation(graph, view, &steps, at));
                if let Some(nearest) = nearest
                    && !operations.contains(&nearest)
                {
                    operations.push(nearest);
                }
            }
        }
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

/// How the reference of step `at` can be cut, if it can.
fn operation(graph: &Graph<'_>, view: &View, steps: &[Step], at: usize) -> Option<Operation> {
    let step = &steps[at];
    let from = at.checked_sub(1).map_or(0, |before| steps[before].node);
    if step.kind == "context" {
        return forget(graph, from, &step.name);
    }
    if view.is_object(from) {
        return match &*step.kind {
            "property" if step.name == "__proto__" => None,
            "property" if step.name.starts_with('#') => None,
            "property" => {
                let symbol = step
                    .name
                    .strip_prefix("<symbol ")
                    .and_then(|name| name.strip_suffix('>'));
                Some(Operation::Delete {
                    id: graph.id(from),
                    name: symbol.unwrap_or(&step.name).to_owned(),
                    symbol: symbol.is_some(),
                })
            }
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
