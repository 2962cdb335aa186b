//! How many carts began, were left, came back and were paid, by the hour: counted from the events and from
//! nothing else, so that whoever counts them again has the same numbers.
//!
//! What an event counts is pure ([`Book`]); [`count()`] keeps the counts in the store as events come, and
//! [`hours()`], [`goods()`] and [`beside()`] read them back.

mod book;
mod count;
mod counter;
mod gauges;
mod goods;
mod kept;
#[cfg(test)]
mod life;
mod notices;
mod query;
mod row;
mod tally;
mod trail;
mod what_if;

pub use self::book::{Book, Read};
pub use self::count::{Hour, Scope};
pub use self::counter::count;
pub use self::gauges::show;
pub use self::goods::Goods;
pub use self::query::{ByHour, ByProduct, FiguresError, Span, beside, goods, hours};
pub use self::tally::Tally;
pub use self::what_if::{Both, InvalidTiers, Left, Tiers, WhatIf};
