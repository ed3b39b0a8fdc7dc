//! Writes the answers of the AWS Query protocol: XML with flattened lists and maps.

use std::fmt::{self, Display};

use serde::ser::{Error, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};

use super::dialect::{Collection, spell};
use super::{Dialect, Envelope};
use crate::characters;
use crate::error::ApiError;

/// Most answers fit without growing the buffer.
const ANSWER_BYTES_USUAL: usize = 1024;

const DECLARATION: &str = "<?xml version=\"1.0\"?>";

/// Writes an operation's output. An operation without output (`()`) has no `…Result` element.
///
/// # Errors
///
/// `InternalFailure` for a shape that the protocol cannot express.
pub fn encode<T: Serialize>(output: &T, envelope: Envelope<'_>) -> Result<Vec<u8>, ApiError> {
    let Envelope { dialect, operation, request_id } = envelope;
    let mut out = Writer { text: String::with_capacity(ANSWER_BYTES_USUAL), dialect, operation };
    out.text.push_str(DECLARATION);
    out.open_response(&[operation, "Response"]);
    let result = Tag(operation, "Result");
    output
        .serialize(Place { out: &mut out, tag: result, collection: None })
        .map_err(|_| ApiError::internal_failure())?;
    out.text.push_str("<ResponseMetadata>");
    out.leaf(Tag("", "RequestId"), request_id);
    out.text.push_str("</ResponseMetadata>");
    out.close(Tag(operation, "Response"));
    Ok(out.text.into_bytes())
}

/// Writes a refusal.
pub(crate) fn encode_error(fault: &str, code: &str, message: &str, dialect: &'static Dialect, id: &str) -> Vec<u8> {
    let mut out = Writer { text: String::with_capacity(ANSWER_BYTES_USUAL), dialect, operation: "" };
    out.text.push_str(DECLARATION);
    out.open_response(&["ErrorResponse"]);
    out.text.push_str("<Error>");
    out.leaf(Tag("", "Type"), fault);
    out.leaf(Tag("", "Code"), code);
    out.leaf(Tag("", "Message"), message);
    out.text.push_str(dialect.error_detail);
    out.text.push_str("</Error>");
    out.leaf(Tag("", "RequestId"), id);
    out.text.push_str("</ErrorResponse>");
    out.text.into_bytes()
}

/// An element's name in two parts: the operation's name, where it is part of it, and the rest.
#[derive(Clone, Copy)]
struct Tag<'a>(&'a str, &'a str);

struct Writer<'a> {
    text: String,
    dialect: &'static Dialect,
    operation: &'a str,
}

impl Writer<'_> {
    fn open_response(&mut self, name: &[&str]) {
        self.text.push('<');
        name.iter().for_each(|part| self.text.push_str(part));
        self.text.push_str(" xmlns=\"");
        self.text.push_str(self.dialect.xmlns);
        self.text.push_str("\">");
    }

    fn open(&mut self, tag: Tag<'_>) {
        for part in ["<", tag.0, tag.1, ">"] {
            self.text.push_str(part);
        }
    }

    fn close(&mut self, tag: Tag<'_>) {
        for part in ["</", tag.0, tag.1, ">"] {
            self.text.push_str(part);
        }
    }

    fn leaf(&mut self, tag: Tag<'_>, text: &str) {
        self.open(tag);
        escape(text, &mut self.text);
        self.close(tag);
    }
}

/// Writes text so that every XML parser reads the same text back: a bare CR would become an LF.
fn escape(text: &str, out: &mut String) {
    let mut written = 0;
    for (at, character) in text.char_indices() {
        let escaped = match character {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            '\r' => "&#xD;",
            // XML has no way to write these, which only an echoed bad parameter can hold.
            character if !characters::is_valid(character) => "\u{fffd}",
            _ => continue,
        };
        out.push_str(&text[written..at]);
        out.push_str(escaped);
        written = at + character.len_utf8();
    }
    out.push_str(&text[written..]);
}

/// Where a value goes: the element it fills, and how it is spelled if it is a list or a map.
struct Place<'w, 'a> {
    out: &'w mut Writer<'a>,
    tag: Tag<'w>,
    collection: Option<&'static Collection>,
}

impl<'w, 'a: 'w> Place<'w, 'a> {
    fn shown(self, value: impl Display) -> Result<(), Inexpressible> {
        self.out.leaf(self.tag, &value.to_string());
        Ok(())
    }

    /// Opens the outer element of a list or map, if it has one, and names the repeated element.
    fn repeated(self) -> Repeated<'w, 'a> {
        let operation = self.out.operation;
        let Some(element) = self.collection.map(|row| row.elements[0]) else {
            return Repeated { out: self.out, wrapper: None, tag: self.tag, entry: ("key", "value") };
        };
        let (prefix, rest) = spell(element, operation);
        let entry = self.collection.and_then(|row| row.entry).unwrap_or(("key", "value"));
        match rest.split_once('.') {
            None => Repeated { out: self.out, wrapper: None, tag: Tag(prefix, rest), entry },
            Some((outer, inner)) => {
                self.out.open(Tag(prefix, outer));
                Repeated { out: self.out, wrapper: Some(Tag(prefix, outer)), tag: Tag("", inner), entry }
            }
        }
    }
}

