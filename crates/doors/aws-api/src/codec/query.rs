//! Reads the AWS Query protocol: flattened, 1-based parameters into the same structs as JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use percent_encoding::percent_decode;
use serde::de::value::{BorrowedStrDeserializer, MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

use super::Dialect;
use super::dialect::{Collection, spell};
use super::fields::{INTEGER, not_an_integer};
use crate::error::{ApiError, ErrorKind};

/// A full batch (10 entries of 10 attributes of 3 parameters) needs fewer than half of these.
pub const PARAMETERS_MAX: usize = 1000;

/// Dots in a parameter's name; a list value of an attribute of a batch entry has six.
pub const DEPTH_MAX: usize = 8;

/// The parameters of one request, from its query string and its form body.
#[derive(Debug)]
pub struct Params<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Params<'a> {
    /// Takes the parameters apart. The body's come later and win over the query string's.
    ///
    /// # Errors
    ///
    /// `SerializationException` beyond [`PARAMETERS_MAX`] or [`DEPTH_MAX`], and for what is not UTF-8.
    pub fn parse(query_string: &'a str, form_body: &'a [u8]) -> Result<Self, ApiError> {
        // Decoding would put other characters in its place.
        if [query_string.as_bytes(), form_body].iter().any(|text| percent_decode(text).decode_utf8().is_err()) {
            return Err(malformed("The parameters are not UTF-8.".to_owned()));
        }
        let pairs: Vec<_> = form_urlencoded::parse(query_string.as_bytes())
            .chain(form_urlencoded::parse(form_body))
            .take(PARAMETERS_MAX + 1)
            .collect();
        if pairs.len() > PARAMETERS_MAX {
            return Err(malformed(format!("A request can have at most {PARAMETERS_MAX} parameters.")));
        }
        if pairs.iter().any(|(name, _)| name.bytes().filter(|byte| *byte == b'.').count() > DEPTH_MAX) {
            return Err(malformed(format!("A parameter's name can have at most {DEPTH_MAX} dots.")));
        }
        Ok(Params { pairs })
    }

    /// The value of a parameter, such as `Action`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(candidate, _)| candidate == name).map(|(_, value)| value.as_ref())
    }

    /// Reads an operation's input, borrowing from the parameters. Unknown parameters are passed over.
    ///
    /// # Errors
    ///
    /// `SerializationException` when a parameter has the wrong type.
    pub fn decode<'p, T: Deserialize<'p>>(&'p self, dialect: &'static Dialect, operation: &str) -> Result<T, ApiError> {
        let mut root = Node::default();
        for (name, value) in &self.pairs {
            root.insert(name, value);
        }
        let cursor = Cursor { node: &root, collection: None, dialect, operation };
        T::deserialize(cursor).map_err(|Mistyped(text)| malformed(text))
    }
}

fn malformed(text: String) -> ApiError {
    ApiError::new(ErrorKind::SerializationException, text)
}

/// The parameters as a tree: `Tag.1.Key=a` is the text `a` at `Tag`, `1`, `Key`.
#[derive(Default)]
struct Node<'p> {
    text: Option<&'p str>,
    children: BTreeMap<&'p str, Node<'p>>,
}

impl<'p> Node<'p> {
    fn insert(&mut self, name: &'p str, value: &'p str) {
        let leaf = name.split('.').fold(self, |node, segment| node.children.entry(segment).or_default());
        leaf.text = Some(value);
    }

    fn at(&self, element: &'static str, operation: &str) -> Option<&Self> {
        let (prefix, rest) = spell(element, operation);
        let mut segments = rest.split('.');
        let first = segments.next()?;
        let node = if prefix.is_empty() {
            self.children.get(first)?
        } else {
            self.children.get(format!("{prefix}{first}").as_str())?
        };
        segments.try_fold(node, |node, segment| node.children.get(segment))
    }

