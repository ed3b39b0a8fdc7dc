//! What lists of keys have in common: how keys are written, and the entries.

use std::borrow::Cow;

use bongsu_broker::ObjectPage;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::context::{Context, put_owner};
use crate::error::S3Error;
use crate::properties;
use crate::xml::Xml;

/// What stays as it is in a key that is written as in a URL.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*').remove(b'/');

/// How keys are written.
#[derive(Clone, Copy)]
pub(crate) struct Keys {
    as_urls: bool,
}

impl Keys {
    pub(crate) fn of(cx: &Context<'_>) -> Result<Keys, S3Error> {
        Ok(Keys { as_urls: cx.query.wants_urls()? })
    }

    pub(crate) fn write(self, key: &str) -> Cow<'_, str> {
        if !self.as_urls {
            return Cow::Borrowed(key);
        }
        Cow::Owned(percent_encode(key.as_bytes(), ENCODED).to_string().replace("%20", "+"))
    }

    pub(crate) fn put_encoding(self, xml: &mut Xml) {
        xml.optional("EncodingType", self.as_urls.then_some("url"));
    }

    /// The entries of a list, with whom they belong to if that is told.
    pub(crate) fn put_entries(self, page: &ObjectPage, owner: Option<&str>, xml: &mut Xml) {
        for object in &page.objects {
            xml.within("Contents", |xml| {
                xml.text("Key", self.write(&object.key));
                xml.text("LastModified", object.modified_at.iso_8601());
                xml.text("ETag", properties::quoted(object.etag));
                xml.text("Size", object.size);
                if let Some(account) = owner {
                    put_owner(xml, "Owner", account);
                }
                xml.text("StorageClass", "STANDARD");
            });
        }
        self.put_prefixes(page, xml);
    }

    /// The beginnings under which keys are folded.
    pub(crate) fn put_prefixes(self, page: &ObjectPage, xml: &mut Xml) {
        for prefix in &page.prefixes {
            xml.within("CommonPrefixes", |xml| xml.text("Prefix", self.write(prefix)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_as_in_urls_when_asked_for() {
        let key = "a b/c+d&é~*(1).txt";
        assert_eq!(Keys { as_urls: true }.write(key), "a+b/c%2Bd%26%C3%A9%7E*%281%29.txt");
        assert_eq!(Keys { as_urls: false }.write(key), key);
    }
}
