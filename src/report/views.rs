//! Answers to questions about one object or some.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::model::{Analysis, ObjectFacts, StepFacts};
use super::query::Query;
use super::text::{grouped, one_line, size};
use crate::heap::{Cut, Node, Path, Reached, printable};

/// Entries of a list where nothing else is asked for.
const TOP: usize = 20;

/// Some objects, those that retain most first.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Selection {
    /// What selects them.
    pub selected_by: String,
    /// How many there are.
    pub count: u64,
    /// Their shallow sizes together.
    pub shallow_bytes: u64,
    /// The first of them.
    pub objects: Vec<ObjectFacts>,
}

/// An object with what is around it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectView {
    /// The object.
    pub object: ObjectFacts,
    /// References from a user root.
    pub distance: i32,
    /// All its references, and the first of them.
    pub field_count: u64,
    /// The first of its references.
    pub fields: Vec<StepFacts>,
    /// All that hold it.
    pub retainer_count: u64,
    /// Those nearest to the roots; a step is what the retainer has of the object.
    pub retainers: Vec<RetainerFacts>,
    /// Its dominators, upwards.
    pub dominators: Vec<ObjectFacts>,
    /// How it is reached.
    pub path: Vec<StepFacts>,
}

/// Who holds an object.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RetainerFacts {
    /// V8's name of the edge's type.
    pub edge: String,
    /// Its name or index.
    pub name: String,
    /// The class of the retainer.
    pub class: String,
    /// The id of the retainer.
    pub id: u32,
    /// Its distance.
    pub distance: i32,
}

/// How an object is reached.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PathView {
    /// The object.
    pub object: ObjectFacts,
    /// From the root to it.
    pub path: Vec<StepFacts>,
}

/// What would be free.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CutView {
    /// What is cut.
    pub cut: String,
    /// Objects that nothing would hold.
    pub freed_objects: u64,
    /// Their bytes.
    pub freed_bytes: u64,
    /// The same by class, those with the most bytes first.
    pub classes: Vec<ClassFacts>,
}

/// Some objects of a class.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassFacts {
    /// The class.
    pub name: String,
    /// Objects.
    pub count: u64,
    /// Their shallow sizes.
    pub bytes: u64,
}

impl Analysis<'_, '_> {
    /// The node with the id that `DevTools` shows.
    #[must_use]
    pub fn node(&self, id: u32) -> Option<Node> {
        self.graph.nodes().find(|node| self.graph.id(*node) == id)
    }

    /// The objects of a constructor.
    #[must_use]
    pub fn constructor(&self, name: &str, top: Option<usize>) -> Option<Selection> {
        let class = self.classes.find(name)?;
        Some(self.select(format!("class={name}"), top, |node| {
            self.classes.class(self.graph, node) == class
        }))
    }

    /// The objects that a query selects.
    #[must_use]
    pub fn query(&self, text: &str, query: &Query, top: Option<usize>) -> Selection {
        self.select(text.to_owned(), top, |node| {
            query.selects(self.graph, &self.classes, node)
        })
    }

    fn select(
        &self,
        selected_by: String,
        top: Option<usize>,
        is_wanted: impl Fn(Node) -> bool,
    ) -> Selection {
        let mut nodes: Vec<Node> = self.graph.nodes().filter(|node| is_wanted(*node)).collect();
        let shallow = nodes.iter().map(|node| self.graph.shallow_size(*node));
        let shallow_bytes = shallow.fold(0, u64::saturating_add);
        let count = nodes.len() as u64;
        nodes.sort_by_key(|node| Reverse(self.graph.retained_size(*node)));
        nodes.truncate(top.unwrap_or(TOP));
        let places = self.places(&nodes);
        Selection {
            selected_by,
            count,
            shallow_bytes,
            objects: nodes
                .iter()
                .map(|node| self.object(*node, &places))
                .collect(),
        }
    }

    /// An object.
    #[must_use]
    pub fn view(&self, node: Node, top: Option<usize>) -> ObjectView {
        let graph = self.graph;
        let top = top.unwrap_or(TOP);
        let mut retainers: Vec<Node> = graph.holders(node);
        let retainer_count = retainers.len() as u64;
        retainers.sort_by_key(|retainer| (graph.distance(*retainer).cast_unsigned(), *retainer));
        retainers.dedup();
        retainers.truncate(top);
        let mut chain = Vec::new();
        let mut above = node;
        while above != 0 && chain.len() < top {
            above = graph.dominator(above);
            chain.push(above);
        }
        let mut wanted = chain.clone();
        wanted.push(node);
        let places = self.places(&wanted);
        let targets: Vec<Node> = graph
            .edges(node)
            .take(top)
            .map(|edge| graph.target(edge))
            .collect();
        let fields = targets
            .iter()
            .zip(graph.named_edges(node))
            .map(|(target, (edge, name))| {
                let by_index = matches!(graph.edge_kind(edge), "element" | "hidden");
                StepFacts {
                    edge: graph.edge_kind(edge).to_owned(),
                    name: if by_index {
                        name.to_string()
                    } else {
                        graph.names().get(name, 60)
                    },
                    class: self.label(*target),
                    id: graph.id(*target),
                    retained_bytes: graph.retained_size(*target),
                }
            });
        ObjectView {
            object: self.object(node, &places),
            distance: graph.distance(node),
            field_count: graph.edges(node).len() as u64,
            fields: fields.collect(),
            retainer_count,
            retainers: retainers
                .iter()
                .map(|retainer| {
                    let path = Path::along(graph, &self.routes, &[*retainer, node]);
                    let step = path.0.into_iter().next();
                    RetainerFacts {
                        edge: step
                            .as_ref()
                            .map_or_else(String::new, |step| step.kind.clone()),
                        name: step.map_or_else(String::new, |step| step.name),
                        class: self.label(*retainer),
                        id: graph.id(*retainer),
                        distance: graph.distance(*retainer),
                    }
                })
                .collect(),
            dominators: chain
                .iter()
                .map(|node| self.object(*node, &places))
                .collect(),
            path: self.steps(&Path::to(graph, &self.routes, node)),
        }
    }

