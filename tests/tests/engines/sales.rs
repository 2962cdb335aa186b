//! A crowd after the last pieces of a product, while processes die.

use std::time::Duration;

use cart_tests::support::selling::{self, Sale};
use cart_tests::support::shop::{Shop, SmallShop};

use crate::{BINARY, alone};

/// Enough to meet each kill; `sales` carries out five hundred.
const SALE: Sale = Sale { checkouts: 120, carts: 50, pieces: 12, kills: 1 };
/// How long a crowd may take, with every kill.
const DONE_WITHIN: Duration = Duration::from_secs(180);

#[tokio::test(flavor = "multi_thread")]
async fn the_last_pieces_are_sold_once_while_processors_die() {
    let _turn = alone().await;
    let shop = Shop::open(BINARY, "sales").await.unwrap();

    let sold = tokio::time::timeout(DONE_WITHIN, selling::on_engines(&shop, SALE)).await;

    assert_eq!(sold.unwrap().unwrap().paid, 12);
    shop.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_pieces_of_a_small_shop_that_is_killed_are_sold_once() {
    let _turn = alone().await;
    let shop = SmallShop::new(BINARY, "sales");

    let sold = tokio::time::timeout(DONE_WITHIN, selling::in_a_folder(&shop, SALE)).await;

    assert_eq!(sold.unwrap().unwrap().paid, 12);
}
