//! The CQL engine on a real cluster: it keeps the contract, and its errors mean what they say.

use std::collections::BTreeSet;
use std::future::Future;
use std::io;
use std::time::{Duration, Instant};

use cart_schemas::cql::Table;
use cart_schemas::timestamp::Timestamp;
use cart_storage::cql::{CqlSettings, CqlStore, OpenError, admin};
use cart_storage::store::{Disposition, Store, StoreError};
use cart_tests::contract;
use cart_tests::support::shop::engines_up;
use cart_tests::wire::Wire;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::BINARY;

const NODE: &str = "127.0.0.1:9042";

/// Settings of a namespace that belongs to this test and run.
async fn settings(test: &str) -> CqlSettings {
    engines_up(BINARY).await.expect("the engines come up");
    let namespace = format!("{test}_{}", std::process::id()).parse();
    CqlSettings::new(vec![NODE.to_owned()], namespace.expect("it has few and plain characters"))
}

/// Runs a test with its tables there, and drops them whatever becomes of it.
async fn migrated<F>(settings: &CqlSettings, test: impl FnOnce(CqlSettings) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    admin::migrate(settings, 1).await.expect("the tables are made");
    let outcome = tokio::spawn(test(settings.clone())).await;
    admin::drop_all(settings).await.expect("the tables are dropped");
    outcome.expect("the test passes");
}

fn tables(settings: &CqlSettings) -> Vec<String> {
    let keyspace = settings.namespace.keyspace();
    let tables = ["carts", "progress", "snapshots", "skus", "tallies", "webhooks", "consents"];
    let indexes = ["timers", "history", "holders", "tallied", "untaken"];
    let named = tables.into_iter().chain(indexes).map(|table| format!("{keyspace}.{table}"));
    [keyspace.clone()].into_iter().chain(named).collect()
}

async fn put(store: &CqlStore, step: i64) -> Result<(), StoreError> {
    store.put(Table::Carts, "cart", "cell".into(), Timestamp::from_micros(step)).await
}

