//! The items of a cart: put in, set, take out.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use cart_schemas::command::Intent;

use crate::app::App;
use crate::change::change;
use crate::openapi::{ChangeAnswer, ChangeProblems};
use crate::problem::Problem;
use crate::request::{AddItem, Ask, Bodiless, By, CartPath, ItemPath, Payload, SetQuantity};

/// Puts so many more of a product into the cart.
#[utoipa::path(
    post,
    path = "/api/cart/{userID}/items",
    operation_id = "addItem",
    tag = "cart",
    params(CartPath, Ask),
    request_body = AddItem,
    responses(ChangeAnswer, ChangeProblems)
)]
pub(crate) async fn add(
    State(app): State<Arc<App>>,
    By(caller, path): By<CartPath>,
    ask: Ask,
    Payload(form): Payload<AddItem>,
) -> Result<Response, Problem> {
    let key = path.cart(&caller)?;
    let intent = form.intent(|product| app.lists(&key, product))?;
    change(&app, key, ask, intent).await
}

/// Holds exactly so many on a line; 0 or less takes it out.
#[utoipa::path(
    put,
    path = "/api/cart/{userID}/items/{itemID}",
    operation_id = "setQuantity",
    tag = "cart",
    params(ItemPath, Ask),
    request_body = SetQuantity,
    responses(ChangeAnswer, ChangeProblems)
)]
pub(crate) async fn set(
    State(app): State<Arc<App>>,
    By(caller, path): By<ItemPath>,
    ask: Ask,
    Payload(form): Payload<SetQuantity>,
) -> Result<Response, Problem> {
    let key = path.cart(&caller)?;
    let intent = form.intent(|| path.item())?;
    change(&app, key, ask, intent).await
}

/// Takes a line out.
#[utoipa::path(
    delete,
    path = "/api/cart/{userID}/items/{itemID}",
    operation_id = "removeItem",
    tag = "cart",
    params(ItemPath, Ask),
    responses(ChangeAnswer, ChangeProblems)
)]
pub(crate) async fn remove(
    State(app): State<Arc<App>>,
    By(caller, path): By<ItemPath>,
    ask: Ask,
    _: Bodiless,
) -> Result<Response, Problem> {
    let key = path.cart(&caller)?;
    let item = path.item()?;
    change(&app, key, ask, Intent::RemoveItem { item }).await
}
