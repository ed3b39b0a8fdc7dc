//! Published SDKs against the release binary.
