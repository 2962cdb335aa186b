//! What a file holds of a partition: which offsets, and whether more may come. It stands in the file's own
//! metadata, so that a file is whole by what it says and not by when it was written. Knows no folder.

use cart_storage::log::Bounds;
use parquet::file::metadata::KeyValue;

const FIRST: &str = "cartstream.first_offset";
const NEXT: &str = "cartstream.next_offset";
const HOUR: &str = "cartstream.hour";

/// Whether the log may still append to an hour of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    /// It may: nothing of a later hour was there when the file was written.
    Open,
    /// It may not: a record of a later hour follows.
    Ended,
}

/// The offsets `first..next` of a partition, all of one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) first: i64,
    pub(super) next: i64,
    pub(super) course: Course,
}

impl Extent {
    /// As a file's metadata has it.
    pub(super) fn told(self) -> [KeyValue; 3] {
        let course = match self.course {
            Course::Open => "open",
            Course::Ended => "ended",
        };
        let told = |key: &str, value: String| KeyValue::new(key.to_owned(), value);
        [
            told(FIRST, self.first.to_string()),
            told(NEXT, self.next.to_string()),
            told(HOUR, course.to_owned()),
        ]
    }

    /// Reads it back; `None` if the metadata has none.
    pub(super) fn read(told: &[KeyValue]) -> Option<Self> {
        let value = |key| told.iter().find(|pair| pair.key == key)?.value.as_deref();
        let course = match value(HOUR)? {
            "open" => Course::Open,
            "ended" => Course::Ended,
            _ => return None,
        };
        let (first, next) = (value(FIRST)?.parse().ok()?, value(NEXT)?.parse().ok()?);
        Some(Self { first, next, course })
    }
}

/// What of these offsets no whole file holds.
pub(super) fn gaps(wanted: Bounds, files: &[Extent]) -> Vec<Bounds> {
    let mut whole: Vec<_> = files.iter().filter(|file| file.course == Course::Ended).collect();
    whole.sort_by_key(|file| file.first);
    let mut gaps = Vec::new();
    let mut start = wanted.start;
    for file in whole {
        let end = file.first.min(wanted.end);
        if start < end {
            gaps.push(Bounds { start, end });
        }
        start = start.max(file.next);
    }
    if start < wanted.end {
        gaps.push(Bounds { start, end: wanted.end });
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(first: i64, next: i64) -> Extent {
        Extent { first, next, course: Course::Ended }
    }

    fn bounds(start: i64, end: i64) -> Bounds {
        Bounds { start, end }
    }

    #[test]
    fn an_extent_is_read_back_from_what_is_told_of_it() {
        for course in [Course::Open, Course::Ended] {
            let extent = Extent { first: 3, next: 9, course };

            assert_eq!(Extent::read(&extent.told()), Some(extent));
        }
        assert_eq!(Extent::read(&[]), None);
    }

    #[test]
    fn only_what_no_whole_file_holds_is_read() {
        let open = Extent { first: 20, next: 25, course: Course::Open };

        assert_eq!(gaps(bounds(0, 30), &[]), [bounds(0, 30)]);
        assert_eq!(gaps(bounds(0, 30), &[ended(0, 10), ended(10, 20), open]), [bounds(20, 30)]);
        let apart = [ended(20, 25), ended(5, 10)];
        assert_eq!(gaps(bounds(0, 30), &apart), [bounds(0, 5), bounds(10, 20), bounds(25, 30)]);
        assert_eq!(gaps(bounds(7, 22), &apart), [bounds(10, 20)]);
        assert_eq!(gaps(bounds(21, 24), &apart), []);
        assert_eq!(gaps(bounds(0, 3), &apart), [bounds(0, 3)]);
        assert_eq!(gaps(bounds(4, 4), &[]), []);
    }
}
