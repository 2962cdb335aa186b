//! A cart is had in another currency, told again.

use cart_schemas::checkout::Quote;
use cart_schemas::event::Fact;
use cart_schemas::money::{Currency, Price};
use cart_schemas::policy::Policy;
use cart_schemas::rejection::Rejection;

use super::Cart;
use super::line::Line;

impl Cart {
    /// All lines or none; `None` if it is in that currency already.
    pub(super) fn reprice(
        &mut self,
        to: Currency,
        quotes: &[Quote],
        policy: &Policy,
    ) -> Result<Option<Fact>, Rejection> {
        let from = self.currency.ok_or(Rejection::EmptyCart)?;
        if from == to {
            return Ok(None);
        }
        let items = self.lines.iter().filter(|line| quoted(quotes, line).is_none());
        let items: Vec<_> = items.map(|line| line.item.clone()).collect();
        if !items.is_empty() {
            return Err(Rejection::NoPrice { items });
        }
        for line in &mut self.lines {
            line.price = quoted(quotes, line).unwrap_or(line.price);
            line.modified = self.ts;
            for told in self.told.iter_mut().filter(|told| told.item == line.item) {
                told.news.price = line.price;
            }
        }
        self.currency = Some(to);
        self.keep(policy.ttl_seconds);
        let lines = self.lines.iter().map(Line::content).collect();
        Ok(Some(Fact::CurrencyChanged { from, lines }))
    }
}

fn quoted(quotes: &[Quote], line: &Line) -> Option<Price> {
    quotes.iter().find(|quote| quote.item == line.item).and_then(|quote| quote.price)
}
