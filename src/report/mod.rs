//! What was found in a heap or a profile, put into words.

pub mod diff;
pub mod flame;
pub mod html;
pub mod json;
pub mod markdown;
pub mod model;
pub mod query;
pub mod screen;
mod source_maps;
pub mod tests;
pub mod text;
pub mod treemap;
pub mod views;
