//! Is the file a whole and valid heap snapshot?

use super::error::FormatError;
use super::header::Header;
use super::snapshot::Snapshot;
use super::strings;

/// What a valid file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// Nodes.
    pub nodes: u64,
    /// Edges.
    pub edges: u64,
    /// Entries of the string table.
    pub strings: u64,
    /// Sum of all self sizes, in bytes.
    pub self_size: u64,
}

/// Holds `snapshot` against every rule that V8 keeps and `DevTools` relies on:
/// the sections are as long as the header says, every edge ends at a node, the edge counts of
/// the nodes add up, every string and type number is there, ids are unique, node 0 is the
/// synthetic root with id 1, the ids of the samples do not fall, and every string is JSON.
///
/// Reads the file once from front to back. Memory: 8 bytes a node.
///
/// # Errors
/// The first thing that is wrong, and where it is in the file.
pub fn check(snapshot: &Snapshot<'_>) -> Result<Checked, FormatError> {
    let strings = check_strings(snapshot)?;
    let (nodes, edge_sum, self_size) = check_nodes(snapshot, strings)?;
    let edges = check_edges(snapshot, strings, nodes)?;
    if edge_sum != edges {
        let what = format!("the nodes count {edge_sum} edges together, there are {edges}");
        return Err(FormatError::at(snapshot.edges().offset(), what));
    }
    check_rest(snapshot, nodes)?;
    Ok(Checked {
        nodes,
        edges,
        strings,
        self_size,
    })
}

fn check_strings(snapshot: &Snapshot<'_>) -> Result<u64, FormatError> {
    let mut count = 0;
    for string in snapshot.strings() {
        let string = string?;
        if let Some((at, what)) = strings::invalid_at(string.text) {
            return Err(FormatError::at(string.offset + 1 + at, what));
        }
        count += 1;
    }
    Ok(count)
}

/// Returns the number of nodes, of their edges, and the sum of their sizes.
fn check_nodes(snapshot: &Snapshot<'_>, strings: u64) -> Result<(u64, u64, u64), FormatError> {
    let Header {
        node: columns,
        node_count,
        ..
    } = &snapshot.header;
    let kinds = columns.kinds.len() as u64;
    let mut ids = Vec::new();
    let mut edge_sum = 0_u64;
    let mut self_size = 0_u64;

    let mut rows = snapshot.nodes();
    let mut row = vec![0; columns.width];
    loop {
        let at = rows.offset();
        if !rows.next_into(&mut row)? {
            break;
        }
        let number = ids.len();
        let wrong = |what: String| Err(FormatError::at(at, format!("node {number} {what}")));
        if row[columns.kind] >= kinds {
            return wrong(format!("has the unknown type {}", row[columns.kind]));
        }
        if row[columns.name] >= strings {
            return wrong(format!(
                "has the name {}, of {strings} strings",
                row[columns.name]
            ));
        }
        if number == 0 {
            let kind = usize::try_from(row[columns.kind]).unwrap_or(usize::MAX);
            if columns.kinds[kind] != "synthetic" || row[columns.id] != 1 {
                return wrong("is not the synthetic root with the id 1".to_owned());
            }
        }
        ids.push(row[columns.id]);
        edge_sum = edge_sum.saturating_add(row[columns.edge_count]);
        self_size = self_size.saturating_add(row[columns.self_size]);
    }
    let nodes = ids.len() as u64;
    if nodes != *node_count || nodes == 0 {
        let what = format!("there are {nodes} nodes, the header says {node_count}");
        return Err(FormatError::at(rows.offset(), what));
    }
    ids.sort_unstable();
    if let Some(pair) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(second_node_with(snapshot, pair[0]));
    }
    Ok((nodes, edge_sum, self_size))
}

/// Finds the place of the second node with this id.
fn second_node_with(snapshot: &Snapshot<'_>, id: u64) -> FormatError {
    let columns = &snapshot.header.node;
    let mut rows = snapshot.nodes();
    let mut row = vec![0; columns.width];
    let mut seen = false;
    let mut at = rows.offset();
    while let Ok(true) = rows.next_into(&mut row) {
        if row[columns.id] == id {
            if seen {
                break;
            }
            seen = true;
        }
        at = rows.offset();
    }
    FormatError::at(at, format!("a second node has the id {id}"))
}

fn check_edges(snapshot: &Snapshot<'_>, strings: u64, nodes: u64) -> Result<u64, FormatError> {
    let Header {
        node,
        edge: columns,
        edge_count,
        ..
    } = &snapshot.header;
    let node_width = node.width as u64;
    let by_index = columns.kinds_by_index();
    let mut edges = 0_u64;

    let mut rows = snapshot.edges();
    let mut row = vec![0; columns.width];
    loop {
        let at = rows.offset();
        if !rows.next_into(&mut row)? {
            break;
        }
        let wrong = |what: String| Err(FormatError::at(at, format!("edge {edges} {what}")));
        let kind = usize::try_from(row[columns.kind]).unwrap_or(usize::MAX);
        let Some(by_index) = by_index.get(kind) else {
            return wrong(format!("has the unknown type {kind}"));
        };
        let name = row[columns.name_or_index];
        if !by_index && name >= strings {
            return wrong(format!("has the name {name}, of {strings} strings"));
        }
        let to = row[columns.to_node];
        if !to.is_multiple_of(node_width) || to / node_width >= nodes {
            return wrong(format!("goes to {to}, where no node starts"));
        }
        edges += 1;
    }
    if edges != *edge_count {
        let what = format!("there are {edges} edges, the header says {edge_count}");
        return Err(FormatError::at(rows.offset(), what));
    }
    Ok(edges)
}

/// Trace functions, samples and locations.
fn check_rest(snapshot: &Snapshot<'_>, nodes: u64) -> Result<(), FormatError> {
    let header = &snapshot.header;
    let node_width = header.node.width as u64;

    let mut rows = snapshot.trace_functions();
    let mut row = vec![0; header.trace_function_width.max(1)];
    let mut functions = 0;
    while rows.next_into(&mut row)? {
        functions += 1;
    }
    if functions != header.trace_function_count {
        let count = header.trace_function_count;
        let what = format!("there are {functions} trace functions, the header says {count}");
        return Err(FormatError::at(rows.offset(), what));
    }

    let mut rows = snapshot.samples();
    let mut row = vec![0; header.sample_width.max(1)];
    let mut last = 0;
    loop {
        let at = rows.offset();
        if !rows.next_into(&mut row)? {
            break;
        }
        let id = row[header.sample_id];
        if id < last {
            return Err(FormatError::at(
                at,
                format!("the sample id falls from {last} to {id}"),
            ));
        }
        last = id;
    }

    let mut rows = snapshot.locations();
    let mut row = vec![0; header.location_width.max(1)];
    loop {
        let at = rows.offset();
        if !rows.next_into(&mut row)? {
            break;
        }
        let node = row[header.location_node];
        if !node.is_multiple_of(node_width) || node / node_width >= nodes {
            let what = format!("a location is of {node}, where no node starts");
            return Err(FormatError::at(at, what));
        }
    }
    Ok(())
}
