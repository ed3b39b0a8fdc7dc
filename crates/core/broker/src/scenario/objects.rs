//! Buckets and objects: conditions, copies, uploads in parts, and who is told of what.

use proptest::prelude::*;

use super::check;
use super::script::Story;

#[test]
fn objects_are_put_read_replaced_and_deleted() {
    check(
        "
        bucket photos
        put photos a v1
        put photos b v2 blob
        get photos a -> v1
        get photos b -> v2
        put photos a v3 tag=x:1
        get photos a -> v3 x:1
        tag-object photos a y:2 z:3
        get photos a -> v3 y:2 z:3
        freed -> nothing
        put photos b v4
        freed -> v2
        delete-object photos a
        delete-object photos a
        get photos a -> rejected: Object(KeyDoesNotExist)
        tag-object photos a x:1 -> rejected: Object(KeyDoesNotExist)
        get other a -> rejected: Object(BucketDoesNotExist)
        ls photos -> b
        restart
        get photos b -> v4
        ",
    );
}

#[test]
fn buckets_belong_to_somebody_and_go_when_they_are_empty() {
    check(
        "
        bucket one
        bucket one -> rejected: Object(BucketOwned)
        bucket one owner=2 -> rejected: Object(BucketExists)
        bucket two owner=2
        bucket three
        bucket other
        buckets -> one other three
        buckets t -> three
        buckets after=one max=1 -> other
        put one a v1
        delete-bucket one -> rejected: Object(BucketNotEmpty)
        delete-object one a
        upload one a -> ^1
        part ^1 1 p1
        delete-bucket one
        freed -> p1
        delete-bucket one -> rejected: Object(BucketDoesNotExist)
        bucket one owner=2
        ls one -> nothing
        uploads one -> nothing
        ",
    );
}

#[test]
fn a_put_can_ask_for_what_is_there() {
    check(
        "
        bucket b-1
        put b-1 k v1 match=v0 -> rejected: Object(KeyDoesNotExist)
        put b-1 k v1 absent
        put b-1 k v2 absent -> rejected: Object(PreconditionFailed { if_none_match: true })
        put b-1 k v2 match=v0 -> rejected: Object(PreconditionFailed { if_none_match: false })
        put b-1 k v2 match=v1
        put b-1 k v3 match=v1 -> rejected: Object(PreconditionFailed { if_none_match: false })
        get b-1 k -> v2
        delete-object b-1 k match=v1 -> rejected: Object(PreconditionFailed { if_none_match: false })
        delete-object b-1 k match=v2
        delete-object b-1 k match=v2 -> rejected: Object(KeyDoesNotExist)
        delete-object b-1 k
        put b-1 k v4 absent
        ",
    );
}

#[test]
fn a_copy_shares_what_it_was_made_of() {
    check(
        "
        bucket one
        bucket two
        put one a v1 blob tag=x:1
        copy one a two b
        copy one a one c
        put one s v2
        copy one s two s
        delete-object one a
        freed -> nothing
        get two b -> v1 x:1
        get two s -> v2
        put two b v3
        delete-object one c
        freed -> v1
        recopy two d
        copy two b one b
        recopy one b
        copy two none one b -> rejected: Object(KeyDoesNotExist)
        ",
    );
}

#[test]
fn content_that_is_gone_is_not_shared() {
    check(
        "
        bucket one
        put one a v1 blob
        copy one a one b
        delete-object one a
        recopy one b
        freed -> nothing
        recopy one b
        delete-object one b
        freed -> v1
        recopy one b -> rejected: Object(ContentGone)
        ls one -> nothing
        ",
    );
}

