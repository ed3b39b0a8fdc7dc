//! Buckets and objects: content is durable, whole, and gone when nobody has it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bongsu_broker::{
    Account, BucketName, Caller, Client, Condition, Destination, EventOrigin, EventPattern, INLINE_BYTES_MAX,
    ListedPart, NotificationRule, ObjectKey, ObjectRejection, ObjectStatistics, PART_BYTES_MIN, Principal, Rejection,
    Tags, Text, UploadDraft, Wanted,
};
use bongsu_journal::disk::Disk;
use bongsu_journal::simulated::SimulatedDisk;
use bongsu_journal::{FaultyJournal, FileJournal, Journal, MemoryJournal, Options, Position};
use bongsu_runtime::{
    Blobs, Clock, Handle, ObjectCopy, ObjectMetrics, ObjectPut, ObjectWritten, Outside, READ_BYTES, Refusal, Staged,
    StartError, start,
};
use bytes::Bytes;
use tokio::task::yield_now;

use crate::cramped::Cramped;
use crate::world::{Setting, World, queue, settle};

const OWNER: Account = Account(0);
/// More than fits into a record.
const LARGE: usize = 3 * INLINE_BYTES_MAX + 17;

fn bucket() -> BucketName {
    BucketName::parse("photos").unwrap()
}

fn key(key: &str) -> ObjectKey {
    ObjectKey::parse(key).unwrap()
}

/// Bytes that differ from place to place and from seed to seed.
fn content(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..length).map(next).collect()
}

async fn staged(broker: &Handle, bytes: &[u8]) -> Result<Staged, Refusal> {
    let mut staging = broker.stage();
    for chunk in bytes.chunks(10_000) {
        staging.write(Bytes::copy_from_slice(chunk)).await?;
    }
    staging.finish().await
}

async fn put_if(broker: &Handle, name: &str, bytes: &[u8], condition: Condition) -> Result<ObjectWritten, Refusal> {
    let put = ObjectPut { condition, ..ObjectPut::default() };
    let staged = staged(broker, bytes).await?;
    broker.put_object(bucket(), key(name), staged, put, EventOrigin::default()).await
}

async fn put(broker: &Handle, name: &str, bytes: &[u8]) -> ObjectWritten {
    put_if(broker, name, bytes, Condition::None).await.unwrap()
}

async fn get(broker: &Handle, name: &str) -> Result<Vec<u8>, Refusal> {
    let object = broker.open_object(bucket(), key(name)).await?;
    read(&object, 0..u64::MAX).await
}

