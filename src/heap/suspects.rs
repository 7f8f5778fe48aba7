//! Leak suspects: the places where much of the heap comes together.
//!
//! Along the ways of [`Routes`], every node has a sum, its own size and that of all that the ways over
//! it lead to. A suspect is the last node on its way whose sum is a tenth of the heap: what it holds
//! is large only together (the accumulation point of Eclipse MAT). Where such nodes form a chain, as
//! the nodes of a linked list do, the suspect is the first of the chain.
//!
//! Dominators would not do: when memory runs out, V8's own handles hold the arrays that it is just
//! copying, and so share everything in them with the program.

use super::classes::Classes;
use super::graph::{Graph, Node, Routes, Sums};
use super::path::{Path, SourcePath};

/// The part of the heap that a suspect must hold: one in so many bytes.
const SHARE: u64 = 10;

/// Suspects at most.
const MOST: usize = 10;

/// How often a class must be on a way for its nodes to be a chain.
const CHAIN: usize = 3;

/// Groups that are named of what a suspect holds.
const GROUPS: usize = 5;

/// A place that holds much.
#[derive(Debug, Clone)]
pub struct Suspect {
    /// The object.
    pub node: Node,
    /// Where the references are, if that is not the object itself: the table of a `Map`.
    pub store: Option<Node>,
    /// Bytes that are reached over it.
    pub bytes: u64,
    /// Objects that are reached over it.
    pub objects: u64,
    /// Other places with the same signature, whose bytes and objects count here too.
    pub more_places: u64,
    /// The node that retains most of the object and its store, in `DevTools`' sense.
    pub retainer: Node,
    /// The path to the object, and then to the store.
    pub path: Path,
    /// The path as it would stand in the program.
    pub source: SourcePath,
    /// Whether it is the first of a chain of objects of its class.
    pub is_chain: bool,
    /// What it holds immediately, by class; those with the most bytes below them first.
    pub holds: Vec<Group>,
    /// All that is reached over it, by class; those with the most bytes of their own first.
    pub consists_of: Vec<Group>,
    /// A hash of the masked path and of the classes; the same in every run.
    pub signature: String,
}

/// Some objects of one class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The class.
    pub class: String,
    /// Objects.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
    /// One of them.
    pub example: Node,
}

/// Finds the suspects, the largest first. `sums` are those of the `routes`.
#[must_use]
pub fn suspects(
    graph: &Graph<'_>,
    routes: &Routes,
    sums: &Sums,
    classes: &Classes,
) -> Vec<Suspect> {
    let total = sums.of(0);
    let least = (total / SHARE).max(1);
    let points = points(graph, routes, classes, sums, least);
    let contents = Contents::gather(graph, routes, classes, sums, &points);
    let mut found: Vec<Suspect> = Vec::new();
    for (at, point) in points.iter().enumerate() {
        let suspect = contents.suspect(graph, routes, classes, sums, at, point);
        // A root or a global object with a bit of everything is no place where things come together.
        let is_one_thing = suspect
            .holds
            .first()
            .is_some_and(|group| group.bytes >= least / 2)
            || graph.shallow_size(suspect.node) >= least / 2
            || suspect
                .store
                .is_some_and(|store| graph.shallow_size(store) >= least / 2);
        if !is_one_thing || !is_program_s(graph, &suspect) {
            continue;
        }
        match found
            .iter_mut()
            .find(|known| known.signature == suspect.signature)
        {
            Some(known) => {
                known.bytes = known.bytes.saturating_add(suspect.bytes);
                known.objects += suspect.objects;
                known.more_places += 1;
            }
            None => found.push(suspect),
        }
    }
    found.sort_by_key(|suspect| std::cmp::Reverse(weight(suspect)));
    found
}

/// A place in the program is worth more than one of V8's own, which a programmer cannot change: what
/// waits in the queue of microtasks, what V8 was at when the snapshot was taken.
fn weight(suspect: &Suspect) -> u64 {
    let source = &suspect.source.text;
    if source.starts_with('(') && !source.starts_with("(stack)") {
        suspect.bytes / 5 * 2
    } else {
        suspect.bytes
    }
}

