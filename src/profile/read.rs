//! From JSON to [`Profile`].

use std::fmt;

use rustc_hash::FxHashMap;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Frame, Kind, MOST_FRAMES, Node, Profile, ProfileError};

/// Reads a profile.
///
/// # Errors
/// What is wrong with `text`.
pub fn read(text: &[u8]) -> Result<Profile, ProfileError> {
    // Whose nodes are numbers.
    if text.trim_ascii_start().starts_with(b"{\"snapshot\"") {
        return Err(ProfileError::Snapshot);
    }
    let file: File = serde_json::from_slice(text).map_err(|error| json(&error))?;
    match file {
        File {
            nodes: Some(nodes),
            samples,
            time_deltas,
            start_time,
            end_time,
            ..
        } => cpu(
            nodes,
            &Times {
                samples,
                deltas: time_deltas,
                start: start_time,
                end: end_time,
            },
        ),
        File {
            head: Some(_),
            samples,
            ..
        } => super::heap::read(text, samples.len() as u64),
        _ => Err(ProfileError::Neither),
    }
}

pub(super) fn json(error: &serde_json::Error) -> ProfileError {
    ProfileError::Json(error.to_string())
}

/// Either kind, and what tells others apart.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct File {
    nodes: Option<Vec<CpuNode>>,
    samples: Vec<Sample>,
    time_deltas: Vec<f64>,
    start_time: f64,
    end_time: f64,
    /// A tree, nested as deep as its stacks: read by [`super::heap`].
    head: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CallFrame {
    #[serde(default)]
    function_name: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    line_number: f64,
    #[serde(default)]
    column_number: f64,
}

impl CallFrame {
    pub(super) fn frame(self) -> Frame {
        // From 0 in the file, where -1 is none.
        let from_one = |number: f64| count(number + 1.0);
        Frame {
            name: if self.function_name.is_empty() {
                "(anonymous)".to_owned()
            } else {
                self.function_name
            },
            url: self.url,
            line: from_one(self.line_number),
            column: from_one(self.column_number),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CpuNode {
    id: u64,
    call_frame: CallFrame,
    #[serde(default)]
    hit_count: f64,
    #[serde(default)]
    children: Vec<u64>,
    /// In place of `children` in traces.
    parent: Option<u64>,
}

/// A sample: of a CPU profile the number of a node, of a heap profile an object.
enum Sample {
    Node(u64),
    Other,
}

impl<'de> Deserialize<'de> for Sample {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Sample;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a sample: the number of a node, or an object")
            }

            fn visit_u64<E>(self, node: u64) -> Result<Sample, E> {
                Ok(Sample::Node(node))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Sample, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Sample::Other)
            }
        }

        json.deserialize_any(Either)
    }
}

/// A number that counts something; what is none counts as 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped, and NaN becomes 0"
)]
pub(super) fn count(number: f64) -> u64 {
    number.round().clamp(0.0, 1e18) as u64
}

/// Each frame once.
#[derive(Default)]
pub(super) struct Frames {
    pub list: Vec<Frame>,
    known: FxHashMap<Frame, usize>,
}

impl Frames {
    pub fn add(&mut self, frame: Frame) -> usize {
        *self.known.entry(frame).or_insert_with_key(|frame| {
            self.list.push(frame.clone());
            self.list.len() - 1
        })
    }
}

struct Times {
    samples: Vec<Sample>,
    /// Microseconds from each sample's predecessor, or the start.
    deltas: Vec<f64>,
    start: f64,
    end: f64,
}

