//! Retaining paths, in the words of the source.

use super::graph::{Edge, Graph, Node, Routes};
use super::printable::printable;

/// Objects with more properties than this are tables: the names of their properties are data.
const TABLE: u32 = 100;

/// Characters kept of a name.
const MAX_NAME: usize = 80;

/// One reference of a path and what it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The type of the edge, in V8's words.
    pub kind: String,
    /// Its name, or the index that it is named by.
    pub name: String,
    /// Whether the name is data: an index, or a key of a table.
    pub is_data: bool,
    /// Where it leads.
    pub node: Node,
}

/// A path from the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// The way to `node` that `routes` has.
    #[must_use]
    pub fn to(graph: &Graph<'_>, routes: &Routes, node: Node) -> Self {
        Self::along(graph, routes, &routes.way(node))
    }

    /// The path over these nodes, each of which holds the next.
    #[must_use]
    pub fn along(graph: &Graph<'_>, routes: &Routes, nodes: &[Node]) -> Self {
        let pairs = nodes.windows(2);
        Self(
            pairs
                .map(|pair| {
                    if pair[0] == 0 && routes.is_global(pair[1]) {
                        return Step {
                            kind: "shortcut".to_owned(),
                            name: "global".to_owned(),
                            is_data: false,
                            node: pair[1],
                        };
                    }
                    step(graph, pair[0], pair[1])
                })
                .collect(),
        )
    }
}

/// The reference between two nodes that says most.
fn step(graph: &Graph<'_>, from: Node, to: Node) -> Step {
    let rank = |edge: Edge| match graph.edge_kind(edge) {
        "property" => 0,
        "context" => 1,
        "element" => 2,
        "internal" => 3,
        "shortcut" => 4,
        "hidden" => 5,
        _ => 6,
    };
    let best = graph
        .edges(from)
        .filter(|edge| graph.target(*edge) == to)
        .min_by_key(|edge| rank(*edge));
    let Some(edge) = best else {
        return Step {
            kind: "hidden".to_owned(),
            name: String::new(),
            is_data: true,
            node: to,
        };
    };
    let kind = graph.edge_kind(edge).to_owned();
    let by_index = matches!(&*kind, "element" | "hidden");
    let name = if by_index {
        graph.edge_name(edge).to_string()
    } else {
        graph.names().get(graph.edge_name(edge), MAX_NAME)
    };
    let edges = graph.edges(from);
    let is_table =
        kind == "property" && edges.end - edges.start > TABLE && !is_global_like(graph, from);
    Step {
        is_data: by_index || is_table || name.starts_with(|first: char| first.is_ascii_digit()),
        kind,
        name,
        node: to,
    }
}

/// Global objects have many properties, each of which is named in the source.
fn is_global_like(graph: &Graph<'_>, node: Node) -> bool {
    let name = graph.names().get(graph.name(node), 16);
    name.starts_with("global") || name.starts_with("Window")
}

/// A path as one would write it in the program: from the last variable on it, or a global object, or
/// the root. Indices and keys of tables are masked with an ellipsis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePath {
    /// The text, such as `global.leaks[…].cache`.
    pub text: String,
    /// The function whose closure has the variable that the text begins with.
    pub function: Option<Node>,
}

impl SourcePath {
    /// Writes `path`.
    #[must_use]
    pub fn of(graph: &Graph<'_>, path: &Path) -> Self {
        let steps = &path.0;
        let variable = steps
            .iter()
            .rposition(|step| step.kind == "context" || is_native_context(graph, step.node));
        let function = variable.and_then(|at| {
            let mut before = steps[..at].iter().rev();
            before.find(|step| graph.kind(step.node) == "closure")
        });
        let (mut text, rest) = match variable {
            Some(at) => (variable_name(graph, &steps[at]), at + 1),
            None => beginning(graph, steps),
        };
        let mut skipped = None;
        for (at, step) in steps.iter().enumerate().skip(rest) {
            let from = at.checked_sub(1).map_or(0, |before| steps[before].node);
            append(graph, &mut text, &mut skipped, from, step);
        }
        Self {
            text: shortened(&printable(&text)),
            function: function.map(|step| step.node),
        }
    }
}