impl<'w, 'a: 'w> Serializer for Place<'w, 'a> {
    type Ok = ();
    type Error = Inexpressible;
    type SerializeSeq = Repeated<'w, 'a>;
    type SerializeMap = Repeated<'w, 'a>;
    type SerializeStruct = Structure<'w, 'a>;
    type SerializeTuple = Impossible<(), Inexpressible>;
    type SerializeTupleStruct = Impossible<(), Inexpressible>;
    type SerializeTupleVariant = Impossible<(), Inexpressible>;
    type SerializeStructVariant = Impossible<(), Inexpressible>;

    fn serialize_str(self, text: &str) -> Result<(), Inexpressible> {
        self.out.leaf(self.tag, text);
        Ok(())
    }

    fn serialize_bool(self, value: bool) -> Result<(), Inexpressible> {
        self.serialize_str(if value { "true" } else { "false" })
    }

    fn serialize_i8(self, value: i8) -> Result<(), Inexpressible> {
        self.shown(value)
    }

    fn serialize_i16(self, value: i16) -> Result<(), Inexpressible> {
        self.shown(value)
    }

    fn serialize_i32(self, value: i32) -> Result<(), Inexpressible> {
        self.shown(value)
    }

    fn serialize_i64(self, value: i64) -> Result<(), Inexpressible> {
        self.shown(value)
    }

    fn serialize_u8(self, value: u8) -> Result<(), Inexpressible> {
        self.shown(value)
    }

    fn serialize_u16(self, value: u16) -> Result<(), Inexpressible> {
        self.shown(value)
    }

    fn serialize_u32(self, value: u32) -> Result<(), Inexpressible> {
        self.shown(value)
    }

    fn serialize_u64(self, value: u64) -> Result<(), Inexpressible> {
        self.shown(value)
    }

    fn serialize_f32(self, value: f32) -> Result<(), Inexpressible> {
        self.shown(value)
    }

    fn serialize_f64(self, value: f64) -> Result<(), Inexpressible> {
        self.shown(value)
    }

    fn serialize_char(self, value: char) -> Result<(), Inexpressible> {
        self.shown(value)
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Inexpressible> {
        Err(Inexpressible)
    }

    fn serialize_none(self) -> Result<(), Inexpressible> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Inexpressible> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Inexpressible> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Inexpressible> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Inexpressible> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Inexpressible> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Inexpressible> {
        Err(Inexpressible)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Repeated<'w, 'a>, Inexpressible> {
        Ok(self.repeated())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Repeated<'w, 'a>, Inexpressible> {
        Ok(self.repeated())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Structure<'w, 'a>, Inexpressible> {
        self.out.open(self.tag);
        let start = self.out.text.len();
        Ok(Structure { out: self.out, tag: self.tag, start })
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Inexpressible> {
        Err(Inexpressible)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Inexpressible> {
        Err(Inexpressible)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Inexpressible> {
        Err(Inexpressible)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Inexpressible> {
        Err(Inexpressible)
    }
}

/// A list or map on its way out: the element is repeated, once a value or entry.
struct Repeated<'w, 'a> {
    out: &'w mut Writer<'a>,
    wrapper: Option<Tag<'w>>,
    tag: Tag<'w>,
    entry: (&'static str, &'static str),
}

impl Repeated<'_, '_> {
    fn finish(self) {
        if let Some(wrapper) = self.wrapper {
            self.out.close(wrapper);
        }
    }
}

impl SerializeSeq for Repeated<'_, '_> {
    type Ok = ();
    type Error = Inexpressible;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), Inexpressible> {
        element.serialize(Place { out: self.out, tag: self.tag, collection: None })
    }

    fn end(self) -> Result<(), Inexpressible> {
        self.finish();
        Ok(())
    }
}

impl SerializeMap for Repeated<'_, '_> {
    type Ok = ();
    type Error = Inexpressible;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Inexpressible> {
        self.out.open(self.tag);
        key.serialize(Place { out: self.out, tag: Tag("", self.entry.0), collection: None })
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Inexpressible> {
        value.serialize(Place { out: self.out, tag: Tag("", self.entry.1), collection: None })?;
        self.out.close(self.tag);
        Ok(())
    }

    fn end(self) -> Result<(), Inexpressible> {
        self.finish();
        Ok(())
    }
}

/// A structure on its way out; one without members becomes an empty element.
struct Structure<'w, 'a> {
    out: &'w mut Writer<'a>,
    tag: Tag<'w>,
    start: usize,
}

impl SerializeStruct for Structure<'_, '_> {
    type Ok = ();
    type Error = Inexpressible;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Inexpressible> {
        let collection = self.out.dialect.collection(name);
        value.serialize(Place { out: self.out, tag: Tag("", name), collection })
    }

    fn end(self) -> Result<(), Inexpressible> {
        if self.out.text.len() == self.start {
            self.out.text.pop();
            self.out.text.push_str("/>");
        } else {
            self.out.close(self.tag);
        }
        Ok(())
    }
}

/// A shape that the Query protocol has no words for: a fault of ours, never of the client.
#[derive(Debug)]
struct Inexpressible;

impl Display for Inexpressible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the shape cannot be expressed in the Query protocol")
    }
}

impl std::error::Error for Inexpressible {}

impl Error for Inexpressible {
    fn custom<T: Display>(_: T) -> Self {
        Inexpressible
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;

    use super::*;
    use crate::codec::SQS;

    const HEAD: &str = r#"<?xml version="1.0"?>"#;
    const NAMESPACE: &str = r#" xmlns="http://queue.amazonaws.com/doc/2012-11-05/""#;
    const TAIL: &str = "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>";

    fn check(dialect: &'static Dialect, operation: &str, output: &impl Serialize, expected: &str) {
        let body = encode(output, Envelope { dialect, operation, request_id: "r" }).unwrap();
        let expected = format!("{HEAD}<{operation}Response{NAMESPACE}>{expected}{TAIL}</{operation}Response>");
        assert_eq!(String::from_utf8(body).unwrap(), expected);
    }

    #[derive(Serialize, Default)]
    #[serde(rename_all = "PascalCase")]
    struct Received {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        messages: Vec<Message>,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Message {
        body: &'static str,
        count: u64,
        attributes: BTreeMap<&'static str, &'static str>,
        message_attributes: BTreeMap<&'static str, Value>,
    }

    #[derive(Serialize, Clone)]
    #[serde(rename_all = "PascalCase")]
    struct Value {
        string_value: &'static str,
        data_type: &'static str,
    }

    #[test]
    fn a_void_operation_has_no_result_and_an_empty_receive_an_empty_one() {
        check(&SQS, "DeleteMessage", &(), "");
        check(&SQS, "ReceiveMessage", &Received::default(), "<ReceiveMessageResult/>");
    }

    #[test]
    fn lists_and_maps_are_flattened() {
        let message = || Message {
            body: "hi",
            count: 2,
            attributes: BTreeMap::from([("SenderId", "me"), ("SentTimestamp", "1")]),
            message_attributes: BTreeMap::from([("Foo", Value { string_value: "Bar", data_type: "String" })]),
        };
        let element = concat!(
            "<Message><Body>hi</Body><Count>2</Count>",
            "<Attribute><Name>SenderId</Name><Value>me</Value></Attribute>",
            "<Attribute><Name>SentTimestamp</Name><Value>1</Value></Attribute>",
            "<MessageAttribute><Name>Foo</Name><Value><StringValue>Bar</StringValue><DataType>String</DataType>",
            "</Value></MessageAttribute></Message>"
        );
        let expected = format!("<ReceiveMessageResult>{element}{element}</ReceiveMessageResult>");
        check(&SQS, "ReceiveMessage", &Received { messages: vec![message(), message()] }, &expected);
    }

    #[test]
    fn batch_results_are_named_after_the_operation() {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Entry {
            id: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            sender_fault: Option<bool>,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Output {
            successful: Vec<Entry>,
            failed: Vec<Entry>,
        }
        let output = Output {
            successful: vec![Entry { id: "a", sender_fault: None }],
            failed: vec![Entry { id: "b", sender_fault: Some(true) }],
        };
        let expected = concat!(
            "<DeleteMessageBatchResult>",
            "<DeleteMessageBatchResultEntry><Id>a</Id></DeleteMessageBatchResultEntry>",
            "<BatchResultErrorEntry><Id>b</Id><SenderFault>true</SenderFault></BatchResultErrorEntry>",
            "</DeleteMessageBatchResult>"
        );
        check(&SQS, "DeleteMessageBatch", &output, expected);
    }

    #[test]
    fn quotes_and_carriage_returns_survive_a_parser() {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Output {
            body: &'static str,
        }
        let expected = "<PeekResult><Body>&lt;a href=&quot;é&quot;&gt; &amp; 'b'&#xD;\n\t</Body></PeekResult>";
        check(&SQS, "Peek", &Output { body: "<a href=\"é\"> & 'b'\r\n\t" }, expected);
    }

    #[test]
    fn another_service_may_wrap_its_lists() {
        static WRAPPED: Dialect = Dialect {
            xmlns: "http://queue.amazonaws.com/doc/2012-11-05/",
            error_detail: "",
            collections: &[Collection {
                member: "Messages",
                elements: &["Messages.member"],
                entry: None,
                query_json: "Messages",
            }],
        };
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Output {
            messages: Vec<&'static str>,
        }
        let expected = "<ListResult><Messages><member>a</member><member>b</member></Messages></ListResult>";
        check(&WRAPPED, "List", &Output { messages: vec!["a", "b"] }, expected);
    }
}
