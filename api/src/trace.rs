//! What a request is known by: its own id, and where it stands in a trace. The edge makes it once, and
//! whoever acts for the request takes it along.

use std::time::Duration;

use axum::http::{Extensions, HeaderMap, HeaderValue};
use cart_schemas::traceparent::{HOP, SpanId, TRACEPARENT, TraceId, Traceparent};
use tracing::field::display;
use uuid::Uuid;

use crate::settings::Traces;

/// What a request is known by.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    /// Its id, the caller's or a fresh one.
    pub(crate) id: HeaderValue,
    pub(crate) trace: Trace,
}

impl Mark {
    /// Its id as text.
    pub(crate) fn id(&self) -> &str {
        self.id.to_str().unwrap_or_default()
    }
}

/// Where a request stands in a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trace {
    onward: Traceparent,
    /// Whether the request is a hop that is told, and for whose it was then done: nobody's if the trace
    /// begins here.
    hop: Option<Option<SpanId>>,
}

impl Trace {
    /// The trace a request names, or a new one: what is no `traceparent` is none. Where hops are told, the
    /// request is one, and what is done for it has it as its parent.
    pub(crate) fn of(headers: &HeaderMap, traces: Traces) -> Self {
        let mut values = headers.get_all(TRACEPARENT).iter();
        // Given twice, neither is the one.
        let given = values.next().filter(|_| values.next().is_none());
        Self::after(given.and_then(|value| value.to_str().ok()?.parse().ok()), traces)
    }

    /// The trace that is named, or a new one.
    pub(crate) fn after(given: Option<Traceparent>, traces: Traces) -> Self {
        match (traces, given) {
            (Traces::Told { .. }, Some(given)) if given.is_sampled() => {
                let onward = given.with_parent(fresh().into());
                Self { onward, hop: Some(Some(given.parent())) }
            }
            (Traces::PassedOn | Traces::Told { .. }, Some(given)) => {
                Self { onward: given, hop: None }
            }
            (Traces::PassedOn | Traces::Told { .. }, None) => Self::begun(traces),
        }
    }

    /// A new trace.
    fn begun(traces: Traces) -> Self {
        let (trace, own) = (fresh(), fresh());
        let is_sampled = match traces {
            Traces::PassedOn => false,
            // The low bits are random.
            Traces::Told { one_in } => trace.as_u128() % u128::from(one_in.get()) == 0,
        };
        let onward = Traceparent::new(TraceId::from(trace), SpanId::from(own), is_sampled);
        Self { onward, hop: is_sampled.then_some(None) }
    }

    /// What is done for the request takes this along.
    pub(crate) const fn onward(self) -> Traceparent {
        self.onward
    }

    /// Tells the request as a hop of its trace, if it is one: it took so long until now.
    pub(crate) fn tell(self, hop: &'static str, took: Duration) {
        let Some(parent) = self.hop else { return };
        let (trace, span) = (self.onward.trace(), self.onward.parent());
        let parent = parent.map(display);
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        tracing::trace!(target: HOP, hop, %trace, %span, parent, took_us);
    }
}

/// Where the request these belong to stands; nowhere if no edge is around its route.
pub(crate) fn onward(extensions: &Extensions) -> Option<Traceparent> {
    extensions.get::<Mark>().map(|mark| mark.trace.onward())
}

#[expect(clippy::disallowed_methods, reason = "the edge is where fresh ids come from")]
fn fresh() -> Uuid {
    Uuid::now_v7()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    const GIVEN: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const TOLD: Traces = Traces::Told { one_in: NonZeroU32::MIN };

    fn of(given: &[&'static str], traces: Traces) -> Trace {
        let mut headers = HeaderMap::new();
        for value in given {
            headers.append(TRACEPARENT, HeaderValue::from_static(value));
        }
        Trace::of(&headers, traces)
    }

    #[test]
    fn a_trace_goes_on_as_it_came_where_nothing_is_told() {
        let trace = of(&[GIVEN], Traces::PassedOn);

        assert_eq!((trace.onward().to_string().as_str(), trace.hop), (GIVEN, None));
    }

    #[test]
    fn a_sampled_request_is_a_hop_and_the_parent_of_what_is_done_for_it() {
        let given: Traceparent = GIVEN.parse().unwrap();
        let trace = of(&[GIVEN], TOLD);

        assert_eq!(trace.hop, Some(Some(given.parent())));
        assert_eq!(trace.onward().trace(), given.trace());
        assert_ne!(trace.onward().parent(), given.parent());
        let quiet = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
        let trace = of(&[quiet], TOLD);
        assert_eq!((trace.onward().to_string().as_str(), trace.hop), (quiet, None));
    }

    #[test]
    fn without_one_valid_traceparent_a_trace_begins() {
        for given in [&[][..], &["00-nothing"], &[GIVEN, GIVEN]] {
            let [quiet, told] = [Traces::PassedOn, TOLD].map(|traces| of(given, traces));

            assert!(!quiet.onward().is_sampled() && quiet.hop.is_none(), "{given:?}");
            assert!(told.onward().is_sampled() && told.hop == Some(None), "{given:?}");
            assert_ne!(quiet.onward().trace(), told.onward().trace());
        }
    }

    #[test]
    fn one_in_so_many_of_the_traces_that_begin_here_is_sampled() {
        let one_in = NonZeroU32::new(4).unwrap();
        let begun = (0..4_000).map(|_| Trace::begun(Traces::Told { one_in }));
        let sampled = begun.filter(|trace| trace.hop.is_some()).count();

        assert!((700..1_300).contains(&sampled), "{sampled}");
    }
}
