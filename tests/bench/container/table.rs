//! The rows: one a cell, printed and appended to a file as Markdown or tab-separated, read back
//! where a matrix goes on, and added up.

use std::fs::{self, File};
use std::io::Write as _;
use std::ops::RangeInclusive;
use std::path::Path;

use super::cell::{Cell, Program, anonymous_bound};
use super::matrix::{LIMITS, patience};
use super::run::{End, Outcome};

/// The columns: the first five say which cell it is. Memory in MB (of 2^20 bytes).
const COLUMNS: [&str; 15] = [
    "program",
    "shape",
    "heap",
    "growth",
    "limit",
    "survived",
    "complete",
    "valid",
    "bad files",
    "anonymous +",
    "any memory +",
    "peak use",
    "seconds",
    "snapshot",
    "end",
];

/// Seconds within which a file is to be complete.
const IN_TIME: f64 = 60.0;

/// A row, as text: what is read from a file has no other form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row([String; COLUMNS.len()]);

/// Where the columns are that are read back.
const PROGRAM: usize = 0;
const HEAP: usize = 2;
const LIMIT: usize = 4;
const SURVIVED: usize = 5;
const COMPLETE: usize = 6;
const VALID: usize = 7;
const BAD: usize = 8;
const ANONYMOUS: usize = 9;
const ANY: usize = 10;
const SECONDS: usize = 12;
const END: usize = 14;

impl Row {
    pub fn new(cell: &Cell, program: &Program, outcome: &Outcome) -> Self {
        let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
        let end = match outcome.end {
            End::Done if outcome.kills > 0 => "a child was killed by the kernel".to_owned(),
            End::Done => "by itself".to_owned(),
            End::Killed => "killed by the kernel".to_owned(),
            End::TimedOut => "time-out".to_owned(),
            End::Signal(signal) => format!("signal {signal}"),
            End::NoLimit => "never at its limit".to_owned(),
        };
        let [program, shape, heap, growth, limit] = key(cell, program);
        Self([
            program,
            shape,
            heap,
            growth,
            limit,
            yes(outcome.survived()),
            yes(outcome.complete),
            yes(outcome.complete && outcome.valid == 1 && outcome.bad == 0),
            outcome.bad.to_string(),
            megabytes(outcome.more_anonymous),
            megabytes(outcome.more),
            megabytes(outcome.peak),
            outcome.time.map_or_else(
                || "-".to_owned(),
                |time| format!("{:.2}", time.as_secs_f64()),
            ),
            megabytes(outcome.snapshot),
            end,
        ])
    }

    pub fn is_of(&self, cell: &Cell, program: &Program) -> bool {
        self.0.starts_with(&key(cell, program))
    }

    pub fn markdown(&self) -> String {
        format!("| {} |", self.0.join(" | "))
    }

    fn is(&self, column: usize) -> bool {
        self.0[column] == "yes"
    }

    fn number(&self, column: usize) -> f64 {
        self.0[column].parse().unwrap_or(f64::INFINITY)
    }

    fn is_within(&self, seconds: f64) -> bool {
        self.is(VALID) && self.number(SECONDS) <= seconds
    }

    fn is_in_time(&self) -> bool {
        let heap = self.0[HEAP].parse().unwrap_or(0);
        self.is_within(patience(heap).as_secs_f64())
    }

    /// Seconds, or why there are none.
    fn time(&self) -> &str {
        if self.is(COMPLETE) {
            &self.0[SECONDS]
        } else {
            &self.0[END]
        }
    }

    fn is_in_bound(&self) -> bool {
        let heap = self.0[HEAP].parse().unwrap_or(0);
        self.number(ANONYMOUS) <= megabytes(anonymous_bound(heap)).parse().unwrap_or(0.0)
    }

    fn parse(line: &str) -> Option<Self> {
        let fields: Vec<String> = if line.starts_with('|') {
            let inner = line.trim_end().strip_prefix("| ")?.strip_suffix(" |")?;
            inner.split(" | ").map(str::to_owned).collect()
        } else {
            line.split('\t').map(str::to_owned).collect()
        };
        let row = Self(fields.try_into().ok()?);
        row.0[HEAP].parse::<u64>().is_ok().then_some(row)
    }
}

fn key(cell: &Cell, program: &Program) -> [String; 5] {
    [
        program.name.to_owned(),
        cell.shape.to_owned(),
        cell.heap.to_string(),
        cell.growth.to_owned(),
        cell.limit.to_string(),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / f64::from(1 << 20))
}

