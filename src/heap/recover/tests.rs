//! A small heap cut at every byte, with and without NULs, with holes and with noise.

use super::*;
use crate::heap::testing::{Builder, TOKENS, noise};
use crate::heap::{Census, Checked, FormatError, Snapshot, Written, check};

fn small() -> Builder {
    let mut heap = Builder::new();
    let roots = heap.node("synthetic", "(GC roots)", 0);
    let list = heap.node("object", "Array", 16);
    let store = heap.node("array", "(object elements)", 48);
    let leak = heap.node("object", "Leaking\u{1F600}\"\\\n\u{7}", 24);
    let other = heap.node("object", "\"strings\":[", 24);
    heap.element(0, 1, roots);
    heap.edge(roots, "internal", "roots", list);
    heap.edge(list, "internal", "elements", store);
    heap.element(store, 0, leak);
    heap.element(store, 1, other);
    heap.edge(leak, "property", "next", other);
    heap.samples = vec![(10, 3), (20, 9)];
    heap.locations = vec![[24, 7, 0, 54], [30, 7, 1, 2]];
    heap
}

/// What is saved of `bytes`, and the snapshot made of it, which must be valid.
fn recover(bytes: &[u8]) -> Result<(Remains<'_>, Vec<u8>, Written, Checked), FormatError> {
    let remains = Remains::find(bytes)?;
    let mut out = Vec::new();
    let written = remains
        .write(&mut |piece| {
            out.extend_from_slice(piece);
            Ok::<_, ()>(())
        })
        .expect("a vector takes all");
    assert_eq!(written.bytes, out.len() as u64);
    let text = String::from_utf8_lossy(&out);
    let snapshot = Snapshot::parse(&out).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    let checked = check(&snapshot).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    Census::take(&snapshot).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    serde_json::from_slice::<serde_json::Value>(&out).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(checked.nodes, remains.nodes().found);
    assert_eq!(checked.edges, remains.edges().found);
    assert_eq!(checked.strings, remains.strings().of);
    Ok((remains, out, written, checked))
}

#[test]
fn every_cut_gives_what_is_before_it() {
    let mut heap = small();
    for between in [",", "\n,", ",\n"] {
        heap.between_rows = between;
        let text = heap.text();
        let whole = text.as_bytes();
        let first_node = text.find("\"nodes\":[").expect("the nodes") + "\"nodes\":[9,1,1".len();
        let mut before = (0, 0, 0);
        for length in 0..whole.len() {
            for tail in [0, 1, 5000] {
                let mut cut = whole[..length].to_vec();
                cut.resize(length + tail, 0);
                let Ok((remains, ..)) = recover(&cut) else {
                    assert!(length < first_node + 20, "nothing of {length} bytes");
                    continue;
                };
                let found = [remains.nodes(), remains.edges(), remains.strings()];
                let found = (found[0].found, found[1].found, found[2].found);
                assert!(found >= before, "{found:?} after {before:?} at {length}");
                assert!(!remains.is_whole(), "{length} bytes are whole");
                before = found;
            }
        }
        assert_eq!(before, (6, 6, 10));
    }
}

#[test]
fn a_whole_one_comes_out_as_it_went_in() {
    let text = small().text();
    for tail in [0, 1, 70_000] {
        let mut bytes = text.clone().into_bytes();
        bytes.resize(text.len() + tail, 0);
        let (remains, out, written, _) = recover(&bytes).expect("all of it");
        assert!(remains.is_whole() && remains.has_locations());
        assert_eq!(out, text.as_bytes());
        assert_eq!(written.nodes_cut_off, 0);
    }
    let with_blank = format!("{text}\n");
    assert_eq!(
        recover(with_blank.as_bytes()).expect("all").1,
        text.as_bytes()
    );
}

#[test]
fn what_is_lost_where() {
    let text = small().text();
    let cut_at = |needle: &str| &text.as_bytes()[..text.find(needle).expect("a place")];

    let (remains, out, written, _) = recover(cut_at("24,7,0,54")).expect("nodes and edges");
    assert!(remains.nodes().is_all() && remains.edges().is_all());
    assert_eq!(remains.strings(), Part { found: 0, of: 10 });
    assert!(!remains.has_locations());
    assert_eq!(written.nodes_cut_off, 0);
    let out = String::from_utf8(out).expect("text");
    assert!(out.contains("\"samples\":[10,3,20,9]"), "{out}");
    assert!(out.ends_with("\"lost#9\"]}"), "{out}");

    // The third edge is the list's, the fourth and fifth the store's.
    let (remains, _, written, _) = recover(cut_at(",1,1,30,2,")).expect("some edges");
    assert_eq!(remains.edges(), Part { found: 3, of: 6 });
    assert_eq!(written.nodes_cut_off, 2);

    let (remains, _, _, checked) = recover(cut_at("],\n\"edges\"")).expect("some nodes");
    assert_eq!(remains.nodes(), Part { found: 5, of: 6 });
    assert_eq!(checked.edges, 0);
}

