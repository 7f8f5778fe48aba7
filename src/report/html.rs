//! The overview as one page that needs nothing else: suspects, a treemap of dominators, tables.

use serde::Serialize;

use super::model::Model;
use super::treemap::Tile;

/// The page; its data stands at `DATA`.
const PAGE: &str = include_str!("html/page.html");

#[derive(Serialize)]
struct Data<'m> {
    model: &'m Model,
    treemap: &'m Tile,
}

/// The page.
///
/// # Errors
/// Whatever serde says; all data is plain.
pub fn text(model: &Model, treemap: &Tile) -> serde_json::Result<String> {
    // Inside a script element only `<` could end it.
    let data = serde_json::to_string(&Data { model, treemap })?.replace('<', "\\u003c");
    Ok(PAGE.replacen("/*DATA*/null", &data, 1))
}
