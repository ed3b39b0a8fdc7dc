#!/usr/bin/env bash
# Files and folders in buckets with the AWS CLI, as one types it; links with curl.
source "$(dirname "$0")/under_test.sh"

cd "$(mktemp -d)"
bucket=files
aws s3 mb "s3://$bucket" > /dev/null
same "the buckets" "$(aws s3 ls | cut -d ' ' -f 3)" "$bucket"

# In parts, as it is larger than 8 MiB.
head -c 30000000 /dev/urandom > large
aws s3 cp --only-show-errors large "s3://$bucket/folder/large"
etag=$(aws s3api head-object --bucket "$bucket" --key folder/large --query '[ContentLength, ETag]' --output text)
[[ "$etag" == $'30000000\t"'*'-4"' ]] || fail "four parts: $etag"
aws s3 cp --only-show-errors "s3://$bucket/folder/large" back
cmp large back || fail "the large file came back changed"
aws s3 cp --only-show-errors "s3://$bucket/folder/large" "s3://$bucket/copied"
aws s3 cp --only-show-errors "s3://$bucket/copied" - | cmp - large || fail "the copy is another"
printf 'from a pipe' | aws s3 cp - "s3://$bucket/piped"
same "what is streamed" "$(aws s3 cp "s3://$bucket/piped" -)" "from a pipe"

mkdir -p tree/a/b "tree/with space" && echo 1 > tree/one && echo 2 > tree/a/b/two && echo 3 > "tree/with space/세+3.txt"
aws s3 sync --only-show-errors tree "s3://$bucket/tree"
same "nothing to do" "$(aws s3 sync tree "s3://$bucket/tree")" ""
listed=$(aws s3 ls --recursive "s3://$bucket/tree/" | cut -c 32-)
same "the tree" "$listed" $'tree/a/b/two\ntree/one\ntree/with space/세+3.txt'
same "a folder" "$(aws s3 ls "s3://$bucket/tree/" | tr -s ' ' | cut -d ' ' -f 2-3 | head -1)" "PRE a/"
aws s3 sync --only-show-errors "s3://$bucket/tree" again
diff -r tree again || fail "the tree came back changed"
rm tree/one
aws s3 sync --only-show-errors --delete tree "s3://$bucket/tree"
aws s3api head-object --bucket "$bucket" --key tree/one > /dev/null 2>&1 && fail "it was to be deleted"
aws s3 mv --only-show-errors "s3://$bucket/piped" "s3://$bucket/moved"
same "what was moved" "$(aws s3 cp "s3://$bucket/moved" -)" "from a pipe"

# s3api: a condition, a range, labels.
echo -n first > body
etag=$(aws s3api put-object --bucket "$bucket" --key state --body body --if-none-match '*' --query ETag --output text)
refused=$(aws s3api put-object --bucket "$bucket" --key state --body body --if-none-match '*' 2>&1) &&
    fail "it is there already"
[[ "$refused" == *"PreconditionFailed"* ]] || fail "refused otherwise: $refused"
aws s3api put-object --bucket "$bucket" --key state --body body --if-match "$etag" > /dev/null
aws s3api get-object --bucket "$bucket" --key state --range bytes=1-3 part > /dev/null
same "the range" "$(cat part)" irs
aws s3api put-object-tagging --bucket "$bucket" --key state --tagging 'TagSet=[{Key=a,Value=1}]'
label=$(aws s3api get-object-tagging --bucket "$bucket" --key state --query 'TagSet[0].Value' --output text)
same "the label" "$label" 1

# A link that anybody may follow.
link=$(aws s3 presign "s3://$bucket/state")
same "what is behind the link" "$(curl -sf "$link")" first
same "a part of it" "$(curl -sf -r 0-1 "$link")" fi
same "its head" "$(curl -sfI -X HEAD "$AWS_ENDPOINT_URL/$bucket/state" | tr -d '\r' | grep -i '^etag')" "etag: $etag"
curl -sf -T body "$AWS_ENDPOINT_URL/$bucket/put%20by%20curl" || fail "curl could not put"
same "what curl put" "$(aws s3 cp "s3://$bucket/put by curl" -)" first
same "what is missing" "$(curl -s "$AWS_ENDPOINT_URL/$bucket/none" | grep -o '<Code>[^<]*')" "<Code>NoSuchKey"

aws s3 rm --only-show-errors --recursive "s3://$bucket"
aws s3 rb "s3://$bucket" > /dev/null
same "no buckets" "$(aws s3 ls)" ""
