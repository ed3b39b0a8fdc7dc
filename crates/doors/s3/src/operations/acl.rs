//! `GetBucketAcl` and `GetObjectAcl`: whoever owns a bucket may do everything with it, and nobody else anything.

use crate::answer::Answer;
use crate::context::{Context, canonical_user, put_owner};
use crate::error::S3Error;
use crate::incoming::Incoming;
use crate::xml::Xml;

const OF_A_USER: &str = " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\"";

pub(crate) async fn of_bucket(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    cx.store.describe_bucket(cx.bucket()?).await?;
    Ok(Answer::document(document(cx.caller.account())))
}

pub(crate) async fn of_object(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    cx.check_version()?;
    cx.store.open_object(cx.bucket()?, cx.key()?).await?;
    Ok(Answer::document(document(cx.caller.account())))
}

fn document(account: &str) -> Vec<u8> {
    Xml::document("AccessControlPolicy", |xml| {
        put_owner(xml, "Owner", account);
        xml.within("AccessControlList", |xml| {
            xml.within("Grant", |xml| {
                xml.element("Grantee", OF_A_USER, |xml| {
                    xml.text("ID", canonical_user(account));
                    xml.text("DisplayName", account);
                });
                xml.text("Permission", "FULL_CONTROL");
            });
        });
    })
}
