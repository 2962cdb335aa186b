//! Whose carts are asked for and which goods they hold: names and numbers, no requests.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// How many products the shop has: enough for carts to differ.
const PRODUCTS: u64 = 1_000;
/// How many of them a customer is after: a cart has a few lines, and most changes meet one of them.
const WANTED: u64 = 6;
/// The most lines a cart may have.
pub(super) const MOST_LINES: u32 = 250;

/// How much busier some carts are than others: the exponent of Zipf's law, between 0 and 2.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Skew(f64);

/// Not such a number.
#[derive(Debug, thiserror::Error)]
#[error("a number between 0 and 2")]
pub(super) struct NoSkew;

impl Skew {
    /// The busiest of 10,000 carts has 0.5 % of the requests. With 1 it has a tenth: hundreds of
    /// changes a second of one cart, which no person makes.
    pub(super) const ONE_PERSON: Self = Self(0.5);

    pub(super) const fn exponent(self) -> f64 {
        self.0
    }
}

impl FromStr for Skew {
    type Err = NoSkew;

    fn from_str(text: &str) -> Result<Self, NoSkew> {
        let exponent = text.parse().map_err(|_| NoSkew)?;
        if (0.0..=2.0).contains(&exponent) { Ok(Self(exponent)) } else { Err(NoSkew) }
    }
}

impl fmt::Display for Skew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whose carts are asked for, and what is in them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mix {
    /// How many carts.
    pub(super) users: u32,
    /// How much busier some are than others.
    pub(super) skew: Skew,
    /// How many lines each has and keeps; without, lines come and go.
    pub(super) lines: Option<u32>,
}

impl Mix {
    /// How many goods a customer is after.
    pub(super) fn wanted(self) -> u64 {
        self.lines.map_or(WANTED, u64::from)
    }

    /// The id of a user; 1 is the busiest. Carts that keep so many lines are nobody else's.
    pub(super) fn name(self, user: u64) -> String {
        match self.lines {
            None => format!("bench{user}"),
            Some(lines) => format!("bench{user}of{lines}"),
        }
    }

    /// The `of`-th of the goods a user is after, from 0.
    pub(super) fn product(self, user: u64, of: u64) -> String {
        product((user * self.wanted() + of) % PRODUCTS)
    }
}

/// Every product of the benchmark.
pub(super) fn goods() -> impl Iterator<Item = String> {
    (0..PRODUCTS).map(product)
}

/// What a customer is after who wants one thing only.
pub(super) fn product_of(user: u64) -> String {
    product(user % PRODUCTS)
}

fn product(number: u64) -> String {
    format!("bench_{number}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_lines_of_a_cart_are_of_different_goods_the_shop_has() {
        let mix = Mix { users: 1, skew: Skew::ONE_PERSON, lines: Some(MOST_LINES) };
        let wanted: BTreeSet<String> = (0..mix.wanted()).map(|of| mix.product(77, of)).collect();

        assert_eq!(wanted.len(), 250);
        assert!(wanted.is_subset(&goods().collect()));
    }

    #[test]
    fn carts_of_different_lengths_are_of_different_users() {
        let name = |lines| Mix { users: 9, skew: Skew::ONE_PERSON, lines }.name(7);

        assert_eq!(
            [name(None), name(Some(1)), name(Some(10))],
            ["bench7", "bench7of1", "bench7of10"]
        );
    }
}
