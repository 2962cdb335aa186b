//! A reply has landed: it tells what the oracle decided, and reads from now on see it.

use std::sync::Arc;

use cart_schemas::id::CartId;
use cart_schemas::record::Outcome;
use cart_schemas::rejection::RejectionCode;
use cart_schemas::reply::{Answer, Reply};
use cart_storage::log::Record;

use super::events::text;
use super::{Audit, Broken, Invariant};
use crate::simulation::shadow::{Decision, Shadow};

impl Audit {
    /// A probe has no value and says nothing.
    pub(super) fn reply(&mut self, record: &Record) -> Result<(), Broken> {
        let Some(value) = &record.value else { return Ok(()) };
        let at = format!("reply @{}", record.offset);
        let reply = Reply::decode(value)
            .map_err(|error| Invariant::OneOutcome.broken(format!("{at}: {error}")))?;
        let at = format!("{at} to {}", reply.command);
        Invariant::OneOutcome
            .holds(text(record.key.as_deref()) == reply.command.to_string(), || {
                format!("{at}: its key is {:?}", record.key)
            })?;
        let decision = decision_told(&self.shadow, &reply).ok_or_else(|| {
            let asked: Vec<_> = self.shadow.asked(reply.command).collect();
            let (answer, digest) = (&reply.answer, reply.digest);
            Invariant::OneOutcome.broken(format!("{at}: {answer:?} to {digest} where {asked:?}"))
        })?;
        let shown = self.shown(&at, &reply, decision)?;
        let Some(history) = self.shadow.cart(&decision.cart) else { return Ok(()) };
        // A kill may take what was stored before the reply, until it is put back.
        let stored = self.cells.were_on_quorum(&self.world, history, shown.saturating_add(1));
        Invariant::ReadYourWrites.holds(stored, || {
            format!("{at}: decision {shown} of {} is not on every quorum", history.key())
        })
    }

    /// The number of the newest decision a reply lets its reader see. The cart it shows is one the
    /// oracle knows, at or after the decision it tells of.
    fn shown(&self, at: &str, reply: &Reply, decision: &Decision) -> Result<usize, Broken> {
        let version = reply.after.version;
        let history = self.shadow.cart(&decision.cart);
        let content = history.and_then(|history| history.content(version));
        let known = content.as_ref() == Some(&reply.after.cart);
        Invariant::OneOutcome.holds(known && version >= decision.version, || {
            format!("{at}: it shows {:?} where {content:?} was decided", reply.after)
        })?;
        let change = history.and_then(|history| history.change(version));
        Ok(change.map_or(decision.number, |change| change.number.max(decision.number)))
    }
}

/// The decision a reply rightly tells of, if there is one.
///
/// A record that was decided may be told as remembered: a later owner that replays it finds it
/// among the fingerprints.
fn decision_told<'a>(shadow: &'a Shadow, reply: &Reply) -> Option<&'a Arc<Decision>> {
    let asked = shadow.asked(reply.command).any(|verdict| verdict.digest() == Some(reply.digest));
    let mut of_merges = shadow.answered(reply.command);
    let is_merge = |decision: &&Arc<Decision>| {
        CartId::of(&decision.cart, 0) == reply.after.cart_id
            && decision.tells(reply.digest, &reply.answer)
    };
    if let Some(decision) = of_merges.find(is_merge) {
        return Some(decision);
    }
    let mut decisions = shadow.asked(reply.command).filter_map(|verdict| verdict.decided());
    decisions.find(|decision| {
        let same = decision.digest == reply.digest;
        let tells = match &reply.answer {
            Answer::Applied { version } => {
                same && decision.outcome == Outcome::Applied && decision.version == *version
            }
            Answer::Rejected(rejection) => {
                same && decision.outcome == Outcome::Rejected(rejection.clone())
            }
            Answer::Remembered { version, rejected } => {
                let short = shadow.is_short(reply.command);
                let short = short.then_some(RejectionCode::InsufficientStock);
                same && decision.version == *version && decision.rejected().or(short) == *rejected
            }
            Answer::Conflict => !same,
            Answer::Merged { .. } | Answer::Short { .. } => false,
        };
        asked && tells && CartId::of(&decision.cart, 0) == reply.after.cart_id
    })
}
