use super::*;

const CPU: &str = r#"{"nodes":[
 {"id":1,"callFrame":{"functionName":"(root)","scriptId":"0","url":"","lineNumber":-1,"columnNumber":-1},"hitCount":0,"children":[2,5,6]},
 {"id":2,"callFrame":{"functionName":"","scriptId":"9","url":"file:///a/main.js","lineNumber":0,"columnNumber":0},"hitCount":1,"children":[3]},
 {"id":3,"callFrame":{"functionName":"walk","scriptId":"9","url":"file:///a/main.js","lineNumber":4,"columnNumber":13},"hitCount":2,"children":[4]},
 {"id":4,"callFrame":{"functionName":"walk","scriptId":"9","url":"file:///a/main.js","lineNumber":4,"columnNumber":13},"hitCount":1},
 {"id":5,"callFrame":{"functionName":"(idle)","scriptId":"0","url":"","lineNumber":-1,"columnNumber":-1},"hitCount":1},
 {"id":6,"callFrame":{"functionName":"(program)","scriptId":"0","url":"","lineNumber":-1,"columnNumber":-1},"hitCount":1}],
 "startTime":1000,"endTime":7600,"samples":[2,3,4,3,5,6],"timeDeltas":[500,1000,1000,1000,1000,1000]}"#;

const HEAP: &str = r#"{"head":{"callFrame":{"functionName":"(root)","scriptId":"0","url":"","lineNumber":-1,"columnNumber":-1},"selfSize":0,"id":1,"children":[
 {"callFrame":{"functionName":"make","scriptId":"3","url":"/a/b.js","lineNumber":1,"columnNumber":2},"selfSize":300,"id":2,"children":[
  {"callFrame":{"functionName":"fill","scriptId":"3","url":"/a/b.js","lineNumber":9,"columnNumber":2},"selfSize":700,"id":3,"children":[]}]}]},
 "samples":[{"size":300,"nodeId":2,"ordinal":1},{"size":700,"nodeId":3,"ordinal":2}]}"#;

fn named(profile: &Profile) -> Vec<(String, u64, u64)> {
    let shares = profile.shares().into_iter();
    shares
        .map(|share| {
            (
                profile.frames[share.frame].name.clone(),
                share.own,
                share.total,
            )
        })
        .collect()
}

