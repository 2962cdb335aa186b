//! The contract as documents, for whoever checks against it. Knows none of them.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::{json_bytes, not_found};
use crate::contract::{self, INDEX};
use crate::problem::{Problem, ProblemView};
use crate::request::{SchemaPath, Segments};

/// The media type of a JSON Schema.
const SCHEMA_JSON: HeaderValue = HeaderValue::from_static("application/schema+json");

/// This description.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    tag = "operations",
    security(),
    responses((status = OK, description = "OpenAPI 3.1", body = serde_json::Value))
)]
pub(crate) async fn openapi() -> Response {
    answer("openapi.json").await
}

/// The description of the topics, the sockets and the streams of events.
#[utoipa::path(
    get,
    path = "/asyncapi.json",
    operation_id = "asyncapi",
    tag = "operations",
    security(),
    responses((status = OK, description = "AsyncAPI 3.0", body = serde_json::Value))
)]
pub(crate) async fn asyncapi() -> Response {
    answer("asyncapi.json").await
}

/// What JSON Schemas there are.
#[utoipa::path(
    get,
    path = "/schemas/",
    operation_id = "listSchemas",
    tag = "operations",
    security(),
    responses((status = OK, description = "The path of each, and what it is of", body = serde_json::Value))
)]
pub(crate) async fn schemas() -> Response {
    answer(INDEX).await
}

/// The JSON Schema of an event, a record, a frame, a command, or of what a route takes or answers.
#[utoipa::path(
    get,
    path = "/schemas/{group}/{name}",
    operation_id = "getSchema",
    tag = "operations",
    security(),
    params(SchemaPath),
    responses(
        (status = OK, description = "JSON Schema 2020-12", body = serde_json::Value,
            content_type = "application/schema+json"),
        (status = NOT_FOUND, description = "`not_found`: there is no such schema",
            body = ProblemView<'_>, content_type = "application/problem+json")
    )
)]
pub(crate) async fn schema(Segments(path): Segments<SchemaPath>) -> Result<Response, Problem> {
    let mut response = answer(&path.document()).await;
    if response.status() == StatusCode::OK {
        response.headers_mut().insert(header::CONTENT_TYPE, SCHEMA_JSON);
    }
    Ok(response)
}

/// The document at this path.
async fn answer(path: &str) -> Response {
    match contract::document(path) {
        Some(text) => json_bytes(StatusCode::OK, text),
        None => not_found().await.into_response(),
    }
}
