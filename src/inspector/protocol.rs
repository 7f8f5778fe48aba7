//! `/json/protocol`: V8's description of the protocol (`third_party/v8/js_protocol.pdl`, as V8 has it)
//! in the JSON that clients read.
//!
//! The language is that of Chromium's `inspector_protocol/pdl.py`: an indented item a line, comments
//! above it are its description.

use serde_json::{Map, Value, json};

const TEXT: &str = include_str!("../../third_party/v8/js_protocol.pdl");

/// The protocol, as `{ version, domains }`.
pub fn json() -> Value {
    parse(TEXT)
}

/// Where the next items go.
#[derive(Default)]
struct Parser {
    domains: Vec<Map<String, Value>>,
    version: Map<String, Value>,
    /// The list of the domain that the last type, command or event is in.
    list: &'static str,
    /// The list of that item which parameters go to.
    members: &'static str,
    /// Whether values of an enumeration belong to the last member, not to the item itself.
    values_of_member: bool,
}

fn parse(text: &str) -> Value {
    let mut parser = Parser::default();
    let mut description = String::new();
    for line in text.lines() {
        let trimmed = line.trim();
        if let Some(comment) = trimmed.strip_prefix('#') {
            if !description.is_empty() {
                description.push('\n');
            }
            description.push_str(comment.trim());
            continue;
        }
        if !trimmed.is_empty() {
            let indent = line.len() - line.trim_start().len();
            parser.line(indent, trimmed, &description);
        }
        description.clear();
    }
    json!({ "version": parser.version, "domains": parser.domains })
}

/// The words in front of an item, as its properties.
fn take_flags<'t>(words: &mut &'t [&'t str]) -> Map<String, Value> {
    let mut flags = Map::new();
    while let Some((first, rest)) = words.split_first()
        && matches!(*first, "experimental" | "deprecated" | "optional")
    {
        flags.insert((*first).to_owned(), Value::Bool(true));
        *words = rest;
    }
    flags
}

impl Parser {
    fn line(&mut self, indent: usize, text: &str, description: &str) {
        let all: Vec<&str> = text.split_whitespace().collect();
        let mut words: &[&str] = &all;
        let mut flags = take_flags(&mut words);
        if !description.is_empty() {
            flags.insert("description".to_owned(), json!(description));
        }
        match (indent, words) {
            (0, ["version"]) => {}
            (2, [part @ ("major" | "minor"), number]) => {
                self.version.insert((*part).to_owned(), json!(number));
            }
            (0, ["domain", name]) => {
                let mut domain = Map::from_iter([("domain".to_owned(), json!(name))]);
                domain.extend(flags);
                self.domains.push(domain);
            }
            (2, ["depends", "on", name]) => push(self.domain(), "dependencies", json!(name)),
            (2, ["type", name, "extends", base @ ..]) => {
                self.item("types", "id", name, flags);
                self.members = "properties";
                assign_type(self.last_item(), base);
            }
            (2, ["command", name]) => self.item("commands", "name", name, flags),
            (2, ["event", name]) => self.item("events", "name", name, flags),
            (4, [list @ ("parameters" | "returns" | "properties")]) => {
                self.values_of_member = true;
                self.members = match *list {
                    "parameters" => "parameters",
                    "returns" => "returns",
                    _ => "properties",
                };
                let members = self.members;
                self.last_item().insert(members.to_owned(), json!([]));
            }
            (4, ["enum"]) => {
                self.values_of_member = false;
                self.last_item().insert("enum".to_owned(), json!([]));
            }
            (4, ["redirect", name]) => {
                self.last_item().insert("redirect".to_owned(), json!(name));
            }
            (6, [value]) if !self.values_of_member => push(self.last_item(), "enum", json!(value)),
            (6, [kind @ .., name]) => {
                let mut member = Map::from_iter([("name".to_owned(), json!(name))]);
                member.extend(flags);
                assign_type(&mut member, kind);
                let members = self.members;
                push(self.last_item(), members, Value::Object(member));
            }
            (8, [value]) => {
                let members = self.members;
                let member = self.last_item()[members]
                    .as_array_mut()
                    .and_then(|members| members.last_mut())
                    .and_then(Value::as_object_mut);
                if let Some(member) = member {
                    push(member, "enum", json!(value));
                }
            }
            _ => debug_assert!(false, "what is {text:?} of the protocol?"),
        }
    }

