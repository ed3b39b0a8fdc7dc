//! Lists: objects and beginnings of keys in the order of bytes, and unfinished uploads.

use std::ops::Bound;

use super::{
    Bucket, LISTED_MAX, ListedObject, ListedUpload, ObjectKey, ObjectPage, UploadId, UploadMarker, UploadPage, Wanted,
};

impl Bucket {
    /// Looks at each key that it lists, and at one key of each beginning that it lists, however many begin so.
    pub(crate) fn list(&self, wanted: &Wanted) -> ObjectPage {
        let Wanted { prefix, delimiter, after, max } = wanted;
        let (mut page, mut last) = (ObjectPage::default(), None);
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(&**after),
            _ => Bound::Included(&**prefix),
        };
        let mut rest = self.objects.range::<str, _>((from, Bound::Unbounded));
        while let Some((key, object)) = rest.next().filter(|(key, _)| key.starts_with(&**prefix)) {
            let beginning = beginning(key, prefix, delimiter);
            if beginning.is_some() && beginning == after.as_deref() {
                // It was listed as the last of the page before.
            } else if page.objects.len() + page.prefixes.len() >= (*max).min(LISTED_MAX) {
                page.next = last;
                break;
            } else if let Some(beginning) = beginning {
                page.prefixes.push(beginning.into());
                last = Some(beginning.into());
            } else {
                let (etag, size, modified_at) = (object.etag, object.size, object.modified_at);
                page.objects.push(ListedObject { key: key.clone(), etag, size, modified_at });
                last = Some((**key).into());
            }
            if let Some(beginning) = beginning {
                let Some(behind) = behind(beginning) else { break };
                rest = self.objects.range::<str, _>((Bound::Included(&*behind), Bound::Unbounded));
            }
        }
        page
    }

    /// Unfinished uploads of keys that begin so and come after the marker.
    pub(crate) fn list_uploads(&self, prefix: &str, after: Option<&UploadMarker>, max: usize) -> UploadPage {
        let is_behind = |key: &ObjectKey, id: UploadId| match after {
            Some(after) if **key == *after.key => after.upload.is_some_and(|upload| id > upload),
            Some(after) => **key > *after.key,
            None => true,
        };
        let of_prefix = self.uploads.iter().filter(|((key, id), _)| key.starts_with(prefix) && is_behind(key, *id));
        let mut uploads = of_prefix.map(|((key, id), upload)| {
            let definition = upload.definition();
            let (began_at, checksum) = (definition.began_at, definition.checksum);
            ListedUpload { key: key.clone(), id: *id, began_at, checksum }
        });
        let max = max.min(LISTED_MAX);
        let listed: Vec<_> = uploads.by_ref().take(max).collect();
        UploadPage { is_truncated: max > 0 && uploads.next().is_some(), uploads: listed }
    }
}

/// What a key has in common with those that are listed as one with it: all up to the first delimiter behind the prefix.
fn beginning<'a>(key: &'a ObjectKey, prefix: &str, delimiter: &str) -> Option<&'a str> {
    if delimiter.is_empty() {
        return None;
    }
    let at = key[prefix.len()..].find(delimiter)?;
    Some(&key[..prefix.len() + at + delimiter.len()])
}

