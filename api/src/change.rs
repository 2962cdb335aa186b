//! A change, from the parsed request to the answer: what `ingest` says becomes a response.

mod checkout;

use std::time::{Duration, Instant};

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cart_ingest::commands::{Pending, Request, Sent};
use cart_schemas::command::Intent;
use cart_schemas::id::CartKey;
use cart_schemas::merge::MergeReport;
use cart_schemas::rejection::{Rejection, RejectionCode};
use cart_schemas::reply::{Answer, Reply, Snapshot};

pub(crate) use self::checkout::{change_checkout, recalled};
use crate::app::App;
use crate::meters;
use crate::problem::{Code, Problem, RETRY_AFTER, etag};
use crate::request::Ask;
use crate::routes::json;
use crate::view::{CartView, Lens, MergedView, PendingView, Subject};

/// Says that the outcome is an earlier request's.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The version the earlier request brought about.
pub(crate) const APPLIED_VERSION: HeaderName = HeaderName::from_static("cart-applied-version");
/// Says that `Prefer: respond-async` was honoured.
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// Sends an intent and answers with what became of it.
pub(crate) async fn change(
    app: &App,
    key: CartKey,
    ask: Ask,
    intent: Intent,
) -> Result<Response, Problem> {
    let respond_async = ask.respond_async;
    let home = intent.home(&key).clone();
    let told = send(app, &key, ask, intent).await?;
    let response = app.lens(&key, |lens| answer(&told.sent, (&key, &home), lens, respond_async));
    told.answered(app.carts.shop(key.tenant()));
    response
}

/// What became of a command, and how long that took.
struct Told {
    sent: Sent,
    kind: &'static str,
    started: Instant,
    waited: Duration,
}

impl Told {
    /// Counts it for its shop, once it is answered.
    fn answered(&self, shop: &str) {
        let Self { ref sent, kind, started, waited } = *self;
        meters::command(shop, (kind, outcome(sent)), started.elapsed(), waited);
    }
}

async fn send(app: &App, key: &CartKey, ask: Ask, intent: Intent) -> Result<Told, Problem> {
    app.catalog()?;
    let started = Instant::now();
    let kind = kind(&intent);
    let request = Request {
        cart: key.clone(),
        intent,
        expected_version: ask.expected_version,
        idempotency_key: ask.idempotency_key,
        traceparent: ask.traceparent,
        respond_async: ask.respond_async,
    };
    let sending = Instant::now();
    let respond_async = request.respond_async;
    let is_answer = |sent: &Sent| match sent {
        Sent::Decided(_) => true,
        Sent::Pending(_) => respond_async,
        Sent::Unavailable => false,
    };
    let sent = app.admission.gate.through(app.carts.send(request), is_answer).await?;
    Ok(Told { sent, kind, started, waited: sending.elapsed() })
}

/// The kind of the command an intent becomes, as every metric names it.
const fn kind(intent: &Intent) -> &'static str {
    match intent {
        Intent::AddItem { .. } => "add_item",
        Intent::SetQuantity { .. } => "set_quantity",
        Intent::RemoveItem { .. } => "remove_item",
        Intent::Clear => "clear",
        Intent::Extend { .. } => "extend",
        Intent::ChangeCurrency { .. } => "change_currency",
        Intent::Import(_) => "import",
        Intent::Restore => "restore",
        Intent::Merge { .. } => "merge",
        Intent::UndoMerge { .. } => "undo_merge",
        Intent::Checkout { .. } => "checkout",
        Intent::Complete { .. } => "complete",
        Intent::CancelCheckout { .. } => "cancel_checkout",
    }
}

const fn outcome(sent: &Sent) -> &'static str {
    match sent {
        Sent::Pending(_) => "pending",
        Sent::Unavailable => "unavailable",
        Sent::Decided(reply) => match &reply.answer {
            Answer::Applied { .. } | Answer::Merged { replayed: false, .. } => "applied",
            Answer::Rejected(rejection) => rejection.code().as_str(),
            Answer::Short { .. } => RejectionCode::InsufficientStock.as_str(),
            Answer::Remembered { .. } | Answer::Merged { replayed: true, .. } => "remembered",
            Answer::Conflict => "conflict",
        },
    }
}

