//! The language of `--query`: conditions on objects, all of which must hold.
//!
//! `FIELD OPERATOR VALUE`, without blanks inside, divided by blanks: `class=Session retained>1mb`. Values
//! with blanks are quoted: `name~"out of memory"`.

use crate::heap::{Classes, Graph, Node};

/// Characters of a name that are looked at.
const NAME: usize = 1024;

/// Conditions.
#[derive(Debug, Clone, PartialEq)]
pub struct Query(Vec<Condition>);

#[derive(Debug, Clone, PartialEq)]
enum Condition {
    Text(TextField, TextTest, String),
    Number(NumberField, NumberTest, u64),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum TextField {
    Class,
    Type,
    Name,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum TextTest {
    Is,
    IsNot,
    Contains,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum NumberField {
    Id,
    Shallow,
    Retained,
    Edges,
    Retainers,
    Distance,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum NumberTest {
    Is,
    IsNot,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Query {
    /// Understands `text`.
    ///
    /// # Errors
    /// With what is wrong, in words for the user.
    pub fn parse(text: &str) -> Result<Self, String> {
        let words = words(text)?;
        if words.is_empty() {
            return Err("the query is empty; such as: class=Session retained>1mb".to_owned());
        }
        words
            .iter()
            .map(|word| condition(word))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether all conditions hold for a node.
    #[must_use]
    pub fn selects(&self, graph: &Graph<'_>, classes: &Classes, node: Node) -> bool {
        self.0.iter().all(|condition| match condition {
            Condition::Text(field, test, wanted) => {
                let is = |text: &str| match test {
                    TextTest::Is => text == wanted,
                    TextTest::IsNot => text != wanted,
                    TextTest::Contains => text.contains(wanted.as_str()),
                };
                match field {
                    TextField::Class => is(classes.name_of(graph, node)),
                    TextField::Type => is(graph.kind(node)),
                    TextField::Name => is(&graph.names().get(graph.name(node), NAME)),
                }
            }
            Condition::Number(field, test, wanted) => {
                let value = match field {
                    NumberField::Id => u64::from(graph.id(node)),
                    NumberField::Shallow => graph.shallow_size(node),
                    NumberField::Retained => graph.retained_size(node),
                    NumberField::Edges => graph.edges(node).len() as u64,
                    NumberField::Retainers => graph.retainers(node).count() as u64,
                    NumberField::Distance => {
                        u64::try_from(graph.distance(node)).unwrap_or(u64::MAX)
                    }
                };
                match test {
                    NumberTest::Is => value == *wanted,
                    NumberTest::IsNot => value != *wanted,
                    NumberTest::Less => value < *wanted,
                    NumberTest::AtMost => value <= *wanted,
                    NumberTest::More => value > *wanted,
                    NumberTest::AtLeast => value >= *wanted,
                }
            }
        })
    }
}

fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut is_quoted = false;
    for letter in text.chars() {
        match letter {
            '"' => is_quoted = !is_quoted,
            blank if blank.is_whitespace() && !is_quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            other => word.push(other),
        }
    }
    if is_quoted {
        return Err("the query ends inside quotes".to_owned());
    }
    if !word.is_empty() {
        words.push(word);
    }
    Ok(words)
}

fn condition(word: &str) -> Result<Condition, String> {
    let end = word
        .find(['=', '!', '<', '>', '~'])
        .ok_or_else(|| format!("{word} in the query is no condition, such as class=Session"))?;
    let (field, rest) = word.split_at(end);
    let operators = ["!=", "<=", ">=", "=", "<", ">", "~"];
    let operator = operators
        .into_iter()
        .find(|operator| rest.starts_with(operator))
        .ok_or_else(|| format!("{word} in the query has no operator; there are {operators:?}"))?;
    let value = &rest[operator.len()..];
    let text_field = match field {
        "class" => Some(TextField::Class),
        "type" => Some(TextField::Type),
        "name" => Some(TextField::Name),
        _ => None,
    };
    if let Some(field) = text_field {
        let test = match operator {
            "=" => TextTest::Is,
            "!=" => TextTest::IsNot,
            "~" => TextTest::Contains,
            _ => {
                return Err(format!(
                    "{word} in the query: a text is compared with =, != or ~"
                ));
            }
        };
        return Ok(Condition::Text(field, test, value.to_owned()));
    }
    let field = match field {
        "id" => NumberField::Id,
        "self" | "shallow" => NumberField::Shallow,
        "retained" => NumberField::Retained,
        "edges" | "count" => NumberField::Edges,
        "retainers" => NumberField::Retainers,
        "distance" => NumberField::Distance,
        _ => {
            return Err(format!(
                "{field} in the query is no field; there are class, type, name, id, shallow, retained, \
                 edges, retainers, distance"
            ));
        }
    };
    let test = match operator {
        "=" => NumberTest::Is,
        "!=" => NumberTest::IsNot,
        "<" => NumberTest::Less,
        "<=" => NumberTest::AtMost,
        ">" => NumberTest::More,
        ">=" => NumberTest::AtLeast,
        _ => return Err(format!("{word} in the query: ~ is for texts")),
    };
    number(value)
        .map(|value| Condition::Number(field, test, value))
        .ok_or_else(|| format!("{word} in the query has no number such as 1000, 12kb, 1.5mb"))
}

/// A number, perhaps with a decimal unit of bytes.
fn number(text: &str) -> Option<u64> {
    let text = text.strip_prefix('@').unwrap_or(text).to_ascii_lowercase();
    let (digits, unit) = [("kb", 1e3), ("mb", 1e6), ("gb", 1e9), ("b", 1.0)]
        .into_iter()
        .find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))
        .unwrap_or((&text, 1.0));
    let value: f64 = digits.parse().ok()?;
    if !(0.0..1e15).contains(&value) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "in range"
    )]
    Some((value * unit) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions() {
        assert_eq!(
            Query::parse("class=Session retained>=1.5mb name~\"a b\" edges!=3"),
            Ok(Query(vec![
                Condition::Text(TextField::Class, TextTest::Is, "Session".to_owned()),
                Condition::Number(NumberField::Retained, NumberTest::AtLeast, 1_500_000),
                Condition::Text(TextField::Name, TextTest::Contains, "a b".to_owned()),
                Condition::Number(NumberField::Edges, NumberTest::IsNot, 3),
            ]))
        );
        for wrong in [
            "", "  ", "class", "class>A", "size>1", "self~1", "self>", "self>-1", "self>1tb", "!",
            "name=\"a", "self!1", "self>nan", "self>inf",
        ] {
            assert!(Query::parse(wrong).is_err(), "{wrong}");
        }
    }
}
