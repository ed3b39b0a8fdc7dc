//! Speaks the AWS APIs: a file an operation, two protocols from one set of shapes.

pub mod codec;
pub mod error;
