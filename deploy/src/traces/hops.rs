//! Hears the hops that are told and makes a span of each. Sends nothing itself, and never waits.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cart_schemas::traceparent::{HOP, SpanId, Traceparent};
use tokio::sync::mpsc;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::Context;
use uuid::Uuid;

use super::otlp::Span;

/// The layer that hears hops.
#[derive(Debug)]
pub(crate) struct Hops {
    spans: mpsc::Sender<Span>,
}

impl Hops {
    pub(super) const fn new(spans: mpsc::Sender<Span>) -> Self {
        Self { spans }
    }

    /// What it is to hear, and nothing else.
    pub(crate) fn filter() -> Targets {
        Targets::new().with_target(HOP, Level::TRACE)
    }
}

impl<S: Subscriber> Layer<S> for Hops {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut told = Told::default();
        event.record(&mut told);
        let Some(span) = told.span(now()) else { return };
        if self.spans.try_send(span).is_err() {
            dropped(1);
        }
    }
}

/// Spans nobody will see.
pub(super) fn dropped(spans: u64) {
    metrics::counter!("cartstream_spans_dropped_total").increment(spans);
}

/// What is told of a hop.
#[derive(Debug, Default)]
struct Told {
    hop: String,
    trace: String,
    span: Option<String>,
    parent: Option<String>,
    took: Duration,
    ago: Duration,
}

impl Told {
    /// The span, seen from `now`.
    fn span(self, now: Duration) -> Option<Span> {
        let ended = now.saturating_sub(self.ago);
        let trace = id(&self.trace, &"1".repeat(16))?.trace();
        let of = |span: &str| Some(id(&self.trace, span)?.parent());
        let own = self.span.as_deref().and_then(of);
        Some(Span {
            trace,
            span: own.unwrap_or_else(fresh),
            parent: self.parent.as_deref().and_then(of),
            name: self.hop,
            began: ended.saturating_sub(self.took),
            ended,
        })
    }
}

/// A trace and a span in it, as the one text that says both.
fn id(trace: &str, span: &str) -> Option<Traceparent> {
    format!("00-{trace}-{span}-01").parse().ok()
}

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "hop" => value.clone_into(&mut self.hop),
            "trace" => value.clone_into(&mut self.trace),
            "span" => self.span = Some(value.to_owned()),
            "parent" => self.parent = Some(value.to_owned()),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "took_us" => self.took = Duration::from_micros(value),
            "ago_us" => self.ago = Duration::from_micros(value),
            _ => {}
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a span is told in the time of this machine")]
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "a span is named by nobody else")]
fn fresh() -> SpanId {
    Uuid::now_v7().into()
}

#[cfg(test)]
mod tests {
    use tracing::field::display;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const ROOT: &str = "b7ad6b7169203331";

    /// The spans that come of what is told.
    fn heard(tell: impl FnOnce()) -> Vec<Span> {
        let (spans, mut waiting) = mpsc::channel(4);
        let layer = Hops::new(spans).with_filter(Hops::filter());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), tell);
        std::iter::from_fn(|| waiting.try_recv().ok()).collect()
    }

    #[test]
    fn a_hop_becomes_a_span_that_ended_when_it_was_told_or_so_long_before() {
        let before = now();
        let spans = heard(|| {
            let (trace, span) = (display(TRACE), display(ROOT));
            tracing::trace!(target: HOP, hop = "request", trace, span, took_us = 5_u64);
            let (trace, parent) = (display(TRACE), display(ROOT));
            tracing::trace!(target: HOP, hop = "store", trace, parent, took_us = 7_u64, ago_us = 9_u64);
        });

        let [root, child] = &spans[..] else { panic!("{spans:?}") };
        assert_eq!((root.name.as_str(), root.parent), ("request", None));
        assert_eq!((root.span.to_string().as_str(), child.parent), (ROOT, Some(root.span)));
        assert_eq!((child.trace, child.name.as_str()), (root.trace, "store"));
        assert_eq!(root.ended - root.began, Duration::from_micros(5));
        assert_eq!(child.ended - child.began, Duration::from_micros(7));
        assert!((before..=now()).contains(&root.ended));
    }

    #[test]
    fn nothing_else_is_heard_and_nobody_waits_for_room() {
        let spans = heard(|| {
            tracing::error!(hop = "request", trace = TRACE, took_us = 5_u64);
            tracing::trace!(target: HOP, hop = "request", trace = "none", took_us = 5_u64);
            for _ in 0..9 {
                tracing::trace!(target: HOP, hop = "request", trace = TRACE, took_us = 5_u64);
            }
        });

        assert_eq!(spans.len(), 4);
    }
}
