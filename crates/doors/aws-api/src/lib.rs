//! Speaks the AWS APIs: a file an operation, two protocols from one set of shapes.

pub mod attributes_digest;
pub mod characters;
pub mod codec;
pub mod error;
pub mod message_attributes;
pub mod sigv4;
