//! Records of the journal as bytes: what can be read can be written, and reads as the same.

use bongsu_broker::Recorded;
use bytes::Bytes;

/// Takes one record.
///
/// # Panics
///
/// If what was decoded does not survive being encoded.
pub fn facts(input: &[u8]) {
    let Ok(recorded) = Recorded::decode(Bytes::copy_from_slice(input)) else { return };
    let mut bytes = Vec::new();
    Recorded::encode(recorded.at, &recorded.fact, &mut bytes);
    // The bytes may be others: old kinds are written as their successors, and long numbers in their shortest form.
    assert_eq!(Recorded::decode(bytes.into()), Ok(recorded));
}
