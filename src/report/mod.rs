//! What was found in a heap, put into words.

pub mod diff;
pub mod json;
pub mod model;
pub mod query;
pub mod screen;
pub mod text;
pub mod views;
