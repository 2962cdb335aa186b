//! Who is told what of a step. Most commands are answered to whoever sent them; a merge is asked of
//! the cart its lines leave and answered by the one they come to, and a checkout is answered with
//! the last answer of its skus.

use cart_schemas::checkout::CancelReason;
use cart_schemas::command::{Absorb, Asked, Command, Moved};
use cart_schemas::dealings::{Arrival, Ending};
use cart_schemas::envelope::Envelope;
use cart_schemas::event::{Event, Fact};
use cart_schemas::id::CheckoutId;
use cart_schemas::merge::MergeReport;
use cart_schemas::record::{CartRecord, Outcome};
use cart_schemas::rejection::RejectionCode;
use cart_schemas::reply::Answer;

use crate::step::Step;

/// Whom to answer and what, with the cart as `record` holds it; `None` if nobody is to be told, or
/// another cart will tell him.
pub(super) fn answer(
    envelope: &Envelope,
    record: &CartRecord,
    step: &Step,
) -> Option<(Asked, Answer)> {
    let own = Asked { command: envelope.id, digest: envelope.digest };
    match &envelope.command {
        Command::Settle { .. }
        | Command::Return { .. }
        | Command::Refresh { .. }
        | Command::Wake { .. } => None,
        Command::Checkout { .. } => Some((own, begun(envelope, record, step)?)),
        Command::Reserved { checkout, .. } => reserved(*checkout, record, step),
        Command::Absorb(absorb) => Some((absorb.asked, absorbed(absorb, record, step)?)),
        Command::Merge { .. } => Some((own, told(step)?)).filter(|(_, answer)| !is_applied(answer)),
        Command::AddItem { .. }
        | Command::SetQuantity { .. }
        | Command::RemoveItem { .. }
        | Command::Clear
        | Command::Extend { .. }
        | Command::ChangeCurrency { .. }
        | Command::Import(_)
        | Command::Restore
        | Command::UndoMerge { .. }
        | Command::Complete { .. }
        | Command::CancelCheckout { .. } => Some((own, told(step)?)),
    }
}

/// What whoever sent a command is told of its step.
fn told(step: &Step) -> Option<Answer> {
    match step {
        Step::Decided { entry, .. } | Step::Replayed(entry) => Some(match &entry.outcome {
            Outcome::Applied => Answer::Applied { version: entry.version },
            Outcome::Rejected(rejection) => Answer::Rejected(rejection.clone()),
        }),
        Step::Remembered(print) => {
            let (version, rejected) = (print.version, print.rejected);
            Some(Answer::Remembered { version, rejected })
        }
        Step::Conflict => Some(Answer::Conflict),
        Step::Passed => None,
    }
}

/// A checkout that began is answered by its skus; one that was asked for before, once they have.
fn begun(envelope: &Envelope, record: &CartRecord, step: &Step) -> Option<Answer> {
    let told = told(step)?;
    let Answer::Remembered { version, rejected: None } = told else {
        return Some(told).filter(|told| !is_applied(told));
    };
    let checkout = CheckoutId::from_command(envelope.id);
    if record.dealings.reserving(checkout).is_some_and(|one| !one.awaited.is_empty()) {
        return None;
    }
    let ended = record.dealings.ended(checkout);
    let refused = ended.is_some_and(|ended| matches!(ended.ending, Ending::Refused(_)));
    let rejected = refused.then_some(RejectionCode::InsufficientStock);
    Some(Answer::Remembered { version, rejected })
}

/// With the last answer of its skus a checkout is ready, or over.
fn reserved(checkout: CheckoutId, record: &CartRecord, step: &Step) -> Option<(Asked, Answer)> {
    let entry = match step {
        Step::Decided { entry, .. } | Step::Replayed(entry) => entry,
        Step::Remembered(_) | Step::Conflict | Step::Passed => return None,
    };
    let answer = entry.events.iter().find_map(|event| concluded(event, entry.version))?;
    let reserving = record.dealings.reserving(checkout).map(|one| one.asked);
    let asked = reserving.or_else(|| record.dealings.ended(checkout).map(|one| one.asked));
    Some((asked?, answer))
}

fn concluded(event: &Event, version: u64) -> Option<Answer> {
    if let Fact::CheckoutReady { .. } = &event.fact {
        return Some(Answer::Applied { version });
    }
    let Fact::CheckoutCancelled { reason: CancelReason::InsufficientStock, short, .. } =
        &event.fact
    else {
        return None;
    };
    Some(Answer::Short { lines: short.clone() })
}

const fn is_applied(answer: &Answer) -> bool {
    matches!(answer, Answer::Applied { .. } | Answer::Remembered { rejected: None, .. })
}

/// What the cart that lines come to says of a merge, from its memory: the same to whoever asks,
/// however often. Of a merge without lines it keeps none.
fn absorbed(absorb: &Absorb, record: &CartRecord, step: &Step) -> Option<Answer> {
    let told = told(step)?;
    let replayed = absorb.moved == Moved::Again;
    let merged = |warnings| Answer::Merged {
        report: MergeReport { merge: absorb.merge, warnings },
        replayed,
    };
    let Some(arrived) = record.dealings.arrived(absorb.merge) else {
        return Some(if is_applied(&told) { merged(Some(Vec::new())) } else { told });
    };
    Some(match &arrived.arrival {
        Arrival::Merged(whole) => merged(whole.as_ref().map(|whole| whole.warnings.clone())),
        Arrival::Undone => merged(None),
        Arrival::Refused(rejection) => Answer::Rejected(rejection.clone()),
    })
}
