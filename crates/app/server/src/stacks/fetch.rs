//! Templates at an address: objects of this server's own object store.

use bongsu_aws_api::lambda::SourceRefusal;
use bongsu_template::TEMPLATE_BYTES_MAX;
use percent_encoding::percent_decode_str;

use super::providers::World;
use crate::code_source::Buckets;

const REFUSED: &str = "TemplateURL must reference a valid S3 object to which you have access.";

impl World {
    /// The text of the object at an address, path-style or virtual-host style; only of a bucket of the server's account.
    pub(super) async fn fetch_template(&self, url: &str) -> Result<String, String> {
        let (bucket, key) = object_of(url).ok_or_else(|| REFUSED.to_owned())?;
        let buckets = Buckets { broker: self.broker.clone(), account: self.account };
        let read = buckets.object(bucket, key, TEMPLATE_BYTES_MAX).await;
        let bytes = read.map_err(|refusal| match refusal {
            SourceRefusal::TooLarge => format!("Template may not exceed {TEMPLATE_BYTES_MAX} bytes in size."),
            SourceRefusal::S3 { .. } | SourceRefusal::Unavailable => REFUSED.to_owned(),
        })?;
        String::from_utf8(bytes.into()).map_err(|_| "Template format error: the object is not text".to_owned())
    }
}

/// Bucket and key of an object's address.
fn object_of(url: &str) -> Option<(String, String)> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let rest = rest.split(['?', '#']).next()?;
    let (host, path) = rest.split_once('/')?;
    let path = percent_decode_str(path).decode_utf8().ok()?;
    let of_host = host.split_once(".s3.").or_else(|| host.split_once(".s3-")).map(|(bucket, _)| bucket.to_owned());
    match of_host {
        Some(bucket) => Some((bucket, path.into_owned())),
        None => path.split_once('/').map(|(bucket, key)| (bucket.to_owned(), key.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_found_by_its_address() {
        let found = |bucket: &str, key: &str| Some((bucket.to_owned(), key.to_owned()));
        for (url, expected) in [
            ("https://s3.us-east-1.amazonaws.com/b/a/t.yaml", found("b", "a/t.yaml")),
            ("http://127.0.0.1:4566/b/a%20b.yaml?versionId=1", found("b", "a b.yaml")),
            ("https://my.bucket.s3.amazonaws.com/t.yaml", found("my.bucket", "t.yaml")),
            ("http://b.s3.localhost:4566/x/t.yaml", found("b", "x/t.yaml")),
            ("s3://b/t.yaml", None),
            ("https://host", None),
            ("https://host/b", None),
        ] {
            assert_eq!(object_of(url), expected, "{url}");
        }
    }
}