/// `home` is the cart whose command it was; of a merge that is another one than was asked.
fn answer(
    sent: &Sent,
    (key, home): (&CartKey, &CartKey),
    lens: &Lens<'_>,
    respond_async: bool,
) -> Response {
    match sent {
        Sent::Decided(reply) => decided(reply, key, lens),
        Sent::Pending(sent) => pending(*sent, (key, home), respond_async),
        Sent::Unavailable => unsent().into_response(),
    }
}

/// Nothing was sent.
pub(crate) fn unsent() -> Problem {
    Problem::unavailable("the log takes no commands, or the cart cannot be read; nothing was sent")
}

fn decided(reply: &Reply, key: &CartKey, lens: &Lens<'_>) -> Response {
    match &reply.answer {
        Answer::Applied { .. } => cart(&reply.after, key, lens),
        Answer::Merged { report, replayed: false } => merged(&reply.after, report, key, lens),
        Answer::Merged { report, replayed: true } => {
            replayed(merged(&reply.after, report, key, lens))
        }
        Answer::Rejected(rejection) => rejected(rejection, &reply.after).into_response(),
        Answer::Short { lines } => Problem::short(lines).into_response(),
        Answer::Remembered { version, rejected: None } => {
            let mut response = replayed(cart(&reply.after, key, lens));
            response.headers_mut().insert(APPLIED_VERSION, HeaderValue::from(*version));
            response
        }
        Answer::Remembered { rejected: Some(code), .. } => {
            replayed(remembered(*code, &reply.after).into_response())
        }
        Answer::Conflict => {
            let detail = "the Idempotency-Key was used for another request to this cart";
            Problem::new(Code::IdempotencyConflict, detail).into_response()
        }
    }
}

/// Why a cart says no.
fn rejected(rejection: &Rejection, after: &Snapshot) -> Problem {
    let problem = Problem::from(rejection);
    if let Rejection::PriceChanged { lines } = rejection {
        return problem.with_prices(lines, after.cart.currency);
    }
    problem
}

/// Why it said no. The details of then are forgotten; the next attempt needs today's anyway.
fn remembered(code: RejectionCode, after: &Snapshot) -> Problem {
    let problem = Problem::from(code);
    match (problem.code(), &after.cart.checkout) {
        (Code::VersionMismatch, _) => problem.with_current_version(after.version),
        (Code::CartLocked, Some(checkout)) => problem.with_locked_until(checkout.until),
        (_, _) => problem,
    }
}

/// Marks an answer as an earlier request's.
pub(crate) fn replayed(mut response: Response) -> Response {
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

fn cart(after: &Snapshot, key: &CartKey, lens: &Lens<'_>) -> Response {
    shown(after, json(StatusCode::OK, &CartView::of(&subject(after, key), lens)))
}

fn merged(after: &Snapshot, report: &MergeReport, key: &CartKey, lens: &Lens<'_>) -> Response {
    let view = MergedView::of(CartView::of(&subject(after, key), lens), report);
    shown(after, json(StatusCode::OK, &view))
}

fn subject<'a>(after: &'a Snapshot, key: &'a CartKey) -> Subject<'a> {
    let Snapshot { cart_id, version, ref cart } = *after;
    Subject { user: key.user(), cart_id, version, cart }
}

fn shown(after: &Snapshot, mut response: Response) -> Response {
    response.headers_mut().insert(header::ETAG, etag(after.version));
    response
}

fn pending(pending: Pending, (key, home): (&CartKey, &CartKey), respond_async: bool) -> Response {
    let Pending { command, sent } = pending;
    let mut response = json(StatusCode::ACCEPTED, &PendingView::of(command));
    let headers = response.headers_mut();
    // The alphabet of user ids needs no escaping in a path.
    let mut location = format!("/api/cart/{}/commands/{command}?sent={sent}", key.user());
    if home != key {
        location.push_str("&from=");
        location.push_str(home.user().as_str());
    }
    if let Ok(location) = HeaderValue::try_from(location) {
        headers.insert(header::LOCATION, location);
    }
    headers.insert(header::RETRY_AFTER, RETRY_AFTER);
    if respond_async {
        headers.insert(PREFERENCE_APPLIED, HeaderValue::from_static("respond-async"));
    }
    response
}

#[cfg(test)]
mod tests;
