//! The benchmark as it is run: a load on a shop, and on the HTTP layer alone.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};

use cart_tests::support::operator::Operation;
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
    bench.args(["bench", "--shop", shop, "--rate", "50", "--seconds", "1", "--ceiling"]);
    // So few users that each has a socket, and every change is pushed to one.
    let output = bench.args(["--users", "20", "--json"]).arg(&file).output().unwrap();

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
    assert_eq!(report["shop"]["engine"], "embedded", "{report}");
    hops_are_told(&rows[0]);
    every_event_arrived(&rows[0]);
    open.close().await;
}

/// What may be counted on the other side of a reading, since nobody waits for it: a change or two.
const ON_THE_WAY: u64 = 2;

/// What rounding may take from a sum of milliseconds.
const NANOS: f64 = 0.001;

/// Every hop that every change takes is measured as often as there were changes, and the shares
/// of all hops are what a customer waits on average.
#[expect(clippy::float_arithmetic, reason = "figures are sums")]
fn hops_are_told(row: &Value) {
    let hops = row["hops"].as_array().unwrap();
    let count = |name: &str| number(hops.iter().find(|hop| hop["hop"] == name).unwrap(), "count");
    let changes = count("edge");
    for hop in ["log", "queue", "decide", "store", "mark", "reply", "emit"] {
        assert!(count(hop).abs_diff(changes) <= ON_THE_WAY, "{hop}: {row}");
    }
    let whole: f64 = hops.iter().filter_map(|hop| hop["of_a_change"].as_f64()).sum();
    let mean = row["changes"]["mean"].as_f64().unwrap();
    assert!((mean - NANOS..=mean + NANOS).contains(&whole), "{whole} is not {mean}: {row}");
}

