//! The cart as a whole: read it, read its state, empty it, bring it back.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use cart_analytics::history::{Past, When};
use cart_schemas::command::Intent;
use cart_schemas::id::{CartKey, ItemId, SkuKey};

use super::json;
use crate::app::App;
use crate::change::change;
use crate::openapi::{CartAnswer, CartProblems, ChangeAnswer, ChangeProblems, ReadProblems};
use crate::problem::{Code, Problem, etag};
use crate::request::{AsOfQuery, Ask, Asked, Bodiless, By, CartPath, Languages};
use crate::view::{CartView, Lens, StateView};

/// Reads a cart, now or as it was. A user nobody has seen has an empty one.
///
/// Its items are named in a language of `Accept-Language` where the catalog has one.
///
/// A cart of the past has no `ETag`: no change can be meant for it.
#[utoipa::path(
    get,
    path = "/api/cart/{userID}",
    operation_id = "getCart",
    tag = "cart",
    params(CartPath, AsOfQuery),
    responses(CartAnswer, CartProblems)
)]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    By(caller, path): By<CartPath>,
    Asked(query): Asked<AsOfQuery>,
    languages: Languages,
) -> Result<Response, Problem> {
    let when = query.when()?;
    let key = path.cart(&caller)?;
    if let Some(when) = when {
        return as_of(&app, &key, when).await;
    }
    let snapshot = app.read(&key).await?;
    let catalog = app.catalog()?;
    let called =
        |item: &ItemId| catalog.called(&SkuKey::in_shop_of(&key, item).product(), languages.all());
    let mut response = app.show(&key, &snapshot, |cart, lens| {
        json(StatusCode::OK, &CartView::of(cart, &Lens { called: &called, ..*lens }))
    })?;
    response.headers_mut().insert(header::ETAG, etag(snapshot.version));
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-language"));
    Ok(response)
}

/// A cart as the API showed it then, but for today's prices beside it.
async fn as_of(app: &App, key: &CartKey, when: When) -> Result<Response, Problem> {
    let unknown = || {
        let detail = "the cart never had it, or it lies before what is kept";
        Problem::new(Code::VersionNotFound, detail)
    };
    let Past { snapshot, at } = app.as_of(key, when).await?.ok_or_else(unknown)?;
    app.show(key, &snapshot, |cart, lens| {
        // What has not come yet is seen as it is now.
        let now = at.map_or(lens.now, |at| at.min(lens.now));
        json(StatusCode::OK, &CartView::of(cart, &Lens { now, ..*lens }))
    })
}

/// Reads whether a cart can be bought from, and what is due.
#[utoipa::path(
    get,
    path = "/api/cart/{userID}/state",
    operation_id = "getCartState",
    tag = "cart",
    params(CartPath),
    responses((status = OK, description = "The state", body = StateView), ReadProblems)
)]
pub(crate) async fn state(
    State(app): State<Arc<App>>,
    By(caller, path): By<CartPath>,
) -> Result<Response, Problem> {
    let key = path.cart(&caller)?;
    let snapshot = app.read(&key).await?;
    app.show(&key, &snapshot, |cart, lens| json(StatusCode::OK, &StateView::of(cart, lens)))
}

/// Takes every item out.
#[utoipa::path(
    post,
    path = "/api/cart/{userID}/clear",
    operation_id = "clearCart",
    tag = "cart",
    params(CartPath, Ask),
    responses(ChangeAnswer, ChangeProblems)
)]
pub(crate) async fn clear(
    State(app): State<Arc<App>>,
    By(caller, path): By<CartPath>,
    ask: Ask,
    _: Bodiless,
) -> Result<Response, Problem> {
    change(&app, path.cart(&caller)?, ask, Intent::Clear).await
}

/// Brings back what an expiry took out, up to 30 days ago. Items the cart holds again by now get
/// both quantities, up to what the shop allows.
#[utoipa::path(
    post,
    path = "/api/cart/{userID}/restore",
    operation_id = "restoreCart",
    tag = "cart",
    params(CartPath, Ask),
    responses(ChangeAnswer, ChangeProblems)
)]
pub(crate) async fn restore(
    State(app): State<Arc<App>>,
    By(caller, path): By<CartPath>,
    ask: Ask,
    _: Bodiless,
) -> Result<Response, Problem> {
    change(&app, path.cart(&caller)?, ask, Intent::Restore).await
}
