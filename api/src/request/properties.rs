//! What holds of whatever a client sends, for the fuzzers and the corpus they left: each function
//! takes any bytes and fails where a property does not hold. Knows no server.

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use cart_schemas::command::Intent;
use cart_schemas::product::Product;
use cart_schemas::traceparent::Traceparent;
use futures::FutureExt as _;

use super::{
    AddItem, AdjustStock, Ask, CheckOut, CompleteCheckout, Extend, Listen, MergeCarts, ProductForm,
    Said, SetQuantity, Signed, StockDelivery, WelcomeGuest, ask, bearer, strict,
};
use crate::problem::{Code, Problem};
use crate::settings::Traces;

/// A command over a socket is refused as malformed, or read; then its id is the key that makes it
/// safe to say again, and members nobody knows change nothing.
///
/// # Panics
/// It is otherwise.
pub fn frame(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    match Said::read(text) {
        Ok(said) => {
            assert!(ask::is_key(&said.id), "{:?}", said.id);
            let ask = said.ask(said.trace(Traces::PassedOn));
            assert_eq!(ask.idempotency_key.as_deref(), Some(said.id.as_str()));
            assert!(!said.kind().is_empty());
            if let Some(roomy) = roomy(text) {
                let again = Said::read(&roomy).map_err(|unread| unread.problem.body());
                assert_eq!(Ok(format!("{said:?}")), again.map(|again| format!("{again:?}")));
            }
        }
        Err(unread) => {
            assert!(unread.id.as_deref().is_none_or(ask::is_key), "{:?}", unread.id);
            assert_eq!(unread.problem.code(), Code::Malformed);
            is_told(&unread.problem);
        }
    }
}

/// A body asks the same with members nobody knows, and what is wrong with it is a problem. The first
/// byte says whose body it is.
///
/// # Panics
/// It is otherwise.
pub fn body(bytes: &[u8]) {
    let Some((which, bytes)) = bytes.split_first() else { return };
    let Ok(text) = str::from_utf8(bytes) else { return };
    match asked(*which, text) {
        Ok(asks) => {
            let again = roomy(text).map(|roomy| asked(*which, &roomy).map_err(|one| one.body()));
            assert!(again.is_none_or(|again| again == Ok(asks)));
        }
        Err(problem) => is_told(&problem),
    }
}

/// The headers of a request say the same again once they are written as they were understood. Each
/// line is a header, whose name its first byte picks.
///
/// # Panics
/// They do not.
pub fn headers(bytes: &[u8]) {
    let sent = lines(bytes);
    match extracted::<Ask>(sent.clone()) {
        Ok(ask) => assert_eq!(extracted::<Ask>(written(&ask)).ok().as_ref(), Some(&ask)),
        Err(problem) => assert_eq!(problem.code(), Code::Malformed),
    }
    if let Ok(Listen { last_event: Some(version), .. }) = extracted::<Listen>(sent.clone()) {
        let value = HeaderValue::from(version);
        assert_eq!(sent.get("last-event-id").map(HeaderValue::as_bytes), Some(value.as_bytes()));
    }
    match bearer(&sent) {
        Ok(Some(token)) => assert!(!token.is_empty() && !token.starts_with(' '), "{token:?}"),
        Ok(None) => assert!(!sent.contains_key(header::AUTHORIZATION)),
        Err(problem) => assert_eq!(problem.code(), Code::Unauthenticated),
    }
    let traces = sent.get_all("traceparent").iter().filter_map(|value| value.to_str().ok());
    for trace in traces.filter_map(|text| text.parse::<Traceparent>().ok()) {
        assert_eq!(trace.to_string().parse(), Ok(trace));
    }
    if let Ok(signed) = Signed::of(&sent) {
        assert!(ask::is_key(signed.id));
    }
}

