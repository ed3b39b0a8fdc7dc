//! The release binary killed at random moments.
