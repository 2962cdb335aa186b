//! `cartstream migrate`: the topics and tables, created where they are missing.

use crate::cli::Plan;
use crate::exit::Failure;
use crate::place::{Errand, Installation, Place};
use crate::standing;

/// Creates what is missing and says what it was.
pub(crate) async fn run(plan: &Plan, place: Place) -> Result<(), Failure> {
    place.run(Migration(plan)).await
}

struct Migration<'a>(&'a Plan);

impl Errand for Migration<'_> {
    type Outcome = ();

    /// The store comes first: it knows which generation of the log its carts follow.
    #[expect(clippy::print_stdout, reason = "what was created is the answer of this command")]
    async fn run<I: Installation>(self, at: &I) -> Result<(), Failure> {
        let tables = at.create_store(self.0).await?;
        let standing = standing::read(&at.store().await?).await?;
        let topics = at.create_log(standing.generation, self.0).await?;
        for name in topics.iter().chain(&tables) {
            println!("created {name}");
        }
        if topics.is_empty() && tables.is_empty() {
            println!("nothing to create: topics and tables are there");
        }
        Ok(())
    }
}
