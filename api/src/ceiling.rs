//! The HTTP layer alone: the cart's routes with their extractors and layers, around handlers that
//! do nothing. What a benchmark compares the product with; nobody else calls it.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;

use crate::admission::Admission;
use crate::edge::{self, Edge};
use crate::identity::Caller;
use crate::limits::Allowances;
use crate::problem::Problem;
use crate::request::{AddItem, Ask, Bodiless, CartPath, ItemPath, Payload, Segments, SetQuantity};
use crate::routes::operations;
use crate::serve::serve_routes;
use crate::settings::Origins;

/// A cart of two lines, as the product would answer it.
const CART: &str = include_str!("ceiling/cart.json");

/// Serves the cart's routes without a cart until `shutdown` resolves.
pub async fn serve_ceiling(
    listener: TcpListener,
    metrics: PrometheusHandle,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let routes = Router::new()
        .route("/api/cart/{userID}", get(read))
        .route("/api/cart/{userID}/items", post(add))
        .route("/api/cart/{userID}/items/{itemID}", axum::routing::put(set).delete(remove))
        .route("/api/cart/{userID}/clear", post(clear))
        .route("/readyz", get(|| async {}))
        .route("/metrics", get(move || async move { operations::rendered(&metrics) }));
    let admission = Arc::new(Admission::new(&Allowances::default()));
    let routes = edge::around(routes, &Origins::Only(Vec::new()), Edge::INWARD, admission);
    serve_routes(listener, routes, shutdown).await;
}

fn cart() -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::ETAG, "\"2\"")];
    (headers, CART).into_response()
}

async fn read(Segments(path): Segments<CartPath>) -> Result<Response, Problem> {
    path.cart(&Caller::Anyone)?;
    Ok(cart())
}

async fn add(
    Segments(path): Segments<CartPath>,
    _: Ask,
    Payload(form): Payload<AddItem>,
) -> Result<Response, Problem> {
    path.cart(&Caller::Anyone)?;
    form.intent(|_| Ok(true))?;
    Ok(cart())
}

async fn set(
    Segments(path): Segments<ItemPath>,
    _: Ask,
    Payload(form): Payload<SetQuantity>,
) -> Result<Response, Problem> {
    path.cart(&Caller::Anyone)?;
    form.intent(|| path.item())?;
    Ok(cart())
}

async fn remove(
    Segments(path): Segments<ItemPath>,
    _: Ask,
    _: Bodiless,
) -> Result<Response, Problem> {
    path.cart(&Caller::Anyone)?;
    path.item()?;
    Ok(cart())
}

async fn clear(
    Segments(path): Segments<CartPath>,
    _: Ask,
    _: Bodiless,
) -> Result<Response, Problem> {
    path.cart(&Caller::Anyone)?;
    Ok(cart())
}
