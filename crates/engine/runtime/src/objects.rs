//! The doors' side of the shard, for buckets and objects: one method a command.

use bongsu_broker::{
    Account, BucketDefinition, BucketName, Checksum, Command, Condition, ContentDraft, Destination, ETag, EventOrigin,
    INLINE_BYTES_MAX, ListedBucket, ListedPart, NotificationRule, ObjectChanged, ObjectCommand, ObjectContent,
    ObjectDraft, ObjectKey, ObjectPage, ObjectProperties, ObjectRejection, ObjectReply, PartDraft, PartPage, Rejection,
    Reply, Tags, Timestamp, UploadDraft, UploadId, UploadMarker, UploadPage, Wanted,
};

use crate::blobs::NewBlob;
use crate::open_object::OpenObject;
use crate::shard::{Held, Shard};
use crate::staging::{Staged, Staging};
use crate::{Handle, Refusal};

/// What is put besides the content.
#[derive(Clone, Debug, Default)]
pub struct ObjectPut {
    /// What is said about the object.
    pub properties: ObjectProperties,
    /// One, if any came. It has been compared.
    pub checksum: Option<Checksum>,
    /// Its labels.
    pub tags: Tags,
    /// What must be so.
    pub condition: Condition,
}

/// What is to be otherwise with a copy than with its source.
#[derive(Clone, Debug, Default)]
pub struct ObjectCopy {
    /// What is said about it; as about the source, if none.
    pub properties: Option<ObjectProperties>,
    /// Its labels; the source's, if none.
    pub tags: Option<Tags>,
    /// What must be so where the copy goes.
    pub condition: Condition,
}

/// An object that is there now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectWritten {
    /// What changes with its content.
    pub etag: ETag,
    /// When it was written.
    pub modified_at: Timestamp,
}

impl Shard {
    /// Has blobs that nobody has any more removed, once the facts that let go of them are durable.
    pub(crate) fn remove_freed_blobs(&mut self) {
        let freed = self.broker.take_freed_blobs();
        if !freed.is_empty() {
            self.hold(Held::Freed(freed));
        }
    }
}

impl Handle {
    pub(crate) async fn ask_object(&self, command: ObjectCommand) -> Result<ObjectReply, Refusal> {
        match self.ask(Command::Object(Box::new(command)), None).await? {
            Reply::Object(reply) => Ok(reply),
            other => unreachable!("the object store answered {other:?}"),
        }
    }

    /// Asks with a new blob, which is kept unless it is certain that no fact names it. Goes on when the caller is gone:
    /// otherwise nobody would know.
    async fn ask_with(&self, blob: Option<NewBlob>, command: ObjectCommand) -> Result<Reply, Refusal> {
        let command = Command::Object(Box::new(command));
        let Some(blob) = blob else { return self.ask(command, None).await };
        let handle = self.clone();
        let asking = tokio::spawn(async move {
            let answer = handle.ask(command, None).await;
            if !matches!(answer, Err(Refusal::Rejected(_))) {
                blob.keep();
            }
            answer
        });
        asking.await.map_err(|_| Refusal::Unavailable)?
    }

    async fn write_object(&self, blob: Option<NewBlob>, command: ObjectCommand) -> Result<ObjectWritten, Refusal> {
        match self.ask_with(blob, command).await? {
            Reply::Object(ObjectReply::Changed(ObjectChanged { etag: Some(etag), modified_at, .. })) => {
                Ok(ObjectWritten { etag, modified_at })
            }
            other => unreachable!("a write of an object answered {other:?}"),
        }
    }

    async fn do_object(&self, command: ObjectCommand) -> Result<(), Refusal> {
        self.ask_done(Command::Object(Box::new(command))).await
    }

    /// Makes a bucket.
    pub async fn create_bucket(&self, bucket: BucketName, owner: Account, tags: Tags) -> Result<(), Refusal> {
        self.do_object(ObjectCommand::CreateBucket { bucket, owner, tags }).await
    }

    /// Deletes a bucket without objects, and its unfinished uploads.
    pub async fn delete_bucket(&self, bucket: BucketName) -> Result<(), Refusal> {
        self.do_object(ObjectCommand::DeleteBucket { bucket }).await
    }

    /// Everything about a bucket.
    pub async fn describe_bucket(&self, bucket: BucketName) -> Result<BucketDefinition, Refusal> {
        match self.ask_object(ObjectCommand::DescribeBucket { bucket }).await? {
            ObjectReply::Bucket(definition) => Ok(*definition),
            other => unreachable!("DescribeBucket answered {other:?}"),
        }
    }

