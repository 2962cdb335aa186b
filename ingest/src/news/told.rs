//! What the carts were last told of a sku, and how far: the rows by which a telling goes on after a
//! crash. Pure.

use cart_schemas::holders::PARTS;
use cart_schemas::id::SkuKey;
use cart_schemas::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use super::sale::Sale;

/// How the keys of these rows begin.
const PREFIX: &str = "news/";

/// The key of a sku's row.
pub(super) fn key(sku: &SkuKey) -> String {
    format!("{PREFIX}{sku}")
}

/// Whose row has this key; `None` if it is no such row.
pub(super) fn sku(key: &str) -> Option<SkuKey> {
    key.strip_prefix(PREFIX)?.parse().ok()
}

/// How far a telling is: these parts of the carts, and within the next one these carts, were told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// The part that is next, or under way.
    pub(super) part: u16,
    /// The last cart of it that was told.
    pub(super) after: Option<String>,
}

impl Cursor {
    /// Where to go on behind a page that ended with this cart; `None` once all were told.
    fn behind(&self, last: Option<String>, is_full: bool) -> Option<Self> {
        if is_full && last.is_some() {
            return Some(Self { part: self.part, after: last });
        }
        let part = self.part.saturating_add(1);
        (part < PARTS).then_some(Self { part, after: None })
    }
}

/// Who writes a row, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pen {
    /// Which crier it is: whoever takes over has a higher number.
    pub(super) crier: u64,
    /// The time now, by a clock that may step.
    pub(super) now: Timestamp,
}

/// What the carts that hold a sku were last told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    #[serde(flatten)]
    pub(super) sale: Sale,
    /// The number of these news: higher than that of any before.
    pub(super) number: u64,
    /// How far it is, until all were told.
    pub(super) telling: Option<Cursor>,
    /// The crier that wrote this.
    pub(super) crier: u64,
    /// The row's own timestamp.
    pub(super) ts: Timestamp,
}

impl Told {
    /// What a sku is like that nobody needs to be told of.
    pub(super) fn silently(sale: Sale, Pen { crier, now }: Pen) -> Self {
        Self { sale, number: micros(now), telling: None, crier, ts: now }
    }

    /// The beginning of a telling. Its number is a time, so that it is higher than that of a row the
    /// store forgot, too.
    pub(super) fn beginning(before: Option<&Self>, sale: Sale, pen: Pen) -> Self {
        let first = Self { telling: Some(Cursor::default()), ..Self::silently(sale, pen) };
        let Some(before) = before else { return first };
        let number = first.number.max(before.number.saturating_add(1));
        Self { number, ts: first.ts.max(before.ts.next()), ..first }
    }

    /// The same telling in the hands of whoever goes on with it.
    pub(super) fn taken_up(self, Pen { crier, now }: Pen) -> Self {
        Self { crier, ts: now.max(self.ts.next()), ..self }
    }

    /// A page further. `last` is the last cart of it, and a page that is not full ends its part.
    pub(super) fn advanced(self, last: Option<String>, is_full: bool, pen: Pen) -> Self {
        let telling = self.telling.as_ref().and_then(|cursor| cursor.behind(last, is_full));
        Self { telling, ..self.taken_up(pen) }
    }

    /// Whether all carts were told that it is like this.
    pub(super) fn is_of(&self, sale: &Sale) -> bool {
        self.sale == *sale && self.telling.is_none()
    }

    /// The cell.
    pub(super) fn encode(&self) -> Vec<u8> {
        // Serializing a plain struct into memory has no way to fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a cell. One that cannot be read says nothing: telling once more is harmless.
    pub(super) fn decode(cell: &[u8]) -> Option<Self> {
        serde_json::from_slice(cell).ok()
    }
}

/// A time as a number.
pub(super) fn micros(at: Timestamp) -> u64 {
    u64::try_from(at.micros()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sale(price: i64) -> Sale {
        let (price, currency) = (price.try_into().unwrap(), "USD".parse().unwrap());
        Sale { available: true, price, currency, others: Vec::new() }
    }

    fn at(micros: i64) -> Pen {
        Pen { crier: 7, now: Timestamp::from_micros(micros) }
    }

    #[test]
    fn later_news_have_a_higher_number_and_timestamp_though_the_clock_steps_back() {
        let first = Told::beginning(None, sale(1), at(1_000));
        let second = Told::beginning(Some(&first), sale(2), at(10));
        let third = Told::beginning(Some(&second), sale(1), at(5_000));

        assert_eq!([first.number, second.number, third.number], [1_000, 1_001, 5_000]);
        assert!(first.ts < second.ts && second.ts < third.ts);
        // The store forgot the second.
        assert!(Told::beginning(Some(&first), sale(3), at(5_001)).number > third.number);
    }

    #[test]
    fn a_telling_goes_through_every_part_page_by_page() {
        let mut told = Told::beginning(None, sale(1), at(1));
        let mut pages = Vec::new();
        while let Some(Cursor { part, after }) = told.telling.clone() {
            pages.push((part, after.clone()));
            // The third part has two pages, the first of them full.
            let is_full = part == 2 && after.is_none();
            told = told.advanced(is_full.then(|| "ann".to_owned()), is_full, at(2));
        }

        assert_eq!(pages.len(), usize::from(PARTS) + 1);
        assert_eq!(pages[2..4], [(2, None), (2, Some("ann".to_owned()))]);
        assert!(told.is_of(&sale(1)) && !told.is_of(&sale(2)));
        assert_eq!(told.number, 1);
    }

    #[test]
    fn whoever_goes_on_with_a_telling_keeps_its_number_and_its_place() {
        let begun = Told::beginning(None, sale(1), at(1));
        let begun = begun.advanced(Some("ann".to_owned()), true, at(2));

        let taken = begun.clone().taken_up(Pen { crier: 8, ..at(0) });

        assert_eq!((taken.number, &taken.telling), (begun.number, &begun.telling));
        assert!(taken.ts > begun.ts && taken.crier == 8 && !taken.is_of(&sale(1)));
    }

    #[test]
    fn a_row_is_read_back_from_its_cell_and_its_key() {
        let told = Told::beginning(None, sale(1), at(1));
        let (plain, acme): (SkuKey, SkuKey) =
            ("i_cAB2".parse().unwrap(), "acme/i_cAB2".parse().unwrap());

        assert_eq!(Told::decode(&told.encode()), Some(told));
        assert_eq!(Told::decode(b"else"), None);
        assert_eq!(key(&plain), "news/i_cAB2");
        assert_eq!([sku(&key(&plain)), sku(&key(&acme))], [Some(plain), Some(acme)]);
        assert_eq!(sku("cart.commands/0"), None);
    }
}
