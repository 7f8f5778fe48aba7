//! What was found in a heap or a profile, put into words.

pub mod flame;
pub mod text;
