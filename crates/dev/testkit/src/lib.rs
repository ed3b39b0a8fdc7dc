//! What tests share: the release binary as a child, a small HTTP client, signers.
