//! How many carts began, were left, came back and were paid, by the hour: counted from the events and from
//! nothing else, so that whoever counts them again has the same numbers. The counting is pure.

mod book;
mod count;
mod goods;
mod tally;
mod trail;

pub use self::book::{Book, Read};
pub use self::count::{Hour, Scope};
pub use self::goods::Goods;
pub use self::tally::Tally;
