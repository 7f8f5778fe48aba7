//! `oomhost analyze FILE`: what a heap snapshot holds.

use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};

use super::open::{Opened, open};
use crate::cli::{AnalyzeOptions, Format, Question};
use crate::heap::{Census, Cut, FormatError, Graph, Node, Release, Snapshot, check};
use crate::report::model::{Analysis, SuspectFacts};
use crate::report::query::Query;
use crate::report::text::{self, size};
use crate::report::{html, json, markdown, screen};

/// Entries of a list in JSON where nothing else is asked for.
const TOP: usize = 100;

/// Bytes that the analysis of one byte of a snapshot may take, at most.
const MEMORY_PER_BYTE: f64 = 1.6;

/// Answers a question about a snapshot on standard output.
///
/// # Errors
/// The file cannot be read or is no whole heap snapshot, or what was asked for is not in it; the
/// message says which and what to do. A closed standard output is no error.
pub fn run(options: &AnalyzeOptions) -> anyhow::Result<()> {
    let answer = with_snapshot(&options.file, |snapshot, opened| {
        if options.question == Question::Summary {
            return summary(snapshot, opened).map(Ok);
        }
        if options.question == Question::Check {
            return check(snapshot).map(|checked| Ok(text::checked(&options.file, &checked)));
        }
        with_graph(snapshot, opened, |analysis| {
            answer(options, analysis, opened)
        })
    })??;
    match io::stdout().lock().write_all(answer.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

fn answer(
    options: &AnalyzeOptions,
    analysis: &mut Analysis<'_, '_>,
    opened: &Opened,
) -> anyhow::Result<String> {
    let path = options.file.display().to_string();
    let compressed = opened
        .compressed
        .map(|(format, length)| format!("{} with {}", size(length), format.name()));
    let top = options.top.unwrap_or(TOP);
    Ok(match &options.question {
        Question::Overview => {
            let model = analysis.model(&path, compressed, top.max(10));
            match options.format {
                Format::Json => json::text(&model)?,
                Format::Html => html::text(&model, &analysis.treemap())?,
                Format::Markdown => markdown::text(&model, options.top),
                Format::Text => screen::text(&model, options.top),
            }
        }
        Question::Constructor(name) => {
            let found = analysis.constructor(name, options.top);
            let found = found.ok_or_else(|| no_constructor(analysis, name))?;
            written(options, &found, found.text())?
        }
        Question::Query(text) => {
            let query = Query::parse(text).map_err(anyhow::Error::msg)?;
            let found = analysis.query(text, &query, options.top);
            written(options, &found, found.text())?
        }
        Question::Object(id) => {
            let view = analysis.view(node(analysis, *id)?, options.top);
            written(options, &view, view.text())?
        }
        Question::Path(id) => {
            let view = analysis.path(node(analysis, *id)?);
            written(options, &view, view.text())?
        }
        Question::WhatIfCut(from, to) => {
            let from = node(analysis, *from)?;
            let cut = match to {
                Some(to) => Cut::Reference(from, node(analysis, *to)?),
                None => Cut::Object(from),
            };
            if let Cut::Reference(from, to) = cut
                && !analysis
                    .graph
                    .edges(from)
                    .any(|edge| analysis.graph.target(edge) == to)
            {
                bail!("there is no such reference; --object @ID lists those of an object");
            }
            let view = analysis.what_if(cut, options.top);
            written(options, &view, view.text())?
        }
        Question::Summary | Question::Check => String::new(),
    })
}

fn written(
    options: &AnalyzeOptions,
    answer: &impl serde::Serialize,
    text: String,
) -> anyhow::Result<String> {
    Ok(match options.format {
        Format::Json => json::text(answer)?,
        _ => text,
    })
}

fn node(analysis: &Analysis<'_, '_>, id: u32) -> anyhow::Result<Node> {
    analysis
        .node(id)
        .with_context(|| format!("no object has the id @{id} in this snapshot"))
}

fn no_constructor(analysis: &Analysis<'_, '_>, name: &str) -> anyhow::Error {
    let near = analysis
        .classes
        .names()
        .filter(|known| strsim::jaro_winkler(known, name) > 0.8)
        .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
    match near {
        Some(near) => anyhow::anyhow!("no object is a {name}; did you mean {near}?"),
        None => anyhow::anyhow!("no object is a {name}"),
    }
}

/// The few lines about a snapshot that end the log of an out-of-memory: the suspects, where there is
/// memory to find them, and the largest classes.
///
/// The process whose end this is may still be there, and its container full. The classes take a few
/// megabytes whatever the size of the file; the suspects take about as much memory as the file.
fn summary(snapshot: &Snapshot<'_>, opened: &Opened) -> Result<String, FormatError> {
    let classes = text::summary(&Census::take(snapshot)?);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate"
    )]
    let need = (snapshot.file_size() as f64 * MEMORY_PER_BYTE) as u64;
    let room = crate::sys::memory_left();
    if need > room {
        return Ok(format!(
            "{classes}No suspects: finding them takes up to {}, and {} are left; oomhost analyze tells \
             them elsewhere.\n",
            size(need),
            size(room)
        ));
    }
    with_graph(snapshot, opened, |analysis| {
        format!("{}{classes}", text::suspects(&analysis.suspects()))
    })
}

