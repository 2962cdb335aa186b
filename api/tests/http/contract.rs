//! The contract as it is served: what is checked in, byte for byte.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::World;

/// Where the documents are checked in.
fn checked_in() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/contract")
}

#[tokio::test]
async fn what_is_served_is_what_is_checked_in() {
    let world = World::new().await;
    let documents = cart_api::contract::documents();
    assert!(documents.len() > 60, "{}", documents.len());
    for document in documents {
        let path = document.path.strip_suffix("index.json").unwrap_or(&document.path);
        let said = world.get(&format!("/{path}")).await;

        let text = std::fs::read_to_string(checked_in().join(&document.path)).unwrap();
        assert_eq!(said.status, 200, "{path}");
        assert!(said.text == text, "{path} is not what is checked in");
        let is_schema = path.matches('/').count() == 2;
        let expected = if is_schema { "application/schema+json" } else { "application/json" };
        assert_eq!(said.header("content-type"), Some(expected), "{path}");
    }
}

#[tokio::test]
async fn the_index_lists_every_schema_there_is() {
    let world = World::new().await;
    let index = world.get("/schemas/").await.json();
    let listed = index["schemas"].as_array().unwrap().iter();
    let listed: BTreeSet<_> = listed.map(|entry| entry["path"].as_str().unwrap()).collect();

    for path in ["/schemas/events/item_added.v1.json", "/schemas/frames/reply.v1.json"] {
        assert!(listed.contains(path), "{path}");
    }
    for path in ["/schemas/api/problem.v1.json", "/schemas/commands/add_item.v1.json"] {
        assert!(listed.contains(path), "{path}");
    }
    for path in listed {
        assert_eq!(world.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_schema_that_is_none_is_not_found() {
    let world = World::new().await;

    for path in ["/schemas/events/fly.v1.json", "/schemas/events/..", "/schemas/index.json"] {
        assert_eq!(world.get(path).await.problem(), (404, "not_found".to_owned()), "{path}");
    }
}
