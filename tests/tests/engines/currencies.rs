//! Price lists over HTTP: a cart is in one currency, changes to another with every line or with none,
//! and is told what is new of a price in its own.

use std::time::Duration;

use cart_tests::support::customer::item_id;
use cart_tests::support::node::Node;
use cart_tests::support::shop::eventually;
use reqwest::{Client, Method, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::{Engines, in_shop};

/// How long news may take on a busy machine.
const TOLD_WITHIN: Duration = Duration::from_secs(60);

/// A cart's money, digit by digit as it is printed.
#[derive(Deserialize)]
struct Money {
    currency: String,
    items: Vec<Priced>,
    total: Box<RawValue>,
}

#[derive(Deserialize)]
struct Priced {
    price: Box<RawValue>,
}

async fn ask(node: &Node, method: Method, path: &str, body: Value) -> (StatusCode, String) {
    let answer = Client::new().request(method, node.at(path)).json(&body).send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

/// The status and the code of a problem, and the lines it names.
fn problem((status, text): &(StatusCode, String)) -> (u16, String, Value) {
    let body: Value = serde_json::from_str(text).unwrap();
    (status.as_u16(), body["code"].as_str().unwrap_or(text).to_owned(), body["lines"].clone())
}

fn refused(status: u16, code: &str) -> (u16, String, Value) {
    (status, code.to_owned(), Value::Null)
}

async fn put(node: &Node, id: &str, prices: Value) {
    let product = json!({"name": "Tea", "price": 29.99, "stock": 100, "prices": prices,
        "names": {"de": "Tee", "ja": "お茶"}});
    let (status, told) = ask(node, Method::PUT, &format!("/api/products/{id}"), product).await;
    assert_eq!(status, StatusCode::OK, "{told}");
}

/// The currency of a cart, what its lines cost, and its total.
fn money((_, text): &(StatusCode, String)) -> (String, Vec<String>, String) {
    let cart: Money = serde_json::from_str(text).expect(text);
    let prices = cart.items.iter().map(|item| item.price.get().to_owned());
    (cart.currency, prices.collect(), cart.total.get().to_owned())
}

fn costs(currency: &str, prices: &[&str], total: &str) -> (String, Vec<String>, String) {
    let prices = prices.iter().map(ToString::to_string).collect();
    (currency.to_owned(), prices, total.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_is_in_one_currency_at_the_prices_of_its_list() {
    in_shop(Engines::Real, "currencies", &[], the_currencies).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_of_a_small_shop_is_in_one_currency_at_the_prices_of_its_list() {
    in_shop(Engines::Embedded, "currencies", &[], the_currencies).await;
}

async fn the_currencies(node: &Node) {
    put(node, "green", json!({"EUR": 27.9, "JPY": 3000, "KWD": 9.225})).await;
    put(node, "black", json!({"EUR": 5, "JPY": 800})).await;
    let add = async |product: &str, currency: Value| {
        let body = json!({"productID": product, "quantity": 2, "currency": currency});
        ask(node, Method::POST, "/api/cart/ann/items", body).await
    };
    let change = async |code: &str| {
        ask(node, Method::POST, "/api/cart/ann/currency", json!({"currency": code})).await
    };

    assert_eq!(money(&add("green", json!("JPY")).await), costs("JPY", &["3000"], "6000"));
    let cart = add("black", Value::Null).await;
    assert_eq!(money(&cart), costs("JPY", &["3000", "800"], "7600"));
    let mixed = add("black", json!("EUR")).await;
    assert_eq!(problem(&mixed), refused(409, "currency_mismatch"));

    assert_eq!(money(&change("EUR").await), costs("EUR", &["27.90", "5.00"], "65.80"));
    let lines = json!([{"itemID": item_id("black").unwrap()}]);
    assert_eq!(problem(&change("KWD").await), (409, "no_price".to_owned(), lines));
    assert_eq!(money(&change("USD").await), costs("USD", &["29.99", "29.99"], "119.96"));
    assert_eq!(problem(&change("BTC").await), refused(422, "invalid_currency"));

    only_kuwait(node).await;
    a_price_of_the_list_is_news(node).await;
    names_are_read_in_the_readers_language(node).await;
}

/// Three decimals are exact.
async fn only_kuwait(node: &Node) {
    let body = json!({"productID": "green", "quantity": 3, "currency": "KWD"});
    let cart = ask(node, Method::POST, "/api/cart/kim/items", body).await;

    assert_eq!(money(&cart), costs("KWD", &["9.225"], "27.675"));
}

async fn a_price_of_the_list_is_news(node: &Node) {
    let body = json!({"productID": "black", "quantity": 1, "currency": "EUR"});
    ask(node, Method::POST, "/api/cart/eve/items", body).await;
    put(node, "black", json!({"EUR": 5.5, "JPY": 800})).await;

    let path = node.at("/api/cart/eve/events");
    let told = eventually("a cart in euros is told of a price in euros", TOLD_WITHIN, || async {
        let text = reqwest::get(&path).await.ok()?.text().await.ok()?;
        text.contains(r#""currentPrice":5.50"#).then_some(text)
    });

    assert!(told.await.unwrap().contains(r#""type":"price_changed""#));
}

async fn names_are_read_in_the_readers_language(node: &Node) {
    let read = async |path: &str, languages: &str| {
        let asked = Client::new().get(node.at(path)).header("accept-language", languages);
        let answer = asked.send().await.unwrap();
        let varies = answer.headers().get_all("vary").iter();
        let mut varies = varies.filter_map(|value| value.to_str().ok());
        assert!(varies.any(|names| names.contains("accept-language")), "{answer:?}");
        answer.json::<Value>().await.unwrap()
    };

    for (languages, name) in [("de-AT, en;q=0.5", "Tee"), ("fr, ja;q=0.1", "お茶"), ("fr", "Tea")]
    {
        let product = read("/api/products/green", languages).await;
        assert_eq!(product["name"], name, "{languages}");
        let cart = read("/api/cart/kim", languages).await;
        assert_eq!(cart["items"][0]["name"], name, "{languages}");
    }
}
