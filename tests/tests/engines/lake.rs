//! Events of a shop that was served, as Parquet files.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};

use cart_tests::support::folder::Folder;
use cart_tests::support::node::Node;
use cart_tests::support::shop::{Shop, SmallShop};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use reqwest::Client;
use serde_json::{Value, json};

use crate::{BINARY, alone, cartstream, done};

/// Every file below a folder, but for the one that is locked by whoever writes.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let list = if path.is_dir() { &mut folders } else { &mut found };
            list.push(path);
        }
    }
    found.retain(|path| path.file_name() != Some(OsStr::new(".lock")));
    found
}

/// The events in these files, as they lay in the log.
fn events(files: &[PathBuf]) -> Vec<Value> {
    let mut events = Vec::new();
    for file in files {
        let reader = SerializedFileReader::new(File::open(file).unwrap()).unwrap();
        for row in reader.get_row_iter(None).unwrap() {
            let row = row.unwrap();
            let data = row.get_column_iter().find(|(name, _)| *name == "data").unwrap();
            let Field::Str(data) = data.1 else { panic!("{data:?}") };
            events.push(serde_json::from_str(data).unwrap());
        }
    }
    events
}

/// Changes some carts; every event of them, as the API tells it.
async fn change_carts(node: &Node) -> BTreeSet<String> {
    let client = Client::new();
    let mut told = BTreeSet::new();
    for user in ["ann", "bea", "cleo", "dora"] {
        let url = node.at(&format!("/api/cart/{user}"));
        let body = json!({"productID": "prod_1", "quantity": 2});
        client.post(format!("{url}/items")).json(&body).send().await.unwrap();
        client.post(format!("{url}/clear")).send().await.unwrap();
        let history = client.get(format!("{url}/events")).send().await.unwrap();
        let history: Value = history.json().await.unwrap();
        told.extend(history["events"].as_array().unwrap().iter().map(Value::to_string));
    }
    told
}

/// Exports twice, and looks at what came of it.
async fn comes_out(engine: &[String], told: &BTreeSet<String>) {
    let lake = Folder::new("exported-events");
    let engine = engine.iter().map(String::as_str);
    let export = ["export", "events", lake.path().to_str().unwrap()];
    let export: Vec<_> = export.into_iter().chain(engine).collect();

    let said = done(&export).await;

    assert!(said.contains("events exported: 8 in "), "{said}");
    let first = files(lake.path());
    let exported: BTreeSet<_> = events(&first).iter().map(Value::to_string).collect();
    assert_eq!(exported, *told);
    let bytes = |files: &[PathBuf]| -> Vec<_> {
        files.iter().map(|file| (file.clone(), std::fs::read(file).unwrap())).collect()
    };
    let before = bytes(&first);
    done(&export).await;
    assert_eq!(bytes(&files(lake.path())), before);
    let nothing = [&export[..], &["--to", "2024-01-15T10:30:00Z"]].concat();
    let said = done(&nothing).await;
    assert!(said.contains("events exported: 0 in "), "{said}");
    let wrong = [&export[..], &["--from", "yesterday"]].concat();
    assert_eq!(cartstream(&wrong).await.code, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_small_shop_are_exported_as_the_api_tells_them() {
    let _turn = alone().await;
    let shop = SmallShop::new(BINARY, "lake");
    let node = shop.ready("127.0.0.1:0", &[]).await.unwrap();
    let told = change_carts(&node).await;
    node.stop().await.unwrap();

    comes_out(&shop.engine_args(), &told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_exported_as_the_api_tells_them() {
    let _turn = alone().await;
    let shop = Shop::open(BINARY, "lake").await.unwrap();
    let node = shop.ready("api,processor", &[]).await.unwrap();
    let told = change_carts(&node).await;
    // A drained processor has told all events of what it answered.
    node.stop().await.unwrap();

    comes_out(&shop.engine_args(), &told).await;

    shop.close().await.unwrap();
}
