//! Carts come in whole and once, whatever happens to the import.

use std::io::Write as _;

use cart_schemas::told::Told;

use super::site::Site;
use crate::Engines;

const ENGINES: [Engines; 2] = [Engines::Real, Engines::Embedded];

/// More rows than can be on their way, in a pipe and read ahead together.
const MANY: usize = 3_000;

fn item(product: &str, quantity: u32) -> String {
    format!(
        r#"{{"productID":"{product}","name":"Old {product}","price":12.50,"quantity":{quantity}}}"#
    )
}

fn cart(user: &str, items: &[String]) -> String {
    format!(r#"{{"userID":"{user}","items":[{}],"currency":"EUR"}}"#, items.join(",")) + "\n"
}

fn lines(told: &Told) -> Vec<(String, u32)> {
    let lines = told.cart().lines.iter();
    lines.map(|line| (line.item.product().to_string(), line.quantity.get())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_imported_twice_is_imported_once() {
    for engines in ENGINES {
        let site = Site::open(engines, "twice").await;
        let ann = cart("ann", &[item("mug", 2), item("shirt", 1)]);
        let file = [ann, cart("bea", &[item("mug", 9)]), cart("cid", &[])].concat();

        let dry = site.import("carts", &file, &["--dry-run"]);
        let first = site.import("carts", &file, &[]);
        let second = site.import("carts", &file, &[]);
        let dry_again = site.import("carts", &file, &["--dry-run"]);

        assert_eq!(dry.sum(), "would import 2, already there 0, empty 1, refused 0, bad 0");
        assert_eq!(first.sum(), "imported 2, already there 0, empty 1, refused 0, bad 0");
        assert_eq!(second.sum(), "imported 0, already there 2, empty 1, refused 0, bad 0");
        assert_eq!(dry_again.sum(), "would import 0, already there 2, empty 1, refused 0, bad 0");
        assert_eq!((first.code, second.code), (Some(0), Some(0)), "{}", second.errors);
        let told = site.told(2).await;
        assert_eq!(told.len(), 2);
        assert_eq!(lines(&told["ann"]), [("mug".to_owned(), 2), ("shirt".to_owned(), 1)]);
        assert_eq!((told["ann"].version(), told["bea"].version()), (1, 1));
        site.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_killed_in_its_middle_and_repeated_brings_each_cart_once() {
    for engines in ENGINES {
        let site = Site::open(engines, "killed").await;
        let row = |number: usize| cart(&format!("user{number}"), &[item("mug", 1)]);
        let rows: Vec<_> = (0..MANY).map(row).collect();

        let mut import = site.begin("carts");
        let mut pipe = import.stdin.take().unwrap();
        // Once these are taken, the first of them are in: no more is read ahead than a bound.
        pipe.write_all(rows.concat().as_bytes()).unwrap();
        import.kill().unwrap();
        import.wait().unwrap();
        drop(pipe);
        let again = site.import("carts", &rows.concat(), &[]);

        assert_eq!(again.code, Some(0), "{:?}", again.errors);
        let sum = again.sum();
        let there = sum.split("already there ").nth(1).unwrap();
        let there: usize = there.split(',').next().unwrap().parse().unwrap();
        assert!((1..MANY).contains(&there), "{sum}");
        let told = site.told(MANY).await;
        assert_eq!(told.len(), MANY);
        for (user, told) in &told {
            assert_eq!((told.version(), lines(told)), (1, vec![("mug".to_owned(), 1)]), "{user}");
        }
        site.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_cannot_come_in_are_told_by_their_line_and_the_others_come() {
    for engines in ENGINES {
        let site = Site::open(engines, "bad").await;
        site.import("carts", &cart("old", &[item("mug", 1)]), &[]);
        let file = [
            cart("ann", &[item("mug", 2)]),
            "{\"userID\":\"bea\"\n".to_owned(),
            "\n".to_owned(),
            cart("c d", &[item("mug", 0)]),
            cart("old", &[item("mug", 7)]),
            cart("ann", &[item("shirt", 1)]),
            cart("eve", &[item("mug", 3)]),
        ]
        .concat();

        let dry = site.import("carts", &file, &["--dry-run"]);
        assert_eq!(site.told(1).await.len(), 1, "a dry run changes nothing");
        let real = site.import("carts", &file, &[]);

        assert_eq!(dry.sum(), "would import 2, already there 0, refused 2, bad 2");
        assert_eq!(real.sum(), "imported 2, already there 0, refused 2, bad 2");
        for ended in [&dry, &real] {
            assert_eq!(ended.code, Some(1));
            assert!(ended.errors.contains("4 of 6 rows were left out"), "{}", ended.errors);
            let mut left = ended.lines[..ended.lines.len() - 1].to_vec();
            left.sort();
            assert_eq!(left.len(), 4, "{left:?}");
            assert!(left[0].starts_with("line 2: malformed: EOF"), "{left:?}");
            assert!(left[1].starts_with("line 4: invalid: /userID: "), "{left:?}");
            assert!(left[1].contains("/items/0/quantity: expected a whole number"), "{left:?}");
            assert!(left[2].starts_with("line 5: cart_exists: the cart of old"), "{left:?}");
            assert!(left[3].starts_with("line 6: cart_exists: the cart of ann"), "{left:?}");
        }
        let told = site.told(3).await;
        assert_eq!(told.keys().collect::<Vec<_>>(), ["ann", "eve", "old"]);
        assert_eq!(lines(&told["old"]), [("mug".to_owned(), 1)]);
        assert_eq!(lines(&told["ann"]), [("mug".to_owned(), 2)]);
        site.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_makes_no_data_folder() {
    let site = Site::open(Engines::Embedded, "dry").await;

    let dry = site.import("carts", &cart("ann", &[item("mug", 2)]), &["--dry-run"]);

    assert_eq!(dry.sum(), "would import 1, already there 0, refused 0, bad 0");
    assert!(!site.small().unwrap().folder().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_shop_is_open_its_data_folder_takes_no_import() {
    let site = Site::open(Engines::Embedded, "open").await;
    let node = site.small().unwrap().ready("127.0.0.1:0", &[]).await.unwrap();

    let ended = site.import("carts", &cart("ann", &[item("mug", 2)]), &[]);

    assert_eq!(ended.code, Some(2), "{}", ended.errors);
    assert!(ended.errors.contains("stop"), "{}", ended.errors);
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_imported_cart_is_served_with_its_own_prices_and_times() {
    let site = Site::open(Engines::Embedded, "served").await;
    let mug = r#"{"productID":"mug","name":"Old mug","price":12.50,"quantity":2,
        "addedAt":"2024-01-15T10:30:00Z"}"#;
    let ended = site.import("carts", &cart("ann", &[mug.replace('\n', "")]), &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.errors);

    let node = site.small().unwrap().ready("127.0.0.1:0", &[]).await.unwrap();
    let got = reqwest::get(node.at("/api/cart/ann")).await.unwrap().text().await.unwrap();
    node.stop().await.unwrap();

    assert!(got.contains("\"total\":25.00,"), "{got}");
    assert!(got.contains("\"addedAt\":\"2024-01-15T10:30:00Z\""), "{got}");
    assert!(got.contains("\"version\":1,") && got.contains("\"currency\":\"EUR\""), "{got}");
    let exported = site.import("carts", &format!("{got}\n"), &[]);
    assert_eq!(exported.sum(), "imported 0, already there 1, refused 0, bad 0", "{got}");
}