#[test]
fn an_object_is_put_together_from_parts() {
    check(
        "
        bucket one
        upload one k -> ^1
        part ^1 2 b
        part ^1 1 a
        part ^1 7 c small
        part ^1 2 d
        freed -> b
        parts ^1 -> 1 2 7
        parts ^1 after=1 max=1 -> 2 >
        complete ^1 -> rejected: Object(PartsOutOfOrder)
        complete ^1 2=d 1=a -> rejected: Object(PartsOutOfOrder)
        complete ^1 1=a 1=a -> rejected: Object(PartsOutOfOrder)
        complete ^1 1=a 2=b -> rejected: Object(PartInvalid { number: 2 })
        complete ^1 1=a 3=c -> rejected: Object(PartInvalid { number: 3 })
        part ^1 1 e small
        complete ^1 1=e 2=d -> rejected: Object(PartTooSmall { number: 1, size: 1 })
        part ^1 1 f
        complete ^1 1=f 7=c
        get one k -> f+c
        freed -> a e d
        complete ^1 1=f 7=c -> rejected: Object(UploadDoesNotExist)
        part ^1 1 g -> rejected: Object(UploadDoesNotExist)
        copy one k one l
        delete-object one k
        get one l -> f+c
        part ^1 0 g -> rejected: Object(UploadDoesNotExist)
        upload one k -> ^2
        part ^2 0 g -> rejected: Object(PartNumberInvalid)
        part ^2 10001 g -> rejected: Object(PartNumberInvalid)
        part ^2 10000 h
        abort ^2
        freed -> h
        abort ^2 -> rejected: Object(UploadDoesNotExist)
        ",
    );
}

#[test]
fn uploads_are_listed_by_key_and_in_the_order_in_which_they_began() {
    check(
        "
        bucket one
        upload one b
        +1s
        upload one a/1
        upload one a/2
        +1s
        upload one b
        uploads one -> a/1^2 a/2^3 b^1 b^4
        uploads one prefix=a/ max=1 -> a/1^2 >
        uploads one after=a/1 -> a/2^3 b^1 b^4
        abort ^3
        restart
        uploads one -> a/1^2 b^1 b^4
        ",
    );
}

#[test]
fn an_upload_with_a_condition_is_not_completed_over_what_happened_since() {
    check(
        "
        bucket one
        upload one k -> ^1
        part ^1 1 p
        put one k v1
        complete ^1 1=p absent -> rejected: Object(PreconditionFailed { if_none_match: true })
        delete-object one k
        complete ^1 1=p absent -> rejected: Object(ConditionalRequestConflict { if_none_match: true })
        complete ^1 1=p match=v1 -> rejected: Object(KeyDoesNotExist)
        put one k v2
        upload one k -> ^2
        part ^2 1 p
        complete ^2 1=p match=v1 -> rejected: Object(PreconditionFailed { if_none_match: false })
        put one k v2
        complete ^2 1=p match=v2 -> rejected: Object(ConditionalRequestConflict { if_none_match: false })
        upload one k -> ^3
        part ^3 1 p
        complete ^3 1=p match=v2
        get one k -> p
        complete ^2 1=p
        upload one new -> ^4
        part ^4 1 p
        clean
        complete ^4 1=p absent
        get one new -> p
        ",
    );
}

#[test]
fn a_queue_is_told_of_what_its_rules_are_about() {
    check(
        "
        bucket one
        queue q
        queue other
        rule one q s3:ObjectCreated:* prefix=in/ suffix=.jpg
        rule one other s3:ObjectRemoved:Delete
        rules one -> r1:s3:ObjectCreated:* r2:s3:ObjectRemoved:Delete
        put one in/a.jpg v1 -> ok, told
        put one in/a.png v1 -> ok
        put one a.jpg v1 -> ok
        copy one a.jpg one in/b.jpg -> ok, told
        put one in/a.jpg v2 absent -> rejected: Object(PreconditionFailed { if_none_match: true })
        upload one in/c.jpg -> ^1
        part ^1 1 p
        complete ^1 1=p -> ok, told
        delete-object one in/a.jpg -> ok, told
        delete-object one in/a.jpg -> ok
        told q -> ObjectCreated:Put=in/a.jpg ObjectCreated:Copy=in/b.jpg ObjectCreated:CompleteMultipartUpload=in/c.jpg
        told other -> ObjectRemoved:Delete=in/a.jpg
        delete-queue q
        put one in/d.jpg v1 -> ok, told in vain
        get one in/d.jpg -> v1
        ",
    );
}

