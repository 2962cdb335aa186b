//! The benchmark as it is run: a load on a shop, and on the HTTP layer alone.

use std::process::Command;

use cart_tests::support::shop::SmallShop;
use serde_json::{Value, json};

use crate::{BINARY, Open};

/// What the warm-up asks is not counted: 50 a second, for a second.
const MEANT: u64 = 50;

fn number(row: &Value, name: &str) -> u64 {
    row[name].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_benchmark_tells_of_every_request_to_the_shop_and_to_http_alone() {
    let open = Open::<SmallShop>::with("bench", &[]).await;
    let file = open.shop.folder().join("bench.json");
    let shop = open.node.url().strip_prefix("http://").unwrap();

    let mut bench = Command::new(BINARY);
    bench.args(["bench", "--shop", shop, "--rate", "50", "--seconds", "1", "--ceiling", "--json"]);
    let output = bench.arg(&file).output().unwrap();

    let table = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{table}{}", String::from_utf8_lossy(&output.stderr));
    assert!(table.starts_with("open loop, 50 requests/s, 1 s"), "{table}");
    let report: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!((&report["rate"], &report["seconds"]), (&json!(50), &json!(1)), "{report}");
    assert!(number(&report["machine"], "cores") > 0, "{report}");
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| &row["what"]).collect::<Vec<_>>(), ["shop", "HTTP alone"]);
    for row in rows {
        let [done, refused, pending, failed] =
            ["done", "refused", "pending", "failed"].map(|name| number(row, name));
        assert_eq!((done + refused + pending, failed), (MEANT, 0), "{row}");
        assert!(row["changes"]["p99"].as_f64().unwrap() > 0.0, "{row}");
    }
    assert!(rows[0]["cpu_micros_per_request"].as_f64().unwrap() > 0.0, "{report}");
    open.close().await;
}
