//! Times as Step Functions and EventBridge tell them: seconds since 1970, to the millisecond.

use bongsu_broker::Timestamp;
use serde::{Serialize, Serializer};

/// A time of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time(pub(crate) Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far from 2^53")]
        serializer.serialize_f64(self.0.0 as f64 / 1000.0)
    }
}