fn every_event_arrived(row: &Value) {
    let pushes = &row["pushes"];
    assert!(number(pushes, "count") > 0, "{row}");
    let missed = ["lost", "gaps", "resyncs"].map(|name| number(pushes, name));
    assert_eq!(missed, [0, 0, 0], "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn carts_keep_the_lines_they_were_given_and_each_window_is_told() {
    let open = Open::<SmallShop>::with("lines", &[]).await;
    let file = open.shop.folder().join("bench.json");

    let mut bench = Command::new(BINARY);
    bench.args(["bench", "--shop", open.node.url(), "--rate", "50", "--seconds", "2"]);
    bench.args(["--lines", "20", "--users", "3", "--every", "1", "--json"]);
    let output = bench.arg(&file).output().unwrap();

    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let row = &report["rows"][0];
    assert_eq!((number(row, "done"), number(row, "refused")), (2 * MEANT, 0), "{row}");
    assert!(!row["windows"].as_array().unwrap().is_empty(), "{row}");
    assert!(told.contains(" MiB\nopen loop, 50 requests/s, 2 s, 3 users"), "{told}");
    for user in 1..=3 {
        let cart = open.node.at(&format!("/api/cart/bench{user}of20"));
        let cart: Value = reqwest::get(cart).await.unwrap().json().await.unwrap();
        assert_eq!(cart["items"].as_array().unwrap().len(), 20, "{cart}");
    }
    open.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_benchmark_whose_shop_dies_tells_what_it_has_and_fails() {
    let mut open = Open::<SmallShop>::with("dies", &[]).await;
    let mut bench = Command::new(BINARY);
    bench.args(["bench", "--shop", open.node.url(), "--rate", "50", "--seconds", "3"]);
    bench.args(["--every", "1"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut bench = bench.spawn().unwrap();
    let mut told = BufReader::new(bench.stdout.take().unwrap());
    let mut first = String::new();
    told.read_line(&mut first).unwrap();

    open.node.kill();

    let (mut table, mut complaint) = (String::new(), String::new());
    told.read_to_string(&mut table).unwrap();
    bench.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
    assert_eq!(bench.wait().unwrap().code(), Some(1), "{complaint}");
    assert!(complaint.contains("the shop no longer answers"), "{complaint}");
    assert!(first.contains("/s, changes "), "{first}");
    assert!(table.contains("| shop | ") && table.contains("| none | none |"), "{table}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overloaded_shop_goes_on_and_turns_the_rest_away() {
    let open = Open::<SmallShop>::with("overload", &[]).await;
    let file = open.shop.folder().join("overload.json");

    let mut bench = Command::new(BINARY);
    bench.args(["bench", "--shop", open.node.url(), "--seconds", "2", "--overload", "5"]);
    // A build for tests does so little that its own connections would all find room.
    bench.args(["--connections", "1024"]);
    let output = bench.args(["--users", "1000", "--json"]).arg(&file).output().unwrap();

    let table = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{table}{}", String::from_utf8_lossy(&output.stderr));
    assert!(table.starts_with("overload: "), "{table}");
    let report: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(number(&report, "offered"), 5 * number(&report, "capacity"), "{report}");
    assert!(report["changes"]["rate"].as_f64().unwrap() > 0.0, "{report}");
    assert!(number(&report["shed"], "count") > 0, "{report}");
    assert_eq!(number(&report["limited"], "count"), 0, "this machine is not counted: {report}");
    assert!(report["memory_mib_most"].as_f64().unwrap() > 0.0, "{report}");
    assert!(report["recovery_seconds"].is_f64(), "{report}");
    open.close().await;
}

/// Sockets, and changes of their carts in two seconds.
const SOCKETS: u64 = 200;
const CHANGES: u64 = 100;

#[tokio::test(flavor = "multi_thread")]
async fn many_sockets_are_told_every_change_and_what_they_cost_is_told() {
    let open = Open::<SmallShop>::with("sockets", &[]).await;
    let file = open.shop.folder().join("sockets.json");

    let mut bench = Command::new(BINARY);
    bench.args(["bench", "sockets", "--shop", open.node.url(), "--connections", "200"]);
    bench.args(["--rate", "50", "--seconds", "2", "--json"]);
    let output = bench.arg(&file).output().unwrap();

    let (table, said) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{table}{said}");
    assert!(said.contains("open files: soft limit "), "{said}");
    assert!(
        table.contains("\nopened: 200 in ") && table.contains("\n| push read | 100 | "),
        "{table}"
    );
    let report: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert!(number(&report["open_files"], "soft") > SOCKETS, "{report}");
    assert!(number(&report["machine"], "cores") > 0, "{report}");
    assert_eq!(report["closed"], json!({}), "{report}");
    sockets_were_opened(&report["opening"]);
    memory_was_read(&report["shops"][0]);
    every_change_was_pushed(&report["changes"]);
    open.close().await;
}

fn spread(of: &Value, count: u64) {
    assert_eq!(of["count"], count, "{of}");
    let at = |name| of[name].as_f64().unwrap();
    let rising = [0.0, at("p50"), at("p90"), at("p99"), at("p999"), at("max")];
    assert!(rising.is_sorted() && at("p50") > 0.0, "{of}");
}

fn sockets_were_opened(opening: &Value) {
    assert_eq!((number(opening, "opened"), &opening["failed"]), (SOCKETS, &json!({})));
    assert!(opening["per_second"].as_f64().unwrap() > 0.0, "{opening}");
    spread(&opening["handshake"], SOCKETS);
    spread(&opening["first_cart"], SOCKETS);
}

fn memory_was_read(shop: &Value) {
    assert_eq!(shop["build"]["engine"], "embedded", "{shop}");
    assert!(shop["memory_mib_before"].as_f64().unwrap() > 0.0, "{shop}");
    let steps = shop["steps"].as_array().unwrap();
    let sockets: Vec<u64> = steps.iter().map(|step| number(step, "sockets")).collect();
    assert_eq!(sockets, [25, 50, 75, 100, 125, 150, 175, 200]);
    assert!(steps.iter().all(|step| number(step, "memory_bytes") > 0), "{shop}");
    assert!(shop["bytes_per_socket"].is_f64() && shop["cpu_seconds"].is_f64(), "{shop}");
}

fn every_change_was_pushed(changes: &Value) {
    assert_eq!(number(changes, "done"), CHANGES, "{changes}");
    let wrong = ["refused", "pending", "failed", "lost", "gaps", "repeats", "resyncs"];
    assert_eq!(wrong.map(|name| number(changes, name)), [0; 7], "{changes}");
    spread(&changes["answer"], CHANGES);
    spread(&changes["push"], CHANGES);
    assert!(changes["cpu_micros_per_change"].as_f64().unwrap() > 0.0, "{changes}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_that_do_not_read_are_left_out_and_what_is_not_opened_is_not_claimed() {
    let open = Open::<SmallShop>::with("slow", &["--max-sockets", "20"]).await;
    let file = open.shop.folder().join("slow.json");

    let mut bench = Command::new(BINARY);
    bench.args(["bench", "sockets", "--shop", open.node.url(), "--connections", "20"]);
    bench.args(["--slow", "10", "--rate", "50", "--seconds", "2", "--json"]);
    let slow = bench.arg(&file).output().unwrap();
    let mut bench = Command::new(BINARY);
    bench.args(["bench", "sockets", "--shop", open.node.url(), "--connections", "25"]);
    let too_many = bench.args(["--first-user", "101", "--filled"]).output().unwrap();

    assert!(slow.status.success(), "{}", String::from_utf8_lossy(&slow.stderr));
    let report: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let changes = &report["changes"];
    assert_eq!((number(changes, "done"), number(changes, "lost")), (CHANGES, 0), "{report}");
    let pushed = number(&changes["push"], "count");
    assert!(0 < pushed && pushed < CHANGES, "{report}");
    let (table, said) =
        (String::from_utf8_lossy(&too_many.stdout), String::from_utf8_lossy(&too_many.stderr));
    assert_eq!(too_many.status.code(), Some(1), "{table}{said}");
    assert!(said.contains("20 of 25 sockets were opened"), "{said}");
    assert!(table.contains("not opened: 5 (5 × HTTP 503)"), "{table}");
    open.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_of_an_instance_that_is_restarted_come_back_and_none_loses_anything() {
    let mut open = Open::<SmallShop>::with("storm", &[]).await;
    let (file, url) = (open.shop.folder().join("storm.json"), open.node.url().to_owned());
    let json = file.to_string_lossy();
    let bench = ["bench", "sockets", "--shop", &url, "--connections", "200", "--storm", "--json"];
    let mut bench = Operation::start(Path::new(BINARY), &[&bench[..], &[&json]].concat()).unwrap();
    assert!(bench.says("200 sockets are open: restart the instance now").await.unwrap());

    open.node.stop().await.unwrap();
    let address = url.trim_start_matches("http://");
    open.node = open.shop.ready(address, &[]).await.unwrap();

    let ended = bench.ends().await.unwrap();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert!(ended.said.contains("storm: 200 sockets cut, 200 served again"), "{}", ended.said);
    let report: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let closed = report["closed"].as_object().unwrap();
    assert!(closed.keys().all(|why| why.starts_with("1001")), "{report}");
    everybody_came_back(&report["storm"]);
    open.close().await;
}

fn everybody_came_back(storm: &Value) {
    assert_eq!(["cut", "served"].map(|name| number(storm, name)), [SOCKETS; 2], "{storm}");
    assert_eq!([&storm["not_served"], &storm["lost"]], [&json!([]), &json!([])], "{storm}");
    spread(&storm["wait"], SOCKETS);
    let seconds = |name| storm[name].as_f64().unwrap();
    let (outage, all) = (seconds("outage_seconds"), seconds("all_served_seconds"));
    assert!(0.0 < outage && outage <= all && 0.0 < seconds("recovery_seconds"), "{storm}");
    let most = number(storm, "tries_max");
    assert!(most >= 1 && (1.0..=30.0).contains(&seconds("tries_mean")), "{storm}");
}
