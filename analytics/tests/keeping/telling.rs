//! Endpoints that want nothing more, and what one did not take: told by a receiver on a port.

use std::collections::BTreeSet;
use std::time::Duration;

use cart_analytics::webhooks::{self, Change, Endpoint, Frequency, Fresh, Standing, Terms, Wish};
use cart_outbound::{Client, Reach};
use cart_schemas::cql::Index;
use cart_schemas::event::Place;
use cart_schemas::id::{CartId, OrderId};
use cart_schemas::money::Amount;
use cart_schemas::notice::{Notice, NoticeKind, Turn};
use cart_schemas::partition::Partition;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use cart_storage::embedded::Embedded;
use cart_storage::log::{Lane, Log as _, NewRecord, TopicPartition};
use cart_storage::store::Store as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::world::{World, at, key};

const NOTICES: TopicPartition =
    TopicPartition { topic: Topic::Analytics, partition: Partition::new(0) };
/// How long anything may take on a busy machine.
const IN_TIME: Duration = Duration::from_secs(30);

/// A receiver that answers everything with this, and what it was sent.
async fn receiver(answer: &'static str) -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (sent, heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"]}}") {
                connection.read_buf(&mut request).await.unwrap();
            }
            drop(sent.send(String::from_utf8(request).unwrap()));
            let head = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n");
            connection.write_all(head.as_bytes()).await.unwrap();
        }
    });
    (url, heard)
}

fn paid(user: &str) -> Notice {
    let (cart, order) = (key(user), "o-1".parse::<OrderId>().unwrap());
    let place = Place { cart: CartId::of(&cart, 0), version: 3, n: 0, of: 1 };
    let checkout = "0190f1b2-c3d4-7e8f-9a0b-1c2d3e4f5a6b".parse().unwrap();
    let turn = Turn::Converted { checkout, order, recovered: None };
    let (value, lines) = (Amount::ZERO, Vec::new());
    Notice { place, cart, at: at(3), turn, currency: None, value, lines }
}

async fn append(engine: &Embedded, notice: &Notice) -> i64 {
    let value = Some(notice.encode().into());
    let record = NewRecord { value, ..NewRecord::default() };
    engine.append(Lane::Facts, NOTICES, record).await.unwrap().offset
}

async fn endpoint(engine: &Embedded, url: String) -> Endpoint {
    let kinds = BTreeSet::from(NoticeKind::ALL);
    let wish = Wish { url, kinds, discount: None, frequency: Frequency::default() };
    let fresh = Fresh { id: Uuid::from_u128(7), secret: [7; 32], now: at(4) };
    webhooks::add((engine, engine), (None, wish), fresh).await.unwrap()
}

fn tell(engine: &Embedded) -> JoinHandle<()> {
    let client = Client::new(None).unwrap();
    let now = || Timestamp::from_millis(1_705_314_700_000);
    let terms = Terms { client, reach: Reach::Inside, page: None, now };
    let ports = (engine.clone(), engine.clone());
    tokio::spawn(webhooks::tell(ports, terms, std::future::pending()))
}

#[tokio::test]
async fn what_an_endpoint_did_not_take_is_told_once_more_on_demand() {
    let world = World::new("replay");
    let engine = &world.store;
    let (url, mut heard) = receiver("204 No Content").await;
    let offset = append(engine, &paid("ann")).await;
    let endpoint = endpoint(engine, url).await;
    let slot = endpoint.id.to_string();
    let entry = format!("00000/{offset:019}");
    engine.note(Index::Untaken, &slot, &entry, at(5)).await.unwrap();
    assert_eq!(webhooks::untaken(engine, endpoint.id).await.unwrap(), 1);

    webhooks::change(engine, endpoint.clone(), (at(6), Change::Replay)).await.unwrap();
    let telling = tell(engine);

    let told = tokio::time::timeout(IN_TIME, heard.recv()).await.unwrap().unwrap();
    assert!(told.contains(&format!("webhook-id: {}", paid("ann").place)), "{told}");
    let is_told = async || webhooks::untaken(engine, endpoint.id).await.unwrap() == 0;
    tokio::time::timeout(IN_TIME, async { while !is_told().await {} }).await.unwrap();
    telling.abort();
    world.close().await;
}

#[tokio::test]
async fn an_endpoint_that_answers_410_is_told_no_more() {
    let world = World::new("gone");
    let engine = &world.store;
    let (url, mut heard) = receiver("410 Gone").await;
    let endpoint = endpoint(engine, url).await;
    append(engine, &paid("ann")).await;

    let telling = tell(engine);

    tokio::time::timeout(IN_TIME, heard.recv()).await.unwrap().unwrap();
    let standing = async || {
        let found = webhooks::endpoint(engine, None, endpoint.id).await.unwrap();
        found.unwrap().standing
    };
    let is_gone = async { while standing().await != Standing::Gone {} };
    tokio::time::timeout(IN_TIME, is_gone).await.unwrap();
    telling.abort();
    world.close().await;
}

#[tokio::test]
async fn a_shop_has_only_so_many_endpoints_and_sees_no_others() {
    let world = World::new("endpoints");
    let engine = &world.store;
    for number in 0..webhooks::ENDPOINTS_MAX {
        let wish = endpoint_wish();
        let id = Uuid::from_u128(u128::try_from(number).unwrap());
        let fresh = Fresh { id, secret: [1; 32], now: at(1) };
        webhooks::add((engine, engine), (None, wish), fresh).await.unwrap();
    }
    let fresh = Fresh { id: Uuid::from_u128(99), secret: [1; 32], now: at(1) };

    let more = webhooks::add((engine, engine), (None, endpoint_wish()), fresh).await;
    assert!(matches!(more, Err(webhooks::WebhookError::Full)));
    let acme = "acme".parse().ok();
    let other = webhooks::add((engine, engine), (acme.clone(), endpoint_wish()), fresh).await;

    let id = other.unwrap().id;
    assert!(webhooks::endpoint(engine, None, id).await.unwrap().is_none());
    assert!(webhooks::endpoint(engine, acme.as_ref(), id).await.unwrap().is_some());
    world.close().await;
}

fn endpoint_wish() -> Wish {
    let kinds = BTreeSet::from(NoticeKind::ALL);
    let url = "https://mail.shop.example/".to_owned();
    Wish { url, kinds, discount: None, frequency: Frequency::default() }
}
