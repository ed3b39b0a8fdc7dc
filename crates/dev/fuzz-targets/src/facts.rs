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
    // Numbers that were longer than need be come out shorter; never the other way.
    assert!(bytes.len() <= input.len(), "{} bytes became {}", input.len(), bytes.len());
    assert_eq!(Recorded::decode(bytes.into()), Ok(recorded));
}
