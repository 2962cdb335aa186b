//! A sample of rows that is the same whoever asks and in whatever order rows come: those whose keys
//! have the smallest digests.

use std::collections::BTreeMap;

use cart_schemas::digest::Digest;
use cart_storage::store::Row;

/// Some rows, at most so many.
#[derive(Debug)]
pub(super) struct Sample {
    size: usize,
    rows: BTreeMap<[u8; 16], Row>,
}

impl Sample {
    /// Of this many rows, if there are as many.
    pub(super) const fn of(size: usize) -> Self {
        Self { size, rows: BTreeMap::new() }
    }

    /// Takes a row, if it belongs to the sample.
    pub(super) fn offer(&mut self, row: Row) {
        self.rows.insert(*Digest::of(row.key.as_bytes()).as_bytes(), row);
        while self.rows.len() > self.size {
            self.rows.pop_last();
        }
    }

    /// The rows.
    pub(super) fn into_rows(self) -> impl Iterator<Item = Row> {
        self.rows.into_values()
    }
}

#[cfg(test)]
mod tests {
    use cart_schemas::timestamp::Timestamp;

    use super::*;

    fn keys(size: usize, numbers: impl Iterator<Item = u32>) -> Vec<String> {
        let mut sample = Sample::of(size);
        for number in numbers {
            let (key, ts) = (format!("user{number}"), Timestamp::default());
            sample.offer(Row { key, cell: bytes::Bytes::new(), ts });
        }
        sample.into_rows().map(|row| row.key).collect()
    }

    #[test]
    fn a_sample_is_the_same_in_any_order() {
        assert_eq!(keys(7, 0..100), keys(7, (0..100).rev()));
        assert_eq!(keys(7, 0..100).len(), 7);
        assert_eq!(keys(7, 0..3).len(), 3);
    }
}
