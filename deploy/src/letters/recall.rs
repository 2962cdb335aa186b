//! Whether a cart proves that nobody has decided a dead letter's command. Pure.

use cart_schemas::envelope::Envelope;
use cart_schemas::record::{CartRecord, Position};

use super::objection::Objection;

/// Asks the cart whether its command was decided, now or since it lay at `place`. `record` must know
/// every decision but those of commands that wait.
///
/// A dead letter itself is no proof that nobody decided it: it may have been replayed before, its
/// sender may have repeated it, another build may have understood it, and one whose decision
/// panicked is decided. The cart's memory is one, as far back as it is whole.
pub(super) fn recall(
    envelope: &Envelope,
    place: Position,
    record: Option<&CartRecord>,
) -> Result<(), Objection> {
    let Some(record) = record else { return Ok(()) };
    match record.remembered(envelope.id) {
        Some(print) if print.digest != envelope.digest => Err(Objection::IdTaken),
        Some(print) => Err(Objection::Decided { version: print.version, rejected: print.rejected }),
        None if record.remembers_since(place) => Ok(()),
        None => Err(Objection::Forgotten(envelope.cart.clone())),
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use cart_schemas::command::Intent;
    use cart_schemas::generation::Generation;
    use cart_schemas::record::{Entry, Outcome};
    use cart_schemas::rejection::Rejection;

    use super::super::objection::tests::{cart, envelope, letter, log};
    use super::super::objection::{Weight, read};
    use super::*;

    /// Where the command of a letter lay.
    const LAY_AT: i64 = 500;

    fn place() -> Position {
        Position { generation: Generation::FIRST, offset: LAY_AT }
    }

    fn decide(record: &mut CartRecord, offset: i64, envelope: &Envelope, outcome: Outcome) {
        record.remember(Entry {
            position: Position { offset, ..place() },
            command: envelope.id,
            digest: envelope.digest,
            outcome,
            version: 7,
            events: Vec::new(),
        });
    }

    /// Other commands of the cart are decided at these offsets.
    fn pass(record: &mut CartRecord, offsets: Range<i64>) {
        for offset in offsets {
            let id = format!("018cbb42-2f31-7000-9000-{offset:012}").parse().unwrap();
            decide(record, offset, &Envelope { id, ..envelope() }, Outcome::Applied);
        }
    }

    fn objection(record: &CartRecord) -> Option<String> {
        recall(&envelope(), place(), Some(record)).err().map(|objection| objection.to_string())
    }

    #[test]
    fn a_command_nobody_decided_is_replayed_however_old_its_cart_is() {
        let mut record = CartRecord::default();
        assert!(recall(&envelope(), place(), None).is_ok());
        assert_eq!(objection(&record), None);

        pass(&mut record, 0..LAY_AT);
        assert_eq!(objection(&record), None);
        pass(&mut record, LAY_AT + 1..LAY_AT + 8);
        assert_eq!(objection(&record), None);
    }

    #[test]
    fn a_command_the_cart_remembers_is_not_appended_again() {
        let mut record = CartRecord::default();
        decide(&mut record, LAY_AT + 3, &envelope(), Outcome::Applied);
        assert_eq!(objection(&record).unwrap(), "it is decided: applied, version 7");

        pass(&mut record, LAY_AT + 4..LAY_AT + 75);
        let last = recall(&envelope(), place(), Some(&record)).unwrap_err();
        assert_eq!(
            (last.to_string().as_str(), last.weight()),
            ("it is decided: applied, version 7", Weight::Needless)
        );
    }

    #[test]
    fn a_command_that_was_replayed_and_forgotten_is_not_appended_again() {
        let mut record = CartRecord::default();
        decide(&mut record, LAY_AT + 3, &envelope(), Outcome::Applied);
        pass(&mut record, LAY_AT + 4..LAY_AT + 76);

        let forgotten = recall(&envelope(), place(), Some(&record)).unwrap_err();

        assert!(forgotten.to_string().contains(&format!("inspect cart {}", cart())), "{forgotten}");
        assert_eq!(forgotten.weight(), Weight::Risky);
    }

    #[test]
    fn a_decision_that_panicked_stands_also_when_it_is_forgotten() {
        let panicked = letter(envelope().encode(), "Internal");
        assert!(read(&panicked, log(Generation::FIRST, 4)).is_ok());
        let mut record = CartRecord::default();

        decide(&mut record, LAY_AT, &envelope(), Outcome::Rejected(Rejection::Internal));
        assert_eq!(objection(&record).unwrap(), "it is decided: internal, version 7");
        for offset in LAY_AT + 1..LAY_AT + 200 {
            pass(&mut record, offset..offset + 1);
            assert!(objection(&record).is_some(), "{offset}");
        }
    }

    #[test]
    fn a_command_with_the_id_of_another_is_not_appended() {
        let mut record = CartRecord::default();
        let other = Envelope { digest: Intent::Clear.digest(Some(3)), ..envelope() };
        decide(&mut record, 12, &other, Outcome::Applied);

        let objection = recall(&envelope(), place(), Some(&record)).unwrap_err();

        assert!(matches!(objection, Objection::IdTaken), "{objection}");
        assert_eq!(objection.weight(), Weight::Final);
    }
}
