//! `ListMultipartUploads`: the objects that are coming in parts.

use bongsu_broker::{UploadId, UploadMarker};

use crate::answer::Answer;
use crate::checksum;
use crate::context::{Context, put_owner};
use crate::error::{Code, S3Error};
use crate::incoming::Incoming;
use crate::operations::keys::Keys;
use crate::xml::Xml;

const ID_MARKER: &str = "upload-id-marker";

pub(crate) async fn call(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    let (bucket, keys) = (cx.bucket()?, Keys::of(cx)?);
    if cx.query.filled("delimiter").is_some() {
        let text = "A delimiter in a list of multipart uploads is not implemented";
        return Err(S3Error::new(Code::NotImplemented).saying(text));
    }
    let prefix = cx.query.get("prefix").unwrap_or_default();
    let max = cx.query.page("max-uploads")?;
    let key_marker = cx.query.filled("key-marker");
    // Of no meaning without a key.
    let id_marker = cx.query.filled(ID_MARKER).filter(|_| key_marker.is_some());
    let upload = id_marker.map(|given| {
        UploadId::parse(given).ok_or_else(|| S3Error::argument(ID_MARKER, given, "Invalid uploadId marker"))
    });
    let upload = upload.transpose()?;
    let after = key_marker.map(|key| UploadMarker { key: key.into(), upload });
    let page = cx.store.list_uploads(bucket.clone(), prefix, after, max).await?;
    Ok(Answer::document(Xml::document("ListMultipartUploadsResult", |xml| {
        xml.text("Bucket", &bucket);
        xml.text("KeyMarker", keys.write(key_marker.unwrap_or_default()));
        xml.text("UploadIdMarker", id_marker.unwrap_or_default());
        if let Some(last) = page.uploads.last().filter(|_| page.is_truncated) {
            xml.text("NextKeyMarker", keys.write(&last.key));
            xml.text("NextUploadIdMarker", last.id);
        }
        xml.text("Prefix", keys.write(prefix));
        keys.put_encoding(xml);
        xml.text("MaxUploads", max);
        xml.text("IsTruncated", page.is_truncated);
        for upload in &page.uploads {
            xml.within("Upload", |xml| {
                xml.text("Key", keys.write(&upload.key));
                xml.text("UploadId", upload.id);
                for role in ["Initiator", "Owner"] {
                    put_owner(xml, role, cx.caller.account());
                }
                xml.text("StorageClass", "STANDARD");
                xml.text("Initiated", upload.began_at.iso_8601());
                if let Some(kind) = upload.checksum {
                    xml.text("ChecksumAlgorithm", kind.algorithm.name());
                    xml.text("ChecksumType", checksum::type_name(kind));
                }
            });
        }
    })))
}
