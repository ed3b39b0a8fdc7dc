//! The UUIDs by which clients know mappings: a mapping's number, spread over a UUID so that it can be found again.

use bongsu_broker::MappingId;

use crate::request_id::uuid_text;

/// How many of a UUID's last bits follow from the others.
const CHECK_BITS: u32 = 58;

/// The UUID of a mapping.
pub fn mapping_uuid(id: MappingId) -> String {
    let MappingId(number) = id;
    let (high, middle, low) = (number >> 16, number >> 4 & 0xfff, number & 0xf);
    // Version 4 and variant 1, between which a UUID has twelve bits, and behind which it has 62.
    let uuid = u128::from(high) << 80
        | 0x4 << 76
        | u128::from(middle) << 64
        | 0b10 << 62
        | u128::from(low) << CHECK_BITS
        | u128::from(check(number));
    String::from_utf8_lossy(&uuid_text(uuid)).into_owned()
}

/// The mapping of a UUID, if it is one of a mapping.
pub(super) fn mapping_of_uuid(text: &str) -> Option<MappingId> {
    let is_uuid = text.len() == 36 && [8, 13, 18, 23].iter().all(|dash| text.as_bytes()[*dash] == b'-');
    let uuid = u128::from_str_radix(&text.replace('-', ""), 16).ok().filter(|_| is_uuid)?;
    let bits = |from: u32, count: u32| (uuid >> from) as u64 & ((1 << count) - 1);
    let id = MappingId(bits(80, 48) << 16 | bits(64, 12) << 4 | bits(CHECK_BITS, 4));
    (mapping_uuid(id) == text.to_ascii_lowercase()).then_some(id)
}

/// An odd factor spreads the number over all bits.
fn check(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - CHECK_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_leads_back_to_its_mapping_and_no_other_does() {
        for number in [0, 1, 0xf, 0x10, 0xffff, u64::MAX, 0x0123_4567_89ab_cdef] {
            let uuid = mapping_uuid(MappingId(number));
            assert_eq!((uuid.len(), uuid.as_bytes()[14]), (36, b'4'));
            assert_eq!(mapping_of_uuid(&uuid), Some(MappingId(number)));
            assert_eq!(mapping_of_uuid(&uuid.to_uppercase()), Some(MappingId(number)));
            let other = format!("{}{}", &uuid[..35], if uuid.ends_with('0') { '1' } else { '0' });
            assert_eq!(mapping_of_uuid(&other), None);
        }
        for text in ["", "x", "00000000-0000-4000-8000-00000000000g", "00000000000040008000000000000000"] {
            assert_eq!(mapping_of_uuid(text), None);
        }
    }
}
