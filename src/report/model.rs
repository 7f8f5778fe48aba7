//! What `oomhost analyze` found in a heap, ready to be written in any format. As JSON this is the
//! documented interface: `src/report/README.md` says what each member means.

use serde::Serialize;

use super::source_maps::SourceMaps;
use crate::heap::{
    ClassTotal, Classes, Findings, Graph, Group, Location, Locations, Node, Path, Routes, Snapshot,
    SnapshotFile, SourcePath, Sums, Suspect, Tally, both, suspects,
};

/// The version of the JSON: the number rises when a member changes or goes; new ones may come.
pub const SCHEMA: &str = "oomhost-analysis/1";

/// Characters kept of a string's text.
const TEXT: usize = 60;

/// Everything.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The file and the heap as a whole.
    pub file: FileFacts,
    /// The suspects, the largest first.
    pub suspects: Vec<SuspectFacts>,
    /// Constructors, those that retain most first.
    pub constructors: Vec<Constructor>,
    /// The single objects with the largest shallow sizes.
    pub biggest_objects: Vec<ObjectFacts>,
    /// Strings of which there are several.
    pub duplicate_strings: Duplicates,
    /// Arrays, maps and sets without an entry.
    pub empty_collections: TallyFacts,
    /// Arrays of which less than a quarter is used.
    pub sparse_arrays: TallyFacts,
    /// Numbers in objects of their own.
    pub boxed_numbers: TallyFacts,
    /// Nodes that are detached from their document.
    pub detached_nodes: TallyFacts,
    /// Global contexts.
    pub native_contexts: u64,
    /// Contexts of closures, those that retain most first.
    pub closure_contexts: Vec<ObjectFacts>,
    /// The contents of array buffers.
    pub array_buffers: TallyFacts,
    /// The contents of external strings.
    pub external_strings: TallyFacts,
}

/// The file and the heap as a whole.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileFacts {
    /// The path as it was given.
    pub path: String,
    /// Bytes of the text.
    pub bytes: u64,
    /// How it is compressed.
    pub compressed: Option<String>,
    /// What wrote it, as far as the heap says: the process's `version` and `versions.v8`.
    pub producer: Option<String>,
    /// Nodes, with those that stand for roots.
    pub nodes: u64,
    /// Edges.
    pub edges: u64,
    /// Bytes of all nodes together.
    pub heap_bytes: u64,
    /// Bytes outside V8's heap that V8 was told of and no node stands for.
    pub extra_native_bytes: u64,
}

/// A suspect.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SuspectFacts {
    /// The same in every run of the program.
    pub signature: String,
    /// The object.
    pub object: ObjectFacts,
    /// Bytes that are reached over it.
    pub bytes: u64,
    /// The same as a part of the heap, from 0 to 1.
    pub share: f64,
    /// Objects that are reached over it.
    pub objects: u64,
    /// Places with this signature.
    pub places: u64,
    /// Whether it is the first of a chain.
    pub is_chain: bool,
    /// Of the object and what its references are in, the one that retains most.
    pub retainer: ObjectFacts,
    /// The function whose closure holds the variable that the source path begins with.
    pub function: Option<ObjectFacts>,
    /// What it holds, by class.
    pub holds: Vec<GroupFacts>,
    /// All that is reached over it, by class.
    pub consists_of: Vec<GroupFacts>,
    /// The whole path from the root.
    pub path: Vec<StepFacts>,
}

/// An object.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectFacts {
    /// The id that `DevTools` shows as `@id`.
    pub id: u32,
    /// V8's name of its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its class.
    pub class: String,
    /// Its own name, where that is another.
    pub name: Option<String>,
    /// Where it is in the program: `global.cache`.
    pub source: String,
    /// Bytes of its own.
    pub shallow_bytes: u64,
    /// Bytes that it retains.
    pub retained_bytes: u64,
    /// Where its constructor, or the function that it is, is defined.
    pub location: Option<Location>,
}

/// Some objects of one class.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupFacts {
    /// The class.
    pub class: String,
    /// Objects.
    pub count: u64,
    /// Bytes.
    pub bytes: u64,
    /// Where the constructor is defined.
    pub location: Option<Location>,
    /// The id of one of them.
    pub example: u32,
}

/// A constructor.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Constructor {
    /// Its name, or V8's name of a group.
    pub name: String,
    /// Objects.
    pub count: u64,
    /// Bytes of their own.
    pub shallow_bytes: u64,
    /// Bytes that they retain together.
    pub retained_bytes: u64,
    /// The id of the one that retains most.
    pub largest: u32,
}

/// One reference of a path.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepFacts {
    /// V8's name of the edge's type.
    pub edge: String,
    /// Its name or index.
    pub name: String,
    /// The class of what it leads to.
    pub class: String,
    /// The id of that.
    pub id: u32,
    /// What that retains.
    pub retained_bytes: u64,
}

/// Strings with the same text.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Duplicates {
    /// Strings that are copies of another.
    pub copies: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The texts with the most bytes of copies.
    pub texts: Vec<DuplicateFacts>,
}

