//! Who is told what of a step. Most commands are answered to whoever sent them; a merge is asked of
//! the cart its lines leave and answered by the one they come to.

use cart_schemas::command::{Absorb, Asked, Command, Moved};
use cart_schemas::dealings::Arrival;
use cart_schemas::envelope::Envelope;
use cart_schemas::merge::MergeReport;
use cart_schemas::record::{CartRecord, Outcome};
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
        Command::Settle { .. } | Command::Return { .. } | Command::Wake { .. } => None,
        Command::Absorb(absorb) => Some((absorb.asked, absorbed(absorb, record, step)?)),
        Command::Merge { .. } => Some((own, told(step)?)).filter(|(_, answer)| !is_applied(answer)),
        Command::AddItem { .. }
        | Command::SetQuantity { .. }
        | Command::RemoveItem { .. }
        | Command::Clear
        | Command::Extend { .. }
        | Command::Import(_)
        | Command::Restore
        | Command::UndoMerge { .. } => Some((own, told(step)?)),
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
