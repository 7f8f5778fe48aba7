//! The room as a whole: split, check and count, on good files, broken ones and noise.

use super::testing::{Builder, TOKENS, noise};
use super::{Census, Checked, FormatError, Snapshot, check};

fn small() -> Builder {
    let mut heap = Builder::new();
    let roots = heap.node("synthetic", "(GC roots)", 0);
    let list = heap.node("object", "Array", 16);
    let store = heap.node("array", "(object elements)", 48);
    let leak = heap.node("object", "Leaking\u{1F600}\"\\\n\u{7}", 24);
    heap.element(0, 1, roots);
    heap.edge(roots, "internal", "roots", list);
    heap.edge(list, "internal", "elements", store);
    heap.element(store, 0, leak);
    heap.samples = vec![(10, 3), (20, 9)];
    heap.locations = vec![[24, 7, 0, 54]];
    heap
}

/// What `analyze` and the tests do with a file.
fn read(bytes: &[u8]) -> Result<Checked, FormatError> {
    let snapshot = Snapshot::parse(bytes)?;
    let counted = Census::take(&snapshot);
    let checked = check(&snapshot)?;
    // A file that passes the check can be counted.
    counted.map(|_| checked)
}

fn wrong(text: &str) -> FormatError {
    read(text.as_bytes()).expect_err("a broken snapshot")
}

#[test]
fn a_valid_file_passes() {
    let mut heap = small();
    for between in [",", "\n,", ",\n", " \r\n, \t"] {
        heap.between_rows = between;
        let checked = read(heap.text().as_bytes()).expect("a valid snapshot");
        assert_eq!(
            checked,
            Checked {
                nodes: 5,
                edges: 4,
                strings: 8,
                self_size: 88,
            },
            "rows divided by {between:?}"
        );
    }
}

#[test]
fn names_come_out_as_they_went_in() {
    let text = small().text();
    let ascii = text.replace('\u{1F600}', "\\ud83d\\ude00");
    assert_ne!(text, ascii);
    for text in [text, ascii] {
        let snapshot = Snapshot::parse(text.as_bytes()).expect("a snapshot");
        let census = Census::take(&snapshot).expect("a census");
        assert!(census.class("Leaking\u{1F600}\"\\\n\u{7}").is_some());
    }
}

