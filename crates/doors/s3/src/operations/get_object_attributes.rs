//! `GetObjectAttributes`: what is known of an object, as far as it is asked for.

use crate::answer::Answer;
use crate::checksum;
use crate::context::Context;
use crate::error::{Code, S3Error};
use crate::incoming::Incoming;
use crate::properties;
use crate::xml::Xml;

const WANTED: &str = "x-amz-object-attributes";
const KNOWN: [&str; 5] = ["Checksum", "ETag", "ObjectParts", "ObjectSize", "StorageClass"];

pub(crate) async fn call(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    cx.check_version()?;
    let values = cx.headers().get_all(WANTED).iter().filter_map(|value| value.to_str().ok());
    let wanted: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    if let Some(unknown) = wanted.iter().find(|wanted| !KNOWN.contains(wanted)) {
        return Err(S3Error::argument(WANTED, unknown, "Invalid attribute name specified."));
    }
    if wanted.is_empty() {
        let text = "The x-amz-object-attributes header specifying the attributes to be retrieved is missing.";
        return Err(S3Error::new(Code::InvalidRequest).saying(text));
    }
    let object = cx.store.open_object(cx.bucket()?, cx.key()?).await?;
    let record = object.record();
    let wants = |name| wanted.contains(&name);
    let mut answer = Answer::document(Xml::document("GetObjectAttributesResponse", |xml| {
        // Here without quotes.
        xml.optional("ETag", wants("ETag").then_some(record.etag));
        if let Some(checksum) = record.checksum.as_ref().filter(|_| wants("Checksum")) {
            xml.within("Checksum", |xml| checksum::put(Some(checksum), xml));
        }
        if wants("ObjectParts") && record.etag.parts > 0 {
            xml.within("ObjectParts", |xml| xml.text("PartsCount", record.etag.parts));
        }
        xml.optional("StorageClass", wants("StorageClass").then_some("STANDARD"));
        xml.optional("ObjectSize", wants("ObjectSize").then(|| object.size()));
    }));
    properties::tell_modified(record, &mut answer.headers);
    Ok(answer)
}
