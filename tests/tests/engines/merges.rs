//! Merging carts over HTTP: every row of `docs/merge.md`, every refusal, second thoughts, and a crowd
//! that merges while processes die.

mod crowd;

use std::time::Duration;

use cart_tests::support::node::Node;
use cart_tests::support::shop::eventually;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::{Engines, in_shop};

/// What the table says of a merge.
const TABLE: &str = include_str!("../../../docs/merge.md");

fn request(node: &Node, method: Method, path: &str) -> RequestBuilder {
    Client::new().request(method, node.at(path))
}

fn merge(node: &Node, into: &str, from: &str) -> RequestBuilder {
    merge_by(node, into, from, "sum")
}

fn merge_by(node: &Node, into: &str, from: &str, policy: &str) -> RequestBuilder {
    let path = format!("/api/cart/{into}/merge");
    request(node, Method::POST, &path).json(&json!({"fromUserID": from, "policy": policy}))
}

fn undo(node: &Node, user: &str, merge: &Value) -> RequestBuilder {
    let path = format!("/api/cart/{user}/merge/{}/undo", merge.as_str().unwrap());
    request(node, Method::POST, &path)
}

async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let answer = request.send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

async fn applied(request: RequestBuilder) -> Value {
    let (status, body) = answer(request).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body
}

async fn refused(request: RequestBuilder, status: u16, code: &str) {
    let (got, body) = answer(request).await;
    assert_eq!((got.as_u16(), &body["code"]), (status, &json!(code)), "{body}");
}

async fn add(node: &Node, user: &str, product: &str, quantity: u64) {
    let path = format!("/api/cart/{user}/items");
    let body = json!({"productID": product, "quantity": quantity});
    applied(request(node, Method::POST, &path).json(&body)).await;
}

async fn put(node: &Node, product: &str, price: u64, currency: &str) {
    let path = format!("/api/products/{product}");
    let body = json!({"name": "Thing", "price": price, "currency": currency, "stock": 100_000});
    applied(request(node, Method::PUT, &path).json(&body)).await;
}

async fn get(node: &Node, path: &str) -> (StatusCode, Value) {
    answer(request(node, Method::GET, path)).await
}

/// Product, quantity and price of every line.
fn lines(cart: &Value) -> Vec<(String, u64, f64)> {
    let items = cart["items"].as_array().unwrap().iter();
    let line = |item: &Value| {
        let product = item["productID"].as_str().unwrap().to_owned();
        (product, item["quantity"].as_u64().unwrap(), item["price"].as_f64().unwrap())
    };
    items.map(line).collect()
}

/// The lines of a cart once it holds so many pieces: what comes back takes another decision.
async fn lines_of(node: &Node, user: &str, pieces: u64) -> Vec<(String, u64, f64)> {
    let what = format!("{user} holds {pieces} pieces");
    let cart = eventually(&what, Duration::from_secs(10), || async {
        let (_, cart) = get(node, &format!("/api/cart/{user}")).await;
        (cart["itemCount"] == pieces).then_some(cart)
    });
    lines(&cart.await.unwrap())
}

