//! What a storefront asks of a shop to have carts paid for, and what it expects.

use std::time::Duration;

use cart_schemas::id::{CommandId, ItemId};
use cart_tests::support::folder::Folder;
use cart_tests::support::node::Node;
use cart_tests::support::shop::eventually;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

/// How long what follows from a decision may take on a busy machine.
pub(super) const FOLLOWS_WITHIN: Duration = Duration::from_secs(20);

/// A file of policies, and the folder that goes with it.
pub(super) fn policies(text: &str) -> (Folder, String) {
    let folder = Folder::new("checkout-policies");
    std::fs::create_dir_all(folder.path()).unwrap();
    let path = folder.path().join("policies.json");
    std::fs::write(&path, text).unwrap();
    (folder, path.to_str().unwrap().to_owned())
}

pub(super) fn request(node: &Node, method: &str, path: &str) -> RequestBuilder {
    Client::new().request(method.parse::<Method>().unwrap(), node.at(path))
}

pub(super) fn post(node: &Node, path: &str) -> RequestBuilder {
    request(node, "POST", path)
}

pub(super) fn check_out(node: &Node, user: &str) -> RequestBuilder {
    post(node, &format!("/api/cart/{user}/checkout"))
}

pub(super) fn checkout_path(user: &str, checkout: &Value) -> String {
    format!("/api/cart/{user}/checkout/{}", checkout["checkoutID"].as_str().unwrap())
}

pub(super) fn complete(node: &Node, user: &str, checkout: &Value, order: &str) -> RequestBuilder {
    let path = format!("{}/complete", checkout_path(user, checkout));
    post(node, &path).json(&json!({"orderID": order}))
}

pub(super) fn cancel(node: &Node, user: &str, checkout: &Value) -> RequestBuilder {
    request(node, "DELETE", &checkout_path(user, checkout))
}

pub(super) async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let answer = request.send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

pub(super) async fn applied(request: RequestBuilder) -> Value {
    let (status, body) = answer(request).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body
}

pub(super) async fn refused(request: RequestBuilder, status: u16, code: &str) -> Value {
    let (got, body) = answer(request).await;
    assert_eq!((got.as_u16(), &body["code"]), (status, &json!(code)), "{body}");
    body
}

pub(super) async fn get(node: &Node, path: &str) -> (StatusCode, Value) {
    answer(request(node, "GET", path)).await
}

pub(super) async fn add(node: &Node, user: &str, product: &str, quantity: u64) -> Value {
    let body = json!({"productID": product, "quantity": quantity});
    applied(post(node, &format!("/api/cart/{user}/items")).json(&body)).await
}

pub(super) async fn put(node: &Node, product: &str, says: Value) {
    let mut body = json!({"name": "Thing", "currency": "USD"});
    let fields = says.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(fields);
    applied(request(node, "PUT", &format!("/api/products/{product}")).json(&body)).await;
}

/// A product without variants, as carts name it.
pub(super) fn item(product: &str) -> String {
    ItemId::new(product.parse().unwrap(), None).to_string()
}

/// The command, and so the checkout, that a key is.
pub(super) fn key_id(user: &str, key: &str) -> String {
    CommandId::from_idempotency_key(&user.parse().unwrap(), key).to_string()
}

/// How many there are, as the sku's own writer says.
pub(super) async fn level(node: &Node, product: &str) -> Value {
    applied(post(node, &format!("/api/products/{product}/stock")).json(&json!({"delta": 0}))).await
}

/// The same once no checkout holds any: what follows from an ending takes another decision.
pub(super) async fn is_free(node: &Node, product: &str) -> Value {
    let what = format!("nobody holds any {product}");
    let free = eventually(&what, FOLLOWS_WITHIN, || async {
        let level = level(node, product).await;
        (level["reserved"] == 0).then_some(level)
    });
    free.await.unwrap()
}

/// A cart once it holds so many pieces.
pub(super) async fn pieces(node: &Node, user: &str, pieces: u64) -> Value {
    let what = format!("{user} holds {pieces} pieces");
    let cart = eventually(&what, FOLLOWS_WITHIN, || async {
        let (_, cart) = get(node, &format!("/api/cart/{user}")).await;
        (cart["itemCount"] == pieces).then_some(cart)
    });
    cart.await.unwrap()
}

/// What became of a command.
pub(super) async fn until_told(node: &Node, location: &str) -> Value {
    let told = eventually("an outcome is told", FOLLOWS_WITHIN, || async {
        let (status, told) = get(node, location).await;
        (status == StatusCode::OK).then_some(told)
    });
    told.await.unwrap()
}
