//! Merging another cart into one: ask for it, ask what became of it, undo it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::Response;
use cart_schemas::command::Intent;

use super::json;
use crate::app::App;
use crate::change::change;
use crate::clock;
use crate::openapi::{ChangeAnswer, MergeAnswer, MergeProblems, MergeReadProblems, UndoProblems};
use crate::problem::{Code, Problem, RETRY_AFTER};
use crate::request::{Ask, Bodiless, By, CartPath, MergeCarts, MergePath, Payload};
use crate::view::{MergeView, refusal};

/// Moves every item of another cart into this one, each once. `Idempotency-Key` and `If-Match` are
/// this cart's. If this cart does not take the items, they are back in the other one.
#[utoipa::path(
    post,
    path = "/api/cart/{userID}/merge",
    operation_id = "mergeCarts",
    tag = "cart",
    params(CartPath, Ask),
    request_body = MergeCarts,
    responses(MergeAnswer, MergeProblems)
)]
pub(crate) async fn merge(
    State(app): State<Arc<App>>,
    By(caller, path): By<CartPath>,
    ask: Ask,
    Payload(body): Payload<MergeCarts>,
) -> Result<Response, Problem> {
    let key = path.cart(&caller)?;
    let intent = body
        .intent(&key, |from, token| app.identity.consent(&caller, (from, token), clock::now()))?;
    change(&app, key, ask, intent).await
}

/// Reads what became of a merge into this cart, within its last 64 of a week; of the last four also
/// what was cut.
#[utoipa::path(
    get,
    path = "/api/cart/{userID}/merge/{mergeID}",
    operation_id = "getMerge",
    tag = "cart",
    params(MergePath),
    responses(
        (status = OK, description = "What became of it", body = MergeView<'_>),
        (status = ACCEPTED, description = "The items are on their way", body = MergeView<'_>,
            headers(("Retry-After" = u32, description = "Seconds to wait before asking again"))),
        MergeReadProblems
    )
)]
pub(crate) async fn status(
    State(app): State<Arc<App>>,
    By(caller, path): By<MergePath>,
) -> Result<Response, Problem> {
    let key = path.cart(&caller)?;
    let merge = path.merge()?;
    let dealings = app.record(&key).await?.dealings;
    let why = refusal(&dealings, merge);
    app.lens(&key, |lens| {
        let unknown = || Problem::new(Code::MergeNotFound, "the cart knows no such merge");
        let view = MergeView::of(&dealings, merge, why.as_ref(), lens).ok_or_else(unknown)?;
        if !view.is_pending() {
            return Ok(json(StatusCode::OK, &view));
        }
        let mut response = json(StatusCode::ACCEPTED, &view);
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
        Ok(response)
    })?
}

/// Gives the items of a merge back, within an hour and while they are untouched. Undoing it again
/// changes nothing.
#[utoipa::path(
    post,
    path = "/api/cart/{userID}/merge/{mergeID}/undo",
    operation_id = "undoMerge",
    tag = "cart",
    params(MergePath, Ask),
    responses(ChangeAnswer, UndoProblems)
)]
pub(crate) async fn undo(
    State(app): State<Arc<App>>,
    By(caller, path): By<MergePath>,
    ask: Ask,
    _: Bodiless,
) -> Result<Response, Problem> {
    let key = path.cart(&caller)?;
    let merge = path.merge()?;
    change(&app, key, ask, Intent::UndoMerge { merge }).await
}
