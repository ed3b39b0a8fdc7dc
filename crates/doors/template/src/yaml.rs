//! YAML or JSON text → [`Node`] tree, within limits, whatever the text is.

use std::borrow::Cow;
use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use crate::error::Fault;
use crate::node::{Entry, Node, Text, Value};

/// The largest template, in bytes; CloudFormation's own limit.
pub const TEMPLATE_BYTES_MAX: usize = 1024 * 1024;
/// How deep maps and lists may be nested, aliases followed.
pub const DEPTH_MAX: usize = 64;
/// How many values a template may have, aliases followed: an alias of aliases of aliases ends here.
pub const NODES_MAX: usize = 100_000;
/// How many entries one map may have.
pub const MAP_ENTRIES_MAX: usize = 1_000;
/// How many anchors a template may define.
pub const ANCHORS_MAX: usize = 100;

/// The short forms that stand for a map with a single `Fn::` key; whether a function is supported is decided later.
const FUNCTION_TAGS: [&str; 16] = [
    "And",
    "Base64",
    "Cidr",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Not",
    "Or",
    "Select",
    "Split",
    "Sub",
    "Transform",
];

/// Reads one document; short forms (`!Sub …`) come out as their long forms (`Fn::Sub: …`).
pub(crate) fn read(text: &str) -> Result<Node, Fault> {
    if text.len() > TEMPLATE_BYTES_MAX {
        return Err(Fault::new(1, format!("the template is larger than {TEMPLATE_BYTES_MAX} bytes")));
    }
    if let Some(position) = text.find('\0') {
        let line = 1 + text[..position].matches('\n').count();
        return Err(Fault::new(line_number(line), "the template contains a NUL character"));
    }
    let text = join_surrogates(text);
    let mut builder = Builder::default();
    for event in Parser::new_from_str(&text) {
        let (event, span) = event.map_err(|error| {
            Fault::new(line_number(error.marker().line()), format!("not valid YAML: {}", error.info()))
        })?;
        builder.take(event, line_number(span.start.line()))?;
    }
    builder.root.ok_or_else(|| Fault::new(1, "the template is empty"))
}

/// JSON is YAML but for one thing: it may write a character outside of the basic plane as two escapes, `\ud83d\ude00`.
fn join_surrogates(text: &str) -> Cow<'_, str> {
    let may_be_json = text.trim_start().starts_with('{') && text.contains("\\u");
    if !may_be_json || serde_json::from_str::<serde_json::Value>(text).is_err() {
        return Cow::Borrowed(text);
    }
    let mut joined = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        joined.push_str(before);
        let pair = after.get(..11).filter(|pair| pair.starts_with('u') && pair.get(5..7) == Some("\\u"));
        let unit = |digits: Option<&str>| digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let units = pair.and_then(|pair| Some([unit(pair.get(1..5))?, unit(pair.get(7..11))?]));
        match units.map(|units| String::from_utf16(&units)) {
            Some(Ok(character)) if character.chars().count() == 1 => {
                joined.push_str(&character);
                rest = &after[11..];
            }
            _ => {
                // The escaped character goes along, so that the second half of `\\\\` begins no escape of its own.
                let length = after.chars().next().map_or(0, char::len_utf8);
                joined.push('\\');
                joined.push_str(&after[..length]);
                rest = &after[length..];
            }
        }
    }
    joined.push_str(rest);
    Cow::Owned(joined)
}

fn line_number(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

/// Puts the parser's events together, without recursion: the depth is the length of `open`.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
    root: Option<Node>,
}

