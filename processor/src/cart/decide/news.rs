//! A product on a line costs something else, is sold out, or is there again. The line keeps the price
//! it was added at; what it costs now is the cart's to know. Asks no catalog.

use cart_schemas::cart::{Line, LineState, News};
use cart_schemas::event::Fact;
use cart_schemas::id::ItemId;
use cart_schemas::money::Priced;

use super::{Change, Context};

impl Context<'_> {
    /// What is new about a line, whose price is news where the cart's currency is among those it is
    /// sold in. Older news than it was told are none; in checkout a line counts as
    /// there, for it is reserved.
    pub(super) fn refresh(
        &self,
        item: &ItemId,
        available: bool,
        number: u64,
        prices: &[Priced],
    ) -> Vec<Change> {
        let Some(line) = self.cart.line(item) else { return Vec::new() };
        let told = self.cart.news(item);
        if told.is_some_and(|told| told.number >= number) {
            return Vec::new();
        }
        let known = told.map_or(line.price, |told| told.price);
        let ours = self.cart.currency.and_then(|currency| Priced::among(prices, currency));
        let news = News { price: ours.unwrap_or(known), number };
        let costs_else = news.price != known;
        let availability = self.availability(line, available, news);
        let line = match &availability {
            Some(Fact::ItemOutOfStock { line, .. } | Fact::ItemAvailable { line, .. }) => line,
            Some(_) | None => line,
        };
        let price = costs_else.then(|| Fact::PriceChanged { line: line.clone(), news });
        availability.iter().cloned().chain(price).map(|fact| self.by_itself(fact)).collect()
    }

    fn availability(&self, line: &Line, available: bool, news: News) -> Option<Fact> {
        let checkout = self.cart.checkout.as_ref();
        let sold = checkout.is_some_and(|checkout| checkout.sells(&line.item));
        let as_it_is = |state| Line { state, ..line.clone() };
        match (line.state, available) {
            (LineState::OutOfStock, true) => {
                Some(Fact::ItemAvailable { line: as_it_is(LineState::Available), news })
            }
            (LineState::Added | LineState::Updated | LineState::Available, false) if !sold => {
                Some(Fact::ItemOutOfStock { line: as_it_is(LineState::OutOfStock), news })
            }
            (_, _) => None,
        }
    }
}
