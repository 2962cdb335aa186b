//! Two shops in one installation: what one of them sells, has left and tells is none of the other's.

use axum::body::Body;
use axum::http::Request;
use cart_api::{Allowances, Limit, Settings};
use cart_schemas::command::{Command, Offer};
use cart_schemas::reply::Answer;
use serde_json::{Value, json};

use crate::identity::{asked, customer, customer_of, known, staff};
use crate::support::{Said, World, record};

const PLAIN: &str = "accept-encoding, accept-language";
const BY_CALLER: &str = "accept-encoding, accept-language, authorization";

/// Both shops sell a shirt under the id that carts here hold, each at its own price and stock.
async fn world() -> World {
    let world = World::with(&known()).await;
    for (shop, price, stock) in [(None, 30, 5), (Some("acme"), 40, 7)] {
        let variant = json!({"id": "large-red", "name": "Red", "price": price, "stock": stock});
        let shirt = json!({"name": "Shirt", "price": price, "stock": stock, "variants": [variant]});
        let put = ("PUT", "/api/products/prod_456");
        let said = asked(&world, put, Some(&staff(shop)), &shirt.to_string()).await;
        assert_eq!(said.status, 200, "{said:?}");
    }
    world
}

async fn read(world: &World, path: &str, token: Option<&str>) -> Said {
    asked(world, ("GET", path), token, "").await
}

/// What a product costs, and how many are left of it.
fn offered(said: &Said) -> (Value, Value) {
    let product = said.json();
    (product["price"].clone(), product["level"]["available"].clone())
}

#[tokio::test]
async fn two_shops_sell_one_id_at_their_own_price_and_stock() {
    let world = world().await;
    let (ours, acmes) = ((json!(30.0), json!(5)), (json!(40.0), json!(7)));
    let path = "/api/products/prod_456";

    let named = read(&world, &format!("{path}?tenant=acme"), None).await;
    let theirs = read(&world, path, Some(&customer_of("acme", "ann"))).await;
    let default = read(&world, path, None).await;
    let own = read(&world, path, Some(&customer("ann"))).await;
    let elsewhere = read(&world, &format!("{path}?tenant=acme"), Some(&customer("ann"))).await;

    assert_eq!(
        [offered(&named), offered(&theirs), offered(&elsewhere)],
        [(); 3].map(|()| acmes.clone())
    );
    assert_eq!([offered(&default), offered(&own)], [ours.clone(), ours]);
    let unknown = read(&world, &format!("{path}?tenant=beta"), None).await;
    assert_eq!(unknown.problem(), (404, "product_not_found".to_owned()));
    let counts = async |path: &str| read(&world, path, None).await.json().as_array().unwrap().len();
    let all = ["/api/products", "/api/products?tenant=acme", "/api/products?tenant=beta"];
    assert_eq!([counts(all[0]).await, counts(all[1]).await, counts(all[2]).await], [1, 1, 0]);
}

#[tokio::test]
async fn what_one_shop_sells_out_the_other_still_has() {
    let world = world().await;
    let stock = ("POST", "/api/products/prod_456/stock");
    let sold = r#"{"delta":-7,"variant":"large-red"}"#;

    let said = asked(&world, stock, Some(&staff(Some("acme"))), sold).await;
    assert_eq!(said.json()["available"], 0, "{said:?}");

    world.answers(Answer::Applied { version: 3 }, 3);
    let add = ("POST", "/api/cart/ann/items");
    let shirt = r#"{"productID":"prod_456","variant":"large-red","quantity":1}"#;
    for token in [customer_of("acme", "ann"), customer("ann")] {
        asked(&world, add, Some(&token), shirt).await;
    }
    let offers = world.log.commands().into_iter().map(|(envelope, _)| {
        let Command::AddItem { offer: Offer::Listed { price, stock, .. }, .. } = envelope.command
        else {
            panic!("{envelope:?}");
        };
        (price.minor(), stock)
    });
    assert_eq!(offers.collect::<Vec<_>>(), [(4_000, 0), (3_000, 5)]);
}

