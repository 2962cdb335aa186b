//! `cartstream` without a subcommand: opens the engines, wires the roles, serves until told to
//! stop, and drains.

use std::time::Duration;

use cart_api::{Api, Flag, Readiness};
use cart_ingest::commands::Commands;
use cart_processor::runtime::{self, Health, RunError};
use cart_schemas::cql::Table;
use cart_schemas::policy::Policy;
use cart_storage::cql::{self, CqlStore};
use cart_storage::kafka::{self, KafkaLog};
use cart_storage::log::Log;
use cart_storage::store::Store;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::cli::{Connections, EngineSet, Role, Serving};
use crate::embedded;
use crate::exit::Failure;
use crate::samples;

/// Upper bounds of latency histograms, in seconds: fine around the 50 ms a change may take.
const SECONDS: [f64; 16] = [
    0.0005, 0.001, 0.002, 0.004, 0.008, 0.012, 0.016, 0.024, 0.032, 0.05, 0.075, 0.1, 0.25, 0.5,
    1.0, 2.5,
];
/// How often the flags of readiness are brought up to date.
const HEALTH_EVERY: Duration = Duration::from_millis(200);
/// How often the store is asked whether it answers.
const STORE_EVERY: Duration = Duration::from_secs(1);

/// How often old observations are folded.
const UPKEEP_EVERY: Duration = Duration::from_secs(1);

/// Serves until SIGTERM or SIGINT.
pub(crate) async fn serve(serving: Serving, connections: Connections) -> Result<(), Failure> {
    let metrics = install_metrics()?;
    let listener = TcpListener::bind(serving.http).await.map_err(|source| {
        Failure::failed(format!("--http {} cannot be listened on", serving.http), source)
    })?;
    match serving.engine {
        EngineSet::Kafka => run(open(&connections).await?, serving, listener, metrics).await,
        EngineSet::Embedded => {
            let engine = embedded::open(&serving.data).await?;
            let served = run((engine.clone(), engine.clone()), serving, listener, metrics).await;
            engine.close().await;
            served
        }
    }
}

/// Runs the roles on these engines.
async fn run<L: Log, S: Store>(
    ports: (L, S),
    serving: Serving,
    listener: TcpListener,
    metrics: PrometheusHandle,
) -> Result<(), Failure> {
    let (shutdown, drained) = (CancellationToken::new(), CancellationToken::new());
    tokio::spawn(cancel_on_signal(shutdown.clone()));
    let readiness = Readiness::default();
    tokio::spawn(watch_store(ports.1.clone(), readiness.register("store")));
    let processor = serving
        .roles
        .contains(&Role::Processor)
        .then(|| start_processor(&ports, &serving, &readiness, (&shutdown, &drained)));
    if serving.roles.contains(&Role::Analytics) {
        tracing::info!("role analytics: nothing runs yet");
    }
    let served = serve_http(listener, Edge { ports, serving, readiness, metrics }, &shutdown).await;
    // Requests in flight still need their carts' owner: it goes last.
    drained.cancel();
    let processed = match processor {
        Some(task) => ended(task.await),
        None => Ok(()),
    };
    served.and(processed)
}

/// Opens Kafka and the CQL store, or says which command creates what they lack.
async fn open(connections: &Connections) -> Result<(KafkaLog, CqlStore), Failure> {
    let settings = connections.kafka_settings();
    let missing = kafka::admin::missing(&settings).await.map_err(|source| {
        Failure::failed(format!("Kafka at --kafka {} does not answer", connections.kafka), source)
    })?;
    let tables = cql::admin::missing(&connections.cql_settings()).await.map_err(|source| {
        let nodes = connections.cql.join(",");
        Failure::failed(format!("the store at --cql {nodes} does not answer"), source)
    })?;
    let missing = [missing, tables].concat();
    if !missing.is_empty() {
        let names = missing.join(", ");
        let text = format!("missing: {names}; run `cartstream migrate` with the same settings");
        return Err(Failure::Usage(text));
    }
    let log = KafkaLog::open(settings)
        .map_err(|source| Failure::failed("the Kafka client cannot be made", source))?;
    let store = CqlStore::open(connections.cql_settings())
        .await
        .map_err(|source| Failure::failed("the store cannot be opened", source))?;
    Ok((log, store))
}

pub(crate) fn install_metrics() -> Result<PrometheusHandle, Failure> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .map_err(|source| Failure::failed("the latency buckets are wrong", source))?;
    let handle = builder
        .install_recorder()
        .map_err(|source| Failure::failed("metrics cannot be recorded", source))?;
    metrics_process::Collector::default().describe();
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP_EVERY);
        loop {
            ticks.tick().await;
            upkeep.run_upkeep();
        }
    });
    Ok(handle)
}

