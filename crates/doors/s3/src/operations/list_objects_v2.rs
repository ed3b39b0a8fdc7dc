//! `ListObjectsV2`: keys after a token that the page before gave.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use bongsu_broker::Wanted;

use crate::answer::Answer;
use crate::context::Context;
use crate::error::S3Error;
use crate::incoming::Incoming;
use crate::operations::keys::Keys;
use crate::xml::Xml;

pub(crate) async fn call(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    if let Some(other) = cx.query.get("list-type").filter(|kind| *kind != "2") {
        return Err(S3Error::argument("list-type", other, "Invalid List Type specified in Request"));
    }
    let (bucket, keys) = (cx.bucket()?, Keys::of(cx)?);
    let prefix = cx.query.get("prefix").unwrap_or_default();
    let delimiter = cx.query.filled("delimiter");
    let start_after = cx.query.filled("start-after");
    let token = cx.query.get("continuation-token");
    let max = cx.query.page("max-keys")?;
    let after = match token {
        Some(token) => Some(from_token(token)?),
        None => start_after.map(str::to_owned),
    };
    let wanted = Wanted {
        prefix: prefix.into(),
        delimiter: delimiter.unwrap_or_default().into(),
        after: after.map(String::into_boxed_str),
        max,
    };
    let page = cx.store.list_objects(bucket.clone(), wanted).await?;
    let owner = cx.query.get("fetch-owner").filter(|fetch| *fetch == "true").map(|_| cx.caller.account());
    Ok(Answer::document(Xml::document("ListBucketResult", |xml| {
        xml.text("Name", &bucket);
        xml.text("Prefix", keys.write(prefix));
        xml.optional("ContinuationToken", token);
        xml.optional("NextContinuationToken", page.next.as_ref().map(|next| BASE64.encode(&**next)));
        xml.optional("StartAfter", start_after.map(|start| keys.write(start)));
        xml.text("KeyCount", page.objects.len() + page.prefixes.len());
        xml.text("MaxKeys", max);
        xml.optional("Delimiter", delimiter.map(|delimiter| keys.write(delimiter)));
        keys.put_encoding(xml);
        xml.text("IsTruncated", page.next.is_some());
        keys.put_entries(&page, owner, xml);
    })))
}

fn from_token(token: &str) -> Result<String, S3Error> {
    let key = BASE64.decode(token).ok().and_then(|key| String::from_utf8(key).ok()).filter(|key| !key.is_empty());
    key.ok_or_else(|| S3Error::argument("continuation-token", token, "The continuation token provided is incorrect"))
}
