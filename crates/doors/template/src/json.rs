//! A value of the template as JSON: text of policies and inputs, and a form in which two templates can be compared.

use sha2::{Digest, Sha256};

use crate::error::Faults;
use crate::node::{Node, Text, Value};
use crate::scope::known_later;

/// What a scalar becomes, as YAML and CloudFormation leave that open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scalars {
    /// A text, always: access policies take `"true"` for `true`.
    Texts,
    /// What is written: `5` is a number, `"5"` a text.
    AsWritten,
    /// A number or boolean whenever it reads as one, with quotes or without: CloudFormation hands numbers on as texts.
    Unquoted,
}

/// The value with its entries in the template's order; nothing if a part of it is faulty, which has been reported.
pub(crate) fn text(node: &Node, scalars: Scalars, faults: &mut Faults) -> Option<String> {
    let mut out = String::new();
    write(&mut out, node, scalars, faults)?;
    Some(out)
}

/// Recursive: the tree is no deeper than [`DEPTH_MAX`](crate::DEPTH_MAX).
fn write(out: &mut String, node: &Node, scalars: Scalars, faults: &mut Faults) -> Option<()> {
    match &node.value {
        Value::Broken => return None,
        Value::Later(name, _) => {
            faults.at(node.line, known_later(name));
            return None;
        }
        Value::Null => out.push_str("null"),
        Value::Text(text) => {
            if text.hidden {
                faults.hide(&text.text);
            }
            out.push_str(&literal(text, scalars).unwrap_or_else(|| quoted(&text.text)));
        }
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                write(out, item, scalars, faults)?;
            }
            out.push(']');
        }
        Value::Map(entries) => {
            out.push('{');
            for (index, entry) in entries.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                out.push_str(&quoted(&entry.key));
                out.push(':');
                write(out, &entry.node, scalars, faults)?;
            }
            out.push('}');
        }
    }
    Some(())
}

/// The value for comparison with another one: every scalar a text, and a hash in place of what must not be shown.
pub(crate) fn comparable(node: &Node) -> serde_json::Value {
    use serde_json::Value as Json;
    let reference = |key: &str, value: Json| Json::Object([(key.to_owned(), value)].into_iter().collect());
    match &node.value {
        Value::Null | Value::Broken => Json::Null,
        Value::Text(text) if text.hidden => Json::from(format!("sha256:{}", hex::encode(Sha256::digest(&text.text)))),
        Value::Text(text) => Json::from(text.text.as_str()),
        Value::List(items) => items.iter().map(comparable).collect(),
        Value::Map(entries) => {
            Json::Object(entries.iter().map(|entry| (entry.key.clone(), comparable(&entry.node))).collect())
        }
        Value::Later(id, None) => reference("Ref", Json::from(id.as_str())),
        Value::Later(id, Some(attribute)) => {
            reference("Fn::GetAtt", [id, attribute].into_iter().map(|text| Json::from(text.as_str())).collect())
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The number or boolean that the scalar is, if it is one here.
fn literal(text: &Text, scalars: Scalars) -> Option<String> {
    let may_be = match scalars {
        Scalars::Texts => false,
        Scalars::AsWritten => text.bare,
        Scalars::Unquoted => true,
    };
    match text.text.as_str() {
        _ if !may_be => None,
        "true" | "True" | "TRUE" => Some("true".to_owned()),
        "false" | "False" | "FALSE" => Some("false".to_owned()),
        number => serde_json::from_str::<serde_json::Number>(number).is_ok().then(|| number.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    #[test]
    fn scalars_become_what_their_place_asks_for() {
        let node =
            yaml::read("{z: 5, a: \"5\", b: [true, 'false', null, -1.5e3, 0x1F, 012, \"é\\n\"], c: {}}").unwrap();
        for (scalars, expected) in [
            (Scalars::Texts, r#"{"z":"5","a":"5","b":["true","false",null,"-1.5e3","0x1F","012","é\n"],"c":{}}"#),
            (Scalars::AsWritten, r#"{"z":5,"a":"5","b":[true,"false",null,-1.5e3,"0x1F","012","é\n"],"c":{}}"#),
            (Scalars::Unquoted, r#"{"z":5,"a":5,"b":[true,false,null,-1.5e3,"0x1F","012","é\n"],"c":{}}"#),
        ] {
            assert_eq!(text(&node, scalars, &mut Faults::default()).as_deref(), Some(expected), "{scalars:?}");
        }
    }

    #[test]
    fn a_faulty_part_makes_no_json() {
        let broken = Node { line: 1, value: Value::List(vec![Node { line: 1, value: Value::Broken }]) };
        assert_eq!(text(&broken, Scalars::AsWritten, &mut Faults::default()), None);
    }
}
