//! One snapshot, seen by rounds: which objects each round has left, what holds them, how large
//! objects are with what belongs to them alone.

use std::collections::HashMap;

use rustc_hash::FxHashMap;

use super::source;
use crate::heap::classes::Classes;
use crate::heap::graph::{Graph, Node, Routes};
use crate::heap::printable::printable;

/// No node.
const NONE: Node = Node::MAX;

/// No kind.
const NO_KIND: u32 = u32::MAX;

/// Groups of new objects whose path is looked for, at most.
const GROUPS: usize = 1000;

/// How many objects of one kind on a way are a chain.
const CHAIN: usize = 3;

/// Characters kept of a name.
const MAX_NAME: usize = 120;

/// A snapshot.
pub struct View {
    routes: Routes,
    /// The last id that the snapshot gave.
    pub last_id: u32,
    kind_of: Vec<u32>,
    kind_names: Vec<String>,
    roles: Vec<Role>,
    /// In which round each object was made; 0 for what was there before.
    births: Vec<u8>,
    rounds: usize,
    /// The first new object on the way to each new one, else [`NONE`].
    tops: Vec<Node>,
}

/// What a node is to the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Something that a program can name: an object, a function.
    Object,
    /// Text, a number and the like, without references of interest.
    Leaf,
    /// Part of an object: its table, its elements, a scope.
    Part,
    /// One of V8's roots.
    Root,
    /// Code and what belongs to it, which grows and goes as V8 likes.
    Code,
}

/// A place in which new objects are.
#[derive(Debug, Clone)]
pub struct Site {
    /// The place, in the program's words.
    pub path: String,
    /// The first new object of one of the groups.
    pub example: Node,
    /// Its kind.
    pub top_kind: u32,
    /// All first new objects of the place.
    pub tops: Vec<Node>,
    /// What holds them.
    pub holders: Vec<Node>,
    /// All new objects, by kind.
    pub tallies: FxHashMap<u32, Tally>,
    /// Their bytes.
    pub bytes: u64,
}

/// New objects of one kind.
#[derive(Debug, Clone)]
pub struct Tally {
    /// How many each round has left.
    pub rounds: Vec<u64>,
    /// Their bytes.
    pub bytes: u64,
    /// One of them.
    pub example: Node,
}

impl View {
    /// Sees `graph`; `last_ids` are those of the snapshots before it.
    pub fn of(graph: &Graph<'_>, last_ids: &[u32]) -> Self {
        let mut view = Self {
            routes: Routes::find(graph),
            last_id: 0,
            kind_of: Vec::new(),
            kind_names: Vec::new(),
            roles: roles(graph),
            births: vec![0; graph.len()],
            rounds: last_ids.len(),
            tops: vec![NONE; graph.len()],
        };
        view.name_kinds(graph);
        let ids = graph.nodes().map(|node| graph.id(node));
        view.last_id = ids.filter(|id| id % 2 == 1).max().unwrap_or(0);
        let mut is_code = vec![false; graph.len()];
        for &node in view.routes.order() {
            let at = node as usize;
            let Some(before) = view.routes.before(node) else {
                continue;
            };
            let before = before as usize;
            let id = graph.id(node);
            // What is outside V8's heap has an even id, and is as old as what holds it.
            view.births[at] = if id % 2 == 1 {
                u8::try_from(last_ids.partition_point(|last| *last < id)).unwrap_or(u8::MAX)
            } else {
                view.births[before]
            };
            let role = view.roles[at];
            is_code[at] = is_code[before] || role == Role::Code;
            if is_code[at] {
                view.roles[at] = Role::Code;
            } else if view.tops[before] != NONE {
                view.tops[at] = view.tops[before];
            } else if view.births[at] > 0 && !matches!(role, Role::Part | Role::Root) {
                view.tops[at] = node;
            }
        }
        view
    }

    fn name_kinds(&mut self, graph: &Graph<'_>) {
        let classes = Classes::of(graph);
        self.kind_names = classes
            .names()
            .map(|name| printable(name).into_owned())
            .collect();
        let mut functions: FxHashMap<u32, u32> = FxHashMap::default();
        self.kind_of = graph
            .nodes()
            .map(|node| match graph.kind(node) {
                "closure" => *functions.entry(graph.name(node)).or_insert_with(|| {
                    let number = u32::try_from(self.kind_names.len()).unwrap_or(NO_KIND);
                    let name = graph.names().get(graph.name(node), MAX_NAME);
                    self.kind_names
                        .push(printable(&function_name(&name)).into_owned());
                    number
                }),
                _ => classes.class(graph, node),
            })
            .collect();
    }

