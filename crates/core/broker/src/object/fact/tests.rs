//! Facts about buckets and objects as bytes: the layout is pinned, and nothing damaged is read.

use expect_test::expect;
use proptest::prelude::*;

use super::super::{BlobId, ChecksumAlgorithm, ETag, EventPattern, ObjectContent};
use super::*;
use crate::{Destination, Fact, FunctionRef, QueueName, Recorded, Text, TopicName};

fn key() -> ObjectKey {
    ObjectKey::parse("a/b").unwrap()
}

fn properties() -> ObjectProperties {
    ObjectProperties {
        headers: vec![(Text::from("content-type"), Text::from("text/plain"))],
        metadata: vec![(Text::from("k"), Text::from("v"))],
    }
}

fn checksum() -> Checksum {
    let kind = ChecksumKind { algorithm: ChecksumAlgorithm::Sha256, composite: true };
    Checksum { kind, value: Text::from("AA==-2") }
}

fn rules() -> Vec<NotificationRule> {
    let targets = [
        Destination::Queue(QueueName { account: Account(300), name: "q".into() }),
        Destination::Topic(TopicName { account: Account(300), name: "t".into() }),
        Destination::Function(FunctionRef::latest("f")),
    ];
    let rule = |target| NotificationRule {
        id: "r".into(),
        events: vec![EventPattern::Created, EventPattern::RemovedByDelete],
        prefix: "p/".into(),
        suffix: ".s".into(),
        target,
    };
    targets.map(rule).into()
}

fn object(content: ObjectContent) -> ObjectRecord {
    ObjectRecord {
        key: key(),
        version: 200,
        modified_at: Timestamp(1000),
        etag: ETag { md5: [0x5a; 16], parts: 2 },
        properties: properties(),
        checksum: Some(checksum()),
        tags: vec![("t".into(), "1".into())],
        content,
    }
}

fn examples() -> Vec<ObjectFact> {
    let (bucket, upload) = (BucketId(3), UploadId(0x21));
    let segment = Segment { blob: BlobId(0x31), length: 5 << 20 };
    let definition = BucketDefinition {
        name: BucketName::parse("photos").unwrap(),
        owner: Account(300),
        created_at: Timestamp(1000),
        tags: vec![("team".into(), "orders".into())],
        rules: rules(),
    };
    let upload_definition = UploadDefinition {
        began_at: Timestamp(1000),
        version: 200,
        deleted_since: true,
        properties: properties(),
        tags: Vec::new(),
        checksum: Some(checksum().kind),
    };
    let part = Part { segment, md5: [0x5b; 16], checksum: None, modified_at: Timestamp(1000) };
    vec![
        ObjectFact::BucketDefined { bucket, definition, next_version: 201 },
        ObjectFact::BucketDeleted { bucket },
        ObjectFact::ObjectPut { bucket, object: object(ObjectContent::Inline(Bytes::from_static(b"hi"))) },
        ObjectFact::ObjectPut { bucket, object: object(ObjectContent::Blobs(vec![segment])) },
        ObjectFact::ObjectDeleted { bucket, key: key(), version: 200 },
        ObjectFact::ObjectTagged { bucket, key: key(), tags: vec![("t".into(), "2".into())] },
        ObjectFact::UploadDefined { bucket, key: key(), upload, definition: upload_definition },
        ObjectFact::PartPut { bucket, key: key(), upload, number: 1, part },
        ObjectFact::UploadEnded { bucket, key: key(), upload },
    ]
}

fn any_text() -> impl Strategy<Value = Text> {
    ".{0,8}".prop_map(Text::from)
}

fn any_tags() -> impl Strategy<Value = Vec<Tag>> {
    prop::collection::vec((".{0,4}", ".{0,4}").prop_map(|(key, value)| (key.into(), value.into())), 0..3)
}

fn any_segment() -> impl Strategy<Value = Segment> {
    any::<(u128, u64)>().prop_map(|(blob, length)| Segment { blob: BlobId(blob), length })
}

fn any_kind() -> impl Strategy<Value = ChecksumKind> {
    let algorithm = prop::sample::select(ChecksumAlgorithm::ALL.to_vec());
    (algorithm, any::<bool>()).prop_map(|(algorithm, composite)| ChecksumKind { algorithm, composite })
}

fn any_checksum() -> impl Strategy<Value = Option<Checksum>> {
    prop::option::of((any_kind(), any_text()).prop_map(|(kind, value)| Checksum { kind, value }))
}

fn any_properties() -> impl Strategy<Value = ObjectProperties> {
    let pairs = || prop::collection::vec((any_text(), any_text()), 0..3);
    (pairs(), pairs()).prop_map(|(headers, metadata)| ObjectProperties { headers, metadata })
}

fn any_key() -> impl Strategy<Value = ObjectKey> {
    ".{1,8}".prop_map(|key| ObjectKey::parse(&key).unwrap())
}

prop_compose! {
    fn any_object()(
        (key, properties, checksum, tags) in (any_key(), any_properties(), any_checksum(), any_tags()),
        (version, modified_at, parts, md5) in any::<(u64, u64, u32, [u8; 16])>(),
        content in prop_oneof![
            any::<Vec<u8>>().prop_map(|bytes| ObjectContent::Inline(Bytes::from(bytes))),
            prop::collection::vec(any_segment(), 0..4).prop_map(ObjectContent::Blobs),
        ],
    ) -> ObjectRecord {
        let (modified_at, etag) = (Timestamp(modified_at), ETag { md5, parts });
        ObjectRecord { key, version, modified_at, etag, properties, checksum, tags, content }
    }
}

