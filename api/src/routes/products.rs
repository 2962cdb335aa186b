//! The catalog.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use cart_storage::log::AppendError;

use super::{json, json_bytes};
use crate::app::{App, within};
use crate::openapi::{CatalogProblems, ProductAnswer, ProductProblems, Unavailable};
use crate::problem::{Code, Problem};
use crate::request::{By, Languages, Payload, ProductForm, ProductPath, Segments};
use crate::view::ProductView;

/// Reads every product, by id, and how many are left.
#[utoipa::path(
    get,
    path = "/api/products",
    operation_id = "listProducts",
    tag = "catalog",
    security(),
    responses((status = OK, description = "The catalog", body = Vec<ProductView<'_>>), Unavailable)
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    languages: Languages,
) -> Result<Response, Problem> {
    let catalog = app.catalog()?;
    let products = catalog.all();
    let view = |product| ProductView::of(product, languages.all(), |item| catalog.level(item));
    let views: Vec<ProductView<'_>> = products.iter().map(Arc::as_ref).map(view).collect();
    Ok(by_language(json(StatusCode::OK, &views)))
}

/// Reads a product and how many are left.
///
/// `stock` is what was put last and safe to put again; `level` is what there is now.
#[utoipa::path(
    get,
    path = "/api/products/{id}",
    operation_id = "getProduct",
    tag = "catalog",
    security(),
    params(ProductPath),
    responses((status = OK, description = "The product", body = ProductView<'_>), CatalogProblems)
)]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Segments(path): Segments<ProductPath>,
    languages: Languages,
) -> Result<Response, Problem> {
    let catalog = app.catalog()?;
    let unknown = || Problem::new(Code::ProductNotFound, "the catalog has no product of this id");
    let product = catalog.get(&path.product()?).ok_or_else(unknown)?;
    let view = ProductView::of(&product, languages.all(), |item| catalog.level(item));
    Ok(by_language(json(StatusCode::OK, &view)))
}

/// Another language may be answered otherwise.
fn by_language(mut response: Response) -> Response {
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-language"));
    response
}

/// Puts a product into the catalog, or replaces it.
#[utoipa::path(
    put,
    path = "/api/products/{id}",
    operation_id = "putProduct",
    tag = "catalog",
    params(ProductPath),
    request_body = ProductForm,
    responses(ProductAnswer, ProductProblems)
)]
pub(crate) async fn put(
    State(app): State<Arc<App>>,
    By(caller, path): By<ProductPath>,
    Payload(form): Payload<ProductForm>,
) -> Result<Response, Problem> {
    caller.keeper()?;
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
