//! The catalog of the simulated shop: few goods, and one of every kind that makes a command fail.

use cart_schemas::id::{ItemId, ProductId};
use cart_schemas::money::{Price, Priced};
use cart_schemas::prices::{Names, Prices};
use cart_schemas::product::{Product, Variant};

/// The product whose commands make decide panic.
pub const DEFECTIVE: &str = "defective";
/// How many of a line that comes from another cart make decide panic, too.
pub const UNLUCKY: u32 = 13;

/// Product and variant of everything a customer may ask for: goods that are there, goods with
/// little stock, in another currency, not for sale, unlisted, and without the variant asked for.
const WISHES: [(&str, Option<&str>); 12] = [
    ("shirt", Some("red")),
    ("shirt", Some("blue")),
    ("mug", None),
    ("pen", None),
    ("book", None),
    ("lamp", None),
    ("rare", None),
    ("import", None),
    ("withdrawn", None),
    ("unlisted", None),
    ("shirt", Some("none")),
    (DEFECTIVE, None),
];

/// The item of a wish, by number.
#[must_use]
pub fn wish(number: usize) -> ItemId {
    let (product, variant) = WISHES.get(number % WISHES.len()).copied().unwrap_or(("mug", None));
    let product: Option<ProductId> = product.parse().ok();
    let variant = variant.and_then(|variant| variant.parse().ok());
    ItemId::new(product.unwrap_or_else(|| unreachable!("the names above are ids")), variant)
}

/// How many wishes there are.
pub const WISHES_COUNT: usize = WISHES.len();

/// The catalog as it stands after so many changes: prices and availability differ. In some shops
/// most of it is sold for euros, too.
#[must_use]
pub fn catalog(edition: u32, for_euros: bool) -> Vec<Product> {
    let rows = [
        ("shirt", "USD", 2_999 + i64::from(edition), 500, true),
        ("mug", "USD", 700, 500, true),
        ("pen", "USD", 120, 40, edition % 3 != 2),
        ("book", "USD", 1_500 + 10 * i64::from(edition), 500, true),
        ("lamp", "USD", 4_000, 500, true),
        ("rare", "USD", 90_000, 3, true),
        ("import", "EUR", 1_100, 500, true),
        ("withdrawn", "USD", 100, 500, false),
        (DEFECTIVE, "USD", 100, 500, true),
    ];
    let products = rows.into_iter().filter_map(product);
    products.map(|product| if for_euros { sold_for_euros(product) } else { product }).collect()
}

/// All that costs less than 40 dollars; the variants cost a little more.
fn sold_for_euros(product: Product) -> Product {
    let minor = product.price.minor();
    if minor >= 4_000 || product.currency.code() != "USD" {
        return product;
    }
    let euros = |minor: i64| {
        let price = Price::try_from(minor).ok();
        let currency = "EUR".parse().ok();
        Prices::of(currency.zip(price).map(|(currency, price)| Priced { currency, price }))
    };
    let variants = product.variants.into_iter();
    let variants = variants.map(|one| Variant { prices: euros(minor - 5), ..one }).collect();
    Product { prices: euros(minor - 10), variants, ..product }
}

fn product(row: (&str, &str, i64, u32, bool)) -> Option<Product> {
    let (id, currency, minor, stock, available) = row;
    let price = Price::try_from(minor).ok()?;
    let variant = |id: &str| {
        Some(Variant {
            id: id.parse().ok()?,
            name: id.to_owned(),
            price,
            stock,
            prices: Prices::default(),
        })
    };
    let variants = if id == "shirt" { ["red", "blue"].iter() } else { [].iter() };
    Some(Product {
        id: id.parse().ok()?,
        name: format!("the {id}"),
        currency: currency.parse().ok()?,
        price,
        stock,
        variants: variants.filter_map(|id| variant(id)).collect(),
        available,
        prices: Prices::default(),
        names: Names::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_product_is_one() {
        assert_eq!(catalog(0, true).len(), 9);
        assert_eq!(
            wish(0).variant().map(|variant| variant.as_str().to_owned()).as_deref(),
            Some("red")
        );
    }
}
