//! Labels of buckets and objects: in documents, and in a header.

use std::collections::btree_map::Entry;

use bongsu_broker::{TAGS_MAX, Tags};
use serde::Deserialize;

use crate::error::{Code, S3Error};
use crate::xml::{self, Xml};

/// Longest key of a label, in characters.
const KEY_CHARACTERS_MAX: usize = 128;
/// Longest value of a label, in characters.
const VALUE_CHARACTERS_MAX: usize = 256;
/// What only AWS itself writes.
const RESERVED: &str = "aws:";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tagging {
    #[serde(rename = "@xmlns", default)]
    _xmlns: String,
    tag_set: TagSet,
}

/// Labels as they stand in a document.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct TagSet {
    #[serde(default)]
    tag: Vec<Tag>,
}

impl TagSet {
    /// The labels of a bucket.
    ///
    /// # Errors
    ///
    /// `InvalidTag` when one is not as labels are, or there are more than [`TAGS_MAX`].
    pub(crate) fn of_bucket(self) -> Result<Tags, S3Error> {
        let tags = self.collect()?;
        if tags.len() > TAGS_MAX {
            let text = format!("Bucket tag count cannot be greater than {TAGS_MAX}");
            return Err(S3Error::new(Code::InvalidTag).saying(text));
        }
        Ok(tags)
    }

    fn collect(self) -> Result<Tags, S3Error> {
        collect(self.tag.into_iter().map(|Tag { key, value }| (key, value)))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tag {
    key: String,
    value: String,
}

/// From the body of a request about a bucket.
///
/// # Errors
///
/// `MalformedXML`, and as [`TagSet::of_bucket`].
pub(crate) fn of_bucket(document: &[u8]) -> Result<Tags, S3Error> {
    xml::read::<Tagging>(document)?.tag_set.of_bucket()
}

/// From the body of a request about an object. How many there are the store looks at.
///
/// # Errors
///
/// `MalformedXML`, or `InvalidTag` when a label is not as labels are.
pub(crate) fn of_object(document: &[u8]) -> Result<Tags, S3Error> {
    xml::read::<Tagging>(document)?.tag_set.collect()
}

/// From `x-amz-tagging`: parameters as in a query string.
///
/// # Errors
///
/// `InvalidTag` when a label is not as labels are.
pub(crate) fn of_header(header: &[u8]) -> Result<Tags, S3Error> {
    collect(form_urlencoded::parse(header).map(|(key, value)| (key.into_owned(), value.into_owned())))
}

fn collect(given: impl Iterator<Item = (String, String)>) -> Result<Tags, S3Error> {
    let invalid = |text: &'static str| S3Error::new(Code::InvalidTag).saying(text);
    let mut tags = Tags::new();
    for (key, value) in given {
        if key.is_empty() || key.chars().count() > KEY_CHARACTERS_MAX {
            return Err(invalid("The TagKey you have provided is invalid").with("TagKey", key));
        }
        if value.chars().count() > VALUE_CHARACTERS_MAX {
            return Err(invalid("The TagValue you have provided is invalid").with("TagKey", key));
        }
        if key.starts_with(RESERVED) {
            return Err(invalid("System tags cannot be added/updated by requester").with("TagKey", key));
        }
        match tags.entry(key.into()) {
            Entry::Vacant(place) => drop(place.insert(value.into())),
            Entry::Occupied(taken) => {
                let error = invalid("Cannot provide multiple Tags with the same key");
                return Err(error.with("TagKey", &**taken.key()));
            }
        }
    }
    Ok(tags)
}

/// The document of an answer.
pub(crate) fn document<'a>(tags: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    Xml::document("Tagging", |xml| {
        xml.within("TagSet", |xml| {
            for (key, value) in tags {
                xml.within("Tag", |xml| {
                    xml.text("Key", key);
                    xml.text("Value", value);
                });
            }
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(tags: Result<Tags, S3Error>) -> Result<String, Code> {
        let tags = tags.map_err(|error| error.code())?;
        Ok(tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" "))
    }

    fn document(tags: &str) -> Result<String, Code> {
        let document =
            format!("<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet>{tags}</TagSet></Tagging>");
        shown(of_object(document.as_bytes()))
    }

    #[test]
    fn labels_are_read_from_documents_and_headers() {
        let two = "<Tag><Key>b</Key><Value>2 &amp;</Value></Tag><Tag><Key>a</Key><Value></Value></Tag>";
        assert_eq!(document(two).as_deref(), Ok("a= b=2 &"));
        assert_eq!(document("").as_deref(), Ok(""));
        assert_eq!(shown(of_header(b"b=2+%26&a")).as_deref(), Ok("a= b=2 &"));
    }

    #[test]
    fn labels_that_are_none_are_refused() {
        let tag = |key: &str| format!("<Tag><Key>{key}</Key><Value>1</Value></Tag>");
        for bad in ["", "aws:x", &"x".repeat(129)] {
            assert_eq!(document(&tag(bad)), Err(Code::InvalidTag), "{bad}");
        }
        assert_eq!(document(&format!("{}{}", tag("a"), tag("a"))), Err(Code::InvalidTag));
        let many: String = (0..=TAGS_MAX).map(|number| tag(&number.to_string())).collect();
        let many = format!("<Tagging><TagSet>{many}</TagSet></Tagging>");
        assert_eq!(shown(of_bucket(many.as_bytes())), Err(Code::InvalidTag));
        assert_eq!(document("<Tag><Key>a</Key></Tag>"), Err(Code::MalformedXML));
        assert_eq!(shown(of_header(format!("a={}", "x".repeat(257)).as_bytes())), Err(Code::InvalidTag));
    }
}
