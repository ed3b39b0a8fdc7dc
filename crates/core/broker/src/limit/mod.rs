//! Limits on calls by key: what is known of each, who waits for it, and whose turn it is.

/// What has a limit: a key within a scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LimitKey {
    /// Whose limit: `pipe/NAME`, `mapping/UUID`, `machine/NAME/STATE`, `destination/NAME`, `http/CONNECTION/ORIGIN`,
    /// `subscription/ID`.
    pub scope: Box<str>,
    /// Which of its calls share it; empty where all do.
    pub key: Box<str>,
}