/// A list or map whose end has not come yet.
struct Open {
    line: u32,
    anchor: usize,
    tag: Option<Tag>,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map(Vec<Entry>, Option<(String, u32)>),
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: u32) -> Result<(), Fault> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(Fault::new(line, "a template is one document; here a second one begins"))
            }
            Event::DocumentStart(_) => Ok(()),
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    return Err(Fault::new(line, "an alias cannot stand inside its own anchor"));
                };
                self.count(node.size(), line)?;
                self.check_depth(node.height(), line)?;
                self.place(node, line)
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.count(1, line)?;
                let is_null = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let bare = style == ScalarStyle::Plain && tag.is_none();
                let value = if is_null && bare {
                    Value::Null
                } else {
                    Value::Text(Text { bare, ..Text::plain(text.into_owned()) })
                };
                self.complete(Node { line, value }, anchor, tag.as_deref())
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(line, anchor, tag.map(|tag| tag.into_owned()), Content::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                self.open(line, anchor, tag.map(|tag| tag.into_owned()), Content::Map(Vec::new(), None))
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { line, anchor, tag, content }) = self.open.pop() else {
                    return Err(Fault::new(line, "not valid YAML: an end without a beginning"));
                };
                let value = match content {
                    Content::List(items) => Value::List(items),
                    Content::Map(entries, _) => Value::Map(entries),
                };
                self.complete(Node { line, value }, anchor, tag.as_ref())
            }
        }
    }

    fn open(&mut self, line: u32, anchor: usize, tag: Option<Tag>, content: Content) -> Result<(), Fault> {
        self.count(1, line)?;
        self.check_depth(1, line)?;
        self.open.push(Open { line, anchor, tag, content });
        Ok(())
    }

    fn count(&mut self, nodes: usize, line: u32) -> Result<(), Fault> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > NODES_MAX {
            return Err(Fault::new(line, format!("the template has more than {NODES_MAX} values, aliases followed")));
        }
        Ok(())
    }

    fn check_depth(&self, height: usize, line: u32) -> Result<(), Fault> {
        if self.open.len() + height > DEPTH_MAX {
            return Err(Fault::new(line, format!("more than {DEPTH_MAX} levels of nesting")));
        }
        Ok(())
    }

    fn complete(&mut self, node: Node, anchor: usize, tag: Option<&Tag>) -> Result<(), Fault> {
        let line = node.line;
        let node = untag(node, tag)?;
        // Zero is the parser's word for "no anchor".
        if anchor != 0 {
            if self.anchors.len() >= ANCHORS_MAX {
                return Err(Fault::new(line, format!("more than {ANCHORS_MAX} anchors")));
            }
            self.count(node.size(), line)?;
            self.anchors.insert(anchor, node.clone());
        }
        self.place(node, line)
    }

    fn place(&mut self, node: Node, line: u32) -> Result<(), Fault> {
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map(entries, key @ None)) => {
                let name = match node.value {
                    Value::Text(Text { text, .. }) => text,
                    Value::Null => "null".to_owned(),
                    _ => return Err(Fault::new(line, format!("a key must be a text, not {}", node.kind()))),
                };
                if name == "<<" {
                    return Err(Fault::new(line, "merge keys (<<) are not supported"));
                }
                if let Some(first) = entries.iter().find(|entry| entry.key == name) {
                    return Err(Fault::new(line, format!("{name} stands here twice, first in line {}", first.line)));
                }
                if entries.len() >= MAP_ENTRIES_MAX {
                    return Err(Fault::new(line, format!("a map with more than {MAP_ENTRIES_MAX} entries")));
                }
                *key = Some((name, line));
            }
            Some(Content::Map(entries, key)) => {
                if let Some((key, line)) = key.take() {
                    entries.push(Entry { key, line, node });
                }
            }
        }
        Ok(())
    }
}

/// `!GetAtt x` means `{"Fn::GetAtt": x}`. YAML's own tags (`!!str`) change nothing that matters here.
fn untag(node: Node, tag: Option<&Tag>) -> Result<Node, Fault> {
    let Some(tag) = tag else { return Ok(node) };
    let line = node.line;
    let name = tag.suffix.as_str();
    let key = match tag.handle.as_str() {
        _ if tag.is_yaml_core_schema() && matches!(name, "str" | "int" | "float" | "bool" | "null" | "seq" | "map") => {
            return Ok(node);
        }
        "!" if name == "Ref" || name == "Condition" => name.to_owned(),
        "!" if FUNCTION_TAGS.contains(&name) => format!("Fn::{name}"),
        _ => return Err(Fault::new(line, format!("the tag {tag} is not known"))),
    };
    Ok(Node { line, value: Value::Map(vec![Entry { key, line, node }]) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surrogates_are_joined_in_json_only() {
        let smile = r#"{"a": "\ud83d\ude00 \u00e9 \\ud83d\\ude00"}"#;
        assert_eq!(join_surrogates(smile), "{\"a\": \"\u{1f600} \\u00e9 \\\\ud83d\\\\ude00\"}");
        for kept in [r"{a: '\ud83d\ude00'}", r#"{"a": "\ud83d"}"#, "a: 1"] {
            assert_eq!(join_surrogates(kept), kept);
        }
    }

    #[test]
    fn an_escape_before_a_long_character_is_kept() {
        let text = r#"{"a": "\u0041한한한 \u00e9é"}"#;
        assert_eq!(join_surrogates(text), text);
    }

    #[test]
    fn every_value_knows_its_line() {
        let root = read("# first\na: 1\nb:\n  - x\n  - !Ref y\n").unwrap();
        assert_eq!(root.get("a").unwrap().line, 2);
        let items = root.get("b").unwrap().as_list().unwrap();
        assert_eq!([items[0].line, items[1].line], [4, 5]);
        assert_eq!(items[1].get("Ref").unwrap().line, 5);
    }
}