#[test]
fn every_shorter_file_is_refused() {
    let text = small().text();
    for length in 0..text.len() {
        assert!(read(&text.as_bytes()[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn no_noise_makes_a_panic() {
    let text = small().text();
    let mut random = noise();
    let tokens = TOKENS;
    for _ in 0..100_000 {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..=random(3) {
            let at = random(bytes.len());
            match random(4) {
                0 => bytes[at] ^= 1 << random(8),
                1 => bytes[at] = tokens[random(tokens.len())],
                2 => bytes.insert(at, tokens[random(tokens.len())]),
                _ => {
                    bytes.remove(at);
                }
            }
        }
        let _ = read(&bytes);
    }
}

#[test]
fn not_a_snapshot() {
    for text in [
        "",
        " ",
        "{}",
        "[]",
        "null",
        "{\"nodes\":[]}",
        "{\"snapshot\":5}",
        "\u{FEFF}{",
    ] {
        wrong(text);
    }
    wrong(&format!("{{\"snapshot\":{}", "[".repeat(100_000)));
}

#[test]
fn the_place_of_what_is_wrong_is_told() {
    let text = small().text();
    let at = |needle: &str| text.find(needle).expect("a place in the text") as u64;
    // Each is one thing that DevTools would stumble over, and where it stands.
    let nodes = at("\"nodes\":[") + 9;
    let edges = at("\"edges\":[") + 9;
    let cases: [(&str, &str, u64, &str); 12] = [
        (
            "\"nodes\":[9,",
            "\"nodes\":[16,",
            nodes,
            "node 0 has the unknown type 16",
        ),
        ("\"nodes\":[9,", "\"nodes\":[8,", nodes, "synthetic root"),
        (
            "\"nodes\":[9,1,1,",
            "\"nodes\":[9,1,3,",
            nodes,
            "synthetic root",
        ),
        (
            "\"nodes\":[9,1,",
            "\"nodes\":[9,8,",
            nodes,
            "has the name 8, of 8 strings",
        ),
        (
            "\"nodes\":[9,1,",
            "\"nodes\":[9,-1,",
            nodes + 2,
            "not a number",
        ),
        (
            "\"edges\":[1,",
            "\"edges\":[7,",
            edges,
            "edge 0 has the unknown type 7",
        ),
        (
            "\"edges\":[1,1,6,",
            "\"edges\":[1,1,7,",
            edges,
            "edge 0 goes to 7",
        ),
        (
            "\"edges\":[1,1,6,",
            "\"edges\":[1,1,30,",
            edges,
            "edge 0 goes to 30",
        ),
        (
            "\"samples\":[10,3,20,9]",
            "\"samples\":[10,3,20,2]",
            at("\"samples\"") + 15,
            "falls",
        ),
        (
            "[24,7,0,54]",
            "[25,7,0,54]",
            at("[24,7,0,54]") + 1,
            "a location is of 25",
        ),
        (
            "\"<dummy>\"",
            "\"<d\\mmy>\"",
            at("\"<dummy>\"") + 3,
            "escape",
        ),
        (
            "\"node_count\":5",
            "\"node_count\":6",
            at("],\n\"edges\""),
            "the header says 6",
        ),
    ];
    for (good, bad, offset, what) in cases {
        assert_eq!(text.matches(good).count(), 1, "{good}");
        let error = wrong(&text.replace(good, bad));
        assert!(error.what.contains(what), "{error} lacks {what:?}");
        assert_eq!(error.offset, offset, "{error}");
    }
}

#[test]
fn ids_are_unique() {
    let mut heap = small();
    heap.set_id(4, heap.id(2));
    let error = wrong(&heap.text());
    assert!(error.what.contains("a second node has the id 5"), "{error}");
}

#[test]
fn edge_counts_add_up() {
    let text = small().text();
    let error = wrong(&text.replace("\"nodes\":[9,1,1,0,1,", "\"nodes\":[9,1,1,0,2,"));
    assert!(error.what.contains("count 5 edges together"), "{error}");
}

#[test]
fn a_section_is_missing_or_twice_there() {
    let text = small().text();
    let error = wrong(&text.replace("\"edges\":[", "\"other\":["));
    assert!(error.what.contains("\"edges\" is missing"), "{error}");
    let error = wrong(&text.replace("\"samples\":[", "\"nodes\":["));
    assert!(error.what.contains("\"nodes\" is there twice"), "{error}");
    let nested = text.replace("\"trace_tree\":[]", "\"trace_tree\":[1,0,0,0,[2,1,5,9,[]]]");
    assert!(read(nested.as_bytes()).is_ok());
}

#[test]
fn an_index_that_v8_wrote_as_negative_is_read() {
    let edges = |text: &str| {
        let mut rows = super::rows::Rows::new(text.as_bytes(), 0, "edges");
        let mut row = [0; 3];
        rows.next_into(&mut row).map(|_| row)
    };
    assert_eq!(edges("1,-2,7").unwrap(), [1, 4_294_967_294, 7]);
    assert_eq!(edges("1,-2147483648,7").unwrap(), [1, 2_147_483_648, 7]);
    for wrong in ["1,-0,7", "1,-2147483649,7", "1,--2,7", "1,-,7"] {
        assert!(edges(wrong).is_err(), "{wrong}");
    }
    let mut rows = super::rows::Rows::new(b"1,-2", 0, "nodes");
    assert!(rows.next_into(&mut [0; 2]).is_err());
}

#[test]
fn numbers_too_large_are_refused() {
    let text = small().text();
    let error = wrong(&text.replace("\"nodes\":[9,1,1,", "\"nodes\":[9,1,99999999999999999999,"));
    assert!(error.what.contains("too large"), "{error}");
}
