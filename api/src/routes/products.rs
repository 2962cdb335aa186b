//! The catalog.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use cart_schemas::product::Product;
use cart_storage::log::AppendError;

use super::{json, json_bytes};
use crate::app::{App, within};
use crate::openapi::{CatalogProblems, ProductProblems, Unavailable};
use crate::problem::{Code, Problem};
use crate::request::{Payload, ProductForm, ProductPath, Segments};

/// Reads every product, by id.
#[utoipa::path(
    get,
    path = "/api/products",
    operation_id = "listProducts",
    tag = "catalog",
    responses((status = OK, description = "The catalog", body = Vec<ProductForm>), Unavailable)
)]
pub(crate) async fn list(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let products = app.catalog()?.all();
    let products: Vec<&Product> = products.iter().map(Arc::as_ref).collect();
    Ok(json(StatusCode::OK, &products))
}

/// Reads a product.
#[utoipa::path(
    get,
    path = "/api/products/{id}",
    operation_id = "getProduct",
    tag = "catalog",
    params(ProductPath),
    responses((status = OK, description = "The product", body = ProductForm), CatalogProblems)
)]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Segments(path): Segments<ProductPath>,
) -> Result<Response, Problem> {
    let product = app.catalog()?.get(&path.product()?);
    let unknown = || Problem::new(Code::ProductNotFound, "the catalog has no product of this id");
    Ok(json_bytes(StatusCode::OK, product.ok_or_else(unknown)?.encode()))
}

/// Puts a product into the catalog, or replaces it.
#[utoipa::path(
    put,
    path = "/api/products/{id}",
    operation_id = "putProduct",
    tag = "catalog",
    params(ProductPath),
    request_body = ProductForm,
    responses((status = OK, description = "The product", body = ProductForm), ProductProblems)
)]
pub(crate) async fn put(
    State(app): State<Arc<App>>,
    Segments(path): Segments<ProductPath>,
    Payload(form): Payload<ProductForm>,
) -> Result<Response, Problem> {
    let product = form.product(path.id)?;
    within(app.carts.put(&product)).await?.map_err(|error| not_put(&error))?;
    Ok(json_bytes(StatusCode::OK, product.encode()))
}

fn not_put(error: &AppendError) -> Problem {
    match error {
        AppendError::Full | AppendError::Unknown(_) | AppendError::Broken(_) => {
            tracing::debug!(%error, "a product was not acknowledged");
            Problem::unavailable("the product may not be in the catalog; putting it again is safe")
        }
        AppendError::Refused(cause) => {
            tracing::error!(%error, %cause, "the log refuses a product");
            Problem::internal()
        }
    }
}
