//! What the fuzzers found worth keeping is tried on every build: the properties hold of it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a corpus that cannot be read fails"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cart_properties::{ALL, holds};
use proptest::prelude::*;
use proptest::sample::Index;

/// A corpus is part of the source: large enough to reach every branch, small enough to keep.
const BYTES_MAX: u64 = 200_000;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(fuzz().join(folder)).unwrap();
    entries
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_property_has_a_fuzzer_and_a_corpus_and_there_are_no_others() {
    let all: BTreeSet<String> = ALL.iter().map(|(name, _)| (*name).to_owned()).collect();

    assert_eq!(names("fuzz_targets"), all);
    assert_eq!(names("corpus"), all);
}

/// All that is kept for a property.
fn kept(name: &str) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(fuzz().join("corpus").join(name)).unwrap();
    entries.map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect()
}

/// One change of some bytes: another one, one less, or one more.
fn change(bytes: &mut Vec<u8>, (place, byte, how): &(Index, u8, u8)) {
    let place = place.index(bytes.len() + 1);
    match (how % 3, place == bytes.len()) {
        (0, false) => bytes[place] = *byte,
        (1, false) => drop(bytes.remove(place)),
        _ => bytes.insert(place, *byte),
    }
}

proptest! {
    #[test]
    fn every_property_holds_of_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        ALL.iter().for_each(|(_, property)| property(&bytes));
    }

    #[test]
    fn every_property_holds_of_what_is_kept_with_changes_in_it(
        file in any::<Index>(),
        changes in prop::collection::vec((any::<Index>(), any::<u8>(), any::<u8>()), 1..8),
    ) {
        for (name, property) in ALL {
            let mut bytes = file.get(&kept(name)).clone();
            changes.iter().for_each(|one| change(&mut bytes, one));
            property(&bytes);
        }
    }
}

#[test]
fn every_property_holds_of_all_that_is_kept() {
    for (name, _) in ALL {
        let (mut files, mut bytes) = (0, 0);
        for kept in kept(name) {
            holds(name, &kept);
            files += 1;
            bytes += u64::try_from(kept.len()).unwrap();
        }
        assert!(files >= 10 && bytes <= BYTES_MAX, "{name}: {files} files of {bytes} bytes");
    }
}
