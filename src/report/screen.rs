//! The first screen of `oomhost analyze`: at most 40 lines of 100 columns.

use std::fmt::Write as _;

use super::model::{Constructor, GroupFacts, Model, ObjectFacts, SuspectFacts, TallyFacts};
use super::text::{cut, grouped, one_line, rank, size};
use crate::heap::{Location, printable};

/// Columns of a line.
const WIDTH: usize = 100;

/// Suspects that are shown.
const SUSPECTS: usize = 3;

/// The screen. `top` is how many constructors and objects it shows, where that is asked for.
#[must_use]
pub fn text(model: &Model, top: Option<usize>) -> String {
    let mut out = String::new();
    heading(&mut out, model);
    suspects(&mut out, &model.suspects, SUSPECTS.max(top.unwrap_or(0)));
    let most = if model.suspects.len() > 1 { 7 } else { 10 };
    constructors(&mut out, &model.constructors, top.unwrap_or(most));
    objects(&mut out, &model.biggest_objects, top.unwrap_or(3));
    others(&mut out, model);
    out.push_str(
        "More: --object @ID, --path @ID, --constructor NAME, --what-if-cut @ID, --format html",
    );
    out.push('\n');
    out
}

fn heading(out: &mut String, model: &Model) {
    let file = &model.file;
    let name = std::path::Path::new(&file.path).file_name();
    let name = name.map_or(file.path.clone(), |name| {
        name.to_string_lossy().into_owned()
    });
    let packed = file
        .compressed
        .as_ref()
        .map_or_else(String::new, |how| format!(", {how}"));
    let by = file
        .producer
        .as_ref()
        .map_or_else(String::new, |by| format!(", by {by}"));
    line(out, &format!("{name}: {}{packed}{by}", size(file.bytes)));
    let outside = if file.extra_native_bytes > 0 {
        format!(", and {} outside of it", size(file.extra_native_bytes))
    } else {
        String::new()
    };
    line(
        out,
        &format!(
            "heap of {}: {} nodes, {} edges{outside}",
            size(file.heap_bytes),
            grouped(file.nodes),
            grouped(file.edges)
        ),
    );
}

/// The suspects, four lines each.
fn suspects(out: &mut String, suspects: &[SuspectFacts], most: usize) {
    if suspects.is_empty() {
        out.push_str("\nNo suspects: nothing holds a tenth of the heap together.\n");
        return;
    }
    out.push_str("\nLeak suspects (what holds a tenth of the heap or more):\n");
    for (at, suspect) in suspects.iter().take(most).enumerate() {
        for text in suspect_lines(at + 1, suspect) {
            line(out, &text);
        }
    }
    if suspects.len() > most {
        line(out, &format!("   and {} more", suspects.len() - most));
    }
}

/// The lines about a suspect: what and how much, what it holds, where that is made, the path.
pub(super) fn suspect_lines(number: usize, suspect: &SuspectFacts) -> Vec<String> {
    let object = &suspect.object;
    let percent = (suspect.share * 100.0).round();
    let places = if suspect.places > 1 {
        format!(" and {} places like it", suspect.places - 1)
    } else {
        String::new()
    };
    let mut lines = vec![format!(
        "{number}. {percent}%, {} by {} \u{2014} {} @{}{places}, retains {}",
        size(suspect.bytes),
        object.source,
        name_of(object),
        object.id,
        size(suspect.retainer.retained_bytes),
    )];
    lines.push(format!("   {}", contents(suspect)));
    let mut made = Vec::new();
    let mut script = None;
    if let Some(group) = main_group(suspect)
        && let Some(location) = &group.location
    {
        let what = if group.class == "Function" {
            "functions"
        } else {
            &*group.class
        };
        script = location.script.as_ref();
        made.push(format!("{what} made{}", at(Some(location))));
    }
    if let Some(function) = &suspect.function {
        let place = function.location.as_ref();
        let place = match place {
            Some(place) if script.is_some() && place.script.as_ref() == script => {
                format!(" at line {}:{}", place.line, place.column)
            }
            _ => at(place),
        };
        made.push(format!(
            "variable seen by {}{place}",
            function_name(function)
        ));
    }
    if !made.is_empty() {
        lines.push(format!("   {}", made.join("; ")));
    }
    lines.push(format!("   path: {}", path(suspect)));
    lines
}

