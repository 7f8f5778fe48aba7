//! Names as they are compared between two snapshots.

/// A name without the node ids that some hold (`system / Context / scope @123`): these depend on
/// when V8 collected garbage.
pub fn without_ids(name: &str) -> String {
    let mut parts = name.split('@');
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push('@');
        kept.push_str(part.trim_start_matches(|letter: char| letter.is_ascii_digit()));
    }
    kept
}
