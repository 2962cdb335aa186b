//! The fold of skus: one command of the log against one record, and what comes of it as records for
//! the topics. How it is decided is [`stock`](crate::stock)'s; knows no partition's queue and no
//! store.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cart_schemas::cql::Table;
use cart_schemas::envelope::DecodeError;
use cart_schemas::id::{CommandId, SkuKey};
use cart_schemas::memory::{Decision, Recall};
use cart_schemas::stock::{
    Emits, StockAnswer, StockEnvelope, StockOutcome, StockRecord, StockRejection,
};
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::{STOCK_PROCESSORS, Topic};

use super::{Fold, Folded, Site, Wake};
use crate::defects::{Clocks, Defect, Defects, NoDefects};
use crate::intake::Incoming;
use crate::stock::{Decided, apply};

mod outgoing;

use outgoing::{answered, emitted};

/// The skus, or a mutant of them.
#[derive(Debug, Clone, Default)]
pub struct Skus<D = NoDefects> {
    /// How they differ.
    pub defects: D,
}

impl Skus {
    /// The skus as they are meant to be.
    #[must_use]
    pub const fn new() -> Self {
        Self { defects: NoDefects }
    }
}

impl<D: Defects> Fold for Skus<D> {
    type Key = SkuKey;
    type Envelope = StockEnvelope;
    type Record = StockRecord;
    type Defects = D;

    const SITE: Site = Site {
        commands: Topic::InventoryCommands,
        dead_letters: Topic::InventoryDeadLetters,
        group: STOCK_PROCESSORS,
        table: Table::Skus,
    };
    /// A reservation ends when its cart says so, never by the sku's own clock.
    const WAKE: Option<Wake> = None;

    fn defects(&self) -> &D {
        &self.defects
    }

    fn envelope(value: &[u8]) -> Result<StockEnvelope, DecodeError> {
        StockEnvelope::decode(value)
    }

    fn id(envelope: &StockEnvelope) -> CommandId {
        envelope.id
    }

    fn key(envelope: &StockEnvelope) -> &SkuKey {
        &envelope.sku
    }

    fn decode(cell: &[u8]) -> Result<StockRecord, String> {
        StockRecord::decode(cell).map_err(|error| error.to_string())
    }

    fn encode(record: &StockRecord) -> Vec<u8> {
        record.encode()
    }

    fn ts(record: &StockRecord) -> Timestamp {
        record.ts
    }

    fn step(
        &self,
        record: &mut StockRecord,
        began: Timestamp,
        incoming: &Incoming<StockEnvelope>,
    ) -> Folded {
        let position = incoming.placement.position;
        let StockEnvelope { id, digest, .. } = incoming.envelope;
        // A record met again may have been loaded from a write that nobody acknowledged: it is put
        // back before anything is said of it.
        let again = record.memory.is_past(position);
        let put_back = |broken| again && !self.defects.has(broken);
        let repeated = put_back(Defect::RepeatNotPutBack);
        match record.memory.recall(position, id, digest) {
            Recall::New => {
                let decision = self.decided(record, began, incoming);
                record.memory.remember(decision.clone());
                let outcome = outcome_name(decision.outcome);
                Folded { store: true, ..emitted(incoming, record, outcome, &decision) }
            }
            Recall::Replayed(decision) => {
                let store = put_back(Defect::ReplayNotPutBack);
                Folded { store, ..emitted(incoming, record, "replayed", &decision) }
            }
            Recall::Remembered(print) => {
                let answer = Some(StockAnswer::Remembered(print.outcome));
                let said = answered(incoming, record, "remembered", answer);
                Folded { store: repeated, ..said }
            }
            Recall::Conflict => {
                let said = answered(incoming, record, "conflict", Some(StockAnswer::Conflict));
                Folded { store: repeated, ..said }
            }
            Recall::Passed => {
                Folded { store: repeated, ..answered(incoming, record, "passed", None) }
            }
        }
    }
}

impl<D: Defects> Skus<D> {
    /// Decides a command and changes the record but for its memory. A panic is a defect, and a
    /// decision: it changes nothing, so that every replay agrees.
    fn decided(
        &self,
        record: &mut StockRecord,
        began: Timestamp,
        incoming: &Incoming<StockEnvelope>,
    ) -> Decision<StockOutcome, Emits> {
        let Incoming { placement, ref envelope, .. } = *incoming;
        record.ts = self.defects.ts(Clocks { began, last: record.ts, placement });
        let decide = || self.defects.decide_stock(&record.stock, &envelope.command, record.ts);
        let judged = catch_unwind(AssertUnwindSafe(decide));
        let (outcome, Decided { change, follow_up }) =
            match judged.unwrap_or(Err(StockRejection::Internal)) {
                Ok(decided) => (StockOutcome::Applied, decided),
                Err(rejection) => (StockOutcome::Rejected(rejection), Decided::default()),
            };
        let level = change.map(|change| {
            record.version = record.version.saturating_add(1);
            record.stock = apply(std::mem::take(&mut record.stock), change);
            record.level(&envelope.sku)
        });
        Decision {
            position: placement.position,
            command: envelope.id,
            digest: envelope.digest,
            outcome,
            version: record.version,
            emits: Emits { level, follow_up },
        }
    }
}

fn outcome_name(outcome: StockOutcome) -> &'static str {
    match outcome {
        StockOutcome::Applied => "applied",
        StockOutcome::Rejected(rejection) => rejection.as_str(),
    }
}

#[cfg(test)]
mod tests;