fn refused(text: &str) -> String {
    read(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_sample_stands_for_the_time_until_the_next() {
    let profile = read(CPU.as_bytes()).unwrap();
    assert_eq!(profile.kind, Kind::Cpu);
    assert_eq!((profile.samples, profile.idle), (6, 1000));
    // The last sample lasts until the end: 6600 microseconds less the deltas before.
    let expected = [
        ("walk".to_owned(), 3000, 3000),
        ("(program)".to_owned(), 1100, 1100),
        ("(anonymous)".to_owned(), 1000, 4000),
        ("(root)".to_owned(), 0, 5100),
    ];
    assert_eq!(named(&profile), expected, "recursion counts once");
    assert_eq!(profile.frames[2].place(), "/a/main.js:5:14");
    for (at, node) in profile.nodes.iter().enumerate() {
        assert!(node.parent.is_none_or(|parent| parent < at));
    }
}

#[test]
fn without_samples_hits_count() {
    let end = CPU.find(",\"samples\"").unwrap();
    let profile = read(format!("{}}}", &CPU[..end]).as_bytes()).unwrap();
    assert_eq!(profile.samples, 0);
    assert_eq!(named(&profile)[0], ("walk".to_owned(), 3300, 3300));
}

#[test]
fn bytes_of_a_heap_profile() {
    let profile = read(HEAP.as_bytes()).unwrap();
    assert_eq!(
        (profile.kind, profile.sum(), profile.samples),
        (Kind::Heap, 1000, 2)
    );
    assert_eq!(
        named(&profile)[..2],
        [
            ("fill".to_owned(), 700, 700),
            ("make".to_owned(), 300, 1000)
        ]
    );
}

#[test]
fn says_what_is_wrong() {
    assert_eq!(refused("{}"), ProfileError::Neither.to_string());
    assert_eq!(refused("[]"), ProfileError::Neither.to_string());
    assert!(refused("7").starts_with("invalid type"));
    assert!(refused("").contains("EOF"), "{}", refused(""));
    assert!(refused(&CPU[..900]).contains("EOF"));
    assert!(refused(&format!("{CPU} x")).contains("trailing characters"));
    assert_eq!(
        refused(r#"{"snapshot":{"meta":{}},"nodes":[1,2]}"#),
        ProfileError::Snapshot.to_string()
    );
    assert_eq!(
        refused(r#"{"snapshot":{"meta":{}}}"#),
        ProfileError::Snapshot.to_string()
    );
    let with = |from: &str, to: &str| refused(&CPU.replacen(from, to, 1));
    assert_eq!(
        with("[3]", "[9]"),
        "node 2 has the child 9, which is not there"
    );
    assert_eq!(with("\"id\":3", "\"id\":2"), "two nodes have the number 2");
    assert_eq!(
        with("[3]", "[3,6]"),
        "node 6 has two parents, or is its own ancestor"
    );
    assert_eq!(
        with("[2,5,6]", "[2,5]"),
        "2 nodes have no parent, where one should"
    );
    assert_eq!(
        with("\"hitCount\":1}", "\"hitCount\":1,\"children\":[4]}"),
        "node 4 has two parents, or is its own ancestor"
    );
    assert_eq!(
        with("[2,3,4,3,5,6]", "[2,77]"),
        "a sample is of node 77, which is not there"
    );
    // A ring beside the tree.
    let ring = r#"{"nodes":[{"id":1,"callFrame":{}},
        {"id":2,"callFrame":{},"children":[3]},{"id":3,"callFrame":{},"children":[2]}]}"#;
    assert!(refused(ring).contains("its own ancestor"));
    let with = |from: &str, to: &str| refused(&HEAP.replacen(from, to, 1));
    assert_eq!(
        with("\"selfSize\":700,", ""),
        "a node of the heap profile has no selfSize"
    );
    assert!(with("\"children\":[]", "\"children\":7").starts_with("children should be an array"));
    assert!(with("\"children\":[]", "\"children\":[7]").starts_with("a node should be an object"));
    assert!(with("\"selfSize\":700", "\"selfSize\":\"x\"").starts_with("invalid type: string"));
}

#[test]
fn deep_stacks_are_read_and_bottomless_ones_refused() {
    let nested = |depth: usize| {
        let mut text = String::from("{\"head\":");
        for _ in 0..depth {
            text.push_str("{\"callFrame\":{\"functionName\":\"f\"},\"selfSize\":1,\"children\":[");
        }
        text.push_str(&"]}".repeat(depth));
        text.push('}');
        read(text.as_bytes())
    };
    let profile = nested(4000).unwrap();
    assert_eq!((profile.nodes.len(), profile.sum()), (4000, 4000));
    assert_eq!(nested(5000), Err(ProfileError::TooDeep));
    assert_eq!(nested(2_000_000), Err(ProfileError::TooDeep));
    let chain: Vec<String> = (0..10_000)
        .map(|id| {
            format!(
                "{{\"id\":{id},\"callFrame\":{{}},\"children\":[{}]}}",
                id + 1
            )
        })
        .collect();
    let text = format!(
        "{{\"nodes\":[{},{{\"id\":10000,\"callFrame\":{{}}}}]}}",
        chain.join(",")
    );
    assert_eq!(read(text.as_bytes()), Err(ProfileError::TooDeep));
    // What is skipped may be nested as it likes.
    let skipped = format!(
        "{{\"x\":{}{},\"head\":1}}",
        "[".repeat(3_000_000),
        "]".repeat(3_000_000)
    );
    assert!(refused(&skipped).contains("head should be an object"));
}

#[test]
fn noise_makes_no_panic() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let tokens = b"{}[]\",:-019eE.ntf";
    for round in 0..20_000 {
        let text = if round % 2 == 0 { CPU } else { HEAP };
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..=random(3) {
            let at = random(bytes.len());
            match random(3) {
                0 => bytes[at] = tokens[random(tokens.len())],
                1 => bytes.insert(at, tokens[random(tokens.len())]),
                _ => drop(bytes.remove(at)),
            }
        }
        if let Ok(profile) = read(&bytes) {
            profile.shares();
        }
    }
}
