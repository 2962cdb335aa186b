//! Which partition a key belongs to: murmur2, as the Java client computes it.

use std::fmt;

/// A partition's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(u16);

impl Partition {
    /// The partition of this number.
    #[must_use]
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How many partitions a topic has; fixed for its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartitionCount(u16);

impl PartitionCount {
    /// One partition.
    pub const ONE: Self = Self(1);

    /// A count of at least one; `None` for 0.
    #[must_use]
    pub const fn new(count: u16) -> Option<Self> {
        if count == 0 { None } else { Some(Self(count)) }
    }

    /// The count.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Every partition, in order.
    pub fn partitions(self) -> impl Iterator<Item = Partition> {
        (0..self.0).map(Partition)
    }

    /// The partition of `key`: `toPositive(murmur2(key)) % count`.
    #[must_use]
    pub fn partition_of(self, key: &[u8]) -> Partition {
        let positive = murmur2(key) & 0x7fff_ffff;
        // A remainder of a u16 fits one.
        Partition(u16::try_from(positive % u32::from(self.0)).unwrap_or(0))
    }
}

/// `MurmurHash2` with the seed and the byte order of `org.apache.kafka.common.utils.Utils`.
fn murmur2(data: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let (words, tail) = data.as_chunks::<4>();
    let mut hash = SEED ^ length;
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k = (k ^ (k >> 24)).wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ k;
    }
    if !tail.is_empty() {
        let last = tail.iter().rev().fold(0, |word, byte| (word << 8) | u32::from(*byte));
        hash = (hash ^ last).wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with the real `kafka-clients` jar; see `golden/Murmur2Vectors.java`.
    const VECTORS: &str = include_str!("../golden/murmur2.tsv");

    #[test]
    fn keys_land_where_the_java_client_puts_them() {
        let mut checked = 0;
        for line in VECTORS.lines() {
            let mut fields = line.split('\t');
            let key = fields.next().unwrap();
            let count = PartitionCount::new(fields.next().unwrap().parse().unwrap()).unwrap();
            let expected: u16 = fields.next().unwrap().parse().unwrap();

            assert_eq!(count.partition_of(key.as_bytes()).number(), expected, "{key:?}");
            checked += 1;
        }
        assert!(checked >= 1_000, "only {checked} vectors");
    }
}