fn line(product: &str, quantity: u64, price: u32) -> (String, u64, f64) {
    (product.to_owned(), quantity, price.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn carts_are_merged_as_the_page_says() {
    in_shop(Engines::Real, "merges", &[], as_the_page_says).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn carts_of_a_small_shop_are_merged_as_the_page_says() {
    in_shop(Engines::Embedded, "merges", &[], as_the_page_says).await;
}

async fn as_the_page_says(node: &Node) {
    put(node, "thing", 10, "USD").await;
    put(node, "fan", 1_500, "JPY").await;
    every_row_of_the_table(node).await;
    what_is_refused_comes_back(node).await;
    a_key_is_the_carts_in_the_path(node).await;
    second_thoughts(node).await;
    what_became_of_it(node).await;
    an_outcome_is_fetched_later(node).await;
}

/// A row: policy, what both held, what is held, whose price, warning.
fn rows() -> Vec<Vec<&'static str>> {
    let cells = |line: &'static str| {
        let cells = line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`'));
        cells.collect::<Vec<_>>()
    };
    let rows = TABLE.lines().skip_while(|line| !line.starts_with("| `policy`")).skip(2);
    rows.take_while(|line| line.starts_with('|')).map(cells).collect()
}

async fn every_row_of_the_table(node: &Node) {
    let rows = rows();
    assert!(rows.len() >= 12, "{rows:?}");
    for (number, row) in rows.iter().enumerate() {
        let [policy, ours, theirs, held, whose, warning] = row[..] else { panic!("{row:?}") };
        let (user, guest) = (format!("user-{number}"), format!("guest-{number}"));
        for (owner, quantity, price) in [(&user, ours, 10), (&guest, theirs, 20)] {
            put(node, "thing", price, "USD").await;
            if quantity != "–" {
                add(node, owner, "thing", quantity.parse().unwrap()).await;
            } else {
                add(node, owner, "prod_1", 1).await;
            }
        }

        let merged = applied(merge_by(node, &user, &guest, policy)).await;

        let price = if whose == "the cart" { 10 } else { 20 };
        let thing: Vec<_> = lines(&merged).into_iter().filter(|line| line.0 == "thing").collect();
        assert_eq!(thing, [line("thing", held.parse().unwrap(), price)], "{row:?}");
        let warnings = merged["warnings"].as_array().unwrap();
        let codes: Vec<_> = warnings.iter().filter_map(|one| one["code"].as_str()).collect();
        assert_eq!(codes, if warning == "–" { vec![] } else { vec![warning] }, "{row:?}");
        assert_eq!(lines_of(node, &guest, 0).await, [], "{row:?}");
    }
}

async fn what_is_refused_comes_back(node: &Node) {
    put(node, "thing", 10, "USD").await;
    add(node, "yen", "fan", 1).await;
    add(node, "dollar", "thing", 2).await;
    let kept = [line("thing", 2, 10)];

    refused(merge(node, "yen", "dollar"), 409, "currency_mismatch").await;
    assert_eq!(lines_of(node, "dollar", 2).await, kept);
    let stale = merge(node, "ann", "dollar").header("If-Match", "\"7\"");
    refused(stale, 412, "version_mismatch").await;
    assert_eq!(lines_of(node, "dollar", 2).await, kept);
    refused(merge(node, "dollar", "dollar"), 422, "invalid_merge").await;
    refused(merge_by(node, "ann", "dollar", "most"), 422, "invalid_merge").await;
    refused(merge(node, "ann", "a b"), 422, "invalid_user_id").await;
    refused(merge(node, "a%20b", "dollar"), 422, "invalid_user_id").await;
    let empty = request(node, Method::POST, "/api/cart/ann/merge").json(&json!({}));
    refused(empty, 400, "malformed").await;
    assert_eq!(lines_of(node, "dollar", 2).await, kept);
    assert_eq!(lines_of(node, "yen", 1).await, [line("fan", 1, 1_500)]);

    let nothing = applied(merge(node, "ann", "nobody")).await;
    assert_eq!((&nothing["items"], &nothing["warnings"]), (&json!([]), &json!([])));
}

async fn a_key_is_the_carts_in_the_path(node: &Node) {
    add(node, "one", "thing", 1).await;
    add(node, "two", "thing", 2).await;
    let keyed = |from| merge(node, "both", from).header("Idempotency-Key", "login");

    let first = keyed("one").send().await.unwrap();
    assert_eq!(first.status(), StatusCode::OK);
    assert!(!first.headers().contains_key("idempotent-replayed"));
    let first: Value = first.json().await.unwrap();
    let again = keyed("one").send().await.unwrap();
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    let again: Value = again.json().await.unwrap();
    assert_eq!((&again["mergeID"], &again["version"]), (&first["mergeID"], &first["version"]));

    refused(keyed("two"), 422, "idempotency_conflict").await;
    assert_eq!(lines_of(node, "two", 2).await, [line("thing", 2, 10)]);
    assert_eq!(lines_of(node, "both", 1).await, [line("thing", 1, 10)]);
    let other = merge_by(node, "both", "one", "max").header("Idempotency-Key", "login");
    refused(other, 422, "idempotency_conflict").await;
}

async fn second_thoughts(node: &Node) {
    add(node, "eve", "thing", 2).await;
    add(node, "guest-eve", "thing", 3).await;
    add(node, "guest-eve", "prod_1", 1).await;
    let merged = applied(merge(node, "eve", "guest-eve")).await;
    assert_eq!(lines(&merged)[0], line("thing", 5, 10));
    add(node, "guest-eve", "thing", 1).await;

    let stale = undo(node, "eve", &merged["mergeID"]).header("If-Match", "\"1\"");
    refused(stale, 412, "version_mismatch").await;
    let undone = applied(undo(node, "eve", &merged["mergeID"])).await;
    assert_eq!(lines(&undone), [line("thing", 2, 10)]);
    assert_eq!(lines_of(node, "guest-eve", 5).await[0], line("thing", 4, 10));
    let twice = applied(undo(node, "eve", &merged["mergeID"])).await;
    assert_eq!(twice["version"], undone["version"]);

    let merged = applied(merge(node, "eve", "guest-eve")).await;
    add(node, "eve", "thing", 1).await;
    refused(undo(node, "eve", &merged["mergeID"]), 409, "merge_changed").await;
    refused(undo(node, "eve", &json!("none")), 404, "merge_not_found").await;
    refused(undo(node, "guest-eve", &merged["mergeID"]), 404, "merge_not_found").await;
}

async fn what_became_of_it(node: &Node) {
    let status = async |user: &str, merge: &Value| {
        get(node, &format!("/api/cart/{user}/merge/{}", merge.as_str().unwrap())).await
    };
    add(node, "guest-may", "thing", 1_000 - 1).await;
    add(node, "may", "thing", 1).await;
    let merged = applied(merge(node, "may", "guest-may")).await;

    let (code, told) = status("may", &merged["mergeID"]).await;
    assert_eq!((code, &told["status"]), (StatusCode::OK, &json!("merged")));
    assert_eq!((&told["fromUserID"], &told["version"]), (&json!("guest-may"), &json!(2)));
    assert_eq!(told["warnings"], merged["warnings"]);
    assert!(told["undoableUntil"].is_string() && told["mergedAt"].is_string(), "{told}");
    applied(undo(node, "may", &merged["mergeID"])).await;
    let (_, told) = status("may", &merged["mergeID"]).await;
    assert_eq!(told, json!({"status": "undone", "fromUserID": "guest-may"}));

    let source = merged["mergeID"].as_str().unwrap().split(':').next().unwrap();
    add(node, "kim", "fan", 1).await;
    lines_of(node, "guest-may", 999).await;
    refused(merge(node, "kim", "guest-may"), 409, "currency_mismatch").await;
    // Out at 2, back at 3, and out again.
    let (code, told) = status("kim", &json!(format!("{source}:4"))).await;
    assert_eq!((code, &told["status"]), (StatusCode::OK, &json!("refused")), "{told}");
    assert_eq!(told["problem"]["code"], "currency_mismatch");
    let (code, told) = status("may", &json!(format!("{source}:99"))).await;
    assert_eq!((code, &told["code"]), (StatusCode::NOT_FOUND, &json!("merge_not_found")));
}

async fn an_outcome_is_fetched_later(node: &Node) {
    let told = async |into: &str, from: &str| {
        let later = merge(node, into, from).header("Prefer", "respond-async").send().await.unwrap();
        assert_eq!(later.status(), StatusCode::ACCEPTED);
        let location = later.headers()["location"].to_str().unwrap().to_owned();
        assert!(location.ends_with(&format!("&from={from}")), "{location}");
        let what = format!("the merge of {from} into {into} is told");
        let told = eventually(&what, Duration::from_secs(10), || async {
            let (status, told) = get(node, &location).await;
            (status == StatusCode::OK).then_some(told)
        });
        told.await.unwrap()
    };
    add(node, "late", "thing", 1).await;
    assert_eq!(told("later", "late").await, json!({"status": "applied", "version": 1}));
    assert_eq!(told("later", "nobody").await["status"], "applied");
    add(node, "late", "fan", 1).await;
    let refused = told("later", "late").await;
    assert_eq!(refused["problem"]["code"], "currency_mismatch", "{refused}");
}
