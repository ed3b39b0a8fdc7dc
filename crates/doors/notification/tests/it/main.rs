//! Notifications as a subscriber sees them: the bytes, the signatures, the key on disk.

mod key_file;
mod rendering;
mod signing;
mod verifier;