fn cpu(nodes: Vec<CpuNode>, times: &Times) -> Result<Profile, ProfileError> {
    let mut known = FxHashMap::default();
    for (at, node) in nodes.iter().enumerate() {
        if known.insert(node.id, at).is_some() {
            return Err(ProfileError::SameNumber(node.id));
        }
    }
    let values = values(&nodes, &known, times)?;
    let children = children(&nodes, &known)?;
    let mut is_child = vec![false; nodes.len()];
    for (parent, list) in children.iter().enumerate() {
        for &child in list {
            if std::mem::replace(&mut is_child[child], true) || child == parent {
                return Err(ProfileError::NoTree(nodes[child].id));
            }
        }
    }
    let roots = is_child.iter().filter(|&&is_child| !is_child).count();
    let root = is_child.iter().position(|&is_child| !is_child);
    let (Some(root), 1) = (root, roots) else {
        return Err(ProfileError::Roots(roots));
    };
    let ids: Vec<u64> = nodes.iter().map(|node| node.id).collect();
    let mut call_frames: Vec<_> = nodes
        .into_iter()
        .map(|node| Some(node.call_frame.frame()))
        .collect();
    let mut frames = Frames::default();
    let mut ordered: Vec<Node> = Vec::with_capacity(ids.len());
    let mut idle = 0;
    let mut reached = vec![false; ids.len()];
    let mut open = vec![(root, None, 0)];
    while let Some((at, parent, depth)) = open.pop() {
        if depth > MOST_FRAMES {
            return Err(ProfileError::TooDeep);
        }
        reached[at] = true;
        let Some(frame) = call_frames[at].take() else {
            return Err(ProfileError::NoTree(ids[at]));
        };
        let is_idle = frame.is_v8_s() && frame.name == "(idle)";
        if is_idle {
            idle += values[at];
        }
        ordered.push(Node {
            parent,
            frame: frames.add(frame),
            value: if is_idle { 0 } else { values[at] },
        });
        let place = ordered.len() - 1;
        // From the end, so that the first child comes first.
        for &child in children[at].iter().rev() {
            open.push((child, Some(place), depth + 1));
        }
    }
    if let Some(lost) = reached.iter().position(|&reached| !reached) {
        return Err(ProfileError::NoTree(ids[lost]));
    }
    Ok(Profile {
        kind: Kind::Cpu,
        frames: frames.list,
        nodes: ordered,
        samples: times.samples.len() as u64,
        idle,
    })
}

/// The places of each node's children.
fn children(
    nodes: &[CpuNode],
    known: &FxHashMap<u64, usize>,
) -> Result<Vec<Vec<usize>>, ProfileError> {
    let mut children = vec![Vec::new(); nodes.len()];
    for (at, node) in nodes.iter().enumerate() {
        for child in &node.children {
            let no_such = ProfileError::NoSuchChild {
                parent: node.id,
                child: *child,
            };
            children[at].push(*known.get(child).ok_or(no_such)?);
        }
        if let Some(parent) = node.parent {
            let parent = known.get(&parent).ok_or(ProfileError::NoSuchNode(parent))?;
            if !children[*parent].contains(&at) {
                children[*parent].push(at);
            }
        }
    }
    Ok(children)
}

/// Microseconds of each node: a sample stands for the time until the next one. Without samples the
/// whole time is shared out by `hitCount`.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn values(
    nodes: &[CpuNode],
    known: &FxHashMap<u64, usize>,
    times: &Times,
) -> Result<Vec<u64>, ProfileError> {
    let mut values = vec![0_u64; nodes.len()];
    let whole = (times.end - times.start).max(0.0);
    if times.samples.is_empty() || times.deltas.is_empty() {
        let hits: f64 = nodes.iter().map(|node| node.hit_count.max(0.0)).sum();
        let each = if whole > 0.0 && hits > 0.0 {
            whole / hits
        } else {
            1.0
        };
        for (value, node) in values.iter_mut().zip(nodes) {
            *value = count(node.hit_count * each);
        }
        return Ok(values);
    }
    let before_last: f64 = times.deltas.iter().take(times.samples.len()).sum();
    // Old profiles have clocks that start elsewhere.
    let rest = (whole - before_last).clamp(0.0, before_last / times.samples.len() as f64 * 2.0);
    for (at, sample) in times.samples.iter().enumerate() {
        let Sample::Node(id) = sample else {
            continue;
        };
        let place = known.get(id).ok_or(ProfileError::NoSuchNode(*id))?;
        let time = times.deltas.get(at + 1).copied().unwrap_or(rest);
        values[*place] = values[*place].saturating_add(count(time));
    }
    Ok(values)
}
