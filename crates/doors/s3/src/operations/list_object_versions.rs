//! `ListObjectVersions`: every object, as its one version.

use bongsu_broker::Wanted;

use crate::answer::Answer;
use crate::context::{Context, put_owner};
use crate::error::S3Error;
use crate::incoming::Incoming;
use crate::operations::keys::Keys;
use crate::properties;
use crate::xml::Xml;

/// What the one version is called.
const VERSION: &str = "null";

pub(crate) async fn call(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    let (bucket, keys) = (cx.bucket()?, Keys::of(cx)?);
    let prefix = cx.query.get("prefix").unwrap_or_default();
    let marker = cx.query.get("key-marker").unwrap_or_default();
    let delimiter = cx.query.filled("delimiter");
    let max = cx.query.page("max-keys")?;
    let wanted = Wanted {
        prefix: prefix.into(),
        delimiter: delimiter.unwrap_or_default().into(),
        after: Some(marker).filter(|marker| !marker.is_empty()).map(Box::from),
        max,
    };
    let page = cx.store.list_objects(bucket.clone(), wanted).await?;
    Ok(Answer::document(Xml::document("ListVersionsResult", |xml| {
        xml.text("Name", &bucket);
        xml.text("Prefix", keys.write(prefix));
        xml.text("KeyMarker", keys.write(marker));
        xml.text("VersionIdMarker", cx.query.get("version-id-marker").unwrap_or_default());
        if let Some(next) = &page.next {
            xml.text("NextKeyMarker", keys.write(next));
            xml.text("NextVersionIdMarker", VERSION);
        }
        xml.text("MaxKeys", max);
        xml.optional("Delimiter", delimiter.map(|delimiter| keys.write(delimiter)));
        keys.put_encoding(xml);
        xml.text("IsTruncated", page.next.is_some());
        for object in &page.objects {
            xml.within("Version", |xml| {
                xml.text("Key", keys.write(&object.key));
                xml.text("VersionId", VERSION);
                xml.text("IsLatest", true);
                xml.text("LastModified", object.modified_at.iso_8601());
                xml.text("ETag", properties::quoted(object.etag));
                xml.text("Size", object.size);
                put_owner(xml, "Owner", cx.caller.account());
                xml.text("StorageClass", "STANDARD");
            });
        }
        keys.put_prefixes(&page, xml);
    })))
}
