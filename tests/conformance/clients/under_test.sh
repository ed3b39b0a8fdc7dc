# What the scripts share: a way to fail, and the command under test as one types it.
set -euo pipefail

fail() { echo "failed: $1" >&2; exit 1; }
# Version 1 has an endpoint of its own for SQS, which goes before the environment's.
aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
same() { [[ "$2" == "$3" ]] || fail "$1: expected '$3', got '$2'"; }
attribute() {
    aws sqs get-queue-attributes --queue-url "$1" --attribute-names "$2" --query "Attributes.$2" --output text
}
# Waits until a function has printed a text.
printed() {
    for _ in $(seq 60); do
        [[ -z "$(aws logs filter-log-events --log-group-name "/aws/lambda/$1" --filter-pattern "\"$2\"" \
            --query 'events[].message' --output text)" ]] || return 0
    done
    fail "$1 has not printed $2"
}
