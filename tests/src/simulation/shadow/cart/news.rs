//! What a cart is told of a product it holds, told again.

use cart_schemas::cart::{LineState, News, Told};
use cart_schemas::event::{Fact, Summary};
use cart_schemas::id::ItemId;
use cart_schemas::money::{Currency, Priced};

use super::Cart;

impl Cart {
    /// Nobody's visit: the cart's times stay.
    pub(super) fn hear(
        &mut self,
        item: &ItemId,
        there: bool,
        news: News,
        (currency, others): (Currency, &[Priced]),
    ) -> Vec<(Fact, Summary)> {
        let known = self.told.iter().find(|told| told.item == *item).map(|told| told.news);
        if known.is_some_and(|known| known.number >= news.number) {
            return Vec::new();
        }
        let sold = self.paying.as_ref().is_some_and(|paying| paying.holds(item));
        let Some(line) = self.lines.iter_mut().find(|line| line.item == *item) else {
            return Vec::new();
        };
        let price = known.map_or(line.price, |known| known.price);
        let ours = match self.currency {
            Some(held) if held == currency => Some(news.price),
            held => others.iter().find(|other| Some(other.currency) == held).map(|one| one.price),
        };
        let news = News { price: ours.unwrap_or(price), ..news };
        let was_gone = line.state == LineState::OutOfStock;
        let mut facts = Vec::new();
        if was_gone && there {
            line.state = LineState::Available;
            facts.push(Fact::ItemAvailable { line: line.content(), news });
        } else if !was_gone && !there && !sold {
            line.state = LineState::OutOfStock;
            facts.push(Fact::ItemOutOfStock { line: line.content(), news });
        }
        if news.price != price {
            facts.push(Fact::PriceChanged { line: line.content(), news });
        }
        if !facts.is_empty() {
            match self.told.iter_mut().find(|told| told.item == *item) {
                Some(told) => told.news = news,
                None => self.told.push(Told { item: item.clone(), news }),
            }
        }
        facts.into_iter().map(|fact| self.told(fact)).collect()
    }
}