/// The head of a Markdown table of rows.
pub fn head() -> String {
    markdown_head(&COLUMNS)
}

fn markdown_head(columns: &[&str]) -> String {
    let rule = columns.iter().map(|_| "---").collect::<Vec<_>>();
    format!("| {} |\n|{}|", columns.join(" | "), rule.join("|"))
}

/// The rows that a file has. None where it is not there yet.
pub fn read(path: &Path) -> Result<Vec<Row>, String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text.lines().filter_map(Row::parse).collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

/// Appends a row, after the head if the file is new.
pub fn append(path: &Path, row: &Row) -> Result<(), String> {
    let is_tabs = path.extension().is_some_and(|end| end == "tsv");
    let write = || {
        let mut file = File::options().append(true).create(true).open(path)?;
        let is_new = file.metadata()?.len() == 0;
        match (is_tabs, is_new) {
            (true, true) => writeln!(file, "{}\n{}", COLUMNS.join("\t"), row.0.join("\t")),
            (true, false) => writeln!(file, "{}", row.0.join("\t")),
            (false, true) => writeln!(file, "{}\n{}", head(), row.markdown()),
            (false, false) => writeln!(file, "{}", row.markdown()),
        }
    };
    write().map_err(|error| format!("{}: {error}", path.display()))
}

/// What the rows come to, a line for each program, and one for each of its limits.
pub fn totals(rows: &[Row]) -> String {
    let mut text = markdown_head(&[
        "program",
        "limit",
        "cells",
        "killed",
        "complete",
        "valid",
        "complete within 60 s",
        "or 180 s at 1024 MB",
        "bad files",
        "anonymous within bound",
        "most anonymous +",
        "most of any memory +",
    ]);
    for program in distinct(rows, PROGRAM..=PROGRAM) {
        let program = &program[0];
        let of_program = |row: &&Row| row.0[PROGRAM] == *program;
        for limit in LIMITS {
            let limit = limit.to_string();
            let of_limit = |row: &&Row| row.0[LIMIT] == limit;
            text += &total(
                program,
                &limit,
                &rows
                    .iter()
                    .filter(of_program)
                    .filter(of_limit)
                    .collect::<Vec<_>>(),
            );
        }
        text += &total(
            program,
            "all",
            &rows.iter().filter(of_program).collect::<Vec<_>>(),
        );
    }
    text
}

/// The seconds of each cell, a column for each limit: how much a small container costs, and how
/// the programs compare.
pub fn times(rows: &[Row]) -> String {
    let limits = LIMITS.map(|limit| limit.to_string());
    let mut columns = COLUMNS[..LIMIT].to_vec();
    columns.extend(limits.iter().map(String::as_str));
    let mut lines = vec![markdown_head(&columns)];
    for cell in distinct(rows, 0..=LIMIT - 1) {
        let time = |limit: &String| {
            let found = rows
                .iter()
                .find(|row| row.0.starts_with(cell) && row.0[LIMIT] == *limit);
            found.map_or("", Row::time)
        };
        let times: Vec<&str> = limits.iter().map(time).collect();
        lines.push(format!("| {} | {} |", cell.join(" | "), times.join(" | ")));
    }
    lines.join("\n")
}

/// What the rows have in these columns, in their order, each once.
fn distinct(rows: &[Row], columns: RangeInclusive<usize>) -> Vec<&[String]> {
    let mut found: Vec<&[String]> = Vec::new();
    for row in rows {
        let part = &row.0[columns.clone()];
        if !found.contains(&part) {
            found.push(part);
        }
    }
    found
}

fn total(program: &str, limit: &str, rows: &[&Row]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let count = |is: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| is(row)).count();
    let most = |column| {
        let numbers = rows.iter().map(|row| row.number(column));
        numbers.fold(0.0, f64::max)
    };
    let bad: f64 = rows.iter().map(|row| row.number(BAD)).sum();
    format!(
        "\n| {program} | {limit} | {} | {} | {} | {} | {} | {} | {bad} | {} | {:.1} | {:.1} |",
        rows.len(),
        count(&|row| !row.is(SURVIVED)),
        count(&|row| row.is(COMPLETE)),
        count(&|row| row.is(VALID)),
        count(&|row| row.is_within(IN_TIME)),
        count(&Row::is_in_time),
        count(&Row::is_in_bound),
        most(ANONYMOUS),
        most(ANY),
    )
}
