//! Memory that begins at a block boundary, as direct I/O asks.

use crate::disk::BLOCK_BYTES;

/// Zeroed bytes whose first one lies at a multiple of [`BLOCK_BYTES`].
#[derive(Debug)]
pub(super) struct AlignedBuffer {
    memory: Vec<u8>,
    start: usize,
    length: usize,
}

impl AlignedBuffer {
    pub(super) fn new(length: usize) -> AlignedBuffer {
        let memory = vec![0; length + BLOCK_BYTES];
        // Where alignment cannot be computed the file falls back to buffered writes.
        let start = Some(memory.as_ptr().align_offset(BLOCK_BYTES)).filter(|&start| start < BLOCK_BYTES).unwrap_or(0);
        AlignedBuffer { memory, start, length }
    }

    /// Sees to it that there are at least `length` bytes, and keeps the first `kept`.
    pub(super) fn grow(&mut self, length: usize, kept: usize) {
        if self.length < length {
            let mut larger = AlignedBuffer::new(length.next_power_of_two());
            larger.as_mut_slice()[..kept].copy_from_slice(&self.as_slice()[..kept]);
            *self = larger;
        }
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        &self.memory[self.start..][..self.length]
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.memory[self.start..][..self.length]
    }
}
