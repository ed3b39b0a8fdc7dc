//! The tree a template is read into: texts, lists and maps, each with its line.

/// A value of the template and the line it begins on.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) line: u32,
    pub(crate) value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Text(Text),
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// Only the deployment tells: what `Ref`, or `Fn::GetAtt` of this attribute, gives for a resource.
    Later(String, Option<String>),
    /// Could not be resolved; the reason has been reported, and nobody needs to report it again.
    Broken,
}

/// Numbers and booleans are texts too: CloudFormation takes `"30"` for `30`, and account numbers keep their zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) text: String,
    /// Made from a `NoEcho` parameter: not to be shown.
    pub(crate) hidden: bool,
    /// Written in the template without quotes: where JSON is wanted, `5` is a number and `"5"` a text.
    pub(crate) bare: bool,
}

/// One entry of a map. The line is the key's: that is where a reader looks for the property.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) line: u32,
    pub(crate) node: Node,
}

impl Entry {
    /// The same entry with another value.
    pub(crate) fn with(&self, node: Node) -> Entry {
        Entry { key: self.key.clone(), line: self.line, node }
    }
}

impl Text {
    pub(crate) fn plain(text: impl Into<String>) -> Text {
        Text { text: text.into(), hidden: false, bare: false }
    }

    /// The text for an error message.
    pub(crate) fn shown(&self) -> &str {
        if self.hidden { "***" } else { &self.text }
    }
}

impl Node {
    pub(crate) fn as_text(&self) -> Option<&Text> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_map(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// What a message calls a value of this kind.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
            Value::Later(..) => "a value that is known only after deployment",
            Value::Broken => "a faulty value",
        }
    }

    /// Whether a `NoEcho` parameter is part of it.
    pub(crate) fn is_hidden(&self) -> bool {
        match &self.value {
            Value::Text(text) => text.hidden,
            Value::List(items) => items.iter().any(Node::is_hidden),
            Value::Map(entries) => entries.iter().any(|entry| entry.node.is_hidden()),
            _ => false,
        }
    }

    /// How many nodes the tree has, this one included.
    pub(crate) fn size(&self) -> usize {
        1 + match &self.value {
            Value::List(items) => items.iter().map(Node::size).sum(),
            Value::Map(entries) => entries.iter().map(|entry| entry.node.size()).sum(),
            _ => 0,
        }
    }

    /// How many levels the tree has.
    pub(crate) fn height(&self) -> usize {
        1 + match &self.value {
            Value::List(items) => items.iter().map(Node::height).max().unwrap_or(0),
            Value::Map(entries) => entries.iter().map(|entry| entry.node.height()).max().unwrap_or(0),
            _ => 0,
        }
    }
}
