//! The header: what the columns of the sections mean, and how much must follow.

use serde::Deserialize;

use super::error::FormatError;

/// What stands in V8's trace tree.
const TRACE_NODE_FIELDS: [&str; 5] = ["id", "function_info_index", "count", "size", "children"];

/// Rows wider than this are no heap snapshot; V8 15 writes 7 columns at most.
pub(super) const MAX_WIDTH: usize = 16;

/// The `snapshot` object at the start of the file, resolved to column positions.
///
/// Columns and type names are looked up by name, because V8 adds, drops and moves them:
/// `trace_node_id` is there only with allocation tracking, `detachedness` only since V8 8.
#[derive(Debug, Clone)]
pub struct Header {
    /// Nodes that the file says it has.
    pub node_count: u64,
    /// Edges that the file says it has.
    pub edge_count: u64,
    /// Bytes outside V8's heap that the embedder has told V8 of; 0 where the file is silent.
    pub extra_native_bytes: u64,
    pub(super) trace_function_count: u64,
    pub(super) node: NodeColumns,
    pub(super) edge: EdgeColumns,
    /// Numbers a location takes, and which of them is the node it belongs to.
    pub(super) location_width: usize,
    pub(super) location_node: usize,
    pub(super) location: LocationColumns,
    /// Numbers a sample takes, and which of them is the last id assigned by then.
    pub(super) sample_width: usize,
    pub(super) sample_id: usize,
    pub(super) trace_function_width: usize,
    /// Where a function's name, its script's name, its line and column are in its row; `None` where the
    /// file lacks one of them, or its trace tree has other columns than V8's.
    pub(super) trace_function: Option<[usize; 4]>,
}

/// Where the values of a node are in its row.
#[derive(Debug, Clone)]
pub(super) struct NodeColumns {
    pub width: usize,
    pub kind: usize,
    pub name: usize,
    pub id: usize,
    pub self_size: usize,
    pub edge_count: usize,
    /// Written with allocation tracking, and always before V8 13.
    pub trace_node: Option<usize>,
    /// Absent before V8 8.
    pub detachedness: Option<usize>,
    /// V8's names of the node types, by number.
    pub kinds: Vec<String>,
}

/// Where the values of a location are in its row.
#[derive(Debug, Clone)]
pub(super) struct LocationColumns {
    pub width: usize,
    pub object: Option<usize>,
    pub script: Option<usize>,
    /// The script's node; V8 has it since 15.
    pub script_node: Option<usize>,
    pub line: Option<usize>,
    pub column: Option<usize>,
}

/// Where the values of an edge are in its row.
#[derive(Debug, Clone)]
pub(super) struct EdgeColumns {
    pub width: usize,
    pub kind: usize,
    pub name_or_index: usize,
    pub to_node: usize,
    /// V8's names of the edge types, by number.
    pub kinds: Vec<String>,
}

impl EdgeColumns {
    /// For each type, whether its edges are named by a number. V8 writes one for these two types
    /// and a string for all others (`HeapSnapshotJSONSerializer::SerializeEdge`).
    pub fn kinds_by_index(&self) -> Vec<bool> {
        self.kinds
            .iter()
            .map(|kind| kind == "element" || kind == "hidden")
            .collect()
    }
}

#[derive(Deserialize)]
struct RawHeader {
    meta: RawMeta,
    node_count: u64,
    edge_count: u64,
    #[serde(default)]
    trace_function_count: u64,
    #[serde(default)]
    extra_native_bytes: u64,
}

#[derive(Deserialize)]
struct RawMeta {
    node_fields: Vec<String>,
    node_types: Vec<FieldType>,
    edge_fields: Vec<String>,
    edge_types: Vec<FieldType>,
    #[serde(default)]
    location_fields: Vec<String>,
    #[serde(default)]
    sample_fields: Vec<String>,
    #[serde(default)]
    trace_function_info_fields: Vec<String>,
    #[serde(default)]
    trace_node_fields: Vec<String>,
}

