//! One trace through a whole shop, as a collector is told of it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cart_tests::support::node::Node;
use cart_tests::support::shop::eventually;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::device::Device;
use crate::{Engines, in_shop};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";
/// How long spans may take on a busy machine; they are sent once a second.
const TOLD_WITHIN: Duration = Duration::from_secs(30);

/// A collector of spans: takes whatever is posted, and keeps it.
struct Collector {
    url: String,
    bodies: Arc<Mutex<Vec<Value>>>,
}

impl Collector {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&bodies);
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let body = posted(&mut connection).await;
                kept.lock().unwrap().push(body);
                connection
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
                    .await
                    .unwrap();
            }
        });
        Self { url, bodies }
    }

    /// All spans so far.
    fn spans(&self) -> Vec<Value> {
        let bodies = self.bodies.lock().unwrap();
        let scopes = bodies.iter().map(|body| &body["resourceSpans"][0]["scopeSpans"][0]["spans"]);
        scopes.flat_map(|spans| spans.as_array().unwrap().clone()).collect()
    }

    /// The spans of a trace, once every one of these hops is among them.
    async fn hears(&self, trace: &str, hops: &[&str]) -> Vec<Value> {
        let heard = || {
            let of_trace = self.spans().into_iter().filter(|span| span["traceId"] == *trace);
            let of_trace: Vec<_> = of_trace.collect();
            let names: BTreeSet<_> =
                of_trace.iter().map(|span| span["name"].as_str().unwrap().to_owned()).collect();
            let is_whole = hops.iter().all(|hop| names.contains(*hop));
            async move { is_whole.then_some(of_trace) }
        };
        eventually("every hop is told", TOLD_WITHIN, heard).await.unwrap()
    }
}

/// The body of the request that comes over a connection.
async fn posted(connection: &mut TcpStream) -> Value {
    let mut request = Vec::new();
    loop {
        assert_ne!(connection.read_buf(&mut request).await.unwrap(), 0, "a whole request");
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() == length.unwrap().parse::<usize>().unwrap() {
            return serde_json::from_str(body).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_shows_every_hop_of_a_small_shop() {
    let collector = Collector::start().await;
    let args = ["--otlp", collector.url.as_str()];
    in_shop(Engines::Embedded, "hops", &args, async |node| shows_every_hop(node, &collector).await)
        .await;
}

async fn shows_every_hop(node: &Node, collector: &Collector) {
    let mut device = Device::of(node, "ann").await;
    assert_eq!(device.hears().await["type"], "cart_state");

    let url = node.at("/api/cart/ann/items");
    let body = json!({"productID": "prod_1", "quantity": 1});
    let asked = Client::new().post(&url).header("traceparent", format!("00-{TRACE}-{CALLER}-01"));
    assert_eq!(asked.json(&body).send().await.unwrap().status(), 200);

    let pushed = device.hears().await;
    let hops = [
        "request", "append", "outcome", "queue", "load", "decide", "store", "mark", "emit", "push",
    ];
    let spans = collector.hears(TRACE, &hops).await;
    let request = spans.iter().find(|span| span["name"] == "request").unwrap();
    assert_eq!((&request["parentSpanId"], &request["kind"]), (&json!(CALLER), &json!(2)));
    let request = request["spanId"].as_str().unwrap();
    let others: Vec<_> = spans.iter().filter(|span| span["name"] != "request").collect();
    assert!(others.iter().all(|span| span["parentSpanId"] == request), "{others:?}");
    let ids: BTreeSet<_> = spans.iter().map(|span| span["spanId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), spans.len(), "{spans:?}");
    assert_eq!(pushed["traceparent"], format!("00-{TRACE}-{request}-01"));

    // A trace that its caller does not collect is told to nobody.
    let quiet = TRACE.replace("0a", "1a");
    let asked = Client::new().post(&url).header("traceparent", format!("00-{quiet}-{CALLER}-00"));
    assert_eq!(asked.json(&body).send().await.unwrap().status(), 200);
    let pushed = device.hears().await;
    assert_eq!(pushed["traceparent"], format!("00-{quiet}-{CALLER}-00"));
    // One that begins here comes after it.
    device.says(&json!({"type": "clear", "id": "c-1"})).await;
    let (event, _) = device.hears_event_and_reply().await;
    let begun = event["traceparent"].as_str().unwrap().split('-').nth(1).unwrap().to_owned();
    collector.hears(&begun, &["command", "append", "emit", "push"]).await;
    assert!(collector.spans().iter().all(|span| span["traceId"] != *quiet));
}
