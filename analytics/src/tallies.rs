//! How many carts began, were left, came back and were paid, by the hour: counted from the events and from
//! nothing else, so that whoever counts them again has the same numbers. Pure.

mod book;
mod tally;
mod trail;

pub use self::book::{Book, Hour, Read};
pub use self::tally::Tally;
