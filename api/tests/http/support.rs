//! A client and the world it talks to.

pub(crate) mod log;
pub(crate) mod server;
pub(crate) mod store;

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use cart_api::{Api, Readiness, Settings};
use cart_ingest::commands::Commands;
use cart_schemas::cart::{Cart, CartState, Lifespan, Line, LineState};
use cart_schemas::id::{CartId, ItemId};
use cart_schemas::money::Price;
use cart_schemas::policies::Policies;
use cart_schemas::policy::Policy;
use cart_schemas::quantity::Quantity;
use cart_schemas::record::CartRecord;
use cart_schemas::reply::{Answer, Snapshot};
use cart_schemas::timestamp::Timestamp;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde_json::Value;
use tower::ServiceExt as _;

use self::log::MemoryLog;
use self::store::MemoryStore;

/// The API over engines in memory, ready for requests.
pub(crate) struct World {
    pub(crate) api: Api,
    pub(crate) router: Router,
    pub(crate) log: MemoryLog,
    pub(crate) store: MemoryStore,
    pub(crate) readiness: Readiness,
}

/// A response, read to its end.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
    pub(crate) headers: axum::http::HeaderMap,
}

/// One recorder per process, as in production.
pub(crate) fn metrics() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| PrometheusBuilder::new().install_recorder().unwrap()).clone()
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(&Settings::default()).await
    }

    pub(crate) async fn with(settings: &Settings) -> Self {
        let world = Self::starting(settings, MemoryLog::new()).await;
        world.until_ready().await;
        world
    }

    /// A world that may not be ready yet.
    pub(crate) async fn starting(settings: &Settings, log: MemoryLog) -> Self {
        let store = MemoryStore::default();
        let policies = Policies::same(Policy::default());
        let commands = Commands::open(log.clone(), store.clone(), policies.into()).await.unwrap();
        let readiness = Readiness::default();
        let api = Api::open(commands, settings, readiness.clone(), metrics()).await.unwrap();
        Self { router: api.router(), api, log, store, readiness }
    }

    pub(crate) async fn until_ready(&self) {
        for _ in 0..1_000 {
            if self.get("/readyz").await.status == StatusCode::OK {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("never ready: {}", self.get("/readyz").await.text);
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Said {
        let response = self.router.clone().oneshot(request).await.unwrap();
        read(response).await
    }

    pub(crate) async fn get(&self, path: &str) -> Said {
        self.ask(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, json: &str) -> Said {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("content-type", "application/json");
        self.ask(request.body(Body::from(json.to_owned())).unwrap()).await
    }

    /// Answers every command from now on with this, over a cart at `version`.
    pub(crate) fn answers(&self, answer: Answer, version: u64) {
        self.log.decide(Arc::new(move |envelope| {
            let after = Snapshot { cart_id: CartId::of(&envelope.cart, 0), version, cart: cart() };
            Some((answer.clone(), after))
        }));
    }
}

pub(crate) async fn read(response: Response<Body>) -> Said {
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let text = String::from_utf8(bytes.into()).unwrap();
    Said { status: parts.status, text, headers: parts.headers }
}

impl Said {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// Status and code of a problem, which has to be one in every respect.
    #[track_caller]
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        let code = problem["code"].as_str().unwrap().to_owned();
        assert_eq!(problem["status"], self.status.as_u16(), "{self:?}");
        assert_eq!(problem["type"], format!("/problems/{code}"), "{self:?}");
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{self:?}");
        (self.status.as_u16(), code)
    }
}

/// Two shirts at 29.99, far from expiring.
pub(crate) fn cart() -> Cart {
    let noon = Timestamp::from_millis(1_705_314_600_000);
    let line = Line {
        item: shirt(),
        name: "T-Shirt".to_owned(),
        price: Price::from_minor(2_999).unwrap(),
        quantity: Quantity::new(2).unwrap(),
        state: LineState::Added,
        added_at: noon,
        last_modified: noon,
    };
    let expires_at = Timestamp::from_millis(4_102_444_800_000);
    Cart {
        state: CartState::Active,
        currency: "USD".parse().ok(),
        lines: vec![line],
        lifespan: Some(Lifespan { last_modified: noon, expires_at }),
        restorable: None,
        abandoned: None,
        warned: false,
        checkout: None,
        told: Vec::new(),
    }
}

pub(crate) fn shirt() -> ItemId {
    ItemId::new("prod_456".parse().unwrap(), Some("large-red".parse().unwrap()))
}

pub(crate) fn record(version: u64) -> CartRecord {
    CartRecord { version, cart: cart(), ..CartRecord::default() }
}
