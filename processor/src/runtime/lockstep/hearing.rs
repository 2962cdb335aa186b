//! What the tail of a group of one member says. Knows no partition.

use cart_storage::log::{Record, Tail, TailEvent, TopicPartition};

use super::Halt;

/// Waits for what the tail is to say.
pub(super) async fn until<T: Tail>(
    tail: &mut T,
    is_it: impl Fn(&TailEvent) -> bool,
) -> Result<(), Halt> {
    loop {
        let event = tail.next().await;
        if is_it(&event) {
            return Ok(());
        }
        records_of(event)?;
    }
}

/// The records a tail gives, in a group of one member.
pub(super) fn records_of(event: TailEvent) -> Result<Option<(TopicPartition, Vec<Record>)>, Halt> {
    match event {
        TailEvent::Records(at, records) => Ok(Some((at, records))),
        TailEvent::Ended(error) => Err(Halt::Ended(error)),
        TailEvent::Trouble(error) | TailEvent::CommitFailed(error) => Err(Halt::Log(error)),
        TailEvent::Assigned(_)
        | TailEvent::Revoking(_)
        | TailEvent::Lost(_)
        | TailEvent::Committed => Ok(None),
    }
}