/// What a suspect holds, in words.
fn contents(suspect: &SuspectFacts) -> String {
    let list = |groups: &[GroupFacts], most: usize| {
        let named = groups.iter().take(most).map(|group| {
            format!(
                "{} \u{d7} {} ({})",
                grouped(group.count),
                one_line(&group.class),
                size(group.bytes)
            )
        });
        named.collect::<Vec<_>>().join(", ")
    };
    if suspect.is_chain {
        return format!("a chain: {}", list(&suspect.consists_of, 3));
    }
    let least = suspect.bytes / 20;
    let holds: Vec<GroupFacts> = suspect
        .holds
        .iter()
        .filter(|group| group.bytes >= least)
        .take(2)
        .cloned()
        .collect();
    if holds.is_empty() {
        let largest = suspect.consists_of.first();
        return format!(
            "one {} of {}",
            largest.map_or_else(|| "object".to_owned(), |group| one_line(&group.class)),
            size(suspect.object.shallow_bytes.max(suspect.bytes))
        );
    }
    let mut inside: Vec<GroupFacts> = suspect
        .consists_of
        .iter()
        .filter(|group| group.bytes >= least && !holds.iter().any(|held| held.class == group.class))
        .cloned()
        .collect();
    inside.sort_by_key(|group| rank(&group.class));
    let held = list(&holds, 2);
    if inside.is_empty() {
        return format!("holds {held}");
    }
    format!("holds {held}; in it {}", list(&inside, 2))
}

/// The group that matters: classes of the program before those of V8.
fn main_group(suspect: &SuspectFacts) -> Option<&GroupFacts> {
    let mut groups = suspect.holds.iter().chain(&suspect.consists_of);
    let located = groups
        .clone()
        .find(|group| group.location.is_some() && group.bytes >= suspect.bytes / 50);
    located.or_else(|| groups.next())
}

/// The path by classes, its middle left out where it is long.
fn path(suspect: &SuspectFacts) -> String {
    let mut parts: Vec<String> = Vec::new();
    for step in &suspect.path {
        let is_root = step.class.ends_with("roots)") || step.class.ends_with("handles)");
        let via = match &*step.edge {
            "property" if !step.name.starts_with('<') => format!(".{} ", one_line(&step.name)),
            "context" => format!("{} = ", one_line(&step.name)),
            "element" if !is_root => "[\u{2026}] ".to_owned(),
            _ => String::new(),
        };
        let part = format!("{via}{}", one_line(&step.class));
        if !part.is_empty() && !matches!(&*step.class, "(GC roots)") {
            parts.push(part);
        }
    }
    let arrow = " \u{2192} ";
    let limit = WIDTH - 10;
    let whole = parts.join(arrow);
    if whole.chars().count() <= limit || parts.len() < 4 {
        return whole;
    }
    // As many of the last parts as there is room for.
    let first = parts[0].clone();
    let mut last: Vec<&str> = Vec::new();
    let mut used = first.chars().count() + 6;
    for part in parts[1..].iter().rev() {
        used += part.chars().count() + 3;
        if used > limit && !last.is_empty() {
            break;
        }
        last.push(part);
    }
    last.reverse();
    format!("{first}{arrow}\u{2026}{arrow}{}", last.join(arrow))
}

fn name_of(object: &ObjectFacts) -> String {
    match (&*object.kind, &object.name) {
        ("closure", _) => function_name(object),
        ("array" | "code" | "synthetic" | "hidden", Some(name)) => one_line(name),
        _ => one_line(&object.class),
    }
}

