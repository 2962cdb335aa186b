//! What a move may do, told from what both stores say. Pure: every pair of states has its answer.

use cart_schemas::standing::{MoveId, State};

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Everything, from the beginning.
    Begin,
    /// Both stores know this move: go on where it stopped.
    Resume(MoveId),
    /// Everything arrived; only the target does not say so yet.
    Finish(MoveId),
    /// Nothing: it is over.
    Done,
}

/// Why carts cannot be moved, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The source itself is not complete.
    #[error(
        "not all carts have come from {from} to where they are to be moved from: finish that \
             move first"
    )]
    SourceIncomplete {
        /// Where the source's carts come from.
        from: String,
    },
    /// The source's carts are elsewhere.
    #[error("the carts were moved to {to} before: move them from there")]
    SourceMoved {
        /// Where they are.
        to: String,
    },
    /// The target has carts of its own.
    #[error(
        "there are carts already where these are to go: nothing is mixed or overwritten; \
             choose another namespace or folder, or delete what is there"
    )]
    TargetHoldsCarts,
    /// Another move into the target was not finished.
    #[error(
        "another move, from {from}, has begun to fill the place where these carts are to go: \
             finish that one, or delete what is there"
    )]
    TargetMoving {
        /// Where that move's carts come from.
        from: String,
    },
    /// The target's own carts went elsewhere, or are about to.
    #[error(
        "the place where these carts are to go holds an old copy of carts that went to {to}: \
             delete what is there"
    )]
    TargetMoved {
        /// Where they went.
        to: String,
    },
}

/// What to do, given both stores' states; `is_empty` tells that the target holds nothing.
///
/// A source says *leaving* before the target says anything, and *moved* before the target says
/// *live*: so at most one of them is ever live, and while none is, the same command goes on.
pub(crate) fn plan(source: &State, target: &State, is_empty: bool) -> Result<Plan, Refusal> {
    match (source, target) {
        (State::Moving { from, .. }, _) => Err(Refusal::SourceIncomplete { from: from.clone() }),
        (State::Leaving { id, .. }, State::Moving { id: theirs, .. }) if id == theirs => {
            Ok(Plan::Resume(*id))
        }
        (State::Moved { id, .. }, State::Moving { id: theirs, .. }) if id == theirs => {
            Ok(Plan::Finish(*id))
        }
        (State::Moved { id, .. }, State::Live { arrived }) if *arrived == Some(*id) => {
            Ok(Plan::Done)
        }
        (State::Moved { to, .. }, _) => Err(Refusal::SourceMoved { to: to.clone() }),
        // A move that was begun towards another target, or taken back, leaves this one free.
        (State::Live { .. } | State::Leaving { .. }, State::Live { .. }) if is_empty => {
            Ok(Plan::Begin)
        }
        (State::Live { .. } | State::Leaving { .. }, State::Live { .. }) => {
            Err(Refusal::TargetHoldsCarts)
        }
        (State::Live { .. } | State::Leaving { .. }, State::Moving { from, .. }) => {
            Err(Refusal::TargetMoving { from: from.clone() })
        }
        // Back to where they came from: the copy there is older, row by row.
        (
            State::Live { arrived: Some(id) } | State::Leaving { arrived: Some(id), .. },
            State::Moved { id: theirs, .. },
        ) if id == theirs => Ok(Plan::Begin),
        (
            State::Live { .. } | State::Leaving { .. },
            State::Leaving { to, .. } | State::Moved { to, .. },
        ) => Err(Refusal::TargetMoved { to: to.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> MoveId {
        MoveId::from_uuid(Uuid::from_u128(number))
    }

    fn live() -> State {
        State::Live { arrived: None }
    }

    fn moving(number: u128) -> State {
        State::Moving { id: id(number), from: "there".to_owned() }
    }

    fn leaving(number: u128) -> State {
        State::Leaving { id: id(number), to: "there".to_owned(), arrived: None }
    }

    fn moved(number: u128) -> State {
        State::Moved { id: id(number), to: "there".to_owned() }
    }

    fn arrived(number: u128) -> State {
        State::Live { arrived: Some(id(number)) }
    }

    #[test]
    fn a_move_begins_only_into_a_place_that_holds_nothing() {
        assert_eq!(plan(&live(), &live(), true), Ok(Plan::Begin));
        assert_eq!(plan(&arrived(7), &live(), true), Ok(Plan::Begin));
        assert_eq!(plan(&live(), &live(), false), Err(Refusal::TargetHoldsCarts));
        assert_eq!(plan(&live(), &arrived(7), false), Err(Refusal::TargetHoldsCarts));
    }

    #[test]
    fn a_move_that_stopped_between_any_two_rows_goes_on() {
        let rows = [
            (leaving(1), live(), Plan::Begin),
            (leaving(1), moving(1), Plan::Resume(id(1))),
            (moved(1), moving(1), Plan::Finish(id(1))),
            (moved(1), arrived(1), Plan::Done),
        ];
        for (source, target, expected) in rows {
            assert_eq!(plan(&source, &target, true), Ok(expected), "{source:?} {target:?}");
        }
        assert_eq!(plan(&leaving(1), &moving(1), false), Ok(Plan::Resume(id(1))));
    }

    #[test]
    fn carts_may_go_back_over_their_old_copy_and_over_no_other() {
        assert_eq!(plan(&arrived(1), &moved(1), false), Ok(Plan::Begin));
        assert!(plan(&arrived(1), &moved(2), false).is_err());
        let to = "there".to_owned();
        let begun = State::Leaving { id: id(2), to, arrived: Some(id(1)) };
        assert_eq!(plan(&begun, &moved(1), false), Ok(Plan::Begin));
        assert!(plan(&begun, &moved(2), false).is_err());
    }

    #[test]
    fn two_moves_are_never_mixed() {
        assert!(plan(&leaving(1), &moving(2), true).is_err());
        assert!(plan(&moved(1), &moving(2), true).is_err());
        assert!(plan(&moved(1), &arrived(2), false).is_err());
        assert!(plan(&live(), &moving(1), true).is_err());
        assert!(plan(&moved(1), &live(), true).is_err());
        assert!(plan(&moving(1), &live(), true).is_err());
        assert!(plan(&live(), &moved(1), true).is_err());
        assert!(plan(&live(), &leaving(1), true).is_err());
    }
}