async fn read(object: &bongsu_runtime::OpenObject, range: std::ops::Range<u64>) -> Result<Vec<u8>, Refusal> {
    let (mut chunks, mut bytes) = (object.read(range), Vec::new());
    while let Some(chunk) = chunks.next().await? {
        assert!(!chunk.is_empty() && chunk.len() <= READ_BYTES);
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

async fn delete(broker: &Handle, name: &str) {
    broker.delete_object(bucket(), key(name), Condition::None, EventOrigin::default()).await.unwrap();
}

fn rejected<T: std::fmt::Debug>(result: Result<T, Refusal>) -> ObjectRejection {
    match result {
        Err(Refusal::Rejected(Rejection::Object(rejection))) => rejection,
        other => panic!("{other:?}"),
    }
}

/// The files of a directory, once there are so many: they go in the background.
async fn files(directory: &Path, count: usize) -> Vec<String> {
    let since = Instant::now();
    loop {
        let files = bongsu_journal::disk::SystemDisk.list(directory).unwrap();
        if files.len() == count {
            return files;
        }
        assert!(since.elapsed() < Duration::from_secs(20), "{} files instead of {count}", files.len());
        yield_now().await;
    }
}

async fn world(journal: &Arc<impl Journal>, directory: &Path) -> World {
    World::with(journal, Setting { blobs: Blobs::open(directory).unwrap(), ..Setting::default() }).await
}

async fn with_bucket(directory: &Path) -> (World, Arc<MemoryJournal>) {
    let journal = Arc::new(MemoryJournal::new());
    let world = world(&journal, directory).await;
    world.broker.create_bucket(bucket(), OWNER, Tags::new()).await.unwrap();
    (world, journal)
}

#[tokio::test]
async fn what_was_put_is_read_whole_and_in_ranges_also_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let (world, journal) = with_bucket(directory.path()).await;
    let lengths = [0, 1, INLINE_BYTES_MAX, INLINE_BYTES_MAX + 1, LARGE, 3 << 20];
    for length in lengths {
        let written = put(&world.broker, &length.to_string(), &content(length as u64, length)).await;
        assert_eq!(written.etag.parts, 0);
    }
    files(directory.path(), 3).await;
    // What was acknowledged is durable, however the process ends.
    world.shard.abort();

    let world = self::world(&Arc::new(journal.reopen()), directory.path()).await;
    for length in lengths {
        let expected = content(length as u64, length);
        let object = world.broker.open_object(bucket(), key(&length.to_string())).await.unwrap();
        assert_eq!((object.size(), object.record().content.size()), (length as u64, length as u64));
        assert_eq!(read(&object, 0..u64::MAX).await.unwrap(), expected);
        let ends = [0, 1, length / 2, length];
        for (from, to) in ends.iter().flat_map(|from| ends.map(|to| (*from, to))) {
            let range = expected.get(from..to.min(length)).unwrap_or_default();
            assert_eq!(read(&object, from as u64..to as u64).await.unwrap(), range, "{from}..{to} of {length}");
        }
        assert_eq!(object.part(1), Some(0..length as u64));
        assert_eq!(object.part(0).or(object.part(2)), None);
    }
    assert_eq!(rejected(get(&world.broker, "none").await), ObjectRejection::KeyDoesNotExist);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_that_began_goes_on_when_the_object_is_replaced_or_deleted() {
    let directory = tempfile::tempdir().unwrap();
    let (world, _) = with_bucket(directory.path()).await;
    let (old, new) = (content(1, LARGE), content(2, LARGE));
    put(&world.broker, "k", &old).await;
    let opened = world.broker.open_object(bucket(), key("k")).await.unwrap();
    let again = world.broker.open_object(bucket(), key("k")).await.unwrap();
    let mut chunks = opened.read(0..u64::MAX);
    put(&world.broker, "k", &new).await;
    assert_eq!(get(&world.broker, "k").await.unwrap(), new);
    delete(&world.broker, "k").await;
    // The new content goes at once; the old one when nobody reads it any more.
    files(directory.path(), 1).await;
    assert_eq!(read(&opened, 0..u64::MAX).await.unwrap(), old);
    drop((opened, again));
    let mut left = Vec::new();
    while let Some(chunk) = chunks.next().await.unwrap() {
        left.extend_from_slice(&chunk);
    }
    assert_eq!(left, old);
    drop(chunks);
    files(directory.path(), 0).await;
}

#[tokio::test]
async fn what_does_not_become_an_object_leaves_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let (world, _) = with_bucket(directory.path()).await;
    let large = content(1, LARGE);
    drop(staged(&world.broker, &large).await.unwrap());
    let mut begun = world.broker.stage();
    begun.write(Bytes::from(content(1, 2 << 20))).await.unwrap();
    drop(begun);
    let refused = put_if(&world.broker, "k", &large, Condition::Match(Text::from("x"))).await;
    assert_eq!(rejected(refused), ObjectRejection::KeyDoesNotExist);
    files(directory.path(), 0).await;
    put(&world.broker, "k", &large).await;
    files(directory.path(), 1).await;
}

#[tokio::test]
async fn a_put_goes_on_when_whoever_asked_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let journal = Arc::new(FaultyJournal::new(MemoryJournal::new()));
    let world = world(&journal, directory.path()).await;
    world.broker.create_bucket(bucket(), OWNER, Tags::new()).await.unwrap();
    journal.hold();
    // The second is refused, which nobody hears either.
    for number in 0..2 {
        let (broker, staged) = (world.broker.clone(), staged(&world.broker, &content(number, LARGE)).await.unwrap());
        let asking = tokio::spawn(async move {
            let put = ObjectPut { condition: Condition::Absent, ..ObjectPut::default() };
            broker.put_object(bucket(), key("k"), staged, put, EventOrigin::default()).await
        });
        settle().await;
        asking.abort();
        assert!(asking.await.unwrap_err().is_cancelled());
    }
    files(directory.path(), 2).await;
    journal.release();
    files(directory.path(), 1).await;
    assert_eq!(get(&world.broker, "k").await.unwrap(), content(0, LARGE));
}

