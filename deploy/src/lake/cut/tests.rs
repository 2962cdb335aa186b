//! Samples of every event, written out, and read back as any reader of Parquet would.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use cart_schemas::event::EventKind;
use cart_schemas::timestamp::Timestamp;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;

use super::super::columns::COLUMNS;
use super::super::extent::{Course, Extent};
use super::super::part::held;
use super::*;

/// A folder of a test's own, deleted with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = format!("cartstream-lake-{name}-{}", std::process::id());
        Self(std::env::temp_dir().join(folder))
    }

    fn folder(&self) -> Folder {
        Folder::at(self.0.clone())
    }

    /// The file of the tests' partition in an hour.
    fn part(&self, hour: &str) -> PathBuf {
        self.0.join("date=2026-11-17").join(hour).join("part-00003.parquet")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

const PARTITION: Partition = Partition::new(3);

/// A sample of an event, by its name in the contract's golden files.
fn sample(name: &str) -> Vec<u8> {
    let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../schemas/golden/v1");
    std::fs::read(golden.join(format!("event.{name}.json"))).unwrap().trim_ascii().to_vec()
}

fn record(offset: i64, time: &str, value: Vec<u8>) -> Record {
    let appended: Timestamp = format!("2026-11-17T{time}Z").parse().unwrap();
    let (key, value) = (Some("user123".into()), Some(value.into()));
    Record { offset, appended, key, value, headers: vec![] }
}

/// Writes out a record of an item's removal at each of these offsets and times.
fn cut(scratch: &Scratch, records: &[(i64, &str)], course: Course) -> Result<(), CutError> {
    let folder = scratch.folder();
    let mut cut = Cut::of(PARTITION, &folder);
    for (offset, time) in records {
        cut.take(&record(*offset, time, sample("item_removed")))?;
    }
    Ok(cut.end(course)?)
}

/// The rows of a file, by the names of its columns.
fn rows(path: &PathBuf) -> Vec<BTreeMap<String, Field>> {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| row.unwrap().into_columns().into_iter().collect()).collect()
}

fn text(text: &str) -> Field {
    Field::Str(text.to_owned())
}

fn extent(first: i64, next: i64, course: Course) -> Option<Extent> {
    Some(Extent { first, next, course })
}

#[test]
fn every_kind_of_event_has_a_row_with_its_json_and_its_place() {
    let scratch = Scratch::new("kinds");
    let folder = scratch.folder();
    let mut cut = Cut::of(PARTITION, &folder);
    let samples = EventKind::ALL.map(|kind| sample(kind.as_str()));
    for (offset, value) in (40..).zip(&samples) {
        cut.take(&record(offset, "05:00:00", value.clone())).unwrap();
    }
    cut.end(Course::Open).unwrap();

    let rows = rows(&scratch.part("hour=05"));

    assert_eq!(rows.len(), EventKind::ALL.len());
    for ((offset, row), value) in (40..).zip(&rows).zip(&samples) {
        let event: Value = serde_json::from_slice(value).unwrap();
        assert_eq!(row.len(), COLUMNS.len());
        assert_eq!(row["data"], text(std::str::from_utf8(value).unwrap()));
        assert_eq!(row["event_id"], text(event["eventID"].as_str().unwrap()));
        assert_eq!(row["type"], text(event["type"].as_str().unwrap()));
        assert_eq!(row["version"], Field::Long(event["version"].as_i64().unwrap()));
        assert_eq!(row["tenant"], Field::Null);
        assert_eq!(row["log_partition"], Field::Long(3));
        assert_eq!(row["log_offset"], Field::Long(offset));
        for (column, field) in [
            ("tier", "tier"),
            ("item_id", "itemID"),
            ("quantity", "quantity"),
            ("value_minor", "value"),
            ("current_price_minor", "currentPrice"),
            ("checkout_id", "checkoutID"),
            ("order_id", "orderID"),
            ("items", "items"),
        ] {
            let is_absent = event[field].is_null();
            assert_eq!(row[column] == Field::Null, is_absent, "{column} of {}", event["type"]);
        }
    }
}

