//! Captures at the heap's limit in real memory cgroups (version 1 or 2), beside Node:
//! `cargo bench --bench container -- [--node PATH] [--quick] [--shape S,..] [--heap MB,..]
//! [--limit MB,..|none] [--growth slow|fast] [--program oomhost|node] [--seconds N]
//! [--out FILE.md|FILE.tsv]`.
//!
//! A cell is a program that fills its heap with one shape of objects (`shapes.js`) and a cgroup
//! that leaves a capture so many megabytes beyond what the program used just before; `run.rs`
//! says how exact that is. Prints a row for each cell, the totals, and the times by limit:
//!
//! - survived: the kernel did not kill it; with a time-out it was still at work
//! - complete: it said so within `--seconds`; valid: every file under a final name was read whole
//!   and checked (`oomhost::heap::check`), outside the cgroup; bad files: those that were not
//! - anonymous +, any memory +: the cgroup's highest figures beyond those at the limit, sampled
//!   every 2 ms or so; any memory has the file cache and the kernel's memory in it
//! - seconds: from the limit to the complete file, which oomhost brings to the device (`fsync`)
//!   and Node does not
//!
//! Without such cgroups, or where they cannot be made, nothing is run, and this is said.

mod cell;
mod group;
mod matrix;
mod run;
mod signal;
mod snapshots;
mod table;

use std::process::ExitCode;
use std::time::Duration;

use group::Group;
use table::Row;

fn main() -> ExitCode {
    let plan = matrix::plan();
    match all(&plan) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("container: {error}");
            ExitCode::FAILURE
        }
    }
}

fn all(plan: &matrix::Plan) -> Result<(), String> {
    let count = plan.cells.len() * plan.programs.len();
    if let Err(reason) = Group::make(64 << 20) {
        println!("{count} cells skipped: no memory cgroup can be made: {reason}");
        return Ok(());
    }
    let mut rows = match &plan.out {
        Some(path) => table::read(path)?,
        None => Vec::new(),
    };
    println!("{}", table::head());
    for cell in &plan.cells {
        for program in &plan.programs {
            if rows.iter().any(|row| row.is_of(cell, program)) {
                continue;
            }
            let patience = plan
                .seconds
                .map_or_else(|| matrix::patience(cell.heap), Duration::from_secs);
            let outcome = run::run(cell, program, patience)?;
            let row = Row::new(cell, program, &outcome);
            println!("{}", row.markdown());
            if !outcome.complete || outcome.bad > 0 {
                eprintln!("{}\n", outcome.stderr);
            }
            if let Some(path) = &plan.out {
                table::append(path, &row)?;
            }
            rows.push(row);
        }
    }
    println!("\n{}\n\n{}", table::totals(&rows), table::times(&rows));
    Ok(())
}