#[tokio::test]
async fn a_cart_is_seen_at_the_prices_of_its_own_shop() {
    let world = world().await;
    for key in ["ann", "acme/ann", "beta/ann"] {
        world.store.hold(key, &record(3));
    }
    let line = async |token: &str| {
        let cart = read(&world, "/api/cart/ann", Some(token)).await.json();
        (cart["items"][0]["currentPrice"].clone(), cart["items"][0]["available"].clone())
    };

    assert_eq!(line(&customer("ann")).await, (json!(30.0), json!(true)));
    assert_eq!(line(&customer_of("acme", "ann")).await, (json!(40.0), json!(true)));
    assert_eq!(line(&customer_of("beta", "ann")).await, (Value::Null, json!(false)));
}

#[tokio::test]
async fn a_shared_cache_gives_no_shops_catalog_to_anothers_customers() {
    let world = world().await;
    let acme = customer_of("acme", "ann");
    let varies = async |path: &str, token: Option<&str>| {
        let said = read(&world, path, token).await;
        assert!(said.header("cache-control").unwrap().starts_with("public"), "{said:?}");
        said.header("vary").unwrap().to_owned()
    };

    for path in ["/api/products", "/api/products/prod_456"] {
        assert_eq!(varies(path, None).await, BY_CALLER);
        assert_eq!(varies(path, Some(&acme)).await, BY_CALLER);
        for token in [None, Some(&*acme)] {
            assert_eq!(varies(&format!("{path}?tenant=acme"), token).await, PLAIN);
        }
    }
}

#[tokio::test]
async fn a_token_that_proves_nothing_reads_no_catalog_unless_the_url_names_it() {
    let world = world().await;
    let forged = format!("{}x", customer_of("acme", "ann"));

    for path in ["/api/products", "/api/products/prod_456"] {
        let said = read(&world, path, Some(&forged)).await;
        assert_eq!(said.problem(), (401, "invalid_token".to_owned()));
        assert_eq!(said.header("cache-control"), Some("no-store"));
        // Which shop it is does not depend on who asks, so nobody is asked.
        let named = read(&world, &format!("{path}?tenant=acme"), Some(&forged)).await;
        assert_eq!(named.status, 200);
    }
}

#[tokio::test]
async fn a_proxys_own_credentials_are_none_of_a_shop_that_asks_nobody() {
    let world = World::with(&Settings::default()).await;
    let request = Request::get("/api/products").header("authorization", "Basic YTpi");

    let said = world.ask(request.body(Body::empty()).unwrap()).await;

    assert_eq!((said.status.as_u16(), said.header("vary")), (200, Some(BY_CALLER)));
}

#[tokio::test]
async fn a_shop_keeps_its_own_catalog_and_stock_and_nobody_elses() {
    let world = world().await;
    let hat = r#"{"name":"Hat","price":1,"stock":1}"#;

    let put = asked(&world, ("PUT", "/api/products/hat"), Some(&staff(Some("acme"))), hat).await;
    assert_eq!(put.status, 200, "{put:?}");

    assert_eq!(read(&world, "/api/products/hat?tenant=acme", None).await.status, 200);
    let ours = read(&world, "/api/products/hat", None).await;
    assert_eq!(ours.problem(), (404, "product_not_found".to_owned()));
    let stock = ("POST", "/api/products/hat/stock");
    let counted = asked(&world, stock, Some(&staff(None)), r#"{"delta":1}"#).await;
    assert_eq!(counted.problem(), (404, "product_not_found".to_owned()));
}

#[tokio::test]
async fn however_many_tenants_are_made_up_the_numbers_do_not_grow() {
    let once: Limit = "1/1".parse().unwrap();
    let settings =
        Settings { allowances: Allowances { writes: once, ..Allowances::NONE }, ..known() };
    let world = World::with(&settings).await;
    world.answers(Answer::Applied { version: 3 }, 3);

    for number in 0..50 {
        let token = customer_of(&format!("made-up-{number}"), "ann");
        let clear = ("POST", "/api/cart/ann/clear");
        assert_eq!(asked(&world, clear, Some(&token), "").await.status, 200);
        assert_eq!(asked(&world, clear, Some(&token), "").await.status, 429);
    }

    let numbers = world.get("/metrics").await.text;
    assert!(!numbers.contains("made-up"), "{numbers}");
    let command = r#"cartstream_commands_total{kind="clear",outcome="applied",tenant="other"}"#;
    let limited = r#"cartstream_limited_total{policy="writes",tenant="other"}"#;
    assert!(numbers.contains(command) && numbers.contains(limited), "{numbers}");
}
