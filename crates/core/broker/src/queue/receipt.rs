//! Receipt handles: which receive of which message of which queue.

use bytes::{Buf, Bytes};

use crate::QueueId;

/// What a consumer gets with a message, and gives back to delete it or to change its visibility.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptHandle {
    /// The queue that handed the message out.
    pub queue: QueueId,
    /// The message's sequence number in that queue.
    pub sequence: u64,
    /// The message's receive count at that receive: the handle is current while it still is.
    pub receive_count: u32,
}

/// The byte length of a handle before the door encodes it as text.
const RECEIPT_BYTES: usize = 25;
const VERSION: u8 = 1;

impl ReceiptHandle {
    /// The handle as bytes, with a checksum that tells a typing error from an old handle.
    pub fn to_bytes(self) -> [u8; RECEIPT_BYTES] {
        let mut bytes = [VERSION; RECEIPT_BYTES];
        bytes[1..9].copy_from_slice(&self.queue.0.to_be_bytes());
        bytes[9..17].copy_from_slice(&self.sequence.to_be_bytes());
        bytes[17..21].copy_from_slice(&self.receive_count.to_be_bytes());
        let check = checksum(&bytes[..21]);
        bytes[21..].copy_from_slice(&check);
        bytes
    }

    /// Reads a handle back; `None` for anything that `to_bytes` did not make.
    pub fn from_bytes(bytes: &[u8]) -> Option<ReceiptHandle> {
        if bytes.len() != RECEIPT_BYTES || bytes[0] != VERSION || checksum(&bytes[..21]) != bytes[21..] {
            return None;
        }
        let mut rest = Bytes::copy_from_slice(&bytes[1..21]);
        Some(ReceiptHandle { queue: QueueId(rest.get_u64()), sequence: rest.get_u64(), receive_count: rest.get_u32() })
    }
}

/// FNV-1a: against accidents only; a handle is no secret, the caller's identity is what protects a queue.
fn checksum(bytes: &[u8]) -> [u8; 4] {
    bytes.iter().fold(0x811c_9dc5u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_survives_its_bytes_and_no_changed_byte_does() {
        let handle = ReceiptHandle { queue: QueueId(77), sequence: 5, receive_count: 3 };
        let bytes = handle.to_bytes();
        assert_eq!(ReceiptHandle::from_bytes(&bytes), Some(handle));
        for place in 0..RECEIPT_BYTES {
            let mut changed = bytes;
            changed[place] ^= 1;
            assert_eq!(ReceiptHandle::from_bytes(&changed), None);
        }
        assert_eq!(ReceiptHandle::from_bytes(b"garbage"), None);
    }
}