#[test]
fn lost_names_tell_classes_apart() {
    let mut heap = small();
    for _ in 0..7 {
        heap.node("object", "Leaking\u{1F600}\"\\\n\u{7}", 24);
    }
    let text = heap.text();
    let cut = &text.as_bytes()[..text.find("\"Array\"").expect("a name")];
    let (remains, out, ..) = recover(cut).expect("a snapshot");
    assert_eq!(remains.strings(), Part { found: 3, of: 10 });
    let snapshot = Snapshot::parse(&out).expect("valid");
    let census = Census::take(&snapshot).expect("valid");
    let counts: Vec<u64> = census.classes.iter().map(|class| class.count).collect();
    assert_eq!(counts, [8, 1, 1, 1]);
    assert_eq!(census.classes[0].name, placeholder(5));
}

#[test]
fn names_behind_a_hole_are_found() {
    let text = small().text();
    for hole in ["\"edges\":[", "\"locations\":["] {
        let mut bytes = text.clone().into_bytes();
        let at = text.find(hole).expect("a place");
        bytes[at..at + 12].fill(0);
        let (remains, out, ..) = recover(&bytes).expect("most of it");
        assert!(remains.strings().is_all());
        assert!(!remains.is_whole());
        let snapshot = Snapshot::parse(&out).expect("valid");
        let census = Census::take(&snapshot).expect("valid");
        assert!(census.class("Leaking\u{1F600}\"\\\n\u{7}").is_some());
    }
}

#[test]
fn a_hole_anywhere_leaves_something_valid() {
    let text = small().text();
    for at in 0..text.len() {
        for length in [1, 7, 100] {
            let mut bytes = text.clone().into_bytes();
            let end = (at + length).min(bytes.len());
            bytes[at..end].fill(0);
            let _ = recover(&bytes);
        }
    }
}

#[test]
fn traces_are_kept_whole_or_not_at_all() {
    let text = small()
        .text()
        .replace("\"trace_function_count\":0", "\"trace_function_count\":1")
        .replace(
            "\"trace_function_infos\":[]",
            "\"trace_function_infos\":[1,2,3,4,5,6]",
        )
        .replace("\"trace_tree\":[]", "\"trace_tree\":[1,0,0,0,[2,1,5,9,[]]]");
    let (remains, out, ..) = recover(text.as_bytes()).expect("all");
    assert!(remains.is_whole());
    assert_eq!(out, text.as_bytes());
    for (end, kept) in [("[2,1,5", false), ("\"samples\"", true)] {
        let cut = &text.as_bytes()[..text.find(end).expect("a place")];
        let (_, out, ..) = recover(cut).expect("nodes and edges");
        let out = String::from_utf8(out).expect("text");
        assert_eq!(out.contains("[1,2,3,4,5,6]"), kept, "{out}");
    }
}

#[test]
fn nothing_can_be_saved_of_what_is_none() {
    for bytes in [
        &b""[..],
        b"\0\0\0",
        b"{}",
        b"{\"snapshot\":{",
        b"\x7fELF\x02\x01\x01",
        &[0; 10_000],
    ] {
        assert!(Remains::find(bytes).is_err());
    }
}

#[test]
fn noise_makes_no_panic_and_nothing_huge() {
    let text = small().text();
    let mut random = noise();
    let tokens = TOKENS;
    for _ in 0..50_000 {
        let mut bytes = text.clone().into_bytes();
        bytes.truncate(random(bytes.len()) + 1);
        for _ in 0..=random(3) {
            let at = random(bytes.len());
            match random(3) {
                0 => bytes[at] ^= 1 << random(8),
                1 => bytes[at] = tokens[random(tokens.len())],
                _ => bytes.insert(at, tokens[random(tokens.len())]),
            }
        }
        if let Ok(remains) = Remains::find(&bytes) {
            let mut length = 0;
            let _ = remains.write(&mut |piece| {
                length += piece.len();
                Ok::<_, ()>(())
            });
            assert!(length < 100_000, "{length} bytes");
        }
    }
}

#[test]
fn an_error_of_the_output_ends_it() {
    let text = small().text();
    let remains = Remains::find(&text.as_bytes()[..text.len() - 20]).expect("most of it");
    let mut calls = 0;
    let done = remains.write(&mut |_| {
        calls += 1;
        Err("full")
    });
    assert_eq!((done, calls), (Err("full"), 1));
}
