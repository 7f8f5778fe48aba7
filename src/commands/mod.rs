//! One file a command; the only place where the rooms meet.

pub mod run;