/// A text that several strings have.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DuplicateFacts {
    /// The text, cut.
    pub text: String,
    /// Strings.
    pub count: u64,
    /// Bytes of all but one.
    pub wasted_bytes: u64,
}

/// Objects counted together.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TallyFacts {
    /// Objects.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl From<Tally> for TallyFacts {
    fn from(tally: Tally) -> Self {
        Self {
            count: tally.count,
            bytes: tally.bytes,
        }
    }
}

/// A graph with what is worked out for every question.
pub struct Analysis<'g, 'a> {
    /// The snapshot.
    pub snapshot: &'g Snapshot<'a>,
    /// Its graph.
    pub graph: &'g Graph<'a>,
    /// Ways from the roots.
    pub routes: Routes,
    /// What the ways lead to.
    sums: Sums,
    /// Classes.
    pub classes: Classes,
    /// The file, whose pages are let go of now and then.
    pub file: &'g SnapshotFile,
}

impl<'g, 'a> Analysis<'g, 'a> {
    /// Names the classes and adds up the ways; `routes` are the graph's.
    #[must_use]
    pub fn of(
        file: &'g SnapshotFile,
        snapshot: &'g Snapshot<'a>,
        graph: &'g Graph<'a>,
        routes: Routes,
    ) -> Self {
        let (sums, classes) = both(|| routes.sums(graph), || Classes::of(graph));
        Self {
            snapshot,
            graph,
            routes,
            sums,
            classes,
            file,
        }
    }

    /// Where these nodes are defined, or their constructors; in what was written, where there is a source
    /// map.
    pub(super) fn places(&self, wanted: &[Node]) -> Locations {
        let mut maps = SourceMaps::default();
        Locations::find(self.snapshot, self.graph, wanted).map(|place| maps.original(place))
    }

    /// Gives back what was read of the file.
    fn let_go(&self) {
        self.file.release(0..self.file.bytes().len());
    }

    /// Everything; of lists that could be long the first `top` entries.
    #[must_use]
    pub fn model(&mut self, path: &str, compressed: Option<String>, top: usize) -> Model {
        let ((suspects, findings), totals) = both(
            || {
                let suspects = suspects(self.graph, &self.routes, &self.sums, &self.classes);
                (suspects, Findings::of(self.graph))
            },
            || self.classes.totals(self.graph),
        );
        self.routes.forget_order();
        self.let_go();
        let mut wanted: Vec<Node> = findings.biggest.clone();
        wanted.extend(&findings.contexts);
        for suspect in &suspects {
            wanted.extend([suspect.node, suspect.retainer]);
            wanted.extend(suspect.source.function);
            let groups = suspect.holds.iter().chain(&suspect.consists_of);
            wanted.extend(groups.map(|group| group.example));
        }
        let places = self.places(&wanted);
        self.let_go();
        let object = |node: &Node| self.object(*node, &places);
        Model {
            schema: SCHEMA,
            file: self.file(path, compressed),
            suspects: self.worth_naming(&suspects, &places),
            constructors: self.constructors(totals, top),
            biggest_objects: findings.biggest.iter().map(object).collect(),
            duplicate_strings: self.duplicates(&findings),
            empty_collections: findings.empty.into(),
            sparse_arrays: findings.sparse.into(),
            boxed_numbers: findings.numbers.into(),
            detached_nodes: findings.detached.into(),
            native_contexts: findings.native_contexts,
            closure_contexts: findings.contexts.iter().map(object).collect(),
            array_buffers: findings.buffers.into(),
            external_strings: findings.external_strings.into(),
        }
    }

    /// Only the suspects.
    #[must_use]
    pub fn suspects(&self) -> Vec<SuspectFacts> {
        let suspects = suspects(self.graph, &self.routes, &self.sums, &self.classes);
        let mut wanted = Vec::new();
        for suspect in &suspects {
            wanted.push(suspect.node);
            wanted.extend(suspect.source.function);
            wanted.extend(suspect.holds.iter().map(|group| group.example));
        }
        let places = self.places(&wanted);
        self.worth_naming(&suspects, &places)
    }

    /// All suspects but what the host's own modules are made of, which is a tenth of a small heap.
    fn worth_naming(&self, suspects: &[Suspect], places: &Locations) -> Vec<SuspectFacts> {
        suspects
            .iter()
            .map(|suspect| self.suspect(suspect, places))
            .filter(|suspect| {
                !suspect.holds.first().is_some_and(|group| {
                    let script = group
                        .location
                        .as_ref()
                        .and_then(|place| place.script.as_ref());
                    group.class == "Function"
                        && script.is_some_and(|script| script.starts_with("node:"))
                })
            })
            .collect()
    }

    fn file(&self, path: &str, compressed: Option<String>) -> FileFacts {
        FileFacts {
            path: path.to_owned(),
            bytes: self.snapshot.file_size(),
            compressed,
            producer: self.producer(),
            nodes: self.graph.len() as u64,
            edges: self.graph.edge_count() as u64,
            heap_bytes: self.graph.retained_size(0),
            extra_native_bytes: self.snapshot.header.extra_native_bytes,
        }
    }

