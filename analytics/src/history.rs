//! The history of carts: every event, kept beside the carts for as long as there is the store.
//!
//! A consumer of the events topic ([`keep`]) notes each event in an index; [`page`] and [`as_of`] read it
//! back. The topic forgets after 30 days, and a record remembers eight decisions: the index joins
//! the two, so that history reaches from the first change to the one just answered.

mod entry;
mod gathering;
mod join;
mod keeper;
mod past;
mod query;

pub use self::entry::{InvalidEntry, Kept, Place};
pub use self::join::Page;
pub use self::keeper::keep;
pub use self::past::{FOLDED_MAX, Past, When, as_of};
pub use self::query::{HistoryError, page};
