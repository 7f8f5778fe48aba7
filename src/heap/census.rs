//! How many objects of each class there are, and how large they are.

use std::collections::HashMap;

use rustc_hash::FxHashMap;

use super::error::FormatError;
use super::snapshot::Snapshot;
use super::strings;

/// Class names told apart. A larger number than real programs have; it bounds the memory of
/// the census to a few megabytes whatever the file holds.
const MAX_NAMES: usize = 16_384;

/// Characters kept of a class name.
const MAX_NAME_CHARS: usize = 256;

/// The class that takes the objects whose name came after the first [`MAX_NAMES`].
const FURTHER_NAMES: &str = "(further names)";

/// Objects by class, named as in the Summary view of Chrome's `DevTools`.
///
/// Counts agree with `DevTools`, nodes without a size left out as there, except that
/// - classes of one name are one class here, wherever they were defined;
/// - plain objects are all `Object`; `DevTools` names common shapes of them `{a, b}`;
/// - contexts of closures and scripts are one class each;
/// - a size is what the node itself has. `DevTools` adds the sizes of `(array)` and
///   `(system)` nodes to their sole owner, and then leaves them out of the count.
#[derive(Debug, Clone)]
pub struct Census {
    /// All classes, the largest by self size first.
    pub classes: Vec<Class>,
    /// All nodes, also those without a size.
    pub nodes: u64,
    /// Sum of the self sizes of all nodes, in bytes.
    pub self_size: u64,
}

/// What the nodes of one class add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// The constructor, or V8's name for a group in parentheses: `(string)`, `(array)`.
    pub name: String,
    /// Objects with a self size.
    pub count: u64,
    /// Sum of their self sizes, in bytes.
    pub self_size: u64,
    /// The one with the largest self size.
    pub largest: Largest,
}

/// A single object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Largest {
    /// Its id, which `DevTools` shows as `@id`.
    pub id: u64,
    /// Its self size in bytes.
    pub self_size: u64,
}

/// The class of a node, before any string is read.
enum Rule {
    /// The node's own name is the class.
    ByName,
    /// All nodes of the type are one class.
    Whole(String),
}

#[derive(Clone, Copy, Default)]
struct Tally {
    count: u64,
    self_size: u64,
    largest: Largest,
}

impl Tally {
    #[inline]
    fn add(&mut self, id: u64, self_size: u64) {
        self.count += 1;
        self.self_size = self.self_size.saturating_add(self_size);
        if self_size > self.largest.self_size {
            self.largest = Largest { id, self_size };
        }
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.self_size = self.self_size.saturating_add(other.self_size);
        if other.largest.self_size > self.largest.self_size {
            self.largest = other.largest;
        }
    }
}

impl Census {
    /// Counts the nodes of `snapshot`, then looks up the names that it needs.
    ///
    /// Two passes in the order of the file, the nodes and the strings; memory does not grow
    /// with the file.
    ///
    /// # Errors
    /// A node is not a row of numbers, has a type that the header does not name or a name
    /// that is not in the string table, or the string table is broken before the last name
    /// that is needed.
    pub fn take(snapshot: &Snapshot<'_>) -> Result<Self, FormatError> {
        let columns = &snapshot.header.node;
        let rules: Vec<Rule> = columns.kinds.iter().map(|kind| rule(kind)).collect();
        let mut by_kind = vec![Tally::default(); rules.len()];
        let mut by_name: FxHashMap<u64, Tally> = FxHashMap::default();
        let mut further = Tally::default();
        let mut nodes = 0;
        let mut total = 0_u64;

        let mut rows = snapshot.nodes();
        let mut row = vec![0; columns.width];
        loop {
            let at = rows.offset();
            if !rows.next_into(&mut row)? {
                break;
            }
            nodes += 1;
            let self_size = row[columns.self_size];
            let id = row[columns.id];
            let kind = usize::try_from(row[columns.kind]).unwrap_or(usize::MAX);
            let Some(rule) = rules.get(kind) else {
                let what = format!("a node has the unknown type {kind}");
                return Err(FormatError::at(at, what));
            };
            if self_size == 0 {
                continue;
            }
            total = total.saturating_add(self_size);
            let tally = match rule {
                Rule::Whole(_) => &mut by_kind[kind],
                Rule::ByName => {
                    let name = row[columns.name];
                    if by_name.len() < MAX_NAMES || by_name.contains_key(&name) {
                        by_name.entry(name).or_default()
                    } else {
                        &mut further
                    }
                }
            };
            tally.add(id, self_size);
        }

        let mut classes: HashMap<String, Tally> = named(snapshot, &by_name)?;
        for (rule, tally) in rules.into_iter().zip(&by_kind) {
            if let Rule::Whole(name) = rule {
                classes.entry(name).or_default().merge(tally);
            }
        }
        classes.insert(FURTHER_NAMES.to_owned(), further);
        Ok(Self {
            classes: sorted(classes),
            nodes,
            self_size: total,
        })
    }

    /// The class called `name`, if there is an object of it.
    #[must_use]
    pub fn class(&self, name: &str) -> Option<&Class> {
        self.classes.iter().find(|class| class.name == name)
    }
}

fn rule(kind: &str) -> Rule {
    class_of_kind(kind).map_or(Rule::ByName, Rule::Whole)
}

/// What `DevTools` calls the class of the nodes of type `kind`; `None` where it is their name.
pub(super) fn class_of_kind(kind: &str) -> Option<String> {
    Some(match kind {
        "object" | "native" => return None,
        "hidden" => "(system)".to_owned(),
        "code" => "(compiled code)".to_owned(),
        "closure" => "Function".to_owned(),
        "regexp" => "RegExp".to_owned(),
        other => format!("({other})"),
    })
}

