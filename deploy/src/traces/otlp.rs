//! Spans as OTLP's JSON: the names of its protocol buffers, ids in hexadecimal, long numbers as texts. Pure.

use std::time::Duration;

use cart_schemas::traceparent::{SpanId, TraceId};
use serde_json::{Value, json};

/// Something that was done for a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
    /// What it was done for; nothing if the trace begins with it.
    pub(super) parent: Option<SpanId>,
    pub(super) name: String,
    /// Since 1970.
    pub(super) began: Duration,
    /// Since 1970.
    pub(super) ended: Duration,
}

/// The kinds of spans, as OTLP numbers them.
const INTERNAL: u8 = 1;
const SERVER: u8 = 2;
const PRODUCER: u8 = 4;
const CONSUMER: u8 = 5;

/// The body of a request to a collector.
pub(super) fn body(spans: &[Span]) -> Vec<u8> {
    let spans: Vec<_> = spans.iter().map(span).collect();
    let body = json!({"resourceSpans": [{
        "resource": {"attributes": [
            text("service.name", env!("CARGO_PKG_NAME")),
            text("service.version", env!("CARGO_PKG_VERSION")),
        ]},
        "scopeSpans": [{"scope": {"name": env!("CARGO_PKG_NAME")}, "spans": spans}],
    }]});
    body.to_string().into_bytes()
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn span(span: &Span) -> Value {
    json!({
        "traceId": span.trace.to_string(),
        "spanId": span.span.to_string(),
        "parentSpanId": span.parent.map(|parent| parent.to_string()).unwrap_or_default(),
        "name": span.name,
        "kind": kind(&span.name),
        "startTimeUnixNano": span.began.as_nanos().to_string(),
        "endTimeUnixNano": span.ended.as_nanos().to_string(),
    })
}

/// What a hop is to the one before it.
fn kind(hop: &str) -> u8 {
    match hop {
        "request" | "command" => SERVER,
        "append" => PRODUCER,
        "queue" => CONSUMER,
        _ => INTERNAL,
    }
}

#[cfg(test)]
mod tests {
    use cart_schemas::traceparent::Traceparent;

    use super::*;

    #[test]
    fn spans_are_written_as_collectors_read_them() {
        let at: Traceparent =
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse().unwrap();
        let (began, ended) = (Duration::from_secs(7), Duration::from_micros(7_000_042));
        let (trace, span) = (at.trace(), at.parent());
        let of = |parent, name: &str| {
            let name = name.to_owned();
            Span { trace, span, parent, name, began, ended }
        };
        let spans = [of(None, "request"), of(Some(span), "emit")];

        let told: Value = serde_json::from_slice(&body(&spans)).unwrap();

        let of = &told["resourceSpans"][0];
        let name = json!({"key": "service.name", "value": {"stringValue": "cartstream"}});
        assert_eq!(of["resource"]["attributes"][0], name);
        assert_eq!(
            of["scopeSpans"][0]["spans"][0],
            json!({"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331",
                "parentSpanId": "", "name": "request", "kind": 2,
                "startTimeUnixNano": "7000000000", "endTimeUnixNano": "7000042000"})
        );
        assert_eq!(of["scopeSpans"][0]["spans"][1]["parentSpanId"], "b7ad6b7169203331");
    }
}
