//! Dead letters: listed, shown, appended again.

use bytes::Bytes;
use cart_schemas::command::{Command, Intent, Offer};
use cart_schemas::envelope::Envelope;
use cart_schemas::id::ItemId;
use cart_schemas::partition::Partition;
use cart_schemas::policy::{Policy, Rules};
use cart_schemas::record::{FINGERPRINTS, LEDGER};
use cart_schemas::topic::{Topic, dead_letter};
use cart_storage::log::{Header, NewRecord, TopicPartition};
use cart_tests::support::node::Node;
use reqwest::Client;
use serde_json::{Value, json};

use super::site::Site;
use crate::Engines;

const BROKEN: &str = "{\"schema\":1,\"rules\":1,\"nonsense\":true}";

fn record(value: Option<Bytes>, headers: &[(&'static str, &str)]) -> NewRecord {
    let headers = headers.iter().map(|(name, value)| Header::text(*name, *value)).collect();
    NewRecord { key: Some(Bytes::from_static(b"ann")), value, headers }
}

/// Ann adds something: whatever lay before her command is handled by then. Gives her cart.
async fn add(node: &Node) -> Value {
    let body = json!({"productID": "prod_1", "quantity": 1});
    let answer = Client::new().post(node.at("/api/cart/ann/items")).json(&body).send().await;
    answer.unwrap().json().await.unwrap()
}

async fn letters_are_read_and_not_replayed_in_vain(engines: Engines) {
    let site = Site::open(engines, "dlq").await;
    let home = site.home("ann").await;
    let broken = record(Some(Bytes::from_static(BROKEN.as_bytes())), &[("traced-by", "a test")]);
    let at = TopicPartition { topic: Topic::Commands, partition: home };
    site.append(at, vec![broken, record(None, &[])]).await;
    let node = site.serve().await;
    assert_eq!(add(&node).await["version"], 1);
    node.stop().await.unwrap();

    let listed = site.lines(&["dlq", "list", "--json"]);
    let told: Vec<_> =
        listed.iter().map(|row| (&row["partition"], &row["offset"], &row["class"])).collect();
    let partition = json!(home.number());
    assert_eq!(
        told,
        [(&partition, &json!(0), &json!("Undecodable")), (&partition, &json!(1), &json!("Empty"))]
    );
    assert_eq!((&listed[0]["key"], listed[0]["ageSeconds"].is_u64()), (&json!("ann"), true));
    assert!(listed[0]["reason"].as_str().unwrap().contains("malformed"), "{listed:?}");
    let empty = site.lines(&["dlq", "list", "--class", "Empty", "--json"]);
    assert_eq!((empty.len(), &empty[0]["class"]), (1, &json!("Empty")));
    let table = site.ask(&["dlq", "list"]).out;
    assert!(table.lines().nth(1).unwrap().contains("Undecodable"), "{table}");

    let place = [&home.to_string(), "0"];
    let shown = site.object(&["dlq", "show", place[0], place[1], "--json"]);
    assert_eq!(shown["value"], json!({"text": BROKEN}));
    assert_eq!(shown["headers"], json!([{"name": "traced-by", "value": {"text": "a test"}}]));
    let text = site.ask(&["dlq", "show", place[0], place[1]]).out;
    let since = listed[0]["since"].as_str().unwrap();
    let expected = format!(
        "lay on  cart.commands.v1 [{home}] offset 0\nsince   {since}\nclass   Undecodable\n\
         reason  undecodable: malformed command: missing field `id` at line 1 column 38\n\
         key     ann\nheader  traced-by: a test\nvalue   {BROKEN}\n"
    );
    assert_eq!(text, expected);
    assert_eq!(site.ask(&["dlq", "show", place[0], "77"]).code, Some(2));

    let refused = site.ask(&["dlq", "replay", place[0], place[1]]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.out.contains("would be dead-lettered again"), "{refused:?}");
    assert!(refused.errors.contains("letters refused: 1"), "{refused:?}");
    let all = site.ask(&["dlq", "replay", "--all", "--risk-deciding-twice"]);
    assert_eq!(all.code, Some(1), "{all:?}");
    assert!(all.out.ends_with("appended 0, nothing to do 0, refused 2\n"), "{all:?}");
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_read_and_not_replayed_in_vain() {
    letters_are_read_and_not_replayed_in_vain(Engines::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_shops_dead_letters_are_read_and_not_replayed_in_vain() {
    letters_are_read_and_not_replayed_in_vain(Engines::Embedded).await;
}

/// What an older build might have dead-lettered: a command this one can decide.
fn letter(home: Partition) -> NewRecord {
    let product = "prod_1".parse().unwrap();
    let intent = Intent::AddItem {
        item: ItemId::new(product, None),
        quantity: 3.try_into().unwrap(),
        currency: None,
    };
    let offer = Offer::Listed {
        name: "Something".to_owned(),
        price: 100.try_into().unwrap(),
        currency: "USD".parse().unwrap(),
        available: true,
        stock: 1_000,
        others: Vec::new(),
    };
    let command: Command = intent.clone().with_offer(offer);
    let envelope = Envelope {
        id: "018cbb42-2f31-7000-8000-000000000001".parse().unwrap(),
        cart: "ann".parse().unwrap(),
        rules: Rules::CURRENT,
        digest: intent.digest(None),
        expected_version: None,
        policy: Policy::default(),
        command,
    };
    let home = home.to_string();
    let headers = [
        (dead_letter::TOPIC, "cart.commands.v1"),
        (dead_letter::PARTITION, home.as_str()),
        (dead_letter::OFFSET, "0"),
        (dead_letter::CLASS, "Undecodable"),
        (dead_letter::MESSAGE, "an older build did not know it"),
    ];
    record(Some(Bytes::from(envelope.encode())), &headers)
}

async fn a_replayed_command_is_decided_once(engines: Engines) {
    let site = Site::open(engines, "replayed").await;
    let home = site.home("ann").await;
    let letters =
        TopicPartition { topic: Topic::CommandsDeadLetters, partition: Partition::new(0) };
    // The same command was dead-lettered twice, as after a crash.
    site.append(letters, vec![letter(home), letter(home)]).await;

    let all = ["dlq", "replay", "--all", "--json"];
    let replayed = site.lines(&all);
    assert_eq!((replayed.len(), &replayed[0]["outcome"]), (1, &json!("appended")));
    // Nobody has decided it yet, and it waits.
    let waits = site.lines(&all);
    assert_eq!(waits[0]["reason"], "it waits to be decided, at offset 0");
    let node = site.serve().await;
    let cart = add(&node).await;
    assert_eq!((&cart["version"], &cart["items"][0]["quantity"]), (&json!(2), &json!(4)));
    node.stop().await.unwrap();

    let place = [&home.to_string(), "0"];
    let again = site.ask(&["dlq", "replay", place[0], place[1]]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(again.out.contains("nothing to do: it is decided: applied, version 1"), "{again:?}");
    // Whoever appends it all the same is answered by the cart's memory.
    site.append(TopicPartition { topic: Topic::Commands, partition: home }, vec![letter(home)])
        .await;
    let node = site.serve().await;
    let cart = add(&node).await;
    assert_eq!((&cart["version"], &cart["items"][0]["quantity"]), (&json!(3), &json!(5)));

    for _ in 0..LEDGER + FINGERPRINTS {
        add(&node).await;
    }
    node.stop().await.unwrap();
    let forgotten = site.ask(&["dlq", "replay", place[0], place[1]]);
    assert_eq!(forgotten.code, Some(1), "{forgotten:?}");
    assert!(
        forgotten.out.contains("(inspect cart ann); if not, --risk-deciding-twice"),
        "{forgotten:?}"
    );
    let risked = ["dlq", "replay", place[0], place[1], "--risk-deciding-twice", "--json"];
    assert_eq!(site.object(&risked)["outcome"], "appended");
    let node = site.serve().await;
    let cart = add(&node).await;
    assert_eq!((&cart["version"], &cart["items"][0]["quantity"]), (&json!(77), &json!(81)));
    node.stop().await.unwrap();
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_command_is_decided_once_however_often_it_is_replayed() {
    a_replayed_command_is_decided_once(Engines::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_shop_decides_a_replayed_command_once_however_often_it_is_replayed() {
    a_replayed_command_is_decided_once(Engines::Embedded).await;
}
