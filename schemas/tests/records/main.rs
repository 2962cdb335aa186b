//! Any record survives its cell, in every format; any other bytes are refused, and nothing else.

#![expect(clippy::unwrap_used, reason = "what a strategy makes is valid")]

use cart_schemas::record::{CartRecord, Format};
use proptest::prelude::*;

use self::cart::key;
use self::memory::record;

mod cart;
mod events;
mod memory;

proptest! {
    #[test]
    fn a_record_is_read_back_as_it_was_written(record in record()) {
        let cell = record.encode();

        let read = CartRecord::decode(&cell).unwrap();

        prop_assert_eq!(read.encode(), cell);
        prop_assert_eq!(read, record);
    }

    #[test]
    fn a_cart_is_read_without_its_memory_as_it_is_with_it(record in record()) {
        let snapshot = CartRecord::decode_snapshot(&key(), &record.encode()).unwrap();

        prop_assert_eq!(snapshot, record.snapshot(&key()));
    }

    #[test]
    fn a_record_cut_short_anywhere_or_with_bytes_behind_it_is_none(
        record in record(),
        more in any::<u8>(),
    ) {
        let mut cell = CartRecord { format: Format::Extended, ..record }.encode();

        for length in 0..cell.len() {
            prop_assert!(CartRecord::decode(&cell[..length]).is_err(), "{length}");
        }
        cell.push(more);
        prop_assert!(CartRecord::decode(&cell).is_err());
    }

    #[test]
    fn any_bytes_are_a_record_or_refused(
        format in 0..4u8,
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let cell = [&[format], &bytes[..]].concat();

        let read = CartRecord::decode(&cell);

        prop_assert!(read.is_err() || (1..=2).contains(&format));
    }

    #[test]
    fn a_record_with_other_bytes_in_it_is_another_or_none(
        record in record(),
        at in any::<prop::sample::Index>(),
        bytes in any::<[u8; 4]>(),
    ) {
        let record = CartRecord { format: Format::Extended, ..record };
        let mut cell = record.encode();
        let from = 1 + at.index(cell.len() - 1);
        cell.iter_mut().skip(from).zip(bytes).for_each(|(old, new)| *old = new);

        if let Ok(read) = CartRecord::decode(&cell) {
            prop_assert_eq!(CartRecord::decode(&read.encode()).unwrap(), read);
        }
    }
}

/// What nobody has seen, written out: format, life, version, ts, timer, cart, rare, memory.
const NOBODY: [u8; 14] = [3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

#[test]
fn an_unknown_format_number_or_state_is_refused() {
    let changed = |at: usize, byte: u8| {
        let mut cell = NOBODY;
        cell[at] = byte;
        CartRecord::decode(&cell)
    };

    let nobody = CartRecord { format: Format::Extended, ..CartRecord::default() };
    assert_eq!(nobody.encode(), NOBODY);
    assert!(CartRecord::decode(&NOBODY).is_ok());
    for (at, byte) in [(0, 0), (0, 4), (4, 2), (5, 2), (6, 2)] {
        assert!(changed(at, byte).is_err(), "{byte} at {at}");
    }
}

#[test]
fn a_length_that_lies_is_refused_and_reserves_nothing() {
    let endless = [&[0xff; 9][..], &[1]].concat();

    for list in [7, 10, 11, 12, 13] {
        let cell = [&NOBODY[..list], &endless, &NOBODY[list + 1..]].concat();

        assert!(CartRecord::decode(&cell).is_err(), "the list at {list}");
    }
}
