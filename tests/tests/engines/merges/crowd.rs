//! A crowd that merges carts while both sides are busy and processes die.

use std::path::Path;
use std::time::Duration;

use cart_tests::support::merging::{self, Crowd};
use cart_tests::support::shop::{Shop, SmallShop};

use crate::{BINARY, alone};

/// Enough for each kind of pair to meet each kill; `merges` carries out thousands.
const MERGES: usize = 120;
/// How long a crowd may take, with every kill.
const DONE_WITHIN: Duration = Duration::from_secs(240);

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_that_merges_while_processors_die_keeps_every_piece() {
    let _turn = alone().await;
    let shop = Shop::open(BINARY, "mergers").await.unwrap();

    let crowd = merging::on_engines(&shop, Crowd { merges: MERGES, kills: 2 });
    let seen = tokio::time::timeout(DONE_WITHIN, crowd).await.unwrap().unwrap();

    println!("{seen}");
    shop.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_that_merges_in_a_small_shop_that_is_killed_keeps_every_piece() {
    let _turn = alone().await;
    let shop = SmallShop::new(BINARY, "mergers");

    let crowd = merging::in_a_folder(&shop, Crowd { merges: MERGES, kills: 4 });
    let seen = tokio::time::timeout(DONE_WITHIN, crowd).await.unwrap().unwrap();

    println!("{seen}");
    assert!(Path::new(BINARY).exists());
}