/// What a body asks, as text.
fn asked(which: u8, text: &str) -> Result<String, Problem> {
    let bytes = text.as_bytes();
    let unlisted = |_: &_| Ok(false);
    let intent = match which {
        b'a' => strict::parse::<AddItem>(bytes)?.intent(unlisted)?,
        b's' => strict::parse::<SetQuantity>(bytes)?.intent(|| super::path::item("i_cAA"))?,
        b'e' => strict::parse::<Extend>(bytes)?.intent()?,
        b'm' => {
            let into = "shop/user".parse().map_err(|_| Problem::internal())?;
            strict::parse::<MergeCarts>(bytes)?.intent(&into, |_, _| Ok(()))?
        }
        b'c' => strict::parse::<CheckOut>(bytes)?.intent(),
        b'o' => complete(bytes)?,
        b'g' => return Ok(format!("{:?}", strict::parse::<WelcomeGuest>(bytes)?.tenant()?)),
        b'd' => return Ok(format!("{:?}", StockDelivery::read(bytes)?.changes(None, |_| true)?)),
        b'k' => {
            let form = strict::parse::<AdjustStock>(bytes)?;
            let product = "p".parse().map_err(|_| Problem::internal())?;
            return Ok(format!("{:?} {:?}", form.sku(None, product)?, form.command()?));
        }
        _ => return product(bytes),
    };
    Ok(format!("{intent:?}"))
}

fn complete(bytes: &[u8]) -> Result<Intent, Problem> {
    let form = strict::parse::<CompleteCheckout>(bytes)?;
    let checkout = || super::path::checkout("00000000-0000-0000-0000-000000000000");
    form.intent(checkout).map(|(_, intent)| intent)
}

/// A product that was put is the one that is read from the catalog's topic.
fn product(bytes: &[u8]) -> Result<String, Problem> {
    let put = strict::parse::<ProductForm>(bytes)?.product("p".to_owned())?;
    let read = Product::decode(&put.encode());
    assert_eq!(read.ok().as_ref(), Some(&put));
    Ok(format!("{put:?}"))
}

/// The same object with a member nobody knows before its others; `None` if it might know it.
fn roomy(text: &str) -> Option<String> {
    let members = text.trim_start().strip_prefix('{')?;
    let is_empty = members.trim_start().starts_with('}');
    let is_known = text.contains("$$") || text.contains("\\u0024");
    (!is_empty && !is_known).then(|| format!(" {{\t\"$$\" : [{{}}, 1.5e3],{members}"))
}

fn is_told(problem: &Problem) {
    let told: Result<serde_json::Value, _> = serde_json::from_slice(&problem.body());
    let code = told.ok().and_then(|told| Some(told.get("code")?.as_str()?.to_owned()));
    assert_eq!(code.as_deref(), Some(problem.code().as_str()));
}

/// The headers as a server hands them over: without the blanks around their values (RFC 9110, 5.5).
fn lines(bytes: &[u8]) -> HeaderMap {
    let names = [
        HeaderName::from_static("idempotency-key"),
        header::IF_MATCH,
        HeaderName::from_static("prefer"),
        HeaderName::from_static("traceparent"),
        HeaderName::from_static("last-event-id"),
        header::ACCEPT,
        header::AUTHORIZATION,
        HeaderName::from_static("webhook-id"),
        HeaderName::from_static("webhook-timestamp"),
        HeaderName::from_static("webhook-signature"),
    ];
    let mut headers = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let Some((which, value)) = line.split_first() else { continue };
        let name = names.get(usize::from(which.wrapping_sub(b'0')));
        if let (Some(name), Ok(value)) = (name, HeaderValue::from_bytes(value.trim_ascii())) {
            headers.append(name.clone(), value);
        }
    }
    headers
}

fn extracted<T: FromRequestParts<(), Rejection = Problem>>(
    headers: HeaderMap,
) -> Result<T, Problem> {
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.headers = headers;
    // Nothing in headers is waited for.
    let extracted = T::from_request_parts(&mut parts, &()).now_or_never();
    extracted.unwrap_or_else(|| Err(Problem::internal()))
}

fn written(ask: &Ask) -> HeaderMap {
    let key = ask.idempotency_key.clone();
    let version = ask.expected_version.map(|version| format!("\"{version}\""));
    let prefer = ask.respond_async.then(|| "respond-async".to_owned());
    let values = [("idempotency-key", key), ("if-match", version), ("prefer", prefer)];
    let values = values.into_iter().filter_map(|(name, value)| {
        Some((HeaderName::from_static(name), HeaderValue::try_from(value?).ok()?))
    });
    values.collect()
}