    /// `global.process.version` and `global.process.versions.v8`.
    fn producer(&self) -> Option<String> {
        let text = |node: Node| self.graph.names().get(self.graph.name(node), 40);
        let process = self
            .routes
            .globals()
            .iter()
            .find_map(|global| self.graph.child(*global, &["process"]))?;
        let version = text(self.graph.child(process, &["version"])?);
        let versions = self.graph.child(process, &["versions"]);
        let of = |name: &str| {
            let node = self.graph.child(versions?, &[name])?;
            (self.graph.kind(node) == "string").then(|| text(node))
        };
        let v8 = of("v8").map_or_else(String::new, |v8| format!(", V8 {v8}"));
        Some(match of("oomhost") {
            Some(own) => format!("oomhost {own} (as Node {version}{v8})"),
            None => format!("Node {version}{v8}"),
        })
    }

    fn suspect(&self, suspect: &Suspect, places: &Locations) -> SuspectFacts {
        let total = self.graph.retained_size(0).max(1);
        let group = |group: &Group| GroupFacts {
            class: group.class.clone(),
            count: group.count,
            bytes: group.bytes,
            location: places.get(group.example).cloned(),
            example: self.graph.id(group.example),
        };
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let share = suspect.bytes as f64 / total as f64;
        let mut object = self.object(suspect.node, places);
        object.source.clone_from(&suspect.source.text);
        SuspectFacts {
            signature: suspect.signature.clone(),
            object,
            bytes: suspect.bytes,
            share,
            objects: suspect.objects,
            places: suspect.more_places + 1,
            is_chain: suspect.is_chain,
            retainer: self.object(suspect.retainer, places),
            function: suspect
                .source
                .function
                .map(|node| self.object(node, places)),
            holds: suspect.holds.iter().map(group).collect(),
            consists_of: suspect.consists_of.iter().map(group).collect(),
            path: self.steps(&suspect.path),
        }
    }

    /// A path.
    #[must_use]
    pub fn steps(&self, path: &Path) -> Vec<StepFacts> {
        path.0
            .iter()
            .map(|step| StepFacts {
                edge: step.kind.clone(),
                name: step.name.clone(),
                class: self.label(step.node),
                id: self.graph.id(step.node),
                retained_bytes: self.graph.retained_size(step.node),
            })
            .collect()
    }

    /// What an object is called in a path: its class, or a function's or root's name.
    #[must_use]
    pub fn label(&self, node: Node) -> String {
        let name = || self.graph.names().get(self.graph.name(node), TEXT);
        match self.graph.kind(node) {
            "closure" => {
                let name = name();
                if name.is_empty() {
                    "(anonymous)()".to_owned()
                } else {
                    format!("{name}()")
                }
            }
            "synthetic" | "code" | "array" if !name().is_empty() => name(),
            _ => self.classes.name_of(self.graph, node).to_owned(),
        }
    }

    /// An object.
    #[must_use]
    pub fn object(&self, node: Node, places: &Locations) -> ObjectFacts {
        let graph = self.graph;
        let class = self.classes.name_of(graph, node).to_owned();
        let name = graph.names().get(graph.name(node), TEXT);
        ObjectFacts {
            id: graph.id(node),
            kind: graph.kind(node).to_owned(),
            name: (name != class && !name.is_empty()).then_some(name),
            class,
            source: SourcePath::of(graph, &Path::to(graph, &self.routes, node)).text,
            shallow_bytes: graph.shallow_size(node),
            retained_bytes: graph.retained_size(node),
            location: places.get(node).cloned(),
        }
    }

    fn constructors(&self, totals: Vec<ClassTotal>, top: usize) -> Vec<Constructor> {
        // The first by retained size, and those that are among the first by shallow size.
        let mut by_shallow: Vec<u64> = totals.iter().map(|total| total.shallow).collect();
        by_shallow.sort_unstable_by_key(|shallow| std::cmp::Reverse(*shallow));
        let least = by_shallow.get(top.saturating_sub(1)).copied().unwrap_or(0);
        totals
            .into_iter()
            .enumerate()
            .filter(|(at, total)| *at < top || total.shallow >= least)
            .map(|(_, total)| Constructor {
                name: total.name,
                count: total.count,
                shallow_bytes: total.shallow,
                retained_bytes: total.retained,
                largest: self.graph.id(total.largest),
            })
            .collect()
    }

    fn duplicates(&self, findings: &Findings) -> Duplicates {
        Duplicates {
            copies: findings.copies.count,
            bytes: findings.copies.bytes,
            texts: findings
                .duplicates
                .iter()
                .map(|duplicate| DuplicateFacts {
                    text: self.graph.names().get(duplicate.name, TEXT),
                    count: duplicate.count,
                    wasted_bytes: duplicate.wasted,
                })
                .collect(),
        }
    }
}
