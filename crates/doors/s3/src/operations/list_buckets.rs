//! `ListBuckets`: the buckets of the caller's account, by their names.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;

use crate::answer::Answer;
use crate::context::{Context, put_owner};
use crate::error::S3Error;
use crate::incoming::Incoming;
use crate::xml::Xml;

/// Most buckets that a page has, and what it has if nobody says.
const PAGE_MAX: usize = 10_000;

pub(crate) async fn call(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    let prefix = cx.query.get("prefix").unwrap_or_default();
    let max = page(cx.query.filled("max-buckets"))?;
    let token = cx.query.filled("continuation-token").map(from_token).transpose()?;
    let is_elsewhere = cx.query.filled("bucket-region").is_some_and(|region| region != cx.region);
    // One more than asked for tells whether there are more.
    let mut buckets = match is_elsewhere {
        true => Vec::new(),
        false => cx.store.list_buckets(cx.account()?, prefix, token.as_deref(), max + 1).await?,
    };
    let is_truncated = buckets.len() > max;
    buckets.truncate(max);
    Ok(Answer::document(Xml::document("ListAllMyBucketsResult", |xml| {
        xml.within("Buckets", |xml| {
            for bucket in &buckets {
                xml.within("Bucket", |xml| {
                    xml.text("Name", &bucket.name);
                    xml.text("CreationDate", bucket.created_at.iso_8601());
                    xml.text("BucketRegion", cx.region);
                });
            }
        });
        put_owner(xml, "Owner", cx.caller.account());
        xml.optional("Prefix", cx.query.filled("prefix"));
        if let Some(last) = buckets.last().filter(|_| is_truncated) {
            xml.text("ContinuationToken", BASE64.encode(&*last.name));
        }
    })))
}

fn page(given: Option<&str>) -> Result<usize, S3Error> {
    let Some(given) = given else { return Ok(PAGE_MAX) };
    let number = given.parse().ok().filter(|number| (1..=PAGE_MAX).contains(number));
    let text = format!("Argument max-buckets must be an integer between 1 and {PAGE_MAX}");
    number.ok_or_else(|| S3Error::argument("max-buckets", given, text))
}

fn from_token(token: &str) -> Result<String, S3Error> {
    let name = BASE64.decode(token).ok().and_then(|name| String::from_utf8(name).ok());
    name.ok_or_else(|| S3Error::argument("continuation-token", token, "The continuation token provided is incorrect"))
}
