//! What was found in a heap, put into words.

pub mod diff;
pub mod html;
pub mod json;
pub mod markdown;
pub mod model;
pub mod query;
pub mod screen;
pub mod text;
pub mod treemap;
pub mod views;
