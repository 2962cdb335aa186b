//! The health of a process that serves no carts: the same three routes, and nothing else.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;

use crate::admission::Admission;
use crate::door::Door;
use crate::edge::{self, Edge};
use crate::limits::Allowances;
use crate::readiness::Readiness;
use crate::routes::{self, operations};
use crate::serve::serve_routes;
use crate::settings::Origins;

/// Serves `/livez`, `/readyz` and `/metrics` until `shutdown` resolves.
pub async fn serve_health(
    door: impl Into<Door>,
    readiness: Readiness,
    metrics: PrometheusHandle,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let parts = readiness.clone();
    let ready = move || async move { operations::told(parts.is_draining(), parts.missing()) };
    let app = Router::new()
        .route("/livez", get(operations::livez))
        .route("/readyz", get(ready))
        .route("/metrics", get(move || async move { operations::rendered(&metrics) }))
        .fallback(routes::not_found)
        .method_not_allowed_fallback(routes::method_not_allowed);
    let draining = async move {
        shutdown.await;
        readiness.drain();
    };
    let admission = Arc::new(Admission::new(&Allowances::default()));
    let app = edge::around(app, &Origins::Only(Vec::new()), Edge::INWARD, admission);
    serve_routes(door, app, draining).await;
}
