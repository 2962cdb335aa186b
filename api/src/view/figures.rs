//! What is counted of carts, as an answer: counts, rates, and what each of them means.

use std::collections::BTreeMap;

use cart_analytics::tallies::{Goods, Hour, Span, Tally};
use cart_schemas::id::ProductId;
use cart_schemas::money::{Currency, Decimal};
use cart_schemas::timestamp::{Timestamp, rfc3339};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::openapi::money;

/// What each figure means, told beside the figures: a number nobody can define is argued about.
const DEFINITIONS: [(&str, &str); 17] = [
    (
        "begun",
        "Carts something came into while they were empty. One that is paid and filled again begins twice.",
    ),
    ("added", "Lines that were added one by one: not by a merge or a restore."),
    ("removed", "Lines that were removed one by one."),
    (
        "abandoned",
        "Carts nobody touched for as long as the shop's policy says, by tier, from the first on.",
    ),
    ("abandonedValue", "What lay in those of the first tier."),
    (
        "recovered",
        "Carts that somebody changed or began to pay for after they had been abandoned, or had expired since.",
    ),
    ("checkouts", "Checkouts that began, also those that could not be reserved."),
    ("converted", "Checkouts that were paid."),
    ("convertedValue", "What was charged for them."),
    (
        "wonBack",
        "Of those paid, those that somebody came back for after the cart had been abandoned.",
    ),
    ("expired", "Carts whose time passed with something in them."),
    (
        "secondsToConvert",
        "From a cart's beginning until it was paid, summed over `timed` carts: those whose beginning was read.",
    ),
    ("rates.checkout", "checkouts / begun"),
    ("rates.conversion", "converted / begun"),
    ("rates.abandonment", "abandoned of the first tier / begun"),
    ("rates.recovery", "recovered / abandoned of the first tier"),
    (
        "rates",
        "Of what happened in the span, whenever its carts began; rounded down to four decimals, null of nothing.",
    ),
];

/// Figures of a span, and what they mean.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Figures<T> {
    /// When the span begins.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// When it ends.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// The figures; of each currency by itself.
    figures: Vec<T>,
    /// What they mean, by their names.
    definitions: BTreeMap<&'static str, &'static str>,
}

/// What became of carts, in the order in which it does.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Funnel)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FunnelView {
    /// ISO 4217; null of carts that never had one.
    #[schema(value_type = Option<String>, example = "EUR", required)]
    currency: Option<Currency>,
    begun: u64,
    checkouts: u64,
    converted: u64,
    #[schema(schema_with = money)]
    converted_value: Decimal,
    rates: FunnelRates,
    time_to_convert: TimeToConvert,
}

/// Shares of the carts that began.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FunnelRates {
    #[schema(value_type = Option<f64>, required)]
    checkout: Rate,
    #[schema(value_type = Option<f64>, required)]
    conversion: Rate,
}

/// How long it takes from a cart's beginning until it is paid.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TimeToConvert {
    /// How many carts it is of.
    carts: u64,
    /// Their mean, in seconds rounded down; null of none.
    #[schema(required)]
    mean_seconds: Option<u64>,
}

/// Who left, and who came back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Abandonment)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AbandonmentView {
    /// ISO 4217; null of carts that never had one.
    #[schema(value_type = Option<String>, example = "EUR", required)]
    currency: Option<Currency>,
    begun: u64,
    /// By tier, from the first on.
    abandoned: [u64; Tally::TIERS],
    #[schema(schema_with = money)]
    abandoned_value: Decimal,
    recovered: u64,
    won_back: u64,
    expired: u64,
    rates: AbandonmentRates,
}

/// Shares of those who could have left, or come back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AbandonmentRates {
    #[schema(value_type = Option<f64>, required)]
    abandonment: Rate,
    #[schema(value_type = Option<f64>, required)]
    recovery: Rate,
}

/// An hour, or a day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Point)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PointView {
    /// When it begins.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// ISO 4217; null of carts that never had one.
    #[schema(value_type = Option<String>, example = "EUR", required)]
    currency: Option<Currency>,
    begun: u64,
    added: u64,
    removed: u64,
    abandoned: [u64; Tally::TIERS],
    #[schema(schema_with = money)]
    abandoned_value: Decimal,
    recovered: u64,
    checkouts: u64,
    converted: u64,
    #[schema(schema_with = money)]
    converted_value: Decimal,
    won_back: u64,
    seconds_to_convert: u64,
    timed: u64,
    expired: u64,
}

/// What became of a product.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProductFigures)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GoodsView {
    #[serde(rename = "productID")]
    #[schema(value_type = String, example = "prod_456")]
    product: ProductId,
    /// ISO 4217.
    #[schema(value_type = Option<String>, example = "EUR", required)]
    currency: Option<Currency>,
    /// Lines of it that were added.
    added: u64,
    /// Lines of it that were removed, one by one.
    removed: u64,
    /// Lines of it in carts that were abandoned, of the first tier; the pieces on them; what they cost.
    left: u64,
    left_pieces: u64,
    #[schema(schema_with = money)]
    left_value: Decimal,
    /// Lines of it that were paid; the pieces on them; what was charged.
    sold: u64,
    sold_pieces: u64,
    #[schema(schema_with = money)]
    sold_value: Decimal,
    /// Lines of it whose carts were told that it costs less now than when it was added.
    cheaper: u64,
}

