//! Takes an unfinished move back, on the side the carts were leaving. Knows nothing of where they
//! were to go.

use cart_schemas::standing::State;

use crate::exit::Failure;
use crate::place::{Errand, Installation};
use crate::progress::Progress;
use crate::standing;

/// Makes the carts that were leaving stay.
pub(super) struct Abandonment;

impl Errand for Abandonment {
    type Outcome = ();

    async fn run<I: Installation>(self, at: &I) -> Result<(), Failure> {
        let store = at.store().await?;
        let said = standing::read(&store).await?;
        match &said.state {
            State::Leaving { arrived, .. } => {
                let state = State::Live { arrived: *arrived };
                let stay = super::next(&said, said.generation, state);
                standing::replace(&store, &said, &stay).await?;
                Progress::on_stderr().say(&format!("the carts stay in {}", at.name()));
                Ok(())
            }
            State::Live { .. } => {
                Progress::on_stderr().say(&format!("no cart is leaving {}", at.name()));
                Ok(())
            }
            State::Moving { .. } | State::Moved { .. } => Err(Failure::Usage(format!(
                "{} is not what the carts are leaving, and nothing was changed",
                at.name()
            ))),
        }
    }
}
