//! Randomness as an argument: the caller seeds it, so a test repeats what it saw.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A seeded stream of random numbers.
pub struct Entropy(ChaCha8Rng);

impl Entropy {
    /// The same seed gives the same stream.
    pub fn from_seed(seed: [u8; 32]) -> Entropy {
        Entropy(ChaCha8Rng::from_seed(seed))
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A random (version 4) UUID as a number.
    pub fn next_uuid(&mut self) -> u128 {
        uuid(u128::from(self.next_u64()) << 64 | u128::from(self.next_u64()))
    }
}

/// These bits as a version 4 UUID.
pub(crate) fn uuid(bits: u128) -> u128 {
    (bits & !(0xf << 76) & !(0b11 << 62)) | 0x4 << 76 | 0b10 << 62
}
