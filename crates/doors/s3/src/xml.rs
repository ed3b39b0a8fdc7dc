//! XML as S3 writes it, and reads it from the bodies of a few operations.

use std::fmt::{Display, Write as _};

use serde::de::DeserializeOwned;

use crate::error::{Code, S3Error};

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// A document while it is written.
pub(crate) struct Xml(String);

impl Xml {
    /// A whole document in S3's namespace.
    pub(crate) fn document(root: &str, write: impl FnOnce(&mut Xml)) -> Vec<u8> {
        Xml::rooted(root, &format!(" xmlns=\"{NAMESPACE}\""), write)
    }

    /// A whole document that is one text.
    pub(crate) fn text_document(root: &str, text: &str) -> Vec<u8> {
        Xml::document(root, |xml| xml.escaped(text))
    }

    /// A whole document in no namespace.
    pub(crate) fn bare_document(root: &str, write: impl FnOnce(&mut Xml)) -> Vec<u8> {
        Xml::rooted(root, "", write)
    }

    fn rooted(root: &str, attributes: &str, write: impl FnOnce(&mut Xml)) -> Vec<u8> {
        let mut xml = Xml(String::from(DECLARATION));
        xml.element(root, attributes, write);
        xml.0.into_bytes()
    }

    /// An element with elements in it.
    pub(crate) fn within(&mut self, name: &str, write: impl FnOnce(&mut Xml)) {
        self.element(name, "", write);
    }

    /// The same with attributes, as they stand in the document.
    pub(crate) fn element(&mut self, name: &str, attributes: &str, write: impl FnOnce(&mut Xml)) {
        self.put(format_args!("<{name}{attributes}>"));
        write(self);
        self.put(format_args!("</{name}>"));
    }

    /// An element with text in it.
    pub(crate) fn text(&mut self, name: &str, text: impl Display) {
        self.element(name, "", |xml| xml.escaped(text));
    }

    /// An element with text in it, if there is a text.
    pub(crate) fn optional(&mut self, name: &str, text: Option<impl Display>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    fn escaped(&mut self, text: impl Display) {
        // A string takes everything.
        write!(Escaping(&mut self.0), "{text}").unwrap_or_default();
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // A string takes everything.
        self.0.write_fmt(text).unwrap_or_default();
    }
}

struct Escaping<'a>(&'a mut String);

impl std::fmt::Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for character in text.chars() {
            match character {
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '&' => self.0.push_str("&amp;"),
                '"' => self.0.push_str("&quot;"),
                // A reader takes a bare line feed or tab for any blank. What XML has no way to write, keys may have:
                // clients that meet such ask for `encoding-type=url`.
                control if control.is_ascii_control() => write!(self.0, "&#{};", u32::from(control))?,
                character => self.0.push(character),
            }
        }
        Ok(())
    }
}

/// Reads a document.
///
/// # Errors
///
/// `MalformedXML` when it is none, or has other elements than its operation knows.
pub(crate) fn read<T: DeserializeOwned>(document: &[u8]) -> Result<T, S3Error> {
    let malformed = || S3Error::new(Code::MalformedXML);
    let text = std::str::from_utf8(document).map_err(|_| malformed())?;
    quick_xml::de::from_str(text).map_err(|_| malformed())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[test]
    fn what_means_something_in_xml_is_escaped() {
        let document = Xml::document("Root", |xml| {
            xml.text("Key", "a<b>&\"\r\nü");
            xml.within("Inner", |xml| xml.optional("No", None::<&str>));
        });
        assert_eq!(
            String::from_utf8(document).unwrap(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Root xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <Key>a&lt;b&gt;&amp;&quot;&#13;&#10;ü</Key><Inner></Inner></Root>"
        );
    }

    #[test]
    fn a_document_is_read_whole_or_not_at_all() {
        #[derive(Debug, Deserialize, PartialEq)]
        #[serde(rename_all = "PascalCase", deny_unknown_fields)]
        struct Root {
            #[serde(rename = "@xmlns", default)]
            xmlns: String,
            #[serde(default)]
            key: Vec<String>,
        }
        let read = |text: &str| super::read::<Root>(text.as_bytes()).map(|root| root.key);
        let namespaced = "<?xml version=\"1.0\"?><Root xmlns=\"urn:x\"><Key>a&amp;&#13; b</Key><Key> </Key></Root>";
        assert_eq!(read(namespaced), Ok(vec!["a&\r b".to_owned(), " ".to_owned()]));
        assert_eq!(read("<Root/>"), Ok(vec![]));
        for bad in ["", "text", "<Root>", "<Root><Other/></Root>", "<Root>&what;</Root>", "<Root></Toor>"] {
            assert_eq!(read(bad).map_err(|error| error.code()), Err(Code::MalformedXML), "{bad}");
        }
    }
}
