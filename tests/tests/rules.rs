//! The rules of the house that no compiler holds: who may import whom, and what stays where.

#![expect(clippy::unwrap_used, reason = "a check that cannot be made fails")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use cart_schemas::generation::Generation;
use cart_schemas::topic::{Namespace, Topic};
use serde_json::Value;

/// Who may depend on which crates of the workspace.
const MAY_IMPORT: [(&str, &[&str]); 10] = [
    ("cart-schemas", &[]),
    ("cart-outbound", &[]),
    ("cart-storage", &["cart-schemas"]),
    ("cart-processor", &["cart-schemas", "cart-storage"]),
    ("cart-ingest", &["cart-schemas", "cart-storage"]),
    ("cart-analytics", &["cart-schemas", "cart-outbound", "cart-storage"]),
    (
        "cart-api",
        &["cart-schemas", "cart-outbound", "cart-storage", "cart-ingest", "cart-analytics"],
    ),
    (
        "cartstream",
        &[
            "cart-schemas",
            "cart-outbound",
            "cart-storage",
            "cart-processor",
            "cart-ingest",
            "cart-api",
            "cart-analytics",
        ],
    ),
    ("cart-properties", &["cart-schemas", "cart-api"]),
    (
        "cart-tests",
        &[
            "cart-schemas",
            "cart-storage",
            "cart-processor",
            "cart-ingest",
            "cart-api",
            "cart-analytics",
            "cart-properties",
            "cartstream",
        ],
    ),
];

/// Libraries, and the folders whose code alone may name them.
const STAYS_IN: [(&str, &[&str]); 4] = [
    ("rdkafka", &["storage/src/kafka"]),
    ("scylla", &["storage/src/cql"]),
    ("redb", &["storage/src/embedded"]),
    ("axum", &["api/"]),
];

/// Where carts are decided, and skus.
const CART: &str = "processor/src/cart";
const STOCK: &str = "processor/src/stock";

/// What the pure part must not know.
const IMPURE: [&str; 8] =
    ["SystemTime", "Instant", "Utc::now", "rand::", "tokio", "async ", "std::env", "f64"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust file below a folder, as a path from the root, with its text.
fn sources(below: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(below)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                found.push((name, text));
            }
        }
    }
    found
}

fn all_sources() -> Vec<(String, String)> {
    let members = [
        "schemas",
        "outbound",
        "storage",
        "processor",
        "ingest",
        "api",
        "analytics",
        "deploy",
        "tests",
    ];
    members.into_iter().flat_map(sources).collect()
}

#[test]
fn crates_import_only_what_lies_below_them() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let (_, allowed) = MAY_IMPORT.iter().find(|(of, _)| *of == name).expect("a known crate");
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        let imports = package["dependencies"].as_array().unwrap().iter();
        let imports = imports.filter(|import| import["path"].is_string());
        let imports: BTreeSet<&str> =
            imports.map(|import| import["name"].as_str().unwrap()).collect();

        assert!(imports.is_subset(&allowed), "{name} imports {imports:?}");
    }
}

#[test]
fn client_libraries_stay_behind_their_ports() {
    for (file, text) in all_sources() {
        for (library, folders) in STAYS_IN {
            let at_home = folders.iter().any(|folder| file.starts_with(folder));
            let used = text.contains(&format!("{library}::"));
            assert!(at_home || !used, "{library} in {file}");
        }
    }
}

#[test]
fn the_contract_and_the_logic_of_carts_and_skus_are_pure() {
    for (file, text) in ["schemas/src", CART, STOCK].into_iter().flat_map(sources) {
        for word in IMPURE {
            let used = text.lines().find(|line| {
                let code = line.trim_start();
                !code.starts_with("//") && code.contains(word)
            });
            assert!(used.is_none(), "{word} in {file}: {used:?}");
        }
    }
}

#[test]
fn the_logic_of_carts_and_skus_imports_the_contract_only() {
    let own = [(CART, "use crate::cart::"), (STOCK, "use crate::stock::")];
    let files = own.into_iter().flat_map(|(folder, own)| {
        sources(folder).into_iter().map(move |(file, text)| (file, text, own))
    });
    for (file, text, own) in files {
        let tests = ["laws.rs", "tests.rs"].iter().any(|end| file.ends_with(end))
            || file.contains("/tests/");
        for line in text.lines().filter(|line| line.starts_with("use ") && !tests) {
            let allowed = ["use cart_schemas::", own, "use super::"];
            assert!(allowed.iter().any(|start| line.starts_with(start)), "{file}: {line}");
        }
    }
}

#[test]
fn every_file_says_what_it_is() {
    for (file, text) in all_sources() {
        assert!(text.starts_with("//!"), "{file} does not open with what it is");
    }
}

#[test]
fn examples_for_kafka_connect_name_topics_there_are() {
    let topics = Topic::ALL.map(|topic| topic.name(&Namespace::default(), Generation::FIRST));
    let mut examples = 0;
    for entry in std::fs::read_dir(root().join("docs/connect")).unwrap() {
        let path = entry.unwrap().path();
        let example: Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let config = example["config"].as_object().unwrap();
        assert!(config.values().all(Value::is_string), "{}", path.display());
        let named = config["topics"].as_str().unwrap();
        assert!(named.split(',').all(|one| topics.iter().any(|topic| topic == one)), "{named}");
        examples += 1;
    }
    assert!(examples >= 4);
}
