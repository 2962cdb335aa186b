//! The hops of a micro-batch, told of each sampled trace its commands belong to once it is through. Knows
//! of a trace what stands on the records that are emitted.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use cart_schemas::traceparent::{CE_TRACEPARENT, HOP, TRACEPARENT, Traceparent};
use tracing::Level;

use crate::worker::{Action, Emission};

/// What a micro-batch went through until now.
#[derive(Debug, Default)]
pub(super) struct Trail {
    done: Vec<Stage>,
    under_way: Option<(&'static str, Instant)>,
    traces: HashSet<Traceparent>,
}

/// A part of the way.
#[derive(Debug)]
struct Stage {
    hop: &'static str,
    ended: Instant,
    took: Duration,
}

impl Trail {
    /// Records waited, and were then taken into the batch.
    pub(super) fn waited(&mut self, since: Instant, taken: Instant) {
        self.done.clear();
        self.passed("queue", since, taken);
    }

    /// What was loaded led to what is to be done, which took from `began` until now.
    pub(super) fn decided(&mut self, began: Instant) {
        if self.done.last().is_some_and(|last| last.hop == "load") {
            self.passed("decide", began, Instant::now());
        }
    }

    /// An effect begins. The last one has the records that say whose the batch was.
    pub(super) fn begin(&mut self, hop: &'static str, action: &Action) {
        self.under_way = Some((hop, Instant::now()));
        if let Action::Emit(emission) = action
            && tracing::enabled!(target: HOP, Level::TRACE)
        {
            self.traces = sampled(emission);
        }
    }

    /// The effect under way has ended, and with the last one the batch.
    pub(super) fn end(&mut self) {
        let Some((hop, began)) = self.under_way.take() else { return };
        self.passed(hop, began, Instant::now());
        if hop == "emit" {
            self.tell();
        }
    }

    fn passed(&mut self, hop: &'static str, began: Instant, ended: Instant) {
        let took = ended.saturating_duration_since(began);
        self.done.push(Stage { hop, ended, took });
    }

    fn tell(&mut self) {
        for at in self.traces.drain() {
            for Stage { hop, ended, took } in &self.done {
                let (trace, parent) = (at.trace(), at.parent());
                let (took_us, ago_us) = (micros(*took), micros(ended.elapsed()));
                tracing::trace!(target: HOP, hop, %trace, %parent, took_us, ago_us);
            }
        }
        self.done.clear();
    }
}

fn sampled(emission: &Emission) -> HashSet<Traceparent> {
    let records = emission.replies.iter().chain(&emission.facts);
    let headers = records.flat_map(|(_, record)| &record.headers);
    let named = headers.filter(|header| [TRACEPARENT, CE_TRACEPARENT].contains(&&*header.name));
    let texts = named.filter_map(|header| std::str::from_utf8(&header.value).ok());
    let traces = texts.filter_map(|text| text.parse::<Traceparent>().ok());
    traces.filter(|trace| trace.is_sampled()).collect()
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use cart_schemas::partition::Partition;
    use cart_schemas::topic::Topic;
    use cart_storage::log::{Header, NewRecord, TopicPartition};

    use super::*;

    fn record(name: &'static str, text: &str) -> (TopicPartition, NewRecord) {
        let to = TopicPartition { topic: Topic::Replies, partition: Partition::new(0) };
        (to, NewRecord { headers: vec![Header::text(name, text)], ..NewRecord::default() })
    }

    #[test]
    fn each_sampled_trace_of_a_batch_is_told_once() {
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let quiet = "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
        let replies = vec![record(TRACEPARENT, trace), record(TRACEPARENT, quiet)];
        let facts = vec![record(CE_TRACEPARENT, trace), record(TRACEPARENT, "none")];

        let traces = sampled(&Emission { facts, replies });

        assert_eq!(traces, HashSet::from([trace.parse().unwrap()]));
    }

    #[test]
    fn a_batch_leaves_the_hops_it_went_through_in_their_order() {
        let (mut trail, now) = (Trail::default(), Instant::now());
        trail.waited(now, now);
        trail.begin("load", &Action::Load(Vec::new()));
        trail.end();
        trail.decided(now);
        trail.begin("store", &Action::Store(Vec::new()));
        trail.end();
        trail.decided(now);

        let hops: Vec<_> = trail.done.iter().map(|stage| stage.hop).collect();

        assert_eq!(hops, ["queue", "load", "decide", "store"]);
    }
}