/// Puts names to the string ids, walking the table no further than the last of them.
fn named(
    snapshot: &Snapshot<'_>,
    by_name: &FxHashMap<u64, Tally>,
) -> Result<HashMap<String, Tally>, FormatError> {
    let mut classes: HashMap<String, Tally> = HashMap::new();
    let mut missing = by_name.len();
    for (id, string) in (0..).zip(snapshot.strings()) {
        if missing == 0 {
            break;
        }
        let string = string?;
        if let Some(tally) = by_name.get(&id) {
            let name = class_name(strings::decode(string.text, MAX_NAME_CHARS));
            classes.entry(name).or_default().merge(tally);
            missing -= 1;
        }
    }
    if missing > 0 {
        let end = usize::try_from(snapshot.file_size()).unwrap_or(usize::MAX);
        let what = format!("{missing} names of nodes are not in the string table");
        return Err(FormatError::at(end, what));
    }
    Ok(classes)
}

/// Elements are named with their attributes, as in `<div id="a">`; their class is `<div>`. V8 15 names
/// each scope's contexts and each script apart; `DevTools` makes a class of each.
pub(super) fn class_name(mut name: String) -> String {
    for whole in ["system / Context", "system / Script"] {
        if name
            .strip_prefix(whole)
            .is_some_and(|rest| rest.starts_with(" / "))
        {
            return whole.to_owned();
        }
    }
    let tag_at = match name.strip_prefix("Detached ") {
        Some(rest) if rest.starts_with('<') => "Detached ".len(),
        _ if name.starts_with('<') => 0,
        _ => return name,
    };
    if let Some(blank) = name[tag_at..].find(' ') {
        name.truncate(tag_at + blank);
        name.push('>');
    }
    name
}

fn sorted(classes: HashMap<String, Tally>) -> Vec<Class> {
    let mut classes: Vec<Class> = classes
        .into_iter()
        .filter(|(_, tally)| tally.count > 0)
        .map(|(name, tally)| Class {
            name,
            count: tally.count,
            self_size: tally.self_size,
            largest: tally.largest,
        })
        .collect();
    classes.sort_by(|a, b| {
        (b.self_size, b.count)
            .cmp(&(a.self_size, a.count))
            .then_with(|| a.name.cmp(&b.name))
    });
    classes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::testing::Builder;

    fn census(text: &str) -> Census {
        let snapshot = Snapshot::parse(text.as_bytes()).expect("a snapshot");
        Census::take(&snapshot).expect("a census")
    }

    #[test]
    fn classes_are_named_as_in_devtools() {
        let mut heap = Builder::new();
        for (kind, name) in [
            ("hidden", "system / Map"),
            ("array", "(object elements)"),
            ("string", "hello"),
            ("object", "LeakingClass1"),
            ("code", "f"),
            ("closure", "f"),
            ("regexp", "/a/"),
            ("number", "heap number"),
            ("native", "<div id=\"a\">"),
            ("native", "Detached <div id=\"a\">"),
            ("concatenated string", "ab"),
            ("object shape", "system / Map (Foo)"),
        ] {
            heap.node(kind, name, 16);
        }
        let mut names: Vec<String> = census(&heap.text())
            .classes
            .into_iter()
            .map(|class| class.name)
            .collect();
        names.sort();
        assert_eq!(
            names,
            [
                "(array)",
                "(compiled code)",
                "(concatenated string)",
                "(number)",
                "(object shape)",
                "(string)",
                "(system)",
                "<div>",
                "Detached <div>",
                "Function",
                "LeakingClass1",
                "RegExp",
            ]
        );
    }

    #[test]
    fn sums_counts_and_the_largest() {
        let mut heap = Builder::new();
        heap.node("object", "A", 10);
        let largest = heap.node("object", "A", 30);
        heap.node("object", "A", 0);
        heap.node("object", "B", 5);
        let census = census(&heap.text());
        assert_eq!(census.nodes, 5);
        assert_eq!(census.self_size, 45);
        let class = census.class("A").expect("class A");
        assert_eq!((class.count, class.self_size), (2, 40));
        assert_eq!(class.largest.self_size, 30);
        assert_eq!(class.largest.id, heap.id(largest));
        assert_eq!(census.classes[0].name, "A");
        assert!(census.class("C").is_none());
    }

    #[test]
    fn columns_follow_the_metadata() {
        let mut heap = Builder::new();
        heap.node_fields = vec!["self_size", "id", "edge_count", "extra", "name", "type"];
        heap.node("object", "Moved", 8);
        assert_eq!(
            census(&heap.text()).class("Moved").map(|c| c.self_size),
            Some(8)
        );
    }

    #[test]
    fn more_names_than_the_table_takes_are_summed() {
        let mut heap = Builder::new();
        for i in 0..MAX_NAMES + 10 {
            heap.node("object", &format!("Class{i}"), 8);
        }
        heap.node("object", "Class0", 8);
        let census = census(&heap.text());
        assert_eq!(
            census.class(FURTHER_NAMES).map(|class| class.count),
            Some(10)
        );
        assert_eq!(census.class("Class0").map(|class| class.count), Some(2));
    }

    #[test]
    fn a_name_outside_the_table_is_an_error() {
        let mut heap = Builder::new();
        heap.node("object", "A", 8);
        let text = heap.text().replace(",\"A\"]}", "]}");
        let snapshot = Snapshot::parse(text.as_bytes()).expect("a snapshot");
        assert!(Census::take(&snapshot).is_err());
    }
}