#[test]
fn what_goes_wrong_on_purpose_at_a_queue_goes_wrong_with_what_it_is_told() {
    check(
        "
        bucket one
        queue q
        rule one q s3:ObjectCreated:*
        faults q duplicate=1
        put one a v1 -> ok, told
        told q -> ObjectCreated:Put=a ObjectCreated:Put=a
        ",
    );
}

#[test]
fn a_topics_subscribers_are_told_with_the_change() {
    check(
        "
        bucket one
        topic t
        queue q
        subscribe t q
        rule one topic:t s3:ObjectCreated:Put
        put one a v1 -> ok, told
        told q -> ObjectCreated:Put=a
        restart
        told q -> ObjectCreated:Put=a
        delete-topic t
        put one a v2 -> ok, told in vain
        ",
    );
}

#[test]
fn a_function_is_told_by_an_event_that_is_kept_until_it_has_had_it() {
    check(
        "
        bucket one
        function f
        rule one function:f s3:ObjectCreated:*
        put one a v1 -> ok, told
        put one b v1 -> ok, told
        restart
        told function:f -> ObjectCreated:Put=a ObjectCreated:Put=b
        delete-function f
        put one c v1 -> ok, told in vain
        ",
    );
}

#[test]
fn rules_that_cannot_be_kept_are_refused() {
    let invalid = |reason: &str| format!("rejected: Object(RuleTargetInvalid {{ id: \"r1\", reason: \"{reason}\" }})");
    let denied = r#"{"Statement":[{"Effect":"Deny","Principal":{"Service":"s3.amazonaws.com"},"Action":"sqs:*","Resource":"*"}]}"#;
    check(&format!(
        "
        bucket one
        bucket two owner=2
        queue q
        queue closed policy={denied}
        queue f.fifo
        topic t.fifo
        function f
        rule one none s3:ObjectCreated:* -> {}
        rule one topic:none s3:ObjectCreated:* -> {}
        rule one closed s3:ObjectCreated:* -> {}
        rule one f.fifo s3:ObjectCreated:* unchecked -> {}
        rule one topic:t.fifo s3:ObjectCreated:* unchecked -> {}
        rule one function:g s3:ObjectCreated:* -> {}
        rule two q s3:ObjectCreated:* -> {}
        rule one q s3:ObjectCreated:Put prefix=a
        rule one q s3:ObjectCreated:* prefix=ab -> rejected: Object(RulesOverlap)
        rule one none s3:ObjectCreated:* prefix=b unchecked
        put one b v1 -> ok, told in vain
        ",
        invalid("The queue does not exist."),
        invalid("The topic does not exist."),
        invalid("Its policy does not let the bucket send."),
        invalid("A FIFO queue cannot be told of changes."),
        invalid("A FIFO topic cannot be told of changes."),
        invalid("The function does not exist."),
        invalid("Its policy does not let the bucket send."),
    ));
}

#[test]
fn what_is_in_buckets_is_carried_along_by_cleaning() {
    check(
        "
        bucket one
        queue q
        rule one q s3:ObjectRemoved:*
        put one a v1 tag=x:1
        tag-object one a y:2
        put one b v2 blob
        upload one k -> ^1
        part ^1 1 p1
        put one k v3
        delete-object one k
        clean 4
        part ^1 2 p2 small
        clean
        clean
        restart
        get one a -> v1 y:2
        get one b -> v2
        complete ^1 1=p1 2=p2 absent -> rejected: Object(ConditionalRequestConflict { if_none_match: true })
        complete ^1 1=p1 2=p2
        clean
        restart
        get one k -> p1+p2
        put one b v4
        clean
        delete-object one a
        delete-object one b
        delete-object one k
        clean
        restart
        delete-bucket one
        clean
        bucket one
        rules one -> nothing
        ",
    );
}

