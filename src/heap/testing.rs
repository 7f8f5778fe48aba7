//! A small heap for tests, written as V8 writes one.

use std::fmt::Write as _;

/// Builds the text of a snapshot; node 0, the root, is there from the start.
pub(super) struct Builder {
    pub node_fields: Vec<&'static str>,
    /// What stands between two rows; V8 before 13 puts a newline before the comma.
    pub between_rows: &'static str,
    nodes: Vec<Node>,
    strings: Vec<String>,
    pub samples: Vec<(u64, u64)>,
    pub locations: Vec<[u64; 4]>,
}

struct Node {
    kind: usize,
    name: usize,
    self_size: u64,
    id: u64,
    edges: Vec<(usize, usize, usize)>,
}

const NODE_KINDS: [&str; 16] = [
    "hidden",
    "array",
    "string",
    "object",
    "code",
    "closure",
    "regexp",
    "number",
    "native",
    "synthetic",
    "concatenated string",
    "sliced string",
    "symbol",
    "bigint",
    "object shape",
    "wasm object",
];

const EDGE_KINDS: [&str; 7] = [
    "context", "element", "property", "internal", "hidden", "shortcut", "weak",
];

impl Builder {
    pub fn new() -> Self {
        let mut builder = Self {
            node_fields: vec![
                "type",
                "name",
                "id",
                "self_size",
                "edge_count",
                "detachedness",
            ],
            between_rows: ",",
            nodes: Vec::new(),
            strings: vec!["<dummy>".to_owned()],
            samples: Vec::new(),
            locations: Vec::new(),
        };
        builder.node("synthetic", "", 0);
        builder
    }

    /// Adds a node and returns its ordinal.
    pub fn node(&mut self, kind: &str, name: &str, self_size: u64) -> usize {
        let node = Node {
            kind: NODE_KINDS
                .iter()
                .position(|k| *k == kind)
                .expect("a node type"),
            name: self.string(name),
            self_size,
            id: 2 * self.nodes.len() as u64 + 1,
            edges: Vec::new(),
        };
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// Adds an edge whose name is a string.
    pub fn edge(&mut self, from: usize, kind: &str, name: &str, to: usize) {
        let kind = EDGE_KINDS
            .iter()
            .position(|k| *k == kind)
            .expect("an edge type");
        let name = self.string(name);
        self.nodes[from].edges.push((kind, name, to));
    }

    /// Adds an edge whose name is an index.
    pub fn element(&mut self, from: usize, index: usize, to: usize) {
        self.nodes[from].edges.push((1, index, to));
    }

    /// The id of the node with this ordinal.
    pub fn id(&self, ordinal: usize) -> u64 {
        self.nodes[ordinal].id
    }

    pub fn set_id(&mut self, ordinal: usize, id: u64) {
        self.nodes[ordinal].id = id;
    }

    fn string(&mut self, text: &str) -> usize {
        if let Some(id) = self.strings.iter().position(|known| known == text) {
            return id;
        }
        self.strings.push(text.to_owned());
        self.strings.len() - 1
    }

    pub fn text(&self) -> String {
        let width = self.node_fields.len();
        let mut types: Vec<serde_json::Value> = vec!["number".into(); width];
        let type_at = self
            .node_fields
            .iter()
            .position(|f| *f == "type")
            .expect("a type column");
        types[type_at] = NODE_KINDS.to_vec().into();
        let edge_count: usize = self.nodes.iter().map(|node| node.edges.len()).sum();
        let header = serde_json::json!({
            "meta": {
                "node_fields": self.node_fields,
                "node_types": types,
                "edge_fields": ["type", "name_or_index", "to_node"],
                "edge_types": [EDGE_KINDS, "string_or_number", "node"],
                "trace_function_info_fields":
                    ["function_id", "name", "script_name", "script_id", "line", "column"],
                "trace_node_fields": ["id", "function_info_index", "count", "size", "children"],
                "sample_fields": ["timestamp_us", "last_assigned_id"],
                "location_fields": ["object_index", "script_id", "line", "column"],
            },
            "node_count": self.nodes.len(),
            "edge_count": edge_count,
            "trace_function_count": 0,
            "extra_native_bytes": 0,
        });
        let nodes = self.nodes.iter().map(|node| {
            let values = self.node_fields.iter().map(|field| match *field {
                "type" => node.kind.to_string(),
                "name" => node.name.to_string(),
                "id" => node.id.to_string(),
                "self_size" => node.self_size.to_string(),
                "edge_count" => node.edges.len().to_string(),
                _ => "0".to_owned(),
            });
            values.collect::<Vec<_>>().join(",")
        });
        let edges = self.nodes.iter().flat_map(|node| &node.edges);
        let edges = edges.map(|(kind, name, to)| format!("{kind},{name},{}", to * width));
        let samples = self.samples.iter().map(|(at, id)| format!("{at},{id}"));
        let locations = self
            .locations
            .iter()
            .map(|[a, b, c, d]| format!("{a},{b},{c},{d}"));
        let strings = self
            .strings
            .iter()
            .map(|s| serde_json::Value::from(s.as_str()).to_string());

        let mut out = format!("{{\"snapshot\":{header}");
        for (section, rows) in [
            ("nodes", nodes.collect::<Vec<_>>()),
            ("edges", edges.collect()),
            ("trace_function_infos", Vec::new()),
            ("trace_tree", Vec::new()),
            ("samples", samples.collect()),
            ("locations", locations.collect()),
            ("strings", strings.collect()),
        ] {
            let rows = rows.join(self.between_rows);
            write!(out, ",\n\"{section}\":[{rows}]").expect("writing to a string");
        }
        out.push('}');
        out
    }
}

/// Bytes that mean something in a snapshot, and some that never may stand in one.
pub(in crate::heap) const TOKENS: &[u8] = b"[]{},:\"\\0123456789u \n\x00\x1f\xff";

/// Random numbers below what is asked, the same in every run (xorshift64).
pub(in crate::heap) fn noise() -> impl FnMut(usize) -> usize {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).expect("below a usize")
    }
}