prop_compose! {
    fn any_upload()(
        (properties, tags, checksum) in (any_properties(), any_tags(), prop::option::of(any_kind())),
        (began_at, version, deleted_since) in any::<(u64, u64, bool)>(),
    ) -> UploadDefinition {
        UploadDefinition { began_at: Timestamp(began_at), version, deleted_since, properties, tags, checksum }
    }
}

prop_compose! {
    fn any_part()(
        (segment, checksum) in (any_segment(), any_checksum()), (md5, modified_at) in any::<([u8; 16], u64)>(),
    ) -> Part {
        Part { segment, md5, checksum, modified_at: Timestamp(modified_at) }
    }
}

/// One of the examples with its parts replaced by any others.
pub(crate) fn any_object_fact() -> impl Strategy<Value = ObjectFact> {
    let numbers = any::<(u64, u128, u32, u64)>();
    let parts = (any_object(), any_upload(), any_part(), any_tags(), any_key());
    (prop::sample::select(examples()), numbers, parts).prop_map(|(example, numbers, parts)| {
        let (id, upload, number, version) = numbers;
        let (bucket, upload) = (BucketId(id), UploadId(upload));
        let (object, upload_definition, part, tags, key) = parts;
        match example {
            ObjectFact::BucketDefined { definition, .. } => {
                let definition = BucketDefinition { tags, ..definition };
                ObjectFact::BucketDefined { bucket, definition, next_version: version }
            }
            ObjectFact::BucketDeleted { .. } => ObjectFact::BucketDeleted { bucket },
            ObjectFact::ObjectPut { .. } => ObjectFact::ObjectPut { bucket, object },
            ObjectFact::ObjectDeleted { .. } => ObjectFact::ObjectDeleted { bucket, key, version },
            ObjectFact::ObjectTagged { .. } => ObjectFact::ObjectTagged { bucket, key, tags },
            ObjectFact::UploadDefined { .. } => {
                ObjectFact::UploadDefined { bucket, key, upload, definition: upload_definition }
            }
            ObjectFact::PartPut { .. } => ObjectFact::PartPut { bucket, key, upload, number, part },
            ObjectFact::UploadEnded { .. } => ObjectFact::UploadEnded { bucket, key, upload },
        }
    })
}

fn encoded(fact: &ObjectFact) -> Vec<u8> {
    let mut bytes = Vec::new();
    Recorded::encode(Timestamp(128), &Fact::Object { fact: fact.clone() }, &mut bytes);
    bytes
}

/// As with all facts: a difference here is a new kind, not a new expectation.
#[test]
fn the_bytes_of_every_kind_are_pinned() {
    let lines = examples().into_iter().map(|fact| {
        let debug = format!("{fact:?}");
        format!("{} {}\n", debug.split(' ').next().unwrap_or_default(), hex::encode(encoded(&fact)))
    });
    expect![[r#"
        BucketDefined 80013c01030670686f746f73ac02e80701047465616d066f726465727303017202000602702f022e7300ac020171017202000602702f022e7301ac020174017202000602702f022e7302016600c901
        BucketDeleted 80013c0203
        ObjectPut 80013c030303612f62c801e8075a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a02010c636f6e74656e742d747970650a746578742f706c61696e01016b01760104010641413d3d2d32010174013100026869
        ObjectPut 80013c030303612f62c801e8075a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a02010c636f6e74656e742d747970650a746578742f706c61696e01016b01760104010641413d3d2d3201017401310101000000000000000000000000000000318080c002
        ObjectDeleted 80013c040303612f62c801
        ObjectTagged 80013c050303612f620101740132
        UploadDefined 80013c060303612f6200000000000000000000000000000021e807c80101010c636f6e74656e742d747970650a746578742f706c61696e01016b017600010401
        PartPut 80013c070303612f620000000000000000000000000000002101000000000000000000000000000000318080c0025b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b00e807
        UploadEnded 80013c080303612f6200000000000000000000000000000021
    "#]]
    .assert_eq(&lines.collect::<String>());
}

#[test]
fn there_is_an_example_of_every_kind() {
    let mut kinds: Vec<u8> = examples().iter().map(|fact| encoded(fact)[3]).collect();
    kinds.dedup();
    assert_eq!(kinds, (1..=8).collect::<Vec<u8>>());
    for unknown in (0..=255).filter(|kind| !kinds.contains(kind)) {
        let unknown = Recorded::decode(Bytes::from(vec![0, 60, unknown, 0, 0, 0, 0, 0, 0, 0, 0]));
        assert_eq!(unknown, Err(Malformed("a kind of fact that this version does not know")));
    }
}

#[test]
fn a_fact_that_is_cut_short_or_has_bytes_left_over_is_refused() {
    for fact in examples() {
        let mut bytes = encoded(&fact);
        let whole = Recorded { at: Timestamp(128), fact: Fact::Object { fact } };
        assert_eq!(Recorded::decode(Bytes::from(bytes.clone())), Ok(whole));
        for length in 0..bytes.len() {
            assert_eq!(Recorded::decode(Bytes::copy_from_slice(&bytes[..length])), Err(Malformed("cut short")));
        }
        bytes.push(0);
        assert_eq!(Recorded::decode(Bytes::from(bytes)), Err(Malformed("bytes left over")));
    }
}