    fn domain(&mut self) -> &mut Map<String, Value> {
        self.domains.last_mut().expect("a domain comes first")
    }

    fn item(&mut self, list: &'static str, key: &str, name: &str, flags: Map<String, Value>) {
        let mut item = Map::from_iter([(key.to_owned(), json!(name))]);
        item.extend(flags);
        self.list = list;
        push(self.domain(), list, Value::Object(item));
    }

    fn last_item(&mut self) -> &mut Map<String, Value> {
        let list = self.list;
        self.domain()[list]
            .as_array_mut()
            .and_then(|items| items.last_mut())
            .and_then(Value::as_object_mut)
            .expect("an item comes before what belongs to it")
    }
}

fn push(object: &mut Map<String, Value>, list: &str, value: Value) {
    let list = object.entry(list).or_insert_with(|| json!([]));
    if let Some(list) = list.as_array_mut() {
        list.push(value);
    }
}

fn assign_type(member: &mut Map<String, Value>, words: &[&str]) {
    match words {
        ["array", "of", of @ ..] => {
            let mut items = Map::new();
            assign_type(&mut items, of);
            member.insert("type".to_owned(), json!("array"));
            member.insert("items".to_owned(), Value::Object(items));
        }
        ["enum"] => {
            member.insert("type".to_owned(), json!("string"));
            member.insert("enum".to_owned(), json!([]));
        }
        [simple @ ("binary" | "integer" | "number" | "string" | "boolean" | "object" | "any")] => {
            member.insert("type".to_owned(), json!(simple));
        }
        [name] => {
            member.insert("$ref".to_owned(), json!(name));
        }
        _ => debug_assert!(false, "what type is {words:?}?"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'v>(list: &'v Value, key: &str, name: &str) -> &'v Value {
        let found = list.as_array().unwrap().iter();
        let mut found = found.filter(|one| one[key] == name);
        found.next().unwrap_or_else(|| panic!("no {name}"))
    }

    #[test]
    fn has_every_part_of_the_protocol() {
        let protocol = json();
        assert_eq!(protocol["version"], json!({ "major": "1", "minor": "3" }));
        let domains = &protocol["domains"];
        for name in [
            "Console",
            "Debugger",
            "HeapProfiler",
            "Profiler",
            "Runtime",
            "Schema",
        ] {
            of(domains, "domain", name);
        }
        let debugger = of(domains, "domain", "Debugger");
        assert_eq!(debugger["dependencies"], json!(["Runtime"]));
        let scope = of(&debugger["types"], "id", "Scope");
        assert_eq!(scope["type"], "object");
        let kind = of(&scope["properties"], "name", "type");
        assert_eq!(kind["enum"][0], "global");
        let url = of(&debugger["commands"], "name", "setBreakpointByUrl");
        let line = of(&url["parameters"], "name", "lineNumber");
        assert_eq!(line["type"], "integer");
        let locations = of(&url["returns"], "name", "locations");
        assert_eq!(locations["items"], json!({ "$ref": "Location" }));
        let paused = of(&debugger["events"], "name", "paused");
        let trace = of(&paused["parameters"], "name", "asyncStackTrace");
        assert_eq!(trace["optional"], true);
        assert_eq!(trace["$ref"], "Runtime.StackTrace");
        let heap = of(domains, "domain", "HeapProfiler");
        assert_eq!(heap["experimental"], true);
        assert!(heap["commands"].as_array().unwrap().len() > 10);
    }
}