    /// How an object is reached.
    #[must_use]
    pub fn path(&self, node: Node) -> PathView {
        let places = self.places(&[node]);
        PathView {
            object: self.object(node, &places),
            path: self.steps(&Path::to(self.graph, &self.routes, node)),
        }
    }

    /// What would be free without something.
    #[must_use]
    pub fn what_if(&self, cut: Cut, top: Option<usize>) -> CutView {
        let graph = self.graph;
        let before = Reached::without(graph, Cut::Nothing);
        let after = Reached::without(graph, cut);
        let mut by_class: HashMap<u32, (u64, u64)> = HashMap::new();
        let (mut freed_objects, mut freed_bytes) = (0, 0_u64);
        for node in graph.nodes() {
            if before.has(node) && !after.has(node) {
                let bytes = graph.shallow_size(node);
                freed_objects += 1;
                freed_bytes = freed_bytes.saturating_add(bytes);
                let class = by_class.entry(self.classes.class(graph, node)).or_default();
                class.0 += 1;
                class.1 += bytes;
            }
        }
        let mut classes: Vec<ClassFacts> = by_class
            .into_iter()
            .map(|(class, (count, bytes))| ClassFacts {
                name: self.classes.name(class).to_owned(),
                count,
                bytes,
            })
            .collect();
        classes.sort_by(|a, b| (b.bytes, &a.name).cmp(&(a.bytes, &b.name)));
        classes.truncate(top.unwrap_or(TOP));
        let name = |node: Node| format!("{} @{}", self.label(node), graph.id(node));
        CutView {
            cut: match cut {
                Cut::Nothing => "nothing".to_owned(),
                Cut::Object(node) => name(node),
                Cut::Reference(from, to) => format!("{} -> {}", name(from), name(to)),
            },
            freed_objects,
            freed_bytes,
            classes,
        }
    }
}

impl Selection {
    /// As text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!(
            "{} objects with {}, {} of their own",
            grouped(self.count),
            printable(&self.selected_by),
            size(self.shallow_bytes)
        );
        out.push_str(if self.objects.is_empty() {
            "\n"
        } else {
            "; those that retain most:\n"
        });
        for object in &self.objects {
            let _ = writeln!(out, "  {}", object_line(object));
        }
        out
    }
}

impl ObjectView {
    /// As text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!("{}\n", object_line(&self.object));
        if let Some(location) = &self.object.location {
            let script = printable(location.script.as_deref().unwrap_or("a script"));
            let _ = writeln!(
                out,
                "  defined at {script}:{}:{}",
                location.line, location.column
            );
        }
        let _ = writeln!(out, "  distance {}", self.distance);
        let _ = writeln!(out, "\n{} references:", grouped(self.field_count));
        reference_lines(&mut out, &self.fields);
        let _ = writeln!(out, "\n{} retainers:", grouped(self.retainer_count));
        for retainer in &self.retainers {
            let held_by = format!(
                "of {} @{}, distance {}",
                one_line(&retainer.class),
                retainer.id,
                retainer.distance
            );
            reference_line(&mut out, &retainer.edge, &retainer.name, &held_by);
        }
        out.push_str("\nDominators, upwards:\n");
        for object in &self.dominators {
            let _ = writeln!(out, "  {}", object_line(object));
        }
        out.push_str("\nPath:\n");
        path_lines(&mut out, &self.path);
        out
    }
}

impl PathView {
    /// As text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!("{}\n", object_line(&self.object));
        path_lines(&mut out, &self.path);
        out
    }
}

impl CutView {
    /// As text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!(
            "Without {}: {} objects, {} would be free\n",
            printable(&self.cut),
            grouped(self.freed_objects),
            size(self.freed_bytes)
        );
        for class in &self.classes {
            let _ = writeln!(
                out,
                "  {:40} \u{d7}{}, {}",
                one_line(&class.name),
                grouped(class.count),
                size(class.bytes)
            );
        }
        out
    }
}

fn path_lines(out: &mut String, path: &[StepFacts]) {
    if path.is_empty() {
        out.push_str("  nothing but weak references leads to it\n");
    }
    reference_lines(out, path);
}

fn reference_lines(out: &mut String, references: &[StepFacts]) {
    for reference in references {
        let leads_to = format!(
            "\u{2192} {} @{}, retains {}",
            one_line(&reference.class),
            reference.id,
            size(reference.retained_bytes)
        );
        reference_line(out, &reference.edge, &reference.name, &leads_to);
    }
}

fn reference_line(out: &mut String, edge: &str, name: &str, rest: &str) {
    let _ = writeln!(out, "  {edge:8} {} {rest}", one_line(name));
}

fn object_line(object: &ObjectFacts) -> String {
    let name = object
        .name
        .as_ref()
        .map_or_else(String::new, |name| format!(" \"{}\"", one_line(name)));
    format!(
        "{}{name} @{}: {}, retains {}, {}",
        one_line(&object.class),
        object.id,
        size(object.shallow_bytes),
        size(object.retained_bytes),
        object.source
    )
}