/// Products that lay in one cart with another, when it was paid or abandoned.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Recommendations)]
pub(crate) struct BesideView {
    /// The most frequent first.
    products: Vec<Beside>,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Beside {
    #[serde(rename = "productID")]
    #[schema(value_type = String, example = "prod_456")]
    product: ProductId,
    /// In how many carts.
    times: u64,
}

/// A share of a whole, rounded down to four decimals; null of nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    part: u64,
    whole: u64,
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let share = self.part.saturating_mul(10_000).checked_div(self.whole);
        let digits = share.map(|share| format!("{}.{:04}", share / 10_000, share % 10_000));
        digits.and_then(|digits| RawValue::from_string(digits).ok()).serialize(serializer)
    }
}

impl<T> Figures<T> {
    pub(crate) fn of(span: Span, figures: Vec<T>) -> Self {
        let (from, to) = (span.from.start(), span.to.start());
        Self { from, to, figures, definitions: DEFINITIONS.into_iter().collect() }
    }
}

impl FunnelView {
    pub(crate) fn of(currency: Option<Currency>, tally: &Tally) -> Self {
        let Tally { begun, checkouts, converted, timed, .. } = *tally;
        Self {
            currency,
            begun,
            checkouts,
            converted,
            converted_value: tally.converted_value.decimal(currency),
            rates: FunnelRates {
                checkout: Rate { part: checkouts, whole: begun },
                conversion: Rate { part: converted, whole: begun },
            },
            time_to_convert: TimeToConvert {
                carts: timed,
                mean_seconds: tally.seconds_to_convert.checked_div(timed),
            },
        }
    }
}

impl AbandonmentView {
    pub(crate) fn of(currency: Option<Currency>, tally: &Tally) -> Self {
        let Tally { begun, abandoned, recovered, won_back, expired, .. } = *tally;
        let [first, ..] = abandoned;
        Self {
            currency,
            begun,
            abandoned,
            abandoned_value: tally.abandoned_value.decimal(currency),
            recovered,
            won_back,
            expired,
            rates: AbandonmentRates {
                abandonment: Rate { part: first, whole: begun },
                recovery: Rate { part: recovered, whole: first },
            },
        }
    }
}

impl PointView {
    pub(crate) fn of((hour, currency): (Hour, Option<Currency>), tally: &Tally) -> Self {
        let Tally { begun, added, removed, abandoned, recovered, checkouts, converted, .. } =
            *tally;
        let Tally { won_back, seconds_to_convert, timed, expired, .. } = *tally;
        Self {
            at: hour.start(),
            currency,
            begun,
            added,
            removed,
            abandoned,
            abandoned_value: tally.abandoned_value.decimal(currency),
            recovered,
            checkouts,
            converted,
            converted_value: tally.converted_value.decimal(currency),
            won_back,
            seconds_to_convert,
            timed,
            expired,
        }
    }
}

impl GoodsView {
    pub(crate) fn of((product, currency): (ProductId, Option<Currency>), goods: &Goods) -> Self {
        let Goods { added, removed, left, left_pieces, sold, sold_pieces, cheaper, .. } = *goods;
        Self {
            product,
            currency,
            added,
            removed,
            left,
            left_pieces,
            left_value: goods.left_value.decimal(currency),
            sold,
            sold_pieces,
            sold_value: goods.sold_value.decimal(currency),
            cheaper,
        }
    }
}

impl BesideView {
    /// The most frequent, at most `limit`; of equals, by their ids.
    pub(crate) fn of(times: BTreeMap<ProductId, u64>, limit: usize) -> Self {
        let beside = |(product, times)| Beside { product, times };
        let mut products: Vec<_> = times.into_iter().map(beside).collect();
        products.sort_by(|one, other| {
            other.times.cmp(&one.times).then_with(|| one.product.cmp(&other.product))
        });
        products.truncate(limit);
        Self { products }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_exact_to_four_decimals_and_that_of_nothing_is_null() {
        let json = |part, whole| serde_json::to_string(&Rate { part, whole }).unwrap();

        assert_eq!(json(1, 3), "0.3333");
        assert_eq!(json(2, 3), "0.6666");
        assert_eq!(json(3, 3), "1.0000");
        assert_eq!(json(7, 2), "3.5000");
        assert_eq!(json(0, 0), "null");
    }

    #[test]
    fn those_most_often_beside_come_first() {
        let times = [("tea", 2), ("mug", 5), ("pot", 2)]
            .map(|(product, times)| (product.parse().unwrap(), times));

        let view = serde_json::to_value(BesideView::of(times.into(), 2)).unwrap();

        let beside = |product, times| serde_json::json!({ "productID": product, "times": times });
        assert_eq!(view["products"], serde_json::json!([beside("mug", 5), beside("pot", 2)]));
    }
}