    /// The account's buckets in order that start with `prefix` and come after `after`, at most `max`.
    pub async fn list_buckets(
        &self,
        owner: Account,
        prefix: &str,
        after: Option<&str>,
        max: usize,
    ) -> Result<Vec<ListedBucket>, Refusal> {
        let (prefix, after) = (prefix.into(), after.map(Box::from));
        match self.ask_object(ObjectCommand::ListBuckets { owner, prefix, after, max }).await? {
            ObjectReply::Buckets(buckets) => Ok(buckets),
            other => unreachable!("ListBuckets answered {other:?}"),
        }
    }

    /// Gives a bucket these tags, and no others.
    pub async fn set_bucket_tags(&self, bucket: BucketName, tags: Tags) -> Result<(), Refusal> {
        self.do_object(ObjectCommand::SetBucketTags { bucket, tags }).await
    }

    /// Gives a bucket these rules, and no others. With `validate`, only if all targets can be told, and each queue and
    /// topic is, by a test event.
    pub async fn set_notification_rules(
        &self,
        bucket: BucketName,
        rules: Vec<NotificationRule>,
        validate: bool,
        origin: EventOrigin,
    ) -> Result<(), Refusal> {
        let mut targets: Vec<Destination> = Vec::new();
        for rule in rules.iter().filter(|_| validate) {
            let is_to_be_told = !matches!(rule.target, Destination::Function(_)) && !targets.contains(&rule.target);
            targets.extend(is_to_be_told.then(|| rule.target.clone()));
        }
        let region = (*origin.region).into();
        let command = ObjectCommand::SetNotificationRules { bucket: bucket.clone(), rules, validate, region };
        self.do_object(command).await?;
        for target in targets {
            let (bucket, origin) = (bucket.clone(), origin.clone());
            // The rules are set, and a target that went away in between is no reason to say otherwise.
            match self.do_object(ObjectCommand::SendTestEvent { bucket, target, origin }).await {
                Ok(()) | Err(Refusal::Rejected(_)) => {}
                Err(Refusal::Unavailable) => return Err(Refusal::Unavailable),
            }
        }
        Ok(())
    }

    /// Takes the content of an object.
    pub fn stage(&self) -> Staging {
        Staging::new(self.blobs.clone(), Some(INLINE_BYTES_MAX))
    }

    /// Takes the content of a part: always a blob, because the object takes it over as it is.
    pub fn stage_part(&self) -> Staging {
        Staging::new(self.blobs.clone(), None)
    }

    /// Puts an object; durable when this returns, together with what tells of it.
    pub async fn put_object(
        &self,
        bucket: BucketName,
        key: ObjectKey,
        staged: Staged,
        put: ObjectPut,
        origin: EventOrigin,
    ) -> Result<ObjectWritten, Refusal> {
        let etag = ETag::of_whole(staged.md5());
        let (content, blob) = staged.into_draft();
        let ObjectPut { properties, checksum, tags, condition } = put;
        let draft = ObjectDraft { content, etag, properties, checksum, tags, is_copy: false };
        self.write_object(blob, ObjectCommand::PutObject { bucket, key, draft, condition, origin }).await
    }

    /// Puts an object with the content, the ETag and the checksum of another, whose blobs both have from then on.
    pub async fn copy_object(
        &self,
        source: &OpenObject,
        bucket: BucketName,
        key: ObjectKey,
        copy: ObjectCopy,
        origin: EventOrigin,
    ) -> Result<ObjectWritten, Refusal> {
        let record = source.record();
        let content = match &record.content {
            ObjectContent::Inline(bytes) => ContentDraft::Inline(bytes.clone()),
            ObjectContent::Blobs(segments) => ContentDraft::Shared(segments.clone()),
        };
        let mut draft = ObjectDraft {
            content,
            etag: record.etag,
            properties: copy.properties.unwrap_or_else(|| record.properties.clone()),
            checksum: record.checksum.clone(),
            tags: copy.tags.unwrap_or_else(|| record.tags.iter().cloned().collect()),
            is_copy: true,
        };
        let condition = copy.condition;
        let put = |draft| {
            let (bucket, key) = (bucket.clone(), key.clone());
            ObjectCommand::PutObject { bucket, key, draft, condition: condition.clone(), origin: origin.clone() }
        };
        match self.write_object(None, put(draft.clone())).await {
            Err(Refusal::Rejected(Rejection::Object(ObjectRejection::ContentGone))) => {}
            outcome => return outcome,
        }
        // The source has gone meanwhile, but what was opened can still be read.
        let (mut staging, mut chunks) = (self.stage_part(), source.read(0..source.size()));
        while let Some(chunk) = chunks.next().await? {
            staging.write(chunk).await?;
        }
        let (content, blob) = staging.finish().await?.into_draft();
        draft.content = content;
        self.write_object(blob, put(draft)).await
    }