#[test]
fn amounts_are_whole_minor_units_of_the_events_currency() {
    let scratch = Scratch::new("amounts");
    let folder = scratch.folder();
    let mut cut = Cut::of(PARTITION, &folder);
    for (offset, name) in (0..).zip(["item_added", "price_changed", "cart_converted"]) {
        cut.take(&record(offset, "05:00:00", sample(name))).unwrap();
    }
    // Yen have no minor unit.
    cut.take(&record(3, "05:00:00", sample("currency_changed"))).unwrap();
    cut.end(Course::Open).unwrap();

    let rows = rows(&scratch.part("hour=05"));

    assert_eq!(rows[0]["price_minor"], Field::Long(2_999));
    assert_eq!(rows[0]["total_minor"], Field::Long(2_999));
    assert_eq!(rows[1]["current_price_minor"], Field::Long(3_499));
    assert_eq!(rows[2]["value_minor"], Field::Long(6_998));
    let lines = r#"[{"productID":"prod_456","itemID":"i_cHJvZF80NTYAbGFyZ2UtcmVk","quantity":2,"priceMinor":3499}]"#;
    assert_eq!(rows[2]["items"], text(lines));
    assert_eq!(rows[3]["total_minor"], Field::Long(6_000));
    let at = "2024-01-19T08:00:00Z".parse::<Timestamp>().unwrap().micros();
    assert_eq!(rows[3]["at"], Field::TimestampMicros(at));
}

#[test]
fn a_file_holds_the_records_of_one_hour_and_says_whether_it_has_ended() {
    let scratch = Scratch::new("hours");
    let records = [(7, "05:00:00"), (8, "05:59:59.999999"), (9, "06:00:00"), (10, "08:30:00")];

    cut(&scratch, &records, Course::Open).unwrap();

    let held = |hour: &str| held(&scratch.part(hour)).unwrap();
    assert_eq!(held("hour=05"), extent(7, 9, Course::Ended));
    assert_eq!(held("hour=06"), extent(9, 10, Course::Ended));
    assert_eq!(held("hour=07"), None);
    assert_eq!(held("hour=08"), extent(10, 11, Course::Open));
    assert_eq!(rows(&scratch.part("hour=05")).len(), 2);
}

#[test]
fn a_time_that_steps_back_is_of_the_hour_that_has_begun() {
    let scratch = Scratch::new("back");

    cut(&scratch, &[(0, "06:00:01"), (1, "05:59:59"), (2, "06:00:02")], Course::Open).unwrap();

    assert_eq!(held(&scratch.part("hour=05")).unwrap(), None);
    assert_eq!(held(&scratch.part("hour=06")).unwrap(), extent(0, 3, Course::Open));
}

#[test]
fn what_was_being_written_is_no_file_and_is_written_over() {
    let scratch = Scratch::new("killed");
    let folder = scratch.folder();
    let mut killed = Cut::of(PARTITION, &folder);
    killed.take(&record(0, "05:00:00", sample("item_removed"))).unwrap();
    drop(killed);
    assert_eq!(held(&scratch.part("hour=05")).unwrap(), None);
    let hours = folder.hours().unwrap();
    assert_eq!(hours.len(), 1, "its folder is there");

    cut(&scratch, &[(0, "05:00:00")], Course::Open).unwrap();

    let files = std::fs::read_dir(scratch.part("hour=05").parent().unwrap()).unwrap();
    assert_eq!(files.count(), 1);
    assert_eq!(rows(&scratch.part("hour=05")).len(), 1);
}

#[test]
fn an_hour_that_is_written_again_has_the_same_bytes() {
    let scratch = Scratch::new("again");
    let bytes = || std::fs::read(scratch.part("hour=05")).unwrap();
    cut(&scratch, &[(0, "05:00:00"), (1, "05:01:00")], Course::Open).unwrap();
    let first = bytes();

    cut(&scratch, &[(0, "05:00:00"), (1, "05:01:00")], Course::Open).unwrap();

    assert_eq!(bytes(), first);
}

#[test]
fn a_file_that_holds_what_the_log_has_forgotten_is_not_written_over() {
    let scratch = Scratch::new("fuller");
    cut(&scratch, &[(0, "05:00:00"), (1, "05:01:00")], Course::Open).unwrap();

    let again = cut(&scratch, &[(1, "05:01:00"), (2, "05:02:00")], Course::Open);

    assert!(matches!(again, Err(CutError::Part(PartError::Fuller(_)))), "{again:?}");
    assert_eq!(held(&scratch.part("hour=05")).unwrap(), extent(0, 2, Course::Open));
}

#[test]
fn a_record_that_is_no_carts_has_no_row_and_one_of_another_build_ends_it() {
    let scratch = Scratch::new("other");
    let folder = scratch.folder();
    let mut cut = Cut::of(PARTITION, &folder);
    cut.take(&Record { key: None, ..record(0, "05:00:00", vec![]) }).unwrap();

    let unknown = cut.take(&record(1, "05:00:00", br#"{"type":"cart_painted"}"#.to_vec()));

    assert!(matches!(unknown, Err(CutError::Decode(_))), "{unknown:?}");
}

#[test]
fn every_column_is_described() {
    let page = include_str!("../../../../docs/lake.md");
    for column in &COLUMNS {
        assert!(page.contains(&format!("| `{}` |", column.name)), "{}", column.name);
    }
}
