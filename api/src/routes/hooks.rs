//! What other services deliver by themselves: an inventory's changes of stock.

use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cart_ingest::commands::{Sent, StockRequest};
use cart_schemas::command::Offer;
use cart_schemas::stock::{Level, StockAnswer, StockOutcome, StockReply};
use futures::future::join_all;

use super::{json, not_found};
use crate::app::App;
use crate::clock;
use crate::meters;
use crate::openapi::HookProblems;
use crate::problem::{Code, Problem};
use crate::request::{Asked, Raw, ShopQuery, Signed, StockDelivery};
use crate::routes::stock::outcome;
use crate::trace::Mark;
use crate::view::{ChangedView, DeliveryView};

/// Takes what the inventory service of a shop counted, signed as Standard Webhooks are, by the secret of
/// that shop. The same `webhook-id` again changes nothing. A change that is refused is named, and the
/// others are done all the same; unless all of them are, or are refused, it is 503, and delivering it
/// again does the rest.
#[utoipa::path(
    post,
    path = "/hooks/stock",
    operation_id = "deliverStock",
    tag = "catalog",
    params(
        ShopQuery,
        ("webhook-id" = String, Header, pattern = "^[!-~]{1,200}$",
            description = "Names the delivery: 1 to 200 visible ASCII"),
        ("webhook-timestamp" = u32, Header, description = "When it was sent, in seconds since 1970"),
        ("webhook-signature" = String, Header,
            description = "`v1,` and the Base64 of HMAC-SHA256 over id, `.`, timestamp, `.` and body"),
    ),
    request_body = StockDelivery,
    security(),
    responses(
        (status = OK, description = "The stock after it", body = DeliveryView<'_>),
        HookProblems
    )
)]
pub(crate) async fn stock(
    State(app): State<Arc<App>>,
    Extension(Mark { trace, .. }): Extension<Mark>,
    (shop, headers): (Asked<ShopQuery>, HeaderMap),
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let Asked(shop) = shop;
    let tenant = shop.tenant()?;
    let tenant = tenant.as_ref();
    let Some(secret) = app.stock_secrets.of(tenant) else { return Err(not_found().await) };
    let signed = Signed::of(&headers)?;
    signed.check(&body, secret, clock::now())?;
    let delivery = StockDelivery::read(&body)?;
    let catalog = app.catalog()?;
    let listed = |offer| matches!(offer, Offer::Listed { .. });
    let changes = delivery.changes(tenant, |sku| listed(catalog.offer(sku)))?;
    let requests = (0_u32..).zip(changes).map(|(number, (sku, command))| StockRequest {
        sku,
        command,
        idempotency_key: Some(format!("{}/{number}", signed.id)),
        traceparent: Some(trace.onward()),
    });
    // Each is appended before the next one is begun: two of one sku keep their order.
    let replies = join_all(requests.map(|request| sent(&app, request))).await;
    let replies: Vec<_> = replies.into_iter().collect::<Result<_, _>>()?;
    let levels: Result<_, _> = replies.iter().map(changed).collect();
    Ok(json(StatusCode::OK, &DeliveryView { levels: levels? }))
}

async fn sent(app: &App, request: StockRequest) -> Result<StockReply, Problem> {
    let started = Instant::now();
    let kind = request.command.kind();
    let shop = app.carts.shop(request.sku.tenant()).to_owned();
    let sent = app.carts.send_stock(request).await;
    let took = started.elapsed();
    meters::command(&shop, (kind, outcome(&sent)), took, took);
    match sent {
        Sent::Decided(reply) => Ok(reply),
        Sent::Pending(_) | Sent::Unavailable => {
            Err(Problem::unavailable("not every change is known to be done; deliver it again"))
        }
    }
}

/// The level after a change, and why it was refused if it was.
fn changed(reply: &StockReply) -> Result<ChangedView<'_>, Problem> {
    let level: &Level = &reply.level;
    match reply.stock {
        StockAnswer::Applied | StockAnswer::Remembered(StockOutcome::Applied) => {
            Ok(ChangedView::of(level, None))
        }
        StockAnswer::Rejected(rejection)
        | StockAnswer::Remembered(StockOutcome::Rejected(rejection)) => {
            Ok(ChangedView::of(level, Some(rejection.as_str())))
        }
        StockAnswer::Conflict => {
            let detail = "the webhook-id was used for another delivery";
            Err(Problem::new(Code::IdempotencyConflict, detail))
        }
    }
}