    /// The numbered children in the order of their numbers; gaps do not matter.
    fn numbered(&self) -> Vec<&Self> {
        let mut numbered: Vec<(u32, &Self)> = self
            .children
            .iter()
            .filter_map(|(segment, node)| segment.parse().ok().map(|number| (number, node)))
            .collect();
        numbered.sort_by_key(|(number, _)| *number);
        numbered.into_iter().map(|(_, node)| node).collect()
    }
}

#[derive(Clone, Copy)]
struct Cursor<'t, 'p> {
    node: &'t Node<'p>,
    /// How the member at this place is spelled, when it is a list or a map.
    collection: Option<&'static Collection>,
    dialect: &'static Dialect,
    operation: &'t str,
}

impl<'t, 'p> Cursor<'t, 'p> {
    fn member(self, name: &'static str) -> Option<Self> {
        let collection = self.dialect.collection(name);
        let node = match collection {
            Some(row) => row.elements.iter().find_map(|element| self.node.at(element, self.operation)),
            None => self.node.children.get(name),
        };
        Some(Cursor { node: node?, collection, ..self })
    }

    fn element(self, node: &'t Node<'p>) -> Self {
        Cursor { node, collection: None, ..self }
    }
}

impl<'p> IntoDeserializer<'p, Mistyped> for Cursor<'_, 'p> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Cursor<'_, 'de> {
    type Error = Mistyped;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistyped> {
        match self.node.text {
            Some(text) => visitor.visit_borrowed_str(text),
            None if self.node.children.is_empty() => visitor.visit_unit(),
            None => visitor.visit_map(MapDeserializer::new(std::iter::empty::<(&str, &str)>())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistyped> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Mistyped> {
        if name == INTEGER { self.deserialize_i64(visitor) } else { visitor.visit_newtype_struct(self) }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistyped> {
        match self.node.text.and_then(|text| text.parse().ok()) {
            Some(value) => visitor.visit_bool(value),
            None => Err(Mistyped::custom("STRING_VALUE can not be converted to a Boolean")),
        }
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistyped> {
        match self.node.text.and_then(|text| text.parse().ok()) {
            Some(value) => visitor.visit_i64(value),
            None => Err(not_an_integer("STRING_VALUE")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistyped> {
        visitor.visit_enum(StrDeserializer::new(self.node.text.unwrap_or_default()))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistyped> {
        let mut elements = self.node.numbered();
        // The oldest clients write a list of one without its number (`AttributeName=All`), newer ones an empty list
        // without anything (`AttributeName=`).
        if elements.is_empty() && self.node.text.is_some_and(|text| !text.is_empty()) {
            elements.push(self.node);
        }
        visitor.visit_seq(SeqDeserializer::new(elements.into_iter().map(|node| self.element(node))))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistyped> {
        let names = self.collection.and_then(|row| row.entry).unwrap_or(("key", "value"));
        visitor.visit_map(Entries { map: self, rest: self.node.numbered().into_iter(), names, value: None })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistyped> {
        let members = fields.iter().filter_map(|field| Some((*field, self.member(field)?)));
        visitor.visit_map(MapDeserializer::new(members))
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple
        tuple_struct identifier ignored_any
    }
}

/// The entries of a map: each numbered child holds a key and a value under the names that the table gives.
struct Entries<'t, 'p> {
    map: Cursor<'t, 'p>,
    rest: std::vec::IntoIter<&'t Node<'p>>,
    names: (&'static str, &'static str),
    value: Option<&'t Node<'p>>,
}

impl<'p> MapAccess<'p> for Entries<'_, 'p> {
    type Error = Mistyped;

    fn next_key_seed<K: DeserializeSeed<'p>>(&mut self, seed: K) -> Result<Option<K::Value>, Mistyped> {
        let Some(entry) = self.rest.next() else { return Ok(None) };
        self.value = entry.children.get(self.names.1);
        let key = entry.children.get(self.names.0).and_then(|node| node.text).unwrap_or_default();
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'p>>(&mut self, seed: S) -> Result<S::Value, Mistyped> {
        // A value that was left out reads like one without members: an empty text, an empty structure.
        let absent = Node::default();
        seed.deserialize(self.map.element(self.value.take().unwrap_or(&absent)))
    }
}

/// A parameter of the wrong type, in the words for the client.
#[derive(Debug)]
struct Mistyped(String);

impl fmt::Display for Mistyped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mistyped {}

impl Error for Mistyped {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Mistyped(text.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::codec::{Blob, Integer, SQS, Text, TextMap};

    #[derive(Deserialize, Debug, Default)]
    #[serde(rename_all = "PascalCase", default)]
    struct Input<'a> {
        #[serde(borrow)]
        queue_url: Text<'a>,
        delay_seconds: Option<Integer>,
        #[serde(borrow)]
        attributes: TextMap<'a>,
        #[serde(borrow, rename = "tags")]
        tags: TextMap<'a>,
        #[serde(borrow)]
        attribute_names: Vec<Text<'a>>,
        #[serde(borrow)]
        message_system_attribute_names: Vec<Text<'a>>,
        #[serde(borrow)]
        message_attributes: Option<BTreeMap<Text<'a>, AttributeValue<'a>>>,
        #[serde(borrow)]
        entries: Option<Vec<Entry<'a>>>,
    }

    #[derive(Deserialize, Debug, Default)]
    #[serde(rename_all = "PascalCase", default)]
    struct AttributeValue<'a> {
        #[serde(borrow)]
        data_type: Text<'a>,
        #[serde(borrow)]
        string_value: Option<Text<'a>>,
        binary_value: Option<Blob>,
        #[serde(borrow)]
        string_list_values: Option<Vec<Text<'a>>>,
    }

    #[derive(Deserialize, Debug, Default)]
    #[serde(rename_all = "PascalCase", default)]
    struct Entry<'a> {
        #[serde(borrow)]
        id: Text<'a>,
        delay_seconds: Option<Integer>,
        #[serde(borrow)]
        message_attributes: Option<BTreeMap<Text<'a>, AttributeValue<'a>>>,
    }

    fn check(operation: &str, form: &str, test: impl FnOnce(Input<'_>)) {
        let params = Params::parse("", form.as_bytes()).unwrap();
        test(params.decode(&SQS, operation).unwrap());
    }

    fn texts<'a>(list: &'a [Text<'_>]) -> Vec<&'a str> {
        list.iter().map(AsRef::as_ref).collect()
    }

    fn pairs<'a>(map: &'a TextMap<'_>) -> Vec<(&'a str, &'a str)> {
        map.0.iter().map(|(key, value)| (key.as_ref(), value.as_ref())).collect()
    }

    #[test]
    fn scalars_are_parsed_and_percent_decoded() {
        check("SendMessage", "Action=SendMessage&QueueUrl=http%3A%2F%2Fq+1&DelaySeconds=5&New=x", |input| {
            assert_eq!(&*input.queue_url, "http://q 1");
            assert_eq!(input.delay_seconds, Some(Integer(5)));
            assert!(input.entries.is_none() && input.message_attributes.is_none());
        });
    }

    #[test]
    fn maps_are_numbered_entries_whose_names_the_table_gives() {
        let form = "Attribute.1.Name=A&Attribute.1.Value=1&Attribute.7.Value=2&Attribute.7.Name=B&Tag.1.Key=k&\
                    Tag.1.Value=v&Attribute.x.Name=C&Attribute.9.Name=D";
        check("CreateQueue", form, |input| {
            assert_eq!(pairs(&input.attributes), [("A", "1"), ("B", "2"), ("D", "")]);
            assert_eq!(pairs(&input.tags), [("k", "v")]);
        });
    }

    #[test]
    fn lists_are_ordered_by_number_and_may_have_gaps() {
        check("ReceiveMessage", "AttributeName.10=c&AttributeName.2=b&AttributeName.1=a", |input| {
            assert_eq!(texts(&input.attribute_names), ["a", "b", "c"]);
            assert_eq!(texts(&input.message_system_attribute_names), ["a", "b", "c"]);
        });
        check("ReceiveMessage", "AttributeName.1=a&MessageSystemAttributeName.1=b", |input| {
            assert_eq!(texts(&input.message_system_attribute_names), ["b"]);
        });
        check("ReceiveMessage", "AttributeName=All", |input| assert_eq!(texts(&input.attribute_names), ["All"]));
        check("ReceiveMessage", "AttributeName=", |input| assert!(input.attribute_names.is_empty()));
    }

    #[test]
    fn message_attributes_nest() {
        let form = "MessageAttribute.1.Name=Foo&MessageAttribute.1.Value.DataType=String&\
                    MessageAttribute.1.Value.StringValue=Bar&MessageAttribute.2.Name=Raw&\
                    MessageAttribute.2.Value.BinaryValue=AAH%2F&MessageAttribute.3.Value.StringListValue.1=a";
        check("SendMessage", form, |input| {
            let attributes = input.message_attributes.unwrap();
            assert_eq!(attributes["Foo"].data_type.as_ref(), "String");
            assert_eq!(attributes["Foo"].string_value.as_deref(), Some("Bar"));
            assert_eq!(attributes["Raw"].binary_value, Some(Blob(vec![0, 1, 255])));
            assert_eq!(texts(attributes[""].string_list_values.as_ref().unwrap()), ["a"]);
        });
    }

    #[test]
    fn batch_entries_are_named_after_the_operation() {
        let form = "SendMessageBatchRequestEntry.2.Id=b&SendMessageBatchRequestEntry.1.Id=a&\
                    SendMessageBatchRequestEntry.1.DelaySeconds=3&DeleteMessageBatchRequestEntry.1.Id=other&\
                    SendMessageBatchRequestEntry.2.MessageAttribute.1.Name=n&\
                    SendMessageBatchRequestEntry.2.MessageAttribute.1.Value.DataType=Number";
        check("SendMessageBatch", form, |input| {
            let entries = input.entries.unwrap();
            assert_eq!(entries.iter().map(|entry| entry.id.as_ref()).collect::<Vec<_>>(), ["a", "b"]);
            assert_eq!(entries[0].delay_seconds, Some(Integer(3)));
            assert_eq!(entries[1].message_attributes.as_ref().unwrap()["n"].data_type.as_ref(), "Number");
        });
    }

    #[test]
    fn the_body_wins_over_the_query_string() {
        let params = Params::parse("Action=A&QueueUrl=q", b"Action=B").unwrap();
        assert_eq!((params.get("Action"), params.get("QueueUrl"), params.get("Version")), (Some("B"), Some("q"), None));
    }

    #[test]
    fn wrong_types_are_refused_in_awss_words() {
        for (form, text) in [
            ("DelaySeconds=soon", "STRING_VALUE can not be converted to an Integer"),
            ("DelaySeconds.1=1", "STRING_VALUE can not be converted to an Integer"),
            ("QueueUrl.1=q", "Start of structure or map found where not expected."),
            ("MessageAttribute.1.Name=a&MessageAttribute.1.Value.BinaryValue=*", "A blob is not valid base64"),
        ] {
            let params = Params::parse(form, b"").unwrap();
            let error = params.decode::<Input<'_>>(&SQS, "SendMessage").unwrap_err();
            assert_eq!((error.kind(), error.message()), (ErrorKind::SerializationException, text), "{form}");
        }
    }

    #[test]
    fn more_parameters_or_dots_than_allowed_are_refused() {
        assert!(Params::parse(&"a=b&".repeat(PARAMETERS_MAX), b"").is_ok());
        assert!(Params::parse(&"a=b&".repeat(PARAMETERS_MAX), b"c=d").is_err());
        assert!(Params::parse(&"a.".repeat(DEPTH_MAX + 1), b"").is_err());
    }

    #[test]
    fn what_is_not_utf8_is_refused_rather_than_replaced() {
        assert!(Params::parse("a=%EF%BF%BD", b"b=\xc3\xbc").is_ok());
        assert!(Params::parse("a=%C3&b=%BC", b"").is_err());
        assert!(Params::parse("", b"a=\xff").is_err());
    }
}
