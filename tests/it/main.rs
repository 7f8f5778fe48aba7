//! End-to-end tests: the real binary, started as a child.

mod analyze;
mod arena;
mod capture;
mod child;
mod cli;
mod faults;
mod fixtures;
mod healthy;
mod js;
mod leaks;
mod modules;
mod process;
mod recover;
mod stdin;
mod third_party;
mod watch;
