//! `cartstream` without a subcommand: opens the engines, wires the roles, serves until told to
//! stop, and drains.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use cart_analytics::{history, tallies, webhooks};
use cart_api::{Access, Api, Door, Flag, Readiness, StockSecrets, Transport};
use cart_ingest::commands::Commands;
use cart_ingest::news;
use cart_processor::runtime::RunError;
use cart_schemas::generation::Generation;
use cart_schemas::policies::Policies;
use cart_storage::log::Log;
use cart_storage::store::Store;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::cli::{Connections, Plan, Role, Serving};
use crate::exit::Failure;
use crate::place::{Errand, Installation, Opened, Place};
use crate::processors::{self, Healths, Terms};
use crate::traces::Export;
use crate::{banner, clock, numbers, policies, samples, standing};

/// How often the flags of readiness are brought up to date.
const HEALTH_EVERY: Duration = Duration::from_millis(200);
/// How often the store is asked whether it answers and whether its carts are still here.
pub(crate) const STORE_EVERY: Duration = Duration::from_secs(1);
/// Connections that wait to be accepted, as many as Linux lets wait by default: a restart brings every
/// client back at once, and one there is no room for tries again only after a second.
const BACKLOG: u32 = 4_096;

/// Serves until SIGTERM or SIGINT; what traces tell is exported to the end.
pub(crate) async fn serve(
    serving: Serving,
    connections: Connections,
    export: Option<Export>,
) -> Result<(), Failure> {
    let stop = CancellationToken::new();
    let exporting = export.map(|export| tokio::spawn(export.run(stop.clone())));
    let served = Place::chosen(&serving, connections).run(Service(serving)).await;
    stop.cancel();
    served.and(finished(exporting, "the traces' task failed").await)
}

struct Service(Serving);

impl Errand for Service {
    type Outcome = ();

