//! Leads a customer back to the cart they left.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::Response;
use cart_schemas::cart::CartState;
use cart_schemas::command::Intent;

use super::json;
use crate::app::App;
use crate::change::change;
use crate::clock;
use crate::openapi::{CartAnswer, RecoveryProblems};
use crate::problem::{Code, Problem, etag};
use crate::request::{Ask, Payload, Recover};
use crate::view::CartView;

/// Restores the cart a recovery link leads to, if its end took its items out, and shows it.
///
/// The token is all that is asked for: it leads to this one cart for seven days, and to nothing else of the
/// customer's. A cart that was not expired is shown as it is.
#[utoipa::path(
    post,
    path = "/api/recovery",
    operation_id = "recoverCart",
    tag = "cart",
    security(()),
    request_body = Recover,
    responses(CartAnswer, RecoveryProblems)
)]
pub(crate) async fn recover(
    State(app): State<Arc<App>>,
    ask: Ask,
    Payload(form): Payload<Recover>,
) -> Result<Response, Problem> {
    let nowhere = |detail: String| Problem::new(Code::RecoveryNotFound, detail);
    let closed = || nowhere("no links are made here: --recovery-secret".to_owned());
    let links = app.webhooks.links.as_ref().ok_or_else(closed)?;
    let lead = links.read(&form.token, clock::now());
    let lead = lead.map_err(|error| nowhere(error.to_string()))?;
    let snapshot = app.read(&lead.cart).await?;
    if snapshot.cart_id != lead.id {
        return Err(nowhere("the cart it led to is no more".to_owned()));
    }
    if snapshot.cart.state == CartState::Expired && snapshot.cart.restorable.is_some() {
        return change(&app, lead.cart, ask, Intent::Restore).await;
    }
    let shown = app
        .show(&lead.cart, &snapshot, |cart, lens| json(StatusCode::OK, &CartView::of(cart, lens)));
    shown.map(|mut response| {
        response.headers_mut().insert(header::ETAG, etag(snapshot.version));
        response
    })
}
