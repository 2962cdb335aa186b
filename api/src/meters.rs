//! The numbers this crate records: names and labels in one place. Installs no recorder.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use cart_schemas::timestamp::Timestamp;
use metrics::{
    Gauge, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

const COMMANDS: &str = "cartstream_commands_total";
const REQUESTS: &str = "cartstream_http_requests_total";
const SOCKETS: &str = "cartstream_sockets";
const LIMITED: &str = "cartstream_limited_total";
const RESYNCS: &str = "cartstream_socket_resyncs_total";

/// Tells the recorder, if one is installed, what the numbers are.
pub(crate) fn describe() {
    describe_counter!(COMMANDS, "Changes asked for, by shop and what became of them");
    describe_histogram!("cartstream_hop_seconds", "Seconds a change spent in a hop");
    describe_histogram!("cartstream_change_seconds", "Seconds until a change was answered");
    describe_histogram!("cartstream_reads_seconds", "Seconds a read of a cart from the store took");
    describe_counter!(REQUESTS, "Requests by route, method and status");
    describe_gauge!(SOCKETS, "Sockets open now, by shop");
    gauge!(SOCKETS, "tenant" => "default").set(0);
    describe_counter!(LIMITED, "What was refused to callers who had asked too much, by shop");
    describe_counter!("cartstream_shed_total", "Requests turned away since too many waited");
    describe_gauge!("cartstream_waiting_most", "Requests that may wait for an engine now");
    describe_counter!(RESYNCS, "Carts sent whole to sockets, joins included");
}

/// A change of a shop, by what it is called in numbers, was answered after `took`, most of which it `waited`
/// for its outcome.
pub(crate) fn command(
    shop: &str,
    (kind, outcome): (&'static str, &'static str),
    took: Duration,
    waited: Duration,
) {
    let labels = [("kind", kind.into()), ("outcome", outcome.into()), ("tenant", shop.to_owned())];
    counter!(COMMANDS, &labels).increment(1);
    histogram!("cartstream_change_seconds").record(took);
    histogram!("cartstream_hop_seconds", "hop" => "edge").record(took.saturating_sub(waited));
}

/// A cart was read from the store, or could not be.
pub(crate) fn read(took: Duration) {
    histogram!("cartstream_reads_seconds").record(took);
}

/// A request was answered. The route is its template: a raw path would make a series per cart.
pub(crate) fn request(route: Option<&str>, method: &Method, status: StatusCode) {
    let route = route.unwrap_or("unmatched").to_owned();
    let status = status.as_str().to_owned();
    let labels = [("route", route), ("method", method_name(method).to_owned()), ("status", status)];
    counter!(REQUESTS, &labels).increment(1);
}

/// Methods are the caller's to invent; labels are not.
fn method_name(method: &Method) -> &'static str {
    let known = [
        (Method::GET, "GET"),
        (Method::POST, "POST"),
        (Method::PUT, "PUT"),
        (Method::DELETE, "DELETE"),
        (Method::HEAD, "HEAD"),
        (Method::OPTIONS, "OPTIONS"),
        (Method::PATCH, "PATCH"),
    ];
    known.iter().find(|(known, _)| known == method).map_or("other", |(_, name)| *name)
}

/// A caller of a shop was refused what there was nothing left of.
pub(crate) fn limited(shop: &str, policy: &'static str) {
    counter!(LIMITED, "policy" => policy, "tenant" => shop.to_owned()).increment(1);
}

/// The sockets of a shop.
pub(crate) fn sockets(shop: &str) -> Gauge {
    gauge!(SOCKETS, "tenant" => shop.to_owned())
}

/// A socket got its cart whole.
pub(crate) fn resynced() {
    counter!(RESYNCS).increment(1);
}

/// An event the log appended at `at` was written to a socket at `now`; returns how long that took.
pub(crate) fn pushed(at: Timestamp, now: Timestamp) -> Duration {
    let micros = u64::try_from(now.micros().saturating_sub(at.micros())).unwrap_or(0);
    let took = Duration::from_micros(micros);
    histogram!("cartstream_hop_seconds", "hop" => "push").record(took);
    took
}