    /// Deletes an object; without a condition, one that is not there does not matter.
    pub async fn delete_object(
        &self,
        bucket: BucketName,
        key: ObjectKey,
        condition: Condition,
        origin: EventOrigin,
    ) -> Result<(), Refusal> {
        self.do_object(ObjectCommand::DeleteObject { bucket, key, condition, origin }).await
    }

    /// Deletes objects, each by itself. One result a key.
    pub async fn delete_objects(
        &self,
        bucket: BucketName,
        keys: Vec<(ObjectKey, Condition)>,
        origin: EventOrigin,
    ) -> Vec<Result<(), Refusal>> {
        let mut answers = Vec::with_capacity(keys.len());
        for (key, condition) in keys {
            let (bucket, origin) = (bucket.clone(), origin.clone());
            let command = ObjectCommand::DeleteObject { bucket, key, condition, origin };
            answers.push(self.begin_asking(Command::Object(Box::new(command))).await);
        }
        let mut results = Vec::with_capacity(answers.len());
        for answer in answers {
            results.push(match answer {
                Ok(answer) => answer.await.map(drop),
                Err(refusal) => Err(refusal),
            });
        }
        results
    }

    /// Gives an object these tags, and no others.
    pub async fn tag_object(&self, bucket: BucketName, key: ObjectKey, tags: Tags) -> Result<(), Refusal> {
        self.do_object(ObjectCommand::TagObject { bucket, key, tags }).await
    }

    /// Lists objects in the order of their keys.
    pub async fn list_objects(&self, bucket: BucketName, wanted: Wanted) -> Result<ObjectPage, Refusal> {
        match self.ask_object(ObjectCommand::ListObjects { bucket, wanted }).await? {
            ObjectReply::Objects(page) => Ok(page),
            other => unreachable!("ListObjects answered {other:?}"),
        }
    }

    /// Begins to put an object in parts.
    pub async fn begin_upload(
        &self,
        bucket: BucketName,
        key: ObjectKey,
        draft: UploadDraft,
    ) -> Result<UploadId, Refusal> {
        match self.ask_object(ObjectCommand::BeginUpload { bucket, key, draft }).await? {
            ObjectReply::UploadBegan(id) => Ok(id),
            other => unreachable!("BeginUpload answered {other:?}"),
        }
    }

    /// Puts a part, whose ETag is its MD5, in the place of the one with that number. `staged` comes from
    /// [`Handle::stage_part`].
    pub async fn put_part(
        &self,
        bucket: BucketName,
        key: ObjectKey,
        upload: UploadId,
        number: u32,
        staged: Staged,
        checksum: Option<Checksum>,
    ) -> Result<(), Refusal> {
        let md5 = staged.md5();
        let (ContentDraft::Staged(segment), blob) = staged.into_draft() else {
            panic!("a part was staged as an object");
        };
        let part = PartDraft { segment, md5, checksum };
        self.ask_with(blob, ObjectCommand::PutPart { bucket, key, upload, number, part }).await.map(drop)
    }

    /// The parts of an upload with numbers above `after`, at most `max`.
    pub async fn list_parts(
        &self,
        bucket: BucketName,
        key: ObjectKey,
        upload: UploadId,
        after: u32,
        max: usize,
    ) -> Result<PartPage, Refusal> {
        match self.ask_object(ObjectCommand::ListParts { bucket, key, upload, after, max }).await? {
            ObjectReply::Parts(page) => Ok(page),
            other => unreachable!("ListParts answered {other:?}"),
        }
    }

    /// Puts an object together from these parts, and lets go of the others.
    pub async fn complete_upload(
        &self,
        bucket: BucketName,
        key: ObjectKey,
        upload: UploadId,
        parts: Vec<ListedPart>,
        checksum: Option<Checksum>,
        condition: Condition,
        origin: EventOrigin,
    ) -> Result<ObjectWritten, Refusal> {
        let command = ObjectCommand::CompleteUpload { bucket, key, upload, parts, checksum, condition, origin };
        self.write_object(None, command).await
    }

    /// Lets go of an upload and its parts.
    pub async fn abort_upload(&self, bucket: BucketName, key: ObjectKey, upload: UploadId) -> Result<(), Refusal> {
        self.do_object(ObjectCommand::AbortUpload { bucket, key, upload }).await
    }

    /// Unfinished uploads whose keys begin with `prefix` and that come after `after`, at most `max`.
    pub async fn list_uploads(
        &self,
        bucket: BucketName,
        prefix: &str,
        after: Option<UploadMarker>,
        max: usize,
    ) -> Result<UploadPage, Refusal> {
        match self.ask_object(ObjectCommand::ListUploads { bucket, prefix: prefix.into(), after, max }).await? {
            ObjectReply::Uploads(page) => Ok(page),
            other => unreachable!("ListUploads answered {other:?}"),
        }
    }
}
