//! What became of a checkout. The reply to one that has begun holds it; what has ended since is read
//! from the row, which was stored before the reply.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use cart_ingest::commands::{Pending, Sent};
use cart_schemas::command::Intent;
use cart_schemas::dealings::{Dealings, Ended, Ending};
use cart_schemas::id::{CartKey, CheckoutId};
use cart_schemas::record::CartRecord;
use cart_schemas::rejection::RejectionCode;
use cart_schemas::reply::{Answer, Reply};

use super::{APPLIED_VERSION, Told, decided, pending, replayed, send, unsent};
use crate::app::App;
use crate::clock;
use crate::problem::{Code, Problem, RETRY_AFTER, etag};
use crate::request::Ask;
use crate::routes::json;
use crate::view::CheckoutView;

/// Sends what is asked of a checkout, and answers with the checkout. `named` is the one it is about;
/// without one it begins one.
pub(crate) async fn change_checkout(
    app: &App,
    key: &CartKey,
    (ask, named): (Ask, Option<CheckoutId>),
    intent: Intent,
) -> Result<Response, Problem> {
    let respond_async = ask.respond_async;
    let told = send(app, key, ask, intent).await?;
    let Told { sent, .. } = &told;
    let response = match sent {
        Sent::Decided(reply) => {
            let begun = CheckoutId::from_command(reply.command);
            answer(app, key, (reply, named.unwrap_or(begun))).await
        }
        Sent::Pending(sent) => Ok(pending(*sent, (key, key), respond_async)),
        Sent::Unavailable => Err(unsent()),
    };
    told.answered(app.carts.shop(key.tenant()));
    response
}

async fn answer(
    app: &App,
    key: &CartKey,
    (reply, checkout): (&Reply, CheckoutId),
) -> Result<Response, Problem> {
    match &reply.answer {
        Answer::Applied { .. } => shown(app, key, (reply, checkout)).await,
        Answer::Remembered { version, rejected: None } => {
            let mut response = replayed(shown(app, key, (reply, checkout)).await?);
            response.headers_mut().insert(APPLIED_VERSION, HeaderValue::from(*version));
            Ok(response)
        }
        Answer::Remembered { rejected: Some(RejectionCode::InsufficientStock), .. } => {
            let short =
                app.record(key).await.ok().and_then(|record| shortage(&record.dealings, checkout));
            let problem = short.unwrap_or_else(|| Problem::short(&[]));
            Ok(replayed(problem.into_response()))
        }
        Answer::Rejected(_)
        | Answer::Short { .. }
        | Answer::Conflict
        | Answer::Merged { .. }
        | Answer::Remembered { rejected: Some(_), .. } => {
            app.lens(key, |lens| decided(reply, key, lens))
        }
    }
}

/// Why a checkout was refused, if the cart remembers it.
fn shortage(dealings: &Dealings, checkout: CheckoutId) -> Option<Problem> {
    match dealings.ended(checkout)? {
        Ended { ending: Ending::Refused(short), .. } => Some(Problem::short(short)),
        Ended { ending: Ending::Converted(_) | Ending::Cancelled | Ending::Lapsed, .. } => None,
    }
}

/// The checkout after a command that was carried out. Where it can only be read from the row, and
/// that does not answer, its outcome is to be fetched later: it is no failure.
async fn shown(
    app: &App,
    key: &CartKey,
    (reply, checkout): (&Reply, CheckoutId),
) -> Result<Response, Problem> {
    let after = (&reply.after.cart, reply.after.version);
    let under_way = app
        .lens(key, |lens| CheckoutView::under_way(after, checkout, lens).map(|view| view.told()))?;
    if let Some(response) = under_way {
        return Ok(response);
    }
    match app.record(key).await {
        Ok(record) => recalled(app, key, (&record, checkout)),
        Err(_) => {
            let sent = u64::try_from(clock::now().micros() / 1_000_000).unwrap_or_default();
            Ok(pending(Pending { command: reply.command, sent }, (key, key), false))
        }
    }
}

/// A checkout as its cart's row tells of it.
pub(crate) fn recalled(
    app: &App,
    key: &CartKey,
    (record, checkout): (&CartRecord, CheckoutId),
) -> Result<Response, Problem> {
    let CartRecord { cart, dealings, version, .. } = record;
    let response = app.lens(key, |lens| {
        let view = CheckoutView::under_way((cart, *version), checkout, lens);
        let view = view.or_else(|| CheckoutView::ended((dealings, *version), checkout, lens));
        view.map(|view| view.told())
    })?;
    let unknown = || Problem::new(Code::CheckoutNotFound, "the cart knows no such checkout");
    response.ok_or_else(unknown)
}

impl CheckoutView<'_> {
    /// It as a response.
    fn told(&self) -> Response {
        let status = if self.is_pending() { StatusCode::ACCEPTED } else { StatusCode::OK };
        let mut response = json(status, self);
        let headers = response.headers_mut();
        headers.insert(header::ETAG, etag(self.version()));
        if self.is_pending() {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }
}
