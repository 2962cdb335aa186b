//! The stock of a product.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use cart_ingest::commands::{Pending, Sent, StockRequest};
use cart_schemas::command::Offer;
use cart_schemas::id::SkuKey;
use cart_schemas::stock::{StockAnswer, StockOutcome, StockRejection, StockReply};

use super::json;
use crate::app::App;
use crate::change::replayed;
use crate::meters;
use crate::openapi::StockProblems;
use crate::problem::{Code, Problem, RETRY_AFTER};
use crate::request::{AdjustStock, By, Payload, ProductPath, Repeat};
use crate::view::{LevelView, PendingView};

/// Counts so many more of a product of the caller's own shop, or fewer.
///
/// 202 tells that the outcome is not known yet: the same request under the same `Idempotency-Key`
/// is answered with it later.
#[utoipa::path(
    post,
    path = "/api/products/{id}/stock",
    operation_id = "adjustStock",
    tag = "catalog",
    params(ProductPath, Repeat),
    request_body = AdjustStock,
    responses(
        (status = OK, description = "The stock after it", body = LevelView<'_>),
        (status = ACCEPTED, description = "It is, or may be, in the log", body = PendingView),
        StockProblems
    )
)]
pub(crate) async fn adjust(
    State(app): State<Arc<App>>,
    By(caller, path): By<ProductPath>,
    repeat: Repeat,
    Payload(form): Payload<AdjustStock>,
) -> Result<Response, Problem> {
    let tenant = caller.keeps()?;
    let started = Instant::now();
    let command = form.command()?;
    let sku = form.sku(tenant, path.product()?)?;
    require_listed(&app, &sku)?;
    let Repeat { idempotency_key, traceparent } = repeat;
    let request = StockRequest { sku, command, idempotency_key, traceparent };
    let sending = Instant::now();
    let sent = app.carts.send_stock(request).await;
    let waited = sending.elapsed();
    let shop = app.carts.shop(tenant);
    meters::command(shop, ("adjust", outcome(&sent)), started.elapsed(), waited);
    Ok(match sent {
        Sent::Decided(reply) => decided(&reply),
        Sent::Pending(Pending { command, .. }) => {
            let mut response = json(StatusCode::ACCEPTED, &PendingView::of(command));
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
            response
        }
        Sent::Unavailable => {
            Problem::unavailable("the log does not take commands; nothing was sent").into_response()
        }
    })
}

fn require_listed(app: &App, sku: &SkuKey) -> Result<(), Problem> {
    match app.catalog()?.offer(sku) {
        Offer::Listed { .. } => Ok(()),
        Offer::NoProduct => {
            Err(Problem::new(Code::ProductNotFound, "the catalog has no product of this id"))
        }
        Offer::NoVariant => {
            Err(Problem::new(Code::UnknownVariant, "the product has no variant of this id"))
        }
    }
}

/// What became of a command, as every metric names it.
pub(super) const fn outcome(sent: &Sent<StockReply>) -> &'static str {
    match sent {
        Sent::Pending(_) => "pending",
        Sent::Unavailable => "unavailable",
        Sent::Decided(reply) => match reply.stock {
            StockAnswer::Applied => "applied",
            StockAnswer::Rejected(rejection) => rejection.as_str(),
            StockAnswer::Remembered(_) => "remembered",
            StockAnswer::Conflict => "conflict",
        },
    }
}

fn decided(reply: &StockReply) -> Response {
    let level = || json(StatusCode::OK, &LevelView::of(&reply.level));
    match reply.stock {
        StockAnswer::Applied => level(),
        StockAnswer::Rejected(rejection) => rejected(rejection).into_response(),
        StockAnswer::Remembered(StockOutcome::Applied) => replayed(level()),
        StockAnswer::Remembered(StockOutcome::Rejected(rejection)) => {
            replayed(rejected(rejection).into_response())
        }
        StockAnswer::Conflict => {
            let detail = "the Idempotency-Key was used for another request about this stock";
            Problem::new(Code::IdempotencyConflict, detail).into_response()
        }
    }
}

fn rejected(rejection: StockRejection) -> Problem {
    match rejection {
        StockRejection::InvalidStock => {
            let detail = "there would be fewer than 0 on hand, or more than 1000000000";
            Problem::new(Code::InvalidStock, detail)
        }
        StockRejection::Internal => {
            let detail = "the command could not be decided; it changed nothing";
            Problem::new(Code::Internal, detail)
        }
    }
}
