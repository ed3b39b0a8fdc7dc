//! Buckets: made, listed, described, deleted; what is told of those that have nothing configured.

use crate::harness::Server;

#[tokio::test]
async fn making_a_bucket_again_is_an_error_but_in_the_first_region() {
    let first = Server::start().await;
    let again = first.send("PUT /photos", &[], "").await;
    assert_eq!((again.status, again.header("location")), (200, "/photos"));
    let other = Server::empty("eu-west-1").await;
    let here = "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>\
                eu-west-1</LocationConstraint></CreateBucketConfiguration>";
    assert_eq!(other.send("PUT /photos", &[], here).await.status, 200);
    assert_eq!(other.send("PUT /photos", &[], here).await.refusal(), (409, "BucketAlreadyOwnedByYou"));
    assert_eq!(other.get("/photos?location").await.text().rsplit_once('>').unwrap().1, "");
    assert!(other.get("/photos?location").await.text().ends_with(">eu-west-1</LocationConstraint>"));
    assert!(first.get("/photos?location").await.text().ends_with("></LocationConstraint>"));
    assert_eq!(first.send("PUT /more", &[], here).await.refusal(), (400, "IllegalLocationConstraintException"));
}

#[tokio::test]
async fn a_bucket_is_made_with_its_labels() {
    let server = Server::start().await;
    let tags = "<CreateBucketConfiguration><Tags><Tag><Key>team</Key><Value>mail</Value></Tag></Tags>\
                </CreateBucketConfiguration>";
    assert_eq!(server.send("PUT /labelled", &[], tags).await.status, 200);
    assert_eq!(server.get("/labelled?tagging").await.element("Value"), "mail");
    let other = "<CreateBucketConfiguration><Bucket><Type>Directory</Type></Bucket></CreateBucketConfiguration>";
    assert_eq!(server.send("PUT /directory", &[], other).await.refusal(), (400, "MalformedXML"));
}

#[tokio::test]
async fn names_that_no_bucket_can_have_are_refused() {
    let server = Server::start().await;
    for name in ["ab", "Photos", "a_b", "a..b", "192.168.0.1"] {
        let answer = server.send(&format!("PUT /{name}"), &[], "").await;
        assert_eq!((answer.refusal(), answer.element("BucketName")), ((400, "InvalidBucketName"), name));
    }
}

#[tokio::test]
async fn a_list_of_buckets_says_when_they_were_made() {
    let server = Server::start().await;
    server.advance(60);
    server.send("PUT /albums", &[], "").await;
    let list = server.get("/").await;
    let dates: Vec<&str> = list.text().split("<CreationDate>").skip(1).map(|rest| &rest[..20]).collect();
    assert_eq!(dates, ["2026-01-02T03:05:05.", "2026-01-02T03:04:05."]);
    assert_eq!(list.element("BucketRegion"), "us-east-1");
    let elsewhere = server.get("/?bucket-region=eu-west-1").await;
    assert_eq!(elsewhere.element("Name"), "");
    assert_eq!(server.get("/?max-buckets=0").await.refusal(), (400, "InvalidArgument"));
    assert_eq!(server.get("/?continuation-token=%21").await.refusal(), (400, "InvalidArgument"));
}

#[tokio::test]
async fn what_buckets_could_have_is_told_only_of_buckets_that_there_are() {
    let server = Server::start().await;
    for setting in ["versioning", "policy", "cors", "lifecycle", "website", "acl", "notification", "location"] {
        let missing = server.get(&format!("/nobodys?{setting}")).await;
        assert_eq!((missing.refusal(), missing.element("BucketName")), ((404, "NoSuchBucket"), "nobodys"), "{setting}");
    }
    assert!(server.get("/photos?versioning").await.text().contains("<VersioningConfiguration xmlns="));
    assert_eq!(server.get("/photos?policy").await.refusal(), (404, "NoSuchBucketPolicy"));
}
