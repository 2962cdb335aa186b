//! Exports of a log whose clock the tests set: what is cut where, and what a second one leaves as it is.

use std::fs::File;
use std::path::PathBuf;
use std::time::SystemTime;

use cart_schemas::partition::PartitionCount;
use cart_schemas::timestamp::Timestamp;
use cart_storage::log::{Lane, NewRecord};
use cart_storage::simulated::{Chance, Simulated, Weather, World};
use parquet::file::reader::{FileReader as _, SerializedFileReader};

use super::*;

/// A log of two partitions, and a folder of a test's own.
struct Shop {
    world: World,
    log: Simulated,
    dir: PathBuf,
}

impl Shop {
    fn new(name: &str) -> Self {
        let world = World::new(1, PartitionCount::new(2).unwrap(), Weather::calm());
        let dir = format!("cartstream-lake-of-{name}-{}", std::process::id());
        Self { log: world.client(), world, dir: std::env::temp_dir().join(dir) }
    }

    /// When it opened, and so many seconds later.
    fn second(second: u32) -> Timestamp {
        Hour::of(World::BEGINS).begins().plus_seconds(3_600 + second)
    }

    /// So many events on a partition, so many seconds after the first whole hour.
    async fn tell(&self, partition: u16, second: u32, count: usize) {
        let to = TopicPartition { topic: Topic::Events, partition: Partition::new(partition) };
        self.append(to, second, count).await;
    }

    async fn append(&self, to: TopicPartition, second: u32, count: usize) {
        self.world.advance_to(Self::second(second));
        for _ in 0..count {
            let event = include_bytes!("../../../schemas/golden/v1/event.item_removed.json");
            let (key, value) = (Some("user123".into()), Some(event.trim_ascii().to_vec().into()));
            let record = NewRecord { key, value, headers: vec![] };
            self.log.append(Lane::Facts, to, record).await.unwrap();
        }
    }

    async fn export(&self, from: Option<u32>, to: Option<u32>) -> Result<(), LakeError> {
        let hours = Hours::between(from.map(Self::second), to.map(Self::second));
        Lake { folder: Folder::at(self.dir.clone()), hours }.write_out(&self.log).await
    }

    fn path(&self, hour: u32, partition: u16) -> PathBuf {
        let hour = Hour::of(Self::second(hour * 3_600));
        Folder::at(self.dir.clone()).part(hour, Partition::new(partition), KIND)
    }

    /// How many rows each of a partition's first hours has; `None` where there is no file.
    fn rows(&self, partition: u16) -> [Option<i64>; 4] {
        [0, 1, 2, 3].map(|hour| {
            let file = File::open(self.path(hour, partition)).ok()?;
            let reader = SerializedFileReader::new(file).unwrap();
            Some(reader.metadata().file_metadata().num_rows())
        })
    }

    /// Makes a file as old as time, so that it shows when it is written again.
    fn age(&self, hour: u32, partition: u16) {
        let file = File::options().append(true).open(self.path(hour, partition)).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    }

    fn is_old(&self, hour: u32, partition: u16) -> bool {
        let file = File::open(self.path(hour, partition)).unwrap();
        file.metadata().unwrap().modified().unwrap() == SystemTime::UNIX_EPOCH
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.dir));
    }
}

#[tokio::test]
async fn every_hour_of_every_partition_is_a_file() {
    let shop = Shop::new("hours");
    shop.tell(0, 0, 3).await;
    shop.tell(1, 3_599, 2).await;
    shop.tell(0, 3_600, 1).await;
    shop.tell(1, 3 * 3_600, 4).await;

    shop.export(None, None).await.unwrap();

    assert_eq!(shop.rows(0), [Some(3), Some(1), None, None]);
    assert_eq!(shop.rows(1), [Some(2), None, None, Some(4)]);
}