fn function_name(object: &ObjectFacts) -> String {
    match &object.name {
        Some(name) => format!("{}()", one_line(name)),
        None => "an anonymous function".to_owned(),
    }
}

fn at(location: Option<&Location>) -> String {
    location.map_or_else(String::new, |location| {
        let script = location.script.as_deref().unwrap_or("script");
        format!(
            " at {}:{}:{}",
            tail(&printable(script), 50),
            location.line,
            location.column
        )
    })
}

/// The last so many characters of a path.
fn tail(path: &str, most: usize) -> String {
    let count = path.chars().count();
    if count <= most {
        return path.to_owned();
    }
    let rest: String = path.chars().skip(count - most + 1).collect();
    format!("\u{2026}{rest}")
}

/// Two lists beside each other.
fn constructors(out: &mut String, all: &[Constructor], most: usize) {
    let mut by_shallow: Vec<&Constructor> = all.iter().collect();
    by_shallow.sort_by_key(|class| std::cmp::Reverse(class.shallow_bytes));
    let titles = ["Constructors by retained size:", "By shallow size:"];
    let _ = writeln!(
        out,
        "
{:<50}{}",
        titles[0], titles[1]
    );
    let entry = |class: &Constructor, bytes: u64| {
        let name = cut(&one_line(&class.name), 24);
        let count = format!("\u{d7}{}", grouped(class.count));
        format!("  {name:<24} {count:>11} {:>7}", size(bytes))
    };
    for (retained, shallow) in all.iter().zip(by_shallow).take(most) {
        let left = entry(retained, retained.retained_bytes);
        line(
            out,
            &format!("{left:<50}{}", &entry(shallow, shallow.shallow_bytes)),
        );
    }
}

fn objects(out: &mut String, objects: &[ObjectFacts], most: usize) {
    out.push_str("\nBiggest single objects:\n");
    for object in objects.iter().take(most) {
        let name = match &object.name {
            Some(name) => format!("{} {}", cut(&one_line(&object.class), 20), quoted(name, 20)),
            None => cut(&one_line(&object.class), 40),
        };
        line(
            out,
            &format!(
                "  {:>7} {} @{}, retains {}, {}",
                size(object.shallow_bytes),
                name,
                object.id,
                size(object.retained_bytes),
                object.source
            ),
        );
    }
}

fn others(out: &mut String, model: &Model) {
    out.push_str("\nAlso:\n");
    let copies = &model.duplicate_strings;
    let most = copies.texts.first().map_or_else(String::new, |text| {
        format!(
            "; most: {} \u{d7}{}",
            quoted(&text.text, 30),
            grouped(text.count)
        )
    });
    let tally = |tally: TallyFacts| format!("{} of {}", grouped(tally.count), size(tally.bytes));
    line(
        out,
        &format!(
            "  copies of strings: {} of {}{most}",
            grouped(copies.copies),
            size(copies.bytes)
        ),
    );
    line(
        out,
        &format!(
            "  empty collections: {}; sparse arrays: {}; boxed numbers: {}",
            tally(model.empty_collections),
            tally(model.sparse_arrays),
            tally(model.boxed_numbers)
        ),
    );
    let context = model
        .closure_contexts
        .first()
        .map_or_else(String::new, |context| {
            format!(
                "; largest closure context: @{} retains {}",
                context.id,
                size(context.retained_bytes)
            )
        });
    line(
        out,
        &format!(
            "  global contexts: {}; detached nodes: {}{context}",
            model.native_contexts,
            tally(model.detached_nodes)
        ),
    );
    line(
        out,
        &format!(
            "  array buffers: {}; external strings: {}",
            tally(model.array_buffers),
            tally(model.external_strings)
        ),
    );
}

fn quoted(text: &str, most: usize) -> String {
    format!("\"{}\"", cut(&one_line(text), most))
}

/// Writes a line, cut where it is too long.
fn line(out: &mut String, text: &str) {
    out.push_str(cut(&printable(text), WIDTH).trim_end());
    out.push('\n');
}