/// Retries as the contract says, until it is done.
async fn put_until_done(store: &CqlStore, step: i64) {
    let begun = Instant::now();
    while let Err(error) = put(store, step).await {
        assert_eq!(error.disposition(), Disposition::Retry, "{error:?}");
        assert!(begun.elapsed() < Duration::from_secs(30), "still {error:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_keeps_the_contract() {
    migrated(&settings("contract").await, async |settings| {
        let store = CqlStore::open(settings).await.unwrap();
        assert_eq!(contract::store::failures(&store).await, Vec::<&str>::new());
    })
    .await;
}

/// Texts whose murmur3 token is the same: for each first half there is a second one that leads to
/// the same state of the hash, and these are those of plain characters.
const ONE_TOKEN: [&str; 6] = [
    "equal-tokens-of-cart-keys-000001",
    "hxj5w13epbfecp4p_x#]6:Riz67];D8!",
    "i5zfjskgcwd55b4y3mjS_%mx7XmBC?Qf",
    "pu54mjfg3lquaki0IwPk~YQCs(Ckh0Do",
    "d4gmgunkgi4ri2fcV8N}*.g:m$$4nZYf",
    "qcxcobkdmjjd1n3eH;m}[=C2iKb3yxbf",
];

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_one_token_may_lie_on_two_pages() {
    migrated(&settings("tokens").await, async |settings| {
        let store = CqlStore::open(settings).await.unwrap();
        for key in ONE_TOKEN.into_iter().chain(["before", "after", "elsewhere"]) {
            store.put(Table::Carts, key, "cell".into(), Timestamp::from_micros(1)).await.unwrap();
        }

        for limit in [1, 2, 4] {
            let (mut keys, mut tokens, mut after) = (Vec::new(), BTreeSet::new(), None);
            loop {
                let page = store.scan(Table::Carts, after.as_ref(), limit).await.unwrap();
                keys.extend(page.rows.into_iter().map(|row| row.key));
                let Some(next) = page.next else { break };
                let token = next.as_str().split(':').next().unwrap();
                let last = keys.last().is_some_and(|key| ONE_TOKEN.contains(&key.as_str()));
                tokens.extend(last.then(|| token.to_owned()));
                after = Some(next);
            }
            assert_eq!(tokens.len(), 1, "they are not of one token: {tokens:?}");
            assert_eq!(keys.len(), 9, "pages of {limit}: {keys:?}");
            assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), 9, "pages of {limit}: {keys:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_made_once_and_their_absence_is_told() {
    let settings = settings("migrate").await;
    let all = tables(&settings);

    assert_eq!(admin::missing(&settings).await.unwrap(), all);
    let error = CqlStore::open(settings.clone()).await.unwrap_err();
    assert!(matches!(&error, OpenError::MissingTables(missing) if *missing == all), "{error:?}");

    assert_eq!(admin::migrate(&settings, 1).await.unwrap(), all);
    assert_eq!(admin::missing(&settings).await.unwrap(), Vec::<String>::new());
    assert_eq!(admin::migrate(&settings, 1).await.unwrap(), Vec::<String>::new());
    let store = CqlStore::open(settings.clone()).await.unwrap();
    put(&store, 1).await.unwrap();

    // A table that goes away under an open store is a refusal, not a time-out.
    admin::drop_all(&settings).await.unwrap();
    assert_eq!(admin::missing(&settings).await.unwrap(), all);
    assert_eq!(put(&store, 2).await.unwrap_err().disposition(), Disposition::Stop);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_goes_away_comes_back_by_itself() {
    migrated(&settings("outage").await, async |mut settings| {
        let mut wire = Wire::to(NODE.parse().unwrap()).await.unwrap();
        settings.nodes = vec![wire.address().to_string()];
        settings.request_timeout = Duration::from_millis(500);
        let store = CqlStore::open(settings).await.unwrap();
        put_until_done(&store, 1).await;

        wire.stall();
        let begun = Instant::now();
        assert_eq!(put(&store, 2).await.unwrap_err().disposition(), Disposition::Retry);
        assert!(begun.elapsed() < Duration::from_millis(1_500), "{:?}", begun.elapsed());
        wire.flow();
        put_until_done(&store, 2).await;

        wire.cut().await;
        for step in 3..6 {
            assert_eq!(put(&store, step).await.unwrap_err().disposition(), Disposition::Retry);
        }
        wire.mend().await.unwrap();
        put_until_done(&store, 6).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_store_keeps_nobody_waiting_for_a_turn() {
    migrated(&settings("turns").await, async |mut settings| {
        let wire = Wire::to(NODE.parse().unwrap()).await.unwrap();
        settings.nodes = vec![wire.address().to_string()];
        settings.request_timeout = Duration::from_millis(500);
        settings.writes_in_flight = 2;
        let store = CqlStore::open(settings).await.unwrap();
        put_until_done(&store, 1).await;

        wire.stall();
        let begun = Instant::now();
        let puts = futures::future::join_all((2..102).map(|step| put(&store, step))).await;

        assert!(puts.iter().all(Result::is_err));
        // One time-out for the turn and one for the answer.
        assert!(begun.elapsed() < Duration::from_millis(2_000), "{:?}", begun.elapsed());
        wire.flow();
        put_until_done(&store, 102).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_data_centre_is_told_with_the_known_ones() {
    let mut settings = settings("datacenter").await;
    settings.datacenter = Some("atlantis".to_owned());

    let error = CqlStore::open(settings).await.unwrap_err();

    assert!(matches!(&error, OpenError::Datacenter(known) if known.len() == 1), "{error:?}");
}

#[tokio::test]
async fn a_cluster_that_does_not_answer_is_unreachable() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();

    for address in [nowhere, silent.local_addr().unwrap()] {
        let mut settings = settings("nobody").await;
        settings.nodes = vec![address.to_string()];

        let begun = Instant::now();
        let error = CqlStore::open(settings).await.unwrap_err();

        assert!(matches!(error, OpenError::Unreachable(_)), "{error:?}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn a_cluster_that_wants_another_password_denies_us() {
    let cluster = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = settings("denied").await;
    settings.nodes = vec![cluster.local_addr().unwrap().to_string()];
    settings.user = Some(("cart".to_owned(), "wrong".to_owned()));
    let cluster = tokio::spawn(async move {
        while let Ok((client, _)) = cluster.accept().await {
            drop(deny(client).await);
        }
    });

    let error = CqlStore::open(settings).await.unwrap_err();

    assert!(matches!(error, OpenError::Denied(_)), "{error:?}");
    assert_eq!(error.disposition(), Disposition::Stop);
    cluster.abort();
}

/// Speaks the beginning of CQL's protocol, version 4: OPTIONS is answered with SUPPORTED, and
/// anything else with the error "bad credentials", until the client has had enough.
async fn deny(mut client: TcpStream) -> io::Result<()> {
    loop {
        let mut header = [0; 9];
        client.read_exact(&mut header).await?;
        let [_, _, stream_high, stream_low, opcode, _, _, high, low] = header;
        // Neither OPTIONS nor STARTUP is longer than two bytes can say.
        let length = u16::from_be_bytes([high, low]);
        client.read_exact(&mut vec![0; usize::from(length)]).await?;
        let answer: &[u8] = if opcode == 5 {
            &[6, 0, 0, 0, 2, 0, 0]
        } else {
            &[0, 0, 0, 0, 8, 0, 0, 1, 0, 0, 2, b'n', b'o']
        };
        client.write_all(&[&[0x84, 0, stream_high, stream_low], answer].concat()).await?;
    }
}
