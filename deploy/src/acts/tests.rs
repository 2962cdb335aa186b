//! Acts of a log whose clock the tests set.

use std::path::PathBuf;

use cart_schemas::cart::{Line, LineState};
use cart_schemas::event::{Fact, Place, Summary};
use cart_schemas::id::{CartId, ItemId};
use cart_schemas::money::Price;
use cart_schemas::partition::PartitionCount;
use cart_schemas::quantity::Quantity;
use cart_storage::log::{Lane, NewRecord};
use cart_storage::simulated::{Simulated, Weather, World};

use super::*;
use crate::hourly::Hour;

/// A log of one partition, and a folder of a test's own.
struct Shop {
    world: World,
    log: Simulated,
    dir: PathBuf,
}

fn second(second: u32) -> Timestamp {
    Hour::of(World::BEGINS).next().begins().plus_seconds(second)
}

impl Shop {
    fn new(name: &str) -> Self {
        let world = World::new(1, PartitionCount::new(1).unwrap(), Weather::calm());
        let dir = format!("cartstream-acts-of-{name}-{}", std::process::id());
        Self { log: world.client(), world, dir: std::env::temp_dir().join(dir) }
    }

    /// Ann's cart holds so many hats from then on.
    async fn holds(&self, version: u64, at: u32, quantity: u32) {
        self.world.advance_to(second(at));
        self.told("ann", &event(version, quantity)).await;
    }

    async fn told(&self, key: &'static str, event: &Event) {
        let to = TopicPartition { topic: Topic::Events, partition: Partition::new(0) };
        let value = Some(event.encode().into());
        let record = NewRecord { key: Some(key.into()), value, headers: vec![] };
        self.log.append(Lane::Facts, to, record).await.unwrap();
    }

    async fn export(&self, now: u32) {
        self.export_of(None, now).await;
    }

    async fn export_of(&self, tenant: Option<&str>, now: u32) {
        let (folder, tenant) = (Folder::at(self.dir.clone()), tenant.map(|id| id.parse().unwrap()));
        let acts = Acts { vocabulary: Vocabulary::Ga4, tenant, folder, now: second(now) };
        acts.write_out(&self.log).await.unwrap();
    }

    fn path(&self, hour: u32) -> PathBuf {
        self.dir.join(Hour::of(second(hour * 3_600)).to_string()).join("part-00000.jsonl")
    }

    /// The names of the acts of an hour; `None` where there is no file.
    fn acts(&self, hour: u32) -> Option<Vec<String>> {
        let text = std::fs::read_to_string(self.path(hour)).ok()?;
        let name = |line: &str| {
            let said: serde_json::Value = serde_json::from_str(line).unwrap();
            let event = said.pointer("/events/0").unwrap().clone();
            let quantity = event.pointer("/params/items/0/quantity").unwrap().clone();
            format!("{} {quantity}", event.pointer("/name").unwrap().as_str().unwrap())
        };
        Some(text.lines().map(name).collect())
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.dir));
    }
}

fn event(version: u64, quantity: u32) -> Event {
    let item = ItemId::new("hat".parse().unwrap(), None);
    let (currency, price) = ("USD".parse().ok(), Price::from_minor(1_000).unwrap());
    let line = |quantity| Line {
        item: item.clone(),
        name: "Hat".to_owned(),
        price,
        quantity: Quantity::new(quantity).unwrap(),
        state: LineState::Added,
        added_at: World::BEGINS,
        last_modified: World::BEGINS,
    };
    let fact = match (version, quantity) {
        (_, 0) => Fact::ItemRemoved(item.clone()),
        (1, _) => Fact::ItemAdded(line(quantity)),
        (_, _) => Fact::ItemUpdated(line(quantity)),
    };
    let cart = CartId::of(&"ann".parse().unwrap(), 0);
    let total = price.times(Quantity::new(quantity.max(1)).unwrap());
    let after = Summary { currency, total, item_count: quantity.into(), expires_at: World::BEGINS };
    let place = Place { cart, version, n: 0, of: 1 };
    Event { place, user: "ann".parse().unwrap(), at: World::BEGINS, after, fact }
}

#[tokio::test]
async fn acts_are_differences_in_the_hour_they_were_appended_in() {
    let shop = Shop::new("differences");
    shop.holds(1, 0, 2).await;
    shop.holds(1, 1, 2).await;
    shop.holds(2, 3_600, 5).await;
    shop.holds(3, 3_601, 1).await;

    shop.export(3 * 3_600).await;

    assert_eq!(shop.acts(0).unwrap(), ["add_to_cart 2"], "what is told again is done once");
    assert_eq!(shop.acts(1).unwrap(), ["add_to_cart 3", "remove_from_cart 4"]);
}

#[tokio::test]
async fn a_file_is_there_once_its_hour_is_over_and_stays_as_it_is() {
    let shop = Shop::new("hours");
    shop.holds(1, 0, 2).await;
    shop.holds(2, 3_600, 5).await;
    shop.export(3_700).await;
    assert_eq!(shop.acts(0).unwrap(), ["add_to_cart 2"]);
    assert_eq!(shop.acts(1), None, "the hour goes on");
    let files = std::fs::read_dir(shop.path(1).parent().unwrap()).unwrap();
    assert_eq!(files.count(), 0, "nothing half written is left");
    std::fs::write(shop.path(0), "").unwrap();
    shop.holds(3, 3_800, 6).await;

    shop.export(7_200 + 121).await;

    assert_eq!(shop.acts(0).unwrap(), [""; 0], "what is there is not written again");
    assert_eq!(shop.acts(1).unwrap(), ["add_to_cart 3", "add_to_cart 1"]);
}

#[tokio::test]
async fn a_cart_whose_beginning_is_gone_is_told_of_once_it_was_empty() {
    let shop = Shop::new("beginnings");
    shop.holds(7, 0, 2).await;
    shop.holds(8, 1, 0).await;
    let added = event(1, 3);
    let place = Place { version: 9, ..added.place };
    shop.told("ann", &Event { place, ..added }).await;

    shop.export(2 * 3_600).await;

    assert_eq!(shop.acts(0).unwrap(), ["add_to_cart 3"]);
}

#[tokio::test]
async fn a_tool_is_told_of_one_shop() {
    let shop = Shop::new("tenants");
    shop.holds(1, 0, 2).await;
    shop.told("acme/ann", &event(1, 5)).await;

    shop.export(2 * 3_600).await;
    assert_eq!(shop.acts(0).unwrap(), ["add_to_cart 2"]);
    std::fs::remove_file(shop.path(0)).unwrap();
    shop.export_of(Some("acme"), 2 * 3_600).await;
    assert_eq!(shop.acts(0).unwrap(), ["add_to_cart 5"]);
}