    /// The ways from the roots.
    pub fn routes(&self) -> &Routes {
        &self.routes
    }

    /// A node's kind, by number.
    pub fn kind(&self, node: Node) -> u32 {
        self.kind_of[node as usize]
    }

    /// The name of a kind.
    pub fn kind_name(&self, kind: u32) -> &str {
        self.kind_names
            .get(kind as usize)
            .map_or("", String::as_str)
    }

    /// Whether a program can name the node.
    pub fn is_object(&self, node: Node) -> bool {
        self.roles[node as usize] == Role::Object
    }

    /// What a node is called in a path.
    pub fn label(&self, graph: &Graph<'_>, node: Node) -> String {
        let name = || graph.names().get(graph.name(node), MAX_NAME);
        match graph.kind(node) {
            "synthetic" | "code" | "array" if !name().is_empty() => printable(&name()).into_owned(),
            _ => self.kind_name(self.kind(node)).to_owned(),
        }
    }

    /// The nearest thing above `node` that a program can name, or the root that it is reached from.
    pub fn holder(&self, node: Node) -> Node {
        let mut above = self.routes.before(node);
        while let Some(part) = above
            && !matches!(self.roles[part as usize], Role::Object | Role::Root)
        {
            above = self.routes.before(part);
        }
        above.unwrap_or(0)
    }

    /// The new objects of a place.
    pub fn nodes_of<'v>(&'v self, site: &'v Site) -> impl Iterator<Item = Node> + 'v {
        let mut tops = site.tops.clone();
        tops.sort_unstable();
        (0..)
            .zip(&self.tops)
            .filter(move |(_, top)| **top != NONE && tops.binary_search(top).is_ok())
            .map(|(node, _)| node)
    }

    /// Bytes of each object with its parts, its texts and what is new in it, by id; of those that `wanted`
    /// takes.
    pub fn extents(&self, graph: &Graph<'_>, wanted: impl Fn(u32) -> bool) -> FxHashMap<u32, u64> {
        let mut sums: Vec<u64> = graph.nodes().map(|node| graph.shallow_size(node)).collect();
        let mut extents = FxHashMap::default();
        for &node in self.routes.order().iter().rev() {
            let at = node as usize;
            match self.roles[at] {
                Role::Code => continue,
                Role::Object if self.births[at] == 0 => {
                    if wanted(graph.id(node)) {
                        extents.insert(graph.id(node), sums[at]);
                    }
                    continue;
                }
                _ => {}
            }
            if let Some(before) = self.routes.before(node) {
                sums[before as usize] = sums[before as usize].saturating_add(sums[at]);
            }
        }
        extents
    }

    /// The places in which new objects are.
    pub fn sites(&self, graph: &Graph<'_>) -> Vec<Site> {
        // By holder and the kind of the first new object first, because paths are dear.
        let mut numbers: FxHashMap<(Node, u32), usize> = FxHashMap::default();
        let mut group_of: FxHashMap<Node, usize> = FxHashMap::default();
        let mut groups: Vec<Site> = Vec::new();
        for &node in self.routes.order() {
            let top = self.tops[node as usize];
            if top == NONE {
                continue;
            }
            if top == node {
                let holder = self.holder(node);
                let kind = self.kind(node);
                let number = *numbers.entry((holder, kind)).or_insert_with(|| {
                    groups.push(Site::at(node, kind, holder));
                    groups.len() - 1
                });
                groups[number].tops.push(node);
                group_of.insert(node, number);
            }
            if let Some(number) = group_of.get(&top) {
                self.tally(graph, &mut groups[*number], node);
            }
        }
        groups.sort_by_key(|group| (std::cmp::Reverse(group.bytes), group.example));
        groups.truncate(GROUPS);
        // Groups are one place where their path is the same, or where they are parts of one chain, which
        // may be walked from both of its ends.
        let mut by_path: HashMap<String, usize> = HashMap::new();
        let mut by_chain: FxHashMap<(Node, u32), usize> = FxHashMap::default();
        let mut sites: Vec<Site> = Vec::new();
        for mut group in groups {
            let first = self.first_of_chain(group.example);
            // So many properties of one object that lead to the same are keys, whatever else it has.
            let by_key = first == group.example && group.tops.len() >= CHAIN;
            group.path = source(graph, self, first, by_key);
            let chain = (self.holder(first), group.top_kind);
            let known = by_chain.get(&chain).or_else(|| by_path.get(&group.path));
            let number = known.copied().unwrap_or(sites.len());
            by_chain.entry(chain).or_insert(number);
            by_path.entry(group.path.clone()).or_insert(number);
            match sites.get_mut(number) {
                Some(known) => known.join(group),
                None => sites.push(group),
            }
        }
        sites
    }