fn with_graph<T>(
    snapshot: &Snapshot<'_>,
    opened: &Opened,
    look: impl FnOnce(&mut Analysis<'_, '_>) -> T,
) -> Result<T, FormatError> {
    let release = |bytes| opened.text.release(bytes);
    let (graph, routes) = Graph::build_with_routes(snapshot, &Release::with(&release))?;
    Ok(look(&mut Analysis::of(
        &opened.text,
        snapshot,
        &graph,
        routes,
    )))
}

/// A page about the snapshot at `path`.
///
/// # Errors
/// As for [`run`].
pub fn page(path: &Path) -> anyhow::Result<String> {
    with_snapshot(path, |snapshot, opened| {
        with_graph(snapshot, opened, |analysis| {
            let model = analysis.model(&path.display().to_string(), None, TOP);
            html::text(&model, &analysis.treemap())
        })
    })?
    .context("cannot put the page together")
}

/// The suspects in the snapshot at `path`; what they hold of functions is named after an example, as
/// `callback()`.
///
/// # Errors
/// As for [`run`].
pub fn suspects(path: &Path) -> anyhow::Result<Vec<SuspectFacts>> {
    with_snapshot(path, |snapshot, opened| {
        with_graph(snapshot, opened, |analysis| {
            let mut found = analysis.suspects();
            let groups = found
                .iter_mut()
                .flat_map(|suspect| suspect.holds.iter_mut().chain(&mut suspect.consists_of));
            for group in groups.filter(|group| group.class == "Function") {
                if let Some(node) = analysis.node(group.example) {
                    group.class = analysis.label(node);
                }
            }
            found
        })
    })
}

/// Reads the snapshot at `path` as a graph.
///
/// # Errors
/// As for [`run`].
pub(super) fn with_graph_of<T>(
    path: &Path,
    look: impl FnOnce(&Snapshot<'_>, &Graph<'_>) -> Result<T, FormatError>,
) -> anyhow::Result<T> {
    with_snapshot(path, |snapshot, opened| {
        look(snapshot, &graph(snapshot, opened)?)
    })
}

/// The graph of a snapshot, whose pages are let go of as they are read.
fn graph<'a>(snapshot: &Snapshot<'a>, opened: &Opened) -> Result<Graph<'a>, FormatError> {
    opened.text.release(0..opened.text.bytes().len());
    Graph::build(
        snapshot,
        &Release::with(&|bytes| opened.text.release(bytes)),
    )
}

fn with_snapshot<T>(
    path: &Path,
    read: impl FnOnce(&Snapshot<'_>, &Opened) -> Result<T, FormatError>,
) -> anyhow::Result<T> {
    let opened = open(path)?;
    if let Some(fault) = &opened.fault {
        bail!(
            "{} {fault}\nSave what is before that with: oomhost recover {0} --output=PATH",
            path.display()
        );
    }
    Snapshot::parse(opened.text.bytes())
        .and_then(|snapshot| read(&snapshot, &opened))
        .map_err(|error| {
            anyhow::anyhow!(
                "{} is not a whole heap snapshot: {error}\n{}",
                path.display(),
                advice(path, opened.text.bytes(), &error)
            )
        })
}

/// What to do with a file that is no whole snapshot.
fn advice(path: &Path, text: &[u8], error: &FormatError) -> String {
    let start = text.trim_ascii_start();
    if path.extension().is_some_and(|end| end == "partial") {
        format!(
            "The capture that wrote it was interrupted; save what it holds with: oomhost recover {}",
            path.display()
        )
    } else if start.starts_with(b"{\"head\"") || start.starts_with(b"{\"nodes\"") {
        format!("It seems to be a profile: oomhost flame {}", path.display())
    } else if error.offset == text.len() as u64 && start.starts_with(b"{\"snapshot\"") {
        format!(
            "Save what it holds with: oomhost recover {} --output=PATH",
            path.display()
        )
    } else {
        "Give it a .heapsnapshot file as V8, Node or Chrome DevTools saves it.".to_owned()
    }
}