fn start_processor<L: Log, S: Store>(
    (log, store): &(L, S),
    serving: &Serving,
    readiness: &Readiness,
    (shutdown, drained): (&CancellationToken, &CancellationToken),
) -> JoinHandle<Result<(), RunError>> {
    let health = Health::default();
    let settings = runtime::Settings { policy: policy(serving), ..runtime::Settings::default() };
    let (flag, watched) = (readiness.register("processor"), health.clone());
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(HEALTH_EVERY);
        loop {
            ticks.tick().await;
            flag.set(watched.is_ready());
        }
    });
    let ports = (log.clone(), store.clone());
    let (shutdown, drained) = (shutdown.clone(), drained.clone());
    tokio::spawn(async move {
        let ran = runtime::run(ports, settings, health, drained).await;
        // A processor that cannot go on takes the process with it: a supervisor sees it end.
        shutdown.cancel();
        ran
    })
}

fn ended(joined: Result<Result<(), RunError>, tokio::task::JoinError>) -> Result<(), Failure> {
    match joined {
        Ok(Ok(())) => Ok(()),
        Ok(Err(RunError::Refused(refusal))) => Err(Failure::Usage(refusal.to_string())),
        Ok(Err(error)) => Err(Failure::failed("the processor ended", error)),
        Err(error) => Err(Failure::failed("the processor's task failed", error)),
    }
}

fn policy(serving: &Serving) -> Policy {
    let ttl_seconds = serving.cart_ttl;
    Policy { ttl_seconds, empty_ttl_seconds: ttl_seconds, ..Policy::default() }
}

/// What the HTTP side is made of.
struct Edge<L, S> {
    ports: (L, S),
    serving: Serving,
    readiness: Readiness,
    metrics: PrometheusHandle,
}

async fn serve_http<L: Log, S: Store>(
    listener: TcpListener,
    edge: Edge<L, S>,
    shutdown: &CancellationToken,
) -> Result<(), Failure> {
    let stop = shutdown.clone().cancelled_owned();
    let roles = &edge.serving.roles;
    if !roles.contains(&Role::Api) {
        announce(&listener, roles);
        let served = cart_api::serve_health(listener, edge.readiness, edge.metrics, stop);
        return served.await.map_err(unserved);
    }
    let (log, store) = edge.ports;
    let commands = Commands::open(log.clone(), store, policy(&edge.serving).into()).await;
    let commands =
        commands.map_err(|source| Failure::failed("the command log does not answer", source))?;
    let catalog = commands.catalog().clone();
    // Whoever sees that the shop is ready finds goods in it.
    let stocked = edge.readiness.register("samples");
    tokio::spawn(async move {
        samples::load_if_empty(&catalog, &log).await;
        stocked.set(true);
    });
    let settings = cart_api::Settings {
        cors_origins: edge.serving.cors_origins.clone(),
        max_sockets: edge.serving.max_sockets,
    };
    let api = Api::open(commands, &settings, edge.readiness, edge.metrics).await;
    let api = api.map_err(|source| Failure::failed("the API cannot start", source))?;
    announce(&listener, roles);
    cart_api::serve(listener, api, stop).await.map_err(unserved)
}

fn unserved(source: std::io::Error) -> Failure {
    Failure::failed("HTTP can no longer be served", source)
}

/// Every URL there is, for someone who just started it.
#[expect(clippy::print_stdout, reason = "the banner is what a person at a terminal looks for")]
fn announce(listener: &TcpListener, roles: &[Role]) {
    let Ok(address) = listener.local_addr() else { return };
    println!("Cartstream is up: http://{address}");
    if roles.contains(&Role::Api) {
        println!("  shop       http://{address}/");
        println!("  carts      http://{address}/api/cart/{{userID}}");
        println!("  products   http://{address}/api/products");
        println!("  live       ws://{address}/ws/cart/{{userID}}");
        println!("  OpenAPI    http://{address}/openapi.json");
    }
    println!("  health     http://{address}/livez  http://{address}/readyz");
    println!("  metrics    http://{address}/metrics");
}

async fn watch_store<S: Store>(store: S, flag: Flag) {
    let mut ticks = tokio::time::interval(STORE_EVERY);
    loop {
        ticks.tick().await;
        flag.set(store.load(Table::Progress, "readiness").await.is_ok());
    }
}

/// Cancels on SIGTERM or Ctrl-C. A second one is the shell's to answer with SIGKILL.
async fn cancel_on_signal(shutdown: CancellationToken) {
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::error!(%error, "SIGTERM is not listened to");
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        () = terminate => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    tracing::info!("stopping: finishing what is in hand");
    shutdown.cancel();
}
