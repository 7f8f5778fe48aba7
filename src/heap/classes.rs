//! Constructors: how many objects each has, how large they are, and what they retain together.

use std::collections::HashMap;

use super::census::{class_name, class_of_kind};
use super::graph::{Graph, Node};

/// Characters kept of a class name.
const MAX_NAME_CHARS: usize = 256;

/// Number of a class.
pub type ClassId = u32;

/// Which class each node is of, named as in the Summary view of `DevTools`; constructors of one name
/// are one class, wherever they are defined, and plain objects are all `Object`.
#[derive(Debug)]
pub struct Classes {
    /// By string, for the types whose nodes are named after their class; `ClassId::MAX` elsewhere.
    by_name: Vec<ClassId>,
    /// By type, for the others.
    by_kind: Vec<Option<ClassId>>,
    names: Vec<String>,
}

/// What the nodes of one class come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassTotal {
    /// The constructor, or V8's name for a group in parentheses.
    pub name: String,
    /// Nodes with a shallow size.
    pub count: u64,
    /// Sum of their shallow sizes, in bytes.
    pub shallow: u64,
    /// Bytes that would be free without any of them, as `DevTools` counts: what a node of the class
    /// retains counts with the first one above it.
    pub retained: u64,
    /// The one that retains most.
    pub largest: Node,
}

impl Classes {
    /// Names all classes of the graph.
    #[must_use]
    pub fn of(graph: &Graph<'_>) -> Self {
        let mut classes = Self {
            by_name: vec![ClassId::MAX; graph.names().count()],
            by_kind: Vec::new(),
            names: Vec::new(),
        };
        let mut known = HashMap::new();
        for kind in graph.kinds() {
            let class = class_of_kind(kind).map(|name| classes.number(&mut known, name));
            classes.by_kind.push(class);
        }
        for node in graph.nodes() {
            let name = graph.name(node);
            if classes.by_kind[graph.kind_number(node)].is_none()
                && classes.by_name[name as usize] == ClassId::MAX
            {
                let text = class_name(graph.names().get(name, MAX_NAME_CHARS));
                classes.by_name[name as usize] = classes.number(&mut known, text);
            }
        }
        classes
    }

    fn number(&mut self, known: &mut HashMap<String, ClassId>, name: String) -> ClassId {
        let next = ClassId::try_from(self.names.len()).unwrap_or(ClassId::MAX - 1);
        *known.entry(name).or_insert_with_key(|name| {
            self.names.push(name.clone());
            next
        })
    }

    /// Classes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The class of a node.
    #[must_use]
    pub fn class(&self, graph: &Graph<'_>, node: Node) -> ClassId {
        let by_kind = self.by_kind[graph.kind_number(node)];
        by_kind.unwrap_or_else(|| self.by_name[graph.name(node) as usize])
    }

    /// The name of a class.
    #[must_use]
    pub fn name(&self, class: ClassId) -> &str {
        self.names.get(class as usize).map_or("", String::as_str)
    }

    /// The name of a node's class.
    #[must_use]
    pub fn name_of(&self, graph: &Graph<'_>, node: Node) -> &str {
        self.name(self.class(graph, node))
    }

    /// The names of all classes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The class of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<ClassId> {
        let at = self.names.iter().position(|known| known == name)?;
        ClassId::try_from(at).ok()
    }

    /// Sums up all classes; those that retain most first.
    #[must_use]
    pub fn totals(&self, graph: &Graph<'_>) -> Vec<ClassTotal> {
        let mut totals: Vec<ClassTotal> = self
            .names
            .iter()
            .map(|name| ClassTotal {
                name: name.clone(),
                count: 0,
                shallow: 0,
                retained: 0,
                largest: 0,
            })
            .collect();
        let mut largest = vec![0; totals.len()];
        for node in graph.nodes() {
            let size = graph.shallow_size(node);
            if size == 0 {
                continue;
            }
            let class = self.class(graph, node) as usize;
            let total = &mut totals[class];
            let retained = graph.retained_size(node);
            if total.count == 0 || retained > largest[class] {
                total.largest = node;
                largest[class] = retained;
            }
            total.count += 1;
            total.shallow = total.shallow.saturating_add(size);
        }
        self.add_retained(graph, &mut totals);
        totals.retain(|total| total.count > 0);
        totals.sort_by(|a, b| {
            (b.retained, b.shallow)
                .cmp(&(a.retained, a.shallow))
                .then_with(|| a.name.cmp(&b.name))
        });
        totals
    }

    /// Walks the tree of dominators; of each class only what is not below another of it counts
    /// (`calculateClassesRetainedSize` in `DevTools`).
    fn add_retained(&self, graph: &Graph<'_>, totals: &mut [ClassTotal]) {
        let tree = graph.dominated();
        let mut is_open = vec![false; totals.len()];
        let mut list: Vec<Node> = vec![0];
        // Classes that are open until the list is as short as this again.
        let mut open: Vec<(usize, ClassId)> = Vec::new();
        while let Some(node) = list.pop() {
            let class = self.class(graph, node);
            let below = tree.of(node);
            if !is_open[class as usize] && graph.shallow_size(node) > 0 {
                let retained = &mut totals[class as usize].retained;
                *retained = retained.saturating_add(graph.retained_size(node));
                if !below.is_empty() {
                    is_open[class as usize] = true;
                    open.push((list.len(), class));
                }
            }
            list.extend(below);
            while let Some((length, class)) = open.last().copied()
                && length == list.len()
            {
                is_open[class as usize] = false;
                open.pop();
            }
        }
    }
}