    async fn run<I: Installation>(self, at: &I) -> Result<(), Failure> {
        let Self(serving) = self;
        check_roles::<I>(&serving.roles)?;
        let access = access(&serving)?;
        let stock_secrets = StockSecrets::of_shops(serving.stock_webhook_secret.clone());
        let stock_secrets = stock_secrets
            .map_err(|error| Failure::Usage(format!("--stock-webhook-secret: {error}")))?;
        let engine = if I::ALONE { "embedded" } else { "kafka" };
        let metrics = numbers::record(engine, &serving.roles)?;
        let tls = serving.tls.open()?;
        let listener = listen(serving.http).map_err(|source| {
            Failure::failed(format!("--http {} cannot be listened on", serving.http), source)
        })?;
        let door = Door::new(listener, tls);
        if I::ALONE {
            // What is served first is an empty shop.
            at.create_store(&Plan::default()).await?;
        }
        let Opened { log, store, standing } = Opened::open(at).await?;
        if let Some(reason) = standing::absence(&standing.state) {
            return Err(Failure::Usage(reason));
        }
        let policies = policies::read(&serving)?;
        let readiness = Readiness::default();
        let disk = readiness.register("disk");
        let home = banner::home(at);
        let ports = (log, store);
        let terms = serving.webhooks.terms()?;
        let edge = Edge {
            ports,
            serving,
            access,
            policies,
            readiness,
            metrics,
            stock_secrets,
            terms,
            home,
        };
        tokio::select! {
            served = run_roles(door, edge, standing.generation) => served,
            never = watch_writes(at, disk) => match never {},
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restarted process takes the address its connections of before still hold.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// A process that has the engines to itself must do all of the work.
fn check_roles<I: Installation>(roles: &[Role]) -> Result<(), Failure> {
    if !I::ALONE || (roles.contains(&Role::Api) && roles.contains(&Role::Processor)) {
        return Ok(());
    }
    let text = "--engine embedded is one process: give it the roles api and processor, or none";
    Err(Failure::Usage(text.to_owned()))
}

/// Who may call; a process without the API is asked for nothing but its health.
fn access(serving: &Serving) -> Result<Access, Failure> {
    if !serving.roles.contains(&Role::Api) {
        return Ok(Access::Open);
    }
    serving.access.access(serving.http, serving.engine)
}

/// Says whether what must be written is.
async fn watch_writes<I: Installation>(at: &I, flag: Flag) -> Infallible {
    let mut ticks = tokio::time::interval(HEALTH_EVERY);
    loop {
        ticks.tick().await;
        flag.set(at.is_writable());
    }
}

async fn run_roles<L: Log, S: Store>(
    door: Door,
    edge: Edge<L, S>,
    generation: Generation,
) -> Result<(), Failure> {
    let (shutdown, drained) = (CancellationToken::new(), CancellationToken::new());
    tokio::spawn(cancel_on_signal(shutdown.clone()));
    let flag = edge.readiness.register("store");
    let watch = watch_store(edge.ports.1.clone(), flag, generation, shutdown.clone());
    let watching = tokio::spawn(watch);
    let roles = &edge.serving.roles;
    let processors = roles
        .contains(&Role::Processor)
        .then(|| start_processors(&edge, generation, (&shutdown, &drained)));
    let news = roles.contains(&Role::Processor).then(|| {
        let stop = shutdown.clone().cancelled_owned();
        let settings = news::Settings::new(edge.policies.clone(), generation);
        let telling = news::tell(edge.ports.clone(), settings, stop);
        tokio::spawn(to_the_end(telling, shutdown.clone()))
    });
    let analytics = if roles.contains(&Role::Analytics) {
        start_analytics(&edge, &shutdown)
    } else {
        JoinSet::new()
    };
    let served = serve_http(door, edge, &shutdown).await;
    // Requests in flight still need their carts' owner: it goes last.
    drained.cancel();
    let processed = match processors {
        Some(task) => ended(task.await),
        None => Ok(()),
    };
    shutdown.cancel();
    let watched = watching.await.map_err(|error| Failure::failed("a watch fell over", error));
    let watched = watched.flatten();
    let kept = all_finished(analytics, "a task of the analytics failed").await;
    let told = finished(news, "the news' task failed").await;
    served.and(processed).and(watched).and(kept).and(told)
}

/// What is made of the events: histories, counts with their gauges, and what webhooks are told. Each has a task, so that none waits
/// for another's turn.
fn start_analytics<L: Log, S: Store>(
    edge: &Edge<L, S>,
    shutdown: &CancellationToken,
) -> JoinSet<()> {
    let stop = || shutdown.clone().cancelled_owned();
    let (ports, shops) = (edge.ports.clone(), edge.policies.shops().collect());
    let end = || shutdown.clone();
    let mut tasks = JoinSet::new();
    tasks.spawn(to_the_end(history::keep(ports.clone(), stop()), end()));
    tasks.spawn(to_the_end(tallies::count(ports.clone(), stop()), end()));
    let terms = edge.terms.clone();
    tasks.spawn(to_the_end(webhooks::tell(ports.clone(), terms, stop()), end()));
    tasks.spawn(to_the_end(tallies::show(ports.1, shops, clock::now, stop()), end()));
    tasks
}

/// Does what is done until the process ends. Should it end before, and be it by a panic, it takes the process
/// with it, as processors do: a supervisor sees that.
async fn to_the_end(task: impl Future<Output = ()>, shutdown: CancellationToken) {
    let _guard = shutdown.drop_guard();
    task.await;
}

/// Waits for tasks that end by themselves once they are told to stop.
async fn all_finished(mut tasks: JoinSet<()>, otherwise: &str) -> Result<(), Failure> {
    let mut finished = Ok(());
    while let Some(joined) = tasks.join_next().await {
        let joined = joined.map_err(|error| Failure::failed(otherwise, error));
        finished = finished.and(joined);
    }
    finished
}

/// Waits for a task that ends by itself once it is told to stop.
async fn finished(task: Option<JoinHandle<()>>, otherwise: &str) -> Result<(), Failure> {
    match task {
        Some(task) => task.await.map_err(|error| Failure::failed(otherwise, error)),
        None => Ok(()),
    }
}

fn start_processors<L: Log, S: Store>(
    edge: &Edge<L, S>,
    generation: Generation,
    (shutdown, drained): (&CancellationToken, &CancellationToken),
) -> JoinHandle<Result<(), RunError>> {
    let healths = Healths::default();
    let terms = Terms::new(generation, edge.policies.clone());
    let (flag, watched) = (edge.readiness.register("processor"), healths.clone());
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(HEALTH_EVERY);
        loop {
            ticks.tick().await;
            flag.set(watched.are_ready());
        }
    });
    let ports = edge.ports.clone();
    let (shutdown, drained) = (shutdown.clone(), drained.clone());
    tokio::spawn(async move {
        let ran = processors::run(ports, terms, healths, drained).await;
        // Processors that cannot go on take the process with them: a supervisor sees it end.
        shutdown.cancel();
        ran
    })
}

/// How a processor's task ended.
pub(crate) fn ended(
    joined: Result<Result<(), RunError>, tokio::task::JoinError>,
) -> Result<(), Failure> {
    match joined {
        Ok(Ok(())) => Ok(()),
        Ok(Err(RunError::Refused(refusal))) => Err(Failure::Usage(refusal.to_string())),
        Ok(Err(error)) => Err(Failure::failed("the processor ended", error)),
        Err(error) => Err(Failure::failed("the processor's task failed", error)),
    }
}

/// What a process is made of.
struct Edge<L, S> {
    ports: (L, S),
    serving: Serving,
    access: Access,
    policies: Policies,
    readiness: Readiness,
    metrics: PrometheusHandle,
    /// What each shop's deliveries of stock are signed with.
    stock_secrets: StockSecrets,
    /// What webhooks are told with.
    terms: webhooks::Terms,
    /// Where the carts are, in words.
    home: String,
}

async fn serve_http<L: Log, S: Store>(
    door: Door,
    edge: Edge<L, S>,
    shutdown: &CancellationToken,
) -> Result<(), Failure> {
    let stop = shutdown.clone().cancelled_owned();
    let roles = &edge.serving.roles;
    if !roles.contains(&Role::Api) {
        banner::announce(&door, roles, &edge.home);
        cart_api::serve_health(door, edge.readiness, edge.metrics, stop).await;
        return Ok(());
    }
    let (log, store) = edge.ports;
    let commands = Commands::open(log.clone(), store, edge.policies.into()).await;
    let commands =
        commands.map_err(|source| Failure::failed("the command log does not answer", source))?;
    let (catalog, shelves) = (commands.catalog().clone(), *commands.shelves());
    // Whoever sees that the shop is ready finds goods in it.
    let stocked = edge.readiness.register("samples");
    tokio::spawn(async move {
        samples::load_if_empty(&catalog, &log).await;
        if let Err(error) = shelves.tell_untold(&log, &catalog).await {
            tracing::warn!(%error, "the stock of some products was not told");
        }
        stocked.set(true);
    });
    let settings = cart_api::Settings {
        cors_origins: edge.serving.cors_origins.clone(),
        max_sockets: edge.serving.max_sockets,
        stock_secrets: edge.stock_secrets,
        share: edge.serving.share,
        live_url: edge.serving.live_url.clone(),
        access: edge.access.clone(),
        allowances: edge.serving.limits.allowances(),
        transport: if door.is_secret() { Transport::Tls } else { Transport::Plain },
        traces: edge.serving.traces.traces(),
        webhooks: edge.serving.webhooks.settings(),
    };
    let api = Api::open(commands, &settings, edge.readiness, edge.metrics).await;
    let api = api.map_err(|source| Failure::failed("the API cannot start", source))?;
    banner::announce(&door, roles, &edge.home);
    banner::warn(&edge.access);
    cart_api::serve(door, api, stop).await;
    Ok(())
}

/// Tells whether the store answers, and ends the process once its carts follow another log or
/// leave: a command it takes from then on nobody would decide.
async fn watch_store<S: Store>(
    store: S,
    flag: Flag,
    generation: Generation,
    shutdown: CancellationToken,
) -> Result<(), Failure> {
    let mut ticks = tokio::time::interval(STORE_EVERY);
    while !shutdown.is_cancelled() {
        tokio::select! {
            () = shutdown.cancelled() => {}
            _ = ticks.tick() => {}
        }
        let said = standing::outdated(&store, generation).await;
        flag.set(said.is_ok());
        if let Some(reason) = said.ok().flatten() {
            tracing::error!("stopping: {reason}");
            shutdown.cancel();
            return Err(Failure::Usage(reason));
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_falls_over_takes_the_process_with_it() {
        let shutdown = CancellationToken::new();
        let falls = async { panic!("on purpose") };

        let fallen = tokio::spawn(to_the_end(falls, shutdown.clone()));

        shutdown.cancelled().await;
        assert!(fallen.await.unwrap_err().is_panic());
    }
}