fn key() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "a/b", "c"])
}

fn body() -> impl Strategy<Value = String> {
    (0..4u8).prop_map(|body| format!("v{body}"))
}

fn line() -> impl Strategy<Value = String> {
    let bucket = || prop_oneof![4 => Just("one"), 1 => Just("two")];
    let condition = || prop_oneof![4 => Just(String::new()), 2 => Just("absent".to_owned()), 2 => body().prop_map(|body| format!("match={body}"))];
    let seldom = [
        "restart",
        "clean",
        "clean 7",
        "freed",
        "bucket one",
        "bucket two",
        "delete-bucket two",
        "delete-bucket one",
        "delete-queue q",
        "queue q",
        "uploads one",
        "rule one q s3:ObjectCreated:Put",
        "rule one topic:t s3:ObjectRemoved:*",
        "topic t",
        "subscribe t q",
    ];
    prop_oneof![
        8 => (bucket(), key(), body(), condition(), any::<bool>()).prop_map(|(bucket, key, body, condition, is_blob)| {
            format!("put {bucket} {key} {body} {condition} {}", if is_blob { "blob" } else { "" })
        }),
        4 => (bucket(), key(), condition())
            .prop_map(|(bucket, key, condition)| format!("delete-object {bucket} {key} {condition}")),
        4 => (bucket(), key(), bucket(), key()).prop_map(|(from, source, to, key)| format!("copy {from} {source} {to} {key}")),
        1 => (bucket(), key(), 0..3u8).prop_map(|(bucket, key, tag)| format!("tag-object {bucket} {key} t:{tag}")),
        2 => (bucket(), key()).prop_map(|(bucket, key)| format!("upload {bucket} {key}")),
        5 => (1..5u8, 1..4u8, body()).prop_map(|(upload, part, body)| format!("part ^{upload} {part} {body}")),
        3 => (1..5u8, 1..4u8, body(), condition())
            .prop_map(|(upload, part, body, condition)| format!("complete ^{upload} {part}={body} {condition}")),
        1 => (1..5u8).prop_map(|upload| format!("abort ^{upload}")),
        2 => (bucket(), key()).prop_map(|(bucket, key)| format!("get {bucket} {key}")),
        2 => (1..20u8).prop_map(|seconds| format!("+{seconds}s")),
        3 => prop::sample::select(seldom.to_vec()).prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Nothing panics, a blob is somebody's or freed once, and a restart, before and after cleaning, finds what was there.
    #[test]
    fn any_script_about_objects_keeps_all_promises(lines in prop::collection::vec(line(), 1..60)) {
        let mut story = Story::new();
        for line in ["bucket one", "bucket two", "queue q", "rule one q s3:ObjectRemoved:*"] {
            story.play(line);
        }
        for (number, line) in lines.iter().enumerate() {
            if story.knows(line) {
                story.play(line);
            }
            if number % 6 == 0 {
                story.world.verify();
            }
        }
        story.world.verify();
    }
}

/// Many writers, each of which replaces what it has read: of those who have read the same, exactly one wins.
#[test]
fn of_many_writers_exactly_one_wins_each_version() {
    let mut story = Story::new();
    for line in ["bucket one", "put one k v0"] {
        story.play(line);
    }
    for version in 0..20 {
        let writers = (0..8).map(|writer| story.play(&format!("put one k v{}w{writer} match=v{version}", version + 1)));
        let won: Vec<usize> =
            writers.enumerate().filter(|(_, answer)| answer == "ok").map(|(writer, _)| writer).collect();
        assert_eq!(won, [0]);
        story.play(&format!("put one k v{} match=v{}w0", version + 1, version + 1));
    }
    story.world.verify();
    assert_eq!(story.play("get one k"), "v20");
}
