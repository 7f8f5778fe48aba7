//! Allocation sites: the stacks on which objects were allocated, in snapshots that were taken with
//! allocation tracking.

use serde::Serialize;

use super::error::FormatError;
use super::graph::{Graph, Node};
use super::snapshot::Snapshot;

/// Frames that are kept of a stack.
const FRAMES: usize = 4;

/// Characters kept of a function's name.
const MAX_NAME_CHARS: usize = 100;

/// Where an object was allocated: the innermost frame and its callers.
pub type Site = Vec<Frame>;

/// A function on a stack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Frame {
    /// Its name, empty where it has none.
    pub function: String,
    /// The name of its script, mostly a path; empty for V8's own.
    pub script: String,
    /// Line of the function in the script, from 1; 0 where V8 does not know.
    pub line: u64,
    /// Column, likewise.
    pub column: u64,
}

/// The stacks of a snapshot.
#[derive(Debug, Default)]
pub struct Traces {
    /// Sorted by id.
    stacks: Vec<Stack>,
    /// Name, script's name, line, column; the names by number.
    functions: Vec<[u64; 4]>,
    /// The id of the stack of each node, 0 where it is not known.
    of_nodes: Vec<u64>,
}

/// A node of V8's trace tree: a frame with all its callers.
#[derive(Debug, PartialEq, Eq)]
struct Stack {
    id: u64,
    /// The callers' id; the tree's root has none, and stands for no function.
    caller: Option<u64>,
    /// Number of the function's row.
    function: u64,
}

impl Traces {
    /// Reads what the snapshot says of allocations; empty where they were not tracked.
    ///
    /// # Errors
    /// The sections are not as V8 writes them.
    pub fn read(snapshot: &Snapshot<'_>) -> Result<Self, FormatError> {
        let header = &snapshot.header;
        let (Some(column), Some(wanted)) = (header.node.trace_node, header.trace_function) else {
            return Ok(Self::default());
        };
        let (text, base) = snapshot.trace_tree_text();
        let mut stacks = stacks(text, base)?;
        if stacks.is_empty() {
            return Ok(Self::default());
        }
        stacks.sort_by_key(|stack| stack.id);
        let mut functions = Vec::new();
        let mut rows = snapshot.trace_functions();
        let mut row = vec![0; header.trace_function_width];
        while rows.next_into(&mut row)? {
            functions.push(wanted.map(|column| row[column]));
        }
        let mut of_nodes = Vec::new();
        let mut rows = snapshot.nodes();
        let mut row = vec![0; header.node.width];
        while rows.next_into(&mut row)? {
            of_nodes.push(row[column]);
        }
        Ok(Self {
            stacks,
            functions,
            of_nodes,
        })
    }

    /// The id of the stack that a node was allocated on, if that is known.
    #[must_use]
    pub fn of(&self, node: Node) -> Option<u64> {
        let id = self.of_nodes.get(node as usize).copied();
        id.filter(|id| *id != 0)
    }

    /// The innermost frames of a stack.
    #[must_use]
    pub fn site(&self, graph: &Graph<'_>, id: u64) -> Site {
        let mut site = Site::new();
        let mut next = self.find(id);
        while let Some(stack) = next
            && site.len() < FRAMES
        {
            next = stack.caller.and_then(|id| self.find(id));
            let function = usize::try_from(stack.function).ok();
            let function = function.and_then(|function| self.functions.get(function));
            if let Some(&[name, script, line, column]) = function
                && stack.caller.is_some()
            {
                let text = |string: u64, most: usize| {
                    let string = u32::try_from(string).unwrap_or(u32::MAX);
                    graph.names().get(string, most)
                };
                site.push(Frame {
                    function: text(name, MAX_NAME_CHARS),
                    script: text(script, 4096),
                    line,
                    column,
                });
            }
        }
        site
    }

    fn find(&self, id: u64) -> Option<&Stack> {
        let at = self.stacks.binary_search_by_key(&id, |stack| stack.id);
        at.ok().map(|at| &self.stacks[at])
    }
}

/// Reads the tree: each node's id, function, count and size, and behind them a list of its callees, which
/// stand there likewise (`HeapSnapshotJSONSerializer::SerializeTraceNode`). Stacks can be deep, so nothing
/// here calls itself.
fn stacks(text: &[u8], base: usize) -> Result<Vec<Stack>, FormatError> {
    const WIDTH: usize = 4;
    let mut stacks: Vec<Stack> = Vec::new();
    let mut open: Vec<u64> = Vec::new();
    let mut row = [0_u64; WIDTH];
    let mut filled = 0;
    let mut pos = 0;
    while let Some(&byte) = text.get(pos) {
        let wrong =
            |what: &str| FormatError::at(base + pos, format!("section \"trace_tree\" {what}"));
        match byte {
            b',' | b' ' | b'\n' | b'\r' | b'\t' => pos += 1,
            b'[' if filled == WIDTH => {
                stacks.push(Stack {
                    id: row[0],
                    caller: open.last().copied(),
                    function: row[1],
                });
                open.push(row[0]);
                filled = 0;
                pos += 1;
            }
            b']' if filled == 0 && open.pop().is_some() => pos += 1,
            b'0'..=b'9' if filled < WIDTH => {
                let rest = &text[pos..];
                let digits = rest.iter().take_while(|byte| byte.is_ascii_digit());
                let digits = digits.count();
                let number = std::str::from_utf8(&rest[..digits]).ok();
                let number = number.and_then(|number| number.parse().ok());
                row[filled] = number.ok_or_else(|| wrong("has a number that is too large"))?;
                filled += 1;
                pos += digits;
            }
            _ => return Err(wrong("is no tree")),
        }
    }
    if open.is_empty() && filled == 0 {
        Ok(stacks)
    } else {
        Err(FormatError::at(
            base + text.len(),
            "section \"trace_tree\" ends inside a stack",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree() {
        let tree = stacks(b"1,0,0,0,[2,1,5,9,[4,3,1,8,[]],\n3,2,1,1,[]]", 0).expect("a tree");
        let all: Vec<_> = tree
            .iter()
            .map(|stack| (stack.id, stack.caller, stack.function))
            .collect();
        assert_eq!(
            all,
            [
                (1, None, 0),
                (2, Some(1), 1),
                (4, Some(2), 3),
                (3, Some(1), 2)
            ]
        );
        assert_eq!(stacks(b" ", 0), Ok(Vec::new()));
        let deep = "1,0,0,0,[".repeat(100_000) + &"]".repeat(100_000);
        assert_eq!(
            stacks(deep.as_bytes(), 0).map(|tree| tree.len()),
            Ok(100_000)
        );
    }

    #[test]
    fn what_is_no_tree() {
        for text in [
            "1,0,0,0",
            "1,0,0,0,[",
            "1,0,0,0,[]]",
            "1,0,0,[]",
            "1,0,0,0,0,[]",
            "-1,0,0,0,[]",
            "99999999999999999999,0,0,0,[]",
            "[]",
            "x",
        ] {
            assert!(stacks(text.as_bytes(), 7).is_err(), "{text}");
        }
    }
}
