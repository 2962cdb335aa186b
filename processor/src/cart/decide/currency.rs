//! A cart is had in another currency: every line at its price in it, or none. Asks no catalog.

use cart_schemas::cart::Line;
use cart_schemas::checkout::Quote;
use cart_schemas::event::Fact;
use cart_schemas::money::Currency;
use cart_schemas::rejection::Rejection;

use super::{Change, Context};

impl Context<'_> {
    /// The lines at what the quotes say. A line that came since they were asked for has none; whoever
    /// asked asks again.
    pub(super) fn change_currency(
        &self,
        currency: Currency,
        quotes: &[Quote],
    ) -> Result<Option<Change>, Rejection> {
        let Some(from) = self.cart.currency else { return Err(Rejection::EmptyCart) };
        if from == currency {
            return Ok(None);
        }
        let (mut lines, mut missing) = (Vec::new(), Vec::new());
        for line in &self.cart.lines {
            let quote = quotes.iter().find(|quote| quote.item == line.item);
            match quote.and_then(|quote| quote.price) {
                Some(price) => lines.push(Line { price, last_modified: self.at, ..line.clone() }),
                None => missing.push(line.item.clone()),
            }
        }
        if !missing.is_empty() {
            return Err(Rejection::NoPrice { items: missing });
        }
        let fact = Fact::CurrencyChanged { from, lines };
        Ok(Some(self.change(fact, Some(currency), self.policy.ttl_seconds)))
    }
}