/// What a variable is called. Of `this` its class says more, and what V8's native context has is reached
/// over any built-in function.
fn variable_name(graph: &Graph<'_>, step: &Step) -> String {
    if is_native_context(graph, step.node) {
        "(native context)".to_owned()
    } else if step.name == "this" {
        graph.names().get(graph.name(step.node), MAX_NAME)
    } else {
        step.name.clone()
    }
}

pub(super) fn is_native_context(graph: &Graph<'_>, node: Node) -> bool {
    let name = graph.names().get(graph.name(node), 24);
    name.starts_with("system / NativeContext")
}

/// What a path without a variable begins with, and the first step that is not told by that.
fn beginning(graph: &Graph<'_>, steps: &[Step]) -> (String, usize) {
    match steps.first() {
        Some(step) if step.kind == "shortcut" && step.name == "global" => ("global".to_owned(), 1),
        _ => {
            let is_synthetic = |step: &&Step| graph.kind(step.node) == "synthetic";
            let roots = steps.iter().take_while(is_synthetic).count();
            let root = roots.checked_sub(1).map_or(0, |at| steps[at].node);
            let name = graph.names().get(graph.name(root), MAX_NAME);
            let text = match &*name {
                "(Stack roots)" => "(stack)".to_owned(),
                "" => "(root)".to_owned(),
                _ => name.to_ascii_lowercase(),
            };
            // Which slot of the root it is means nothing.
            (text, roots + 1)
        }
    }
}

fn append(
    graph: &Graph<'_>,
    text: &mut String,
    skipped: &mut Option<&'static str>,
    from: Node,
    step: &Step,
) {
    let pending = skipped.take();
    match &*step.kind {
        // Timers know their neighbours in Node's list of them, which says nothing of any.
        "property" if matches!(&*step.name, "_idleNext" | "_idlePrev") => {}
        // The class that a class extends.
        "property" if step.name == "__proto__" && graph.kind(step.node) == "closure" => {
            let name = graph.names().get(graph.name(step.node), MAX_NAME);
            if name.is_empty() {
                text.push_str(".__proto__");
            } else {
                *text = name;
            }
        }
        "property" if step.is_data => text.push_str("[\u{2026}]"),
        "property" if is_identifier(&step.name) => {
            text.push('.');
            text.push_str(&step.name);
        }
        "property" if step.name.starts_with("<symbol ") => {
            text.extend(["[", step.name.trim_matches(['<', '>']), "]"]);
        }
        "property" => text.extend(["[\"", &escaped(&step.name), "\"]"]),
        "element" => text.push_str("[\u{2026}]"),
        "internal" | "hidden" => match &*step.name {
            "elements" | "properties" => *skipped = Some("[\u{2026}]"),
            "table" => {
                let name = graph.names().get(graph.name(from), 16);
                *skipped = Some(if name.contains("Map") {
                    ".get(\u{2026})"
                } else {
                    ".values()"
                });
            }
            name if name.contains(" part of key (") => text.push_str(" \u{2192} WeakMap value"),
            _ if step.is_data => text.push_str(pending.unwrap_or("[\u{2026}]")),
            "context" | "previous" | "shared" | "code" => {}
            name => text.extend([" \u{2192} ", name]),
        },
        _ => {}
    }
}

/// A name between the quotes of a string; what is not printed is seen to later.
fn escaped(name: &str) -> String {
    name.replace('\\', "\\\\").replace('"', "\\\"")
}

fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|first| first.is_alphabetic() || matches!(first, '_' | '$' | '#'))
        && letters.all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '$'))
}

/// A run of the same parts, as a linked list makes it, is written once; a long text loses its middle.
fn shortened(text: &str) -> String {
    const MOST: usize = 160;
    let mut out = text.to_owned();
    for part in [
        ".next",
        "[\u{2026}]",
        ".prev",
        ".parent",
        ".children[\u{2026}]",
    ] {
        let run = part.repeat(3);
        while out.contains(&run) {
            out = out.replace(&run, &part.repeat(2));
        }
    }
    let letters: Vec<char> = out.chars().collect();
    if letters.len() <= MOST {
        return out;
    }
    let half = MOST / 2 - 1;
    let front: String = letters[..half].iter().collect();
    let back: String = letters[letters.len() - half..].iter().collect();
    format!("{front}\u{2026}{back}")
}