/// A column holds one of some names, or a kind of value ("string", "number", "node").
#[derive(Deserialize)]
#[serde(untagged)]
enum FieldType {
    OneOf(Vec<String>),
    Kind(#[expect(dead_code, reason = "its presence is all that is read")] String),
}

impl Header {
    /// Reads the JSON object that starts at `start` and returns it with the offset behind it.
    pub(super) fn parse(bytes: &[u8], start: usize) -> Result<(Self, usize), FormatError> {
        let rest = bytes.get(start..).unwrap_or_default();
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<RawHeader>();
        let raw = match values.next() {
            Some(Ok(raw)) => raw,
            Some(Err(error)) if error.is_eof() => {
                return Err(FormatError::at(bytes.len(), "the file ends in the header"));
            }
            Some(Err(error)) => {
                let at = start + values.byte_offset();
                return Err(FormatError::at(at, format!("the header: {error}")));
            }
            None => return Err(FormatError::at(bytes.len(), "the file ends in the header")),
        };
        let end = start + values.byte_offset();
        let header = Self::resolve(raw).map_err(|what| FormatError::at(start, what))?;
        Ok((header, end))
    }

    fn resolve(raw: RawHeader) -> Result<Self, String> {
        let RawMeta {
            node_fields,
            node_types,
            edge_fields,
            edge_types,
            location_fields,
            sample_fields,
            trace_function_info_fields,
            trace_node_fields,
        } = raw.meta;
        for (list, fields) in [
            ("node_fields", &node_fields),
            ("edge_fields", &edge_fields),
            ("location_fields", &location_fields),
            ("sample_fields", &sample_fields),
            ("trace_function_info_fields", &trace_function_info_fields),
        ] {
            if fields.len() > MAX_WIDTH {
                return Err(format!("{list} has {} names", fields.len()));
            }
        }
        let node_column = |name| column("node_fields", &node_fields, name);
        let edge_column = |name| column("edge_fields", &edge_fields, name);
        let trace_function = |name| position(&trace_function_info_fields, name);
        let trace_function = (trace_node_fields == TRACE_NODE_FIELDS)
            .then(|| {
                Some([
                    trace_function("name")?,
                    trace_function("script_name")?,
                    trace_function("line")?,
                    trace_function("column")?,
                ])
            })
            .flatten();
        let node_kind = node_column("type")?;
        let edge_kind = edge_column("type")?;
        Ok(Self {
            node_count: raw.node_count,
            edge_count: raw.edge_count,
            extra_native_bytes: raw.extra_native_bytes,
            trace_function_count: raw.trace_function_count,
            node: NodeColumns {
                width: node_fields.len(),
                kind: node_kind,
                name: node_column("name")?,
                id: node_column("id")?,
                self_size: node_column("self_size")?,
                edge_count: node_column("edge_count")?,
                trace_node: position(&node_fields, "trace_node_id"),
                detachedness: position(&node_fields, "detachedness"),
                kinds: kinds("node_types", node_types, node_kind)?,
            },
            edge: EdgeColumns {
                width: edge_fields.len(),
                kind: edge_kind,
                name_or_index: edge_column("name_or_index")?,
                to_node: edge_column("to_node")?,
                kinds: kinds("edge_types", edge_types, edge_kind)?,
            },
            location: LocationColumns {
                width: location_fields.len(),
                object: position(&location_fields, "object_index"),
                script: position(&location_fields, "script_id"),
                script_node: position(&location_fields, "script_object_index"),
                line: position(&location_fields, "line"),
                column: position(&location_fields, "column"),
            },
            location_width: location_fields.len(),
            location_node: position(&location_fields, "object_index").unwrap_or(0),
            sample_width: sample_fields.len(),
            sample_id: position(&sample_fields, "last_assigned_id").unwrap_or(0),
            trace_function_width: trace_function_info_fields.len(),
            trace_function,
        })
    }
}

fn position(fields: &[String], name: &str) -> Option<usize> {
    fields.iter().position(|field| field == name)
}

fn column(list: &str, fields: &[String], name: &str) -> Result<usize, String> {
    position(fields, name).ok_or_else(|| format!("{list} has no \"{name}\""))
}

/// The names of the types, which stand in `types` at the place of the "type" column.
fn kinds(list: &str, types: Vec<FieldType>, column: usize) -> Result<Vec<String>, String> {
    match types.into_iter().nth(column) {
        Some(FieldType::OneOf(names)) => Ok(names),
        _ => Err(format!("{list} does not name the types")),
    }
}
