//! The sockets and the streams of events as channels: what is told, and what may be said.

use cart_schemas::cloudevent::CONTENT_TYPE;
use serde_json::{Value, json};

use super::{Entry, in_channel, of_channel, schema};
use crate::contract::keywords::with;
use crate::contract::sockets::frames;
use crate::request::SaidKind;
use crate::sockets::INBOUND_MAX;

const SOCKET: &str = "socket";
const STREAM: &str = "stream";
/// The event of a stream.
const TOLD: &str = "told_event";

/// What a command is called among the messages, where a record may have its name.
fn said(kind: SaidKind) -> String {
    format!("say_{}", kind.as_str())
}

fn all_told() -> impl Iterator<Item = &'static str> {
    frames().into_iter().map(|(name, _)| name)
}

/// The socket and the stream.
pub(super) fn channels() -> [Entry; 2] {
    let messages = all_told().map(str::to_owned).chain(SaidKind::ALL.map(said));
    let ticket = "A ticket of `POST /api/tickets`, in place of a token.";
    let since = json!({ "type": "object", "properties": {
        "since": known(), "ticket": { "type": "string", "description": ticket }
    } });
    let takes = format!(
        "A cart live: its state first, then its events; takes commands of at most {INBOUND_MAX} bytes."
    );
    let user = json!({ "userID": { "description": "Whose cart." } });
    let socket = json!({
        "address": "/ws/cart/{userID}",
        "description": takes,
        "servers": [{ "$ref": "#/servers/sockets" }],
        "parameters": user,
        "messages": in_channel(messages),
        "bindings": { "ws": { "method": "GET", "query": since, "bindingVersion": "0.1.0" } }
    });
    let stream = json!({
        "address": "/api/cart/{userID}/events",
        "description": "The same events as server-sent events, with `Accept: text/event-stream`. The \
            `event` is its type; the `id` is the version, and comes with its last event.",
        "servers": [{ "$ref": "#/servers/http" }],
        "parameters": user,
        "messages": in_channel([TOLD]),
    });
    [(SOCKET.to_owned(), socket), (STREAM.to_owned(), stream)]
}

/// What was told before is named by this part of the query.
fn known() -> Value {
    let known = "The version that is known already, whole: only what came after it is told.";
    json!({ "type": "integer", "minimum": 0, "description": known })
}

/// What is told and taken there.
pub(super) fn operations() -> [Entry; 3] {
    let channel = |name: &str| json!({ "$ref": format!("#/channels/{name}") });
    let follow = json!({
        "action": "send",
        "channel": channel(SOCKET),
        "summary": "Tells a cart and what happens to it.",
        "messages": of_channel(SOCKET, ["cart_state", "cart_event"]),
    });
    let take = json!({
        "action": "receive",
        "channel": channel(SOCKET),
        "summary": "Takes commands, one after the other, and answers each once.",
        "messages": of_channel(SOCKET, SaidKind::ALL.map(said)),
        "reply": { "channel": channel(SOCKET), "messages": of_channel(SOCKET, ["reply"]) },
    });
    let after = json!({ "type": "object", "properties": { "after": known() } });
    let stream = json!({
        "action": "send",
        "channel": channel(STREAM),
        "summary": "Tells what happened to a cart, and goes on.",
        "messages": of_channel(STREAM, [TOLD]),
        "bindings": { "http": {
            "method": "GET", "query": after, "bindingVersion": "0.3.0"
        } },
    });
    let names = ["follow.socket", "take.socket", "follow.stream"].map(str::to_owned);
    let [first, second, third] = names;
    [(first, follow), (second, take), (third, stream)]
}

/// Every frame and every command.
pub(super) fn messages() -> Vec<Entry> {
    let message = |name: &str, payload: Value| json!({ "name": name, "contentType": CONTENT_TYPE, "payload": payload });
    let told = all_told().map(|name| (name.to_owned(), message(name, schema("frames", name))));
    let said = SaidKind::ALL.map(|kind| {
        let command = message(kind.as_str(), schema("commands", kind.as_str()));
        (said(kind), with(command, [("title", format!("Say {}", kind.as_str()).into())]))
    });
    let event = message("cart_event", schema("events", "any"));
    told.chain(said).chain([(TOLD.to_owned(), event)]).collect()
}