#[tokio::test]
async fn whole_hours_are_left_as_they_are_and_the_last_one_is_written_again() {
    let shop = Shop::new("resumed");
    shop.tell(0, 0, 3).await;
    shop.tell(0, 3_600, 2).await;
    shop.export(None, None).await.unwrap();
    shop.age(0, 0);
    shop.age(1, 0);
    shop.tell(0, 3_700, 2).await;
    shop.tell(0, 7_200, 1).await;

    shop.export(None, None).await.unwrap();

    assert_eq!(shop.rows(0), [Some(3), Some(4), Some(1), None]);
    assert!(shop.is_old(0, 0) && !shop.is_old(1, 0));
}

#[tokio::test]
async fn a_file_that_is_gone_is_written_again_with_the_same_bytes_and_no_other_is() {
    let shop = Shop::new("gone");
    for hour in 0..4 {
        shop.tell(0, hour * 3_600, 2).await;
    }
    shop.export(None, None).await.unwrap();
    let bytes = std::fs::read(shop.path(1, 0)).unwrap();
    std::fs::remove_file(shop.path(1, 0)).unwrap();
    shop.age(0, 0);
    shop.age(2, 0);

    shop.export(None, None).await.unwrap();

    assert_eq!(std::fs::read(shop.path(1, 0)).unwrap(), bytes);
    assert!(shop.is_old(0, 0) && shop.is_old(2, 0));
}

#[tokio::test]
async fn hours_may_be_asked_for_one_by_one_and_come_out_as_if_all_had_been() {
    let (shop, whole) = (Shop::new("parts"), Shop::new("whole"));
    for second in [0, 1_800, 3_599, 3_600, 5_000, 7_200, 7_201, 10_800] {
        shop.tell(0, second, 2).await;
        whole.tell(0, second, 2).await;
    }

    shop.export(Some(3_600), Some(7_200 + 59)).await.unwrap();
    assert_eq!(shop.rows(0), [None, Some(4), None, None]);
    shop.export(Some(7_199), Some(3 * 3_600)).await.unwrap();
    assert_eq!(shop.rows(0), [None, Some(4), Some(4), None]);
    shop.export(None, None).await.unwrap();
    whole.export(None, None).await.unwrap();

    for hour in 0..4 {
        let bytes = |shop: &Shop| std::fs::read(shop.path(hour, 0)).unwrap();
        assert_eq!(bytes(&shop), bytes(&whole), "hour {hour}");
    }
}

#[tokio::test]
async fn a_folder_of_another_log_is_refused() {
    let (shop, other) = (Shop::new("one"), Shop::new("other"));
    shop.tell(0, 0, 3).await;
    shop.export(None, None).await.unwrap();
    other.tell(0, 0, 2).await;

    let lake = Lake { folder: Folder::at(shop.dir.clone()), hours: Hours::default() };
    let refused = lake.write_out(&other.log).await;

    assert!(matches!(refused, Err(LakeError::OtherLog(_))), "{refused:?}");
    assert_eq!(shop.rows(0)[0], Some(3));
}

#[tokio::test]
async fn the_first_record_of_a_time_is_found_though_times_step_back() {
    let shop = Shop::new("found");
    shop.world.set_weather(Weather { time_back: Chance(3), ..Weather::calm() });
    // In a simulated world it is the log of commands where they do.
    let at = TopicPartition { topic: Topic::Commands, partition: Partition::new(0) };
    for second in 0..500 {
        shop.append(at, second, 1).await;
    }
    let records = shop.world.records(at);
    assert!(!records.is_sorted_by_key(|record| record.appended));

    for (start, second) in [(0, 0), (0, 137), (100, 137), (200, 137), (0, 400), (0, 900), (7, 0)] {
        let (bounds, time) = (Bounds { start, end: 500 }, Shop::second(second));
        let first = records.iter().find(|record| record.offset >= start && record.appended >= time);

        let found = reading::since(&shop.log, at, bounds, time).await.unwrap();

        assert_eq!(found, first.map_or(500, |record| record.offset), "from {start} at {second}");
    }
}
