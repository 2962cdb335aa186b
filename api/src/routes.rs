//! Every route and the handler behind it. Knows paths; the handlers know what they mean.

mod analytics;
mod cart;
mod checkout;
mod commands;
mod contract;
mod currency;
mod expiry;
mod guests;
mod history;
mod hooks;
mod items;
mod merge;
pub(crate) mod operations;
mod preferences;
mod products;
mod recovery;
mod socket;
mod stock;
mod tickets;
mod way;
mod webhooks;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse as _;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::problem::{Code, Problem};

/// The routes and their description, which are made of each other.
pub(crate) fn all() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(cart::get))
        .routes(routes!(cart::state))
        .routes(routes!(cart::clear))
        .routes(routes!(cart::restore))
        .routes(routes!(items::add))
        .routes(routes!(items::set, items::remove))
        .routes(routes!(expiry::get, expiry::extend))
        .routes(routes!(currency::set))
        .routes(routes!(merge::merge))
        .routes(routes!(merge::status))
        .routes(routes!(merge::undo))
        .routes(routes!(checkout::begin))
        .routes(routes!(checkout::read, checkout::cancel))
        .routes(routes!(checkout::complete))
        .routes(routes!(history::events))
        .routes(routes!(way::get))
        .routes(routes!(commands::status))
        .routes(routes!(products::list))
        .routes(routes!(products::get, products::put))
        .routes(routes!(analytics::recommendations))
        .routes(routes!(stock::adjust))
        .routes(routes!(hooks::stock))
        .routes(routes!(preferences::get, preferences::set))
        .routes(routes!(recovery::recover))
        .routes(routes!(guests::welcome))
        .routes(routes!(tickets::give))
        .routes(routes!(socket::follow))
        .routes(routes!(analytics::funnel))
        .routes(routes!(analytics::abandonment))
        .routes(routes!(analytics::timeseries))
        .routes(routes!(analytics::products))
        .routes(routes!(webhooks::list, webhooks::add))
        .routes(routes!(webhooks::remove))
        .routes(routes!(webhooks::replay))
        .routes(routes!(operations::livez))
        .routes(routes!(operations::readyz))
        .routes(routes!(operations::metrics))
        .routes(routes!(contract::openapi))
        .routes(routes!(contract::asyncapi))
        .routes(routes!(contract::schemas))
        .routes(routes!(contract::schema))
}

/// Answers a path no route has.
pub(crate) async fn not_found() -> Problem {
    Problem::new(Code::NotFound, "no route has this path")
}

/// Answers a method its path does not have; the router adds `Allow`.
pub(crate) async fn method_not_allowed() -> Problem {
    Problem::new(Code::MethodNotAllowed, "Allow names the methods of this path")
}

/// A JSON answer.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    match serde_json::to_vec(value) {
        Ok(bytes) => json_bytes(status, bytes),
        Err(error) => {
            tracing::error!(%error, "an answer cannot be written as JSON");
            Problem::internal().into_response()
        }
    }
}

/// A JSON answer already written.
pub(crate) fn json_bytes(status: StatusCode, bytes: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(bytes.into());
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
