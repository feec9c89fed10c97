//! 128-bit fingerprints of canonical values, seeded per comparison so that nobody can prepare
//! collisions. Results never depend on the seed: order comes from row numbers.

use std::hash::{BuildHasher, RandomState};

use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::Canon;

/// The fingerprint of a canonical value; a blank is 0.
pub(crate) type Digest = u128;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Seed(u64);

const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
const MIX: u64 = 0xD6E8_FEB8_6659_FD93;

impl Seed {
    pub(crate) fn random() -> Self {
        Self(RandomState::new().hash_one(ODD))
    }

    pub(crate) fn digest(self, canon: &Canon<'_>) -> Digest {
        match canon {
            Canon::Blank => 0,
            Canon::Number(value) => self.number(*value),
            Canon::Text(text) => self.bytes(text.as_bytes(), 1),
            Canon::Bool(value) => self.bytes(&[u8::from(*value)], 2),
            Canon::Error(code) => self.bytes(code.as_bytes(), 3),
        }
    }

    /// Of a number that is canonical already.
    pub(crate) fn number(self, value: f64) -> Digest {
        // A negative zero is not canonical, but costs nothing here.
        let bits = (value + 0.0).to_bits();
        let low = fold(bits ^ self.0, MIX);
        let high = fold(bits.rotate_left(32) ^ self.0.rotate_left(17), ODD);
        (u128::from(high) << 64 | u128::from(low)) | 1
    }

    fn bytes(self, bytes: &[u8], domain: u64) -> Digest {
        xxh3_128_with_seed(bytes, self.0.wrapping_add(domain.wrapping_mul(ODD))) | 1
    }

    /// Digests of several values, in order: ("a", "bc") is not ("ab", "c").
    pub(crate) fn join(self, digest: Digest, next: Digest) -> Digest {
        let low = fold(digest as u64 ^ MIX, next as u64 ^ self.0);
        let high = fold(
            (digest >> 64) as u64 ^ ODD,
            (next >> 64) as u64 ^ self.0.rotate_left(9),
        );
        let low = low.wrapping_add((digest >> 64) as u64).rotate_left(23);
        u128::from(high.wrapping_add(next as u64)) << 64 | u128::from(low)
    }

    /// One cell's share of its row's fingerprint: shares are added up, blanks have none.
    pub(crate) fn share(self, digest: Digest, column: u32, kind: u8) -> Digest {
        if digest == 0 {
            return 0;
        }
        let place = (u64::from(column) << 8 | u64::from(kind)).wrapping_mul(ODD) ^ self.0;
        let (high, low) = ((digest >> 64) as u64, digest as u64);
        let one = fold(low ^ place, high ^ MIX);
        let other = fold(high ^ place.rotate_left(32), low ^ ODD);
        u128::from(one) << 64 | u128::from(other)
    }
}

/// Both halves of the product, so that every input bit reaches every output bit.
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right | 1);
    (product as u64) ^ (product >> 64) as u64
}
