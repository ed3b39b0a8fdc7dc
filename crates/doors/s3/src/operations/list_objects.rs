//! `ListObjects`, the first version: keys after a marker.

use bongsu_broker::Wanted;

use crate::answer::Answer;
use crate::context::Context;
use crate::error::S3Error;
use crate::incoming::Incoming;
use crate::operations::keys::Keys;
use crate::xml::Xml;

pub(crate) async fn call(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    let (bucket, keys) = (cx.bucket()?, Keys::of(cx)?);
    let prefix = cx.query.get("prefix").unwrap_or_default();
    let marker = cx.query.get("marker").unwrap_or_default();
    let delimiter = cx.query.filled("delimiter");
    let max = cx.query.page("max-keys")?;
    let wanted = Wanted {
        prefix: prefix.into(),
        delimiter: delimiter.unwrap_or_default().into(),
        after: Some(marker).filter(|marker| !marker.is_empty()).map(Box::from),
        max,
    };
    let page = cx.store.list_objects(bucket.clone(), wanted).await?;
    Ok(Answer::document(Xml::document("ListBucketResult", |xml| {
        xml.text("Name", &bucket);
        xml.text("Prefix", keys.write(prefix));
        xml.text("Marker", keys.write(marker));
        // Without a delimiter the last key is where to go on.
        xml.optional("NextMarker", page.next.as_deref().filter(|_| delimiter.is_some()).map(|next| keys.write(next)));
        xml.text("MaxKeys", max);
        xml.optional("Delimiter", delimiter.map(|delimiter| keys.write(delimiter)));
        keys.put_encoding(xml);
        xml.text("IsTruncated", page.next.is_some());
        keys.put_entries(&page, Some(cx.caller.account()), xml);
    })))
}
