//! The catalog of a shop.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use cart_schemas::id::{ItemId, ProductKey, SkuKey};
use cart_schemas::stock::Level;
use cart_storage::log::AppendError;
use serde::Serialize;

use super::json_bytes;
use crate::app::{App, within};
use crate::openapi::{CatalogProblems, ListProblems, ProductAnswer, ProductProblems};
use crate::problem::{Code, Problem};
use crate::request::{By, Languages, Payload, ProductForm, ProductPath, Segments, Shop, ShopQuery};
use crate::tag::Tag;
use crate::view::ProductView;

/// What is cached of the catalog is public, and seconds old at most: whether there is enough of something
/// is decided anew when it is added. A cache that is asked meanwhile may answer at once and look after.
const CACHED: HeaderValue =
    HeaderValue::from_static("public, max-age=5, stale-while-revalidate=30");
/// A cache keeps what is compressed apart from what is not, and each language.
const VARIES: HeaderValue = HeaderValue::from_static("accept-encoding, accept-language");
/// Where the shop is the caller's, no cache gives what one caller was answered to another.
const VARIES_BY_CALLER: HeaderValue =
    HeaderValue::from_static("accept-encoding, accept-language, authorization");

/// Reads every product of a shop, by id, and how many are left.
#[utoipa::path(
    get,
    path = "/api/products",
    operation_id = "listProducts",
    tag = "catalog",
    security((), ("bearer" = [])),
    params(ShopQuery),
    responses(
        (status = OK, description = "The catalog", body = Vec<ProductView<'_>>),
        (status = NOT_MODIFIED, description = "It is what `If-None-Match` names"),
        ListProblems
    )
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    shop: Shop,
    languages: Languages,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let products = app.catalog()?.all(shop.tenant());
    let level = levels(&app, &shop)?;
    let view = |product| ProductView::of(product, languages.all(), &level);
    let views: Vec<ProductView<'_>> = products.iter().map(Arc::as_ref).map(view).collect();
    Ok(cached(&views, &shop, &headers))
}

/// Reads a product and how many are left.
///
/// `stock` is what was put last and safe to put again; `level` is what there is now.
#[utoipa::path(
    get,
    path = "/api/products/{id}",
    operation_id = "getProduct",
    tag = "catalog",
    security((), ("bearer" = [])),
    params(ProductPath, ShopQuery),
    responses(
        (status = OK, description = "The product", body = ProductView<'_>),
        (status = NOT_MODIFIED, description = "It is what `If-None-Match` names"),
        CatalogProblems
    )
)]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Segments(path): Segments<ProductPath>,
    (shop, languages): (Shop, Languages),
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let unknown = || Problem::new(Code::ProductNotFound, "the catalog has no product of this id");
    let key = ProductKey::new(shop.tenant().cloned(), path.product()?);
    let product = app.catalog()?.get(&key).ok_or_else(unknown)?;
    let view = ProductView::of(&product, languages.all(), levels(&app, &shop)?);
    Ok(cached(&view, &shop, &headers))
}

/// How many a shop has of each item.
fn levels(app: &App, shop: &Shop) -> Result<impl Fn(&ItemId) -> Option<Arc<Level>>, Problem> {
    let catalog = app.catalog()?;
    let sku = |item: &ItemId| SkuKey::new(shop.tenant().cloned(), item.clone());
    Ok(move |item: &ItemId| catalog.level(&sku(item)))
}

/// A view with the tag of its bytes, or 304 for who has them. What is left of a product is in them, so that
/// the tag changes with it.
fn cached(view: &impl Serialize, shop: &Shop, asked: &HeaderMap) -> Response {
    let bytes = match serde_json::to_vec(view) {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::error!(%error, "the catalog cannot be written as JSON");
            return Problem::internal().into_response();
        }
    };
    let tag = Tag::of(&bytes);
    let mut response = if tag.is_held(asked) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        json_bytes(StatusCode::OK, bytes)
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag.value());
    headers.insert(header::CACHE_CONTROL, CACHED);
    let varies = match shop {
        Shop::Named(_) => VARIES,
        Shop::OfCaller(_) => VARIES_BY_CALLER,
    };
    headers.insert(header::VARY, varies);
    response
}

/// Puts a product into the catalog of the caller's own shop, or replaces it.
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
    let tenant = caller.keeps()?;
    let product = form.product(path.id)?;
    within(app.carts.put(tenant, &product)).await?.map_err(|error| not_put(&error))?;
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
