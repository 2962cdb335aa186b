//! The cart as a whole: read it, read its state, empty it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::Response;
use cart_schemas::command::Intent;

use super::json;
use crate::app::App;
use crate::change::change;
use crate::openapi::{CartAnswer, ChangeAnswer, ChangeProblems, ReadProblems};
use crate::problem::{Problem, etag};
use crate::request::{Ask, Bodiless, CartPath, Segments};
use crate::view::{CartView, StateView};

/// Reads a cart. A user nobody has seen has an empty one.
#[utoipa::path(
    get,
    path = "/api/cart/{userID}",
    operation_id = "getCart",
    tag = "cart",
    params(CartPath),
    responses(CartAnswer, ReadProblems)
)]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Segments(path): Segments<CartPath>,
) -> Result<Response, Problem> {
    let key = path.cart()?;
    let record = app.read(&key).await?;
    let mut response =
        app.show(&key, &record, |cart, lens| json(StatusCode::OK, &CartView::of(cart, lens)))?;
    response.headers_mut().insert(header::ETAG, etag(record.version));
    Ok(response)
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
    Segments(path): Segments<CartPath>,
) -> Result<Response, Problem> {
    let key = path.cart()?;
    let record = app.read(&key).await?;
    app.show(&key, &record, |cart, lens| json(StatusCode::OK, &StateView::of(cart, lens)))
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
    Segments(path): Segments<CartPath>,
    ask: Ask,
    _: Bodiless,
) -> Result<Response, Problem> {
    change(&app, path.cart()?, ask, Intent::Clear).await
}
