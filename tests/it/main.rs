//! End-to-end tests: the real binary, started as a child.

mod analyze;
mod arena;
mod capture;
mod child;
mod cli;
mod compressed;
mod container;
mod deadline;
mod faults;
mod fixtures;
mod flame;
mod generator;
mod healthy;
mod inspector;
mod js;
mod kills;
mod leaks;
mod modules;
mod on_request;
mod process;
mod profiles;
mod recover;
mod signals;
mod stdin;
mod third_party;
mod watch;
