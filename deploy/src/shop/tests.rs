//! A tiny shop: everything happens in it, the same each time, and its folder is like any other.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cart_schemas::digest::Digest;
use cart_schemas::event::{Event, EventKind};
use cart_storage::embedded::EmbeddedSettings;
use cart_storage::log::{Log as _, Record, TopicPartition};

use super::*;
use crate::cli::{Cli, Subcommand, VerifyArgs};
use crate::embedded::PARTITIONS;
use crate::place::Place;
use crate::reading::{self, ReadError};
use crate::verify;

/// A folder of a test's own, deleted with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let name = format!("cartstream-shop-{name}-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn command(more: &[&str]) -> (ShopArgs, Serving) {
    let tiny = ["cartstream", "simulate-shop", "--users", "240", "--days", "2"];
    let from = ["--from", "2026-03-01T09:00:00Z"];
    let words = [&tiny[..], &from, more].concat();
    let cli = Cli::read(words.into_iter().map(OsString::from)).unwrap();
    let Some(Subcommand::SimulateShop(args)) = cli.command else { panic!("{:?}", cli.command) };
    (args, cli.serving)
}

async fn simulated(seed: &str, folder: &Path) -> Sum {
    let (args, serving) = command(&["--seed", seed]);
    simulate((&args, args.from.unwrap()), &serving, folder).await.unwrap()
}

/// Every event of a folder, as the log has it.
async fn events(folder: &Path) -> Vec<Record> {
    let engine = Embedded::open(&EmbeddedSettings::new(folder.into(), PARTITIONS)).unwrap();
    assert!(engine.is_simulated());
    let mut all = Vec::new();
    for partition in engine.partitions(Topic::Events).await.unwrap().partitions() {
        let at = TopicPartition { topic: Topic::Events, partition };
        let bounds = reading::bounds(&engine, at).await.unwrap();
        let take = |record| {
            all.push(record);
            Ok::<(), ReadError>(())
        };
        reading::read(&engine, at, bounds, take).await.unwrap();
    }
    engine.close().await.unwrap();
    all
}

/// Everything about events but what nobody could tell apart.
fn digest(events: &[Record]) -> Digest {
    let text: Vec<_> = events.iter().map(|event| format!("{event:?}\n")).collect();
    Digest::of(text.concat().as_bytes())
}

fn kinds(events: &[Record]) -> BTreeMap<&'static str, u32> {
    let mut kinds = BTreeMap::new();
    for record in events {
        let event = Event::decode(record.value.as_deref().unwrap()).unwrap();
        *kinds.entry(event.fact.kind().as_str()).or_default() += 1;
    }
    kinds
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_happens_in_a_tiny_shop_and_each_cart_is_what_its_events_tell() {
    let folder = Scratch::new("whole");

    let sum = simulated("1", &folder.0).await;

    let events = events(&folder.0).await;
    let kinds = kinds(&events);
    assert_eq!(usize::try_from(sum.events).unwrap(), events.len());
    for kind in [
        EventKind::ItemAdded,
        EventKind::ItemUpdated,
        EventKind::ItemRemoved,
        EventKind::CartAbandoned,
        EventKind::CartRecovered,
        EventKind::ExpiryWarned,
        EventKind::CartExpired,
        EventKind::CartMergedIn,
        EventKind::CheckoutReady,
        EventKind::CheckoutCancelled,
        EventKind::CartConverted,
        EventKind::PriceChanged,
        EventKind::ItemOutOfStock,
        EventKind::ItemAvailable,
    ] {
        assert!(kinds.contains_key(kind.as_str()), "{} {kinds:?}", kind.as_str());
    }
    assert!(events.iter().any(|event| event.key.as_deref().unwrap().starts_with(b"outlet/")));
    let whole = VerifyArgs { sample: None };
    verify::run(whole, Place::Embedded(folder.0.clone())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_and_beginning_are_the_same_events_to_the_last_byte() {
    let [one, again, other] = ["one", "again", "other"].map(Scratch::new);

    for (seed, folder) in [("5", &one), ("5", &again), ("6", &other)] {
        simulated(seed, &folder.0).await;
    }

    let one = digest(&events(&one.0).await);
    assert_eq!(one, digest(&events(&again.0).await));
    assert_ne!(one, digest(&events(&other.0).await));
}

#[test]
fn a_shop_ends_now_unless_it_is_told_when_to_begin_and_never_later() {
    let (mut args, _) = command(&[]);
    let day = |day: u32| args.from.unwrap().plus_seconds(day * SECONDS_A_DAY);
    let (second, third) = (day(1), day(2));

    assert_eq!(opened(&args, third).unwrap(), args.from.unwrap());
    assert!(matches!(opened(&args, second), Err(Failure::Usage(_))));
    args.from = None;
    assert_eq!(opened(&args, third.plus_seconds(SECONDS_A_DAY)).unwrap(), second);
}

#[tokio::test]
async fn a_folder_that_is_there_is_left_as_it_is() {
    let folder = Scratch::new("there");
    std::fs::create_dir_all(&folder.0).unwrap();
    let (args, serving) = command(&[]);

    let refused = simulate((&args, args.from.unwrap()), &serving, &folder.0).await;

    assert!(matches!(refused, Err(Failure::Usage(_))), "{refused:?}");
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 0);
}
