//! The catalog over HTTP.

use axum::body::Body;
use axum::http::Request;

use crate::support::World;

const SHIRT: &str = r#"{"id":"prod_456","name":"T-Shirt","price":29.99,"stock":100,"variants":[{"id":"large-red","name":"Large Red","price":30.00,"stock":50}],"available":true,"currency":"USD"}"#;

#[tokio::test]
async fn a_product_is_answered_as_it_was_put() {
    let world = World::new().await;

    let said = world.send("PUT", "/api/products/prod_456", SHIRT).await;

    assert_eq!((said.status.as_u16(), said.text.as_str()), (200, SHIRT));
}

#[tokio::test]
async fn a_product_is_read_with_what_is_left_of_it() {
    let world = World::new().await;
    world.send("PUT", "/api/products/prod_456", SHIRT).await;

    for json in [r#"{"delta":-8,"variant":"large-red"}"#, r#"{"delta":1}"#] {
        world.send("POST", "/api/products/prod_456/stock", json).await;
    }

    let count = |n: u32| format!(r#"{{"onHand":{n},"reserved":0,"available":{n},"version":0}}"#);
    let listed = SHIRT.replace(":100", &format!(":100,\"level\":{}", count(101)));
    let listed = listed.replace(":50", &format!(":50,\"level\":{}", count(42)));
    assert_eq!(world.get("/api/products/prod_456").await.text, listed);
    assert_eq!(world.get("/api/products").await.text, format!("[{listed}]"));
    let again = world.send("PUT", "/api/products/prod_456", &listed).await;
    assert_eq!((again.status.as_u16(), again.text.as_str()), (200, SHIRT), "safe to put again");
}

#[tokio::test]
async fn a_faulty_product_names_its_faults() {
    let world = World::new().await;
    let put = async |json: &str| world.send("PUT", "/api/products/prod_456", json).await;

    let price = put(&SHIRT.replace("29.99", "29.999")).await;
    assert_eq!(price.problem(), (422, "invalid_price".to_owned()));
    assert_eq!(price.json()["errors"][0]["pointer"], "/price");

    let stock = put(&SHIRT.replace(":50", ":-1")).await;
    assert_eq!(stock.problem(), (422, "invalid_product".to_owned()));
    assert_eq!(stock.json()["errors"][0]["pointer"], "/variants/0/stock");

    let id = put(&SHIRT.replace("prod_456", "prod_7")).await;
    assert_eq!(id.problem(), (400, "malformed".to_owned()));
    assert_eq!(id.json()["errors"][0]["pointer"], "/id");

    let path =
        world.send("PUT", "/api/products/a%20b", r#"{"name":"a","price":1,"stock":1}"#).await;
    assert_eq!(path.problem(), (422, "invalid_product".to_owned()));
}

#[tokio::test]
async fn a_product_may_be_larger_than_a_carts_body() {
    let world = World::new().await;
    let padded = |bytes: usize| SHIRT.replace('{', &format!("{{{}", " ".repeat(bytes)));

    let said = world.send("PUT", "/api/products/prod_456", &padded(100 * 1024)).await;
    assert_eq!(said.status, 200, "{said:?}");

    let said = world.send("PUT", "/api/products/prod_456", &padded(200 * 1024)).await;
    assert_eq!(said.problem(), (413, "body_too_large".to_owned()));
}

#[tokio::test]
async fn the_stock_of_a_variant_is_what_was_put_and_counted_since() {
    let world = World::new().await;
    world.send("PUT", "/api/products/prod_456", SHIRT).await;
    let adjust = async |json: &str| world.send("POST", "/api/products/prod_456/stock", json).await;

    let said = adjust(r#"{"delta":-8,"variant":"large-red"}"#).await;

    let stock = r#"{"productID":"prod_456","variant":"large-red","onHand":42,"reserved":0,"available":42,"version":0}"#;
    assert_eq!((said.status.as_u16(), said.text.as_str()), (200, stock));
    assert_eq!(adjust(r#"{"delta":1}"#).await.json()["onHand"], 101);
    let none = adjust(r#"{"delta":-102}"#).await;
    assert_eq!(none.problem(), (422, "invalid_stock".to_owned()));
}

#[tokio::test]
async fn only_what_the_catalog_lists_has_stock() {
    let world = World::new().await;
    world.send("PUT", "/api/products/prod_456", SHIRT).await;

    let product = world.send("POST", "/api/products/nothing/stock", r#"{"delta":1}"#).await;
    assert_eq!(product.problem(), (404, "product_not_found".to_owned()));

    let variant = r#"{"delta":1,"variant":"green"}"#;
    let variant = world.send("POST", "/api/products/prod_456/stock", variant).await;
    assert_eq!(variant.problem(), (422, "unknown_variant".to_owned()));
}

#[tokio::test]
async fn a_cache_may_keep_products_and_asks_by_their_tag() {
    let world = World::new().await;
    world.send("PUT", "/api/products/prod_456", SHIRT).await;
    let asked = async |path: &str, tag: &str| {
        let request = Request::get(path).header("if-none-match", tag);
        world.ask(request.body(Body::empty()).unwrap()).await
    };

    for path in ["/api/products", "/api/products/prod_456"] {
        let whole = world.get(path).await;
        let tag = whole.header("etag").unwrap().to_owned();
        assert!(tag.starts_with('"'), "{tag}");
        for held in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}")] {
            let said = asked(path, &held).await;
            assert_eq!((said.status.as_u16(), said.text.as_str()), (304, ""), "{held}");
            for (name, value) in [
                ("etag", tag.as_str()),
                ("cache-control", "public, max-age=5, stale-while-revalidate=30"),
                ("vary", "accept-encoding, accept-language, authorization"),
            ] {
                assert_eq!(said.header(name), Some(value), "{name}");
                assert_eq!(whole.header(name), Some(value), "{name}");
            }
        }

        world.send("POST", "/api/products/prod_456/stock", r#"{"delta":-1}"#).await;

        let said = asked(path, &tag).await;
        assert_eq!(said.status, 200, "what is left of it is part of it");
        assert_ne!(said.header("etag"), Some(tag.as_str()));
    }
    let unknown = world.get("/api/products/nothing").await;
    assert_eq!(unknown.header("cache-control"), Some("no-store"));
}