/// Whether the path leads over more than V8's own roots.
fn is_program_s(graph: &Graph<'_>, suspect: &Suspect) -> bool {
    let kind = graph.kind(suspect.node);
    let is_system = kind == "code" || kind == "hidden" || kind == "synthetic";
    !is_system
        || suspect.path.0.iter().any(|step| {
            let name = graph.names().get(graph.name(step.node), 32);
            matches!(
                &*name,
                "(Stack roots)" | "(Handle scope)" | "(Global handles)"
            )
        })
}

/// An object in which the heap comes together.
struct Point {
    node: Node,
    store: Option<Node>,
    is_chain: bool,
}

fn points(
    graph: &Graph<'_>,
    routes: &Routes,
    classes: &Classes,
    sums: &Sums,
    least: u64,
) -> Vec<Point> {
    let is_big = |node: Node| sums.of(node) >= least;
    let mut has_big_below: Vec<Node> = routes
        .order()
        .iter()
        .filter(|node| is_big(**node))
        .filter_map(|node| routes.before(*node))
        .collect();
    has_big_below.sort_unstable();
    has_big_below.dedup();
    let mut ends: Vec<Node> = routes
        .order()
        .iter()
        .copied()
        .filter(|node| is_big(*node) && has_big_below.binary_search(node).is_err())
        .collect();
    ends.sort_by_key(|node| std::cmp::Reverse(sums.of(*node)));
    ends.truncate(MOST);
    let mut points: Vec<Point> = Vec::new();
    for end in ends {
        let way = routes.way(end);
        let class = classes.class(graph, end);
        let alike: Vec<&Node> = way
            .iter()
            .filter(|node| classes.class(graph, **node) == class && is_object(graph, **node))
            .collect();
        let point = if alike.len() >= CHAIN {
            Point {
                node: *alike[0],
                store: None,
                is_chain: true,
            }
        } else {
            of_store(graph, routes, end)
        };
        if !points.iter().any(|known| known.node == point.node) {
            points.push(point);
        }
    }
    points
}

fn is_object(graph: &Graph<'_>, node: Node) -> bool {
    !is_store(graph, node) && graph.kind(node) != "synthetic"
}

/// Arrays and hidden nodes are parts of objects.
fn is_store(graph: &Graph<'_>, node: Node) -> bool {
    matches!(graph.kind(node), "array" | "hidden")
}

/// The object that a store belongs to.
fn of_store(graph: &Graph<'_>, routes: &Routes, end: Node) -> Point {
    let mut node = end;
    while is_store(graph, node) {
        let above = routes
            .before(node)
            .filter(|above| graph.kind(*above) != "synthetic");
        let above = above.or_else(|| {
            // A root holds it, beside its object.
            let mut holders = graph.holders(node).into_iter();
            holders.find(|above| is_object(graph, *above) && routes.before(*above).is_some())
        });
        let Some(above) = above else {
            node = end;
            break;
        };
        node = above;
    }
    Point {
        node,
        store: (node != end).then_some(end),
        is_chain: false,
    }
}

/// The way to an object that V8's stack or handles hold, over something that has a name for it if there
/// is such a thing.
fn telling_way(graph: &Graph<'_>, routes: &Routes, node: Node) -> Vec<Node> {
    let mut way = routes.way(node);
    let mut end = node;
    let mut behind = vec![node];
    // Each round puts one more holder in front.
    for _ in 0..8 {
        let is_rooted = routes
            .before(end)
            .is_some_and(|before| graph.kind(before) == "synthetic");
        if !is_rooted {
            break;
        }
        let holder = graph
            .holders(end)
            .into_iter()
            .filter(|holder| {
                matches!(
                    graph.kind(*holder),
                    "object" | "closure" | "native" | "hidden"
                ) && !behind.contains(holder)
            })
            .map(|holder| (holder, routes.way(holder)))
            .filter(|(_, way)| {
                way.first() == Some(&0) && !way.iter().any(|node| behind.contains(node))
            })
            .min_by_key(|(_, way)| way.len());
        let Some((holder, mut front)) = holder else {
            break;
        };
        behind.insert(0, holder);
        front.extend(&behind[1..]);
        way = front;
        end = holder;
    }
    way
}

/// Objects, their bytes, and one of them.
type Tally = (u64, u64, Node);

