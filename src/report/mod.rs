//! What was found in a heap, put into words.

pub mod text;
