//! `dump_graph FILE OUT`: what our analysis says of each node of the snapshot FILE, in columns, one after
//! the other: retained sizes and shallow sizes (64-bit floating point), distances (32 bits, signed) and
//! dominators (32 bits, unsigned). Says how long each stage took.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use oomhost::heap::{Graph, Release, Snapshot, SnapshotFile};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, out] = &arguments[..] else {
        return Err("usage: dump_graph FILE OUT".into());
    };
    #[expect(unsafe_code, reason = "nobody writes to the file meanwhile")]
    // SAFETY: the snapshot is left alone while it is compared.
    let file = unsafe { SnapshotFile::open(Path::new(path)) }?;
    let snapshot = Snapshot::parse(file.bytes())?;
    file.release(0..file.bytes().len());
    let graph = Graph::build(&snapshot, &Release::with(&|bytes| file.release(bytes)))?;
    for (stage, time) in graph.stages() {
        eprintln!("{stage:24} {:7.1} ms", time.as_secs_f64() * 1000.0);
    }
    let mut out = BufWriter::new(File::create(out)?);
    // Sizes are below 2^53.
    #[expect(clippy::cast_precision_loss, reason = "see above")]
    for size in [Graph::retained_size, Graph::shallow_size] {
        for node in graph.nodes() {
            out.write_all(&(size(&graph, node) as f64).to_le_bytes())?;
        }
    }
    for node in graph.nodes() {
        out.write_all(&graph.distance(node).to_le_bytes())?;
    }
    for node in graph.nodes() {
        out.write_all(&graph.dominator(node).to_le_bytes())?;
    }
    Ok(out.flush()?)
}