/// Which point each node belongs to, and how.
struct Contents {
    objects: Vec<u64>,
    /// By point and class.
    held: Vec<Vec<Tally>>,
    below: Vec<Vec<Tally>>,
}

impl Contents {
    fn gather(
        graph: &Graph<'_>,
        routes: &Routes,
        classes: &Classes,
        sums: &Sums,
        points: &[Point],
    ) -> Self {
        const NOWHERE: u8 = u8::MAX;
        // The point, twice, and one more for what is not the point or a store of it.
        let mut place = vec![NOWHERE; graph.len()];
        for (at, point) in points.iter().enumerate().rev() {
            for node in [Some(point.node), point.store].into_iter().flatten() {
                place[node as usize] = u8::try_from(2 * at).unwrap_or(NOWHERE);
            }
        }
        let tallies = vec![vec![(0, 0, 0); classes.len()]; points.len()];
        let mut contents = Self {
            objects: vec![0; points.len()],
            held: tallies.clone(),
            below: tallies,
        };
        for &node in routes.order() {
            let before = routes
                .before(node)
                .map_or(NOWHERE, |before| place[before as usize]);
            if place[node as usize] == NOWHERE {
                if before == NOWHERE {
                    continue;
                }
                let is_inside = before.is_multiple_of(2) && is_store(graph, node);
                place[node as usize] = before - before % 2 + u8::from(!is_inside);
            }
            let at = usize::from(place[node as usize] / 2);
            let class = classes.class(graph, node) as usize;
            add(
                &mut contents.below[at][class],
                graph.shallow_size(node),
                node,
            );
            contents.objects[at] += 1;
            // Beside the point and its stores, but right behind them.
            if before.is_multiple_of(2) && before != NOWHERE && place[node as usize] % 2 == 1 {
                add(&mut contents.held[at][class], sums.of(node), node);
            }
        }
        contents
    }

    fn suspect(
        &self,
        graph: &Graph<'_>,
        routes: &Routes,
        classes: &Classes,
        sums: &Sums,
        at: usize,
        point: &Point,
    ) -> Suspect {
        let node = point.node;
        let mut way = telling_way(graph, routes, node);
        let to_node = way.len() - 1;
        let mut bytes = sums.of(node);
        if let Some(store) = point.store {
            let behind = routes.way(store);
            // Over the object, or beside it from a root.
            if let Some(from) = behind.iter().position(|above| *above == node) {
                way.extend(&behind[from + 1..]);
            } else {
                way.push(store);
                bytes = bytes.saturating_add(sums.of(store));
            }
        }
        let retainer = way[way.iter().position(|above| *above == node).unwrap_or(0)..]
            .iter()
            .copied()
            .max_by_key(|node| graph.retained_size(*node))
            .unwrap_or(node);
        let path = Path::along(graph, routes, &way);
        let source = SourcePath::of(graph, &Path(path.0[..to_node].to_vec()));
        let holds = groups(classes, &self.held[at]);
        let consists_of = groups(classes, &self.below[at]);
        let held = holds.first().map_or("", |group| &group.class);
        let class = classes.name_of(graph, node);
        let signature = signature(&[&source.text, class, held]);
        Suspect {
            node,
            store: point.store,
            bytes,
            objects: self.objects[at],
            more_places: 0,
            retainer,
            path,
            source,
            is_chain: point.is_chain,
            holds,
            consists_of,
            signature,
        }
    }
}

fn add(tally: &mut Tally, bytes: u64, node: Node) {
    if tally.0 == 0 {
        tally.2 = node;
    }
    tally.0 += 1;
    tally.1 = tally.1.saturating_add(bytes);
}

fn groups(classes: &Classes, tallies: &[Tally]) -> Vec<Group> {
    let mut groups: Vec<Group> = (0..)
        .zip(tallies)
        .filter(|(_, (count, _, _))| *count > 0)
        .map(|(class, (count, bytes, example))| Group {
            class: classes.name(class).to_owned(),
            count: *count,
            bytes: *bytes,
            example: *example,
        })
        .collect();
    groups.sort_by(|a, b| (b.bytes, &a.class).cmp(&(a.bytes, &b.class)));
    groups.truncate(GROUPS);
    groups
}

/// A hash that stays the same: FNV-1a with 64 bits.
pub(super) fn signature(parts: &[&str]) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}
