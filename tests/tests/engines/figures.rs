//! Figures of a shop of many products on real engines, whose counter is killed among them; and what is told of
//! its carts on a topic and by a webhook.

use std::collections::BTreeSet;
use std::time::Duration;

use cart_schemas::notice::{Notice, NoticeKind};
use cart_schemas::topic::Topic;
use cart_storage::log::{Log, TopicPartition};
use cart_tests::support::history::all_records;
use cart_tests::support::node::Node;
use cart_tests::support::shop::{Shop, eventually};
use futures::stream::{self, StreamExt as _};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::{BINARY, alone};

/// Products, each in one cart: far more rows than a cluster takes in one request.
const PRODUCTS: usize = 300;
/// How many carts are paid.
const PAID: usize = 20;
const IN_TIME: Duration = Duration::from_secs(60);

async fn post(client: &Client, url: String, body: Value) -> Value {
    let answer = client.post(url).json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{:?}", answer.status());
    answer.json().await.unwrap()
}

/// A cart with a product of its own.
async fn fill(client: &Client, node: &Node, number: usize) {
    let product = json!({"name": "Hat", "price": 10, "stock": 5});
    let url = node.at(&format!("/api/products/hat_{number}"));
    client.put(url).json(&product).send().await.unwrap();
    let body = json!({"productID": format!("hat_{number}"), "quantity": 2});
    let url = node.at(&format!("/api/cart/u{number}/items"));
    let added = || async {
        let answer = client.post(url.clone()).json(&body).send().await.unwrap();
        answer.status().is_success().then_some(())
    };
    eventually("the product is known", IN_TIME, added).await.unwrap();
}

async fn pay(client: &Client, node: &Node, number: usize) {
    let cart = node.at(&format!("/api/cart/u{number}/checkout"));
    let begun = post(client, cart.clone(), json!({})).await;
    let checkout = format!("{cart}/{}", begun["checkoutID"].as_str().unwrap());
    let ready = || async {
        let told: Value = client.get(&checkout).send().await.unwrap().json().await.unwrap();
        (told["state"] == "ready").then_some(())
    };
    eventually("everything is reserved", IN_TIME, ready).await.unwrap();
    let order = json!({"orderID": format!("o{number}")});
    post(client, format!("{checkout}/complete"), order).await;
}

async fn figure(client: &Client, node: &Node, path: &str) -> Value {
    let url = node.at(&format!("/api/analytics/{path}"));
    let told: Value = client.get(url).send().await.unwrap().json().await.unwrap();
    told["figures"].clone()
}

/// The bodies posted to a port, each answered 204.
async fn receiver() -> (String, mpsc::UnboundedReceiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (told, heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let told = told.clone();
            tokio::spawn(async move {
                let mut request = Vec::new();
                while !request.ends_with(b"]}}") {
                    assert_ne!(connection.read_buf(&mut request).await.unwrap(), 0);
                }
                let text = String::from_utf8(request).unwrap();
                let body = text.split("\r\n\r\n").nth(1).unwrap();
                told.send(serde_json::from_str(body).unwrap()).unwrap();
                connection.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
            });
        }
    });
    (url, heard)
}

/// Who was told of on the topic.
async fn noticed<L: Log>(log: &L, kind: NoticeKind) -> BTreeSet<String> {
    let mut users = BTreeSet::new();
    for partition in log.partitions(Topic::Analytics).await.unwrap().partitions() {
        let at = TopicPartition { topic: Topic::Analytics, partition };
        for record in all_records(log, at).await.unwrap() {
            let notice = Notice::decode(&record.value.unwrap()).unwrap();
            if notice.kind() == kind {
                users.insert(notice.cart.user().to_string());
            }
        }
    }
    users
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_and_notices_are_whole_though_the_counter_was_killed() {
    let _turn = alone().await;
    let shop = Shop::open(BINARY, "figures").await.unwrap();
    let node = shop.ready("api,processor", &["--webhooks-allow-private"]).await.unwrap();
    let private = ["--webhooks-allow-private"];
    let mut counter = shop.ready("analytics", &private).await.unwrap();
    let client = Client::new();
    let (url, mut heard) = receiver().await;
    let webhook = json!({"url": url, "events": ["cart.converted"]});
    post(&client, node.at("/api/webhooks"), webhook).await;
    stream::iter(0..PRODUCTS).for_each_concurrent(16, |n| fill(&client, &node, n)).await;
    counter.kill();
    stream::iter(0..PAID).for_each_concurrent(4, |n| pay(&client, &node, n)).await;

    let counter = shop.ready("analytics", &private).await.unwrap();

    let counted = || async {
        let funnel = figure(&client, &node, "funnel").await;
        (funnel[0]["converted"] == PAID).then_some(funnel)
    };
    let funnel = eventually("all is counted", IN_TIME, counted).await.unwrap();
    assert_eq!(funnel[0]["begun"], PRODUCTS, "{funnel}");
    let products = figure(&client, &node, "products?by=added&limit=100").await;
    assert_eq!(products.as_array().unwrap().len(), 100);
    assert!(products.as_array().unwrap().iter().all(|one| one["added"] == 1), "{products}");
    let paid: BTreeSet<_> = (0..PAID).map(|number| format!("u{number}")).collect();
    assert_eq!(noticed(&shop.log().unwrap(), NoticeKind::Converted).await, paid);
    let mut told = BTreeSet::new();
    while told != paid {
        let notice = tokio::time::timeout(IN_TIME, heard.recv()).await.unwrap().unwrap();
        assert_eq!(notice["type"], "cart.converted");
        told.insert(notice["data"]["userID"].as_str().unwrap().to_owned());
    }
    counter.stop().await.unwrap();
    node.stop().await.unwrap();
    shop.close().await.unwrap();
}
