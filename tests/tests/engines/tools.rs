//! What an operator sees of a shop, and has decided again: dead letters, waiting commands, one
//! cart, settings.

mod letters;
mod site;

use std::process::Command;
use std::time::Duration;

use cart_schemas::timestamp::Timestamp;
use cart_tests::support::shop::eventually;
use reqwest::Client;
use serde_json::{Value, json};

use crate::{BINARY, Engines};
use site::Site;

/// How long a processor may take to commit what it has decided: it does so once a second.
const COMMITTED_WITHIN: Duration = Duration::from_secs(30);

fn waiting(lag: &[Value]) -> u64 {
    lag.iter().map(|row| row["waiting"].as_u64().unwrap()).sum()
}

async fn what_waits_is_told_until_it_is_decided(engines: Engines) {
    let site = Site::open(engines, "lag").await;
    let commands = site.append_crowd(30).await;

    let lag = site.lines(&["lag", "--json"]);
    assert_eq!(waiting(&lag), commands);
    for row in &lag {
        let is_waiting = row["waiting"] != 0;
        assert_eq!(row["oldestAgeSeconds"].is_u64(), is_waiting, "{row}");
        assert_eq!(row["oldestAppended"].is_string(), is_waiting, "{row}");
    }
    let table = site.ask(&["lag"]);
    assert!(table.out.starts_with("partition  end  committed  waiting  oldest"), "{table:?}");
    assert_eq!(table.out.lines().count(), lag.len() + 2);
    assert!(table.out.contains(&format!("{commands} commands wait, on ")), "{table:?}");

    let node = site.serve().await;
    match engines {
        // A folder belongs to the process that serves from it.
        Engines::Embedded => {
            assert_eq!(site.ask(&["lag"]).code, Some(2));
            site.decided(&node, commands).await;
            node.stop().await.unwrap();
            assert_eq!(waiting(&site.lines(&["lag", "--json"])), 0);
        }
        Engines::Real => {
            let nothing =
                || async { (waiting(&site.lines(&["lag", "--json"])) == 0).then_some(()) };
            eventually("nothing waits", COMMITTED_WITHIN, nothing).await.unwrap();
            node.stop().await.unwrap();
        }
    }
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_processor_is_told_until_it_is_decided() {
    what_waits_is_told_until_it_is_decided(Engines::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_small_shops_processor_is_told_until_it_is_decided() {
    what_waits_is_told_until_it_is_decided(Engines::Embedded).await;
}

async fn a_cart_is_told_with_what_it_remembers(engines: Engines) {
    let site = Site::open(engines, "inspected").await;
    let node = site.serve().await;
    let url = node.at("/api/cart/ann/items");
    let body = json!({"productID": "prod_1", "quantity": 2});
    let api: Value =
        Client::new().post(&url).json(&body).send().await.unwrap().json().await.unwrap();
    let refused = json!({"productID": "no_such", "quantity": 1});
    Client::new().post(&url).json(&refused).send().await.unwrap();
    node.stop().await.unwrap();

    let seen = site.object(&["inspect", "cart", "ann"]);
    let row = &seen["row"];
    assert_eq!((&row["version"], &row["cartID"]), (&api["version"], &api["cartID"]));
    assert_eq!(row["deadlines"]["expiresAt"], api["expiresAt"]);
    let modified: Timestamp = api["lastModified"].as_str().unwrap().parse().unwrap();
    let left = modified.plus_seconds(60 * 60).to_string();
    assert_eq!(row["deadlines"]["timer"], json!(left), "it is told to be abandoned first");
    assert_eq!(row["items"][0]["price"], api["items"][0]["price"]);
    let ledger = row["ledger"].as_array().unwrap();
    assert_eq!(ledger.len(), 2);
    let events = ledger[0]["events"].as_array().unwrap();
    assert_eq!((events.len(), &events[0]["type"]), (1, &json!("item_added")));
    assert_eq!(ledger[1]["rejected"], "product_not_found");
    assert_eq!(row["position"], ledger[1]["position"]);
    assert_eq!(seen["progress"]["position"], ledger[1]["position"]);
    let (end, committed) = (&seen["log"]["end"], &seen["log"]["committed"]);
    assert_eq!((end, &seen["log"]["waiting"]), (committed, &json!(0)));

    let unseen = site.object(&["inspect", "cart", "nobody"]);
    assert_eq!(unseen["row"], Value::Null);
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_is_told_with_what_it_remembers_and_waits_for() {
    a_cart_is_told_with_what_it_remembers(Engines::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_shops_cart_is_told_with_what_it_remembers_and_waits_for() {
    a_cart_is_told_with_what_it_remembers(Engines::Embedded).await;
}

#[test]
fn settings_are_shown_with_their_source_and_without_secrets() {
    let shown = Command::new(BINARY)
        .args(["--max-sockets", "7", "config", "show", "--json"])
        .args(["--kafka-option", "client.rack=eu-1"])
        .env("CARTSTREAM_CQL_USER", "shop")
        .env("CARTSTREAM_CQL_PASSWORD", "hunter2")
        .env("CARTSTREAM_NAMESPACE", "shop_2")
        .output()
        .unwrap();

    assert!(shown.status.success(), "{shown:?}");
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(!text.contains("hunter2"), "{text}");
    let settings: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let one = |name: &str| settings.iter().find(|setting| setting["setting"] == name).unwrap();
    assert_eq!(one("namespace")["value"], "shop_2");
    assert_eq!(one("namespace")["from"], "environment");
    assert_eq!(one("cql-password")["value"], "***");
    assert_eq!(one("max-sockets")["from"], "flag");
    assert_eq!(one("kafka-option")["value"], "client.rack=eu-1");
    assert_eq!(one("http")["from"], "default");
}

#[test]
fn a_user_by_flag_and_a_password_by_environment_are_one_login() {
    let shown = |password: Option<&str>| {
        let mut command = Command::new(BINARY);
        command.args(["--cql-user", "shop", "config", "show", "--json"]);
        command.env_remove("CARTSTREAM_CQL_USER").env_remove("CARTSTREAM_CQL_PASSWORD");
        command.envs(password.map(|password| ("CARTSTREAM_CQL_PASSWORD", password)));
        command.output().unwrap()
    };

    let both = shown(Some("hunter2"));
    assert!(both.status.success(), "{both:?}");
    let alone = shown(None);
    assert_eq!(alone.status.code(), Some(2), "{alone:?}");
    assert!(String::from_utf8(alone.stderr).unwrap().contains("--cql-password"));
}