/// The first text behind all that begin so, in the order of bytes, which is that of characters.
fn behind(beginning: &str) -> Option<String> {
    let mut chars = beginning.chars();
    while let Some(last) = chars.next_back() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            return Some(format!("{}{next}", chars.as_str()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::{BlobId, ETag, Object, ObjectContent, ObjectRecord, Segment};
    use super::*;
    use crate::{Place, Timestamp};

    fn bucket(keys: &[&str]) -> Bucket {
        let mut bucket = Bucket::default();
        for key in keys {
            let record = ObjectRecord {
                key: ObjectKey::parse(key).unwrap(),
                version: 1,
                modified_at: Timestamp(0),
                etag: ETag::of_whole([0; 16]),
                properties: Default::default(),
                checksum: None,
                tags: Vec::new(),
                content: ObjectContent::Blobs(vec![Segment { blob: BlobId(1), length: 1 }]),
            };
            bucket.objects.insert(record.key.clone(), Object::new(&record, Place::default()));
        }
        bucket
    }

    /// Keys and beginnings in order, and what comes after.
    fn list(bucket: &Bucket, prefix: &str, delimiter: &str, after: Option<&str>, max: usize) -> String {
        let (prefix, delimiter, after) = (prefix.into(), delimiter.into(), after.map(Into::into));
        let page = bucket.list(&Wanted { prefix, delimiter, after, max });
        let keys = page.objects.iter().map(|object| object.key.to_string());
        let mut listed: Vec<String> = keys.chain(page.prefixes.iter().map(|prefix| format!("{prefix}…"))).collect();
        listed.sort();
        listed.join(" ") + &page.next.map_or(String::new(), |next| format!(" > {next}"))
    }

    #[test]
    fn keys_are_listed_in_the_order_of_their_bytes() {
        let bucket = bucket(&["b", "a", "ab", "a/1", "Z", "é", "\u{ffff}", "\u{10000}"]);
        assert_eq!(list(&bucket, "", "", None, 10), "Z a a/1 ab b é \u{ffff} \u{10000}");
        assert_eq!(list(&bucket, "a", "", None, 10), "a a/1 ab");
        assert_eq!(list(&bucket, "a", "", None, 2), "a a/1 > a/1");
        assert_eq!(list(&bucket, "a", "", Some("a/1"), 2), "ab");
        assert_eq!(list(&bucket, "b", "", Some("a"), 2), "b");
        assert_eq!(list(&bucket, "a", "", Some("b"), 2), "");
        assert_eq!(list(&bucket, "a", "", None, 0), "");
    }

    #[test]
    fn what_goes_on_alike_is_listed_as_one() {
        let bucket = bucket(&["a/1", "a/2", "a/b/3", "b", "c--1", "c--2", "c-3", "d/"]);
        assert_eq!(list(&bucket, "", "/", None, 10), "a/… b c--1 c--2 c-3 d/…");
        assert_eq!(list(&bucket, "a/", "/", None, 10), "a/1 a/2 a/b/…");
        assert_eq!(list(&bucket, "", "--", None, 10), "a/1 a/2 a/b/3 b c--… c-3 d/");
        assert_eq!(list(&bucket, "", "/", None, 1), "a/… > a/");
        assert_eq!(list(&bucket, "", "/", Some("a/"), 1), "b > b");
        // Something behind it begins so, and was not listed.
        assert_eq!(list(&bucket, "", "/", Some("a/1"), 1), "a/… > a/");
        assert_eq!(list(&bucket, "", "/", Some("c-3"), 1), "d/…");
    }

    #[test]
    fn a_list_in_pages_is_the_same_as_in_one() {
        let keys: Vec<String> = (0..60).map(|number| format!("{}/{}/{number}", number % 3, number % 7)).collect();
        let bucket = bucket(&keys.iter().map(String::as_str).collect::<Vec<_>>());
        for (prefix, delimiter) in [("", ""), ("", "/"), ("1/", "/"), ("2/", ""), ("", "/3/")] {
            let whole = list(&bucket, prefix, delimiter, None, 100);
            for max in 1..5 {
                let (mut listed, mut after) = (Vec::new(), None);
                loop {
                    let page = list(&bucket, prefix, delimiter, after.as_deref(), max);
                    let (shown, next) =
                        page.split_once(" > ").map_or((&*page, None), |(shown, next)| (shown, Some(next)));
                    listed.push(shown.to_owned());
                    after = next.map(str::to_owned);
                    if after.is_none() {
                        break;
                    }
                }
                assert_eq!(listed.join(" "), whole, "{prefix:?} {delimiter:?} {max}");
            }
        }
    }

    #[test]
    fn the_first_text_behind_a_beginning_skips_nothing() {
        assert_eq!(behind("a/").as_deref(), Some("a0"));
        assert_eq!(behind("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(behind("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(behind("\u{10ffff}"), None);
    }
}
