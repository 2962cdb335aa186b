//! What operators and their tools read.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use utoipa::ToSchema;

use super::json;
use crate::app::App;

/// Whether an instance should get traffic.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ready)]
pub(crate) struct ReadyView {
    /// `ready`, `not_ready` or `draining`.
    #[schema(example = "ready")]
    status: &'static str,
    /// What is missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<&'static str>,
}

/// Whether the process runs at all.
#[utoipa::path(
    get,
    path = "/livez",
    operation_id = "livez",
    tag = "operations",
    security(),
    responses((status = OK, description = "It runs", body = String, content_type = "text/plain"))
)]
pub(crate) async fn livez() -> &'static str {
    "ok"
}

/// Whether the instance should get traffic, and if not, what is missing.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz",
    tag = "operations",
    security(),
    responses(
        (status = OK, description = "It should", body = ReadyView),
        (status = SERVICE_UNAVAILABLE, description = "It should not", body = ReadyView)
    )
)]
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> Response {
    told(app.readiness.is_draining(), app.missing())
}

/// The answer of `/readyz`.
pub(crate) fn told(draining: bool, missing: Vec<&'static str>) -> Response {
    let (code, status) = if draining {
        (StatusCode::SERVICE_UNAVAILABLE, "draining")
    } else if missing.is_empty() {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not_ready")
    };
    json(code, &ReadyView { status, missing })
}

/// The metrics of the process as Prometheus text.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "operations",
    security(),
    responses((status = OK, description = "Metrics", body = String, content_type = "text/plain"))
)]
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    rendered(&app.metrics)
}

/// The answer of `/metrics`; the process's own numbers are taken now.
pub(crate) fn rendered(metrics: &PrometheusHandle) -> Response {
    metrics_process::Collector::default().collect();
    let headers = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (headers, metrics.render()).into_response()
}
