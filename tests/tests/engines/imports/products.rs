//! Products come in as a table and as JSON, and replace those of their id.

use super::site::Site;
use crate::Engines;

const TABLE: &str = "id,name,price,stock,currency,variants\n\
    mug,\"Mug, big\",7.00,12,EUR,\n\
    shirt,T-Shirt,29.99,5,,large-red;Large Red;31.50;2|blue\n";

#[tokio::test(flavor = "multi_thread")]
async fn products_come_from_a_table_and_from_json_and_twice_is_once() {
    for engines in [Engines::Real, Engines::Embedded] {
        let site = Site::open(engines, "products").await;
        let before = site.products().await.len();

        let dry = site.import("products", TABLE, &["--dry-run"]);
        assert_eq!(site.products().await.len(), before, "a dry run changes nothing");
        let table = site.import("products", TABLE, &[]);
        let again = site.import("products", TABLE, &[]);
        let json = r#"{"id":"mug","name":"Mug","price":8.00,"stock":1,"currency":"EUR"}"#;
        let json = site.import("products", json, &[]);

        assert_eq!(dry.sum(), "would import 2, already there 0, refused 0, bad 0");
        assert_eq!(table.sum(), "imported 2, already there 0, refused 0, bad 0");
        assert_eq!(again.sum(), "imported 0, already there 2, refused 0, bad 0");
        assert_eq!(json.sum(), "imported 1, already there 0, refused 0, bad 0");
        let products = site.products().await;
        assert_eq!(products.len(), before + 2);
        assert_eq!((products["mug"].name.as_str(), products["mug"].price.minor()), ("Mug", 800));
        let shirt = &products["shirt"];
        assert_eq!((shirt.currency.code(), shirt.price.minor(), shirt.stock), ("USD", 2_999, 5));
        let variants = shirt.variants.iter().map(|one| (one.id.as_str(), one.price.minor()));
        assert_eq!(variants.collect::<Vec<_>>(), [("large-red", 3_150), ("blue", 2_999)]);
        site.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn products_that_cannot_come_in_are_told_by_their_line() {
    let site = Site::open(Engines::Embedded, "wares").await;
    let file = "id,name,price,stock\na,A,free,1\nb,B,1,1\nb,Bee,1,1\nc,C,1,1\n";

    let dry = site.import("products", file, &["--dry-run"]);
    let real = site.import("products", file, &[]);

    for ended in [&dry, &real] {
        let mut left = ended.lines[..ended.lines.len() - 1].to_vec();
        left.sort();
        assert_eq!(
            left,
            [
                "line 2: invalid: /price: expected a number",
                "line 4: repeated: an earlier row says something else of b"
            ]
        );
        assert_eq!(ended.code, Some(1), "{}", ended.errors);
    }
    assert_eq!(dry.sum(), "would import 2, already there 0, refused 1, bad 1");
    assert_eq!(real.sum(), "imported 2, already there 0, refused 1, bad 1");
    assert_eq!(site.products().await.keys().collect::<Vec<_>>(), ["b", "c"]);

    let headless = site.import("products", "id,name,price\na,A,1\n", &[]);
    assert_eq!(headless.code, Some(1));
    assert!(headless.errors.contains("the header has no column \"stock\""), "{}", headless.errors);
}
