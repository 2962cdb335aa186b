//! A trace from the request into the log, and from the log to whoever listens.

use std::num::NonZeroU32;

use axum::body::Body;
use axum::http::Request;
use cart_api::{Settings, Traces};
use cart_schemas::reply::Answer;
use cart_schemas::traceparent::Traceparent;
use futures::SinkExt as _;
use tokio_tungstenite::tungstenite::Message;

use crate::support::server::{Server, next};
use crate::support::{World, record};

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// The trace of the last command, which has to have one.
fn last(world: &World) -> Traceparent {
    let (_, headers) = world.log.commands().pop().unwrap();
    let named: Vec<_> = headers.iter().filter(|header| header.name == "traceparent").collect();
    assert_eq!(named.len(), 1, "{headers:?}");
    std::str::from_utf8(&named[0].value).unwrap().parse().unwrap()
}

async fn clear(world: &World, trace: Option<&str>) -> Traceparent {
    let request = Request::post("/api/cart/u/clear");
    let request = match trace {
        Some(trace) => request.header("traceparent", trace),
        None => request,
    };
    let said = world.ask(request.body(Body::empty()).unwrap()).await;
    assert_eq!(said.status, 200, "{said:?}");
    last(world)
}

#[tokio::test]
async fn a_command_has_its_callers_trace_or_begins_one() {
    let world = World::new().await;
    world.answers(Answer::Applied { version: 4 }, 4);

    assert_eq!(clear(&world, Some(TRACE)).await.to_string(), TRACE);
    let [one, other] = [clear(&world, None).await, clear(&world, Some("00-nothing")).await];
    assert_ne!(one.trace(), other.trace());
    assert!(!one.is_sampled() && !other.is_sampled());
}

#[tokio::test]
async fn where_hops_are_told_a_command_is_the_requests_and_the_request_its_callers() {
    let one_in = NonZeroU32::MIN;
    let settings = Settings { traces: Traces::Told { one_in }, ..Settings::default() };
    let world = World::with(&settings).await;
    world.answers(Answer::Applied { version: 4 }, 4);
    let given: Traceparent = TRACE.parse().unwrap();

    let command = clear(&world, Some(TRACE)).await;

    assert_eq!(command.trace(), given.trace());
    assert_ne!(command.parent(), given.parent());
    assert!(command.is_sampled() && clear(&world, None).await.is_sampled());
}

#[tokio::test]
async fn an_event_is_pushed_with_the_trace_it_came_of_beside_it() {
    let server = Server::start(&Settings::default()).await;
    server.world.store.hold("u", &record(3));
    let mut socket = server.connect("u").await.unwrap();
    next(&mut socket).await;

    let json = r#"{"type":"cart_cleared","total":30.00,"version":4,"n":0,"of":1}"#;
    server.world.log.traced_event("u", json, TRACE);

    let frame = format!(r#"{{"type":"cart_event","traceparent":"{TRACE}","data":{json}}}"#);
    assert_eq!(next(&mut socket).await.into_text().unwrap(), frame);
}

#[tokio::test]
async fn what_is_no_trace_is_told_to_nobody() {
    let server = Server::start(&Settings::default()).await;
    server.world.store.hold("u", &record(3));
    let mut socket = server.connect("u").await.unwrap();
    next(&mut socket).await;

    let json = r#"{"version":4,"n":0,"of":1}"#;
    server.world.log.traced_event("u", json, "\",\"data\":{}}");

    let frame = format!(r#"{{"type":"cart_event","data":{json}}}"#);
    assert_eq!(next(&mut socket).await.into_text().unwrap(), frame);
}

#[tokio::test]
async fn a_command_over_a_socket_names_its_trace_or_begins_one() {
    let server = Server::start(&Settings::default()).await;
    server.world.answers(Answer::Applied { version: 4 }, 4);
    let mut socket = server.connect("u").await.unwrap();
    let mut traced = async |said: &str| {
        socket.send(Message::text(said.to_owned())).await.unwrap();
        while !next(&mut socket).await.into_text().unwrap().contains(r#""type":"reply""#) {}
        last(&server.world)
    };

    let said = format!(r#"{{"type":"clear","id":"a","traceparent":"{TRACE}"}}"#);
    assert_eq!(traced(&said).await.to_string(), TRACE);
    let begun = traced(r#"{"type":"clear","id":"b","traceparent":"nothing"}"#).await;
    assert!(!begun.is_sampled() && begun.to_string() != TRACE);
}