    /// The place that an old object is.
    pub fn site_of(&self, graph: &Graph<'_>, node: Node) -> Site {
        let mut site = Site::at(node, self.kind(node), self.holder(node));
        site.path = source(graph, self, self.first_of_chain(node), false);
        site.tops.push(node);
        site
    }

    fn tally(&self, graph: &Graph<'_>, group: &mut Site, node: Node) {
        let bytes = graph.shallow_size(node);
        group.bytes = group.bytes.saturating_add(bytes);
        let is_counted = !matches!(self.roles[node as usize], Role::Part | Role::Root);
        if !is_counted || graph.kind(node) == "number" {
            return;
        }
        let tally = group
            .tallies
            .entry(self.kind(node))
            .or_insert_with(|| Tally {
                rounds: vec![0; self.rounds],
                bytes: 0,
                example: node,
            });
        let birth = usize::from(self.births[node as usize]);
        // Of an object of before that is reached over a new one nothing is said.
        if let Some(count) = birth
            .checked_sub(1)
            .and_then(|round| tally.rounds.get_mut(round))
        {
            *count += 1;
            tally.bytes = tally.bytes.saturating_add(bytes);
        }
    }

    /// The first object of its kind on the way to `node`, if that kind is a program's own and there are
    /// [`CHAIN`] of it: of a list or a tree the root, wherever in it something new is. Otherwise `node`.
    fn first_of_chain(&self, node: Node) -> Node {
        let kind = self.kind(node);
        let name = self.kind_name(kind);
        let is_own = !matches!(name, "Object" | "Array" | "Map" | "Set" | "Promise")
            && !name.starts_with('(')
            && !name.ends_with("()");
        if !is_own {
            return node;
        }
        let way = self.routes.way(node);
        let alike: Vec<&Node> = way
            .iter()
            .filter(|above| self.kind(**above) == kind)
            .collect();
        if alike.len() < CHAIN {
            return node;
        }
        *alike[0]
    }
}

impl Site {
    fn at(example: Node, top_kind: u32, holder: Node) -> Self {
        Self {
            path: String::new(),
            example,
            top_kind,
            tops: Vec::new(),
            holders: vec![holder],
            tallies: FxHashMap::default(),
            bytes: 0,
        }
    }

    /// Takes in another group of the same place.
    fn join(&mut self, other: Self) {
        // Whichever of them is larger.
        if other.path < self.path {
            self.path = other.path;
        }
        self.tops.extend(other.tops);
        self.holders.extend(other.holders);
        self.bytes = self.bytes.saturating_add(other.bytes);
        for (kind, tally) in other.tallies {
            match self.tallies.get_mut(&kind) {
                None => {
                    self.tallies.insert(kind, tally);
                }
                Some(known) => {
                    for (count, more) in known.rounds.iter_mut().zip(tally.rounds) {
                        *count += more;
                    }
                    known.bytes = known.bytes.saturating_add(tally.bytes);
                }
            }
        }
    }
}

fn function_name(name: &str) -> String {
    if name.is_empty() {
        "(anonymous)()".to_owned()
    } else {
        format!("{name}()")
    }
}

/// What each node is to the program.
fn roles(graph: &Graph<'_>) -> Vec<Role> {
    graph
        .nodes()
        .map(|node| match graph.kind(node) {
            "code" | "object shape" => Role::Code,
            "synthetic" => Role::Root,
            "array" | "hidden" => Role::Part,
            "object" if is_v8_s(graph, node) => Role::Part,
            "object" | "closure" | "regexp" | "wasm object" => Role::Object,
            _ => Role::Leaf,
        })
        .collect()
}

/// Whether an object is one of V8's own, such as a scope.
fn is_v8_s(graph: &Graph<'_>, node: Node) -> bool {
    graph
        .names()
        .get(graph.name(node), 16)
        .starts_with("system / ")
}
