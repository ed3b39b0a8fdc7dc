//! The file engine: what it refuses to open, and what it does when the disk fails.