#[tokio::test]
async fn a_start_removes_what_no_fact_names_and_misses_what_one_does() {
    let directory = tempfile::tempdir().unwrap();
    let (world, journal) = with_bucket(directory.path()).await;
    put(&world.broker, "k", &content(1, LARGE)).await;
    world.stop().await;
    let name = files(directory.path(), 1).await.remove(0);
    std::fs::write(directory.path().join(format!("{:032x}", 7)), b"staged, and then the process ended").unwrap();
    std::fs::write(directory.path().join("a stranger's"), b"").unwrap();

    let world = self::world(&Arc::new(journal.reopen()), directory.path()).await;
    assert!(files(directory.path(), 2).await.contains(&name));
    assert_eq!(get(&world.broker, "k").await.unwrap(), content(1, LARGE));
    world.stop().await;

    std::fs::remove_file(directory.path().join(&name)).unwrap();
    let outside = Outside { blobs: Blobs::open(directory.path()).unwrap(), ..Outside::default() };
    let options =
        bongsu_runtime::Options { clock: Clock::System, seed: [0; 32], recent_bytes_max: 0, faults: false, outside };
    match start(Arc::new(journal.reopen()), options).await.map(drop) {
        Err(StartError::BlobsMissing { first, count: 1 }) => assert_eq!(first, name),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_writers_that_read_the_same_exactly_one_wins() {
    let directory = tempfile::tempdir().unwrap();
    let (world, _) = with_bucket(directory.path()).await;
    put(&world.broker, "counter", b"0").await;
    // Each adds one, again and again, as if it were alone. Some of the content is large, so that puts overtake.
    const WRITERS: usize = 16;
    const TIMES: usize = 10;
    let writers = (0..WRITERS).map(|writer| {
        let broker = world.broker.clone();
        tokio::spawn(async move {
            for _ in 0..TIMES {
                loop {
                    let object = broker.open_object(bucket(), key("counter")).await.unwrap();
                    let text = String::from_utf8(read(&object, 0..u64::MAX).await.unwrap()).unwrap();
                    let next = text.trim_end().parse::<usize>().unwrap() + 1;
                    let bytes = next.to_string() + &" ".repeat(if writer % 4 == 0 { LARGE } else { 0 });
                    let condition = Condition::Match(Text::from(object.record().etag.to_string()));
                    match put_if(&broker, "counter", bytes.as_bytes(), condition).await {
                        Ok(_) => break,
                        refused => {
                            assert_eq!(rejected(refused), ObjectRejection::PreconditionFailed { if_none_match: false });
                        }
                    }
                }
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let text = String::from_utf8(get(&world.broker, "counter").await.unwrap()).unwrap();
    assert_eq!(text.trim_end(), (WRITERS * TIMES).to_string());
    let creators = (0..8).map(|_| {
        let broker = world.broker.clone();
        tokio::spawn(async move { put_if(&broker, "new", b"x", Condition::Absent).await.is_ok() })
    });
    let mut created = 0;
    for creator in creators.collect::<Vec<_>>() {
        created += usize::from(creator.await.unwrap());
    }
    assert_eq!(created, 1);
}

#[tokio::test]
async fn an_object_in_parts_is_read_as_one_and_copied_without_a_file_more() {
    let directory = tempfile::tempdir().unwrap();
    let (world, journal) = with_bucket(directory.path()).await;
    let broker = &world.broker;
    let upload = broker.begin_upload(bucket(), key("k"), UploadDraft::default()).await.unwrap();
    let contents = [content(1, PART_BYTES_MIN as usize), content(2, PART_BYTES_MIN as usize + 1), content(3, 10)];
    let mut listed = Vec::new();
    for (number, bytes) in (1..).zip(&contents) {
        let mut staging = broker.stage_part();
        staging.write(Bytes::copy_from_slice(bytes)).await.unwrap();
        let staged = staging.finish().await.unwrap();
        listed.push(ListedPart { number, md5: staged.md5() });
        broker.put_part(bucket(), key("k"), upload, number, staged, None).await.unwrap();
    }
    let empty = broker.stage_part().finish().await.unwrap();
    broker.put_part(bucket(), key("k"), upload, 9, empty, None).await.unwrap();
    assert_eq!(broker.list_parts(bucket(), key("k"), upload, 0, 10).await.unwrap().parts.len(), 4);
    let (condition, origin) = (Condition::Absent, EventOrigin::default());
    let written =
        broker.complete_upload(bucket(), key("k"), upload, listed, None, condition, origin.clone()).await.unwrap();
    assert_eq!(written.etag.parts, 3);
    files(directory.path(), 3).await;

    let whole = contents.concat();
    let object = broker.open_object(bucket(), key("k")).await.unwrap();
    assert_eq!(read(&object, 0..u64::MAX).await.unwrap(), whole);
    let seam = PART_BYTES_MIN - 5..PART_BYTES_MIN + 5;
    assert_eq!(read(&object, seam.clone()).await.unwrap(), whole[seam.start as usize..seam.end as usize]);
    assert_eq!(object.part(3), Some(whole.len() as u64 - 10..whole.len() as u64));
    let copied =
        broker.copy_object(&object, bucket(), key("copy"), ObjectCopy::default(), origin.clone()).await.unwrap();
    assert_eq!(copied.etag, written.etag);
    delete(broker, "k").await;
    assert_eq!(get(broker, "copy").await.unwrap(), whole);
    files(directory.path(), 3).await;
    // Of what is gone for everybody else, too, a copy can be made while it is open.
    delete(broker, "copy").await;
    broker.copy_object(&object, bucket(), key("late"), ObjectCopy::default(), origin).await.unwrap();
    drop(object);
    files(directory.path(), 1).await;
    world.stop().await;

    let world = self::world(&Arc::new(journal.reopen()), directory.path()).await;
    assert_eq!(get(&world.broker, "late").await.unwrap(), whole);
}

#[tokio::test]
async fn an_object_is_read_while_others_are_written_and_not_before_it_is_durable() {
    let directory = tempfile::tempdir().unwrap();
    let journal = Arc::new(FaultyJournal::new(MemoryJournal::new()));
    let world = world(&journal, directory.path()).await;
    world.broker.create_bucket(bucket(), OWNER, Tags::new()).await.unwrap();
    for name in ["still", "tagged", "replaced"] {
        put(&world.broker, name, b"old").await;
    }
    journal.hold();
    let asking = |name: &'static str| {
        let broker = world.broker.clone();
        tokio::spawn(async move { get(&broker, name).await })
    };
    let broker = world.broker.clone();
    let replacing = tokio::spawn(async move { put(&broker, "replaced", b"new").await });
    let broker = world.broker.clone();
    let tags = Tags::from([("a".into(), "b".into())]);
    let tagging = tokio::spawn(async move { broker.tag_object(bucket(), key("tagged"), tags).await });
    settle().await;
    assert_eq!(get(&world.broker, "still").await.unwrap(), b"old");
    let (replaced, tagged, missing) = (asking("replaced"), asking("tagged"), asking("missing"));
    settle().await;
    assert!(!replaced.is_finished() && !tagged.is_finished() && !missing.is_finished());
    journal.release();
    assert_eq!(replaced.await.unwrap().unwrap(), b"new");
    assert_eq!(tagged.await.unwrap().unwrap(), b"old");
    assert_eq!(rejected(missing.await.unwrap()), ObjectRejection::KeyDoesNotExist);
    replacing.await.unwrap();
    tagging.await.unwrap().unwrap();
}

#[tokio::test]
async fn many_deletes_are_one_sync_and_each_has_its_answer() {
    let directory = tempfile::tempdir().unwrap();
    let (world, _) = with_bucket(directory.path()).await;
    for name in ["a", "b", "c"] {
        put(&world.broker, name, name.as_bytes()).await;
    }
    let wrong = Condition::Match(Text::from("x"));
    let keys = vec![(key("a"), Condition::None), (key("none"), Condition::None), (key("b"), wrong)];
    let results = world.broker.delete_objects(bucket(), keys, EventOrigin::default()).await;
    assert!(results[..2].iter().all(Result::is_ok));
    assert_eq!(rejected(results[2].clone()), ObjectRejection::PreconditionFailed { if_none_match: false });
    let listed = world.broker.list_objects(bucket(), Wanted { max: 10, ..Wanted::default() }).await.unwrap();
    let keys: Vec<&str> = listed.objects.iter().map(|object| &*object.key).collect();
    assert_eq!(keys, ["b", "c"]);
}

#[tokio::test]
async fn a_queue_is_told_that_it_will_be_told_and_of_each_change() {
    let directory = tempfile::tempdir().unwrap();
    let (world, _) = with_bucket(directory.path()).await;
    world.create("q", &[]).await;
    let rule = |id: &str, events, prefix: &str| NotificationRule {
        id: id.into(),
        events: vec![events],
        prefix: prefix.into(),
        suffix: "".into(),
        target: Destination::Queue(queue("q")),
    };
    let rules = vec![rule("1", EventPattern::Created, "in/"), rule("2", EventPattern::Removed, "")];
    world.broker.set_notification_rules(bucket(), rules, true, EventOrigin::default()).await.unwrap();
    put(&world.broker, "in/a", b"1").await;
    put(&world.broker, "out/a", b"1").await;
    delete(&world.broker, "out/a").await;
    let metrics = world.broker.metrics().await.unwrap().objects;
    let statistics = ObjectStatistics { buckets: 1, objects: 1, bytes: 1, uploads: 0 };
    assert_eq!(metrics, ObjectMetrics { statistics, told: 2, told_in_vain: 0 });
    let told = world.receive("q").await;
    let told: Vec<&str> = told.iter().map(|message| &*message.content.body).collect();
    assert_eq!(told.len(), 3);
    assert!(told[0].contains(r#""Event":"s3:TestEvent""#));
    assert!(told[1].contains("ObjectCreated:Put") && told[1].contains(r#""key":"in/a""#));
    assert!(told[2].contains("ObjectRemoved:Delete") && told[2].contains(r#""key":"out/a""#));
    world.broker.delete_queue(queue("q")).await.unwrap();
    put(&world.broker, "in/b", b"1").await;
    assert_eq!(world.broker.metrics().await.unwrap().objects.told_in_vain, 1);
}

#[tokio::test]
async fn another_accounts_bucket_is_neither_read_nor_changed() {
    let directory = tempfile::tempdir().unwrap();
    let (world, _) = with_bucket(directory.path()).await;
    put(&world.broker, "k", b"mine").await;
    let principal = Principal::Account {
        account: "000000000008".into(),
        arn: "arn:aws:iam::000000000008:root".into(),
        user_id: "me".into(),
    };
    let client = Client { principal, account: Some(Account(8)), source_arn: None, source_account: None };
    let (client, region) = (Arc::new(client), "us-east-1".into());
    let caller = Caller::Client { client, operation: "GetObject", region, source_ip: None, secure_transport: false };
    let stranger = world.broker.on_behalf_of(caller);
    let refusals = [
        get(&stranger, "k").await.map(drop),
        put_if(&stranger, "k", b"theirs", Condition::None).await.map(drop),
        stranger.list_objects(bucket(), Wanted::default()).await.map(drop),
        stranger.delete_bucket(bucket()).await,
        stranger.create_bucket(BucketName::parse("for-another").unwrap(), OWNER, Tags::new()).await,
        stranger.list_buckets(OWNER, "", None, 10).await.map(drop),
    ];
    for refusal in refusals {
        assert!(matches!(refusal, Err(Refusal::Rejected(Rejection::AccessDenied { .. }))), "{refusal:?}");
    }
    // That a name is taken can be known, as with AWS.
    let taken = stranger.create_bucket(bucket(), Account(8), Tags::new()).await;
    assert_eq!(rejected(taken), ObjectRejection::BucketExists);
    assert_eq!(get(&world.broker, "k").await.unwrap(), b"mine");
}

const SEGMENT_BYTES: u64 = 512 << 10;

/// A world on a simulated disk, journal and blobs.
async fn on_simulated(disk: &SimulatedDisk) -> Result<World, String> {
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let options = Options { segment_bytes: SEGMENT_BYTES, disk: disk.clone(), ..Options::new("/journal") };
    let journal = FileJournal::open(options).map_err(|error| error.to_string())?;
    // Segments as small as a batch leave no room that could be promised.
    let journal = Arc::new(Cramped::over(Arc::new(journal), 1 << 40));
    let blobs = Blobs::on(disk, Path::new("/objects")).map_err(|error| error.to_string())?;
    Ok(World::with(&journal, Setting { blobs, segment_bytes: SEGMENT_BYTES, ..Setting::default() }).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_full_disk_does_not_take_is_refused_and_leaves_nothing() {
    let disk = SimulatedDisk::new(7);
    let world = on_simulated(&disk).await.unwrap();
    world.broker.create_bucket(bucket(), OWNER, Tags::new()).await.unwrap();
    put(&world.broker, "k", &content(1, LARGE)).await;
    let before = disk.files().len();
    disk.set_capacity(disk.files().iter().map(|file| disk.contents(file).unwrap().len() as u64).sum::<u64>() + 1000);
    let refused = put_if(&world.broker, "k", &content(2, LARGE), Condition::None).await;
    assert_eq!(refused, Err(Refusal::Rejected(Rejection::StorageFull)));
    assert_eq!(get(&world.broker, "k").await.unwrap(), content(1, LARGE));
    disk.set_capacity(u64::MAX);
    put(&world.broker, "k", &content(3, LARGE)).await;
    assert_eq!(get(&world.broker, "k").await.unwrap(), content(3, LARGE));
    let since = Instant::now();
    let blobs = || disk.files().iter().filter(|file| file.starts_with("/objects")).count();
    while blobs() > 1 {
        assert!(since.elapsed() < Duration::from_secs(20), "{} files, {before} before", blobs());
        yield_now().await;
    }
}

/// Of a content that is put while the power may go.
fn length_of(number: u64) -> usize {
    if number.is_multiple_of(3) { 100 } else { LARGE }
}

/// Writers of an object each put one content after the other, and the power goes at some moment: what was acknowledged is
/// there, or what was on its way, and always whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_power_cuts_at_any_moment() {
    for seed in 0..30 {
        let disk = SimulatedDisk::new(seed);
        let world = on_simulated(&disk).await.unwrap();
        world.broker.create_bucket(bucket(), OWNER, Tags::new()).await.unwrap();
        disk.fail_after(seed * 5);
        let writers = (0..3u64).map(|writer| {
            let broker = world.broker.clone();
            tokio::spawn(async move {
                let name = writer.to_string();
                let mut acknowledged = None;
                for number in writer * 1000.. {
                    match put_if(&broker, &name, &content(number, length_of(number)), Condition::None).await {
                        Ok(_) => acknowledged = Some(number),
                        Err(_) => return (acknowledged, number),
                    }
                }
                unreachable!("the power goes")
            })
        });
        let mut outcomes = Vec::new();
        for writer in writers.collect::<Vec<_>>() {
            outcomes.push(writer.await.unwrap());
        }
        world.shard.abort();
        disk.crash();

        let world = on_simulated(&disk).await.unwrap();
        for (writer, (acknowledged, last)) in outcomes.into_iter().enumerate() {
            let expected = |number: u64| content(number, length_of(number));
            match get(&world.broker, &writer.to_string()).await {
                Ok(found) => assert!(
                    acknowledged.is_some_and(|number| found == expected(number)) || found == expected(last),
                    "seed {seed}: another content"
                ),
                Err(refusal) => {
                    assert_eq!(acknowledged, None, "seed {seed}");
                    assert_eq!(rejected::<()>(Err(refusal)), ObjectRejection::KeyDoesNotExist);
                }
            }
        }
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_survive_any_amount_of_cleaning() {
    let (directory, blobs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let options = || Options { segment_bytes: SEGMENT_BYTES, ..Options::new(directory.path()) };
    let open = || Arc::new(Cramped::over(Arc::new(FileJournal::open(options()).unwrap()), 1 << 40));
    let setting = || {
        let blobs = Blobs::open(blobs.path()).unwrap();
        Setting { blobs, segment_bytes: SEGMENT_BYTES, recent_bytes_max: 0, ..Setting::default() }
    };
    let journal = open();
    let world = World::with(&journal, setting()).await;
    world.broker.create_bucket(bucket(), OWNER, Tags::new()).await.unwrap();
    put(&world.broker, "small", &content(1, 5_000)).await;
    put(&world.broker, "large", &content(2, LARGE)).await;
    world.broker.tag_object(bucket(), key("small"), Tags::from([("a".into(), "b".into())])).await.unwrap();
    let upload = world.broker.begin_upload(bucket(), key("parts"), UploadDraft::default()).await.unwrap();
    let part = world.broker.stage_part().finish().await.unwrap();
    world.broker.put_part(bucket(), key("parts"), upload, 1, part, None).await.unwrap();
    // A reader that is always in the middle of something meets cleaning now and then.
    let reading = tokio::spawn({
        let broker = world.broker.clone();
        async move {
            loop {
                assert_eq!(get(&broker, "small").await.unwrap(), content(1, 5_000));
            }
        }
    });
    let mut number = 0;
    while journal.span().start < Position(8 * SEGMENT_BYTES) {
        put(&world.broker, &(number % 10).to_string(), &content(number, 10_000)).await;
        number += 1;
    }
    reading.abort();
    assert!(reading.await.unwrap_err().is_cancelled());
    world.stop().await;
    drop(journal);

    let world = World::with(&open(), setting()).await;
    let small = world.broker.open_object(bucket(), key("small")).await.unwrap();
    assert_eq!(read(&small, 0..u64::MAX).await.unwrap(), content(1, 5_000));
    assert_eq!(small.record().tags, [("a".into(), "b".into())]);
    assert_eq!(get(&world.broker, "large").await.unwrap(), content(2, LARGE));
    assert_eq!(world.broker.list_parts(bucket(), key("parts"), upload, 0, 10).await.unwrap().parts.len(), 1);
    for number in number - 10..number {
        assert_eq!(get(&world.broker, &(number % 10).to_string()).await.unwrap(), content(number, 10_000));
    }
}
